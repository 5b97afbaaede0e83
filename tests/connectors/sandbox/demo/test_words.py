from __future__ import annotations

import re
from itertools import pairwise

import pytest

from connectors.sandbox.demo import words
from connectors.sandbox.demo.stories import STORIES, Story
from connectors.sandbox.demo.tempers import MIX, TEMPERS, Temper

LISTS = {
    name: value
    for name, value in vars(words).items()
    if name.isupper() and isinstance(value, tuple) and isinstance(value[0], str)
}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_no_word_is_listed_twice(name: str) -> None:
    assert len(set(LISTS[name])) == len(LISTS[name])


@pytest.mark.parametrize("name", sorted(LISTS))
def test_words_are_tidy(name: str) -> None:
    assert all(word == word.strip() and word for word in LISTS[name])


@pytest.mark.parametrize(("name", "least"), [("FIRST_NAMES", 50), ("LAST_NAMES", 50), ("NAME_STEMS", 40)])
def test_there_are_enough_names_to_look_real(name: str, least: int) -> None:
    assert len(LISTS[name]) >= least


def test_every_industry_has_several_trades() -> None:
    assert len({industry for industry, _ in words.TRADES}) == len(words.TRADES) == 12
    assert all(len(trades) == len(set(trades)) == 4 for _, trades in words.TRADES)


def test_towns_have_the_outward_half_of_a_post_code() -> None:
    assert all(re.fullmatch(r"[A-Z]{1,2}\d{1,2}[A-Z]?", code) for _, code in words.TOWNS)


def test_every_channel_has_its_subjects() -> None:
    assert set(words.TOUCH_SUBJECTS) == {"email", "call", "meeting", "note"}
    assert all(len(set(subjects)) == len(subjects) >= 5 for subjects in words.TOUCH_SUBJECTS.values())


# Tempers


@pytest.mark.parametrize("temper", TEMPERS.values(), ids=list(TEMPERS))
def test_ranges_run_upwards(temper: Temper) -> None:
    ranges = (temper.silent_days, temper.days_late, temper.end_in, temper.tenure_days, temper.openings)
    assert all(low <= high for low, high in ranges)
    assert 0 <= temper.inbound_share <= 1
    assert 0 <= temper.auto_renew_share <= 1


@pytest.mark.parametrize("temper", TEMPERS.values(), ids=list(TEMPERS))
def test_given_up_bills_are_among_the_unpaid(temper: Temper) -> None:
    assert 0 <= temper.uncollectible <= temper.unpaid


def test_tempers_are_filed_under_their_name() -> None:
    assert all(name == temper.name for name, temper in TEMPERS.items())
    assert {name for name, _ in MIX} <= set(TEMPERS)
    assert "prospect" not in {name for name, _ in MIX}


def test_the_longer_the_silence_the_worse_the_temper() -> None:
    order = ("champion", "steady", "quiet", "fading", "leaver")
    silences = [TEMPERS[name].silent_days[1] for name in order]
    assert all(shorter < longer for shorter, longer in pairwise(silences))


# Stories


def test_story_names_are_unique() -> None:
    assert len({story.name for story in STORIES}) == len(STORIES) == 19


def test_parents_are_told_before_their_children() -> None:
    seen: set[str] = set()
    for story in STORIES:
        assert story.parent is None or story.parent in seen
        seen.add(story.name)


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_spellings_are_only_told_of_systems_that_know_the_client(story: Story) -> None:
    assert set(story.spelling) <= set(story.homes)


@pytest.mark.parametrize(("country", "currency"), [("GB", "GBP"), ("IE", "EUR"), ("US", "USD")])
def test_currencies_fit_the_country(country: str, currency: str) -> None:
    found = {story.currency for story in STORIES if story.country == country}
    assert found == {currency}
