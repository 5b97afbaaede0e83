"""What happens in a firm: plugins compute and propose, the hub and people work, events come in, disks fill up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from core.ledger.book import read_operations
from core.ledger.current import RESTORES
from core.ledger.operations import vendor_key
from core.proposals import CreateTask, MergeRecords
from core.store.crosswalk import known_among
from core.store.tables import operation
from tests.doubles.crm import Fields
from tests.simulation.firm import Firm
from tests.simulation.post import CHANNELS, message
from tests.simulation.restored import not_restored
from tests.simulation.truth import FOREIGN, PEOPLES
from tests.simulation.vendor import SimCrm
from tests.simulation.worlds import World

DUE = date(2026, 6, 30)
OURS = (100, 199)
Happening = Callable[["Firm"], None]


def found(firm: Firm) -> None:
    """The firm as it is before Inlay comes: three clients, and in a second CRM two of them again."""
    for number in (1, 2, 3):
        firm.clock.sleep(2)
        firm.crms[0].add("Account", f"A{number}", Name=f"Client {number}", Domain=f"c{number}.example")
        firm.scores[f"crm/Account/A{number}"] = firm.fate.between(*OURS)
    if len(firm.crms) > 1:
        for number in (1, 2, 9):
            firm.crms[1].add("Account", f"M{number}", Name=f"Client {number}", Domain=f"c{number}.example")
        firm.scores["marketing/Account/M9"] = firm.fate.between(*OURS)
    for crm in firm.crms:
        for record_id in crm.records["Account"]:
            crm._tell("Account", record_id)


# --- plugins --------------------------------------------------------------------------------------------------------


def compute(firm: Firm) -> None:
    """New figures for some clients."""
    for client in firm.scores:
        if firm.fate.chance(0.6):
            firm.scores[client] = firm.fate.between(*OURS)
    client = firm.fate.pick(list(firm.scores))
    firm.tiers[client] = firm.fate.pick(("gold", "silver"))


def propose(firm: Firm) -> None:
    """Plugins have a wish or two."""
    for _ in range(2):
        _wish(firm)


def _wish(firm: Firm) -> None:
    """A plugin has a wish; at times one that needs approval, one the vendor will not have, or one on foreign data."""
    plugin = firm.fate.weighed(("renewals", "careful", "rogue"), (6, 3, 1))
    client = firm.fate.pick(sorted(firm.scores))
    wish = _task(client, f"k{next(firm.numbers)}")
    key = vendor_key(plugin, wish.key)
    if plugin == "careful":
        firm.truth.forbidden[key] = "I8 nobody has approved it"
    if plugin == "rogue":
        other = next(one for one in sorted(firm.scores) if one != client)
        if not _are_two_clients(firm, client, other):
            return
        wish = _task(client, wish.key, inputs=(f"{other}#health.score",))
        firm.truth.forbidden[key] = FOREIGN
    if plugin == "renewals" and firm.fate.chance(0.2):
        firm.truth.refused.add(key)
    firm.wishes.setdefault(plugin, []).append(wish)


def _are_two_clients(firm: Firm, *clients: str) -> bool:
    """Whether the hub knows them, and nobody has made them one."""
    merged = any(one.merged_into for crm in firm.crms for one in crm.graves.get("Account", []))
    with firm.store.read() as conn:
        return not merged and known_among(conn, "client", clients) == set(clients)


def _task(client: str, key: str, **more: Any) -> CreateTask:
    return CreateTask(client, f"Call {key}", "They are late.", DUE, "normal", key, "because", **more)


# --- the hub --------------------------------------------------------------------------------------------------------


def work(firm: Firm) -> None:
    """One round of the job."""
    firm.sync()
    firm.join()
    firm.signals()
    firm.plan()
    firm.apply()


def decide_late(firm: Firm) -> None:
    """A plan is made, people go on working, it is read once more, and only then the plan is applied."""
    firm.sync()
    firm.join()
    for client in firm.scores:
        firm.scores[client] = firm.fate.between(*OURS)
    firm.signals()
    firm.plan()
    people_work(firm)
    firm.clock.sleep(2)
    firm.sync()
    firm.apply()


def regret(firm: Firm) -> None:
    """Something is written, people go on working, and the last run is taken back; then the job goes on."""
    work(firm)
    people_work(firm)
    runs = firm.undoable()
    if runs:
        firm.undo(runs[0])
    work(firm)


def only_read(firm: Firm) -> None:
    """A reading that comes to nothing more."""
    firm.sync(full=firm.world.reconciles and not firm.world.temper.lag and firm.fate.chance(0.3))


def carry_on(firm: Firm) -> None:
    """What was left in the outbox goes on."""
    firm.resume()


def approve(firm: Firm) -> None:
    """A person lets through what waits for approval and was never made."""
    plan = firm.last_plan
    if plan is None:
        return
    for one in plan.awaiting:
        if one.plugin == "careful" and one.key and not firm.truth.made[one.key]:
            firm.approved.add(one.id)
            firm.truth.forbidden.pop(one.key, None)


def send(firm: Firm) -> None:
    """A plugin has something to say; at times nobody could find out later whether it was said."""
    for _ in range(2):
        firm.messages.append(message(firm.fate.pick(CHANNELS), f"m{len(firm.messages)}"))


def merge_and_take_back(firm: Firm) -> None:
    """A plugin finds that two clients are one, a person believes it and later has it taken back."""
    work(firm)
    crm = firm.crms[0]
    there = sorted(crm.records["Account"])
    if len(there) < 3:
        return
    _forget_rogues(firm)
    survivor, loser = (f"crm/Account/{one}" for one in there[:2])
    firm.merges = [MergeRecords(survivor, (loser,), f"{survivor} {loser}", "alike")]
    try:
        firm.approved |= {one.id for one in firm.plan().awaiting if one.kind == "merge_records"}
        firm.apply()
    finally:
        firm.merges = []
    firm.clock.sleep(2)
    firm.sync()
    _take_back_merges(firm)


def _take_back_merges(firm: Firm) -> None:
    with firm.store.read() as conn:
        merges = list(read_operations(conn, operation.c.kind == "merge_records", operation.c.state == "applied"))
    runs = firm.undoable()
    for one in (one for one in merges if one.run_id in runs):
        report = firm.undo(one.run_id or "")
        if report.delivery.ok and not any(left.follows for left in report.left_alone):
            for broken in not_restored(firm, one):
                firm.truth.breaks(broken)


def give_back(firm: Firm) -> None:
    """Edits that were written over unseen are offered back, a person lets that through, and the job goes on."""
    work(firm)
    firm.sync()
    firm.approved |= {one.id for one in firm.plan().awaiting if one.plugin == RESTORES}
    edit(firm)
    firm.apply()
    compute(firm)
    work(firm)


def undo(firm: Firm) -> None:
    """A person takes a run back."""
    runs = firm.undoable()
    if runs:
        firm.undo(firm.fate.pick(runs))


def events(firm: Firm) -> None:
    """Events come in: late, out of order, some twice; what is not answered comes again."""
    for crm in firm.crms:
        waiting, crm.outgoing = crm.outgoing, []
        while waiting:
            event = waiting.pop(firm.fate.between(0, len(waiting) - 1))
            if firm.fate.chance(0.3):
                crm.outgoing.append(event)
                continue
            _send(firm, crm, event, waiting)
            if firm.fate.chance(0.2):
                _send(firm, crm, event, waiting)


def _send(firm: Firm, crm: SimCrm, event: str, waiting: list[str]) -> None:
    """One request of the vendor's; what is not answered with 2xx stays with the vendor, as does all behind it."""
    answered: list[str] = []
    try:
        firm.door(crm, event, lambda: answered.append(event))
    except BaseException:
        crm.outgoing += waiting
        raise
    finally:
        if not answered:
            crm.outgoing.append(event)
        firm.answered.update(answered)


def change_fields(firm: Firm) -> None:
    """An admin changes what fields there are and what they may hold, or takes that back."""
    crm = firm.crms[0]
    if crm.schema.is_changed:
        crm.schema.restore()
        return
    drift = firm.fate.weighed(("taken", "retyped", "fewer options", "required"), (4, 1, 1, 1))
    name = firm.fate.pick(("tier", "score"))
    firm.fate.note(f"      {crm.name}: a field is {drift}, {name} perhaps")
    if drift == "taken":
        crm.take_field(name)
    elif drift == "retyped":
        crm.schema.numbers.add("tier")
    elif drift == "fewer options":
        crm.schema.options["tier"] = ("silver", "bronze")
    else:
        crm.schema.required.add("phase")


def fill_disk(firm: Firm) -> None:
    """The disk is nearly full, or somebody clears it."""
    if firm.fate.chance(0.5):
        firm.store.fill_up(firm.fate.between(0, 6))
    else:
        firm.store.make_room()


# --- people ---------------------------------------------------------------------------------------------------------


def edit(firm: Firm) -> None:
    """A person changes a figure of Inlay's, at times back to what it was."""
    crm, record_id = _some_client(firm)
    if record_id is None:
        return
    firm.clock.sleep(1)
    value = firm.fate.pick(PEOPLES)
    firm.fate.note(f"      {crm.name} {record_id}.score = {value}, by hand")
    crm.edit("Account", record_id, score=value)


def people_work(firm: Firm) -> None:
    """People change some figures of Inlay's, one after the other."""
    for _ in range(3):
        edit(firm)


def edit_tier(firm: Firm) -> None:
    """A person fills in a field that Inlay fills only when it is empty."""
    crm, record_id = _some_client(firm)
    if record_id is not None and crm.name == "crm":
        firm.clock.sleep(1)
        crm.edit("Account", record_id, tier=firm.fate.pick(("bronze", "")))


def rename(firm: Firm) -> None:
    """A person changes what Inlay only reads."""
    crm, record_id = _some_client(firm)
    if record_id is not None:
        firm.clock.sleep(1)
        crm.edit("Account", record_id, Name=f"Client {firm.fate.between(10, 99)}")


def delete_client(firm: Firm) -> None:
    """A person deletes a client, or takes one out of the bin."""
    crm = firm.crms[0]
    gone = [one.external_id for one in crm.graves.get("Account", []) if one.reason == "deleted"]
    if gone and firm.fate.chance(0.6):
        back = firm.fate.pick(gone)
        crm.restore("Account", back, {"Name": f"Client {back}", "Domain": f"c{back[1:]}.example"})
        firm.truth.shakes(crm.name, back)
    elif len(crm.records["Account"]) > 1:
        record_id = firm.fate.pick(sorted(crm.records["Account"]))
        crm.remove("Account", record_id)
        firm.truth.shakes(crm.name, record_id)


def merge_clients(firm: Firm) -> None:
    """A person finds that two clients are one."""
    crm = firm.crms[0]
    there = sorted(crm.records["Account"])
    if len(there) < 3:
        return
    loser = firm.fate.pick(there)
    survivor = next(one for one in there if one != loser)
    firm.fate.note(f"      {crm.name} {loser} merged into {survivor}, by hand")
    crm.merge_by_hand("Account", survivor, loser)
    for record_id in (loser, survivor):
        firm.truth.shakes(crm.name, record_id)
    _forget_rogues(firm)


def _forget_rogues(firm: Firm) -> None:
    """When two clients have become one, what is whose is another question."""
    for one in firm.wishes.pop("rogue", []):
        firm.truth.forbidden.pop(vendor_key("rogue", one.key), None)


def delete_task(firm: Firm) -> None:
    """A person removes a task that Inlay knows it has made."""
    with firm.store.read() as conn:
        op = operation.c
        query = select(op.external_id).where(op.state == "applied", op.kind == "create_record", op.undo_of.is_(None))
        made = {row[0] for row in conn.execute(query)}
    for crm in firm.crms:
        mine = sorted(made & set(crm.records["Task"]))
        if mine:
            crm.remove("Task", firm.fate.pick(mine))
            return


def nap(firm: Firm) -> None:
    """Some time passes."""
    firm.clock.sleep(firm.fate.pick((30, 120, 700, 4000)))


def _some_client(firm: Firm) -> tuple[SimCrm, str | None]:
    crm = firm.fate.pick(firm.crms)
    there: Sequence[str] = sorted(crm.records["Account"])
    return crm, firm.fate.pick(there) if there else None


def tasks_of(crm: SimCrm) -> list[Fields]:
    """The tasks that people see."""
    return list(crm.records["Task"].values())


OFTEN: tuple[tuple[Happening, float], ...] = (
    (compute, 3),
    (propose, 4),
    (work, 3),
    (decide_late, 1),
    (regret, 1),
    (only_read, 1),
    (carry_on, 1),
    (approve, 2),
    (undo, 1),
    (edit, 3),
    (edit_tier, 1),
    (rename, 0.5),
    (delete_client, 0.7),
    (merge_clients, 0.5),
    (delete_task, 1),
    (nap, 2),
)


def happenings_of(world: World) -> list[tuple[Happening, float]]:
    """What may happen in a world, and how often one thing against another."""
    special = (
        (events, 2, not world.polls),
        (fill_disk, 2, world.full_disk),
        (change_fields, 4, world.temper.drifts),
        (give_back, 5, world.temper.history),
        (send, 12, world.posts),
        (merge_and_take_back, 6, world.dedupes),
    )
    return [*OFTEN, *((happening, weight) for happening, weight, is_here in special if is_here)]
