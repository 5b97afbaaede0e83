"""Sections for what was agreed, billed and paid: invoices with or without lines, purchases, payments, contracts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.onboard.facts import Column
from core.onboard.folder import ROW_ID, Folder, Source, refers_to, share_known
from core.onboard.notes import Notes
from core.onboard.proposal import Recognised, SectionPlan
from core.onboard.signals import client_writes

CUSTOMERS = "customers"
BILLED = "invoices"
_ORDERED = re.compile(r"\b(orders?|purchases?|transactions?|sales)\b")
_STATUS_WORDS: Mapping[str, tuple[str, ...]] = {
    "paid": ("paid", "settled", "closed", "complete", "completed", "paid in full"),
    "open": ("open", "unpaid", "sent", "due", "overdue", "outstanding", "pending", "awaiting payment", "past due"),
    "draft": ("draft",),
    "void": ("void", "voided", "cancelled", "canceled", "deleted"),
    "uncollectible": ("uncollectible", "bad debt", "written off"),
    "partially_paid": ("partially paid", "part paid", "partial"),
}


@dataclass
class Dealings:
    """Sections and the views they read."""

    sections: list[SectionPlan] = field(default_factory=list)
    views: dict[str, Any] = field(default_factory=dict)


def billing(folder: Folder, notes: Notes) -> Dealings:
    """Everything about money in a folder; where no file holds the clients, they are taken from the dealings."""
    dealings = Dealings()
    invoice = folder.get("invoice")
    if invoice is not None:
        _add_invoices(invoice, folder, notes, dealings)
    for record_type in ("payment", "contract"):
        source = folder.get(record_type)
        if source is not None:
            _SECTIONS[record_type](source, folder, notes, dealings)
    if folder.get("line") is not None and not dealings.views.get(BILLED):
        notes.leave_out(folder.sources["line"].file.name, "lines of something, but no file holds what they belong to")
    return dealings


def _add_invoices(source: Source, folder: Folder, notes: Notes, dealings: Dealings) -> None:
    stream, total = _stream_and_total(source, folder, notes, dealings)
    client = source.column("client")
    if total is None or client is None:
        notes.leave_out(source.file.name, "it looks like invoices or orders, but no amount and no lines were found")
        return
    if folder.get("client") is None:
        _derive_clients(source, client, folder, notes, dealings)
    section = SectionPlan("invoice", stream, source.id, {"number": source.key.name} if source.key else {})
    section.fields |= {"client_id": {"from": client.name, "ref": "client"}, "total": _money(total, source)}
    for part in ("amount_paid", "amount_due"):
        if column := source.column(part):
            section.fields[part] = _money(column.name, source)
    _add_dates(source, section, notes)
    _add_status(source, section, notes, total)
    owner = refers_to(source, "owner", folder.get("user"))
    if owner is not None:
        section.fields["owner_id"] = {"from": owner.name, "ref": "user"}
    dealings.sections.append(section)
    if source.id == ROW_ID or _ORDERED.search(source.file.words):
        dealings.sections.append(_sign_of_life(source, section, notes))
    known = _told_share(client, folder)
    notes.recognised.append(
        _recognised(source, "invoice", f"{client.name} names the client{known}, {total} is the total")
    )


def _sign_of_life(source: Source, invoice: SectionPlan, notes: Notes) -> SectionPlan:
    """What clients order is contact from their side, where nothing else tells of any."""
    fields: dict[str, Any] = {
        "kind": {"const": "portal"},
        "direction": {"const": "inbound"},
        "subject": {"const": "Order"},
        "started_at": invoice.fields["issue_date"],
        "client_id": invoice.fields["client_id"],
    }
    notes.assumed.append(
        f"each row of {source.file.name} is contact from the client's side (section `interaction`; delete it if not)"
    )
    comments = {"kind": "an order is contact from the client's side; delete this section if it should not count"}
    return SectionPlan("interaction", invoice.stream, source.id, fields, comments)


def _stream_and_total(source: Source, folder: Folder, notes: Notes, dealings: Dealings) -> tuple[str, str | None]:
    """Where invoices are read from, and their total: a column, or the sum of their lines."""
    line = folder.get("line")
    by = refers_to(line, "invoice", source) if line else None
    if line is None or by is None or source.key is None:
        column = source.column("total")
        if column is not None:
            notes.take_amount(column.shape)
        return source.file.name, column.name if column else None
    lines: dict[str, Any] = {"rows": line.file.name, "by": by.name, "sum": {"lines_total": _line_formula(line, notes)}}
    if by.name != source.key.name:
        lines["to"] = source.key.name
    extra = source.column("extra")
    total = "lines_total" + (f" + {_quoted(extra)}" if extra else "")
    dealings.views[BILLED] = {"rows": source.file.name, "lines": lines, "amounts": {"total": total}, "decimals": 2}
    how = f"{lines['sum']['lines_total']}, summed up per {by.name}" + (f", plus {extra.name}" if extra else "")
    notes.recognised.append(Recognised(line.file.name, "lines of invoices", line.file.rows, line.match.confidence, how))
    return BILLED, "total"


def _line_formula(line: Source, notes: Notes) -> str:
    """The amount of a line: as stated, or price times quantity less discount."""
    stated, price = line.column("amount"), line.column("price")
    for column in line.match.columns.values():
        notes.take_amount(column.shape)
    if stated is not None or price is None:
        return _quoted(stated) if stated else "0"
    formula = _quoted(price)
    if quantity := line.column("quantity"):
        formula += f" * {_quoted(quantity)}"
    if discount := line.column("discount"):
        is_percent = any(_above_one(value) for value in discount.values)
        formula += f" * (1 - {_quoted(discount)}{' / 100' if is_percent else ''})"
    return formula


def _above_one(value: str) -> bool:
    try:
        return float(value.replace(",", ".")) > 1
    except ValueError:
        return False


def _quoted(column: Column) -> str:
    return column.name if column.name.isidentifier() else f"[{column.name}]"


def _derive_clients(source: Source, client: Column, folder: Folder, notes: Notes, dealings: Dealings) -> None:
    """No file of clients: one client per id that the dealings name."""
    dealings.views[CUSTOMERS] = {
        "rows": source.file.name,
        "one_per": client.name,
        "texts": {"made_name": f"Customer {{{client.name}}}"},
    }
    section = SectionPlan("client", CUSTOMERS, client.name, {"name": "made_name"})
    section.comments["name"] = "no file tells the names"
    section.writes = client_writes(folder.sources)
    dealings.sections.append(section)
    notes.unknown.append("names, addresses and contacts of the clients: they appear only as ids in the transactions")
    how = f"one for each {client.name}; named `Customer …` after it"
    notes.recognised.append(Recognised(source.file.name, "client", len(client.values), 0.6, how))


def _add_dates(source: Source, section: SectionPlan, notes: Notes) -> None:
    for part in ("issue_date", "due_date", "paid_at"):
        column = source.column(part)
        if column is not None:
            section.fields[part] = column.name
            notes.take_date(source.file, column, happened=part != "due_date")
    used = {column.name for column in source.match.columns.values()}
    for column in source.file.columns.values():
        if column.shape.kind == "date" and column.name not in used and "due_date" not in section.fields:
            section.hints.append(f"due_date: {column.name}   # only if this is when payment was due")


def _add_status(source: Source, section: SectionPlan, notes: Notes, total: str) -> None:
    """What is known of payment: a status, a date of payment, the nature of a purchase, or nothing."""
    column, paid = source.column("status"), source.column("paid_at")
    if column is not None:
        section.fields["status"] = {"from": column.name, "values": _status_values(source, column, notes)}
    elif paid is not None:
        section.fields["status"] = [{"const": "paid", "when": {paid.name: "not null"}}, {"const": "open"}]
        notes.assumed.append(f"an invoice of {source.file.name} without {paid.name} is open")
    elif source.id == ROW_ID:
        date, client = source.match.columns["issue_date"].name, source.match.columns["client"].name
        section.fields |= {"status": {"const": "paid"}, "paid_at": date, "amount_paid": _money(total, source)}
        section.comments["status"] = "purchases, paid when they were made"
        notes.assumed.append(f"rows of {source.file.name} are purchases of {client}, paid on their {date}")
    else:
        section.hints.append("status: …   # no column tells what was paid; without it nobody counts as a late payer")
        notes.unknown.append(
            f"whether and when invoices of {source.file.name} were paid: no status, no payments; left unknown"
        )


def _status_values(source: Source, column: Column, notes: Notes) -> dict[str, str]:
    known = {word: status for status, spellings in _STATUS_WORDS.items() for word in spellings}
    values = {value: known[value.lower()] for value in column.values if value.lower() in known}
    strange = sorted(value[:40] for value in column.values if value not in values)
    if strange:
        notes.unknown.append(f"what {column.name} in {source.file.name} means by: {', '.join(strange[:8])}")
    return values


def _add_payments(source: Source, folder: Folder, notes: Notes, dealings: Dealings) -> None:
    client = refers_to(source, "client", folder.get("client"))
    invoice = refers_to(source, "invoice", folder.get("invoice"))
    if client is None and invoice is None:
        notes.leave_out(
            source.file.name, "it looks like payments, but no column names a client or invoice of the other files"
        )
        return
    amount = source.match.columns["amount"]
    notes.take_amount(amount.shape)
    notes.take_date(source.file, source.match.columns["processed_at"], happened=True)
    fields: dict[str, Any] = {"amount": _money(amount.name, source), "status": {"const": "succeeded"}}
    fields["processed_at"] = source.match.columns["processed_at"].name
    if client is not None:
        fields["client_id"] = {"from": client.name, "ref": "client"}
    if invoice is not None:
        fields["invoice_id"] = {"from": invoice.name, "ref": "invoice"}
    dealings.sections.append(SectionPlan("payment", source.file.name, source.id, fields))
    notes.recognised.append(_recognised(source, "payment", f"{amount.name} on {fields['processed_at']}"))


def _add_contracts(source: Source, folder: Folder, notes: Notes, dealings: Dealings) -> None:
    client = refers_to(source, "client", folder.get("client"))
    if client is None:
        notes.leave_out(source.file.name, "it looks like contracts, but no column names a client of the other files")
        return
    fields: dict[str, Any] = {"client_id": {"from": client.name, "ref": "client"}}
    for part in ("name", "start_date", "end_date", "signed_at", "notice_period_days"):
        if column := source.column(part):
            fields[part] = column.name
            if column.shape.kind == "date":
                notes.take_date(source.file, column, happened=part == "signed_at")
    for part in ("annual_contract_value", "total_contract_value"):
        if column := source.column(part):
            fields[part] = column.name
            notes.take_amount(column.shape)
    owner = refers_to(source, "owner", folder.get("user"))
    if owner is not None:
        fields["owner_id"] = {"from": owner.name, "ref": "user"}
    dealings.sections.append(SectionPlan("contract", source.file.name, source.id, fields))
    notes.recognised.append(_recognised(source, "contract", f"{client.name} names the client"))


_SECTIONS = {"payment": _add_payments, "contract": _add_contracts}


def _money(name: str, source: Source) -> Any:
    currency = source.column("currency")
    return {"from": name, "currency": currency.name} if currency else name


def _told_share(client: Column, folder: Folder) -> str:
    target = folder.get("client")
    if target is None or target.key is None:
        return ""
    known = round(share_known(client, target.key.values) * len(client.values))
    return f" ({known} of {len(client.values)} are in {target.file.name})"


def _recognised(source: Source, record_type: str, how: str) -> Recognised:
    return Recognised(source.file.name, record_type, source.file.rows, source.match.confidence, how)
