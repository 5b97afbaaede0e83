"""What all shapes share: the fields that are null unless something has set them, and the list envelope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.stripe.sandbox.books import Record

# Fields that are null unless something has set them.
_UNSET: dict[str, str] = {
    "customer": "address business_name currency customer_account default_source description discount email"
    " individual_name name phone shipping test_clock",
    "product": "default_price description package_dimensions shippable statement_descriptor tax_code tax_details"
    " unit_label url",
    "price": "custom_unit_amount lookup_key nickname tiers_mode transform_quantity",
    "plan": "meter nickname tiers_mode transform_usage trial_period_days",
    "subscription": "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at"
    " canceled_at customer_account days_until_due default_payment_method default_source description ended_at"
    " latest_invoice managed_payments next_pending_invoice_item_invoice on_behalf_of pause_collection"
    " pending_invoice_item_interval pending_setup_intent pending_update presentment_details schedule status_details"
    " test_clock transfer_data trial_end trial_start",
    "subscription_item": "billed_until billing_thresholds current_trial",
    "invoice": "account_tax_ids amount_paid_off_stripe application automatically_finalizes_at confirmation_secret"
    " custom_fields customer_account customer_address customer_email customer_name customer_phone customer_shipping"
    " default_payment_method default_source description due_date effective_at ending_balance footer from_invoice"
    " hosted_invoice_url invoice_pdf last_finalization_error latest_revision next_payment_attempt number"
    " on_behalf_of parent receipt_number rendering shipping_cost shipping_details statement_descriptor"
    " status_details test_clock threshold_reason webhooks_delivered_at",
    "line_item": "description parent pricing quantity_decimal subscription",
    "invoice_payment": "amount_paid",
    "payment_intent": "allowed_payment_method_types application application_fee_amount automatic_payment_methods"
    " canceled_at cancellation_reason customer_account description excluded_payment_method_types hooks"
    " last_payment_error latest_charge managed_payments next_action on_behalf_of payment_details payment_method"
    " payment_method_configuration_details payment_record presentment_details processing receipt_email review"
    " setup_future_usage shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group",
    "charge": "application application_fee application_fee_amount authorization_code balance_transaction"
    " calculated_statement_descriptor description failure_balance_transaction failure_code failure_message level3"
    " on_behalf_of payment_method presentment_details radar_options receipt_email receipt_number receipt_url review"
    " shipping source source_transfer statement_descriptor statement_descriptor_suffix transfer transfer_data"
    " transfer_group",
    "credit_note": "customer_account customer_balance_transaction effective_at memo out_of_band_amount reason"
    " shipping_cost voided_at",
    "refund": "balance_transaction charge customer customer_account description destination_details"
    " failure_balance_transaction failure_reason instructions_email next_action payment_intent payment_method"
    " pending_reason presentment_details reason receipt_number source_transfer_reversal transfer_reversal",
    "tax_id": "customer_account verification",
    "webhook_endpoint": "api_version application description",
}


_BLANK: dict[str, Record] = {kind: dict.fromkeys(names.split()) for kind, names in _UNSET.items()}


def shape(kind: str, object_id: str, **known: Any) -> Record:
    """An object of ``kind`` with ``known`` set and the rest null."""
    return {"id": object_id, "object": kind, **_BLANK[kind], **known}


def list_object(records: Sequence[Record], url: str, *, has_more: bool = False) -> Record:
    """The envelope of every list."""
    return {"object": "list", "data": list(records), "has_more": has_more, "url": url}
