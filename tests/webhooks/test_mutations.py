"""Thousands of damaged, forged and replayed requests: none is let in, none makes anything raise."""

from __future__ import annotations

import base64
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import orjson
import pytest

from tests.webhooks.senders import OTHER_SECRETS, SECONDS, SENDERS, TABLE, TIMED, says_yes
from webhooks.request import Refusal, SignedRequest

MUTANTS = 750
REPLAYS = 170
STRANGE = [
    "",
    " ",
    ",",
    "=",
    "\x00",
    "\udcff",
    "é",
    "v1",
    "v1,",
    "t=",
    "%",
    "٣",
    "-1",
    "1e9",
    "0" * 300,
    "../",
    "\r\nx: y",
]
UNREAD = (
    "x-hubspot-signature",  # not looked at while version 3 is there
    "x-hubspot-signature-version",
    "x-authorization-digest",
    "sm-apikey",
)
ODD_VALUES = [
    b"null",
    b"0",
    b"-1",
    b"1e99",
    b"true",
    b'""',
    b'" "',
    b'"\\u0000"',
    b'"\\n"',
    b"[]",
    b"{}",
    b"[[]]",
    b'[{"id": 1}]',
    b"[null]",
    b'{"id": {}}',
    b"12345678901234567890123",
    b'"' + b"x" * 300 + b'"',
    b"[" * 70 + b"]" * 70,
]

Mutation = Callable[[random.Random, SignedRequest], SignedRequest]


def drop_header(dice: random.Random, request: SignedRequest) -> SignedRequest:
    name = _header(dice, request)
    return replace(request, headers={key: value for key, value in request.headers.items() if key != name})


def flip_header(dice: random.Random, request: SignedRequest) -> SignedRequest:
    name = _header(dice, request)
    value = request.headers[name]
    at = dice.randrange(len(value))
    other = dice.choice([sign for sign in "abcXYZ0189+/=,. \t\udcff" if sign != value[at]])
    return _with(request, name, value[:at] + other + value[at + 1 :])


def cut_header(dice: random.Random, request: SignedRequest) -> SignedRequest:
    name = _header(dice, request)
    value = request.headers[name]
    return _with(request, name, value[: dice.randrange(len(value))])


def replace_header(dice: random.Random, request: SignedRequest) -> SignedRequest:
    name = _header(dice, request)
    return _with(request, name, dice.choice(STRANGE) * dice.randint(1, 3))


def swap_headers(dice: random.Random, request: SignedRequest) -> SignedRequest:
    one = _header(dice, request)
    others = [value for name, value in request.headers.items() if name != one and value != request.headers[one]]
    return _with(request, one, dice.choice([*others, "swapped"]))


def flip_body(dice: random.Random, request: SignedRequest) -> SignedRequest:
    at = dice.randrange(len(request.body))
    changed = bytearray(request.body)
    changed[at] ^= 1 << dice.randrange(8)
    return replace(request, body=bytes(changed))


def cut_body(dice: random.Random, request: SignedRequest) -> SignedRequest:
    return replace(request, body=request.body[: dice.randrange(len(request.body))])


def grow_body(dice: random.Random, request: SignedRequest) -> SignedRequest:
    return replace(request, body=request.body + bytes(dice.randrange(256) for _ in range(dice.randint(1, 40))))


def flip_address(dice: random.Random, request: SignedRequest) -> SignedRequest:
    at = dice.randrange(len(request.query))
    return replace(request, query=request.query[:at] + dice.choice("aZ09&=?%+/#\udcff é") + request.query[at + 1 :])


def cut_address(dice: random.Random, request: SignedRequest) -> SignedRequest:
    return replace(request, query=request.query[: len(request.query) - dice.randint(1, 30)])


OF_HEADERS: list[Mutation] = [drop_header, flip_header, cut_header, replace_header, swap_headers]
OF_BODIES: list[Mutation] = [flip_body, cut_body, grow_body]
MUTATIONS: dict[str, list[Mutation]] = {
    **dict.fromkeys(SENDERS, OF_HEADERS + OF_BODIES),
    "pipedrive": OF_HEADERS,
    "salesforce": [flip_address, cut_address, *OF_BODIES],
    "zoho": OF_BODIES,
}


def _header(dice: random.Random, request: SignedRequest) -> str:
    return dice.choice([name for name in sorted(request.headers) if name not in UNREAD])


def _with(request: SignedRequest, name: str, value: str) -> SignedRequest:
    return replace(request, headers={**request.headers, name: value})


def mutants(scheme: str) -> Iterator[SignedRequest]:
    dice = random.Random(f"mutants of {scheme}")
    genuine = SENDERS[scheme]()
    while True:
        mutant = genuine
        for _ in range(dice.randint(1, 3)):
            mutant = dice.choice(MUTATIONS[scheme])(dice, mutant) if _can_change(scheme, mutant) else mutant
        if _proof(scheme, mutant) != _proof(scheme, genuine) and not _is_old(scheme, mutant, genuine):
            yield mutant


def _is_old(scheme: str, mutant: SignedRequest, genuine: SignedRequest) -> bool:
    """Whether nothing but the version 1 signature is left: just what the legacy scheme is there to take."""
    is_untouched = mutant.body == genuine.body and not set(mutant.headers) - set(UNREAD)
    return scheme == "hubspot-legacy" and is_untouched


def _can_change(scheme: str, request: SignedRequest) -> bool:
    """Whether a mutation still finds a letter to change."""
    headers = scheme in ("salesforce", "zoho") or bool(set(request.headers) - set(UNREAD))
    return (
        bool(request.body)
        and bool(request.query or scheme != "salesforce")
        and all(request.headers.values())
        and headers
    )


def _proof(scheme: str, request: SignedRequest) -> object:
    """What a request shows to be let in: for most all of it, blanks around the parts of a header apart."""
    return PROOFS.get(scheme, _signed)(request)


def _signed(request: SignedRequest) -> object:
    return {name: "".join(value.split()) for name, value in request.headers.items()}, request.body


def _login(request: SignedRequest) -> object:
    try:
        return base64.b64decode(request.headers.get("authorization", "")[6:])
    except ValueError:
        return None


def _key_and_organization(request: SignedRequest) -> object:
    found = re.findall(b"<OrganizationId>(.*?)</OrganizationId>", request.body)
    whole = request.body.rstrip().endswith(b"</soapenv:Envelope>")
    return request.query.removeprefix("key="), [one[:15] for one in found] if whole else None


def _token(request: SignedRequest) -> object:
    try:
        found = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return None
    return found.get("token") if isinstance(found, dict) else None


PROOFS: dict[str, Callable[[SignedRequest], object]] = {
    "pipedrive": _login, "salesforce": _key_and_organization, "zoho": _token,
}  # fmt: skip


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_no_mutant_is_let_in_and_none_raises(scheme: str) -> None:
    source = mutants(scheme)
    assert [mutant for mutant in (next(source) for _ in range(MUTANTS)) if says_yes(scheme, mutant)] == []


def test_there_are_ten_thousand_mutants() -> None:
    assert MUTANTS * len(SENDERS) >= 10_000


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_what_was_signed_is_read_or_refused_and_never_raises(scheme: str) -> None:
    """A sender may sign any nonsense: reading it ends in events or in a refusal."""
    dice = random.Random(f"nonsense of {scheme}")
    genuine, counts = SENDERS[scheme](), Counter[str]()
    for _ in range(MUTANTS):
        mutant = genuine
        for _ in range(dice.randint(1, 4)):
            mutant = dice.choice([flip_body, cut_body, grow_body, odd_value])(dice, mutant) if mutant.body else mutant
        try:
            counts["read"] += len(TABLE[scheme].events(mutant)) >= 0
        except Refusal:
            counts["refused"] += 1
    assert counts.total() == MUTANTS
    assert min(counts["read"], counts["refused"]) > MUTANTS // 50


def odd_value(dice: random.Random, request: SignedRequest) -> SignedRequest:
    """Another JSON value in the place of a text or number."""
    places = list(re.finditer(rb': ?("[^"]*"|\d+|\{\}|\[\]|null)', request.body))
    if not places:
        return request
    place, value = dice.choice(places), dice.choice(ODD_VALUES)
    return replace(request, body=request.body[: place.start(1)] + value + request.body[place.end(1) :])


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_no_forgery_with_another_secret_is_let_in(scheme: str) -> None:
    times = [{"at": SECONDS + late} for late in range(-REPLAYS, REPLAYS)] if scheme in TIMED else [{}]
    forged = [SENDERS[scheme](secrets=[OTHER_SECRETS[scheme]], **at) for at in times]
    assert not any(says_yes(scheme, request) for request in forged)


@pytest.mark.parametrize("scheme", TIMED)
def test_no_replay_outside_the_window_is_let_in(scheme: str) -> None:
    dice = random.Random(7)
    request = SENDERS[scheme]()
    times = [SECONDS + dice.choice([-1, 1]) * dice.randint(301, 10**8) for _ in range(REPLAYS)]
    assert [at for at in times if says_yes(scheme, request, now=at)] == []


def test_there_are_a_thousand_replays() -> None:
    assert REPLAYS * len(TIMED) >= 1_000
