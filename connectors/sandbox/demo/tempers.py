"""How a client behaves towards the firm: from this come its touches, its questions, its payments and its renewal."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Temper:
    """One way to be a client; ranges are (lowest, highest), days count back from or on to the day of the demo.

    ``days_late`` is by how much bills are paid after (negative: before) they fall due; ``unpaid`` is how many of the
    bills already due are still open, oldest first from ``unpaid_since`` days ago; ``end_in`` is when the contract ends.
    ``answers_in`` is after how many days a mail of ours is answered, if it is (``answer_share``).
    """

    name: str
    touches_a_month: float
    silent_days: tuple[int, int]
    inbound_share: float
    cases_a_year: float
    days_late: tuple[int, int]
    end_in: tuple[int, int]
    open_urgent_cases: int = 0
    unpaid: int = 0
    unpaid_since: int = 75
    uncollectible: int = 0
    tenure_days: tuple[int, int] = (420, 2600)
    notice_days: tuple[int, ...] = (30, 60, 90)
    auto_renew_share: float = 0.6
    openings: tuple[int, int] = (0, 2)
    answers_in: tuple[int, int] = (0, 3)
    answer_share: float = 0.5


STEADY = Temper("steady", 2.2, (3, 20), 0.45, 1.2, (-6, 4), (100, 520))

TEMPERS: dict[str, Temper] = {
    temper.name: temper
    for temper in (
        STEADY,
        Temper("champion", 4.5, (1, 6), 0.6, 0.4, (-14, -1), (150, 620), openings=(1, 3), answers_in=(0, 1)),
        Temper("quiet", 0.7, (28, 60), 0.3, 0.5, (-3, 6), (60, 500), answers_in=(1, 6)),
        Temper("slow_payer", 1.8, (5, 30), 0.4, 1.5, (18, 52), (40, 420), unpaid=2),
        Temper(
            "debtor",
            0.9,
            (110, 170),
            0.15,
            2.2,
            (45, 85),
            (15, 260),
            open_urgent_cases=2,
            unpaid=4,
            unpaid_since=150,
            uncollectible=1,
            auto_renew_share=0.2,
            answers_in=(4, 12),
        ),
        Temper(
            "fading",
            2.6,
            (95, 160),
            0.3,
            1.0,
            (4, 24),
            (25, 110),
            notice_days=(30, 60),
            auto_renew_share=0.2,
            answers_in=(3, 10),
        ),
        Temper("unhappy", 3.0, (2, 15), 0.75, 7.0, (0, 16), (50, 300), open_urgent_cases=3),
        replace(STEADY, name="newcomer", tenure_days=(6, 24), silent_days=(2, 5), end_in=(330, 360), openings=(0, 0)),
        Temper(
            "leaver",
            1.2,
            (200, 330),
            0.2,
            1.5,
            (10, 45),
            (-320, -60),
            tenure_days=(900, 2600),
            openings=(0, 1),
            answers_in=(5, 14),
        ),
        Temper("prospect", 1.1, (4, 40), 0.4, 0.0, (0, 0), (0, 0), tenure_days=(20, 200), openings=(1, 2)),
    )
}

# How often each temper occurs among clients that have no story of their own.
MIX: tuple[tuple[str, int], ...] = (
    ("champion", 16),
    ("steady", 40),
    ("quiet", 14),
    ("slow_payer", 13),
    ("fading", 9),
    ("unhappy", 8),
    ("debtor", 5),
    ("newcomer", 3),
    ("leaver", 6),
)
