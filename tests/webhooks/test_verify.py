"""Genuine requests pass, others do not, and time is looked at on both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hubspot.utils.signature import Signature

from tests.webhooks.senders import (
    ADDRESS,
    HUBSPOT_EVENTS,
    ORGANIZATION,
    OTHER_SECRETS,
    OUTBOUND_MESSAGE,
    SECONDS,
    SECRETS,
    SENDERS,
    TABLE,
    TIMED,
    WHSEC,
    by_docusign,
    by_generic,
    by_hubspot,
    by_old_hubspot,
    by_pipedrive,
    by_salesforce,
    by_standard,
    by_stripe,
    by_typeform,
    by_zendesk,
    by_zoho,
    says_yes,
    sent,
)
from webhooks.request import SignedRequest
from webhooks.verify import WINDOW_SECONDS, is_genuine

EVERY = sorted(SENDERS)
UNSIGNED_BODY = ("pipedrive", "salesforce")  # what is shown is a secret of the request, whatever its body says
LEFT_ALONE = ("x-hubspot-signature", "x-hubspot-signature-version", "x-authorization-digest", "sm-apikey")


def with_header(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    headers = {key: old for key, old in request.headers.items() if key != name}
    return replace(request, headers=headers if value is None else {**headers, name: value})


def test_every_scheme_of_the_table_is_tried_here() -> None:
    assert set(TABLE) == set(SENDERS)


@pytest.mark.parametrize("scheme", EVERY)
def test_genuine_request_passes(scheme: str) -> None:
    assert says_yes(scheme, SENDERS[scheme]())


@pytest.mark.parametrize("scheme", EVERY)
def test_another_secret_does_not_pass(scheme: str) -> None:
    assert not says_yes(scheme, SENDERS[scheme](), OTHER_SECRETS[scheme])


@pytest.mark.parametrize("scheme", sorted(set(EVERY) - {*UNSIGNED_BODY, "zoho"}))
def test_another_body_does_not_pass(scheme: str) -> None:
    request = SENDERS[scheme]()
    assert not says_yes(scheme, replace(request, body=request.body + b" "))


@pytest.mark.parametrize("scheme", TIMED)
@pytest.mark.parametrize("late", [-WINDOW_SECONDS, -1, 0, 1, WINDOW_SECONDS])
def test_inside_the_window_it_passes(scheme: str, late: int) -> None:
    assert says_yes(scheme, SENDERS[scheme](), now=SECONDS + late)


@pytest.mark.parametrize("scheme", TIMED)
@pytest.mark.parametrize("late", [-86_400, -WINDOW_SECONDS - 1, WINDOW_SECONDS + 1, 3_600, 10**9])
def test_replays_and_requests_of_the_future_do_not_pass(scheme: str, late: int) -> None:
    assert not says_yes(scheme, SENDERS[scheme](), now=SECONDS + late)


@pytest.mark.parametrize("scheme", EVERY)
def test_while_a_secret_is_changed_both_are_valid(scheme: str) -> None:
    request = SENDERS[scheme]()
    assert says_yes(scheme, request, OTHER_SECRETS[scheme], SECRETS[scheme])
    assert says_yes(scheme, request, SECRETS[scheme], OTHER_SECRETS[scheme])


@pytest.mark.parametrize("scheme", ["docusign", "standard", "stripe"])
def test_sender_may_sign_with_both_secrets(scheme: str) -> None:
    request = SENDERS[scheme](secrets=(OTHER_SECRETS[scheme], SECRETS[scheme]))
    assert says_yes(scheme, request)
    assert says_yes(scheme, request, OTHER_SECRETS[scheme])
    assert not says_yes(scheme, request, WHSEC[:-8] + "AAAAAAA=")


@pytest.mark.parametrize("scheme", EVERY)
def test_without_any_secret_nothing_passes(scheme: str) -> None:
    assert not is_genuine(TABLE[scheme], (), SENDERS[scheme]())


@pytest.mark.parametrize("scheme", EVERY)
def test_a_request_of_one_scheme_passes_no_other(scheme: str) -> None:
    others = [name for name in EVERY if not name.startswith(scheme.partition("-")[0])]
    assert [name for name in others if says_yes(name, SENDERS[scheme](), SECRETS[name])] == []


@pytest.mark.parametrize("scheme", EVERY)
def test_each_needed_header_is_missed(scheme: str) -> None:
    request = SENDERS[scheme]()
    needed = [name for name in request.headers if name not in LEFT_ALONE]
    assert needed or scheme in ("salesforce", "zoho")
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


# --- DocuSign ----------------------------------------------------------------------------------------------------


def test_any_of_a_hundred_docusign_keys_may_be_the_one_we_know() -> None:
    crowd = [f"key {number}" for number in range(99)]
    assert says_yes("docusign", by_docusign(secrets=[*crowd, SECRETS["docusign"]]))
    assert not says_yes("docusign", by_docusign(secrets=[*crowd, "another", SECRETS["docusign"]]))


# --- Typeform, Zendesk -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "sha1=", "SHA256=", "sha256:"])
def test_typeform_signature_without_its_prefix_does_not_pass(prefix: str) -> None:
    request = by_typeform()
    header = request.headers["typeform-signature"].replace("sha256=", prefix)
    assert not says_yes("typeform", with_header(request, "typeform-signature", header))


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "2026-06-30",
        "2026-06-30T09:00:00",
        "1782810000",
        "9999-99-99T00:00:00Z",
        "\udcff",
        "\uff12026-06-30T09:00:00Z",
    ],
)
def test_odd_times_of_zendesk_are_refused(at: str) -> None:
    assert not says_yes("zendesk", with_header(by_zendesk(), "x-zendesk-webhook-signature-timestamp", at))


# --- Pipedrive ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic /w==",
        "Bearer aW5sYXk6YSBwYXNzd29yZA==",
        "Digest x",
        "\udcff",
        "basic" * 900,
    ],
)
def test_odd_logins_are_refused(header: str) -> None:
    assert not says_yes("pipedrive", with_header(by_pipedrive(), "authorization", header))


def test_the_name_of_the_login_counts_too() -> None:
    assert not says_yes("pipedrive", by_pipedrive(secrets=["other:a password of pipedrive"]))


# --- Zoho --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"token": null}', b'{"token": ["TOKEN"]}', b'{"token": ""}', b"{" * 90, b"\xff\xfe"]
)
def test_zoho_bodies_without_the_token_are_refused(body: bytes) -> None:
    assert not says_yes("zoho", by_zoho(body))


# --- Salesforce --------------------------------------------------------------------------------------------------


def test_salesforce_organizations_are_the_same_in_15_and_18_letters() -> None:
    assert says_yes("salesforce", replace(by_salesforce(), account=ORGANIZATION[:15]))


@pytest.mark.parametrize("account", [None, "", "00D5g000004ABCX", ORGANIZATION.lower()])
def test_messages_of_another_organization_are_refused(account: str | None) -> None:
    assert not says_yes("salesforce", replace(by_salesforce(), account=account))


@pytest.mark.parametrize(
    "url",
    [
        ADDRESS,
        f"{ADDRESS}?key=",
        f"{ADDRESS}?key={{0}}&key={{0}}",
        f"{ADDRESS}?Key={{0}}",
        f"{ADDRESS}?key={{0}}%ff",
        "?" + "a=1&" * 99,
    ],
)
def test_addresses_without_the_one_key_are_refused(url: str) -> None:
    asked = sent(OUTBOUND_MESSAGE, {}, url=url.replace("{0}", SECRETS["salesforce"]))
    assert not says_yes("salesforce", asked)


def test_a_key_that_stands_in_our_own_configuration_opens_nothing() -> None:
    """Behind a proxy the admin writes the whole address, key and all: it has to come with the request nevertheless."""
    assert not says_yes("salesforce", replace(by_salesforce(), query=""))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a/>",
        b"{}",
        OUTBOUND_MESSAGE[:-20],
        OUTBOUND_MESSAGE.replace(b"2005/09/outbound", b"2005/09/inbound"),
        OUTBOUND_MESSAGE.replace(b"OrganizationId", b"Organization"),
        OUTBOUND_MESSAGE.decode().encode("utf-16"),
        OUTBOUND_MESSAGE.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b">]>', 1),
        OUTBOUND_MESSAGE.replace(b"?>", b'?><!DOCTYPE x SYSTEM "http://127.0.0.1/x">', 1),
        OUTBOUND_MESSAGE.replace(b"<Notification>", b"<Notification>" + b"<a>" * 50 + b"</a>" * 50, 1),
        OUTBOUND_MESSAGE.replace(ORGANIZATION.encode(), b"00D" + b"5" * 300),
        OUTBOUND_MESSAGE.replace("Söhne".encode(), b"S\xf6hne"),
        OUTBOUND_MESSAGE.replace(b"Alfa", b"&alfa;"),
        OUTBOUND_MESSAGE.replace(b"Alfa", b"\x00"),
    ],
)  # fmt: skip
def test_odd_messages_are_refused_not_raised(body: bytes) -> None:
    assert not says_yes("salesforce", by_salesforce(body))


def test_an_entity_that_grows_is_refused_before_it_does() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha" * 10}">' for n in range(12))
    body = OUTBOUND_MESSAGE.replace(b"?>", f"?><!DOCTYPE x [{entities}]>".encode(), 1).replace(b"Alfa", b"&a11;")
    assert not says_yes("salesforce", by_salesforce(body))


# --- any other ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["", "x", "-1", "1_0", "9" * 40, "٣", "2026-06-30T09:00:00"])
def test_odd_times_of_a_generic_sender_are_refused(at: str) -> None:
    assert not says_yes("generic", with_header(by_generic(), "x-form-time", at))


def test_a_request_from_nowhere_raises_nothing_anywhere() -> None:
    for scheme in EVERY:
        for headers in ({}, dict.fromkeys(SENDERS[scheme]().headers, "")):
            assert not says_yes(scheme, sent(b"", headers, url=""))
