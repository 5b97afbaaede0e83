"""The life of an invoice: draft, open, paid, void or given up; credit notes and refunds after it."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.stripe.sandbox.books import Books, Record
from connectors.stripe.sandbox.checking import Check, boolean, checked, choice, integer, metadata, text
from connectors.stripe.sandbox.form import Params
from connectors.stripe.sandbox.problems import StripeProblemError, missing_parameter, not_possible
from connectors.stripe.sandbox.shapes.paying import charge, credit_note, invoice_payment, payment_intent, refund

_CREDIT_FIELDS: Mapping[str, Check] = {
    "amount": integer,
    "credit_amount": integer,
    "invoice": text(255),
    "memo": text(5000),
    "metadata": metadata,
    "out_of_band_amount": integer,
    "reason": choice("duplicate", "fraudulent", "order_change", "product_unsatisfactory"),
    "refund_amount": integer,
}
_REFUND_FIELDS: Mapping[str, Check] = {
    "amount": integer,
    "charge": text(255),
    "metadata": metadata,
    "payment_intent": text(255),
    "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
}


class Invoices:
    """Carry invoices from one status to the next."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def finalize(self, params: Params, object_id: str) -> Record:
        """Open a draft: it gets its number and a way to be paid."""
        checked(params, {"auto_advance": boolean})
        record = self._in_status(object_id, "draft")
        now = self._books.tick()
        number = f"{self._books.need('customer', record['customer'])['invoice_prefix']}-{self._books.rank(object_id)}"
        self._books.change(record, self._moved(record, "open", "finalized_at", now, number=number), "invoice.finalized")
        issue_payment(self._books, record, now)
        return record

    def pay(self, params: Params, object_id: str) -> Record:
        """Collect what is owed, or note that it came in another way."""
        values = checked(params, {"paid_out_of_band": boolean, "off_session": boolean, "payment_method": text(255)})
        record = self._in_status(object_id, "open", "uncollectible")
        return settle(self._books, record, self._books.tick(), through_stripe=not values.get("paid_out_of_band"))

    def void(self, params: Params, object_id: str) -> Record:
        """Declare a mistake; nothing is owed any more."""
        checked(params, {})
        record = self._in_status(object_id, "open", "uncollectible")
        now = self._books.tick()
        for payment in self._payments(record):
            transitions = {**payment["status_transitions"], "canceled_at": now}
            self._books.change(payment, {"status": "canceled", "status_transitions": transitions})
        return self._books.change(record, self._moved(record, "void", "voided_at", now), "invoice.voided")

    def give_up(self, params: Params, object_id: str) -> Record:
        """Mark as uncollectible; it may still be paid."""
        checked(params, {})
        record = self._in_status(object_id, "open")
        moved = self._moved(record, "uncollectible", "marked_uncollectible_at", self._books.tick())
        return self._books.change(record, moved, "invoice.marked_uncollectible")

    def credit(self, params: Params) -> Record:
        """A credit note: lowers an open invoice, or gives back part of a paid one."""
        values = checked(params, _CREDIT_FIELDS)
        if not values.get("invoice"):
            raise missing_parameter("invoice")
        record = self._books.need("invoice", values["invoice"], "invoice")
        if record["status"] not in ("open", "paid", "uncollectible"):
            raise not_possible("Credit notes can only be issued against finalized invoices.")
        is_paid = record["status"] == "paid"
        amount = values.get("amount") or 0
        credited = record["pre_payment_credit_notes_amount"] + record["post_payment_credit_notes_amount"]
        left = record["total"] - credited if is_paid else record["amount_remaining"]
        if not 0 < amount <= left:
            raise not_possible(f"The credit note amount must be between 1 and what is left of the invoice ({left}).")
        return self._issue_credit(record, amount, values, is_paid=is_paid)

    def refund(self, params: Params) -> Record:
        """Money back on a charge."""
        values = checked(params, _REFUND_FIELDS)
        paid = self._charge_of(values)
        left = paid["amount"] - paid["amount_refunded"]
        amount = values.get("amount") or left
        if amount > left or left == 0:
            raise not_possible(f"Refund amount is greater than unrefunded amount ({left}).", "charge_already_refunded")
        known = {"reason": values.get("reason"), "customer": paid["customer"], "metadata": values.get("metadata") or {}}
        given = refund(self._books.new_id("re"), self._books.tick(), paid, amount, **known)
        total = paid["amount_refunded"] + amount
        self._books.change(paid, {"amount_refunded": total, "refunded": total == paid["amount"]}, "charge.refunded")
        return self._books.create(given, "refund.created")

    def _issue_credit(self, record: Record, amount: int, values: Record, *, is_paid: bool) -> Record:
        now = self._books.tick()
        ways = ("credit_amount", "out_of_band_amount", "refund_amount")
        if is_paid and sum(values.get(way) or 0 for way in ways) != amount:
            raise not_possible(f"The sum of {', '.join(ways)} must equal the credit note amount on a paid invoice.")
        side = "post_payment" if is_paid else "pre_payment"
        known = {name: values[name] for name in ("memo", "reason", "out_of_band_amount") if name in values}
        note = credit_note(
            self._books.new_id("cn"),
            now,
            record,
            amount,
            **known,
            type=side,
            metadata=values.get("metadata") or {},
            number=f"{record['number']}-CN-{now}",
            **{f"{side}_amount": amount},
        )
        changes: Record = {f"{side}_credit_notes_amount": record[f"{side}_credit_notes_amount"] + amount}
        if not is_paid:
            changes["amount_due"] = record["amount_due"] - amount
            changes["amount_remaining"] = record["amount_remaining"] - amount
        self._books.change(record, changes, "invoice.updated")
        if not is_paid and record["amount_remaining"] == 0:
            settle(self._books, record, now, through_stripe=False)
        return self._books.create(note, "credit_note.created")

    def _charge_of(self, values: Record) -> Record:
        if values.get("charge"):
            return self._books.need("charge", values["charge"], "charge")
        if values.get("payment_intent"):
            intent = self._books.need("payment_intent", values["payment_intent"], "payment_intent")
            if intent["latest_charge"]:
                return self._books.need("charge", intent["latest_charge"], "payment_intent")
        raise StripeProblemError(400, "One of the following params should be provided: payment_intent or charge.")

    def _in_status(self, object_id: str, *statuses: str) -> Record:
        record = self._books.need("invoice", object_id)
        if record["status"] not in statuses:
            raise not_possible(f"This invoice is {record['status']}; it would have to be {' or '.join(statuses)}.")
        return record

    def _payments(self, record: Record) -> list[Record]:
        return [payment for payment in self._books.of("invoice_payment") if payment["invoice"] == record["id"]]

    @staticmethod
    def _moved(record: Record, status: str, stamp: str, now: int, **more: object) -> Record:
        return {"status": status, "status_transitions": {**record["status_transitions"], stamp: now}, **more}


def issue_payment(books: Books, record: Record, at: int) -> Record:
    """Open the way to pay an invoice that was finalised: a payment intent and the invoice payment that names it."""
    intent = books.put(payment_intent(record, at))
    return books.put(invoice_payment(record, intent["id"], at))


def settle(books: Books, record: Record, at: int, *, through_stripe: bool) -> Record:
    """Mark an invoice as paid; through the account's own collection there is a charge, otherwise only a note."""
    due = record["amount_remaining"]
    changes: Record = {
        "status": "paid",
        "amount_paid": record["amount_paid"] + (due if through_stripe else 0),
        "amount_paid_off_stripe": None if through_stripe else due,
        "amount_remaining": 0,
        "attempted": through_stripe,
        "attempt_count": record["attempt_count"] + through_stripe,
        "status_transitions": {**record["status_transitions"], "paid_at": at},
    }
    if through_stripe:
        for payment in books.of("invoice_payment"):
            if payment["invoice"] == record["id"] and payment["status"] == "open":
                collect(books, payment, at, due, events=True)
    return books.change(record, changes, "invoice.paid", "invoice.payment_succeeded")


def collect(books: Books, payment: Record, at: int, amount: int, *, events: bool) -> None:
    """Let the money of one invoice payment come in: a charge, the intent succeeded, the payment paid."""
    intent = books.need("payment_intent", payment["payment"]["payment_intent"])
    intent["amount"] = amount
    money = books.put(charge(intent, books.need("customer", intent["customer"]), at))
    intent.update(status="succeeded", amount_received=amount, latest_charge=money["id"])
    payment.update(
        status="paid", amount_paid=amount, status_transitions={**payment["status_transitions"], "paid_at": at}
    )
    if events:
        for event_type, told in (
            ("charge.succeeded", money),
            ("payment_intent.succeeded", intent),
            ("invoice_payment.paid", payment),
        ):
            books.tell(event_type, told)
