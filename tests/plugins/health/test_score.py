"""The score of real records: profiles, caps, coverage, bands over time, trend, and the sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from core.sdk import Column, Context, signal
from core.signals.tables import Clients
from plugins.health.profile import PROFESSIONAL_SERVICES, Factor, Group, Profile
from plugins.health.settings import Cap, HealthSettings
from tests.core.signals.book import AS_OF, Book, Desk, days, dump, publisher
from tests.plugins.clinic import health_publisher, renewals_publisher

LINE = ((0.0, 0.0), (100.0, 100.0))
OTHER_DIAL = {"all": Group(weight=1, factors={"dial": Factor(signal="x.y", points=LINE, weight=1)})}


@signal("test.points")
def tier_points(clients: Clients, context: Context) -> Column:
    """The client's tier, read as a number: so a test can set a score."""
    values = np.array([float(tier) if tier else np.nan for tier in clients.tier])
    return Column(values, lambda i: f"{values[i]:.0f} points on {context.today}")


def dial(**changes: Any) -> HealthSettings:
    """Health made of one factor: the points that the client's tier says."""
    only = Profile(
        name="dial",
        groups={"all": Group(weight=1, factors={"dial": Factor(signal="test.points", points=LINE, weight=1)})},
    )
    return HealthSettings(**({"profiles": (only,), "caps": ()} | changes))


class Dialled:
    """A client whose points are set by hand, evaluated day by day."""

    def __init__(self, book: Book, settings: HealthSettings | None = None) -> None:
        self.book = book
        self.desk = Desk(book.store, health_publisher(settings or dial()), publisher(tier_points, plugin="test"))

    def on(self, day: float, value: float | None, name: str = "health.band") -> Any:
        """Set the points, evaluate, and read one signal."""
        tier = None if value is None else str(value)
        client = self.book.add("client", "crm/Account/acme", None, name="acme", status="active", tier=tier)
        self.book.save()
        report = self.desk.evaluate(AS_OF + days(1) * day)
        assert not report.faults
        return self.desk.explain(client, name).value


# --- bands ----------------------------------------------------------------------------------------------------------


def test_the_first_band_is_the_plain_one(book: Book) -> None:
    assert Dialled(book).on(0, 59) == "Fair"


@pytest.mark.parametrize(
    ("scores", "bands"),
    [
        ([70, 59, 61, 59, 61], ["Good", "Good", "Good", "Good", "Good"]),  # flickers about an edge: nothing moves
        ([70, 59, 59, 61], ["Good", "Good", "Fair", "Fair"]),  # two days beyond it: it moves, and stays moved
        ([70, 58], ["Good", "Fair"]),  # two points beyond it: it moves at once
        ([59, 60, 62], ["Fair", "Fair", "Good"]),
        ([59, 61, 61], ["Fair", "Fair", "Good"]),
        ([85, 30], ["Excellent", "At Risk"]),  # far is far
        ([39, 41, 39, 41, 42], ["At Risk", "At Risk", "At Risk", "At Risk", "Fair"]),
        ([79, 81, 79], ["Good", "Good", "Good"]),
        ([81, 79, 79], ["Excellent", "Excellent", "Good"]),
        ([81, None, 79], ["Excellent", None, "Good"]),
        ([60, 100, 100], ["Good", "Excellent", "Excellent"]),
        ([39, 0, 0], ["At Risk", "At Risk", "At Risk"]),
    ],
)
def test_a_band_moves_when_clear_of_its_edge_or_on_the_second_day(
    book: Book, scores: list[float | None], bands: list[str | None]
) -> None:
    dialled = Dialled(book)
    assert [dialled.on(day, score) for day, score in enumerate(scores)] == bands


def test_many_runs_a_day_are_one_day(book: Book) -> None:
    dialled = Dialled(book)
    dialled.on(0, 70)
    assert [dialled.on(1 + hour / 24, 59) for hour in range(6)] == ["Good"] * 6
    assert dialled.on(2, 59) == "Fair"


@pytest.mark.parametrize(("margin", "band"), [(0, "Fair"), (1, "Fair"), (2, "Good"), (10, "Good")])
def test_the_margin_is_a_setting(book: Book, margin: float, band: str) -> None:
    dialled = Dialled(book, dial(band_margin=margin))
    dialled.on(0, 70)
    assert dialled.on(1, 59) == band


def test_the_reason_says_why_a_band_stays(book: Book) -> None:
    dialled = Dialled(book)
    dialled.on(0, 70)
    dialled.on(1, 59)
    told = dialled.desk.explain("crm/Account/acme", "health.band", AS_OF + days(1))
    assert told.reason == "70 is Good"  # since when it holds: the value did not change
    dialled.on(2, 59)
    assert dialled.desk.reason("crm/Account/acme", "health.band") == "59 is Fair"


def test_edges_are_settings(book: Book) -> None:
    dialled = Dialled(book, dial(excellent=95, good=50, fair=30))
    assert [dialled.on(10 * day, score) for day, score in enumerate((94, 45, 28))] == ["Good", "Fair", "At Risk"]


# --- trend and time -------------------------------------------------------------------------------------------------


def test_trend_compares_with_thirty_days_ago(book: Book) -> None:
    dialled = Dialled(book)
    assert dialled.on(0, 50, "health.trend_30d") is None
    dialled.on(10, 60)
    assert dialled.on(29, 70, "health.trend_30d") is None
    assert dialled.on(30, 70, "health.trend_30d") == 20
    assert dialled.on(40, 70, "health.trend_30d") == 10
    assert dialled.desk.reason("crm/Account/acme", "health.trend_30d") == "up from 60 to 70 in 30 days"
    assert dialled.on(60, 40, "health.trend_30d") == -30


@pytest.mark.parametrize(("days_ago", "name"), [(7, "trend_7d"), (90, "trend_90d")])
def test_so_do_the_other_trends_with_their_day(book: Book, days_ago: int, name: str) -> None:
    dialled = Dialled(book)
    dialled.on(0, 50, f"health.{name}")
    assert dialled.on(days_ago - 1, 70, f"health.{name}") is None
    assert dialled.on(days_ago, 65, f"health.{name}") == 15
    assert dialled.desk.reason("crm/Account/acme", f"health.{name}") == f"up from 50 to 65 in {days_ago} days"


def test_as_of_moves_with_score_or_band_only(book: Book) -> None:
    dialled = Dialled(book)
    first = dialled.on(0, 70, "health.as_of")
    assert first == "2026-06-15T07:30:00Z"
    assert dialled.on(1, 70, "health.as_of") == first
    assert dialled.on(2, 71, "health.as_of") == "2026-06-17T07:30:00Z"
    assert dialled.on(3, 71, "health.as_of") == "2026-06-17T07:30:00Z"
    assert dialled.on(4, None, "health.as_of") is None


def test_a_second_evaluation_changes_nothing(book: Book) -> None:
    dialled = Dialled(book)
    for day, score in enumerate((70, 59, 61)):
        dialled.on(day, score)
    before = dump(book.store)
    assert dialled.desk.evaluate(AS_OF + days(2)).changed == 0
    assert dump(book.store) == before


# --- profiles, coverage, caps ---------------------------------------------------------------------------------------


def segment(name: str, weight_of_dial: float, **when: Any) -> Profile:
    dialled = Factor(signal="test.points", points=LINE, weight=weight_of_dial)
    other = Factor(signal="nobody.knows", points=LINE, weight=100 - weight_of_dial)
    return Profile(name=name, when=when, groups={"all": Group(weight=1, factors={"dial": dialled, "other": other})})


@pytest.mark.parametrize(
    ("client", "profile", "coverage", "band"),
    [
        ({"industry": "Law"}, "law", 0.8, "Good"),
        ({"industry": "Mining"}, "rest", 0.5, "Provisional"),
        ({}, "rest", 0.5, "Provisional"),
        ({"industry": "Mining", "client_type": "partner"}, "partners", 0.3, None),
        ({"industry": "Law", "client_type": "partner"}, "law", 0.8, "Good"),  # the first that fits
        ({"status": "prospect"}, None, None, None),
        ({"status": "churned", "industry": "Law"}, None, None, None),
    ],
)
def test_the_first_profile_that_fits_scores_a_client(
    book: Book, client: dict[str, Any], profile: str | None, coverage: float | None, band: str | None
) -> None:
    profiles = (
        segment("law", 80, industry=("Law", "Accounting")),
        segment("partners", 30, client_type=("partner",)),
        segment("rest", 50),
    )
    acme = book.client("acme", tier="70", **client)
    book.save()
    desk = Desk(book.store, health_publisher(dial(profiles=profiles)), publisher(tier_points, plugin="test"))
    desk.evaluate()
    assert desk.explain(acme, "health.profile").value == profile
    assert desk.explain(acme, "health.coverage").value == coverage
    assert desk.explain(acme, "health.score").value == (70 if profile else None)
    assert desk.explain(acme, "health.band").value == band


@pytest.mark.parametrize(
    ("coverage", "band"), [(80, "Good"), (60, "Good"), (59, "Provisional"), (40, "Provisional"), (39, None)]
)
def test_bands_need_coverage(book: Book, coverage: float, band: str | None) -> None:
    acme = book.client("acme", tier="70")
    book.save()
    settings = dial(profiles=(segment("all", coverage),))
    desk = Desk(book.store, health_publisher(settings), publisher(tier_points, plugin="test"))
    desk.evaluate()
    told = desk.explain(acme, "health.band")
    assert told.value == band
    if band in (None, "Provisional"):
        assert told.reason == f"only {coverage}% of what counts is known (not known: other)"


def test_an_old_unpaid_invoice_caps_the_score(book: Book) -> None:
    acme, bolt = book.client("acme", tier="95"), book.client("bolt", tier="95")
    book.invoice(acme, "2026-03-16", number="7")  # 91 days ago
    book.invoice(bolt, "2026-03-17")  # 90 days ago
    book.save()
    settings = dial(caps=HealthSettings().caps)
    desk = Desk(book.store, health_publisher(settings), publisher(tier_points, plugin="test"))
    desk.evaluate()
    assert (desk.value(acme, "health.score"), desk.value(acme, "health.band")) == (59, "Fair")
    said = "the factors make 95, but it is capped at 59: an invoice is unpaid for more than 90 days"
    assert desk.reason(acme, "health.score") == said
    assert "capped because an invoice is unpaid for more than 90 days" in desk.value(acme, "health.reasons")
    assert (desk.value(bolt, "health.score"), desk.value(bolt, "health.band")) == (95, "Excellent")


def test_caps_that_apply_are_shown_whether_or_not_they_hold_the_score_down(book: Book) -> None:
    for name, points in (("acme", "95"), ("bolt", "30"), ("cask", "95")):
        client = book.client(name, tier=points)
        book.invoice(client, "2026-06-10" if name == "cask" else "2026-01-01")
    book.save()
    more = Cap(signal="revenue.overdue", above=50, score=45, because="more than 50 is overdue")
    settings = dial(caps=(*HealthSettings().caps, more))
    desk = Desk(book.store, health_publisher(settings), publisher(tier_points, plugin="test"))
    assert desk.evaluate().faults == ()
    both = "at most 59: an invoice is unpaid for more than 90 days and at most 45: more than 50 is overdue"
    shown = [desk.explain(f"crm/Account/{name}", "health.cap").value for name in ("acme", "bolt", "cask")]
    assert shown == [both, both, "at most 45: more than 50 is overdue"]
    assert [desk.value(f"crm/Account/{name}", "health.score") for name in ("acme", "bolt", "cask")] == [45, 30, 45]


def test_a_cap_does_not_lift_a_score(book: Book) -> None:
    acme = book.client("acme", tier="30")
    book.invoice(acme, "2026-01-01")
    book.save()
    settings = dial(caps=HealthSettings().caps)
    desk = Desk(book.store, health_publisher(settings), publisher(tier_points, plugin="test"))
    desk.evaluate()
    assert desk.value(acme, "health.score") == 30
    assert "capped" not in desk.value(acme, "health.reasons")


def test_a_cap_on_a_signal_nobody_publishes_holds_nothing(book: Book) -> None:
    acme = book.client("acme", tier="95")
    book.save()
    settings = dial(caps=(Cap(signal="no.such", above=1, score=10, because="never"),))
    desk = Desk(book.store, health_publisher(settings), publisher(tier_points, plugin="test"))
    desk.evaluate()
    assert desk.value(acme, "health.score") == 95


# --- the default profile on real records ----------------------------------------------------------------------------


def good_client(book: Book, key: str) -> str:
    """Pays on time, talks often, has a contract and no open question."""
    client = book.client(key, created_at="2020-01-01T00:00:00Z")
    for month in range(1, 6):
        book.invoice(client, f"2026-0{month}-10", paid=f"2026-0{month}-10")
        book.talk(client, f"2026-0{month}-20", "meeting")
    book.talk(client, "2026-06-10", "call")
    book.add("contract", None, client, status="active", start_date="2026-01-01", end_date="2027-12-31")
    book.add("ticket", None, client, status="closed", opened_at="2026-02-01T00:00:00Z")
    return client


def bad_client(book: Book, key: str, **data: Any) -> str:
    """Pays late, is silent, asks and waits, and its contract is over."""
    client = book.client(key, created_at="2020-01-01T00:00:00Z", **data)
    for month in range(1, 6):
        book.invoice(client, f"2026-0{month}-01", paid=f"2026-0{month}-28", number=f"late-{month}")
    book.invoice(client, "2026-04-01", number="B-9", total="900.00")
    book.talk(client, "2026-01-05", "call")
    book.add("contract", None, client, status="expired", start_date="2024-01-01", end_date="2026-03-31")
    for _ in range(4):
        book.add("ticket", None, client, status="open", priority="high", opened_at="2026-05-01T00:00:00Z")
    return client


def test_good_and_bad_clients_are_told_apart(book: Book) -> None:
    good, bad, new = good_client(book, "Ash"), bad_client(book, "Birch"), book.client("Cedar")
    book.save()
    desk = Desk(book.store, health_publisher(), renewals_publisher())
    desk.evaluate()
    assert (desk.value(good, "health.score"), desk.value(good, "health.band")) == (96, "Excellent")
    assert (desk.value(bad, "health.score"), desk.value(bad, "health.band")) == (5, "At Risk")
    assert desk.explain(new, "health.band").value is None


def test_the_sentence_is_one_a_partner_would_say(book: Book) -> None:
    good, bad = good_client(book, "Ash"), bad_client(book, "Birch")
    book.save()
    desk = Desk(book.store, health_publisher(), renewals_publisher())
    desk.evaluate()
    assert desk.value(good, "health.reasons") == (
        "Excellent at 96: last contact 5 days ago (call on 10 June 2026), "
        "pays on time and contracts run until 31 December 2027."
    )
    assert desk.value(bad, "health.reasons") == (
        "At Risk at 5: last contact 161 days ago (call on 5 January 2026) and pays 58 days late on average; "
        "mind: invoice B-9 is 75 days overdue and nothing agreed or in sight beyond 90 days."
    )
    assert len(desk.value(bad, "health.reasons")) <= 255


def test_a_referral_lifts_and_never_lowers(book: Book) -> None:
    middling, excellent, plain = (book.client(key, created_at="2020-01-01T00:00:00Z") for key in ("a", "b", "c"))
    for client, last in ((middling, "2026-03-20"), (plain, "2026-03-20"), (excellent, "2026-06-14")):
        for _ in range(8):
            book.talk(client, last)
        book.invoice(client, "2026-05-10", paid="2026-05-10")
    for referrer in (middling, excellent):
        book.add(
            "referral", None, None, referrer_id=referrer, referred_client_id=plain, received_at="2026-01-01T00:00:00Z"
        )
    book.save()
    desk = Desk(book.store, health_publisher())
    desk.evaluate()
    assert desk.value(middling, "health.score") > desk.value(plain, "health.score")
    assert desk.value(excellent, "health.score") == 100
    assert desk.value(middling, "health.coverage") == desk.value(plain, "health.coverage")


def test_what_inlay_writes_does_not_feed_on_itself(book: Book) -> None:
    client = bad_client(book, "Birch")
    book.save()
    desk = Desk(book.store, health_publisher())
    desk.evaluate()
    before = desk.value(client, "health.score")
    for day in range(1, 10):
        book.talk(client, f"2026-06-0{day}", "call", external_key=f"health:at-risk:{client}:2026-0{day}")
        book.add(
            "task", None, client, subject="[Inlay] Call Birch: At Risk", external_key=f"k{day}", status="completed"
        )
    book.save()
    desk.evaluate()
    assert desk.value(client, "health.score") == before


def test_explain_reaches_down_to_the_invoice(book: Book) -> None:
    client = bad_client(book, "Birch")
    book.save()
    desk = Desk(book.store, health_publisher(), renewals_publisher())
    desk.evaluate()
    text = "\n".join(desk.explain(client, "health.score").lines())
    assert "health.factor.lateness" in text
    assert "payments.days_late" in text
    assert "due_date 2026-04-01, status open, total.amount 900.00" in text


# --- settings that cannot be ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"points": ((0, 0),), "signal": "a.b", "weight": 1}, "at least 2 items"),
        ({"points": ((0, 0), (0, 5)), "signal": "a.b", "weight": 1}, "must rise"),
        ({"points": ((0, 0), (1, 101)), "signal": "a.b", "weight": 1}, "between 0 and 100"),
        ({"points": LINE, "signal": "a.b", "weight": 0}, "greater than 0"),
        ({"points": LINE, "signal": "a.b", "weight": -3}, "greater than 0"),
        ({"points": LINE, "signal": "a.b", "weight": 1, "missing": "guess"}, "redistribute"),
        ({"points": LINE, "signal": "a.b", "weight": 1, "wieght": 2}, "Extra inputs"),
    ],
)
def test_a_factor_that_makes_no_sense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Factor.model_validate(wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"profiles": ()}, "at least 1 item"),
        (
            {"profiles": (segment("a", 50), Profile(name="b", groups=OTHER_DIAL))},
            "reads test.points in one profile and x.y in another",
        ),
        ({"excellent": 101}, "less than or equal to 100"),
        ({"provisional_below": 60}, "less than or equal to 1"),
        ({"good": 90}, "must fall"),
        ({"no_band_below": 0.7}, "no_band_below"),
        ({"contact_kinds": ("pigeon",)}, "call"),
        ({"unknown": 1}, "Extra inputs"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        HealthSettings.model_validate(wrong)


def test_a_factor_may_stand_in_a_profile_once() -> None:
    group = Group(weight=1, factors={"dial": Factor(signal="a.b", points=LINE, weight=1)})
    with pytest.raises(ValidationError, match="factor dial stands in profile p twice"):
        Profile(name="p", groups={"one": group, "two": group})


def test_the_default_profile_weighs_as_documented() -> None:
    weights = {name: group.weight for name, group in PROFESSIONAL_SERVICES.groups.items()}
    assert weights == {"relationship": 40, "money": 25, "satisfaction": 15, "support": 10, "commitment": 10}
    assert list(PROFESSIONAL_SERVICES.bonus) == ["referrals"]
