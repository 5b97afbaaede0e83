"""The promises, looked at when the storm is over: nothing lost, nothing twice, nobody written over, nothing hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import orjson
from sqlalchemy import func, select

from core.ledger import Plan, dead_letters
from core.ledger.operations import IN_FLIGHT, vendor_key
from core.ledger.policy import EDITED
from core.store.audit import verify
from core.store.crosswalk import known_among, resolve
from core.store.inbox import waiting
from core.store.sources import read_stream
from core.store.tables import audit, inbox, operation, outbox, run, written_over
from tests.simulation.firm import Firm, same
from tests.simulation.happenings import tasks_of

WRITING = ("plan", "apply", "undo")
OP = operation.c
EVENTS = select(inbox.c.event_id)
LEFT = select(
    select(func.count()).select_from(outbox).scalar_subquery(),
    select(func.count()).where(OP.state.in_(IN_FLIGHT)).scalar_subquery(),
    select(func.count()).where(run.c.kind.in_(WRITING), run.c.state.not_in(("done", "failed"))).scalar_subquery(),
)
RUNS = select(run.c.id).where(run.c.kind.in_(WRITING))
TOLD = select(audit.c.subject).where(audit.c.action.in_(WRITING))
MADE = select(OP.connection, OP.key, OP.external_id).where(OP.kind == "create_record", OP.state == "applied")
FOUND = select(OP.connection, OP.stream, OP.external_id, OP.field).join_from(
    operation, written_over, written_over.c.operation_id == OP.id
)
SENT = select(OP.state, OP.after, OP.error).where(OP.connection == "post", OP.kind == "create_record")
NOBODYS = select(func.count()).where(OP.state == "applied", OP.approved_by.is_(None))
WRITES = (
    select(OP.id, OP.connection, OP.stream, OP.external_id, OP.field, OP.undo_of, OP.applied_at)
    .where(OP.applied_at.isnot(None), OP.kind == "set_field")
    .order_by(OP.applied_at, OP.state, OP.id)
)
HOUR = timedelta(hours=1)
CARRIED = (
    select(OP.run_id, OP.plugin, func.count())
    .where(OP.run_id.like("apply-%"), OP.undo_of.is_(None))
    .group_by(OP.run_id, OP.plugin)
)


def broken_promises(firm: Firm, plan: Plan) -> Iterator[str]:
    """What does not hold after everything has come to rest; nothing when all is well."""
    yield from _nothing_lost(firm, plan)
    yield from _nothing_twice(firm)
    yield from _records_are_known(firm)
    yield from _model_is_true(firm)
    yield from _nothing_to_repair(firm)
    yield from _audit_is_whole(firm)
    yield from _nothing_hidden(firm)
    yield from _caps_kept(firm)
    yield from _nobody_accused(firm, plan)
    yield from _undone_stays_undone(firm)
    yield from _no_loops(firm)


def _nothing_lost(firm: Firm, plan: Plan) -> Iterator[str]:
    """I1: each figure and each wish is in the CRM, or the plan says why it is not; no event waits."""
    planned = {(one.connection, one.external_id, one.field) for one in plan.operations}
    with firm.store.read() as conn:
        events = waiting(conn)
        known = resolve(
            conn, "client", [f"{crm.name}/Account/{one}" for crm in firm.crms for one in crm.records["Account"]]
        )
        golden = resolve(conn, "client", [*firm.scores, *firm.tiers])
        kept = set(conn.execute(EVENTS).scalars())
    if lost := firm.answered - kept:
        yield f"I1 events were answered with 2xx and are lost: {sorted(lost)}"
    if events:
        yield f"I1 events were accepted and wait for ever: {sorted(events)}"
    wanted = {row[1]: int(row[3]) for row in firm._rows(golden) if row[0] == "health.score"}
    for crm in firm.crms:
        for record_id, fields in crm.records["Account"].items():
            score = wanted.get(known[f"{crm.name}/Account/{record_id}"])
            is_there = score is None or same(fields.get("score"), score)
            if not is_there and (crm.name, record_id, "score") not in planned:
                yield f"I1 {crm.name} {record_id} holds {fields.get('score')}, {score} is nowhere"
    yield from _no_wish_lost(firm, plan)
    yield from _no_message_lost(firm, plan)


def _no_message_lost(firm: Firm, plan: Plan) -> Iterator[str]:
    """I1: each message left, waits in the plan, or was given up by a person; none counts as sent that never left."""
    with firm.store.read() as conn:
        told = [
            (state, orjson.loads(after)["values"]["text"], error or "") for state, after, error in conn.execute(SENT)
        ]
    left = {text for post in firm.posts for text in post.left}
    sent = {text for state, text, _ in told if state == "applied"}
    given_up = {text for _, text, error in told if error.startswith("dismissed")}
    waiting_ = {one.after["values"]["text"] for one in plan.operations if one.connection == "post"}
    for wish in firm.messages:
        if wish.text not in left | given_up | waiting_:
            yield f"I1 the message {wish.text} is nowhere"
        if wish.text in sent - left:
            yield f"I1 the message {wish.text} counts as sent, and never left"


def _no_wish_lost(firm: Firm, plan: Plan) -> Iterator[str]:
    keys = {one.key for one in plan.operations}
    refused = {one.subject for one in plan.refused}
    for plugin, wishes in firm.wishes.items():
        for wish in wishes:
            key = vendor_key(plugin, wish.key)
            if not (firm.truth.made[key] or key in keys or wish.key in refused):
                yield f"I1 the wish {wish.key} of {plugin} is nowhere"


def _nothing_twice(firm: Firm) -> Iterator[str]:
    """I2: no key twice in the CRMs."""
    keys = Counter(str(task.get("key") or task.get("subject")) for crm in firm.crms for task in tasks_of(crm))
    yield from (f"I2 {key} is there {number} times" for key, number in keys.items() if number > 1)


def _records_are_known(firm: Firm) -> Iterator[str]:
    """I4: what the ledger calls a record that it has made is the one that carries its key, where that one is left."""
    with firm.store.read() as conn:
        said = conn.execute(MADE).all()
    there = {(crm.name, task.get("key")): name for crm in firm.crms for name, task in crm.records["Task"].items()}
    for connection, key, external_id in said:
        if there.get((connection, key), external_id) != external_id:
            yield f"I4 the ledger calls {key} {external_id}, the CRM {there[connection, key]}"


def _model_is_true(firm: Firm) -> Iterator[str]:
    """I4: the store holds what the CRMs show, field by field, and knows whatever became of the rest."""
    for crm, setup in zip(firm.crms, firm.setups, strict=False):
        for stream, mapped in setup.mapping.streams.items():
            with firm.store.read() as conn:
                held = {row.id.rsplit("/", 1)[1]: row.raw for row in read_stream(conn, crm.name, stream)}
            shown = {one: crm._raw(stream, one, list(mapped.fields)) for one in crm.records[stream]}
            if held != shown:
                names = sorted(one for one in {*held, *shown} if held.get(one) != shown.get(one))
                yield f"I4 {crm.name} {stream}: the store differs in {', '.join(names)}"
        yield from _merges_followed(
            firm,
            crm.name,
            {
                one.external_id: one.merged_into
                for one in crm.graves.get("Account", [])
                if one.merged_into and firm.world.temper.buries
            },
        )


def _merges_followed(firm: Firm, crm: str, merges: dict[str, str]) -> Iterator[str]:
    """I4: whatever speaks of a merged record speaks of its survivor."""
    ids = {f"{crm}/Account/{one}" for pair in merges.items() for one in pair}
    with firm.store.read() as conn:
        golden = resolve(conn, "client", ids)
        known = known_among(conn, "client", ids)
    for loser, survivor in merges.items():
        if (
            f"{crm}/Account/{loser}" in known
            and golden[f"{crm}/Account/{loser}"] != golden[f"{crm}/Account/{survivor}"]
        ):
            yield f"I4 {crm} {loser} does not lead to {survivor}"


def _nothing_to_repair(firm: Firm) -> Iterator[str]:
    """I5: the file is sound, nothing is half done."""
    if not firm.store.is_sound():
        yield "I5 the database is damaged"
    with firm.store.read() as conn:
        left, flying, opened = conn.execute(LEFT).one()
    if left or flying or opened:
        yield f"I5 {left} in the outbox, {flying} on their way, {opened} runs open"


def _audit_is_whole(firm: Firm) -> Iterator[str]:
    """I6: the chain holds, fits every anchor, and tells of every run that plans or writes."""
    with firm.store.read() as conn:
        wrong = verify(conn, firm.anchors)
        runs = set(conn.execute(RUNS).scalars())
        told = set(conn.execute(TOLD).scalars())
        nobodys = conn.execute(NOBODYS).scalar_one()
    if wrong is not None:
        yield f"I6 the audit log is broken at entry {wrong}"
    if runs - told:
        yield f"I6 the audit log does not know {sorted(runs - told)}"
    if nobodys:
        yield f"I6 {nobodys} operations were applied by nobody's leave"


def _nothing_hidden(firm: Firm) -> Iterator[str]:
    """I9: no dead letter is left, and what was written over unseen is reported where the vendor remembers it."""
    if letters := dead_letters(firm.store):
        yield f"I9 dead letters are left: {letters[0].cause}"
    if not firm.world.temper.history:
        return
    with firm.store.read() as conn:
        told = {f"{one[0]}/{one[1]}/{one[2]}.{one[3]}" for one in conn.execute(FOUND)}
    for crm, record, name in firm.truth.in_the_gap:
        if f"{crm}/Account/{record}.{name}" not in told:
            yield f"I9 a person's edit of {crm} {record}.{name} was written over and nobody says so"


def _caps_kept(firm: Firm) -> Iterator[str]:
    """No run carries more for a plugin than it may."""
    with firm.store.read() as conn:
        rows = conn.execute(CARRIED).all()
    for run_id, plugin, number in rows:
        if number > firm.world.cap:
            yield f"{run_id} carried {number} operations for {plugin}, {firm.world.cap} are allowed"


def _nobody_accused(firm: Firm, plan: Plan) -> Iterator[str]:
    """A field counts as edited by a person only where a person, or another tool, has written it."""
    for one in plan.operations:
        place = (one.connection, one.external_id or "", one.field or "")
        touched = firm.truth.people.keys() | firm.truth.lost | firm.truth.in_the_gap.keys()
        strange = place not in touched and place[:2] not in firm.truth.shaken
        if one.verdict == EDITED and strange:
            yield f"{one.place} counts as edited by a person, and nobody has touched it"


def _undone_stays_undone(firm: Firm) -> Iterator[str]:
    """What a person has taken back comes back by a person's leave only."""
    last: dict[tuple[str, ...], str | None] = {}
    with firm.store.read() as conn:
        rows = conn.execute(WRITES).all()
    for name, *place, undo_of, _ in rows:
        where = tuple(map(str, place))
        if undo_of is None and last.get(where) is not None and name not in firm.approved:
            yield f"{'/'.join(where)} was taken back and written again by nobody's leave"
        last[where] = undo_of


def _no_loops(firm: Firm) -> Iterator[str]:
    """No field is written again and again within the hour."""
    times: dict[tuple[str, ...], list[datetime]] = {}
    with firm.store.read() as conn:
        rows = conn.execute(WRITES).all()
    for _, *place, undo_of, at in rows:
        if undo_of is None:
            times.setdefault(tuple(map(str, place)), []).append(datetime.fromisoformat(at))
    for where, moments in times.items():
        most = max(sum(at <= other < at + HOUR for other in moments) for at in moments)
        if most > firm.world.often:
            yield f"{'/'.join(where)} was written {most} times within an hour, {firm.world.often} are allowed"
