"""What holds of engagement, response times and revenue for every book, whatever is in it."""

from __future__ import annotations

import random
from datetime import date
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from core.proposals import CreateTask
from core.store import Store
from plugins import engagement, revenue, sla
from plugins.engagement.settings import EngagementSettings
from plugins.revenue.settings import RevenueSettings
from plugins.sla.settings import SlaSettings
from tests.core.signals.book import AS_OF, Book, Desk, days, dump
from tests.plugins.clinic import publisher_of, renewals_publisher
from tests.plugins.random_book import TODAY, fill

SEEDS = [1]
RATED = RevenueSettings(rates={"EUR": {date(2025, 12, 1): 0.86}})
SLA = SlaSettings()
PLUGINS: dict[ModuleType, BaseModel] = {engagement: EngagementSettings(segment_least=5), sla: SLA, revenue: RATED}
Values = dict[str, dict[str, Any]]


def money_and_talks(book: Book, seed: int, clients: int, order: int) -> None:
    """What a random book lacks: subjects, copies in a second CRM, values, deals, subscriptions and credits."""
    dice = random.Random(seed)
    steps: list[tuple[str, str, str, dict[str, Any]]] = []
    for number in range(clients):
        client = f"crm/Account/k{number:03d}"
        worth = {"amount": str(dice.randrange(-500, 50_000)), "currency": dice.choice(["GBP", "GBP", "EUR", "USD"])}
        at = f"2026-0{dice.randrange(1, 7)}-{dice.randrange(10, 29)}T{dice.randrange(10, 20)}:00:00Z"
        said = {
            "kind": "email",
            "subject": dice.choice(["VAT", "Re: VAT", "urgent", "Newsletter", "Automatic reply: x"]),
        }
        said |= {"direction": dice.choice(["inbound", "outbound"]), "started_at": at}
        begun = {"status": "active", "start_date": f"202{dice.randrange(3, 8)}-01-01", "annual_contract_value": worth}
        ends = {"end_date": f"202{dice.randrange(6, 9)}-0{dice.randrange(1, 10)}-15"} if dice.random() < 0.7 else {}
        hoped = {"name": "more", "status": "open", "amount": worth, "probability": dice.randrange(0, 101)}
        fee = {"status": dice.choice(["active", "canceled"]), "interval": "month", "unit_amount": worth}
        steps += [
            ("interaction", f"crm/Task/{number}", client, said),
            ("interaction", f"marketing/emails/{number}", client, said),
            ("contract", f"crm/Contract/v{number}", client, begun | ends),
            ("deal", f"crm/Opportunity/{number}", client, hoped | {"expected_close_date": "2026-09-01"}),
            ("subscription", f"billing/subscriptions/{number}", client, fee | {"started_at": "2025-01-01T00:00:00Z"}),
            ("credit_note", f"books/notes/{number}", client, {"amount": worth, "issued_at": at, "status": "issued"}),
        ]
    for kind, id_, client, data in random.Random(order).sample(steps, len(steps)):
        book.add(kind, id_, client, **data)


def evaluated(store: Store, seed: int, order: int = 0, clients: int = 20) -> Desk:
    """A desk over a random book, evaluated without any fault."""
    book = Book(store)
    money_and_talks(book, seed, clients, order)
    fill(book, seed, clients, order)
    desk = Desk(store, *(publisher_of(plugin, chosen) for plugin, chosen in PLUGINS.items()), renewals_publisher())
    assert desk.evaluate().faults == ()
    return desk


def by_subject(desk: Desk) -> Values:
    """All stored values: subject -> signal -> value."""
    found: Values = {}
    for (subject, name), (value, _) in desk._stored().items():
        found.setdefault(subject, {})[name] = value
    return found


@pytest.fixture(scope="module", params=SEEDS)
def desk(request: pytest.FixtureRequest, migrated_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A random book, evaluated once."""
    path = tmp_path_factory.mktemp("laws") / "inlay.db"
    path.write_bytes(migrated_file.read_bytes())
    opened = Store.open(f"sqlite:///{path}")
    yield evaluated(opened, request.param)
    opened.close()


@pytest.fixture(scope="module")
def told(desk: Desk) -> Values:
    return by_subject(desk)


def each(told: Values, name: str) -> list[Any]:
    found = [values[name] for values in told.values() if values.get(name) is not None]
    assert found, name
    return found


@pytest.mark.parametrize("name", ["sla.attainment_90d", "billing.on_time_share"])
def test_shares_are_shares(told: Values, name: str) -> None:
    assert all(0 <= value <= 1 for value in each(told, name))


@pytest.mark.parametrize(
    "name",
    [
        "activity.days_since_contact", "activity.count_7d", "activity.left_out_90d", "engagement.points",
        "sla.waiting", "sla.breached_90d", "billing.overdue", "billing.days_late", "contract.tcv", "contract.acv",
        "contract.remaining", "revenue.mrr", "revenue.committed_12m", "revenue.renewable_12m",
        "revenue.pipeline_12m", "revenue.deals_decided",
    ],
)  # fmt: skip
def test_nothing_is_negative_that_cannot_be(told: Values, name: str) -> None:
    assert all(value >= 0 for value in each(told, name))


def test_scores_are_whole_points_within_bounds(told: Values) -> None:
    assert all(0 <= score <= 100 and score == int(score) for score in each(told, "engagement.score"))


def test_counts_grow_with_the_window(told: Values) -> None:
    for values in told.values():
        if values.get("activity.count_90d") is not None:
            assert values["activity.count_7d"] <= values["activity.count_30d"] <= values["activity.count_90d"]


def test_the_last_contact_is_no_later_than_the_last_activity(told: Values) -> None:
    for values in told.values():
        if values.get("activity.last_contact"):
            assert values["activity.last_contact"] <= values["activity.last_date"] <= str(TODAY)
            assert values["activity.never_contacted"] is False


def test_touches_are_due_on_working_days(told: Values) -> None:
    assert all(date.fromisoformat(day).weekday() < 5 for day in each(told, "contact.next_due"))


def test_a_forecast_lies_between_its_bounds(told: Values) -> None:
    seen = 0
    for values in told.values():
        if values.get("revenue.forecast_12m") is not None:
            low, middle, high = (values[f"revenue.forecast_{name}"] for name in ("low", "12m", "high"))
            assert low <= middle + 0.01
            assert middle <= high + 0.01
            assert values["revenue.committed_12m"] <= low + 0.01
            seen += 1
    assert seen > 5


def test_money_figures_agree(told: Values) -> None:
    for values in told.values():
        if values.get("revenue.arr") is not None:
            assert values["revenue.arr"] == pytest.approx(12 * values["revenue.mrr"], abs=0.07)
        if values.get("contract.remaining") is not None and values.get("contract.tcv") is not None:
            assert values["contract.remaining"] <= values["contract.tcv"] + 0.01


def test_the_status_agrees_with_what_waits(told: Values) -> None:
    for values in told.values():
        if values.get("sla.status") is not None:
            assert values["sla.status"] in ("In time", "Due soon", "Breached")
            assert (values.get("sla.next_due") is not None) == (values["sla.waiting"] > 0)
            if values["sla.status"] != "In time":
                assert values["sla.waiting"] > 0


def test_what_is_in_a_currency_without_rate_is_in_no_sum(told: Values) -> None:
    lacking = [values for values in told.values() if "there is no rate" in (values.get("revenue.findings") or "")]
    assert lacking
    for values in lacking:
        contracts = [line for line in values["revenue.findings"].splitlines() if line.startswith("contract")]
        if any("no rate" in line for line in contracts):
            assert values.get("contract.acv") is None
            assert values.get("revenue.forecast_12m") is None


def test_a_copy_in_a_second_crm_changes_no_figure(store: Store, twin: Store) -> None:
    figures = []
    for some, copies in ((store, False), (twin, True)):
        book = Book(some)
        fill(book, 5, 12)
        if copies:
            fill(_Renamed(book), 5, 12)  # type: ignore[arg-type]
            book.save()
        desk = Desk(some, publisher_of(engagement, EngagementSettings()))
        assert desk.evaluate().faults == ()
        figures.append({key: value for key, (value, _) in desk._stored().items() if key[1] != "activity.left_out_90d"})
    assert len(figures[0]) > 100
    differing = {key for key in figures[0] if figures[0][key] != figures[1].get(key)}
    assert differing == set()


class _Renamed:
    """Enters every interaction of a book once more, as a second CRM's, and nothing else."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, record_type: str, id_: str, client: str | None, /, **data: Any) -> None:
        if record_type == "interaction":
            self._book.add(record_type, id_.replace("crm/Event", "marketing/meetings"), client, **data)

    def save(self) -> None:
        """Nothing of its own."""


def test_the_order_of_entries_is_irrelevant(store: Store, twin: Store) -> None:
    proposals = []
    for some, order in ((store, 1), (twin, 2)):
        desk = evaluated(some, 4, order, 6)
        desk.evaluate(AS_OF + days(1))
        proposals.append(desk.proposals(sla.propose, SLA, AS_OF + days(1)))
    assert dump(store) == dump(twin)
    assert proposals[0] == proposals[1]


def test_clients_may_be_computed_in_shares(store: Store, twin: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluated(store, 6, clients=9)
    monkeypatch.setattr(import_module("core.signals.evaluate"), "SHARE", 4)
    shares = evaluated(twin, 6, clients=9)
    told, parts = whole._stored(), shares._stored()
    assert {key: value for key, (value, _) in told.items()} == {key: value for key, (value, _) in parts.items()}


def test_a_second_evaluation_changes_nothing(store: Store) -> None:
    desk = evaluated(store, 3, clients=8)
    before = dump(store)
    assert desk.evaluate().changed == 0
    assert dump(store) == before


def test_the_trees_go_down_to_vendor_records(desk: Desk) -> None:
    for name in ("engagement.score", "sla.attainment_90d", "revenue.forecast_12m"):
        lines = list(desk.explain("crm/Account/k001", name).lines())
        assert lines[0].startswith(f"{name} = ")
        assert {line.split()[0] for line in lines if "/" in line} & {"interaction", "ticket", "contract"}


def test_reasons_hold_no_leavings_of_machines(desk: Desk) -> None:
    for (_, name), (value, reason) in desk._stored().items():
        for text in (reason, value if isinstance(value, str) else ""):
            assert "nan" not in text.split(), (name, text)
            assert "None" not in text, (name, text)
            assert "NaT" not in text, (name, text)


def test_proposals_are_unique_worked_and_addressed(desk: Desk) -> None:
    found = desk.proposals(sla.propose, SlaSettings(breach_task_days=100))
    tasks = [task for task in found if isinstance(task, CreateTask)]
    assert len(tasks) > 2
    assert len({task.key for task in tasks}) == len(tasks)
    for task in tasks:
        assert task.due >= TODAY
        assert task.due.weekday() < 5
        assert task.subject.startswith("[Inlay] Answer ")
        assert len(task.subject) <= 255
        assert len(task.key) <= 80
        assert "None" not in task.body


@pytest.mark.parametrize("plugin", list(PLUGINS), ids=lambda plugin: plugin.__name__)
def test_an_empty_book_is_no_trouble(store: Store, plugin: ModuleType) -> None:
    desk = Desk(store, publisher_of(plugin, PLUGINS[plugin]))
    assert desk.evaluate().faults == ()
    assert desk._stored() == {}


@pytest.mark.parametrize("plugin", list(PLUGINS), ids=lambda plugin: plugin.__name__)
def test_records_of_nobody_are_no_trouble(book: Book, plugin: ModuleType) -> None:
    book.client("acme")
    records: dict[str, dict[str, Any]] = {
        "interaction": {"kind": "email", "started_at": "2026-06-01T10:00:00Z", "direction": "inbound"},
        "ticket": {"status": "open", "opened_at": "2026-06-01T10:00:00Z"},
        "contract": {"status": "active"},
        "deal": {"name": "x", "status": "open"},
        "invoice": {"status": "open", "total": {"amount": "5", "currency": "USD"}},
        "subscription": {"status": "active"},
        "credit_note": {"amount": {"amount": "5", "currency": "USD"}},
        "payment": {"status": "disputed", "amount": {"amount": "5", "currency": "USD"}},
        "project": {"name": "x", "status": "active"},
    }
    for kind, data in records.items():
        book.add(kind, None, None, **data)
        book.add(kind, None, "crm/Account/gone", **data)
    book.save()
    desk = Desk(book.store, publisher_of(plugin, PLUGINS[plugin]))
    assert desk.evaluate().faults == ()
    assert desk.proposals(sla.propose, SLA) == []
