from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from connectors.sandbox.demo.billing import bills, fees
from connectors.sandbox.demo.dice import AS_OF
from connectors.sandbox.demo.parties import Role, cast
from connectors.sandbox.demo.people import colleagues
from connectors.sandbox.demo.words import SERVICES
from connectors.sandbox.firm import Bill

ROLES = cast(7, colleagues())
BY_KEY = {role.party.key: role for role in ROLES}
FEES = fees(7, ROLES)
BILLS = bills(7, ROLES)
BY_PARTY: dict[str, list[Bill]] = defaultdict(list)
for bill in BILLS:
    BY_PARTY[bill.party_key].append(bill)


def days_late(bill: Bill) -> int:
    assert bill.paid_at is not None
    return (bill.paid_at - bill.due_at).days


def of_temper(name: str) -> list[Role]:
    return [role for role in ROLES if role.temper.name == name and role.party.key in BY_PARTY]


def test_only_clients_of_billing_with_a_fee_are_billed() -> None:
    expected = {role.party.key for role in ROLES if "stripe" in role.party.homes and role.monthly}
    assert {fee.party_key for fee in FEES} == expected
    assert set(BY_PARTY) <= expected


def test_fees_are_for_a_service_of_the_firm() -> None:
    assert {fee.plan_name for fee in FEES} == set(SERVICES)
    assert all(fee.monthly_amount == BY_KEY[fee.party_key].monthly for fee in FEES)


@pytest.mark.parametrize(
    ("temper", "status"),
    [
        ("debtor", "past_due"),
        ("leaver", "canceled"),
        ("newcomer", "trialing"),
        ("champion", "active"),
        ("fading", "active"),
    ],
)
def test_status_of_the_fee_follows_the_temper(temper: str, status: str) -> None:
    found = {fee.status for fee in FEES if BY_KEY[fee.party_key].temper.name == temper}
    assert found == {status}


def test_only_canceled_fees_have_an_end() -> None:
    for fee in FEES:
        assert (fee.canceled_at is not None) == (fee.status == "canceled")
        assert fee.canceled_at is None or fee.started_at < fee.canceled_at < AS_OF


@pytest.mark.parametrize(
    "temper", ["champion", "steady", "quiet", "slow_payer", "fading", "unhappy", "debtor", "leaver"]
)
def test_clients_pay_as_late_as_their_temper_says(temper: str) -> None:
    roles = of_temper(temper)
    assert roles
    for role in roles:
        low, high = role.temper.days_late
        late = [days_late(bill) for bill in BY_PARTY[role.party.key] if bill.paid_at]
        # a bill cannot be paid before it is issued, however early the client is
        assert max(late) <= high + 1
        assert min(late) >= low


def test_slow_payers_are_slow_and_champions_are_not() -> None:
    def average(temper: str) -> float:
        late = [days_late(b) for role in of_temper(temper) for b in BY_PARTY[role.party.key] if b.paid_at]
        return sum(late) / len(late)

    assert average("champion") < -4
    assert 25 < average("slow_payer") < average("debtor")


@pytest.mark.parametrize("temper", ["slow_payer", "debtor"])
def test_most_of_them_owe_something_overdue(temper: str) -> None:
    roles = of_temper(temper)
    owing = [role for role in roles if any(b.status == "open" and b.due_at < AS_OF for b in BY_PARTY[role.party.key])]
    assert len(owing) >= 0.8 * len(roles)


def test_nobody_owes_more_bills_than_the_temper_says() -> None:
    for key, found in BY_PARTY.items():
        temper = BY_KEY[key].temper
        longest = timedelta(days=temper.days_late[1] + 1)
        stuck = [b for b in found if b.status in ("open", "uncollectible") and b.due_at + longest < AS_OF]
        assert len(stuck) <= temper.unpaid


def test_debtors_owe_for_more_than_ninety_days() -> None:
    for role in of_temper("debtor"):
        oldest = min(b.due_at for b in BY_PARTY[role.party.key] if b.status in ("open", "uncollectible"))
        assert (AS_OF - oldest).days > 90


def test_only_debtors_are_given_up() -> None:
    given_up = {BY_KEY[b.party_key].temper.name for b in BILLS if b.status == "uncollectible"}
    assert given_up == {"debtor"}


def test_champions_owe_nothing_overdue() -> None:
    overdue = [
        b for role in of_temper("champion") for b in BY_PARTY[role.party.key] if b.status == "open" and b.due_at < AS_OF
    ]
    assert overdue == []


def test_bills_come_monthly_or_quarterly() -> None:
    ratios = Counter(round(float(b.amount) / BY_KEY[b.party_key].monthly, 6) for b in BILLS if b.fee_key)
    assert set(ratios) == {1.0, 3.0}
    assert ratios[1.0] > ratios[3.0] > 50


def test_regular_bills_are_issued_on_the_first() -> None:
    assert {bill.issued_at.day for bill in BILLS if bill.fee_key} == {1}


def test_special_work_is_billed_apart() -> None:
    special = [bill for bill in BILLS if bill.fee_key is None]
    assert len(special) > 15
    assert all(b.amount == 2 * BY_KEY[b.party_key].monthly + 150 for b in special)


def test_terms_are_a_fortnight_or_a_month_and_the_same_for_one_client() -> None:
    for found in BY_PARTY.values():
        assert {bill.due_at - bill.issued_at for bill in found} in ({timedelta(days=14)}, {timedelta(days=30)})


def test_nobody_is_billed_before_becoming_a_client() -> None:
    assert all(b.issued_at.date() >= BY_KEY[b.party_key].party.client_since for b in BILLS if b.fee_key)


def test_two_years_are_covered() -> None:
    months = {(bill.issued_at.year, bill.issued_at.month) for bill in BILLS}
    assert (2024, 6) in months
    assert (2026, 6) in months
    assert len(months) == 25


def test_numbers_are_unique_and_tell_the_year() -> None:
    assert len({bill.number for bill in BILLS}) == len(BILLS)
    assert all(bill.number.startswith(f"HW-{bill.issued_at.year}-") for bill in BILLS)
