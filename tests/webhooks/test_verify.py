"""Genuine requests pass, others do not, and time is looked at on both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hubspot.utils.signature import Signature

from tests.webhooks.senders import (
    ADDRESS,
    HUBSPOT_EVENTS,
    OTHER_SECRETS,
    SECONDS,
    SECRETS,
    SENDERS,
    WHSEC,
    by_hubspot,
    by_old_hubspot,
    by_standard,
    by_stripe,
)
from webhooks.request import SignedRequest
from webhooks.verify import SCHEMES, WINDOW_SECONDS, verify

EVERY = sorted(SENDERS)


def says_yes(scheme: str, request: SignedRequest, *secrets: str, now: float = SECONDS) -> bool:
    return verify(scheme, secrets or (SECRETS[scheme],), request, now)


def with_header(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    headers = {key: old for key, old in request.headers.items() if key != name}
    return replace(request, headers=headers if value is None else {**headers, name: value})


def test_every_scheme_of_the_table_is_tried_here() -> None:
    assert set(SCHEMES) == set(SENDERS)


@pytest.mark.parametrize("scheme", EVERY)
def test_genuine_request_passes(scheme: str) -> None:
    assert says_yes(scheme, SENDERS[scheme]())


@pytest.mark.parametrize("scheme", EVERY)
def test_another_secret_does_not_pass(scheme: str) -> None:
    assert not says_yes(scheme, SENDERS[scheme](), OTHER_SECRETS[scheme])


@pytest.mark.parametrize("scheme", EVERY)
def test_another_body_does_not_pass(scheme: str) -> None:
    request = SENDERS[scheme]()
    assert not says_yes(scheme, replace(request, body=request.body + b" "))


@pytest.mark.parametrize("scheme", EVERY)
@pytest.mark.parametrize("late", [-WINDOW_SECONDS, -1, 0, 1, WINDOW_SECONDS])
def test_inside_the_window_it_passes(scheme: str, late: int) -> None:
    assert says_yes(scheme, SENDERS[scheme](), now=SECONDS + late)


@pytest.mark.parametrize("scheme", EVERY)
@pytest.mark.parametrize("late", [-86_400, -WINDOW_SECONDS - 1, WINDOW_SECONDS + 1, 3_600, 10**9])
def test_replays_and_requests_of_the_future_do_not_pass(scheme: str, late: int) -> None:
    assert not says_yes(scheme, SENDERS[scheme](), now=SECONDS + late)


@pytest.mark.parametrize("scheme", EVERY)
def test_while_a_secret_is_changed_both_are_valid(scheme: str) -> None:
    request = SENDERS[scheme]()
    assert says_yes(scheme, request, OTHER_SECRETS[scheme], SECRETS[scheme])
    assert says_yes(scheme, request, SECRETS[scheme], OTHER_SECRETS[scheme])


@pytest.mark.parametrize(("scheme", "sender"), [("stripe", by_stripe), ("standard", by_standard)])
def test_sender_may_sign_with_both_secrets(scheme: str, sender: type) -> None:
    request = sender(secrets=(OTHER_SECRETS[scheme], SECRETS[scheme]))
    assert says_yes(scheme, request)
    assert says_yes(scheme, request, OTHER_SECRETS[scheme])
    assert not says_yes(scheme, request, WHSEC[:-8] + "AAAAAAA=")


@pytest.mark.parametrize("scheme", EVERY)
def test_without_any_secret_nothing_passes(scheme: str) -> None:
    assert not verify(scheme, (), SENDERS[scheme](), SECONDS)


@pytest.mark.parametrize("scheme", EVERY)
def test_a_request_of_one_scheme_passes_no_other(scheme: str) -> None:
    others = [name for name in EVERY if not name.startswith(scheme.partition("-")[0])]
    assert [name for name in others if says_yes(name, SENDERS[scheme](), SECRETS[name])] == []


@pytest.mark.parametrize("scheme", EVERY)
def test_each_needed_header_is_missed(scheme: str) -> None:
    request = SENDERS[scheme]()
    needed = [name for name in request.headers if name not in ("x-hubspot-signature", "x-hubspot-signature-version")]
    assert needed
    assert [name for name in needed if says_yes(scheme, with_header(request, name, None))] == []


# --- Stripe ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        f"t={SECONDS}",
        f"t={SECONDS},v1=",
        f"t={SECONDS},v1",
        "v1=00",
        f"t={SECONDS},t={SECONDS},v1=00",
        "t=-1,v1=00",
        "t=1e9,v1=00",
        "t=٣,v1=00",
        "t=" + "9" * 400 + ",v1=00",
        "t=1_0,v1=00",
        "=,=,=",
        "," * 5000,
        "t=\udcff,v1=\udcff",
    ],
)
def test_odd_stripe_headers_are_refused(header: str) -> None:
    assert not says_yes("stripe", with_header(by_stripe(), "stripe-signature", header))


def test_stripe_signature_of_version_0_counts_for_nothing() -> None:
    request = by_stripe()
    header = request.headers["stripe-signature"].replace("v1=", "v0=")
    assert not says_yes("stripe", with_header(request, "stripe-signature", header))


def test_stripe_signature_after_many_false_ones_is_not_looked_for() -> None:
    request = by_stripe()
    time, _, right = request.headers["stripe-signature"].partition(",")
    crowded = f"{time}," + "v1=00," * 5000 + right
    assert not says_yes("stripe", with_header(request, "stripe-signature", crowded))


def test_stripe_time_is_signed_too() -> None:
    request = by_stripe(at=SECONDS - 1000)
    header = request.headers["stripe-signature"].replace(str(SECONDS - 1000), str(SECONDS))
    assert not says_yes("stripe", with_header(request, "stripe-signature", header))


# --- Standard Webhooks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signatures",
    ["", "v1", "v1,", ",", "v1 ,", "nocomma", "v1,!!!", "v1a,AAAA", "v2,AAAA", "v1,\udcff", " ", "v1,," * 3000],
)
def test_odd_standard_signatures_are_refused_not_raised(signatures: str) -> None:
    assert not says_yes("standard", with_header(by_standard(), "webhook-signature", signatures))


def test_standard_signature_among_unknown_versions_is_found() -> None:
    request = by_standard()
    among = f"v9,abc {request.headers['webhook-signature']} v1a,def"
    assert says_yes("standard", with_header(request, "webhook-signature", among))


def test_dots_cannot_be_moved_between_id_time_and_body() -> None:
    request = by_standard(message="msg_1")
    moved = replace(request, body=request.body[1:], headers={**request.headers, "webhook-id": "msg.1"})
    assert not says_yes("standard", moved)
    assert not says_yes("standard", by_standard(message="msg.1"))


@pytest.mark.parametrize("message", ["", "x" * 256, "\udc80"])
def test_odd_standard_ids_are_refused(message: str) -> None:
    assert not says_yes("standard", with_header(by_standard(), "webhook-id", message))


# --- HubSpot -----------------------------------------------------------------------------------------------------


def test_our_version_3_is_that_of_hubspots_own_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Signature, "_is_timestamp_valid", lambda _: True)  # it looks at the wall clock
    request = by_hubspot()
    assert Signature.is_valid(
        signature=request.headers["x-hubspot-signature-v3"],
        client_secret=SECRETS["hubspot"],
        request_body=HUBSPOT_EVENTS.decode(),
        http_uri=ADDRESS,
        signature_version="v3",
        timestamp=request.headers["x-hubspot-request-timestamp"],
    )
    assert says_yes("hubspot", request)


@pytest.mark.parametrize(
    ("asked", "signed"),
    [
        ("?a=x%3Ay", "?a=x:y"),
        ("?a=%2Fpath%3Fb", "?a=/path?b"),
        ("?a=%40%21%24%27%28%29%2A%2C%3B", "?a=@!$'()*,;"),
        ("?a=%2f%3a", "?a=/:"),
        ("?a=%20%26%3D", "?a=%20%26%3D"),
    ],
)
def test_hubspot_signs_the_address_with_some_escapes_undone(asked: str, signed: str) -> None:
    assert says_yes("hubspot", by_hubspot(url=ADDRESS + asked, signed_url=ADDRESS + signed))


def test_hubspot_signature_is_for_one_address_and_method() -> None:
    request = by_hubspot()
    assert not says_yes("hubspot", replace(request, url=ADDRESS.replace("/crm", "/marketing")))
    assert not says_yes("hubspot", replace(request, method="PUT"))


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_old_hubspot_signatures_pass_only_where_the_admin_says_so(version: str) -> None:
    assert says_yes("hubspot-legacy", by_old_hubspot(version))
    assert not says_yes("hubspot", by_old_hubspot(version))


@pytest.mark.parametrize("scheme", ["hubspot", "hubspot-legacy"])
@pytest.mark.parametrize("stripped", ["x-hubspot-signature-v3", "x-hubspot-request-timestamp"])
def test_half_a_version_3_does_not_fall_back_to_version_1(scheme: str, stripped: str) -> None:
    assert not says_yes(scheme, with_header(by_hubspot(), stripped, None))


def test_an_old_request_with_a_broken_version_3_does_not_pass() -> None:
    assert not says_yes("hubspot-legacy", with_header(by_hubspot(), "x-hubspot-signature-v3", "AAAA"))


@pytest.mark.parametrize("version", ["v3", "v0", "", "V1", "v1 "])
def test_unknown_hubspot_versions_do_not_pass(version: str) -> None:
    assert not says_yes("hubspot-legacy", with_header(by_old_hubspot("v1"), "x-hubspot-signature-version", version))


def test_version_2_is_for_one_address() -> None:
    assert not says_yes("hubspot-legacy", replace(by_old_hubspot("v2"), url=ADDRESS + "/x"))
