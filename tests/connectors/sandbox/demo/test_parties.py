from __future__ import annotations

import re
from collections import Counter

import pytest

from connectors.sandbox.demo.dice import TODAY, dice
from connectors.sandbox.demo.parties import Role, cast, domain_of, other_spelling
from connectors.sandbox.demo.people import colleagues
from connectors.sandbox.demo.stories import STORIES
from connectors.sandbox.demo.tempers import MIX, TEMPERS
from connectors.sandbox.demo.words import TRADES

ROLES = cast(7, colleagues())
TEMPER_NAMES = sorted(TEMPERS)


def by_temper(name: str) -> list[Role]:
    return [role for role in ROLES if role.temper.name == name]


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("Marlow & Finch Architects LLP", "marlowfincharchitects.example"),
        ("Calder Catering (Events) Ltd", "caldercatering.example"),
        ("Castlereach Brewing Co Ltd", "castlereachbrewing.example"),
        ("Calder Hospitality Group plc", "calderhospitalitygroup.example"),
        ("O'Rourke Seeds", "orourkeseeds.example"),
        ("Harbor & Pine Trading LLC", "harborpinetrading.example"),
        ("Three Rivers Trust", "threeriverstrust.example"),
        ("Limited Edition Books Ltd", "limitededitionbooks.example"),
    ],
)
def test_domains_come_from_names(name: str, domain: str) -> None:
    assert domain_of(name) == domain


@pytest.mark.parametrize(
    "name", ["Foxley Inns Ltd", "Patel & Vance Joinery LLP", "Upland Estates plc", "Violet Hill Foundation"]
)
def test_other_spellings_differ_but_name_the_same_company(name: str) -> None:
    def bare(text: str) -> str:
        words = re.sub(r"\b(ltd|limited|llp|plc)\b\.?", "", text.lower().replace("&", "and"))
        return " ".join(words.split())

    for number in range(20):
        spelt = other_spelling(name, dice(7, str(number)))
        assert spelt != name
        assert bare(spelt) == bare(name)


def test_stories_come_first_and_in_order() -> None:
    assert [role.party.name for role in ROLES[: len(STORIES)]] == [story.name for story in STORIES]
    assert all(role.story is None for role in ROLES[len(STORIES) :])


def test_keys_tell_the_order() -> None:
    plain = [role.party.key for role in ROLES if not role.party.twin_of]
    assert plain == [f"p{number:03d}" for number in range(1, len(plain) + 1)]


@pytest.mark.parametrize("kind", [kind for kind, _ in MIX])
def test_every_temper_of_the_mix_occurs(kind: str) -> None:
    assert len(by_temper(kind)) >= 2


def test_the_mix_is_mostly_steady() -> None:
    counts = Counter(role.temper.name for role in ROLES)
    assert counts["steady"] == max(counts.values())


@pytest.mark.parametrize(("temper", "status"), [("leaver", "former"), ("prospect", "prospect"), ("champion", "active")])
def test_status_follows_the_temper(temper: str, status: str) -> None:
    assert {role.party.status for role in by_temper(temper)} == {status}


@pytest.mark.parametrize("temper", TEMPER_NAMES)
def test_clients_are_as_old_as_their_temper_says(temper: str) -> None:
    for role in by_temper(temper):
        if not role.party.twin_of:
            low, high = role.temper.tenure_days
            assert low <= (TODAY - role.party.client_since).days <= high


def test_prospects_and_twins_pay_nothing() -> None:
    assert all(role.monthly == 0 for role in ROLES if role.party.twin_of or role.party.status == "prospect")


def test_fees_are_believable() -> None:
    fees = sorted(role.monthly for role in ROLES if role.monthly)
    assert fees[0] >= 90
    assert 300 < fees[len(fees) // 2] < 1200
    assert fees[-1] < 10_000
    assert all(fee % 10 == 0 for fee in fees)


def test_industries_match_trades() -> None:
    trades = dict(TRADES)
    for role in ROLES:
        if role.story is None and role.party.twin_of is None:
            bare = re.sub(r" (Ltd|LLP|plc)$", "", role.party.name)
            assert bare.endswith(trades[role.party.industry]), role.party.name


def test_charities_are_no_companies() -> None:
    charities = [role.party.name for role in ROLES if role.party.industry == "Charity" and not role.party.twin_of]
    assert charities
    assert not [name for name in charities if re.search(r" (Ltd|LLP|plc)$", name)]


def test_addresses_are_complete() -> None:
    for role in ROLES:
        assert re.fullmatch(r"\d{1,3} [A-Z].+", role.party.street)
        if role.party.country == "GB":
            assert re.fullmatch(r"[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}", role.party.postal_code)


@pytest.mark.parametrize(("country", "currency", "city"), [("IE", "EUR", "Dublin"), ("US", "USD", "Portland")])
def test_clients_abroad(country: str, currency: str, city: str) -> None:
    abroad = [role.party for role in ROLES if role.party.country == country]
    assert abroad
    assert {(party.currency, party.city, party.vat_number) for party in abroad} == {(currency, city, None)}


def test_twins_copy_a_client_that_really_is_there() -> None:
    parties = {role.party.key: role.party for role in ROLES}
    twins = [role.party for role in ROLES if role.party.twin_of]
    assert len({twin.twin_of for twin in twins}) == len(twins)
    for twin in twins:
        original = parties[str(twin.twin_of)]
        assert (twin.street, twin.city, twin.phone) == (original.street, original.city, original.phone)
        assert twin.vat_number is None
        assert twin.client_since != original.client_since


def test_spellings_are_only_in_systems_that_came_later() -> None:
    for role in ROLES:
        if role.story is None:
            assert set(role.party.spelling) <= set(role.party.homes[1:])


@pytest.mark.parametrize("seed", [1, 2, 3, 99])
def test_any_seed_gives_a_whole_firm(seed: int) -> None:
    roles = cast(seed, colleagues())
    domains = Counter(role.party.domain for role in roles if not role.party.twin_of)
    assert len(roles) == len(ROLES)
    assert max(domains.values()) == 1
    assert sum(bool(role.party.twin_of) for role in roles) == 6
