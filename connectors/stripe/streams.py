"""What can be read: each stream's list, what is asked for with it, and which events tell of its changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

NO_PARAMS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Source:
    """How one stream is read.

    ``path`` lies below ``/v1/``; ``kind`` is the vendor's word in ``object``. ``expandable`` names what is shown in
    full only when asked for. ``events`` tell of changes; after one of ``gone_events`` the object is no longer there.
    """

    stream: str
    path: str
    kind: str
    events: tuple[str, ...]
    gone_events: tuple[str, ...] = ()
    expandable: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=lambda: NO_PARAMS)
    dashboard: str | None = None

    @property
    def all_events(self) -> tuple[str, ...]:
        """Everything to listen to; the vendor takes twenty types at most."""
        return self.events + self.gone_events

    def asking_for(self, fields: Sequence[str]) -> Question:
        """What to ask for so that these fields are shown."""
        wanted = (name for name in self.expandable if any(field.startswith(f"{name}.") for field in fields))
        return Question(self, tuple(wanted))


@dataclass(frozen=True)
class Question:
    """One source, and what of it is to be shown in full."""

    source: Source
    expand: tuple[str, ...] = ()

    def list_params(self) -> dict[str, object]:
        """The parameters of a list."""
        paths = {"expand": [f"data.{name}" for name in self.expand]} if self.expand else {}
        return {**self.source.params, **paths}

    def object_params(self) -> dict[str, object]:
        """The parameters of a single read."""
        return {"expand": list(self.expand)} if self.expand else {}


SOURCES: Mapping[str, Source] = {
    source.stream: source
    for source in (
        Source(
            "customers",
            "customers",
            "customer",
            events=("customer.created", "customer.updated"),
            gone_events=("customer.deleted",),
            expandable=("tax_ids",),
            dashboard="customers",
        ),
        Source(
            "subscriptions",
            "subscriptions",
            "subscription",
            events=tuple(
                f"customer.subscription.{event}"
                for event in ("created", "updated", "deleted", "paused", "resumed", "pending_update_applied")
            ),
            params={"status": "all"},  # without it the list hides those that have ended
            dashboard="subscriptions",
        ),
        Source(
            "invoices",
            "invoices",
            "invoice",
            events=tuple(
                f"invoice.{event}"
                for event in (
                    "created",
                    "updated",
                    "finalized",
                    "sent",
                    "overdue",
                    "payment_failed",
                    "payment_succeeded",
                    "paid",
                    "overpaid",
                    "voided",
                    "marked_uncollectible",
                )
            ),
            gone_events=("invoice.deleted",),
            dashboard="invoices",
        ),
        Source(
            "payments",
            "invoice_payments",
            "invoice_payment",
            # Refunds and disputes are told of the charge only; the payment is found by the charge's payment intent.
            events=(
                "invoice_payment.paid",
                "charge.refunded",
                "charge.refund.updated",
                "charge.dispute.created",
                "charge.dispute.closed",
            ),
            expandable=("payment.payment_intent", "payment.payment_intent.latest_charge"),
            params={"status": "paid"},
        ),
        Source(
            "credit_notes",
            "credit_notes",
            "credit_note",
            events=("credit_note.created", "credit_note.updated", "credit_note.voided"),
        ),
    )
}
