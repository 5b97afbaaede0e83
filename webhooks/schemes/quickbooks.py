"""QuickBooks Online: ``intuit-signature``, a base64 HMAC-SHA256 of the body with the app's verifier token.

Two bodies: an array of CloudEvents (since 2026), and the older ``eventNotifications``. Both are thin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from core.connector import GoneReason
from core.store.touches import Touch
from webhooks.reading import (
    Json,
    digest_of,
    id_at,
    id_or_none,
    name_of,
    object_at,
    objects_at,
    part_of,
    read_json,
    read_objects,
    text_at,
)
from webhooks.request import Answer, Received, Refusal, SignedRequest, Vendor
from webhooks.schemes.body import signed_body

# CloudEvents write the names of entities in small letters; the API, the older events and the streams do not.
ENTITIES: Mapping[str, str] = MappingProxyType(
    {
        name.lower(): name
        for name in (
            "Account", "Bill", "BillPayment", "Budget", "Class", "CreditMemo", "Currency", "Customer", "Department",
            "Deposit", "Employee", "Estimate", "Invoice", "Item", "JournalCode", "JournalEntry", "Payment",
            "PaymentMethod", "Preferences", "Purchase", "PurchaseOrder", "RefundReceipt", "SalesReceipt", "TaxAgency",
            "Term", "TimeActivity", "Transfer", "Vendor", "VendorCredit",
        )
    }
)  # fmt: skip
GONE: Mapping[str, GoneReason] = MappingProxyType({"deleted": "deleted", "delete": "deleted"})


def events(request: SignedRequest) -> list[Received]:
    """The events of a delivery, in whichever of the two shapes it came."""
    if isinstance(read_json(request.body), list):
        return [_cloud_event(event, body) for event, body in read_objects(request.body)]
    found = read_json(request.body)
    if not isinstance(found, dict) or "eventNotifications" not in found:
        raise Refusal("the body is neither an array of events nor has it `eventNotifications`")
    entities = list(_entities(found))
    return [_older_event(entity, realm, part_of(request.body, entity, len(entities))) for entity, realm in entities]


def _cloud_event(event: Json, body: bytes) -> Received:
    told = text_at(event, "type")
    name = name_of(id_or_none(event, "source"), text_at(event, "id"), told, id_or_none(event, "time"))
    _, _, rest = told.partition(".")
    entity, _, operation = rest.partition(".")
    record = id_or_none(event, "intuitentityid")
    data = event.get("data")  # of no promised shape
    deleted = id_or_none(data, "deletedid") if isinstance(data, dict) else None
    touches = _touches(entity, operation.partition(".")[0], record, deleted)
    return Received(name, told, body, touches, id_or_none(event, "intuitaccountid"), digest_of(event))


def _entities(found: Json) -> Iterator[tuple[Json, str]]:
    for notification in objects_at(found, "eventNotifications"):
        realm = id_at(notification, "realmId")
        for entity in objects_at(object_at(notification, "dataChangeEvent"), "entities"):
            yield entity, realm


def _older_event(entity: Json, realm: str, body: bytes) -> Received:
    kind, operation = text_at(entity, "name"), text_at(entity, "operation")
    record, deleted = id_or_none(entity, "id"), id_or_none(entity, "deletedId")
    name = name_of(realm, kind, operation, record, deleted, id_or_none(entity, "lastUpdated"))
    touches = _touches(kind.lower(), operation.lower(), record, deleted)
    return Received(name, f"{kind}.{operation}", body, touches, realm, digest_of(entity))


def _touches(entity: str, operation: str, record: str | None, deleted: str | None) -> tuple[Touch, ...]:
    stream = ENTITIES.get(entity)
    if stream is None or record is None:
        return ()
    merged = (Touch(stream, deleted, "merged", record),) if deleted and deleted != record else ()
    return (Touch(stream, record, GONE.get(operation)), *merged)


QUICKBOOKS = Vendor((signed_body("intuit-signature"),), events, Answer(200))
