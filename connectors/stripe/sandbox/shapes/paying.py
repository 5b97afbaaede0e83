"""Shapes of what is owed and paid: invoices, payments, credit notes and refunds."""

from __future__ import annotations

from typing import Any

from connectors.stripe.sandbox.books import Record
from connectors.stripe.sandbox.shapes.base import list_object, shape

_INVOICE_AMOUNTS = (
    "amount_overpaid",
    "amount_paid",
    "amount_shipping",
    "post_payment_credit_notes_amount",
    "pre_payment_credit_notes_amount",
    "starting_balance",
)


def invoice(object_id: str, created: int, buyer: Record, line: Record, **known: Any) -> Record:
    """A draft over one line; the subscription is told under ``parent``, payments are asked for apart."""
    amount = line["amount"]
    standing: Record = {
        **dict.fromkeys(_INVOICE_AMOUNTS, 0),
        "account_country": "GB",
        "account_name": "Hartwell & Co",
        "amount_due": amount,
        "amount_remaining": amount,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": dict.fromkeys(("disabled_reason", "liability", "provider", "status")) | {"enabled": False},
        "billing_reason": "manual",
        "collection_method": "send_invoice",
        "currency": line["currency"],
        "customer": buyer["id"],
        "customer_email": buyer["email"],
        "customer_name": buyer["name"],
        "customer_phone": buyer["phone"],
        "customer_address": buyer["address"],
        "customer_tax_exempt": buyer["tax_exempt"],
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "lines": list_object([line], f"/v1/invoices/{object_id}/lines"),
        "livemode": False,
        "metadata": {},
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": created,
        "period_start": created,
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_discount_amounts": [],
        "total_excluding_tax": amount,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }
    return shape("invoice", object_id, created=created, **{**standing, **known})


def line_item(
    invoice_id: str, amount: int, currency: str, *, description: str, period: tuple[int, int], of: Record | None
) -> Record:
    """The one line of an invoice; ``of`` is the subscription it bills, if any."""
    item = of["items"]["data"][0] if of else None
    details = _item_details(of["id"], item["id"]) if of and item else None
    return shape(
        "line_item",
        "il_" + invoice_id.removeprefix("in_"),
        amount=amount,
        currency=currency,
        description=description,
        discount_amounts=[],
        discountable=True,
        discounts=[],
        invoice=invoice_id,
        livemode=False,
        metadata={},
        parent=details,
        period={"start": period[0], "end": period[1]},
        pretax_credit_amounts=[],
        pricing=_pricing(item["price"]) if item else None,
        quantity=1,
        quantity_decimal="1",
        subscription=of["id"] if of else None,
        subtotal=amount,
        taxes=[],
    )


def _item_details(subscription_id: str, item_id: str) -> Record:
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": subscription_id,
            "subscription_item": item_id,
        },
        "type": "subscription_item_details",
    }


def _pricing(price: Record) -> Record:
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def subscription_parent(subscription_id: str) -> Record:
    """What stands under ``parent`` of an invoice that bills a subscription."""
    details: Record = {"metadata": {}, "subscription": subscription_id, "subscription_proration_date": None}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def invoice_payment(of: Record, intent_id: str, created: int) -> Record:
    """How one invoice is to be paid; open until the money is there."""
    return shape(
        "invoice_payment",
        "inpay_" + of["id"].removeprefix("in_"),
        amount_requested=of["amount_due"],
        created=created,
        currency=of["currency"],
        invoice=of["id"],
        is_default=True,
        livemode=False,
        payment={"type": "payment_intent", "payment_intent": intent_id},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )


def payment_intent(of: Record, created: int) -> Record:
    """The attempt to collect one invoice."""
    object_id = "pi_" + of["id"].removeprefix("in_")
    return shape(
        "payment_intent",
        object_id,
        amount=of["amount_due"],
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        capture_method="automatic",
        client_secret=f"{object_id}_secret_sandbox",
        confirmation_method="automatic",
        created=created,
        currency=of["currency"],
        customer=of["customer"],
        livemode=False,
        metadata={},
        payment_method_options={},
        payment_method_types=["bacs_debit", "card"],
        status="requires_payment_method",
    )


def charge(intent: Record, buyer: Record, created: int) -> Record:
    """The money that came in for one payment intent."""
    amount = intent["amount"]
    contact = {name: buyer.get(name) for name in ("address", "email", "name", "phone")}
    return shape(
        "charge",
        "ch_" + intent["id"].removeprefix("pi_"),
        amount=amount,
        amount_captured=amount,
        amount_refunded=0,
        billing_details={**contact, "tax_id": None},
        captured=True,
        created=created,
        currency=intent["currency"],
        customer=intent["customer"],
        disputed=False,
        fraud_details={},
        livemode=False,
        metadata={},
        outcome=_APPROVED,
        paid=True,
        payment_intent=intent["id"],
        payment_method_details={"type": "bacs_debit", "bacs_debit": {"last4": "2345", "sort_code": "108800"}},
        refunded=False,
        status="succeeded",
    )


_APPROVED: Record = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "not_assessed",
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def credit_note(object_id: str, created: int, of: Record, amount: int, **known: Any) -> Record:
    """A reduction of an invoice, before its payment or after it."""
    standing: Record = {
        "amount": amount,
        "amount_shipping": 0,
        "currency": of["currency"],
        "customer": of["customer"],
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice": of["id"],
        "lines": list_object([], f"/v1/credit_notes/{object_id}/lines"),
        "livemode": False,
        "metadata": {},
        "pdf": f"https://billing.example/credit_notes/{object_id}.pdf",
        "post_payment_amount": 0,
        "pre_payment_amount": 0,
        "pretax_credit_amounts": [],
        "refunds": [],
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "pre_payment",
    }
    return shape("credit_note", object_id, created=created, **{**standing, **known})


def refund(object_id: str, created: int, of: Record, amount: int, **known: Any) -> Record:
    """Money given back of one charge."""
    standing: Record = {
        "amount": amount,
        "charge": of["id"],
        "currency": of["currency"],
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "status": "succeeded",
    }
    return shape("refund", object_id, created=created, **{**standing, **known})
