"""Who is written to, over which channel, and who is not."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages.recipients import CHANNELS, Channel, contact_of, person_of, zone_of

ANN: dict[str, Any] = {
    "first_name": "Ann",
    "last_name": "Lee",
    "emails": [
        {"address": "old@client.example", "opted_out": True, "is_primary": True},
        {"address": "ann@client.example", "is_primary": False},
    ],
    "phones": [
        {"number": "1", "e164": "+441632960001", "kind": "work"},
        {"number": "2", "e164": "+447700900001", "kind": "mobile"},
        {"number": "3", "e164": None, "kind": "mobile"},
    ],
}
ALL: tuple[Channel, ...] = CHANNELS


def route(
    purpose: str = "service", wanted: tuple[Channel, ...] = (), has: tuple[Channel, ...] = ALL, **more: Any
) -> Any:
    return contact_of("crm/Contact/1", {**ANN, **more}, purpose, UTC).route(wanted, has)


def consent(purpose: str, status: str) -> list[dict[str, str]]:
    return [{"purpose": purpose, "status": status}]


def test_the_best_address_of_a_channel_is_taken() -> None:
    assert route() == ("mail", "ann@client.example")
    assert route(wanted=("sms", "mail")) == ("sms", "+447700900001")


def test_the_persons_own_preference_goes_before_the_messages_wish() -> None:
    assert route(wanted=("mail",), preferred_channel="sms") == ("sms", "+447700900001")
    assert route(wanted=("sms",), preferred_channel="post") == ("sms", "+447700900001")


def test_what_cannot_be_had_falls_back_to_the_next() -> None:
    assert route(wanted=("sms", "mail"), has=("mail",)) == ("mail", "ann@client.example")
    assert route(preferred_channel="sms", phones=[]) == ("mail", "ann@client.example")
    assert route(has=()) == "no connection can send mail or sms"
    assert route(wanted=("chat",)) == "no address for chat is known"


@pytest.mark.parametrize(
    ("purpose", "more", "said"),
    [
        ("service", {"opted_out": True}, "does not want to be written to"),
        ("service", {"consent": consent("Service", "withdrawn")}, "withdrew the consent to service"),
        ("marketing", {}, "has not agreed to marketing"),
        ("marketing", {"consent": consent("marketing", "unknown")}, "has not agreed to marketing"),
        ("service", {"consent": consent("all", "withdrawn")}, "closed mail to us"),
        ("service", {"emails": [ANN["emails"][0]], "phones": []}, "takes no mail at any known address"),
    ],
)
def test_who_does_not_want_it_is_not_written_to(purpose: str, more: dict[str, Any], said: str) -> None:
    assert said in route(purpose, **more)


def test_consent_opens_marketing_and_a_closed_channel_leaves_the_others() -> None:
    assert route("marketing", consent=consent("marketing", "given")) == ("mail", "ann@client.example")
    assert route(consent=consent("email", "withdrawn")) == ("sms", "+447700900001")


def test_people_of_the_firm_have_what_the_directory_knows_of_them() -> None:
    directory = {"tom@firm.example": {"sms": "+447700900002", "chat": "partners", "time_zone": "America/New_York"}}
    tom = person_of("crm/User/1", {"email": "Tom@Firm.example", "name": "Tom Hart"}, directory, UTC)
    assert tom.route(("sms",), ALL) == ("sms", "+447700900002")
    assert tom.route(("chat",), ALL) == ("chat", "partners")
    assert tom.zone == ZoneInfo("America/New_York")
    gone = person_of("crm/User/1", {"email": "tom@firm.example", "is_active": False}, directory, UTC)
    assert "no longer works" in str(gone.route((), ALL))


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../../etc/passwd", "London", "\x00"])
def test_a_zone_that_is_none_is_the_firms(name: str | None) -> None:
    assert zone_of(name, UTC) is UTC


flags = st.fixed_dictionaries(
    {},
    optional={
        "opted_out": st.booleans(),
        "preferred_channel": st.sampled_from(["email", "sms", "phone", "portal", "post"]),
        "consent": st.lists(
            st.fixed_dictionaries(
                {
                    "purpose": st.sampled_from(["email", "sms", "all", "service", "marketing"]),
                    "status": st.sampled_from(["given", "withdrawn", "unknown"]),
                }
            ),
            max_size=4,
        ),
        "emails": st.just([]),
        "phones": st.just([]),
    },
)
wishes = st.lists(st.sampled_from(CHANNELS), unique=True).map(tuple)


@settings(max_examples=60)
@given(more=flags, wanted=wishes, has=wishes, purpose=st.sampled_from(["service", "marketing"]))
def test_a_closed_or_missing_channel_is_never_taken(
    more: dict[str, Any], wanted: tuple[Channel, ...], has: tuple[Channel, ...], purpose: str
) -> None:
    person = contact_of("c", {**ANN, **more}, purpose, UTC)
    found = person.route(wanted, has)
    if isinstance(found, str):
        assert found
        return
    channel, address = found
    assert not more.get("opted_out")
    assert channel in has
    assert channel not in person.closed
    assert address == person.addresses[channel]
    withdrawn = {one["purpose"] for one in more.get("consent", []) if one["status"] == "withdrawn"}
    assert not withdrawn & {"all", purpose, {"mail": "email"}.get(channel, channel)}
