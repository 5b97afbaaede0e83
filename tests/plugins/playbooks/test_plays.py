"""What plays ask of whom: the bundled ones and the firm's own, on real stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.proposals import CompleteTask, CreateTask, LogNote, SendMessage
from core.signals import Publisher, Signal
from core.signals.columns import Column
from plugins import playbooks
from plugins.playbooks.settings import Absence, PlaybookSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.playbooks.script import EVERYTHING, Firm, subjects, team

SAYS: dict[str, dict[str, Any]] = {
    "health.band": {"risky": "At Risk", "spared": "At Risk", "fair": "Fair", "fine": "Excellent", "touched": "Good"},
    "health.override_band": {"spared": "Good"},
    "health.score": {"risky": 5, "spared": 9, "fair": 50.5},
    "health.reasons": {"risky": "pays {late}; nobody called"},
    "contact.touch_status": {"fine": "Due", "touched": "In time", "risky": "Overdue"},
    "contact.next_due": {"fine": "2026-06-12"},
    "revenue.days_late": {"late": 15, "fair": 14, "fine": 0},
    "contract.overlap": {"twice": True, "owes": False},
    "sla.status": {"waiting": "Breached", "fine": "Due soon"},
    "term.status": {"near": "Active", "far": "Active", "gone": "Active", "over": "Expired"},
    "term.latest_send": {"near": "2026-07-15", "far": "2026-07-16", "gone": "2026-05-28", "over": "2026-06-20"},
    "term.notice_deadline": {"near": "2026-07-29", "far": "2026-07-30", "gone": "2026-06-12", "over": "2026-07-01"},
    "term.end": {"near": "2026-08-31"},
}


def own(tmp_path: Path, text: str, **settings: Any) -> PlaybookSettings:
    """Settings with plays of the firm's own, and none of the bundled ones."""
    path = tmp_path / "plays.yaml"
    path.write_text(text)
    off = ("watch", "keep-in-touch", "business-review", "overdue-invoice", "overlapping-contracts")
    return PlaybookSettings(file=str(path), off=off, **settings)


SNOOZE = (
    "To snooze, move the due date: further steps wait for it. "
    "Write the outcome down here and complete the task when done."
)
ONE = """
plays:
  tell:
    when: {flag.payment: true}
    cool_down_days: 14
    steps:
      - {do: "Tell {client.name}", why: "{reasons}", due: 1}
      - {do: "Chase {client.name}", why: nobody told it, after: 5, owner: owner}
    outcome: "{client.name} pays again"
"""


def test_every_default_play_is_for_the_right_clients_and_no_other(book: Book) -> None:
    team(book, "ann")
    for name in ("risky", "spared", "fair", "fine", "touched", "late", "waiting", "owes", "twice"):
        since = "2026-03-30" if name == "touched" else "2026-06-01"
        book.client(name, account_manager_id="crm/User/ann", client_since=since)
    book.client("lead", status="prospect", client_since="2020-01-01")
    for name in ("near", "far", "gone", "over"):
        book.add("contract", f"crm/Contract/{name}", "crm/Account/owes", number=name.upper(), status="active")
    firm = Firm(book, SAYS, EVERYTHING.model_validate(EVERYTHING.model_dump() | {"tasks_per_owner_and_day": 20}))
    assert sorted(subjects(firm.tasks())) == [
        "[Inlay] Answer waiting: the first reply is late",
        "[Inlay] Ask late about its unpaid invoice: 15 days overdue",
        "[Inlay] Call risky: At Risk at 5",
        "[Inlay] Decide on NEAR of owes: notice must be sent by 15 July 2026",
        "[Inlay] Get in touch with fine: the next touch was due by 12 June 2026",
        "[Inlay] Hold the quarterly review with touched: due by 29 June 2026",
        "[Inlay] Look at the contracts of twice: two are in force at once",
        "[Inlay] Review fair: Fair at 50.50",
    ]


def test_what_another_plugin_asks_for_itself_is_not_asked_for_twice(book: Book) -> None:
    for name in ("risky", "waiting", "owes"):
        book.client(name)
    book.add("contract", "crm/Contract/near", "crm/Account/owes", number="NEAR", status="active")
    assert Firm(book, SAYS, PlaybookSettings()).tasks() == []
    [call] = Firm(book, SAYS, PlaybookSettings(takes_over=("health",))).tasks(AS_OF + days(1))
    assert call.subject.startswith("[Inlay] Call risky")


def test_the_task_says_why_and_what_to_do(book: Book) -> None:
    team(book, "ann")
    book.client("risky", name="Ash & Co", account_manager_id="crm/User/ann")
    [task] = Firm(book, SAYS).tasks()
    assert task.body.splitlines() == [
        "Ash & Co is At Risk: its health is 5 of 100.",
        "pays {late}; nobody called",
        "Step expected: speak to the client, and agree what will be done by when.",
        "",
        "As of 15 June 2026.",
        SNOOZE,
    ]
    assert task.key == "play:at-risk:crm/Account/risky:2026-06-15:1"
    assert (task.due, task.priority, task.assignee_id) == (date(2026, 6, 17), "high", "crm/User/ann")
    assert task.reason == "the play at-risk began on 15 June 2026: health.band of risky is At Risk"
    assert task.inputs == ("play.at-risk", "health.band", "health.override_band")


def test_a_contract_has_its_own_play_and_names_the_record_it_rests_on(book: Book) -> None:
    team(book, "ann", "bob")
    book.client("owes", account_manager_id="crm/User/ann")
    book.client("bob's own", owner_id="crm/User/bob")
    for name in ("near", "over"):
        book.add(
            "contract",
            f"crm/Contract/{name}",
            "crm/Account/owes",
            number=name,
            status="active",
            owner_id="crm/User/bob",
        )
    [task] = Firm(book, SAYS).tasks()
    assert task.client_id == "crm/Account/owes"
    assert task.inputs[-1] == "crm/Contract/near"
    assert task.assignee_id == "crm/User/bob"
    assert "send it by 15 July 2026 at the latest" in task.body


def test_an_owner_of_contracts_who_looks_after_no_client_is_passed_over(book: Book) -> None:
    team(book, "ann", "loader")
    book.client("owes", account_manager_id="crm/User/ann")
    owned = {"number": "near", "status": "active", "owner_id": "crm/User/loader"}
    book.add("contract", "crm/Contract/near", "crm/Account/owes", **owned)
    [task] = Firm(book, SAYS).tasks()
    assert task.assignee_id == "crm/User/ann"


def test_a_play_may_look_at_a_signal_that_compares_clients(book: Book, tmp_path: Path) -> None:
    for key in ("low", "high"):
        book.client(key)
    text = ONE.replace("flag.payment: true", "rank.place: {at_most: 1}")
    settings = own(tmp_path, text)
    rank = Signal("rank.place", lambda base: Column(base.values.argsort().argsort() + 1.0), {"base": "health.score"},
                  "Place of the client among all.", across=True)  # fmt: skip
    firm = Firm(book, {"health.score": {"low": 3, "high": 9}}, settings)
    book.save()
    desk = Desk(
        book.store,
        firm.script.publisher(),
        Publisher("rank", settings, [rank]),
        Publisher("playbooks", settings, playbooks.register_signals(settings)),
    )
    assert desk.evaluate().faults == ()
    [task] = desk.proposals(playbooks.propose, settings)
    assert isinstance(task, CreateTask)
    assert task.client_id == "crm/Account/low"


def test_a_contract_of_nobody_has_no_play(book: Book) -> None:
    book.client("owes")
    book.add("contract", "crm/Contract/near", None, number="near", status="active")
    assert Firm(book, SAYS).tasks() == []


def test_the_same_occurrence_has_the_same_key_on_every_day(book: Book, tmp_path: Path) -> None:
    book.client("a")
    firm = Firm(book, {"flag.payment": {"a": True}}, own(tmp_path, ONE))
    keys = [task.key for later in (0, 0.1, 1, 6) for task in firm.tasks(AS_OF + timedelta(days=later))]
    assert set(keys) == {"play:tell:crm/Account/a:2026-06-15:1"}
    assert len(keys) == 4


def test_a_task_that_nobody_approves_for_a_week_is_not_proposed_any_more(book: Book, tmp_path: Path) -> None:
    book.client("a")
    firm = Firm(book, {"flag.payment": {"a": True}}, own(tmp_path, ONE.replace("after: 5", "after: 50")))
    assert [len(firm.tasks(AS_OF + days(later))) for later in (0, 6, 7)] == [1, 1, 0]


def test_the_second_step_comes_after_its_working_days_and_goes_to_its_own_owner(book: Book, tmp_path: Path) -> None:
    team(book, "ann", "bob")
    book.client("a", account_manager_id="crm/User/ann", owner_id="crm/User/bob")
    firm = Firm(book, {"flag.payment": {"a": True}}, own(tmp_path, ONE))
    [first] = firm.tasks()
    assert [task.key[-1] for task in firm.tasks(AS_OF + days(4))] == ["1"]
    [second] = firm.tasks(AS_OF + days(7))
    assert second.subject == "[Inlay] Chase a: nobody told it"
    assert (first.assignee_id, second.assignee_id) == ("crm/User/ann", "crm/User/bob")


def test_moving_the_due_date_snoozes_the_next_step_and_completing_the_task_drops_it(book: Book, tmp_path: Path) -> None:
    for key in ("moved", "done", "left"):
        book.client(key)
    firm = Firm(book, {"flag.payment": dict.fromkeys(("moved", "done", "left"), True)}, own(tmp_path, ONE))
    changes: dict[str, dict[str, Any]] = {
        "moved": {"due_date": "2026-06-24"}, "left": {},
        "done": {"status": "completed", "completed_at": "2026-06-16T10:00:00Z"},
    }  # fmt: skip
    for number, task in enumerate(firm.tasks()):
        firm.made(task, number, **changes[task.client_id.rpartition("/")[2]])
    second = {later: subjects(firm.tasks(AS_OF + days(later))) for later in (7, 9, 10)}
    assert [s for s in second[7] if "Chase" in s] == ["[Inlay] Chase left: nobody told it"]
    assert not any("moved" in s for s in second[9] if "Chase" in s)
    assert "[Inlay] Chase moved: nobody told it" in second[10]
    assert not any("Chase done" in s for s in subjects(firm.tasks(AS_OF + days(40))))


def test_a_play_that_ended_rests_and_then_begins_anew(book: Book, tmp_path: Path) -> None:
    book.client("a")
    firm = Firm(book, {"flag.payment": lambda now: {"a": now not in quiet}}, own(tmp_path, ONE))
    quiet = {AS_OF + days(1)}
    assert len(firm.tasks()) == 1
    assert firm.tasks(AS_OF + days(1)) == []
    assert firm.tasks(AS_OF + days(14)) == []
    [again] = firm.tasks(AS_OF + days(15))
    assert again.key == "play:tell:crm/Account/a:2026-06-30:1"


def test_while_a_task_of_the_play_is_open_it_does_not_begin_again(book: Book, tmp_path: Path) -> None:
    book.client("a")
    firm = Firm(book, {"flag.payment": lambda now: {"a": now not in quiet}}, own(tmp_path, ONE))
    quiet = {AS_OF + days(1)}
    [task] = firm.tasks()
    firm.made(task, 1)
    firm.tasks(AS_OF + days(1))
    assert firm.tasks(AS_OF + days(30)) == []
    firm.made(task, 1, status="completed", completed_at="2026-07-15T10:00:00Z")
    assert [one.key[-12:] for one in firm.tasks(AS_OF + days(31))] == ["2026-07-16:1"]


def test_of_several_tasks_the_open_one_counts_and_else_the_latest(book: Book, tmp_path: Path) -> None:
    client = book.client("a")
    firm = Firm(book, {"flag.payment": {"a": False}}, own(tmp_path, ONE))
    for number, (status, day) in enumerate([("completed", "04-01"), ("completed", "05-01"), ("completed", "03-01")]):
        subject, key = "[Inlay] Tell a: late", f"inlay-{number}"
        done = f"2026-{day}T10:00:00Z"
        book.add("task", None, client, subject=subject, status=status, external_key=key, completed_at=done)
    firm.day()
    assert "asked.tell" in str(firm.desk.explain(client, "play.tell"))
    assert told_of(firm, client) == "done 2026-05-01"
    book.add(
        "task", None, client, subject="[Inlay] Tell a: late", status="waiting", external_key="k", due_date="2026-01-02"
    )
    book.save()
    assert told_of(firm, client) == "open 2026-01-02"


def told_of(firm: Firm, client: str) -> str:
    """What became of the task, as an explanation says."""
    explanation = firm.desk.explain(client, "asked.tell")
    return str(explanation.value)


def test_what_is_unknown_begins_and_ends_nothing(book: Book, tmp_path: Path) -> None:
    for key in ("a", "b"):
        book.client(key)
    firm = Firm(book, {"flag.payment": lambda now: {"a": True} if now == AS_OF else {}}, own(tmp_path, ONE))
    assert [task.client_id for task in firm.tasks()] == ["crm/Account/a"]
    assert [task.client_id for task in firm.tasks(AS_OF + days(1))] == ["crm/Account/a"]
    assert "open" in firm.desk.value("crm/Account/a", "play.tell")


def test_a_recovery_is_noted_once_with_the_hint_that_a_task_may_be_open(book: Book, tmp_path: Path) -> None:
    book.client("a")
    firm = Firm(book, {"flag.payment": lambda now: {"a": now == AS_OF}}, own(tmp_path, ONE))
    firm.day()
    found = [one for later in (1, 2) for one in firm.day(AS_OF + days(later))]
    notes = [one for one in found if isinstance(one, LogNote)]
    assert len(notes) == 2
    assert {note.key for note in notes} == {"outcome:tell:crm/Account/a:2026-06-15"}
    assert notes[0].body == "a pays again\nIts task is completed, unless somebody has changed it."
    assert firm.day(AS_OF + days(20)) == []


def test_when_a_play_has_ended_its_own_tasks_are_completed(book: Book, tmp_path: Path) -> None:
    book.client("a")
    firm = Firm(book, {"flag.payment": lambda now: {"a": now < AS_OF + days(8)}}, own(tmp_path, ONE))
    asked = [task.key for later in (0, 7) for task in firm.tasks(AS_OF + days(later))]
    assert len(asked) == 2
    assert not any(isinstance(one, CompleteTask) for one in firm.day(AS_OF + days(7)))
    closed = [one for one in firm.day(AS_OF + days(8)) if isinstance(one, CompleteTask)]
    assert [one.key for one in closed] == asked
    assert {one.client_id for one in closed} == {"crm/Account/a"}
    assert closed[0].reason.endswith("ended on 23 June 2026: nobody needs to do this any more")


def test_a_play_may_leave_its_tasks_to_people(book: Book, tmp_path: Path) -> None:
    book.client("a")
    text = ONE.replace("cool_down_days", "closes: false\n    cool_down_days")
    firm = Firm(book, {"flag.payment": lambda now: {"a": now == AS_OF}}, own(tmp_path, text))
    firm.day()
    [note] = firm.day(AS_OF + days(1))
    assert isinstance(note, LogNote)
    assert note.body == "a pays again\nIf its task is still open, it can be completed."


MESSAGES = """
plays:
  tell:
    when: {flag.payment: true}
    steps:
      - send: {subject: "{client.name} owes", text: "{reasons}", channels: [sms, mail], urgent: true}
      - send: {to: contact, template: dunning, values: {firm: "{firm.name}"}, purpose: billing}
        after: 5
"""


def test_a_step_may_write_to_who_takes_it_and_to_the_clients_main_contact(book: Book, tmp_path: Path) -> None:
    team(book, "ann")
    client = book.client("a", account_manager_id="crm/User/ann")
    book.client("b", account_manager_id="crm/User/ann")  # nobody there to write to
    book.add("contact", "crm/Contact/1", client, first_name="Kim", opted_out=True, is_primary=True)
    book.add("contact", "crm/Contact/2", client, first_name="Bo")
    book.add("contact", "crm/Contact/3", client, first_name="Lee", is_primary=True)
    firm = Firm(book, {"flag.payment": {"a": True, "b": True}}, own(tmp_path, MESSAGES))
    first, other = firm.day()
    assert first == SendMessage(
        to="user",
        key="play:tell:crm/Account/a:2026-06-15:1",
        reason="the play tell: flag.payment of a is True",
        client_id=client,
        recipient_id="crm/User/ann",
        subject="a owes",
        text="flag.payment of a is True",
        channels=("sms", "mail"),
        urgent=True,
        inputs=("play.tell", "flag.payment"),
    )
    assert isinstance(other, SendMessage)
    assert other.client_id == "crm/Account/b"
    [second] = firm.day(AS_OF + days(8))
    assert isinstance(second, SendMessage)
    assert (second.to, second.recipient_id, second.template) == ("contact", "crm/Contact/3", "dunning")
    assert (dict(second.values), second.purpose, second.text) == ({"firm": "Hartwell & Co"}, "billing", "")


def test_nobody_is_written_to_once_the_play_has_ended(book: Book, tmp_path: Path) -> None:
    team(book, "ann")
    book.client("a", account_manager_id="crm/User/ann")
    firm = Firm(book, {"flag.payment": lambda now: {"a": now == AS_OF}}, own(tmp_path, MESSAGES))
    assert len(firm.day()) == 1
    assert firm.day(AS_OF + days(1)) == []


def test_a_play_that_repeats_asks_again_after_its_time(book: Book) -> None:
    book.client("fair")
    firm = Firm(book, {"health.band": {"fair": "Fair"}, "health.override_band": {}}, PlaybookSettings())
    keys = {task.key for later in (0, 5, 30, 36) for task in firm.tasks(AS_OF + days(later))}
    assert keys == {"play:watch:crm/Account/fair:2026-06-15:1", "play:watch:crm/Account/fair:2026-07-15:1"}


@pytest.mark.parametrize(
    ("as_of", "zone", "made", "due"),
    [
        ("2026-06-16T02:00", "Europe/London", "2026-06-16", "2026-06-17"),
        ("2026-06-14T22:30", "America/New_York", None, None),  # Sunday evening there, and here
        ("2026-06-14T22:30", "Pacific/Auckland", "2026-06-14", "2026-06-16"),  # Monday morning there
        ("2026-06-20T02:00", "America/New_York", "2026-06-20", "2026-06-22"),  # Friday evening there
        ("2026-08-31T09:00", "Europe/London", None, None),  # a bank holiday
        ("2026-12-24T09:00", "Europe/London", "2026-12-24", "2026-12-29"),
    ],
)
def test_a_step_comes_on_a_working_day_of_its_owner(
    book: Book, tmp_path: Path, as_of: str, zone: str, made: str | None, due: str | None
) -> None:
    team(book, "ann", zones={"ann": zone})
    book.client("a", owner_id="crm/User/ann")
    now = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    tasks = Firm(book, {"flag.payment": {"a": True}}, own(tmp_path, ONE)).tasks(now)
    assert [task.key.rpartition(":")[0][-10:] for task in tasks] == ([made] if made else [])
    assert [f"{task.due}" for task in tasks] == ([due] if due else [])


@pytest.mark.parametrize(
    ("settings", "client", "owner"),
    [
        ({}, {"account_manager_id": "crm/User/ann", "owner_id": "crm/User/bob"}, "crm/User/ann"),
        ({}, {"account_manager_id": "crm/User/eve", "owner_id": "crm/User/bob"}, "crm/User/bob"),  # eve has left
        ({"absent": "ann", "deputies": {"crm/User/ann": "crm/User/dan"}}, {}, "crm/User/dan"),
        ({"deputies": {"crm/User/ann": "crm/User/dan"}}, {}, "crm/User/ann"),  # ann is there
        ({"absent": "ann"}, {}, "crm/User/bob"),
        ({"absent": "ann", "fallback": "crm/User/dan"}, {"owner_id": None}, "crm/User/dan"),
        ({"fallback": "crm/User/dan"}, {"account_manager_id": None, "owner_id": None}, "crm/User/dan"),
        ({}, {"account_manager_id": None, "owner_id": None}, None),
        ({"deputies": {"crm/User/eve": "crm/User/dan"}}, {"account_manager_id": "crm/User/eve"}, "crm/User/dan"),
    ],
)
def test_a_step_goes_to_who_is_there(
    book: Book, tmp_path: Path, settings: dict[str, Any], client: dict[str, Any], owner: str | None
) -> None:
    team(book, "ann", "bob", "dan", "eve", gone={"eve"})
    book.client("a", **({"account_manager_id": "crm/User/ann", "owner_id": "crm/User/bob"} | client))
    away = settings.pop("absent", None)
    absences = [Absence(person=f"crm/User/{away}", first=date(2026, 6, 1), last=date(2026, 6, 15))] if away else []
    [task] = Firm(book, {"flag.payment": {"a": True}}, own(tmp_path, ONE, absences=absences, **settings)).tasks()
    assert task.assignee_id == owner
    assert ("nobody who could take it is there" in task.reason) == (owner is None)


def test_a_role_is_taken_by_the_first_of_its_people_who_is_there(book: Book, tmp_path: Path) -> None:
    team(book, "ann", "bob", gone={"ann"})
    book.client("a")
    text = ONE.replace("cool_down_days: 14", "owner: desk")
    settings = own(tmp_path, text, roles={"desk": ("crm/User/ann", "crm/User/bob")})
    [task] = Firm(book, {"flag.payment": {"a": True}}, settings).tasks()
    assert task.assignee_id == "crm/User/bob"


def test_what_is_too_much_for_one_day_comes_in_one_digest(book: Book, tmp_path: Path) -> None:
    team(book, "ann", "bob")
    for key in "abcdef":
        book.client(key, owner_id="crm/User/ann")
    book.client("z", owner_id="crm/User/bob")
    says = {"flag.payment": dict.fromkeys("abcdefz", True)}
    settings = own(tmp_path, ONE, tasks_per_owner_and_day=4)
    tasks = Firm(book, says, settings).tasks()
    assert [task.assignee_id for task in tasks] == ["crm/User/ann"] * 2 + ["crm/User/bob"] + ["crm/User/ann"]
    digest = tasks[-1]
    assert digest.subject == "[Inlay] Look through 4 more steps: more than 4 came on one day"
    assert [line.partition(":")[0] for line in digest.body.splitlines() if line.startswith("-")] == [
        "- Tell c", "- Tell d", "- Tell e", "- Tell f",
    ]  # fmt: skip
    assert digest.key == "digest:crm/User/ann:2026-06-15"


def test_a_business_review_is_one_single_next_task_counted_from_the_last_one(book: Book) -> None:
    client = book.client("a", client_since="2026-03-01", tier="A")
    firm = Firm(book, {}, PlaybookSettings(review_days_by_tier={"A": 60}))
    [task] = firm.tasks()
    assert task.subject == "[Inlay] Hold the quarterly review with a: due by 29 June 2026"
    firm.made(task, 1, status="completed", completed_at="2026-06-17T10:00:00Z")
    assert firm.tasks(AS_OF + days(3)) == []
    assert f"{firm.desk.value(client, 'qbr.last')} {firm.desk.value(client, 'qbr.next')}" == "2026-06-17 2026-08-17"
    assert firm.tasks(AS_OF + days(48)) == []
    [after] = firm.tasks(AS_OF + days(49))
    assert after.subject == "[Inlay] Hold the quarterly review with a: due by 17 August 2026"


@pytest.mark.parametrize(
    ("since", "due"),
    [
        ("2026-06-01", "2026-09-01"),  # 91 days after it came is a bank holiday
        ("2026-03-16", "2026-06-15"),  # today
        ("2026-03-15", "2026-09-14"),  # 14 June is gone by, and 13 September a Sunday
        ("2026-03-13", "2026-09-11"),  # 12 June is: the next one
        ("2010-03-16", "2026-08-25"),
        ("2026-07-01", "2026-09-30"),  # it only begins
        (None, "2026-09-14"),
    ],
)
def test_first_reviews_are_spread_over_the_quarter_and_never_due_in_the_past(
    book: Book, since: str | None, due: str
) -> None:
    client = book.client("a", client_since=since)
    firm = Firm(book, {}, PlaybookSettings())
    firm.day()
    assert firm.desk.value(client, "qbr.next") == due


@pytest.mark.parametrize(
    ("data", "counts"),
    [
        ({"kind": "meeting", "subject": "QBR with the board"}, True),
        ({"kind": "call", "subject": "Quarterly Review"}, True),
        ({"kind": "email", "subject": "Re: quarterly review"}, False),
        ({"kind": "meeting", "subject": "Tax return"}, False),
        ({"kind": "meeting", "subject": "Quarterly review", "outcome": "canceled"}, False),
        ({"kind": "meeting", "subject": "[Inlay] Quarterly review"}, False),
    ],
)
def test_only_a_review_that_was_held_counts(book: Book, data: dict[str, Any], counts: bool) -> None:
    client = book.client("a", client_since="2020-01-01")
    book.talk(client, "2026-05-05", **data)
    firm = Firm(book, {}, PlaybookSettings())
    firm.day()
    assert firm.desk.value(client, "qbr.next") == ("2026-08-04" if counts else "2026-06-24")
