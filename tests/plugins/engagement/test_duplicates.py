"""One event told by several systems counts once, and two events are never taken for one."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from plugins.engagement.duplicates import Sightings

DAY = 86_400
MINUTE = 60
WITHIN = 15 * MINUTE
NOON = 20_000 * DAY + 12 * 3600

Record = tuple[str, int, str, str | None]  # source, second, subject, direction


def sightings(records: list[Record], kind: str = "email", client: int = 0) -> Sightings:
    def objects(values: list[Any]) -> Any:
        found = np.empty(len(values), "O")
        found[:] = values
        return found

    return Sightings(
        client=np.full(len(records), client),
        kind=objects([kind] * len(records)),
        at=np.array([at for _, at, _, _ in records], np.int64),
        source=objects([source for source, *_ in records]),
        subject=objects([subject for _, _, subject, _ in records]),
        direction=objects([direction for *_, direction in records]),
    )


def events(records: list[Record], kind: str = "email", within: int = WITHIN) -> int:
    """How many events these records of one client tell of."""
    groups = sightings(records, kind).first_of_each(np.arange(len(records)), within)
    return len(records) - sum(len(group) - 1 for group in groups)


IN, OUT = "inbound", "outbound"
CASES: dict[str, tuple[list[Record], int]] = {
    "the same mail in both CRMs": ([("crm", NOON, "vat", IN), ("hub", NOON, "vat", IN)], 1),
    "a few minutes apart": ([("crm", NOON + 14 * MINUTE, "vat", IN), ("hub", NOON, "vat", IN)], 1),
    "too far apart": ([("crm", NOON + 16 * MINUTE, "vat", IN), ("hub", NOON, "vat", IN)], 2),
    "one system does not know the direction": ([("crm", NOON, "vat", None), ("hub", NOON + 60, "vat", IN)], 1),
    "one system does not know the subject": ([("crm", NOON, "", IN), ("hub", NOON + 60, "vat", IN)], 1),
    "another subject": ([("crm", NOON, "vat", IN), ("hub", NOON, "payroll", IN)], 2),
    "another direction": ([("crm", NOON, "vat", OUT), ("hub", NOON, "vat", IN)], 2),
    "an answer within minutes": ([("crm", NOON, "vat", OUT), ("hub", NOON + 300, "re: vat", None)], 2),
    "two mails in one system": ([("crm", NOON, "vat", IN), ("crm", NOON + 60, "vat", IN)], 2),
    "two mails in both systems": (
        [("crm", NOON, "vat", IN), ("crm", NOON + 300, "vat", IN), ("hub", NOON, "vat", IN),
         ("hub", NOON + 300, "vat", IN)], 2,
    ),
    "two mails here and one there": (
        [("crm", NOON, "vat", IN), ("crm", NOON + 300, "vat", IN), ("hub", NOON + 200, "vat", IN)], 2,
    ),
    "three systems": ([("crm", NOON, "vat", IN), ("hub", NOON + 60, "vat", IN), ("mail", NOON + 120, "vat", IN)], 1),
    "logged by two colleagues": ([("crm", NOON, "vat", IN), ("crm", NOON, "vat", IN)], 1),
    "two without subject at one second": ([("crm", NOON, "", IN), ("crm", NOON, "", IN)], 2),
    "only the day is known": ([("crm", 20_000 * DAY, "vat", IN), ("hub", NOON, "vat", IN)], 1),
    "only the day, of another day": ([("crm", 20_001 * DAY, "vat", IN), ("hub", NOON, "vat", IN)], 2),
    "only the day, and no subject": ([("crm", 20_000 * DAY, "", IN), ("hub", NOON, "", IN)], 2),
    "only the day, twice in one system": (
        [("crm", 20_000 * DAY, "vat", IN), ("crm", 20_000 * DAY, "vat", IN), ("hub", NOON, "vat", IN)], 2,
    ),
    "across midnight": ([("crm", 20_001 * DAY - 60, "vat", IN), ("hub", 20_001 * DAY + 60, "vat", IN)], 1),
    "alone": ([("crm", NOON, "vat", IN)], 1),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_records_are_events(case: str) -> None:
    records, expected = CASES[case]
    assert events(records) == expected


@pytest.mark.parametrize("case", CASES)
def test_the_order_of_the_records_is_irrelevant(case: str) -> None:
    records, expected = CASES[case]
    for seed in range(4):
        assert events(random.Random(seed).sample(records, len(records))) == expected


def test_a_meeting_at_one_instant_is_one_whatever_its_title() -> None:
    titles: list[Record] = [("crm", NOON, "year-end", None), ("hub", NOON, "meeting with acme", None)]
    assert events(titles, "meeting") == 1
    assert events(titles, "email") == 2
    assert events([titles[0], ("hub", NOON + 60, "meeting with acme", None)], "meeting") == 2


def test_no_tolerance_means_the_same_second() -> None:
    records: list[Record] = [("crm", NOON, "vat", IN), ("hub", NOON + 1, "vat", IN)]
    assert events(records, within=0) == 2
    assert events(records, within=1) == 1


def test_other_clients_and_kinds_are_other_events() -> None:
    one, other = sightings([("crm", NOON, "vat", IN)]), sightings([("hub", NOON, "vat", IN)], client=1)
    both = Sightings(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in vars(one)))
    assert both.first_of_each(np.arange(2), WITHIN) == []


def test_the_best_timed_record_stands_for_the_event() -> None:
    seen = sightings([("crm", 20_000 * DAY, "vat", IN), ("hub", NOON, "vat", IN)])
    assert seen.first_of_each(np.arange(2), WITHIN) == [[1, 0]]


def test_a_day_of_thousands_of_messages_is_no_trouble() -> None:
    """A chat bot, or an import that gave everything one time: work must not grow with the square of it."""
    chat: list[Record] = [("crm", NOON + at, "", IN) for at in range(3000)]
    assert events(chat, "chat") == 3000
    assert events([("crm", NOON, "", IN)] * 3000) == 3000
    assert events([("crm", NOON + at % 7, f"mail {at}", IN) for at in range(3000)]) == 3000


def test_only_the_rows_asked_for_are_looked_at() -> None:
    seen = sightings([("crm", NOON, "vat", IN), ("hub", NOON, "vat", IN), ("mail", NOON, "vat", IN)])
    assert seen.first_of_each(np.array([0, 2]), WITHIN) == [[0, 2]]
    assert seen.first_of_each(np.array([], np.int64), WITHIN) == []


@pytest.mark.parametrize("seed", range(3))
def test_no_record_is_lost_or_told_twice(seed: int) -> None:
    dice = random.Random(seed)
    records: list[Record] = [
        (
            dice.choice(["crm", "hub", "mail"]),
            NOON + dice.randrange(0, 3 * 3600, 300),
            dice.choice(["vat", "payroll", ""]),
            dice.choice([IN, OUT, None]),
        )
        for _ in range(60)
    ]
    groups = sightings(records).first_of_each(np.arange(60), WITHIN)
    told = [row for group in groups for row in group]
    assert len(told) == len(set(told))
    for group in groups:
        assert len({records[row][2] for row in group} - {""}) <= 1
        assert len({records[row][3] for row in group} - {None}) <= 1
        assert max(abs(records[row][1] - records[group[0]][1]) for row in group) <= WITHIN
