"""Thousands of damaged, forged and replayed requests: none is let in, none makes anything raise."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.webhooks.senders import OTHER_SECRETS, SECONDS, SECRETS, SENDERS
from webhooks.request import SignedRequest
from webhooks.verify import verify

MUTANTS = 1_000
REPLAYS = 250
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
OLD = ("x-hubspot-signature", "x-hubspot-signature-version")  # not looked at while version 3 is there

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


MUTATIONS: list[Mutation] = [
    drop_header, flip_header, cut_header, replace_header, swap_headers, flip_body, cut_body, grow_body,
]  # fmt: skip


def _header(dice: random.Random, request: SignedRequest) -> str:
    return dice.choice([name for name in sorted(request.headers) if name not in OLD])


def _with(request: SignedRequest, name: str, value: str) -> SignedRequest:
    return replace(request, headers={**request.headers, name: value})


def mutants(scheme: str) -> Iterator[SignedRequest]:
    dice = random.Random(f"mutants of {scheme}")
    genuine = SENDERS[scheme]()
    while True:
        mutant = genuine
        for _ in range(dice.randint(1, 3)):
            mutant = dice.choice(MUTATIONS)(dice, mutant) if _can_change(mutant) else mutant
        if _says_something_else(mutant, genuine) and not (scheme == "hubspot-legacy" and _is_old(mutant, genuine)):
            yield mutant


def _is_old(mutant: SignedRequest, genuine: SignedRequest) -> bool:
    """Whether nothing but the version 1 signature is left: just what the legacy scheme is there to take."""
    return mutant.body == genuine.body and not set(mutant.headers) - set(OLD)


def _can_change(request: SignedRequest) -> bool:
    """Whether a mutation still finds a letter to change."""
    return bool(request.body) and all(request.headers.values()) and bool(set(request.headers) - set(OLD))


def _says_something_else(mutant: SignedRequest, genuine: SignedRequest) -> bool:
    """Whether a mutant differs where its signature covers it: blanks around a part, say, mean nothing to anybody."""
    return {k: "".join(v.split()) for k, v in mutant.headers.items()} != dict(genuine.headers) or (
        mutant.body != genuine.body
    )


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_no_mutant_is_let_in_and_none_raises(scheme: str) -> None:
    source = mutants(scheme)
    accepted = [
        mutant
        for mutant in (next(source) for _ in range(MUTANTS))
        if verify(scheme, [SECRETS[scheme]], mutant, SECONDS)
    ]
    assert accepted == []


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_no_forgery_with_another_secret_is_let_in(scheme: str) -> None:
    forged = [SENDERS[scheme](secrets=[OTHER_SECRETS[scheme]], at=SECONDS + late) for late in range(-REPLAYS, REPLAYS)]
    assert not any(verify(scheme, [SECRETS[scheme]], request, SECONDS) for request in forged)


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_no_replay_outside_the_window_is_let_in(scheme: str) -> None:
    dice = random.Random(7)
    request = SENDERS[scheme]()
    times = [SECONDS + dice.choice([-1, 1]) * dice.randint(301, 10**8) for _ in range(REPLAYS)]
    assert [at for at in times if verify(scheme, [SECRETS[scheme]], request, at)] == []
