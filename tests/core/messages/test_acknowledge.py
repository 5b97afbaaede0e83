"""Links to acknowledge: for one message, for some days, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from core.messages.acknowledge import Acknowledgements

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(days=7)
LINKS = Acknowledgements("https://inlay.firm.example/", ("secret",))


def token(links: Acknowledgements = LINKS, key: str = "inlay-1", until: datetime = UNTIL) -> str:
    return links.link(key, until).rpartition("/")[2]


def test_a_link_names_its_message_until_its_day() -> None:
    assert LINKS.link("inlay-1", UNTIL).startswith("https://inlay.firm.example/acknowledge/")
    assert LINKS.key_of(token(), NOW) == "inlay-1"
    assert LINKS.key_of(token(), UNTIL - timedelta(seconds=1)) == "inlay-1"
    assert LINKS.key_of(token(), UNTIL) is None


def test_the_same_message_has_the_same_link() -> None:
    assert token() == token()


def test_a_changed_secret_keeps_old_links_good_while_both_are_named() -> None:
    both = Acknowledgements(LINKS.url, ("secret", "newer"))
    assert both.key_of(token(), NOW) == "inlay-1"
    assert LINKS.key_of(token(both), NOW) is None
    assert Acknowledgements(LINKS.url, ("newer",)).key_of(token(), NOW) is None


@pytest.mark.parametrize("content", [["k"], ["k", "x"], [1, 2], {"k": 1}, "k", ["k", 2**40, 1], None])
def test_what_is_signed_but_no_acknowledgement_opens_nothing(content: object) -> None:
    made = LINKS._serializer().dumps(content)
    assert LINKS.key_of(made, NOW) is None


def test_a_token_of_another_purpose_opens_nothing() -> None:
    other = URLSafeSerializer("secret", "inlay.unsubscribe").dumps(["inlay-1", int(UNTIL.timestamp())])
    assert LINKS.key_of(other, NOW) is None


@settings(max_examples=60)
@given(at=st.integers(0, 200), letter=st.sampled_from("abcXYZ019-_."))
def test_no_letter_can_be_changed(at: int, letter: str) -> None:
    good = token()
    changed = good[: at % len(good)] + letter + good[at % len(good) + 1 :]
    assert LINKS.key_of(changed, NOW) in ({"inlay-1"} if changed == good else {None})


@settings(max_examples=60)
@given(st.text(max_size=500))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert LINKS.key_of(text, NOW) is None
