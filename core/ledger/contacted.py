"""Who has been written to, how often: one count for everything Inlay sends and for what people did by other means.

What Inlay sends is in the ledger; what others sent is read from the CRMs as interactions. Calls, mails, texts and chats
that went out count; meetings, notes and what came in do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, or_, select

from core.clock import iso
from core.ledger.operations import IN_FLIGHT
from core.ledger.policy import ONCE
from core.store.bulk import select_in
from core.store.crosswalk import members, resolve
from core.store.golden import lookup
from core.store.tables import golden_record, operation

DIGEST = "digest"
"""Under this name the ledger itself sends what would have been too much."""
COUNTED = frozenset({"call", "email", "sms", "chat"})
OP = operation.c
SINCE: BindParameter[str] = bindparam("since")
MOVING = or_(*(OP.state == state for state in IN_FLIGHT))
SENT = select(OP.after).where(
    OP.policy == ONCE, OP.kind == "create_record", ((OP.state == "applied") & (OP.applied_at >= SINCE)) | MOVING
)
DIGESTS = select(OP.after).where(OP.plugin == DIGEST, OP.policy == ONCE, (OP.state == "applied") | MOVING)


def sent_since(conn: Connection, since: datetime) -> Counter[str]:
    """How many messages went out, or are on their way, since an instant: by recipient."""
    return Counter(orjson.loads(row[0])["values"]["recipient"] for row in conn.execute(SENT, {"since": iso(since)}))


def told_in_digests(conn: Connection) -> set[str]:
    """The keys of messages that were told of in a digest, which is how they were sent."""
    return {key for row in conn.execute(DIGESTS) for key in orjson.loads(row[0])["values"]["holds"]}


def reached_by_others(conn: Connection, contacts: Collection[str], since: datetime) -> Counter[str]:
    """How often people of the firm have reached out to these contacts (golden ids) since an instant, by other means."""
    rows = lookup(conn, "contact", contacts) if contacts else {}
    refs = {row.client_ref for row in rows.values() if row.client_ref}
    clients = members(conn, "client", sorted(set(resolve(conn, "client", refs).values())))
    ids = {one for group in clients.values() for one in group}
    wanted = {"record_type": "interaction"}
    found = select_in(conn, golden_record, ("data", "gone"), "client_ref", ids, fixed=wanted) if ids else ()
    told = [orjson.loads(data) for data, gone in found if gone is None]
    told = [one for one in told if _counts(one, since)]
    golden = resolve(conn, "contact", {id_ for one in told for id_ in _ids(one)})
    mails = {mail["address"]: name for name, row in rows.items() for mail in orjson.loads(row.data).get("emails") or []}
    counted: Counter[str] = Counter()
    for one in told:
        people = {golden[id_] for id_ in _ids(one)}
        people |= {mails[mail] for mail in _mails(one) if mail in mails}
        counted.update(people & rows.keys())
    return counted


def _counts(interaction: Mapping[str, Any], since: datetime) -> bool:
    """Whether it went out since then and was not Inlay's own, which the ledger has counted already."""
    at = interaction.get("started_at")
    went_out = interaction.get("direction") == "outbound" and interaction.get("kind") in COUNTED
    return bool(went_out and not interaction.get("external_key") and at and datetime.fromisoformat(at) >= since)


def _ids(interaction: Mapping[str, Any]) -> list[str]:
    named = [one["id"] for one in interaction.get("participants") or [] if one["type"] == "contact" and one.get("id")]
    return [*filter(None, [interaction.get("contact_id")]), *named]


def _mails(interaction: Mapping[str, Any]) -> list[str]:
    return [one["email"] for one in interaction.get("participants") or [] if one.get("email")]
