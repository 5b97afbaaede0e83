"""What holds for every book, whatever is in it: bounds, agreement between signals, and the same from the same."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from core.proposals import CreateTask
from core.store import Store
from plugins import health, renewals
from tests.core.signals.book import AS_OF, Book, Desk, days, dump
from tests.plugins.clinic import HEALTH, RENEWALS, health_publisher, renewals_publisher
from tests.plugins.random_book import TODAY, fill

SEEDS = [1, 2, 3]
BANDS = {"Excellent", "Good", "Fair", "At Risk", "Provisional", None}
Values = dict[str, dict[str, Any]]


def evaluated(store: Store, seed: int, order: int = 0, clients: int = 30) -> Desk:
    """A desk over a random book, evaluated once without any fault."""
    fill(Book(store), seed, clients, order)
    desk = Desk(store, health_publisher(), renewals_publisher())
    assert desk.evaluate().faults == ()
    return desk


def by_subject(desk: Desk) -> Values:
    """All stored values: subject -> signal -> value."""
    found: Values = {}
    for (subject, name), (value, _) in desk._stored().items():
        found.setdefault(subject, {})[name] = value
    return found


@pytest.fixture(params=SEEDS)
def told(request: pytest.FixtureRequest, store: Store) -> Values:
    """The values of a random book."""
    return by_subject(evaluated(store, request.param))


def each(told: Values, name: str) -> list[Any]:
    return [values[name] for values in told.values() if values.get(name) is not None]


def test_shares_are_shares(told: Values) -> None:
    assert all(0 <= value <= 1 for name in ("payments.on_time_share", "health.coverage") for value in each(told, name))


def test_nothing_is_negative_that_cannot_be(told: Values) -> None:
    names = (
        "contact.days_since", "contact.count_90d", "payments.days_late", "revenue.overdue", "revenue.days_late",
        "support.open_tickets", "support.oldest_days", "contract.cover_days", "renewal.days_left",
    )  # fmt: skip
    assert all(value >= 0 for name in names for value in each(told, name))


def test_scores_are_whole_points_within_bounds(told: Values) -> None:
    scores = each(told, "health.score")
    assert scores
    assert all(0 <= score <= 100 and score == int(score) for score in scores)


def test_bands_agree_with_scores_and_coverage(told: Values) -> None:
    for values in told.values():
        band, score, coverage = values.get("health.band"), values.get("health.score"), values.get("health.coverage", 0)
        assert band in BANDS
        if score is None or coverage < 0.4:
            assert band is None
        elif coverage < 0.6:
            assert band == "Provisional"
        else:
            edges = {"Excellent": (80, 101), "Good": (60, 80), "Fair": (40, 60), "At Risk": (0, 40)}
            low, high = edges[str(band)]
            assert low <= score < high


def test_a_long_unpaid_invoice_always_caps(told: Values) -> None:
    capped = [values for values in told.values() if (values.get("revenue.days_late") or 0) > 90]
    assert capped
    assert all((values.get("health.score") or 0) <= 59 for values in capped)


def test_overdue_money_and_overdue_days_agree(told: Values) -> None:
    for values in told.values():
        if values.get("revenue.overdue") is not None:
            assert (values["revenue.overdue"] > 0) == (values["revenue.days_late"] > 0)


def test_open_tickets_and_their_age_agree(told: Values) -> None:
    for values in told.values():
        if values.get("support.oldest_days") is not None:
            assert values["support.open_tickets"] > 0


def test_last_contact_lies_in_the_past_and_gives_the_days(told: Values) -> None:
    for values in told.values():
        if values.get("contact.last_date") is not None:
            last = date.fromisoformat(values["contact.last_date"])
            assert last <= TODAY
            assert values["contact.days_since"] == (TODAY - last).days


def test_sentences_fit_a_list_and_exist_with_a_score(told: Values) -> None:
    for values in told.values():
        sentence = values.get("health.reasons")
        assert (sentence is None) == (values.get("health.score") is None)
        assert sentence is None or (len(sentence) <= 255 and "nan" not in sentence and "None" not in sentence)


def test_deadlines_are_worked_days_before_the_end(told: Values) -> None:
    deadlines = [values for values in told.values() if values.get("term.notice_deadline")]
    assert deadlines
    for values in deadlines:
        deadline, end = (date.fromisoformat(values[name]) for name in ("term.notice_deadline", "term.end"))
        assert deadline < end
        assert deadline.weekday() < 5
        assert date.fromisoformat(values["term.latest_send"]) < deadline


def test_days_left_run_to_the_earlier_of_notice_and_end(told: Values) -> None:
    for values in told.values():
        if values.get("term.days_left") is None:
            continue
        dates = [values.get("term.notice_deadline"), values["term.end"]]
        ahead = [left for day in dates if day and (left := (date.fromisoformat(day) - TODAY).days) >= 0]
        assert values["term.days_left"] == (
            min(ahead) if ahead else (date.fromisoformat(values["term.end"]) - TODAY).days
        )


def test_stages_only_where_something_is_to_be_decided(told: Values) -> None:
    staged = [values for values in told.values() if values.get("term.stage")]
    assert staged
    for values in staged:
        assert values["term.status"] in ("Active", "Expiring")
        assert 0 <= values["term.days_left"] <= int(values["term.stage"])


def test_the_clients_renewal_is_that_of_one_of_its_contracts(told: Values) -> None:
    ends = {values["term.end"] for values in told.values() if values.get("term.end")}
    renewals_due = each(told, "renewal.date")
    assert renewals_due
    assert set(renewals_due) <= ends


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_entries_is_irrelevant(store: Store, twin: Store, seed: int) -> None:
    for some, order in ((store, 1), (twin, 2)):
        desk = evaluated(some, seed, order)
        desk.evaluate(AS_OF + days(1))
    assert dump(store) == dump(twin)


def test_both_databases_say_the_same(each_store: Store, store: Store) -> None:
    proposals = []
    for some in (each_store, store):
        desk = evaluated(some, 7)
        desk.evaluate(AS_OF + days(1))
        proposals.append(desk.proposals(health.propose, HEALTH) + desk.proposals(renewals.propose, RENEWALS))
    assert dump(each_store) == dump(store)
    assert proposals[0] == proposals[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_evaluation_changes_nothing(store: Store, seed: int) -> None:
    desk = evaluated(store, seed)
    before = dump(store)
    assert desk.evaluate().changed == 0
    assert dump(store) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_a_client_is_scored_the_same_alone_and_among_others(store: Store, seed: int) -> None:
    desk = evaluated(store, seed)
    told = by_subject(desk)
    clients = sorted(subject for subject in told if subject.startswith("crm/Account/"))[:6]
    for client in clients:
        explanation = desk.explain(client, "health.score")
        assert explanation.value == told[client].get("health.score")
        for factor in explanation.inputs:
            if factor.name.startswith("health.factor.") and factor.value is not None:
                assert 0 <= factor.value <= 100


@pytest.mark.parametrize(
    "name", [signal.name for signal in [*health_publisher().signals, *renewals_publisher().signals]]
)
def test_every_signal_can_be_explained(migrated_explained: Desk, name: str) -> None:
    subject = "crm/Contract/k001-0" if name.startswith("term.") else "crm/Account/k001"
    explanation = migrated_explained.explain(subject, name)
    lines = list(explanation.lines())
    assert lines[0].startswith(f"{name} = ")
    assert explanation.reason
    assert explanation.doc.endswith(".")


@pytest.fixture
def migrated_explained(store: Store) -> Desk:
    """One client with one record of each kind."""
    book = Book(store)
    client = book.client("k001", created_at="2020-01-01T00:00:00Z")
    book.invoice(client, "2026-05-10", paid="2026-05-20", number="INV-1")
    book.invoice(client, "2026-06-01", number="INV-2")
    book.talk(client, "2026-06-05")
    book.add("ticket", None, client, status="open", priority="high", opened_at="2026-06-01T00:00:00Z")
    book.add("deal", None, client, name="more", status="open")
    book.add("subscription", None, client, status="active")
    book.add("payment", None, client, status="succeeded", amount={"amount": "5", "currency": "GBP"})
    book.add("contract", "crm/Contract/k001-0", client, status="active", end_date="2026-08-31", notice_period_days=30)
    book.save()
    desk = Desk(store, health_publisher(), renewals_publisher())
    assert not desk.evaluate().faults
    return desk


@pytest.mark.parametrize("seed", SEEDS)
def test_proposals_are_unique_worked_and_addressed(store: Store, seed: int) -> None:
    desk = evaluated(store, seed, clients=60)
    proposals = desk.proposals(health.propose, HEALTH) + desk.proposals(renewals.propose, RENEWALS)
    tasks = [proposal for proposal in proposals if isinstance(proposal, CreateTask)]
    assert tasks
    assert len({task.key for task in tasks}) == len(tasks)
    for task in tasks:
        assert task.due >= TODAY
        assert task.due.weekday() < 5
        assert task.subject.startswith("[Inlay] ")
        assert len(task.subject) <= 255
        assert len(task.key) <= 80
        assert "nan" not in task.body
        assert "None" not in task.body


def test_two_years_of_renewals_day_by_day(book: Book) -> None:
    """Over two years a contract that renews yearly is asked about at every stage of each term, and never twice."""
    client = book.client("acme")
    book.add(
        "contract", "crm/Contract/1", client, number="C-1", status="active", start_date="2025-01-01", term_months=12,
        auto_renew=True, notice_period_days=60,
    )  # fmt: skip
    book.save()
    desk = Desk(book.store, renewals_publisher())
    seen: dict[str, date] = {}
    for later in range(0, 504, 7):
        desk.evaluate(AS_OF + days(later))
        for task in desk.proposals(renewals.propose, RENEWALS, AS_OF + days(later)):
            assert isinstance(task, CreateTask)
            seen.setdefault(task.key, task.due)
    terms = sorted({key.split(":")[2] for key in seen})
    assert terms == ["2026-12", "2027-12"]
    for term in terms:
        stages = [int(key.rpartition(":")[2]) for key in seen if f":{term}:" in key]
        assert stages == [180, 120, 90, 60, 30, 14, 7]
    assert all(due.weekday() < 5 for due in seen.values())


def test_a_large_book_is_no_trouble(store: Store) -> None:
    fill(Book(store), 11, clients=400)
    desk = Desk(store, health_publisher(), renewals_publisher())
    report = desk.evaluate()
    assert report.faults == ()
    known = {outcome.name: outcome.known for outcome in report.outcomes}
    assert known["health.score"] > 250
    scores = np.array(each(by_subject(desk), "health.score"))
    assert scores.std() > 10
