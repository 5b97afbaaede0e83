from __future__ import annotations

from collections import Counter

import pytest

from connectors.sandbox.demo.parties import cast
from connectors.sandbox.demo.people import FIRM_DOMAIN, colleagues, mail_name, people
from connectors.sandbox.demo.words import TITLES

ROLES = cast(7, colleagues())
PEOPLE = people(7, ROLES)
PARTIES = {role.party.key: role.party for role in ROLES}


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("Ann", "Smith", "ann.smith"),
        ("Zoë", "O'Rourke", "zoe.orourke"),
        ("Siobhán", "Núñez", "siobhan.nunez"),
    ],
)
def test_mail_names_are_plain(first: str, last: str, name: str) -> None:
    assert mail_name(first, last) == name


def test_the_staff() -> None:
    staff = colleagues()
    assert len(staff) == 8
    assert [person.is_active for person in staff].count(False) == 1
    assert all(person.email.endswith("@" + FIRM_DOMAIN) for person in staff)
    assert len({person.key for person in staff}) == len({person.email for person in staff}) == 8


def test_one_to_four_people_per_party() -> None:
    counts = Counter(person.party_key for person in PEOPLE)
    assert set(counts) == set(PARTIES)
    assert set(counts.values()) == {1, 2, 3, 4}


def test_twins_know_one_person_only() -> None:
    counts = Counter(person.party_key for person in PEOPLE)
    assert {counts[party.key] for party in PARTIES.values() if party.twin_of} == {1}


def test_people_have_an_address_at_their_company() -> None:
    assert all(person.email.partition("@")[2] == PARTIES[person.party_key].domain for person in PEOPLE)


def test_people_live_where_their_company_lives() -> None:
    for person in PEOPLE:
        assert person.homes
        assert set(person.homes) <= set(PARTIES[person.party_key].homes)


def test_some_people_are_in_both_crms_and_some_in_one() -> None:
    both = [p for p in PEOPLE if {"salesforce", "hubspot"} <= set(PARTIES[p.party_key].homes) and not p.is_primary]
    assert {len(set(person.homes) & {"salesforce", "hubspot"}) for person in both} == {1, 2}


def test_titles_do_not_repeat_within_a_company() -> None:
    titles = Counter((person.party_key, person.title) for person in PEOPLE)
    assert max(titles.values()) == 1
    assert {person.title for person in PEOPLE} == set(TITLES)


def test_a_few_have_opted_out_but_no_main_contact() -> None:
    out = [person for person in PEOPLE if person.opted_out]
    assert 3 <= len(out) <= 30
    assert not any(person.is_primary for person in out)
