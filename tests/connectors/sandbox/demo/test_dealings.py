from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.sandbox.demo.dealings import crm_home, engagements, openings
from connectors.sandbox.demo.dice import TODAY, add_months, dice
from connectors.sandbox.demo.parties import Role, cast
from connectors.sandbox.demo.people import colleagues
from connectors.sandbox.demo.tempers import TEMPERS
from connectors.sandbox.firm import Engagement

ROLES = cast(7, colleagues())
BY_KEY = {role.party.key: role for role in ROLES}
ENGAGEMENTS = engagements(7, ROLES)
OPENINGS = openings(7, ROLES)


def end_of(engagement: Engagement) -> int:
    """Days from today to the last day of the contract."""
    after = add_months(engagement.start_date, engagement.term_months)
    return (after - timedelta(days=1) - TODAY).days


def current(temper: str) -> list[Engagement]:
    return [e for e in ENGAGEMENTS if e.status == "active" and BY_KEY[e.party_key].temper.name == temper]


def test_numbers_have_no_gaps() -> None:
    assert [e.number for e in ENGAGEMENTS] == [f"ENG-{number}" for number in range(1001, 1001 + len(ENGAGEMENTS))]


def test_paying_clients_of_a_crm_have_a_contract_and_nobody_else() -> None:
    expected = {role.party.key for role in ROLES if role.monthly and set(role.party.homes) != {"stripe"}}
    assert {e.party_key for e in ENGAGEMENTS} == expected


def test_homes_are_crms_that_know_the_client() -> None:
    for engagement in ENGAGEMENTS:
        assert engagement.home in set(BY_KEY[engagement.party_key].party.homes) - {"stripe"}


def test_salesforce_holds_more_contracts_of_shared_clients() -> None:
    shared = [e.home for e in ENGAGEMENTS if len(BY_KEY[e.party_key].party.homes) == 3]
    counts = Counter(shared)
    assert counts["salesforce"] > counts["hubspot"] > 0


@pytest.mark.parametrize("temper", ["champion", "steady", "quiet", "slow_payer", "fading", "unhappy", "debtor"])
def test_contracts_end_when_the_temper_says(temper: str) -> None:
    found = current(temper)
    assert found
    low, high = TEMPERS[temper].end_in
    plain = [e for e in found if BY_KEY[e.party_key].story is None]
    assert all(low - 3 <= end_of(e) <= high + 3 for e in plain)


def test_notice_periods_come_from_the_temper() -> None:
    for engagement in ENGAGEMENTS:
        assert engagement.notice_period_days in BY_KEY[engagement.party_key].temper.notice_days


def test_some_contracts_can_no_longer_be_cancelled_in_time() -> None:
    late = [e for e in ENGAGEMENTS if e.status == "active" and e.term_months and 0 <= end_of(e) < e.notice_period_days]
    assert 4 <= len(late) <= 25


def test_expired_predecessors_end_where_the_next_begins() -> None:
    by_party: dict[str, list[Engagement]] = defaultdict(list)
    for engagement in ENGAGEMENTS:
        by_party[engagement.party_key].append(engagement)
    chains = [found for found in by_party.values() if len(found) > 1 and BY_KEY[found[0].party_key].story is None]
    assert len(chains) > 30
    for first, second in chains:
        assert first.status == "expired"
        assert abs((add_months(first.start_date, first.term_months) - second.start_date).days) <= 3
        assert first.annual_value < second.annual_value


def test_former_clients_have_only_expired_contracts() -> None:
    former = [e for e in ENGAGEMENTS if BY_KEY[e.party_key].party.status == "former"]
    assert {e.status for e in former} == {"expired"}
    assert all(end_of(e) < 0 for e in former)


def test_contract_values_are_exact() -> None:
    for engagement in ENGAGEMENTS:
        assert engagement.annual_value == engagement.annual_value.quantize(Decimal("0.01"))
        assert engagement.annual_value > 0


def test_exactly_one_contract_has_no_end() -> None:
    assert [BY_KEY[e.party_key].party.name for e in ENGAGEMENTS if e.term_months == 0] == ["Brindle & Sons Ltd"]


# Openings


def test_every_prospect_is_being_sold_something() -> None:
    prospects = {role.party.key for role in ROLES if role.party.status == "prospect"}
    sold = {o.party_key for o in OPENINGS if o.stage in ("qualify", "proposal", "negotiation")}
    assert prospects <= sold


def test_open_sales_close_soon_and_closed_ones_are_past() -> None:
    for opening in OPENINGS:
        days = (opening.close_date - TODAY).days
        if opening.stage in ("won", "lost"):
            assert days < 0
        else:
            assert -10 <= days < 90


def test_openings_are_named_after_their_client() -> None:
    assert all(o.name.startswith(BY_KEY[o.party_key].party.name + ": ") for o in OPENINGS)


def test_more_is_won_than_lost() -> None:
    stages = Counter(o.stage for o in OPENINGS)
    assert stages["won"] > stages["lost"] > 0


def test_clients_of_billing_only_have_no_home_in_a_crm() -> None:
    roles = [role for role in ROLES if role.party.homes == ("stripe",)]
    assert len(roles) == 4
    assert {crm_home(role, dice(7, role.party.key)) for role in roles} == {None}


def shared_role() -> Role:
    return next(role for role in ROLES if {"salesforce", "hubspot"} <= set(role.party.homes))


def test_shared_clients_are_met_in_salesforce_twice_as_often() -> None:
    roll = dice(7, "homes")
    counts = Counter(crm_home(shared_role(), roll) for _ in range(3000))
    assert 1800 < counts["salesforce"] < 2200
    assert counts["salesforce"] + counts["hubspot"] == 3000
