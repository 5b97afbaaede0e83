"""Collecting the keys of all live records of one type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from core.identity.index import KeyIndex
from core.identity.keys import ID, Key, keys_of, plain_name
from core.identity.rules import JoinRules
from core.mapping.convert.ids import salesforce_id
from core.mapping.issues import BadValueError
from core.store.golden import read_golden
from core.store.linked import all_linked
from core.sync import ConnectionSetup

SALESFORCE_SHORT = 15


@dataclass(frozen=True)
class Sources:
    """Whose ids a record may name, what counts as a key, and which records live on in others (``merges``)."""

    setups: Sequence[ConnectionSetup]
    rules: JoinRules
    merges: Mapping[str, str]


def index_records(conn: Connection, record_type: str, sources: Sources, index: KeyIndex) -> None:
    """Note every live record: those alone by their golden record, the linked ones by their own form."""
    targets = _targets(record_type, sources.setups)
    for source_id, data in _records(conn, record_type):
        named = (sources.merges.get(target, target) for target in _named_ids(data, targets))
        keys = [*keys_of(record_type, data, sources.rules), *(Key(ID, target) for target in named)]
        index.add(source_id, plain_name(data), keys)


def _records(conn: Connection, record_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
    linked = set()
    for member in all_linked(conn, record_type):
        linked.add(member.source_id)
        if member.gone is None:
            yield member.source_id, member.data
    for row in read_golden(conn, record_type):
        if row.id not in linked:
            yield row.id, orjson.loads(row.data)


def _targets(record_type: str, setups: Sequence[ConnectionSetup]) -> dict[str, list[str]]:
    """Name of a connection or of its kind of system -> prefixes that an id of it may have."""
    found: dict[str, list[str]] = {}
    for setup in setups:
        streams = [name for name, stream in setup.mapping.streams.items() if record_type in stream.record_types]
        for name in dict.fromkeys((setup.name, setup.connector.kind)):
            found.setdefault(name, []).extend(f"{setup.name}/{stream}/" for stream in streams)
    return found


def _named_ids(data: Mapping[str, Any], targets: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for system, value in (data.get("external_ids") or {}).items():
        for prefix in targets.get(system, ()):
            for form in _forms(str(value)):
                yield prefix + form


def _forms(value: str) -> list[str]:
    """An id as written, and in 18 characters where it may be a Salesforce id copied from a report."""
    if len(value) != SALESFORCE_SHORT:
        return [value]
    try:
        return [value, str(salesforce_id(value))]
    except BadValueError:
        return [value]
