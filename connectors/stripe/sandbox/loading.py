"""Loads the billing side of the demo firm: customers, fees as subscriptions, bills as invoices with their payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from typing import Any

from connectors.sandbox.firm import Bill, Fee, Firm, Party, Person
from connectors.stripe.sandbox.books import EVENT_DAYS, Books, Record
from connectors.stripe.sandbox.ids import stripe_id
from connectors.stripe.sandbox.invoices import collect, issue_payment
from connectors.stripe.sandbox.money import minor_units
from connectors.stripe.sandbox.shapes.paying import invoice, line_item, subscription_parent
from connectors.stripe.sandbox.shapes.selling import customer, price, product, subscription, tax_id

_DAY = 86_400
_MONTH = 30 * _DAY

# What happened of late, by the field of an invoice's transitions that tells when.
_INVOICE_EVENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("finalized_at", ("invoice.created", "invoice.finalized", "invoice.sent")),
    ("paid_at", ("invoice.paid", "invoice.payment_succeeded")),
    ("marked_uncollectible_at", ("invoice.marked_uncollectible",)),
    ("voided_at", ("invoice.voided",)),
)


def load_firm(books: Books, firm: Firm) -> None:
    """Fill empty books with what the firm keeps in billing; the events are those of the last thirty days."""
    parties = sorted((p for p in firm.parties if "stripe" in p.homes), key=lambda p: (p.client_since, p.key))
    contacts = {person.party_key: person for person in firm.people if person.is_primary}
    for number, party in enumerate(parties):
        _load_customer(books, party, contacts.get(party.key), number)
    bills: dict[str | None, list[Bill]] = defaultdict(list)
    for bill in firm.bills:
        bills[bill.fee_key].append(bill)
    for fee in sorted(firm.fees, key=lambda fee: (fee.started_at, fee.key)):
        _load_fee(books, fee, bills[fee.key])
    for bill in sorted(firm.bills, key=lambda bill: (bill.issued_at, bill.key)):
        _load_bill(books, bill)
    _load_payments(books, firm)
    _load_events(books)


def _load_customer(books: Books, party: Party, contact: Person | None, number: int) -> None:
    """Clients were entered by different hands: some with a person's address, some with VAT number or website only."""
    created = _seconds(datetime.combine(party.client_since, time(6, 30), UTC))
    object_id = stripe_id("cus", party.key)
    style = number % 5
    email = {2: f"accounts@{party.domain}", 3: f"accounts@{party.domain}"}.get(style, contact and contact.email)
    notes = {"website": f"https://www.{party.domain}"} if style == 4 else {}
    if party.vat_number and style in (3, 4):
        notes["vat_number"] = party.vat_number
    fee_debt = party.status == "active"
    books.put(
        customer(
            object_id,
            created,
            name=party.spelling.get("stripe", party.name),
            email=None if style == 4 else email,
            phone=party.phone,
            address=_address(party),
            currency=party.currency.lower(),
            description=None if fee_debt else "Former client",
            metadata=notes,
        )
    )
    if party.vat_number:
        books.put(tax_id(stripe_id("txi", party.key), created, object_id, party.vat_number))


def _address(party: Party) -> Record:
    return {
        "city": party.city,
        "country": party.country,
        "line1": party.street,
        "line2": None,
        "postal_code": party.postal_code,
        "state": None,
    }


def _load_fee(books: Books, fee: Fee, bills: Sequence[Bill]) -> None:
    months = round(bills[0].amount / fee.monthly_amount) if bills else 1
    started = _seconds(fee.started_at)
    product_id = stripe_id("prod", fee.plan_name)
    if books.get("product", product_id) is None:
        books.put(product(product_id, started, fee.plan_name))
    currency = fee.currency.lower()
    amount = minor_units(fee.monthly_amount * months, currency)
    cadence = "monthly" if months == 1 else "quarterly"
    of_price = books.put(
        price(
            stripe_id("price", fee.key),
            started,
            product_id,
            amount=amount,
            currency=currency,
            months=months,
            nickname=f"{fee.plan_name}, {cadence}",
        )
    )
    begin = _seconds(bills[-1].issued_at) if bills else started
    books.put(
        subscription(
            stripe_id("sub", fee.key),
            started,
            of_price,
            (begin, begin + months * _MONTH),
            customer=stripe_id("cus", fee.party_key),
            days_until_due=(bills[0].due_at - bills[0].issued_at).days if bills else 30,
            latest_invoice=stripe_id("in", bills[-1].key) if bills else None,
            status=fee.status,
            **_ending(fee),
        )
    )
    if fee.status == "past_due":
        books.need("customer", stripe_id("cus", fee.party_key))["delinquent"] = True


def _ending(fee: Fee) -> Record:
    ended = fee.canceled_at and _seconds(fee.canceled_at)
    is_trial = fee.status == "trialing"
    details = dict.fromkeys(("comment", "feedback", "feedback_option", "reason"))
    return {
        "canceled_at": ended,
        "ended_at": ended,
        "cancellation_details": {**details, "reason": "cancellation_requested" if ended else None},
        "trial_start": _seconds(fee.started_at) if is_trial else None,
        "trial_end": _seconds(fee.started_at) + _MONTH if is_trial else None,
    }


def _load_bill(books: Books, bill: Bill) -> None:
    object_id = stripe_id("in", bill.key)
    issued, currency = _seconds(bill.issued_at), bill.currency.lower()
    buyer = books.need("customer", stripe_id("cus", bill.party_key))
    of = books.get("subscription", stripe_id("sub", bill.fee_key)) if bill.fee_key else None
    item = of["items"]["data"][0] if of else None
    line = line_item(
        object_id,
        minor_units(bill.amount, currency),
        currency,
        description=books.need("product", item["price"]["product"])["name"] if item else "Special work",
        period=(issued, issued + _MONTH * item["price"]["recurring"]["interval_count"] if item else issued),
        of=of,
    )
    record = invoice(
        object_id,
        issued,
        buyer,
        line,
        billing_reason="subscription_cycle" if of else "manual",
        due_date=_seconds(bill.due_at),
        parent=subscription_parent(of["id"]) if of else None,
    )
    books.put(record)
    if bill.status != "draft":
        _finalize(books, record, bill)


def _finalize(books: Books, record: Record, bill: Bill) -> None:
    issued = record["created"]
    record.update(number=bill.number, status=bill.status, effective_at=issued)
    record["hosted_invoice_url"] = f"https://billing.example/i/{record['id']}"
    record["invoice_pdf"] = f"https://billing.example/i/{record['id']}.pdf"
    record["status_transitions"]["finalized_at"] = issued
    stamp = {"void": ("voided_at", 5), "uncollectible": ("marked_uncollectible_at", 90)}.get(bill.status)
    if stamp:
        record["status_transitions"][stamp[0]] = min(issued + stamp[1] * _DAY, books.now() - _DAY)
    payment = issue_payment(books, record, issued)
    if bill.status == "void":
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = record["status_transitions"]["voided_at"]


def _load_payments(books: Books, firm: Firm) -> None:
    """Charges are kept in the order in which the money came, not in that of the invoices."""
    payments = {payment["invoice"]: payment for payment in books.of("invoice_payment")}
    paid = [(bill.paid_at, bill.key) for bill in firm.bills if bill.status == "paid" and bill.paid_at is not None]
    for paid_at, key in sorted(paid):
        record = books.need("invoice", stripe_id("in", key))
        at, total = _seconds(paid_at), record["total"]
        collect(books, payments[record["id"]], at, total, events=False)
        record["status_transitions"]["paid_at"] = at
        record.update(amount_paid=total, amount_remaining=0, attempted=True, attempt_count=1)


def _load_events(books: Books) -> None:
    since = books.now() - EVENT_DAYS * _DAY
    found = sorted((e for e in _happenings(books) if e[0] >= since), key=lambda e: (e[0], e[2]["id"], e[1]))
    for at, event_type, record in found:
        books.tell(event_type, record, at=at)


def _happenings(books: Books) -> Iterator[tuple[int, str, Record]]:
    """Everything that can be told of the loaded objects: when, what, of which."""
    for record in books.of("invoice"):
        for field, event_types in _INVOICE_EVENTS:
            at = record["status_transitions"][field]
            yield from ((at, event_type, record) for event_type in event_types if at)
    simple: tuple[tuple[str, str, Callable[[Record], Any]], ...] = (
        ("customer", "customer.created", lambda record: record["created"]),
        ("subscription", "customer.subscription.created", lambda record: record["created"]),
        ("subscription", "customer.subscription.deleted", lambda record: record["ended_at"]),
        ("charge", "charge.succeeded", lambda record: record["created"]),
        ("invoice_payment", "invoice_payment.paid", lambda record: record["status_transitions"]["paid_at"]),
    )
    for kind, event_type, when in simple:
        yield from ((when(record), event_type, record) for record in books.of(kind) if when(record))


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
