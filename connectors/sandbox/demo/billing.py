"""Fees and bills: who pays how much, and how promptly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Literal

from connectors.sandbox.demo.dice import AS_OF, TODAY, WINDOW_DAYS, add_months, days_ago, dice
from connectors.sandbox.demo.parties import Role
from connectors.sandbox.demo.words import SERVICES
from connectors.sandbox.firm import Bill, Fee

_FIRST_OF_WINDOW = days_ago(WINDOW_DAYS).replace(day=1)


def fees(seed: int, roles: Sequence[Role]) -> tuple[Fee, ...]:
    """One recurring fee for every client that is billed through billing."""
    return tuple(_fee_of(role, dice(seed, "fee", role.party.key)) for role in roles if _is_billed(role))


def bills(seed: int, roles: Sequence[Role]) -> tuple[Bill, ...]:
    """Two years of bills, numbered in the order in which they were issued."""
    found = [b for role in roles if _is_billed(role) for b in _bills_of(role, dice(seed, "bills", role.party.key))]
    found.sort(key=lambda bill: (bill.issued_at, bill.key))
    return tuple(replace(bill, number=f"HW-{bill.issued_at.year}-{n:05d}") for n, bill in enumerate(found, 1))


def _is_billed(role: Role) -> bool:
    return "stripe" in role.party.homes and role.monthly > 0


def _fee_of(role: Role, roll: Random) -> Fee:
    left = _left_on(role)
    statuses: dict[str, Literal["past_due", "canceled", "trialing"]] = {
        "debtor": "past_due",
        "leaver": "canceled",
        "newcomer": "trialing",
    }
    return Fee(
        key=f"f-{role.party.key}",
        party_key=role.party.key,
        plan_name=roll.choice(SERVICES),
        monthly_amount=Decimal(role.monthly).quantize(Decimal("0.01")),
        currency=role.party.currency,
        status=statuses.get(role.temper.name, "active"),
        started_at=_morning(role.party.client_since),
        canceled_at=_morning(left) if left else None,
    )


def _left_on(role: Role) -> date | None:
    """The day on which a former client's fee ended: not long after the firm last heard of it."""
    return days_ago(sum(role.temper.silent_days) // 2) if role.temper.name == "leaver" else None


def _bills_of(role: Role, roll: Random) -> Iterator[Bill]:
    months = 3 if roll.random() < 0.25 else 1
    terms = timedelta(days=roll.choice((14, 30, 30)))
    issue_days = list(_issue_days(role, months))
    regular = [_bill(role, number, day, terms, months * role.monthly) for number, day in enumerate(issue_days, 1)]
    if roll.random() < 0.3 and len(regular) > 3:
        extra = regular[-2].issued_at.date() - timedelta(days=9)
        one_off = _bill(role, len(regular) + 1, extra, terms, 2 * role.monthly + 150)
        regular.append(replace(one_off, fee_key=None))
    yield from _paid(role, sorted(regular, key=lambda bill: bill.issued_at), roll)


def _issue_days(role: Role, months: int) -> Iterator[date]:
    """The first of every month (or quarter) in which the client was one."""
    day = _FIRST_OF_WINDOW
    last = _left_on(role) or TODAY
    while day <= last:
        if day >= role.party.client_since:
            yield day
        day = add_months(day, months)


def _bill(role: Role, number: int, day: date, terms: timedelta, amount: int) -> Bill:
    issued = _morning(day)
    return Bill(
        key=f"b-{role.party.key}-{number:02d}",
        party_key=role.party.key,
        fee_key=f"f-{role.party.key}",
        number="",  # given when the bills of all clients are in order
        amount=Decimal(amount).quantize(Decimal("0.01")),
        currency=role.party.currency,
        status="open",
        issued_at=issued,
        due_at=issued + terms,
        paid_at=None,
    )


def _paid(role: Role, issued: list[Bill], roll: Random) -> Iterator[Bill]:
    """The same bills, paid as early or late as the client's temper has it; its own choice of them never."""
    owed = _owed_keys(role, issued)
    for position, bill in enumerate(issued):
        if bill.key in owed[: role.temper.uncollectible]:
            yield replace(bill, status="uncollectible")
        elif bill.key in owed:
            yield bill
        elif role.temper.name == "steady" and position == 1 and roll.random() < 0.12:
            yield replace(bill, status="void")  # wrong amount, billed again
        else:
            yield _settled(bill, bill.due_at + timedelta(days=roll.randint(*role.temper.days_late)), roll)


def _owed_keys(role: Role, issued: list[Bill]) -> list[str]:
    since = days_ago(role.temper.unpaid_since)
    return [bill.key for bill in issued if since <= bill.due_at.date() <= TODAY][: role.temper.unpaid]


def _settled(bill: Bill, paid_at: datetime, roll: Random) -> Bill:
    paid_at = max(paid_at, bill.issued_at) + timedelta(minutes=roll.randrange(30, 500))
    return replace(bill, status="paid", paid_at=paid_at) if paid_at < AS_OF else bill


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(7, 0), UTC)
