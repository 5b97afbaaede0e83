"""How tidy each CRM is: records nobody owns, or somebody who has left; records left lying; the same thing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from core.connector import Finding
from core.hub import Hub
from core.identity.keys import keys_of, plain_name
from core.identity.rules import JoinRules
from core.model import SourceKey
from core.store.crosswalk import resolve
from core.store.golden import GoldenRow, read_golden

OWNED = {"client": "clients", "contact": "contacts", "deal": "deals"}
ENDED = {"deal": ("status", frozenset({"won", "lost"})), "client": ("status", frozenset({"churned"}))}
STALE_DAYS = 365
FEW = 0.01  # of all records: below, duplicates are for information only


@dataclass
class Count:
    """What was counted of one record type of one connection."""

    records: int = 0
    unowned: int = 0
    left: int = 0
    stale: int = 0
    keys: Counter[int] = field(default_factory=Counter)  # hashes: how many records carry each identifying value
    carried: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def doubles(self) -> int:
        """Records that share an identifying value with another one."""
        return sum(any(self.keys[key] > 1 for key in keys) for keys in self.carried)


def untidiness(hub: Hub) -> Iterator[Finding]:
    """What is untidy in the systems Inlay writes to, counted from the store; no call to anybody."""
    crms = {setup.name for setup in hub.setups if setup.connector.writes}
    with hub.store.read() as conn:
        inactive = _inactive_users(conn)
        for record_type in OWNED:
            counts: dict[str, Count] = {}
            for row in read_golden(conn, record_type):
                connection = SourceKey.parse(row.id).connection
                if connection in crms:
                    _take(counts.setdefault(connection, Count()), record_type, row, inactive, hub.as_of)
            for connection, count in sorted(counts.items()):
                yield from _findings(connection, record_type, count)


def _inactive_users(conn: Connection) -> frozenset[str]:
    """The golden and source ids of people who may not log in any more."""
    gone = {row.id for row in read_golden(conn, "user", gone=True) if row.gone or _is_inactive(row.data)}
    homes = resolve(conn, "user", gone)
    return frozenset(gone | set(homes.values()))


def _is_inactive(text: str) -> bool:
    return orjson.loads(text).get("is_active") is False


def _take(count: Count, record_type: str, row: GoldenRow, inactive: frozenset[str], now: datetime) -> None:
    data: dict[str, Any] = orjson.loads(row.data)
    count.records += 1
    owner = data.get("owner_id")
    if "owner_id" in data and not owner:
        count.unowned += 1
    if owner in inactive:
        count.left += 1
    if not _is_ended(record_type, data) and _is_stale(data, now):
        count.stale += 1
    keys = tuple({hash(key) for key in _identifying(record_type, data)})
    count.keys.update(keys)
    if keys:
        count.carried.append(keys)


def _is_ended(record_type: str, data: dict[str, Any]) -> bool:
    name, ended = ENDED.get(record_type, ("", frozenset()))
    return data.get(name) in ended


def _is_stale(data: dict[str, Any], now: datetime) -> bool:
    newest = max((str(data[name]) for name in ("updated_at", "last_activity_at") if data.get(name)), default=None)
    return newest is not None and newest[:10] < (now - timedelta(days=STALE_DAYS)).date().isoformat()


def _identifying(record_type: str, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What no two records should share: numbers, addresses and domains; for a client also the name."""
    if record_type in ("client", "contact"):
        yield from keys_of(record_type, data, JoinRules())
    if record_type == "client" and (name := plain_name(data)):
        yield ("name", name)


def _findings(connection: str, record_type: str, count: Count) -> Iterator[Finding]:
    what, of = OWNED[record_type], f"of {count.records}"
    place = f"{connection}: {what}"
    told = (
        ("owner_missing", count.unowned, f"{of} {what} have no owner",
         "give them one in a list view; tasks for them go to nobody"),
        ("owner_inactive", count.left, f"{of} {what} belong to people who may not log in any more",
         "hand them over to a colleague; tasks for them are read by nobody"),
        ("stale", count.stale, f"{of} {what} were not touched for {STALE_DAYS} days",
         "close, archive or revive them: they count in every figure"),
        ("duplicates", count.doubles, f"{of} {what} share {_shared(record_type)} with another one",
         "look at them in the CRM's own duplicate view and merge what is one"),
    )  # fmt: skip
    for code, number, message, remedy in told:
        if number:
            few = code == "stale" or number < count.records * FEW
            rate = f"{100 * number / count.records:.1f} %"
            yield Finding(code, "info" if few else "warning", f"{number} {message} ({rate})", place, remedy)


def _shared(record_type: str) -> str:
    return "a name, domain or number" if record_type == "client" else "an e-mail address"
