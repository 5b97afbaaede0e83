"""Puts a file on a record. HubSpot shows files by notes, so it is uploaded and a note is associated that names it.

The note carries Inlay's unique key and so is made once. The file's name carries it too, and HubSpot is asked to take
the file it has for one that comes again: a repeated attempt leaves one file and one note.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePath

import orjson

from connectors.hubspot.client import FILES, HubSpotClient
from connectors.hubspot.kinds import Kind
from connectors.hubspot.lookup import find_by_key
from connectors.hubspot.refusals import OutOfQuota, VendorRefusal
from connectors.hubspot.write import Writer
from core.sdk import Attachment, Clock, Link, Outcome, RetryLater, WriteRow, iso

KEY = "inlay_key"
_FOLDER = "/Inlay"
_OPTIONS = orjson.dumps(
    {
        "access": "PRIVATE",
        "overwrite": False,
        "duplicateValidationStrategy": "RETURN_EXISTING",
        "duplicateValidationScope": "EXACT_FOLDER",
    }
).decode()


class Attacher:
    """Attaches files to the records of one connection; the outcome's id is the note's."""

    def __init__(self, client: HubSpotClient, kinds: Mapping[str, Kind], writer: Writer, clock: Clock) -> None:
        self._client = client
        self._notes = kinds["notes"]
        self._writer = writer
        self._clock = clock

    def attach(self, stream: str, external_id: str, attachment: Attachment) -> Outcome:
        """Upload and note, or neither once more."""
        try:
            known = find_by_key(self._client, self._notes, KEY, [attachment.key])
            if attachment.key in known:
                return Outcome("applied", known[attachment.key])
            file_id = self._upload(attachment)
        except OutOfQuota:
            raise
        except RetryLater as busy:  # a file without a note is on no record, so sending it again does no harm
            return Outcome("retry", message=busy.what, retry_at=busy.retry_at)
        except VendorRefusal as refusal:
            return Outcome("rejected", code=refusal.code, message=refusal.words, fields=refusal.fields)
        return self._note(Link(stream, external_id), attachment, file_id)

    def _upload(self, attachment: Attachment) -> str:
        name = _name(attachment)
        reply = self._client.upload(
            FILES,
            [
                ("options", _OPTIONS),
                ("folderPath", _FOLDER),
                ("fileName", name),
                ("file", (name, attachment.content, attachment.media_type)),
            ],
        )
        return reply.record_id

    def _note(self, link: Link, attachment: Attachment, file_id: str) -> Outcome:
        values = {
            "hs_note_body": attachment.name,
            "hs_timestamp": iso(self._clock.now()),
            "hs_attachment_ids": file_id,
        }
        row = WriteRow(values, key=(KEY, attachment.key), links=[link])
        return self._writer.write(self._notes.name, "upsert", [row])[0]


def _name(attachment: Attachment) -> str:
    """The file's own name with a mark of its key, so that two files of one name stay two."""
    path = PurePath(attachment.name)
    return f"{path.stem}-{sha256(attachment.key.encode()).hexdigest()[:10]}{path.suffix}"
