"""What was sold to the clients: contracts and the openings before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Literal

from connectors.sandbox.demo.dice import TODAY, add_months, days_ago, dice, office_hour, weekday
from connectors.sandbox.demo.parties import Role
from connectors.sandbox.demo.words import OPENING_SUBJECTS
from connectors.sandbox.firm import Engagement, Home, Opening

_OPEN_STAGES: tuple[Literal["qualify", "proposal", "negotiation"], ...] = ("qualify", "proposal", "negotiation")


def crm_home(role: Role, roll: Random) -> Home | None:
    """One of the CRMs that know the party, Salesforce rather than HubSpot; None for a client of billing only."""
    crms = [home for home in role.party.homes if home != "stripe"]
    return roll.choices(crms, [2, 1][: len(crms)])[0] if crms else None


def engagements(seed: int, roles: Sequence[Role]) -> tuple[Engagement, ...]:
    """The contracts of all clients with a fee, numbered in the order of the parties."""
    numbers = count(1001)
    return tuple(
        engagement
        for role in roles
        if role.monthly
        for engagement in _engagements_of(role, dice(seed, "engagements", role.party.key), numbers)
    )


def openings(seed: int, roles: Sequence[Role]) -> tuple[Opening, ...]:
    """Open, won and lost sales; prospects have at least one that is open."""
    return tuple(o for role in roles for o in _openings_of(role, dice(seed, "openings", role.party.key)))


@dataclass(frozen=True)
class _Term:
    """One period of a contract; ``months`` 0 means without an end, ``share`` is its part of today's fee."""

    status: Literal["active", "expired"]
    start: date
    months: int
    share: Decimal = Decimal(1)


def _engagements_of(role: Role, roll: Random, numbers: Iterator[int]) -> Iterator[Engagement]:
    home = crm_home(role, roll)
    if home is None:
        return
    notice, renews = roll.choice(role.temper.notice_days), roll.random() < role.temper.auto_renew_share
    for term in _terms(role, roll):
        number = next(numbers)
        yield Engagement(
            key=f"e{number}",
            party_key=role.party.key,
            number=f"ENG-{number}",
            status=term.status,
            start_date=term.start,
            term_months=term.months,
            notice_period_days=notice,
            auto_renew=renews,
            annual_value=(role.monthly * 12 * term.share).quantize(Decimal("0.01")),
            currency=role.party.currency,
            home=home,
        )


def _terms(role: Role, roll: Random) -> Iterator[_Term]:
    """The periods of one client's contract, oldest first."""
    day_after = TODAY + timedelta(days=roll.randint(*role.temper.end_in) + 1)
    starts = {months: add_months(day_after, -months) for months in (12, 24, 36)}
    begun = [months for months, start in starts.items() if start <= TODAY]
    months = roll.choice([m for m in begun if starts[m] >= role.party.client_since] or begun[:1])
    before = add_months(starts[months], -months)
    if role.party.client_since <= before:
        yield _Term("expired", before, months, Decimal("0.94"))
    without_end = role.story is not None and role.story.without_end
    status: Literal["active", "expired"] = "expired" if role.party.status == "former" else "active"
    yield _Term(status, starts[months], 0 if without_end else months)
    if role.story is not None and role.story.overlapping:
        yield _Term("active", add_months(TODAY, -2).replace(day=1), 12)


def _openings_of(role: Role, roll: Random) -> Iterator[Opening]:
    home = crm_home(role, roll)
    if home is None:
        return
    for number in range(1, roll.randint(*role.temper.openings) + 1):
        is_open = role.temper.name == "prospect" or roll.random() < 0.3
        created = weekday(days_ago(roll.randrange(10, 120) if is_open else roll.randrange(150, 650)))
        subject = roll.choice(OPENING_SUBJECTS)
        yield Opening(
            key=f"o-{role.party.key}-{number}",
            party_key=role.party.key,
            owner_key=role.party.owner_key,
            name=f"{role.party.name}: {subject}",
            stage=roll.choice(_OPEN_STAGES) if is_open else roll.choice(("won", "won", "lost")),
            amount=Decimal(roll.randrange(12, 240) * 100),
            currency=role.party.currency,
            created_at=office_hour(created, roll),
            close_date=TODAY + timedelta(days=roll.randrange(-10, 90)) if is_open else created + timedelta(days=45),
            home=home,
        )
