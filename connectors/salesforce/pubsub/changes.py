"""What a change event says: which records, what became of them, and whether it was Inlay that did it.

Field values are passed over: records are asked for again, and what is not kept cannot leak.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.salesforce.pubsub.messages import ConsumerEvent
from connectors.salesforce.pubsub.schemas import UNREADABLE, EventSchema, Schemas
from connectors.salesforce.wire import CLIENT_NAME
from core.sdk import ToldChange

MERGEABLE = frozenset({"Account", "Contact", "Lead"})
"""Objects whose deleted rows may say that they were merged (``MasterRecordId``)."""

_ALWAYS = frozenset({"LastModifiedDate", "LastModifiedById", "SystemModstamp"})
_HEADER = "ChangeEventHeader"
_GONE = frozenset({"DELETE", "GAP_DELETE"})
_SHOWN = (
    "entityName",
    "changeType",
    "recordIds",
    "changeOrigin",
    "transactionKey",
    "sequenceNumber",
    "commitTimestamp",
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
# An event may stand for all records of an object (`001*`), or for none in particular (the empty id of an overflow).
_RECORD = re.compile(r"(?!0{15})[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


def read_change(event: ConsumerEvent, schemas: Schemas) -> ToldChange:
    """What an event says; of one that cannot be read, that something changed.

    Raises what asking for schemas raises.
    """
    try:
        schema = schemas.of(event.event.schema_id)
        return _change(event, schema, schema.decode(event.event.payload))
    except UNREADABLE:
        return ToldChange(event.replay_id.hex(), "unreadable", "")


def _change(event: ConsumerEvent, schema: EventSchema, said: Mapping[str, Any]) -> ToldChange:
    header = said[_HEADER]
    entity, kind, changed = str(header["entityName"]), str(header["changeType"]), header["changedFields"]
    if not _NAME.fullmatch(entity):
        raise ValueError("an event that names no object")
    fields = schema.named(changed)
    records = [one for one in header["recordIds"] if _RECORD.fullmatch(one)]
    return ToldChange(
        # Replay ids begin anew when an org moves to another instance; a transaction is named for good.
        id=f"{event.replay_id.hex()}/{header['transactionKey']}/{header['sequenceNumber']}",
        kind=f"{entity}.{kind}",
        stream=entity,
        records=records if len(records) == len(header["recordIds"]) else (),
        gone="deleted" if kind in _GONE else None,
        fields=fields - _ALWAYS if kind == "UPDATE" else None,
        is_ours=_client_of(str(header["changeOrigin"])) == CLIENT_NAME,
        told=_told(header, fields),
    )


def _told(header: Mapping[str, Any], fields: frozenset[str]) -> bytes:
    shown = {name: header[name] for name in _SHOWN}
    return json.dumps({**shown, "changedFields": sorted(fields)}).encode()


def _client_of(origin: str) -> str:
    """The program in ``com/salesforce/api/rest/64.0;client=inlay``; the vendor may put a slash behind it."""
    named = [part.removeprefix("client=") for part in origin.split(";") if part.startswith("client=")]
    return named[0].rstrip("/") if named else ""


def deletions(changes: Sequence[ToldChange]) -> dict[str, list[str]]:
    """The records that are gone and may have been merged, by object."""
    found: dict[str, list[str]] = {}
    for change in changes:
        if change.gone and change.stream in MERGEABLE:
            found.setdefault(change.stream, []).extend(change.records)
    return found
