"""The endpoints of files: uploaded as forms, read back, and attached to activities by their ids."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import PurePosixPath

from connectors.hubspot.sandbox.calls import Answer, Call
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.refusals import rejected
from connectors.hubspot.sandbox.values import stamp

ACCESSES = (
    "PUBLIC_INDEXABLE",
    "PUBLIC_NOT_INDEXABLE",
    "HIDDEN_INDEXABLE",
    "HIDDEN_NOT_INDEXABLE",
    "HIDDEN_PRIVATE",
    "PRIVATE",
    "HIDDEN_SENSITIVE",
    "SENSITIVE",
)
_SIGNED_FOR = timedelta(hours=1)


def upload_file(crm: Crm, call: Call) -> Answer:
    """A new file: 201; a folder and the access must be told."""
    form, upload = call.form(), call.upload("file")
    if upload is None:
        raise rejected("The file to upload is required", code="MISSING_FILE")
    if ("folderId" in form) is ("folderPath" in form):
        raise rejected("Either folderId or folderPath must be given, and not both", code="INVALID_FOLDER")
    name = PurePosixPath(form.get("fileName") or upload[0])
    made = crm.files.add(
        name.stem,
        (name.suffix or PurePosixPath(upload[0]).suffix).removeprefix("."),
        form.get("folderPath", f"/{form.get('folderId')}"),
        _access(form.get("options")),
        upload[1],
        crm.clock.tick(),
    )
    return Answer(made.shown(), 201, 1)


def _access(options: str | None) -> str:
    try:
        found = json.loads(options or "{}").get("access")
    except (ValueError, AttributeError) as problem:
        raise rejected("options must be a JSON object", code="INVALID_OPTIONS") from problem
    if found not in ACCESSES:
        raise rejected(f"options.access must be one of {', '.join(ACCESSES)}", code="INVALID_OPTIONS")
    return str(found)


def read_file(crm: Crm, _call: Call, file_id: str) -> Answer:
    """What is known of one file."""
    return Answer(crm.files.get(file_id).shown(), rows=1)


def delete_file(crm: Crm, _call: Call, file_id: str) -> Answer:
    """Delete a file: 204; activities keep its id."""
    crm.files.delete(file_id)
    return Answer(status=204, rows=1)


def signed_url(crm: Crm, _call: Call, file_id: str) -> Answer:
    """An address under which a private file can be fetched for a while."""
    found = crm.files.get(file_id)
    shown = found.shown()
    facts = {key: shown[key] for key in ("name", "extension", "type", "size")}
    return Answer(
        {**facts, "url": f"{shown['url']}?signed={found.id}", "expiresAt": stamp(crm.clock.now() + _SIGNED_FOR)}, rows=1
    )


def download_file(crm: Crm, _call: Call, file_id: str) -> Answer:
    """The content of a file as it was uploaded."""
    return Answer(crm.files.get(file_id).content, rows=1)
