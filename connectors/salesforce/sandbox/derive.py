"""Values that follow from others when a row is saved, per object."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.moments import read_instant, write_instant
from connectors.salesforce.sandbox.objects.sales import CONTRACT_STATUS_CODES, STAGES
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.table import Row

Derivation = Callable[[Org, Actor, Row, Row | None], None]


def derive(org: Org, actor: Actor, object_name: str, row: Row, before: Row | None) -> None:
    """Set in ``row`` what the vendor works out itself; ``before`` is the stored row, None for a new one."""
    rule = _RULES.get(object_name)
    if rule is not None:
        rule(org, actor, row, before)


def add_months(day: date, months: int) -> date:
    """Return the same day of the month ``months`` later, or the month's last day where it is shorter."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, calendar.monthrange(year, month0 + 1)[1]))


def _changed(row: Row, before: Row | None, name: str) -> bool:
    return before is None or row.get(name) != before.get(name)


def _person(_org: Org, _actor: Actor, row: Row, _before: Row | None) -> None:
    row["Name"] = " ".join(str(row[part]) for part in ("FirstName", "LastName") if row.get(part))


def _contact(org: Org, actor: Actor, row: Row, before: Row | None) -> None:
    _person(org, actor, row, before)
    row["IsEmailBounced"] = row.get("EmailBouncedDate") is not None


def _opportunity(_org: Org, actor: Actor, row: Row, before: Row | None) -> None:
    probability, category = STAGES.get(str(row.get("StageName")), (0, "Omitted"))
    is_new_stage = _changed(row, before, "StageName")
    if row.get("Probability") is None or (before and is_new_stage and not _changed(row, before, "Probability")):
        row["Probability"] = float(probability)
    if row.get("ForecastCategoryName") is None or (before and is_new_stage):
        row["ForecastCategoryName"] = category
    row["ForecastCategory"] = row["ForecastCategoryName"]
    row["IsClosed"] = category in {"Closed", "Omitted"} and str(row.get("StageName")) in STAGES
    row["IsWon"] = category == "Closed"
    amount = row.get("Amount")
    chance = row["Probability"]
    if isinstance(amount, float) and isinstance(chance, float):
        row["ExpectedRevenue"] = round(amount * chance / 100, 2)
    if before is not None and is_new_stage:
        row["LastStageChangeDate"] = actor.at
    _fiscal(row)


def _fiscal(row: Row) -> None:
    if row.get("CloseDate") is None:
        return
    day = date.fromisoformat(str(row["CloseDate"]))
    quarter = (day.month + 2) // 3
    row.update(FiscalYear=day.year, FiscalQuarter=quarter, Fiscal=f"{day.year} {quarter}")


def _contract(_org: Org, actor: Actor, row: Row, before: Row | None) -> None:
    code = CONTRACT_STATUS_CODES.get(str(row.get("Status")))
    starts_active = before is None and code == "Activated" and not actor.sees_all
    falls_back = before is not None and before.get("StatusCode") == "Activated" and code != "Activated"
    if code is None or starts_active or falls_back:
        message = "Choose a valid contract status and save your changes. Ask your admin for details."
        raise Refusal("FAILED_ACTIVATION", message, ("Status",))
    row["StatusCode"] = code
    if code == "Activated" and row.get("ActivatedDate") is None:
        row.update(ActivatedDate=actor.at, ActivatedById=actor.user_id)
    start, term = row.get("StartDate"), row.get("ContractTerm")
    if isinstance(start, str) and isinstance(term, int):
        row["EndDate"] = (add_months(date.fromisoformat(start), term) - timedelta(days=1)).isoformat()
    else:
        row["EndDate"] = None


def _case(org: Org, actor: Actor, row: Row, before: Row | None) -> None:
    row["IsClosed"] = row.get("Status") == "Closed"
    if row["IsClosed"] and not (before and before.get("IsClosed")):
        row["ClosedDate"] = actor.at
    elif not row["IsClosed"]:
        row["ClosedDate"] = None
    person = org.row(_text(row.get("ContactId")))
    if row.get("AccountId") is None and person is not None and before is None:
        row["AccountId"] = person.get("AccountId")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _account_of_activity(org: Org, row: Row) -> str | None:
    """Return the account an activity counts for: through what it is about, else through whom."""
    about = org.row(_text(row.get("WhatId")))
    if about is not None:
        is_account = org.object_of(str(about["Id"])) == "Account"
        return str(about["Id"]) if is_account else _text(about.get("AccountId"))
    person = org.row(_text(row.get("WhoId")))
    return _text(person.get("AccountId")) if person is not None else None


def _task(org: Org, actor: Actor, row: Row, before: Row | None) -> None:
    row["AccountId"] = _account_of_activity(org, row)
    row["IsClosed"] = row.get("Status") == "Completed"
    row["IsHighPriority"] = row.get("Priority") == "High"
    row.setdefault("TaskSubtype", "Task")
    if not row["IsClosed"]:
        row["CompletedDateTime"] = None
    elif not (before and before.get("IsClosed")):
        row["CompletedDateTime"] = actor.at


def _event(org: Org, _actor: Actor, row: Row, before: Row | None) -> None:
    row["AccountId"] = _account_of_activity(org, row)
    row.setdefault("EventSubtype", "Event")
    row.setdefault("ShowAs", "Busy")
    _agree(row, before, "StartDateTime", "ActivityDateTime")
    start, minutes = _text(row.get("StartDateTime")), row.get("DurationInMinutes")
    end = _text(row.get("EndDateTime"))
    if start is None or (minutes is None and end is None):
        missing = "ActivityDateTime" if start is None else "DurationInMinutes"
        raise Refusal("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{missing}]", (missing,))
    begins = read_instant(start)
    if isinstance(minutes, int) and (end is None or not _changed(row, before, "EndDateTime")):
        end = write_instant(begins + timedelta(minutes=minutes))
    length = read_instant(str(end)) - begins
    if length < timedelta(0):
        raise Refusal("FIELD_INTEGRITY_EXCEPTION", "Event duration cannot be negative", ("DurationInMinutes",))
    row.update(EndDateTime=end, DurationInMinutes=int(length.total_seconds() // 60))
    row.update(ActivityDate=start[:10], EndDate=str(end)[:10])


def _agree(row: Row, before: Row | None, one: str, other: str) -> None:
    """Let two names of the same instant follow whichever was written."""
    written = one if row.get(one) is not None and _changed(row, before, one) else other
    value = row.get(written) or row.get(one)
    row.update({one: value, other: value})


_RULES: dict[str, Derivation] = {
    "Contact": _contact,
    "Lead": _person,
    "User": _person,
    "Opportunity": _opportunity,
    "Contract": _contract,
    "Case": _case,
    "Task": _task,
    "Event": _event,
}
