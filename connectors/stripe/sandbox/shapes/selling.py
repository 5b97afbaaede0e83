"""Shapes of who buys and what is sold: customers, products, prices and subscriptions."""

from __future__ import annotations

from typing import Any

from connectors.stripe.sandbox.books import Record
from connectors.stripe.sandbox.shapes.base import list_object, shape


def customer(object_id: str, created: int, **known: Any) -> Record:
    """Somebody who is billed."""
    standing: Record = {
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": object_id[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    return shape("customer", object_id, created=created, **{**standing, **known})


def tax_id(object_id: str, created: int, customer_id: str, value: str) -> Record:
    """A customer's value added tax number; the first two letters are its country."""
    return shape(
        "tax_id",
        object_id,
        country=value[:2],
        created=created,
        customer=customer_id,
        livemode=False,
        owner={"customer": customer_id, "type": "customer"},
        type="gb_vat" if value.startswith("GB") else "eu_vat",
        value=value,
    )


def product(object_id: str, created: int, name: str) -> Record:
    """Something that can be sold."""
    return shape(
        "product",
        object_id,
        active=True,
        created=created,
        images=[],
        livemode=False,
        marketing_features=[],
        metadata={},
        name=name,
        type="service",
        updated=created,
    )


def price(
    object_id: str, created: int, product_id: str, *, amount: int, currency: str, months: int, nickname: str
) -> Record:
    """What a product costs every so many months, in smallest units."""
    return shape(
        "price",
        object_id,
        active=True,
        billing_scheme="per_unit",
        created=created,
        currency=currency,
        livemode=False,
        metadata={},
        nickname=nickname,
        product=product_id,
        recurring={
            "interval": "month",
            "interval_count": months,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        tax_behavior="unspecified",
        type="recurring",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )


def plan(of_price: Record) -> Record:
    """The older twin of a price, which subscription items still carry."""
    recurring = of_price["recurring"]
    return shape(
        "plan",
        of_price["id"],
        active=True,
        amount=of_price["unit_amount"],
        amount_decimal=of_price["unit_amount_decimal"],
        billing_scheme="per_unit",
        created=of_price["created"],
        currency=of_price["currency"],
        interval=recurring["interval"],
        interval_count=recurring["interval_count"],
        livemode=False,
        metadata={},
        product=of_price["product"],
        usage_type="licensed",
    )


def subscription(object_id: str, created: int, of_price: Record, period: tuple[int, int], **known: Any) -> Record:
    """A recurring fee; since 2025 the current period is told by its item only."""
    item = shape(
        "subscription_item",
        "si_" + object_id.removeprefix("sub_")[:14],
        created=created,
        current_period_end=period[1],
        current_period_start=period[0],
        discounts=[],
        metadata={},
        plan=plan(of_price),
        price=of_price,
        quantity=1,
        subscription=object_id,
        tax_rates=[],
    )
    standing: Record = {
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": created,
        "billing_mode": {"flexible": None, "type": "classic", "updated_at": None},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": dict.fromkeys(("comment", "feedback", "feedback_option", "reason")),
        "collection_method": "send_invoice",
        "currency": of_price["currency"],
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": list_object([item], f"/v1/subscription_items?subscription={object_id}"),
        "livemode": False,
        "metadata": {},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": created,
        "trial_settings": {"end_behavior": {"billing_cycle_anchor": None, "missing_payment_method": "create_invoice"}},
    }
    return shape("subscription", object_id, created=created, **{**standing, **known})
