"""Record tables: all live golden records of one type as columns, each row knowing the row of its client.

Fields bear the names of ``core.model``. Rows are sorted by id, so equal stores give equal tables, row by row.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals.columns import Mask, Values
from core.signals.fields import Field, begins, day, flag, instant, label, numeric, present, text
from core.signals.grouping import Grouping

Rows = NDArray[np.int64]


class Table:
    """Live records of one type; ``ids`` are their golden ids, ``columns`` their arrays by field name.

    ``is_read`` tells whether any system delivers such records at all, of this client or another.
    """

    record_type: ClassVar[str]
    table_name: ClassVar[str]

    def __init__(self, ids: list[str], columns: dict[str, Values]) -> None:
        self.ids = ids
        self.columns = columns
        self.is_read = bool(ids)
        self.read_fields: set[str] = set()

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def declared(cls) -> list[Field]:
        """The columns this type of table has."""
        members: dict[str, Any] = {
            name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()
        }
        return [member for member in members.values() if isinstance(member, Field)]


class ClientRecords(Table):
    """Records that belong to a client: ``client`` is its row in the client table, or -1; ``by_client`` groups by it.

    ``client_field`` names the field that refers to it where that is not ``client_id``.
    """

    client_field: ClassVar[str] = ""

    def __init__(self, ids: list[str], columns: dict[str, Values], client: Rows, clients: int) -> None:
        super().__init__(ids, columns)
        self.client = client
        self.by_client = Grouping(client, clients)

    @property
    def linked(self) -> Mask:
        """Where the client is known and alive."""
        return np.asarray(self.client >= 0)


class Clients(Table):
    """The firm's clients; the subjects of most signals."""

    record_type = "client"
    table_name = "clients"
    name = text()
    status = label()
    client_type = label()
    tier = label()
    industry = label()
    currency = label()
    client_since = day()
    created_at = instant()
    parent_client_id = text()
    account_manager_id = text()
    owner_id = text()


class Users(Table):
    """The firm's own people."""

    record_type = "user"
    table_name = "users"
    name = text()
    is_active = flag(absent=True)
    time_zone = label()


class Contacts(ClientRecords):
    """People who work for clients."""

    record_type = "contact"
    table_name = "contacts"
    first_name = text()
    last_name = text()
    is_primary = flag(absent=False)
    opted_out = flag(absent=False)
    created_at = instant()


class Deals(ClientRecords):
    """Sales that may come."""

    record_type = "deal"
    table_name = "deals"
    name = text()
    status = label()
    deal_type = label()
    amount = numeric("amount.amount")
    currency = label("amount.currency")
    expected_close_date = day()
    closed_at = instant()


class Contracts(ClientRecords):
    """Agreements with clients: terms in months, notice in calendar days."""

    record_type = "contract"
    table_name = "contracts"
    number = text()
    name = text()
    status = label()
    start_date = day()
    end_date = day()
    term_months = numeric()
    signed_at = instant()
    auto_renew = flag(absent=False)
    notice_period_days = numeric()
    annual_value = numeric("annual_contract_value.amount")
    currency = label("annual_contract_value.currency")
    replaced_by_id = text()
    owner_id = text()


class Subscriptions(ClientRecords):
    """Recurring fees; ``mrr`` a month in ``currency``."""

    record_type = "subscription"
    table_name = "subscriptions"
    status = label()
    plan_name = label()
    mrr = numeric("mrr.amount")
    currency = label("mrr.currency")
    started_at = instant()
    current_period_end = instant()
    cancel_at = instant()
    canceled_at = instant()


class Invoices(ClientRecords):
    """Bills; ``total`` and ``amount_due`` in ``currency``."""

    record_type = "invoice"
    table_name = "invoices"
    number = text()
    status = label()
    issue_date = day()
    due_date = day()
    paid_at = instant()
    total = numeric("total.amount")
    amount_due = numeric("amount_due.amount")
    currency = label("total.currency")


class Payments(ClientRecords):
    """Money that came, or did not."""

    record_type = "payment"
    table_name = "payments"
    status = label()
    amount = numeric("amount.amount")
    currency = label("amount.currency")
    processed_at = instant()
    invoice_id = text()


class CreditNotes(ClientRecords):
    """What was taken off invoices or given back."""

    record_type = "credit_note"
    table_name = "credit_notes"
    status = label()
    amount = numeric("amount.amount")
    currency = label("amount.currency")
    issued_at = instant()
    invoice_id = text()


class Tickets(ClientRecords):
    """Questions and complaints."""

    record_type = "ticket"
    table_name = "tickets"
    number = text()
    status = label()
    priority = label()
    opened_at = instant()
    first_response_at = instant()
    resolved_at = instant()
    closed_at = instant()
    created_at = instant()
    reopened_count = numeric()
    is_escalated = flag(absent=False)
    sla_breached = flag(absent=False)


INLAY = "[Inlay]"  # how the subjects of Inlay's own tasks begin


class Interactions(ClientRecords):
    """Contacts between firm and client."""

    record_type = "interaction"
    table_name = "interactions"
    kind = label()
    direction = label()
    outcome = label()
    started_at = instant()
    owner_id = label()
    has_key = present("external_key")
    has_mark = begins(INLAY, "subject")

    @property
    def by_inlay(self) -> Mask:
        """Where Inlay wrote it: by its key, or by its subject where a system lost the key (a CSV export)."""
        return np.asarray(self.has_key | self.has_mark)


class Projects(ClientRecords):
    """Pieces of work for clients."""

    record_type = "project"
    table_name = "projects"
    name = text()
    status = label()
    start_date = day()
    target_end_date = day()
    end_date = day()
    hours_budget = numeric()
    hours_actual = numeric()


class Tasks(ClientRecords):
    """To-dos of the firm's people; ``has_key`` where Inlay made them."""

    record_type = "task"
    table_name = "tasks"
    subject = text()
    status = label()
    priority = label()
    due_date = day()
    completed_at = instant()
    assignee_id = label()
    has_key = present("external_key")


class Referrals(ClientRecords):
    """Clients whom another client sent to the firm; ``client`` is the one who did."""

    record_type = "referral"
    table_name = "referrals"
    client_field = "referrer_id"
    referred_client_id = text()
    status = label()
    received_at = instant()


TABLES: dict[str, type[Table]] = {
    table.table_name: table
    for table in (
        Clients, Users, Contacts, Deals, Contracts, Subscriptions, Invoices, Payments, CreditNotes, Tickets,
        Interactions, Projects, Tasks, Referrals,
    )
}  # fmt: skip
