from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from connectors.sandbox.demo.activity import Contacts, cases, chores, touches
from connectors.sandbox.demo.dice import AS_OF, TODAY, dice
from connectors.sandbox.demo.parties import cast
from connectors.sandbox.demo.people import colleagues, people
from connectors.sandbox.demo.words import CASE_SUBJECTS, TOUCH_SUBJECTS, URGENT_SUBJECTS

ROLES = cast(7, colleagues())
BY_KEY = {role.party.key: role for role in ROLES}
PEOPLE = people(7, ROLES)
CONTACTS = Contacts(PEOPLE)
TOUCHES = touches(7, ROLES, CONTACTS)
CASES = cases(7, ROLES, CONTACTS)
CHORES = chores(7, ROLES)


def silence(key: str) -> int:
    """Days since the client was last in touch."""
    return min((TODAY - touch.at.date()).days for touch in TOUCHES if touch.party_key == key)


def monthly(temper: str) -> float:
    """Touches a month over two years, per client of a temper."""
    keys = {role.party.key for role in ROLES if role.temper.name == temper and not role.party.twin_of}
    keys &= {touch.party_key for touch in TOUCHES}
    return sum(touch.party_key in keys for touch in TOUCHES) / len(keys) / 24


@pytest.mark.parametrize("temper", ["champion", "steady", "quiet", "fading", "unhappy", "leaver"])
def test_silence_is_as_long_as_the_temper_says(temper: str) -> None:
    for role in ROLES:
        if role.temper.name == temper and role.story is None and set(role.party.homes) != {"stripe"}:
            low, high = role.temper.silent_days
            assert low <= silence(role.party.key) <= high + 2, role.party.name


def test_good_clients_are_in_touch_more_often() -> None:
    assert monthly("champion") > monthly("steady") > monthly("quiet")


@pytest.mark.parametrize(
    ("temper", "least", "most"), [("champion", 0.45, 0.7), ("unhappy", 0.55, 0.85), ("debtor", 0.02, 0.3)]
)
def test_who_begins_the_talk(temper: str, least: float, most: float) -> None:
    found = [touch.direction for touch in TOUCHES if BY_KEY[touch.party_key].temper.name == temper]
    assert least <= found.count("inbound") / len(found) <= most


def test_most_touches_are_mails() -> None:
    counts = Counter(touch.channel for touch in TOUCHES)
    assert [channel for channel, _ in counts.most_common()] == ["email", "call", "meeting", "note"]


def test_subjects_fit_the_channel() -> None:
    assert all(touch.subject.removeprefix("Re: ") in TOUCH_SUBJECTS[touch.channel] for touch in TOUCHES)


@pytest.mark.parametrize(
    ("channel", "low", "high"), [("email", 0, 0), ("note", 0, 0), ("call", 4, 35), ("meeting", 30, 90)]
)
def test_talks_take_their_time(channel: str, low: int, high: int) -> None:
    minutes = [touch.minutes for touch in TOUCHES if touch.channel == channel]
    assert (min(minutes), max(minutes)) == (low, high)


def test_notes_are_always_ours() -> None:
    assert {touch.direction for touch in TOUCHES if touch.channel == "note"} == {"outbound"}


def test_touches_are_by_the_owner() -> None:
    assert all(touch.owner_key == BY_KEY[touch.party_key].party.owner_key for touch in TOUCHES)


def test_shared_clients_are_met_in_both_crms() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for touch in TOUCHES:
        homes[touch.party_key].add(touch.home)
    shared = [role for role in ROLES if len(role.party.homes) == 3 and role.temper.name in ("champion", "steady")]
    assert shared
    assert all(homes[role.party.key] == {"salesforce", "hubspot"} for role in shared)


def test_the_main_contact_is_talked_to_most() -> None:
    role = next(role for role in ROLES if sum(p.party_key == role.party.key for p in PEOPLE) == 4)
    home = next(home for home in role.party.homes if home != "stripe")
    roll = dice(7, "talk")
    counts = Counter(CONTACTS.somebody(role, home, roll) for _ in range(1000))
    assert counts.most_common(1)[0][0] == f"{role.party.key}-1"


def test_nobody_is_known_where_the_party_is_not() -> None:
    role = next(role for role in ROLES if "hubspot" not in role.party.homes)
    assert CONTACTS.somebody(role, "hubspot", dice(7)) is None


# Cases


def test_unhappy_clients_have_urgent_cases_open() -> None:
    for role in ROLES:
        if role.temper.name == "unhappy":
            mine = [case for case in CASES if case.party_key == role.party.key and case.status != "closed"]
            urgent = [case for case in mine if case.priority in ("high", "urgent")]
            assert len(urgent) >= role.temper.open_urgent_cases


def test_champions_rarely_complain() -> None:
    def yearly(temper: str) -> float:
        keys = [role.party.key for role in ROLES if role.temper.name == temper]
        return sum(case.party_key in keys for case in CASES) / len(keys) / 2

    assert yearly("champion") < 1
    assert yearly("unhappy") > 4


def test_open_cases_are_recent() -> None:
    ages = [(AS_OF - case.opened_at).days for case in CASES if case.status != "closed"]
    assert min(ages) >= 0
    assert max(ages) < 30


def test_closed_cases_took_hours_or_days() -> None:
    spans = [case.closed_at - case.opened_at for case in CASES if case.closed_at]
    assert min(spans) > timedelta(0)
    assert max(spans) < timedelta(days=9)


def test_subjects_fit_the_priority() -> None:
    for case in CASES:
        expected = URGENT_SUBJECTS if case.status != "closed" and case.priority in ("high", "urgent") else CASE_SUBJECTS
        assert case.subject in expected


def test_newcomers_and_prospects_have_no_cases() -> None:
    assert not [c for c in CASES if BY_KEY[c.party_key].temper.name in ("newcomer", "prospect")]


# Chores


def test_about_half_of_the_clients_have_a_chore() -> None:
    known = [role for role in ROLES if set(role.party.homes) != {"stripe"}]
    assert 0.35 < len(CHORES) / len(known) < 0.65
    assert max(Counter(chore.party_key for chore in CHORES).values()) == 1


def test_done_chores_were_due_before_today() -> None:
    assert all(chore.due < TODAY for chore in CHORES if chore.is_done)
    assert any(chore.due < TODAY for chore in CHORES if not chore.is_done)
    assert any(chore.due > TODAY for chore in CHORES if not chore.is_done)


def test_mails_of_ours_are_answered_by_the_same_person_later() -> None:
    by_key = {touch.key: touch for touch in TOUCHES}
    answers = [touch for touch in TOUCHES if touch.key.endswith("-re")]
    assert len(answers) > 300
    for answer in answers:
        asked = by_key[answer.key.removesuffix("-re")]
        assert (answer.channel, answer.direction, asked.direction) == ("email", "inbound", "outbound")
        assert (answer.person_key, answer.home) == (asked.person_key, asked.home)
        assert answer.at > asked.at
