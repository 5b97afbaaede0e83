"""Record tables: all live golden records of one type as columns, each row knowing the row of its client.

Fields bear the names of ``core.model``. Rows are sorted by id, so equal stores give equal tables, row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals.columns import Mask, Values
from core.signals.fields import Field, begins, day, flag, instant, label, numeric, present, text
from core.signals.grouping import Grouping

Rows = NDArray[np.int64]
INLAY = "[Inlay]"  # how the subjects of Inlay's own tasks and the descriptions of its own deals begin


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
    """The firm's clients; the subjects of most signals. ``parent_client_id`` is the golden id of the one above.

    ``judged_…`` is what somebody says of the client's health against the score.
    """

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
    judged_band = label()
    judged_score = numeric()
    judged_reason = text()
    judged_by = label()
    judged_until = day()


class Users(Table):
    """The firm's own people."""

    record_type = "user"
    table_name = "users"
    name = text()
    is_active = flag(absent=True)
    time_zone = label()

    def __init__(self, ids: list[str], columns: dict[str, Values], golden: Mapping[str, str]) -> None:
        super().__init__(ids, columns)
        self._golden = golden
        self._row_of = {id_: row for row, id_ in enumerate(ids)}

    def rows_of(self, people: Sequence[str | None]) -> Rows:
        """The row of each person, whatever system's id it is said by; -1 for nobody and for strangers."""
        rows, golden = self._row_of, self._golden
        return np.array([-1 if one is None else rows.get(golden.get(one, one), -1) for one in people], np.int64)


class Contacts(ClientRecords):
    """People who work for clients; ``golden`` tells the golden ids of those that several systems know."""

    golden: Callable[[], Mapping[str, str]] = dict

    record_type = "contact"
    table_name = "contacts"
    first_name = text()
    last_name = text()
    is_primary = flag(absent=False)
    opted_out = flag(absent=False)
    created_at = instant()

    def rows_of(self, people: Sequence[str | None]) -> Rows:
        """The row of each person, whatever system's id it is said by; -1 for nobody and for strangers."""
        rows, golden = {id_: row for row, id_ in enumerate(self.ids)}, self.golden()
        return np.array([-1 if one is None else rows.get(golden.get(one, one), -1) for one in people], np.int64)


class Deals(ClientRecords):
    """Sales that may come; ``by_inlay`` where Inlay opened them, which is no sign of anybody's hope."""

    record_type = "deal"
    table_name = "deals"
    name = text()
    status = label()
    deal_type = label()
    amount = numeric("amount.amount")
    currency = label("amount.currency")
    probability = numeric()
    expected_close_date = day()
    closed_at = instant()
    by_inlay = begins(INLAY, "description")


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
    total_value = numeric("total_contract_value.amount")
    total_currency = label("total_contract_value.currency")
    billing_frequency = label()
    replaced_by_id = text()
    owner_id = text()


class Subscriptions(ClientRecords):
    """Recurring fees: ``mrr`` a month in ``currency`` where a system says so, else so many units an interval."""

    record_type = "subscription"
    table_name = "subscriptions"
    status = label()
    plan_name = label()
    mrr = numeric("mrr.amount")
    currency = label("mrr.currency")
    quantity = numeric()
    unit_amount = numeric("unit_amount.amount")
    unit_currency = label("unit_amount.currency")
    interval = label()
    interval_count = numeric()
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
    subject = text()
    assignee_id = label()
    owner_id = label()
    reopened_count = numeric()
    is_escalated = flag(absent=False)
    sla_breached = flag(absent=False)


CAME_TO_NOTHING = frozenset(
    {
        "canceled", "cancelled", "no_show", "no show", "rescheduled", "no answer", "no_answer", "busy",
        "left voicemail", "left live message", "wrong number",
    }
)  # fmt: skip
NEVER_ARRIVED = frozenset({"bounced", "failed", "scheduled", "sending"})


class Interactions(ClientRecords):
    """Contacts between firm and client."""

    record_type = "interaction"
    table_name = "interactions"
    kind = label()
    direction = label()
    outcome = label()
    subject = text()
    urgency = label()
    started_at = instant()
    created_at = instant()
    owner_id = label()
    contact_id = text()
    ticket_id = text()
    has_key = present("external_key")
    has_mark = begins(INLAY, "subject")

    @property
    def by_inlay(self) -> Mask:
        """Where Inlay wrote it: by its key, or by its subject where a system lost the key (a CSV export)."""
        return np.asarray(self.has_key | self.has_mark)

    @property
    def came_to_nothing(self) -> Mask:
        """Where nobody met or spoke: canceled, moved, not answered."""
        return _among(self.outcome, CAME_TO_NOTHING)

    @property
    def never_arrived(self) -> Mask:
        """Where a mail was not delivered, or not yet sent."""
        return np.asarray((self.kind == "email") & _among(self.outcome, NEVER_ARRIVED))


def _among(words: Values, some: frozenset[str]) -> Mask:
    """Where a word, whatever its case, is one of some."""
    fitting = [word for word in set(words.tolist()) if (word or "").lower() in some]
    return np.isin(words, fitting) if fitting else np.zeros(len(words), np.bool_)


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


class Documents(ClientRecords):
    """Files about clients; files of one ``name`` are versions of one deliverable."""

    record_type = "document"
    table_name = "documents"
    name = text()
    kind = label()
    version = text()
    created_at = instant()


class Referrals(ClientRecords):
    """Clients whom another client sent to the firm; ``client`` is the one who did."""

    record_type = "referral"
    table_name = "referrals"
    client_field = "referrer_id"
    referred_client_id = text()
    status = label()
    received_at = instant()


class ReferredClients(ClientRecords):
    """The same records seen from the other side; ``client`` is the one that was sent to the firm."""

    record_type = "referral"
    table_name = "referred_clients"
    client_field = "referred_client_id"
    referrer_id = text()
    status = label()
    received_at = instant()


class SurveyResponses(ClientRecords):
    """Answers of clients' people; ``score`` lies between ``scale_min`` and ``scale_max``."""

    record_type = "survey_response"
    table_name = "survey_responses"
    type = label()
    score = numeric()
    scale_min = numeric()
    scale_max = numeric()
    responded_at = instant()
    contact_id = text()


TABLES: dict[str, type[Table]] = {
    table.table_name: table
    for table in (
        Clients, Users, Contacts, Deals, Contracts, Subscriptions, Invoices, Payments, CreditNotes, Tickets,
        Interactions, Projects, Tasks, Documents, Referrals, ReferredClients, SurveyResponses,
    )
}  # fmt: skip
