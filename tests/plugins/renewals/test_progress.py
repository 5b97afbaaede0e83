"""How far a renewal has come, and what that does to its tasks: decisions, deals, answers, escalation, lineage."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from core.store.tables import signal_value
from plugins.renewals.settings import Decision, RenewalSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import RENEWALS, renewals_publisher
from tests.plugins.renewals.test_tasks import tasks, with_contract

NO_DEAL = "No renewal deal is open: open one over GBP 12,600 a year that closes on 31 August 2026."
CONTRACT = "crm/Contract/8001"  # 46 days to the notice deadline, 77 to the end on 31 August 2026


def decided(decision: str, on: str = "2026-05-04", **settings: Any) -> RenewalSettings:
    """Settings with one decision about the contract."""
    one = {"contract": CONTRACT, "decision": decision, "reason": "the board said so", "by": "Ann", "on": on}
    return RenewalSettings.model_validate(settings | {"decisions": [one]})


def evaluated(book: Book, settings: RenewalSettings = RENEWALS) -> Desk:
    """The signals of renewals as they are today."""
    book.save()
    desk = Desk(book.store, renewals_publisher(settings))
    assert not desk.evaluate().faults
    return desk


def known(desk: Desk, name: str, contract: str = CONTRACT) -> Any:
    """A stored value, None where there is none."""
    try:
        return desk.value(contract, name)
    except KeyError:
        return None


@pytest.mark.parametrize(
    ("decision", "progress", "asked"),
    [("renew", "Renewing", 0), ("let_end", "Ending", 0), ("renegotiate", "In talks", 1), ("monitor", "Open", 1)],
)
def test_what_people_decided_settles_the_matter(book: Book, decision: str, progress: str, asked: int) -> None:
    with_contract(book)
    desk = evaluated(book, decided(decision))
    assert known(desk, "term.progress") == progress
    assert "Ann on 4 May 2026: the board said so" in desk.reason(CONTRACT, "term.progress")
    assert len(tasks(book, settings=decided(decision))) == asked


def test_watching_is_a_decision_only_while_there_is_time(book: Book) -> None:
    with_contract(book, notice_period_days=None, auto_renew=False)
    settings = decided("monitor", monitor_until=76)
    assert tasks(book, settings=settings) == []
    assert len(tasks(book, AS_OF + days(1), settings)) == 1


@pytest.mark.parametrize("on", ["2026-06-16", "2025-08-01"])
def test_a_decision_of_tomorrow_or_of_an_earlier_term_does_not_count(book: Book, on: str) -> None:
    with_contract(book)
    assert known(evaluated(book, decided("renew", on)), "term.progress") == "Open"


def test_the_latest_decision_counts(book: Book) -> None:
    with_contract(book)
    both = [*decided("let_end", "2026-05-04").decisions, *decided("renegotiate", "2026-06-01").decisions]
    settings = RenewalSettings(decisions=tuple(reversed(both)))
    assert known(evaluated(book, settings), "term.decision") == "renegotiate"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": None}, "reason"), ({"reason": ""}, "at least 3"), ({"by": ""}, "at least 1"),
        ({"decision": "maybe"}, "renew"), ({"on": "soon"}, "date"), ({"why": "x"}, "Extra inputs"),
    ],
)  # fmt: skip
def test_no_decision_without_reason_and_author(change: dict[str, Any], said: str) -> None:
    data = {"contract": CONTRACT, "decision": "renew", "reason": "agreed", "by": "Ann", "on": "2026-05-04"} | change
    with pytest.raises(ValidationError, match=said):
        Decision.model_validate({name: value for name, value in data.items() if value is not None})


def test_two_decisions_of_one_day_contradict_each_other() -> None:
    both = [*decided("renew").decisions, *decided("let_end").decisions]
    with pytest.raises(ValidationError, match="two decisions on 2026-05-04: renew and let_end; keep the one"):
        RenewalSettings(decisions=tuple(both))


def with_deal(book: Book, **data: Any) -> None:
    """A renewal deal of the client."""
    usual = {"name": "Renewal", "deal_type": "renewal", "status": "open", "expected_close_date": "2026-08-31"}
    book.add("deal", None, "crm/Account/acme", **(usual | data))


@pytest.mark.parametrize(
    ("deals", "state", "progress"),
    [
        ([{}], "open", "In talks"),
        ([{}, {}], "several", "In talks"),
        ([{"status": "won"}, {"status": "lost"}], "won", "Renewed"),
        ([{"status": "lost"}], "lost", "Open"),
        ([{"deal_type": "expansion"}], None, "Open"),
        ([{"expected_close_date": "2027-06-01"}], None, "Open"),
        ([{"expected_close_date": None}], "open", "In talks"),
    ],
)
def test_the_renewal_deal_is_found(book: Book, deals: list[dict[str, Any]], state: str | None, progress: str) -> None:
    with_contract(book)
    for one in deals:
        with_deal(book, **one)
    desk = evaluated(book)
    assert (known(desk, "term.deal"), known(desk, "term.progress")) == (state, progress)


def test_a_deal_belongs_to_the_contract_that_ends_nearest_to_its_close(book: Book) -> None:
    with_contract(book)
    other = book.add("contract", None, "crm/Account/acme", status="active", end_date="2026-09-30", number="C-8")
    with_deal(book, expected_close_date="2026-09-25")
    with_deal(book, expected_close_date=None)  # of which contract, nobody can say
    desk = evaluated(book)
    assert (known(desk, "term.deal"), known(desk, "term.deal", other)) == (None, "open")


@pytest.mark.parametrize(
    ("deals", "line"),
    [
        ([{"deal_type": "new"}], NO_DEAL),
        ([{}], "A renewal deal is open."),
        ([{}, {}], "More than one renewal deal is open: close all but one."),
        ([], None),
    ],
)  # fmt: skip
def test_the_task_asks_for_one_renewal_deal_with_uplift(
    book: Book, deals: list[dict[str, Any]], line: str | None
) -> None:
    with_contract(book)
    for one in deals:
        with_deal(book, **one)
    [task] = tasks(book, settings=RenewalSettings(uplift=0.05))
    said = [text for text in task.body.splitlines() if "deal" in text]
    assert said == ([line] if line else [])


def test_what_is_not_due_or_not_known_has_no_amount(book: Book) -> None:
    with_contract(book, annual_contract_value=None)
    far = book.add("contract", None, "crm/Account/acme", status="active", end_date="2029-01-01",
                   annual_contract_value={"amount": "5", "currency": "GBP"})  # fmt: skip
    desk = evaluated(book)
    assert known(desk, "term.renewal_amount") is None
    assert known(desk, "term.renewal_amount", far) is None


def test_a_won_deal_ends_the_asking(book: Book) -> None:
    with_contract(book)
    with_deal(book, status="won")
    assert tasks(book) == []


def earlier_task(book: Book, **data: Any) -> None:
    """The task of an earlier stage, as the CRM holds it."""
    usual = {"subject": "[Inlay] Renew Acme & Co: C-7, 60 days left", "status": "not_started", "due_date": "2026-06-08"}
    book.add("task", None, "crm/Account/acme", **({"external_key": "inlay-1"} | usual | data))


@pytest.mark.parametrize(
    ("task", "escalated"),
    [
        ({}, True),
        ({"due_date": "2026-06-15"}, False),  # due today: not late yet, or snoozed
        ({"status": "completed", "completed_at": "2026-06-09T09:00:00Z"}, False),
        ({"status": "canceled"}, False),
        ({"subject": "[Inlay] Renew Acme & Co: C-77, 60 days left"}, False),  # another contract's
        ({"external_key": None, "subject": "Renew Acme & Co: C-7, soon"}, False),  # a person's own
    ],
)
def test_a_task_left_open_sends_the_next_one_upwards(book: Book, task: dict[str, Any], escalated: bool) -> None:
    for name in ("ann", "bob", "eve"):
        book.add("user", f"crm/User/{name}", None, name=name)
    with_contract(book, {"owner_id": "crm/User/bob"}, owner_id="crm/User/ann", notice_period_days=47)
    book.client("ann's own", owner_id="crm/User/ann")
    earlier_task(book, **task)
    [usual] = tasks(book)
    assert usual.assignee_id == ("crm/User/bob" if escalated else "crm/User/ann")
    assert ("The task that was due on 8 June 2026 is still open" in usual.body) == escalated
    [named] = tasks(book, settings=RenewalSettings(escalate_to="crm/User/eve"))
    assert named.assignee_id == ("crm/User/eve" if escalated else "crm/User/ann")
    [early] = tasks(book, settings=RenewalSettings(escalate_from=14))
    assert early.assignee_id == "crm/User/ann"


def test_a_completed_task_is_an_acknowledgement_of_this_term_alone(book: Book) -> None:
    with_contract(book)
    earlier_task(book, status="completed", completed_at="2026-06-09T23:30:00Z")
    earlier_task(book, status="completed", completed_at="2025-08-20T09:00:00Z")
    assert known(evaluated(book), "term.acknowledged") == "2026-06-10"


def test_tasks_are_made_elsewhere_when_they_are_switched_off_here(book: Book) -> None:
    with_contract(book)
    assert tasks(book, settings=RenewalSettings(tasks=False)) == []


def test_a_contract_without_end_is_evergreen_and_asks_for_nothing(book: Book) -> None:
    with_contract(book, start_date="2020-01-01", term_months=None, auto_renew=False)
    desk = evaluated(book)
    assert known(desk, "term.status") == "Evergreen"
    assert desk.reason(CONTRACT, "term.status") == "neither end nor term is stated"
    assert (known(desk, "term.progress"), tasks(book)) == (None, [])


@pytest.mark.parametrize(("successor", "status"), [("active", "Expired"), ("sent", "Expiring"), ("expired", "Expired")])
def test_a_contract_is_replaced_by_a_signed_one_only(book: Book, successor: str, status: str) -> None:
    with_contract(book, replaced_by_id="crm/Contract/8002")
    book.add("contract", "crm/Contract/8002", "crm/Account/acme", status=successor, number="C-8", end_date="2028-01-01")
    assert known(evaluated(book), "term.status") == status


def test_the_line_of_amendments_is_told_from_the_oldest(book: Book) -> None:
    with_contract(book, replaced_by_id="crm/Contract/8002")
    book.add("contract", "crm/Contract/8002", "crm/Account/acme", status="active", number="C-8",
             replaced_by_id="crm/Contract/8003")  # fmt: skip
    book.add("contract", "crm/Contract/8003", "crm/Account/acme", status="active", number="C-9")
    alone = book.add("contract", None, "crm/Account/acme", status="active", number="C-1")
    desk = evaluated(book)
    lines = {known(desk, "term.lineage", f"crm/Contract/800{at}") for at in (1, 2, 3)}
    assert lines == {"C-7 → C-8 → C-9"}
    assert known(desk, "term.lineage", alone) is None


def test_contracts_that_replace_each_other_replace_nothing(book: Book) -> None:
    with_contract(book, replaced_by_id="crm/Contract/8002")
    book.add("contract", "crm/Contract/8002", "crm/Account/acme", status="active", number="C-8",
             replaced_by_id=CONTRACT, end_date="2028-01-01")  # fmt: skip
    desk = evaluated(book)
    assert known(desk, "term.status") == "Expiring"
    assert known(desk, "term.status", "crm/Contract/8002") == "Active"


def test_notice_and_latest_send_keep_to_working_days_over_two_years_of_ends(book: Book) -> None:
    client = book.client("acme")
    first = date(2026, 7, 1)
    ends = [first + days(later) for later in range(0, 730, 5)]
    for at, end in enumerate(ends):
        book.add(
            "contract", f"crm/Contract/{at:04d}", client, status="active", end_date=f"{end}", notice_period_days=30
        )
    evaluated(book)
    with book.store.read() as conn:
        rows = conn.execute(select(signal_value.c.subject_id, signal_value.c.name, signal_value.c.value)).all()
    found = {(row.subject_id, row.name): row.value.strip('"') for row in rows}
    for at, end in enumerate(ends):
        contract = f"crm/Contract/{at:04d}"
        deadline = date.fromisoformat(found[contract, "term.notice_deadline"])
        send = date.fromisoformat(found[contract, "term.latest_send"])
        assert deadline <= end - days(30) < deadline + days(6)
        assert deadline.weekday() < 5
        assert send.weekday() < 5
        assert send <= deadline - days(14)
