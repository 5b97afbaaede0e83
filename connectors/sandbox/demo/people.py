"""Who works at the demo firm, and who works at its clients."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from random import Random

from connectors.sandbox.demo.dice import dice
from connectors.sandbox.demo.parties import Role
from connectors.sandbox.demo.words import FIRST_NAMES, LAST_NAMES, TITLES
from connectors.sandbox.firm import Colleague, Home, Party, Person

FIRM_DOMAIN = "hartwell.example"

# The last one left the firm and still owns a few clients.
_STAFF = (
    ("Margaret", "Hartwell", "Senior Partner", True),
    ("David", "Osei", "Partner", True),
    ("Laura", "Pennington", "Client Director", True),
    ("Imran", "Sheikh", "Senior Manager", True),
    ("Katie", "Doyle", "Accounts Manager", True),
    ("Tom", "Brightwater", "Tax Manager", True),
    ("Ines", "Carvalho", "Payroll Manager", True),
    ("Neil", "Farrow", "Accounts Manager", False),
)


def colleagues() -> tuple[Colleague, ...]:
    """The eight people of the firm."""
    return tuple(
        Colleague(f"c{number}", first, last, mail_name(first, last) + "@" + FIRM_DOMAIN, title, is_active)
        for number, (first, last, title, is_active) in enumerate(_STAFF, 1)
    )


def people(seed: int, roles: Sequence[Role]) -> tuple[Person, ...]:
    """One to four people per party, the first of them its main contact."""
    return tuple(person for role in roles for person in _people_of(role.party, dice(seed, "people", role.party.key)))


def mail_name(first: str, last: str) -> str:
    """The part of an address before the at sign."""
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
    return plain.lower().replace("'", "")


def _people_of(party: Party, roll: Random) -> Iterator[Person]:
    count = 1 if party.twin_of else roll.choices([1, 2, 3, 4], [3, 4, 3, 2])[0]
    firsts = roll.sample(FIRST_NAMES, count)
    for number, (first, title) in enumerate(zip(firsts, roll.sample(TITLES, count), strict=True), 1):
        last = roll.choice(LAST_NAMES)
        yield Person(
            key=f"{party.key}-{number}",
            party_key=party.key,
            first_name=first,
            last_name=last,
            email=f"{mail_name(first, last)}@{party.domain}",
            phone=f"+44 1632 96{roll.randrange(10_000):04d}",
            title=title,
            homes=_homes_of_person(party, number, roll),
            is_primary=number == 1,
            opted_out=number > 1 and roll.random() < 0.08,
        )


def _homes_of_person(party: Party, number: int, roll: Random) -> tuple[Home, ...]:
    """The main contact is known wherever the party is; the others often in one CRM only."""
    if number == 1 or roll.random() < 0.4:
        return party.homes
    crms = [home for home in party.homes if home != "stripe"]
    return (roll.choice(crms),) if crms else party.homes
