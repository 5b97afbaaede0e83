"""What the vendors' events say: every fixture is read into names, accounts and the records it is about."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from core.config import SignedJson
from core.store.touches import Touch
from tests.webhooks.senders import SENDERS, TABLE, by_generic, by_hubspot, hashed, sent
from webhooks.reading import digest_of, name_of
from webhooks.request import Received, Refusal, SignedRequest
from webhooks.schemes.generic import at_path, generic_vendor
from webhooks.verify import is_genuine

FIXTURES = Path(__file__).parent / "fixtures"
HEADERS = {
    "webhook-id": "msg_1",
    "x-zendesk-webhook-invocation-id": "01GK8E6B",
    "x-zendesk-webhook-signature-timestamp": "2026-06-30T09:00:00Z",
}
# File -> (type, account, records touched): `*` is a stream that has to be read on, `?` an event that does not tell.
EXPECTED: dict[str, list[tuple[str, str | None, str]]] = {
    "docusign__aggregate.json": [("envelope-completed", None, "envelopes/52c6a8d2-8f4c-4a8e-a3a1-env")],
    "docusign__envelope-completed.json": [
        ("envelope-completed", "8ee2a1d4-1111-4c1e-9a2b-acc", "envelopes/52c6a8d2-8f4c-4a8e-a3a1-env")
    ],
    "docusign__envelope-deleted.json": [
        ("envelope-deleted", "8ee2a1d4-1111-4c1e-9a2b-acc", "envelopes/52c6a8d2-8f4c-4a8e-a3a1-env deleted")
    ],
    "docusign__recipient-declined.json": [
        ("recipient-declined", "8ee2a1d4-1111-4c1e-9a2b-acc", "envelopes/52c6a8d2-8f4c-4a8e-a3a1-env")
    ],
    "docusign__template-created.json": [("template-created", "8ee2a1d4-1111-4c1e-9a2b-acc", "")],
    "generic__form.sent.json": [("form.sent", None, "forms/77")],
    "hubspot__company.merge.json": [
        ("company.merge", "62515", "companies/903, companies/901 merged into 903, companies/902 merged into 903")
    ],
    "hubspot__company.propertyChange__batch.json": [
        ("company.propertyChange", "62515", "companies/507"),
        ("company.propertyChange", "62515", "companies/508"),
    ],
    "hubspot__company.restore.json": [("company.restore", "62515", "companies/79")],
    "hubspot__contact.associationChange.json": [
        (
            "contact.associationChange",
            "62515",
            "contacts/123, companies/501, contacts_to_companies/*, companies_to_contacts/*",
        )
    ],
    "hubspot__contact.creation.json": [("contact.creation", "62515", "contacts/123")],
    "hubspot__contact.privacyDeletion.json": [("contact.privacyDeletion", "62515", "contacts/78 deleted")],
    "hubspot__conversation.creation.json": [("conversation.creation", "62515", "")],
    "hubspot__deal.deletion.json": [("deal.deletion", "62515", "deals/77 archived")],
    "hubspot__object.creation__tasks.json": [("object.creation", "62515", "tasks/31")],
    "hubspot__object.propertyChange__own-type.json": [("object.propertyChange", "62515", "2-1234567/9007199254740993")],
    "hubspot__unheard-of.json": [("voyage.departed", "62515", "")],
    "pipedrive__change.deal.json": [("deal.change", "12882925", "deals/1")],
    "pipedrive__create.deal_installment.json": [("deal_installment.create", "12882925", "")],
    "pipedrive__delete.organization.json": [("organization.delete", "12882925", "organizations/30 deleted")],
    "pipedrive__delete.person__merged.json": [("person.delete", "12882925", "persons/20 merged into 21, persons/21")],
    "pipedrive__updated.deal__v1.json": [("deal.updated", "12882925", "deals/1")],
    "quickbooks__eventNotifications.json": [
        ("Customer.Create", "1185883450", "Customer/1"),
        ("Vendor.Merge", "1185883450", "Vendor/1, Vendor/7 merged into 1"),
    ],
    "quickbooks__eventNotifications__one.json": [("Bill.Delete", "1185883450", "Bill/3 deleted")],
    "quickbooks__qbo.customer.merged.v1.json": [
        ("qbo.customer.merged.v1", "9341455612345", "Customer/123, Customer/27 merged into 123")
    ],
    "quickbooks__qbo.employee.created.v1.json": [("qbo.employee.created.v1", "9341455612345", "Employee/000000011")],
    "quickbooks__qbo.invoice.deleted.v1.json": [
        ("qbo.invoice.deleted.v1", "9341455612345", "Invoice/9 deleted"),
        ("qbo.starship.launched.v1", "9341455612345", ""),
    ],
    "quickbooks__qbo.salesreceipt.updated.v1.json": [
        ("qbo.salesreceipt.updated.v1", "9341455612345", "SalesReceipt/150")
    ],
    "salesforce__Account.xml": [("Account.changed", "00D5g000004ABCDEA2", "Account/0015g00000AbCdEAAV")],
    "salesforce__Opportunity__two.xml": [
        ("Opportunity.changed", "00D5g000004ABCDEA2", "Opportunity/0065g00000AbCdEAAV"),
        ("Opportunity.changed", "00D5g000004ABCDEA2", "Opportunity/0065g00000AbCdFAAV"),
    ],
    "standard__contract.signed.json": [("contract.signed", None, "?")],
    "stripe__balance.available.json": [("balance.available", None, "")],
    "stripe__charge.refunded.json": [("charge.refunded", None, "payments/*")],
    "stripe__credit_note.created__connect.json": [
        ("credit_note.created", "acct_1032D82eZvKYlo2C", "credit_notes/cn_1")
    ],
    "stripe__customer.deleted.json": [("customer.deleted", None, "customers/cus_1 deleted")],
    "stripe__customer.subscription.deleted.json": [("customer.subscription.deleted", None, "subscriptions/sub_1")],
    "stripe__customer.updated.json": [("customer.updated", None, "customers/cus_1")],
    "stripe__invoice.paid.json": [("invoice.paid", None, "invoices/in_1")],
    "stripe__invoice.upcoming.json": [("invoice.upcoming", None, "")],
    "stripe__v2.core.event.json": [("v1.billing.meter.error_report_triggered", None, "")],
    "surveymonkey__collector_created.json": [("collector_created", "123456789", "collectors/55")],
    "surveymonkey__response_completed.json": [("response_completed", "123456789", "responses/123456")],
    "surveymonkey__response_deleted.json": [("response_deleted", "123456789", "responses/123456 deleted")],
    "typeform__form_response.json": [("form_response", "lT4Z3j", "responses/a3a12ec67a1365927098a606107fac15")],
    "typeform__form_response_partial.json": [("form_response_partial", "lT4Z3j", "responses/b4")],
    "xero__CONTACT.UPDATE.json": [
        ("CONTACT.UPDATE", "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "Contacts/717f2bfc-c6d4-41fd-b238-3f2f0c0cf777")
    ],
    "xero__intent-to-receive.json": [],
    "xero__intent-to-receive__null.json": [],
    "xero__several.json": [
        ("INVOICE.CREATE", "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "Invoices/i1"),
        ("CREDITNOTE.UPDATE", "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "CreditNotes/n1"),
        ("SUBSCRIPTION.CREATE", "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", ""),
    ],
    "zendesk__organization.deleted.json": [
        ("zen:event-type:organization.deleted", "12514403", "organizations/77 deleted")
    ],
    "zendesk__ticket.status_changed.json": [("zen:event-type:ticket.status_changed", "12514403", "tickets/5158")],
    "zendesk__trigger.json": [("trigger", None, "tickets/35436")],
    "zendesk__trigger__unclear.json": [("trigger", None, "?")],
    "zendesk__user.active_changed.json": [("zen:event-type:user.active_changed", "12514403", "users/6596848315901")],
    "zoho__Contacts.insert.json": [("Contacts.insert", None, "Contacts/5221590000000951001")],
    "zoho__Deals.update.json": [("Deals.update", None, "Deals/410405000002264040, Deals/410405000002264041")],
    "zoho__Leads.delete.json": [("Leads.delete", None, "Leads/41 deleted")],
}


def request_of(file: str) -> SignedRequest:
    return sent((FIXTURES / file).read_bytes(), HEADERS)


def events_of(file: str) -> list[Received]:
    return TABLE[file.partition("__")[0]].events(request_of(file))


def in_words(touch: Touch) -> str:
    end = f" {touch.gone}" if touch.gone else ""
    return f"{touch.stream}/{touch.id or '*'}{end}" + (f" into {touch.into}" if touch.into else "")


def told(event: Received) -> tuple[str, str | None, str]:
    touched = "?" if event.touches is None else ", ".join(map(in_words, event.touches))
    return event.type, event.account, touched


@pytest.mark.parametrize("file", EXPECTED)
def test_each_event_is_read_for_what_it_is_about(file: str) -> None:
    assert [told(event) for event in events_of(file)] == EXPECTED[file]


def test_every_fixture_is_read_and_every_vendor_has_some() -> None:
    files = {path.name for path in FIXTURES.iterdir()} - {"SOURCES.md"}
    assert files == set(EXPECTED)
    assert {file.partition("__")[0] for file in files} == set(TABLE) - {"hubspot-legacy"}


def test_every_fixture_says_where_it_comes_from() -> None:
    sources = (FIXTURES / "SOURCES.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([^`]+)` \| \S.* \| \S.* \|$", sources, re.MULTILINE)) == sorted(EXPECTED)


@pytest.mark.parametrize("file", EXPECTED)
def test_a_repeat_has_the_same_name_and_says_the_same(file: str) -> None:
    assert [(event.id, event.digest) for event in events_of(file)] == [
        (event.id, event.digest) for event in events_of(file)
    ]
    assert len({event.id for event in events_of(file)}) == len(events_of(file))


@pytest.mark.parametrize("file", [file for file in EXPECTED if file.endswith(".json")])
def test_fields_nobody_has_heard_of_change_nothing(file: str) -> None:
    found = orjson.loads((FIXTURES / file).read_bytes())
    for part in found if isinstance(found, list) else [found]:
        part |= {"a_new_field": {"deep": [1, None, {"x": []}]}, "another": None}
    request = sent(orjson.dumps(found), HEADERS)
    assert [told(event) for event in TABLE[file.partition("__")[0]].events(request)] == EXPECTED[file]


ATTEMPTS = {
    "docusign__envelope-completed.json": (b'"retryCount": 2', b'"retryCount": 3'),
    "hubspot__contact.creation.json": (b'"attemptNumber": 0', b'"attemptNumber": 4'),
    "pipedrive__change.deal.json": (b'"attempt": 1', b'"attempt": 2'),
    "pipedrive__updated.deal__v1.json": (b'"retry": 0', b'"retry": 1'),
    "stripe__invoice.paid.json": (b'"pending_webhooks": 1', b'"pending_webhooks": 0'),
    "salesforce__Account.xml": (b"Marlow", b"Marlow, renamed since"),
}


@pytest.mark.parametrize("file", ATTEMPTS)
def test_what_differs_between_attempts_makes_no_other_event(file: str) -> None:
    first, second = ATTEMPTS[file]
    body = (FIXTURES / file).read_bytes()
    assert first in body
    again = TABLE[file.partition("__")[0]].events(sent(body.replace(first, second), HEADERS))
    assert [(event.id, event.digest) for event in again] == [(event.id, event.digest) for event in events_of(file)]


def test_a_workflow_of_hubspot_sends_one_record_and_no_batch() -> None:
    request = by_hubspot(b'{"vid": 33, "properties": {"email": {"value": "a@b.example"}}}')
    assert [told(event) for event in TABLE["hubspot-legacy"].events(request)] == [("workflow", None, "?")]


@pytest.mark.parametrize("scheme", sorted(SENDERS))
def test_the_usual_request_holds_an_event(scheme: str) -> None:
    events = TABLE[scheme].events(SENDERS[scheme]())
    assert events
    assert all(event.id and event.type and event.body for event in events)


# --- any other sender -------------------------------------------------------------------------------------------------


def signed_json(**more: object) -> SignedJson:
    return SignedJson.model_validate({"header": "X-Sig", **more})


def read(settings: SignedJson, body: object) -> list[Received]:
    return generic_vendor(settings).events(sent(orjson.dumps(body), {}))


def test_without_any_paths_the_content_names_the_event_and_the_connection_is_read() -> None:
    [event] = read(signed_json(), {"a": 1})
    assert (event.type, event.touches) == ("event", None)
    assert event.id == name_of({"a": 1})
    assert read(signed_json(), {"a": 2})[0].id != event.id


def test_a_list_of_events_is_taken_apart() -> None:
    settings = signed_json(events="items", id="id", type="kind", stream="orders", record_id="order.0.no")
    body = {"items": [{"id": 1, "kind": "a", "order": [{"no": 7}]}, {"id": "2", "kind": "b"}]}
    first, second = read(settings, body)
    assert (first.id, first.type, first.touches) == ("1", "a", (Touch("orders", "7"),))
    assert (second.id, second.touches) == ("2", ())
    assert orjson.loads(second.body) == body["items"][1]


def test_a_record_may_come_with_its_event() -> None:
    settings = signed_json(stream="forms", record_id="form.id", record="form")
    [event] = read(settings, {"form": {"id": 5, "answers": [1, 2]}})
    assert event.touches == (Touch("forms", "5", record={"id": 5, "answers": [1, 2]}),)
    [whole] = read(signed_json(stream="forms", record_id="id", record=""), {"id": "x"})
    assert whole.touches == (Touch("forms", "x", record={"id": "x"}),)


@pytest.mark.parametrize(
    ("settings", "body"),
    [
        ({"events": "items"}, {"items": {}}),
        ({"events": "items"}, {}),
        ({"events": ""}, [1] * 1001),
        ({"id": "id"}, {"id": None}),
        ({"id": "id"}, {"id": True}),
        ({"type": "t"}, {"t": "x" * 256}),
        ({"stream": "s", "record_id": "id"}, {"id": {}}),
        ({"stream": "s", "record_id": "id", "record": "r"}, {"id": 1, "r": [1]}),
    ],
)
def test_what_does_not_stand_where_the_admin_said_is_refused(settings: dict[str, object], body: object) -> None:
    with pytest.raises(Refusal):
        read(signed_json(**settings), body)


@pytest.mark.parametrize(
    ("settings", "signature"),
    [
        ({"encoding": "hex"}, lambda body: hashed("key", body).hex()),
        ({"algorithm": "sha1", "prefix": "sha1="}, lambda body: "sha1=" + hashed("key", body, "sha1").hex()),
        ({"algorithm": "sha512"}, lambda body: hashed("key", body, "sha512").hex()),
        ({"signed": "v0:{body}:end"}, lambda body: hashed("key", b"v0:" + body + b":end").hex()),
        ({"encoding": "plain"}, lambda _: "key"),
        ({"encoding": "plain", "prefix": "Bearer "}, lambda _: "Bearer key"),
    ],
)
def test_many_ways_of_signing_are_written_down_in_a_few_words(settings: dict[str, object], signature: object) -> None:
    assert callable(signature)
    vendor = generic_vendor(signed_json(**settings))
    right = sent(b"{}", {"x-sig": signature(b"{}")})
    assert is_genuine(vendor, ["key"], right)
    assert not is_genuine(vendor, ["other"], right)
    assert not is_genuine(vendor, ["key"], sent(b"{}", {"x-sig": "key"[:-1]}))


@pytest.mark.parametrize("at", ["1782810000", "1782810000000", "2026-06-30T09:00:00Z", "2026-06-30T10:00:00+01:00"])
def test_times_of_signing_may_be_seconds_milliseconds_or_instants(at: str) -> None:
    vendor = generic_vendor(signed_json(timestamp_header="X-At", signed="{timestamp}{body}"))
    headers = {"x-sig": hashed("key", at.encode() + b"{}").hex(), "x-at": at}
    assert is_genuine(vendor, ["key"], sent(b"{}", headers, at=1_782_810_000 + 299))
    assert not is_genuine(vendor, ["key"], sent(b"{}", headers, at=1_782_810_000 - 301))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", {"a": [{"b": 1}]}),
        ("a", [{"b": 1}]),
        ("a.0.b", 1),
        ("a.1", None),
        ("a.x", None),
        ("a.0.b.c", None),
        ("z", None),
    ],
)
def test_paths_lead_to_values_or_to_nothing(path: str, found: object) -> None:
    assert at_path({"a": [{"b": 1}]}, path) == found


def test_a_generic_sender_is_not_believed_without_its_secret() -> None:
    assert not is_genuine(TABLE["generic"], ["other"], by_generic())


def test_digests_look_at_content_and_not_at_order() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    assert digest_of({"a": 1, "try": 2}, ("try",)) == digest_of({"a": 1, "try": 3}, ("try",))
    assert digest_of({"a": 1}) != digest_of({"a": "1"})
