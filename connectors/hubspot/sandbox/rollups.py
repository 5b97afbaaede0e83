"""Properties that HubSpot calculates from a record's own values and from the records associated with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.hubspot.sandbox.links import End
from connectors.hubspot.sandbox.values import milliseconds, stamp, to_instant

if TYPE_CHECKING:
    from connectors.hubspot.sandbox.crm import Crm
    from connectors.hubspot.sandbox.records import Record

_CONTACT_KINDS = ("calls", "emails", "meetings")
_ACTIVITY_KINDS = (*_CONTACT_KINDS, "notes", "tasks")


def rolled_up(crm: Crm, record: Record, at: datetime) -> dict[str, str]:
    """All calculated properties of a record as they should be ``at``; empty text for those without a value."""
    values = {"hubspot_owner_assigneddate": _assigned(record)}
    for calculate in _CALCULATIONS.get(record.kind.name, ()):
        values.update(calculate(crm, record, at))
    return values


def _assigned(record: Record) -> str:
    versions = record.history.get("hubspot_owner_id")
    return stamp(versions[0].at) if versions and versions[0].value else ""


def _linked(crm: Crm, record: Record, type_name: str) -> list[Record]:
    ids = crm.links.of(End(record.kind.name, record.id), type_name)
    found = (crm.shelves[type_name].get(each) for each in ids)
    return [partner for partner in found if partner is not None and partner.archived_at is None]


def _labelled(crm: Crm, record: Record, type_name: str, label: str) -> list[str]:
    links = crm.links.of(End(record.kind.name, record.id), type_name)
    return [partner for partner, kinds in links.items() if any(kind.label == label for kind in kinds)]


def _times(records: Iterable[Record]) -> list[datetime]:
    return [to_instant(record.properties["hs_timestamp"]) for record in records]


def _activities(crm: Crm, record: Record, at: datetime) -> dict[str, str]:
    contacted = _times(each for kind in _CONTACT_KINDS for each in _linked(crm, record, kind))
    notes = _times(_linked(crm, record, "notes"))
    tasks = _linked(crm, record, "tasks")
    open_tasks = _times(task for task in tasks if task.properties.get("hs_task_status") != "COMPLETED")
    past_contacts = [time for time in contacted if time <= at]
    return {
        "num_notes": str(len(contacted) + len(notes) + len(tasks)),
        "num_contacted_notes": str(len(past_contacts)),
        "notes_last_contacted": _stamp_or_empty(max, past_contacts),
        "notes_last_updated": _stamp_or_empty(max, [*past_contacts, *(time for time in notes if time <= at)]),
        "notes_next_activity_date": _stamp_or_empty(min, [time for time in (*contacted, *open_tasks) if time > at]),
    }


def _stamp_or_empty(choose: Callable[[list[datetime]], datetime], times: list[datetime]) -> str:
    return stamp(choose(times)) if times else ""


def _contact(crm: Crm, record: Record, _at: datetime) -> dict[str, str]:
    return {
        "associatedcompanyid": next(iter(_labelled(crm, record, "companies", "Primary")), ""),
        "num_associated_deals": _count(_linked(crm, record, "deals")),
    }


def _company(crm: Crm, record: Record, _at: datetime) -> dict[str, str]:
    deals = _linked(crm, record, "deals")
    won = [deal for deal in deals if _has(deal, "hs_is_closed_won") and "amount" in deal.properties]
    latest = max(won, key=lambda deal: deal.properties.get("closedate", ""), default=None)
    return {
        "num_associated_contacts": _count(_linked(crm, record, "contacts")),
        "num_associated_deals": _count(deals),
        "hs_num_open_deals": str(sum(not _has(deal, "hs_is_closed") for deal in deals)),
        "total_revenue": format(sum(Decimal(deal.properties["amount"]) for deal in won), "f") if won else "",
        "recent_deal_amount": latest.properties["amount"] if latest else "",
        "recent_deal_close_date": latest.properties.get("closedate", "") if latest else "",
        "hs_parent_company_id": next(iter(_labelled(crm, record, "companies", "Parent Company")), ""),
        "hs_num_child_companies": str(len(_labelled(crm, record, "companies", "Child Company"))),
        "hs_current_customer": "true" if record.properties.get("lifecyclestage") == "customer" else "false",
    }


def _count(records: list[Record]) -> str:
    return str(len(records)) if records else ""


def _has(record: Record, flag: str) -> bool:
    return record.properties.get(flag) == "true"


def _deal(crm: Crm, record: Record, _at: datetime) -> dict[str, str]:
    stage = crm.account.stage("deals", record.properties.get("dealstage"))
    return {
        "hs_is_closed": "true" if stage and stage.is_closed else "false",
        "hs_is_closed_won": "true" if stage and stage.is_won else "false",
        "hs_deal_stage_probability": stage.metadata["probability"] if stage else "",
        **_in_home_currency(crm, record),
        "num_associated_contacts": _count(_linked(crm, record, "contacts")),
    }


def _in_home_currency(crm: Crm, record: Record) -> dict[str, str]:
    """The amount by the rate of the account; without a rate for the deal's currency there is none."""
    home = crm.account.currency
    currency = record.properties.get("deal_currency_code", home)
    rate = Decimal(1) if currency == home else crm.account.rates.get(currency)
    amount = record.properties.get("amount")
    if rate is None or amount is None:
        return {"hs_exchange_rate": "", "amount_in_home_currency": ""}
    value = amount if currency == home else format(Decimal(amount) * rate, "f")
    return {"hs_exchange_rate": "" if currency == home else format(rate, "f"), "amount_in_home_currency": value}


def _ticket(crm: Crm, record: Record, at: datetime) -> dict[str, str]:
    stage = crm.account.stage("tickets", record.properties.get("hs_pipeline_stage"))
    if stage is None or not stage.is_closed:
        return {"hs_is_closed": "false", "closed_date": "", "time_to_close": ""}
    closed = to_instant(record.properties.get("closed_date", stamp(at)))
    opened = to_instant(record.properties["createdate"])
    return {
        "hs_is_closed": "true",
        "closed_date": stamp(closed),
        "time_to_close": str(milliseconds(closed) - milliseconds(opened)),
    }


def _task(_crm: Crm, record: Record, at: datetime) -> dict[str, str]:
    done = record.properties.get("hs_task_status") == "COMPLETED"
    completed = record.properties.get("hs_task_completion_date", stamp(at)) if done else ""
    return {"hs_task_is_completed": "1" if done else "0", "hs_task_completion_date": completed}


def _line_item(_crm: Crm, record: Record, _at: datetime) -> dict[str, str]:
    price, quantity = record.properties.get("price"), record.properties.get("quantity")
    return {"amount": format(Decimal(price) * Decimal(quantity), "f") if price and quantity else ""}


_Calculation = Callable[["Crm", "Record", datetime], dict[str, str]]
_CALCULATIONS: Mapping[str, tuple[_Calculation, ...]] = {
    "contacts": (_contact, _activities),
    "companies": (_company, _activities),
    "deals": (_deal, _activities),
    "tickets": (_ticket, _activities),
    "tasks": (_task,),
    "line_items": (_line_item,),
}
