"""The score of each client: what makes it, whom it is compared with, how it moves."""

from __future__ import annotations

import math
from typing import Any

import pytest

from plugins import engagement
from plugins.engagement.settings import EngagementSettings, Weights
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import publisher_of, some_of

PREFIX = "engagement."
FIXED = EngagementSettings(saturation=10)
IN = {"direction": "inbound"}


def evaluated(book: Book, settings: EngagementSettings = FIXED) -> Desk:
    book.save()
    desk = Desk(book.store, some_of(publisher_of(engagement, settings), PREFIX))
    assert desk.evaluate().faults == ()
    return desk


def known(desk: Desk, client: str, signal: str) -> Any:
    return desk._stored().get((client, signal), (None, ""))[0]


def worked_example(book: Book, key: str = "acme") -> str:
    """A meeting today, a call 45 days ago, a mail from the client 90 days ago."""
    client = book.client(key)
    book.talk(client, "2026-06-15T06:00:00Z", "meeting")
    book.talk(client, "2026-05-01", "call")
    book.talk(client, "2026-03-17", "email", **IN)
    return client


def test_the_worked_example_of_the_readme(book: Book) -> None:
    client = worked_example(book)
    desk = evaluated(book)
    assert desk.value(client, "engagement.points") == 7
    assert desk.value(client, "engagement.score") == 50
    assert desk.reason(client, "engagement.score") == "7 points, where 6.9 make 50"
    drivers = "1 meeting (71%), 1 call (21%) and 1 mail from the client (7%)"
    assert desk.value(client, "engagement.drivers") == drivers


def test_too_few_events_make_no_score(book: Book) -> None:
    client = book.client("acme")
    book.talk(client, "2026-06-10")
    book.talk(client, "2026-06-11")
    book.talk(client, "2026-06-12", "note")
    desk = evaluated(book)
    assert known(desk, client, "engagement.score") is None
    assert known(desk, client, "engagement.drivers") is None
    lines = list(desk.explain(client, "engagement.score").lines())
    assert lines[0] == "engagement.score = unknown"
    assert "    because insufficient: only 2 events" in lines


def test_a_client_long_silent_scores_near_nothing_not_unknown(book: Book) -> None:
    client = book.client("acme")
    for day in ("2024-06-10", "2024-06-11", "2024-06-12"):
        book.talk(client, day, "meeting")
    assert evaluated(book).value(client, "engagement.score") == 0


def test_a_day_full_of_mails_counts_no_more_than_the_cap(book: Book) -> None:
    few, many = book.client("few"), book.client("many")
    for client, number in ((few, 3), (many, 12)):
        for minute in range(number):
            book.talk(client, f"2026-06-10T10:{minute * 4:02d}:00Z", "email", subject=f"mail {minute}", **IN)
    desk = evaluated(book)
    assert desk.value(few, "engagement.points") == desk.value(many, "engagement.points")
    assert desk.value(few, "engagement.points") == pytest.approx(6 * 2 ** (-5 / 45), abs=1e-4)


def test_the_same_event_in_two_systems_counts_once(book: Book) -> None:
    client = worked_example(book)
    book.add("interaction", "marketing/meetings/1", client, kind="meeting", started_at="2026-06-15T06:00:00Z")
    assert evaluated(book).value(client, "engagement.points") == 7


def test_weights_are_a_choice(book: Book) -> None:
    client = worked_example(book)
    book.add("ticket", None, client, status="open", opened_at="2026-06-15T06:30:00Z")
    chosen = EngagementSettings(saturation=10, weights=Weights(meeting=1, call=0, mail_in=0, ticket=2), least_events=2)
    desk = evaluated(book, chosen)
    assert desk.value(client, "engagement.points") == 3
    assert desk.value(client, "engagement.drivers") == "1 ticket (67%) and 1 meeting (33%)"


@pytest.mark.parametrize(("half_life", "points"), [(45, 7.0), (90, 5 + 3 * 2**-0.5 + 1)])
def test_how_fast_events_fade_is_a_choice(book: Book, half_life: int, points: float) -> None:
    client = worked_example(book)
    desk = evaluated(book, EngagementSettings(saturation=10, half_life_days=half_life))
    assert desk.value(client, "engagement.points") == pytest.approx(points, abs=1e-4)


def portfolio(book: Book, tier: str, number: int, calls: int) -> list[str]:
    """Clients of one tier, the first with ``calls`` calls today, each further one with one more."""
    clients = []
    for at in range(number):
        clients.append(book.client(f"{tier}{at:02d}", tier=tier))
        for call in range(calls + at):
            book.talk(clients[-1], f"2026-06-{15 - call:02d}T06:00:00Z", "call")
    return clients


def test_the_middle_client_of_each_segment_has_50(book: Book) -> None:
    low, high = portfolio(book, "B", 5, 3), portfolio(book, "A", 5, 8)
    desk = evaluated(book, EngagementSettings(segment_least=5))
    assert desk.value(low[2], "engagement.score") == 50
    assert desk.value(high[2], "engagement.score") == 50
    assert desk.value(low[0], "engagement.score") < 50 < desk.value(low[4], "engagement.score")
    assert desk.reason(low[2], "engagement.saturation") == "half of 5 clients have more"
    assert desk.value(high[2], "engagement.saturation") > desk.value(low[2], "engagement.saturation")


def test_a_small_segment_is_compared_with_all(book: Book) -> None:
    low, high = portfolio(book, "B", 5, 3), portfolio(book, "A", 2, 11)
    desk = evaluated(book, EngagementSettings(segment_least=5))
    assert desk.value(high[0], "engagement.score") > 50
    assert desk.reason(high[0], "engagement.saturation") == "half of 7 clients have more"
    assert desk.reason(low[0], "engagement.saturation") == "half of 5 clients have more"


def test_without_anybody_to_compare_with_it_still_scores(book: Book) -> None:
    client = worked_example(book)
    desk = evaluated(book, EngagementSettings())
    assert desk.value(client, "engagement.saturation") == 10
    assert desk.reason(client, "engagement.saturation") == "too few to compare with"


def test_a_segment_may_be_all_clients(book: Book) -> None:
    low, high = portfolio(book, "B", 5, 3), portfolio(book, "A", 5, 8)
    desk = evaluated(book, EngagementSettings(segment="none", segment_least=5))
    values = {desk.value(client, "engagement.saturation") for client in low + high}
    assert len(values) == 1


def test_the_trend_is_measured_today_at_both_ends(book: Book) -> None:
    client = book.client("acme")
    for day in ("2026-05-01", "2026-05-08", "2026-05-15"):
        book.talk(client, day, "meeting")
    book.talk(client, "2026-06-10", "portal")  # says nothing of a day before it
    desk = evaluated(book)
    then = sum(5 * 2 ** (-age / 45) for age in (1, 8, 15))  # on 16 May
    points_now = then * 2 ** (-30 / 45) + 2 ** (-5 / 45)
    before, now = (100 * (1 - math.exp(-points / 10)) for points in (then, points_now))
    assert desk.value(client, "engagement.trend_30d") == round(now) - round(before)
    assert desk.reason(client, "engagement.trend_30d") == f"down from {before:.0f} to {now:.0f} in 30 days"


def test_what_is_logged_late_moves_the_past_too(book: Book) -> None:
    client = book.client("acme")
    for day in ("2026-05-01", "2026-05-08", "2026-05-15"):
        book.talk(client, day, "meeting")
    desk = evaluated(book)
    before = desk.value(client, "engagement.points_30d_ago")
    book.talk(client, "2026-05-10", "meeting", created_at="2026-06-15T07:00:00Z")
    book.save()
    desk.evaluate()
    assert desk.value(client, "engagement.points_30d_ago") == pytest.approx(before + 5 * 2 ** (-6 / 45), abs=1e-3)


def test_nothing_of_a_day_is_written_twice(book: Book) -> None:
    worked_example(book)
    desk = evaluated(book)
    assert desk.evaluate(AS_OF.replace(hour=9)).changed == 0
    assert desk.evaluate(AS_OF + days(1)).changed > 0
