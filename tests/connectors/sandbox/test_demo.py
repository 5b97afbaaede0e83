from __future__ import annotations

import dataclasses
import hashlib
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.demo import AS_OF, demo_firm, empty_firm
from connectors.sandbox.demo.dice import add_months
from connectors.sandbox.firm import Bill, Firm, Party

FIRM = demo_firm()
PARTIES = {party.key: party for party in FIRM.parties}
PEOPLE = {person.key: person for person in FIRM.people}
TODAY = AS_OF.date()
COLLECTIONS = [field.name for field in dataclasses.fields(Firm) if field.name not in ("name", "as_of")]


def named(start: str) -> Party:
    return next(party for party in FIRM.parties if party.name.startswith(start))


def of(collection: str, party: Party) -> list[Any]:
    return [item for item in getattr(FIRM, collection) if item.party_key == party.key]


def overdue_days(bill: Bill) -> int:
    return (AS_OF - bill.due_at).days


def fingerprint() -> str:
    return hashlib.sha256(repr(FIRM).encode()).hexdigest()


def crm_homes(party: Party) -> set[str]:
    return {home for home in party.homes if home != "stripe"}


# The firm as a whole


def test_same_seed_same_firm() -> None:
    assert demo_firm() == FIRM


def test_same_firm_in_another_process_with_another_hash_seed() -> None:
    code = "from tests.connectors.sandbox.test_demo import fingerprint; print(fingerprint())"
    found = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "4242"}, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == fingerprint()


def test_another_seed_is_another_firm_with_the_same_stories() -> None:
    other = demo_firm(8)
    assert other != FIRM
    assert [party.name for party in other.parties[:19]] == [party.name for party in FIRM.parties[:19]]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_keys_are_unique(collection: str) -> None:
    keys = [item.key for item in getattr(FIRM, collection)]
    assert len(keys) == len(set(keys)) > 0


@pytest.mark.parametrize(
    ("collection", "least", "most"),
    [
        ("colleagues", 8, 8),
        ("parties", 120, 130),
        ("people", 200, 400),
        ("openings", 80, 250),
        ("engagements", 120, 250),
        ("cases", 200, 600),
        ("touches", 3000, 7000),
        ("chores", 40, 100),
        ("fees", 90, 110),
        ("bills", 1200, 2500),
    ],
)
def test_size(collection: str, least: int, most: int) -> None:
    assert least <= len(getattr(FIRM, collection)) <= most


def test_clients_are_spread_over_the_systems() -> None:
    singles = [party for party in FIRM.parties if not party.twin_of and party.status != "prospect"]
    spread = Counter(frozenset(crm_homes(party)) for party in singles)
    assert spread[frozenset({"salesforce"})] == 45
    assert spread[frozenset({"hubspot"})] == 40
    assert spread[frozenset({"salesforce", "hubspot"})] == 25
    assert spread[frozenset()] == 4
    assert 90 <= sum("stripe" in party.homes for party in FIRM.parties) <= 105


def test_one_colleague_has_left_and_still_owns_clients() -> None:
    gone = [colleague.key for colleague in FIRM.colleagues if not colleague.is_active]
    assert len(gone) == 1
    assert any(party.owner_key == gone[0] for party in FIRM.parties)


# References


@pytest.mark.parametrize(
    "collection", ["people", "openings", "engagements", "cases", "touches", "chores", "fees", "bills"]
)
def test_everything_belongs_to_a_party(collection: str) -> None:
    assert {item.party_key for item in getattr(FIRM, collection)} <= set(PARTIES)


@pytest.mark.parametrize("collection", ["openings", "engagements", "cases", "touches", "chores"])
def test_everything_lives_in_a_crm_that_knows_the_party(collection: str) -> None:
    strangers = [item.key for item in getattr(FIRM, collection) if item.home not in crm_homes(PARTIES[item.party_key])]
    assert strangers == []


@pytest.mark.parametrize("collection", ["parties", "openings", "touches", "chores"])
def test_owners_are_colleagues(collection: str) -> None:
    assert {item.owner_key for item in getattr(FIRM, collection)} <= {c.key for c in FIRM.colleagues}


@pytest.mark.parametrize("collection", ["cases", "touches"])
def test_people_are_known_where_they_were_met(collection: str) -> None:
    wrong = [
        item.key
        for item in getattr(FIRM, collection)
        if item.person_key
        and (PEOPLE[item.person_key].party_key != item.party_key or item.home not in PEOPLE[item.person_key].homes)
    ]
    assert wrong == []


def test_every_party_has_one_main_contact_who_is_known_everywhere() -> None:
    mains = [person for person in FIRM.people if person.is_primary]
    assert sorted(person.party_key for person in mains) == sorted(PARTIES)
    assert all(person.homes == PARTIES[person.party_key].homes for person in mains)


def test_bills_belong_to_the_fee_of_their_party() -> None:
    fees = {fee.key: fee.party_key for fee in FIRM.fees}
    assert all(fees[bill.fee_key] == bill.party_key for bill in FIRM.bills if bill.fee_key)
    assert any(bill.fee_key is None for bill in FIRM.bills)
    assert all("stripe" in PARTIES[fee.party_key].homes for fee in FIRM.fees)


# Nobody real


def test_all_addresses_are_reserved_ones() -> None:
    mails = [person.email for person in FIRM.people] + [colleague.email for colleague in FIRM.colleagues]
    assert all(re.fullmatch(r"[a-z.-]+@[a-z0-9.-]+\.example", mail) for mail in mails)
    assert all(party.domain.endswith(".example") for party in FIRM.parties)
    assert len(mails) == len(set(mails))


def test_all_phone_numbers_are_from_drama_ranges() -> None:
    ranges = re.compile(r"\+44 20 7946 0\d{3}|\+44 1632 96\d{4}|\+353 20 910 0\d{3}|\+1 202 555 01\d\d")
    phones = [person.phone for person in FIRM.people] + [party.phone for party in FIRM.parties]
    assert [phone for phone in phones if not ranges.fullmatch(phone)] == []


def test_vat_numbers_are_well_formed() -> None:
    numbers = [party.vat_number for party in FIRM.parties if party.vat_number]
    assert len(numbers) == len(set(numbers)) > 40
    for number in numbers:
        digits = [int(digit) for digit in number.removeprefix("GB")]
        weighted = sum(weight * digit for weight, digit in zip(range(8, 1, -1), digits[:7], strict=True))
        assert (weighted + digits[7] * 10 + digits[8]) % 97 == 0, number
        assert number.startswith("GB00")


# Likeness


def test_names_are_unique_but_for_the_group_spellings() -> None:
    assert len({party.name for party in FIRM.parties}) == len(FIRM.parties)


def test_some_clients_are_spelt_otherwise_elsewhere() -> None:
    spelt = [party for party in FIRM.parties if party.spelling]
    assert len(spelt) > 20
    assert all(set(party.spelling) <= set(party.homes) for party in spelt)
    assert all(spelling != party.name for party in spelt for spelling in party.spelling.values())


def test_twins_share_something_strong_with_their_original() -> None:
    twins = [party for party in FIRM.parties if party.twin_of]
    assert len(twins) == 6
    assert Counter(home for twin in twins for home in twin.homes) == {"salesforce": 3, "hubspot": 3}
    for twin in twins:
        original = PARTIES[str(twin.twin_of)]
        assert set(twin.homes) <= set(original.homes)
        assert twin.name != original.name
        assert twin.domain == original.domain or (twin.phone, twin.street) == (original.phone, original.street)
    assert sum(twin.domain != PARTIES[str(twin.twin_of)].domain for twin in twins) == 2


def test_groups_have_children_in_a_shared_system() -> None:
    children = [party for party in FIRM.parties if party.parent_key]
    assert len(children) == 3
    for child in children:
        assert crm_homes(child) & crm_homes(PARTIES[str(child.parent_key)])


def test_other_currencies() -> None:
    assert Counter(party.currency for party in FIRM.parties if party.currency != "GBP") == {"EUR": 2, "USD": 1}
    for collection in ("bills", "fees", "engagements", "openings"):
        assert all(item.currency == PARTIES[item.party_key].currency for item in getattr(FIRM, collection)), collection


# Time


def test_nothing_has_happened_in_the_future() -> None:
    instants = (
        [touch.at for touch in FIRM.touches]
        + [case.closed_at or case.opened_at for case in FIRM.cases]
        + [bill.paid_at or bill.issued_at for bill in FIRM.bills]
        + [opening.created_at for opening in FIRM.openings]
    )
    assert max(instants) < AS_OF
    assert min(instants) > AS_OF - timedelta(days=800)


def test_touches_keep_office_days_and_order() -> None:
    assert [touch.at for touch in FIRM.touches] == sorted(touch.at for touch in FIRM.touches)
    assert {touch.at.weekday() for touch in FIRM.touches} <= {0, 1, 2, 3, 4}


def test_nobody_was_met_before_becoming_a_client() -> None:
    early = [t.key for t in FIRM.touches if t.at.date() < PARTIES[t.party_key].client_since - timedelta(days=3)]
    assert early == []


def test_cases_close_after_they_open() -> None:
    assert all(case.closed_at > case.opened_at for case in FIRM.cases if case.closed_at)
    assert all((case.status == "closed") == (case.closed_at is not None) for case in FIRM.cases)


def test_bills_are_numbered_by_date_and_paid_after_issue() -> None:
    assert [bill.number for bill in FIRM.bills] == sorted((bill.number for bill in FIRM.bills), key=lambda n: n[-5:])
    assert [bill.issued_at for bill in FIRM.bills] == sorted(bill.issued_at for bill in FIRM.bills)
    assert all(bill.paid_at > bill.issued_at for bill in FIRM.bills if bill.paid_at)
    assert all((bill.status == "paid") == (bill.paid_at is not None) for bill in FIRM.bills)
    assert all(bill.amount > 0 and bill.amount == bill.amount.quantize(Decimal("0.01")) for bill in FIRM.bills)


def test_active_contracts_run_today_and_their_value_is_the_yearly_fee() -> None:
    fees = {fee.party_key: fee.monthly_amount for fee in FIRM.fees}
    for contract in FIRM.engagements:
        if contract.status == "active":
            assert contract.start_date <= TODAY
            assert contract.term_months == 0 or add_months(contract.start_date, contract.term_months) > TODAY
            assert contract.annual_value == 12 * fees.get(contract.party_key, contract.annual_value / 12)


def test_kinds_of_everything_occur() -> None:
    assert {bill.status for bill in FIRM.bills} == {"open", "paid", "uncollectible", "void"}
    assert {fee.status for fee in FIRM.fees} == {"active", "past_due", "canceled", "trialing"}
    assert {touch.channel for touch in FIRM.touches} == {"email", "call", "meeting", "note"}
    assert {case.priority for case in FIRM.cases} == {"low", "normal", "high", "urgent"}
    assert {opening.stage for opening in FIRM.openings} == {"qualify", "proposal", "negotiation", "won", "lost"}
    assert {chore.is_done for chore in FIRM.chores} == {True, False}
    assert {contract.auto_renew for contract in FIRM.engagements} == {True, False}


def test_former_clients_are_billed_no_more() -> None:
    for party in FIRM.parties:
        if party.status == "former":
            assert all(bill.issued_at < AS_OF - timedelta(days=60) for bill in of("bills", party))
            assert all(contract.status == "expired" for contract in of("engagements", party))


# Stories


def test_the_great_client() -> None:
    marlow = named("Marlow & Finch")
    assert crm_homes(marlow) == {"salesforce", "hubspot"}
    assert (AS_OF - max(touch.at for touch in of("touches", marlow))).days <= 9
    assert all(bill.paid_at <= bill.due_at for bill in of("bills", marlow) if bill.paid_at)


def test_the_slow_payer() -> None:
    pemberton = named("Pemberton")
    late = [(bill.paid_at - bill.due_at).days for bill in of("bills", pemberton) if bill.paid_at]
    assert min(late) >= 35
    assert sum(overdue_days(bill) > 0 for bill in of("bills", pemberton) if bill.status == "open") >= 2


def test_the_client_gone_silent_whose_contract_ends_in_forty_days() -> None:
    silverbeck = named("Silverbeck")
    assert (AS_OF - max(touch.at for touch in of("touches", silverbeck))).days in range(121, 127)
    current = of("engagements", silverbeck)[-1]
    assert add_months(current.start_date, current.term_months) - timedelta(days=1) == TODAY + timedelta(days=40)
    assert (current.notice_period_days, current.auto_renew) == (30, False)


def test_the_client_with_urgent_tickets() -> None:
    cases = [case for case in of("cases", named("Northgate")) if case.status != "closed"]
    assert len(cases) >= 5
    assert sum(case.priority in ("high", "urgent") for case in cases) >= 5


def test_the_newcomer_has_no_history() -> None:
    juniper = named("Juniper Lane")
    assert juniper.client_since == TODAY - timedelta(days=6)
    assert of("bills", juniper) == of("engagements", juniper) == of("cases", juniper) == []
    assert len(of("touches", juniper)) <= 2


def test_the_debtor() -> None:
    castlereach = named("Castlereach")
    bills = of("bills", castlereach)
    assert any(bill.status == "open" and overdue_days(bill) > 90 for bill in bills)
    assert any(bill.status == "uncollectible" for bill in bills)
    assert next(fee for fee in FIRM.fees if fee.party_key == castlereach.key).status == "past_due"


def test_the_overlapping_contracts() -> None:
    running = [contract for contract in of("engagements", named("Ashdown")) if contract.status == "active"]
    assert len(running) == 2


def test_the_contract_without_an_end() -> None:
    assert of("engagements", named("Brindle"))[-1].term_months == 0


@pytest.mark.parametrize(
    ("start", "ends_in", "notice", "deadline_in"), [("Tamsin", 20, 60, -40), ("Wexcombe", 67, 60, 7)]
)
def test_notice_deadlines(start: str, ends_in: int, notice: int, deadline_in: int) -> None:
    contract = of("engagements", named(start))[-1]
    end = add_months(contract.start_date, contract.term_months) - timedelta(days=1)
    assert end == TODAY + timedelta(days=ends_in)
    assert contract.notice_period_days == notice
    assert end - timedelta(days=contract.notice_period_days) == TODAY + timedelta(days=deadline_in)
    assert contract.auto_renew


def test_moods_differ_enough_to_fill_every_band() -> None:
    silence: dict[str, int] = defaultdict(lambda: 9999)
    for touch in FIRM.touches:
        silence[touch.party_key] = min(silence[touch.party_key], (AS_OF - touch.at).days)
    active = [silence[party.key] for party in FIRM.parties if party.status == "active" and not party.twin_of]
    assert sum(days <= 10 for days in active) > 25
    assert sum(20 < days <= 90 for days in active) > 10
    assert sum(90 < days < 9999 for days in active) >= 5


# The empty firm


def test_the_empty_firm_has_one_colleague_and_nothing_else() -> None:
    empty = empty_firm()
    assert [len(getattr(empty, collection)) for collection in COLLECTIONS] == [1, *[0] * (len(COLLECTIONS) - 1)]
    assert empty.as_of == AS_OF
