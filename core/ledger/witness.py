"""Who saw, and who changed the configuration: entries of the audit log beside those of writing."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection

from core.clock import Clock, iso
from core.store import Store
from core.store.audit import append, newest

CONFIGURATION = "configuration"
ORDERED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS  # days and numbers may be keys in a file that people write


def saw(store: Store, clock: Clock, actor: str, what: str, subject: str) -> None:
    """Note that somebody looked at something, such as a plan or a client's page."""
    with store.begin() as conn:
        append(conn, iso(clock.now()), actor, "saw", subject, {"what": what})


def note_configuration(store: Store, clock: Clock, actor: str, parts: Mapping[str, str]) -> list[str]:
    """Note which parts of the configuration are others than when it was last noted; returns them.

    ``parts`` are fingerprints by name: no setting and no secret gets into the log.
    """
    with store.read() as conn:
        before = _last(conn)
    changed = sorted(name for name in {*parts, *before} if parts.get(name) != before.get(name))
    if changed:
        with store.begin() as conn:
            facts = {"changed": changed, "parts": dict(parts)}
            append(conn, iso(clock.now()), actor, CONFIGURATION, "inlay.yaml", facts)
    return changed


def fingerprint(part: Any) -> str:
    """A short hash of a part of the configuration as it is written, references to the environment unresolved."""
    return sha256(orjson.dumps(part, option=ORDERED, default=str)).hexdigest()[:16]


def _last(conn: Connection) -> Mapping[str, str]:
    entry = newest(conn, CONFIGURATION)
    return entry.facts["parts"] if entry else {}
