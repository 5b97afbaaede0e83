"""The demo firm's clients and prospects, and what makes each of them behave as it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from connectors.sandbox.demo.dice import days_ago, dice
from connectors.sandbox.demo.stories import STORIES, Story
from connectors.sandbox.demo.tempers import MIX, TEMPERS, Temper
from connectors.sandbox.demo.words import LAST_NAMES, NAME_STEMS, STREETS, TOWNS, TRADES
from connectors.sandbox.firm import Colleague, Home, Party

_ABROAD = {"IE": ("Dublin", "D02"), "US": ("Portland", "OR 97204")}
_PHONES = {"GB": "+44 20 7946 0{:03d}", "IE": "+353 20 910 0{:03d}", "US": "+1 202 555 01{:02d}"}  # drama ranges
_VAT_WEIGHTS = (8, 7, 6, 5, 4, 3, 2)

# How many clients without a story live where; about every eighth of those in one CRM is billed by other means.
_SETTLEMENT: tuple[tuple[tuple[Home, ...], int], ...] = (
    (("salesforce", "stripe"), 33),
    (("salesforce",), 6),
    (("hubspot", "stripe"), 29),
    (("hubspot",), 4),
    (("salesforce", "hubspot", "stripe"), 19),
    (("stripe",), 4),
)
_PROSPECT_HOMES: tuple[Home, ...] = ("hubspot", "salesforce", "hubspot", "salesforce", "hubspot", "salesforce")
_TWIN_HOMES: tuple[Home, ...] = ("salesforce", "hubspot", "salesforce", "hubspot", "salesforce", "hubspot")


@dataclass(frozen=True)
class Role:
    """A party together with its temper, its monthly fee in whole units (0: none) and its story, if it has one."""

    party: Party
    temper: Temper
    monthly: int
    story: Story | None = None


def cast(seed: int, colleagues: Sequence[Colleague]) -> tuple[Role, ...]:
    """All parties in a stable order: stories, clients, prospects, twins."""
    owners = [colleague.key for colleague in colleagues]
    names = _company_names(dice(seed, "names"))
    roles = [_told(seed, number, story, owners) for number, story in enumerate(STORIES, 1)]
    roles = _with_parents(roles)
    roles.extend(_invented(seed, len(roles), names, owners))
    roles.extend(_prospects(seed, len(roles), names, owners))
    roles.extend(_twins(seed, roles))
    return tuple(roles)


def domain_of(name: str) -> str:
    """The web domain of a company, below a name that is reserved for examples."""
    bare = re.sub(r"\b(Ltd|LLP|plc|LLC|DAC|Co)\b|\(.*?\)|[^A-Za-z0-9 ]", "", name)
    return "".join(bare.lower().split()) + ".example"


def _told(seed: int, number: int, story: Story, owners: list[str]) -> Role:
    roll = dice(seed, "party", story.name)
    party = _party(
        number, story.name, story.industry, story.temper, story.homes, owners=owners, roll=roll, country=story.country
    )
    party = replace(party, employees=story.employees, currency=story.currency, spelling=dict(story.spelling))
    return Role(party, story.temper, story.monthly, story)


def _with_parents(roles: list[Role]) -> list[Role]:
    keys = {role.party.name: role.party.key for role in roles}
    parents = [keys[role.story.parent] if role.story and role.story.parent else None for role in roles]
    return [
        replace(role, party=replace(role.party, parent_key=parent)) for role, parent in zip(roles, parents, strict=True)
    ]


def _invented(seed: int, taken: int, names: Iterator[tuple[str, str]], owners: list[str]) -> Iterator[Role]:
    roll = dice(seed, "mix")
    homes_list = [homes for homes, count in _SETTLEMENT for _ in range(count)]
    kinds, weights = zip(*MIX, strict=True)
    for number, homes in enumerate(homes_list, taken + 1):
        name, industry = next(names)
        temper = TEMPERS[roll.choices(kinds, weights)[0]]
        party = _party(number, name, industry, temper, homes, owners=owners, roll=dice(seed, "party", name))
        monthly = round(roll.lognormvariate(6.2, 0.75) / 10) * 10
        yield Role(replace(party, spelling=_spellings(name, homes, roll)), temper, max(90, monthly))


def _prospects(seed: int, taken: int, names: Iterator[tuple[str, str]], owners: list[str]) -> Iterator[Role]:
    temper = TEMPERS["prospect"]
    for number, home in enumerate(_PROSPECT_HOMES, taken + 1):
        name, industry = next(names)
        roll = dice(seed, "party", name)
        yield Role(_party(number, name, industry, temper, (home,), owners=owners, roll=roll), temper, 0)


def _twins(seed: int, roles: list[Role]) -> Iterator[Role]:
    """The same client entered twice in one CRM, under another spelling and not quite the same details."""
    roll = dice(seed, "twins")
    used: set[str] = set()
    for number, home in enumerate(_TWIN_HOMES, 1):
        fit = [r for r in roles if home in r.party.homes and r.monthly and not r.story and r.party.key not in used]
        original = roll.choice(fit).party
        used.add(original.key)
        moved = number > 4  # the last two have moved: only name, phone and street still agree
        twin = replace(
            original,
            key=f"twin{number}",
            name=other_spelling(original.name, roll),
            domain=original.domain.replace(".", "-group.", 1) if moved else original.domain,
            homes=(home,),
            vat_number=None,
            spelling={},
            twin_of=original.key,
            client_since=days_ago(roll.randrange(40, 300)),
        )
        yield Role(twin, replace(TEMPERS["quiet"], touches_a_month=0.3, cases_a_year=0, openings=(0, 0)), 0)


def _party(
    number: int,
    name: str,
    industry: str,
    temper: Temper,
    homes: tuple[Home, ...],
    *,
    owners: list[str],
    roll: Random,
    country: str = "GB",
) -> Party:
    city, code = _ABROAD.get(country) or roll.choice(TOWNS)
    status = {"prospect": "prospect", "leaver": "former"}.get(temper.name, "active")
    return Party(
        key=f"p{number:03d}",
        name=name,
        domain=domain_of(name),
        industry=industry,
        employees=max(2, round(roll.lognormvariate(3.2, 0.9))),
        status=status,  # type: ignore[arg-type]  # the table above holds nothing but the three
        currency="GBP",
        owner_key=roll.choices(owners, [6] * (len(owners) - 1) + [1])[0],
        phone=_PHONES[country].format(number % 100 if country == "US" else number),
        street=f"{roll.randrange(1, 180)} {roll.choice(STREETS)}",
        city=city,
        postal_code=code if country == "US" else f"{code} {roll.randrange(1, 9)}{_letters(roll)}",
        country=country,
        client_since=days_ago(roll.randint(*temper.tenure_days)),
        homes=homes,
        vat_number=_vat_number(roll) if country == "GB" and roll.random() < 0.6 else None,
    )


def _company_names(roll: Random) -> Iterator[tuple[str, str]]:
    """Endless invented company names with their industry, each domain once."""
    seen = {domain_of(story.name) for story in STORIES}
    while True:
        industry, trades = roll.choice(TRADES)
        first, second = roll.sample(LAST_NAMES, 2)
        stem = roll.choices([roll.choice(NAME_STEMS), f"{first} & {second}", first], [5, 2, 2])[0]
        suffix = "" if industry == "Charity" else roll.choices([" Ltd", " LLP", " plc"], [16, 2, 1])[0]
        name = f"{stem} {roll.choice(trades)}{suffix}"
        if domain_of(name) not in seen:
            seen.add(domain_of(name))
            yield name, industry


def _spellings(name: str, homes: tuple[Home, ...], roll: Random) -> dict[Home, str]:
    """Other spellings in the homes that did not enter the client first."""
    return {home: other_spelling(name, roll) for home in homes[1:] if roll.random() < 0.45}


def other_spelling(name: str, roll: Random) -> str:
    """The same company as somebody else would have typed it."""
    variants = (
        name.replace(" Ltd", " Limited").replace(" plc", " PLC"),
        re.sub(r" (Ltd|LLP|plc)$", "", name),
        name.replace(" & ", " and "),
        name.upper(),
        name.replace(" Ltd", " Ltd."),
    )
    changed = [variant for variant in variants if variant != name]
    return roll.choice(changed)


def _vat_number(roll: Random) -> str:
    """A well-formed British number with valid check digits, from a block that is not in use."""
    digits = f"00{roll.randrange(100_000):05d}"
    total = sum(weight * int(digit) for weight, digit in zip(_VAT_WEIGHTS, digits, strict=True))
    return f"GB{digits}{97 - total % 97:02d}"


def _letters(roll: Random) -> str:
    return "".join(roll.choices("ABDEFGHJLNPQRSTUWXYZ", k=2))
