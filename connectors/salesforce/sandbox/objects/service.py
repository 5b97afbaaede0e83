"""Support cases."""

from __future__ import annotations

from connectors.salesforce.sandbox.builders import (
    currency_code,
    defaulted,
    flag,
    lookup,
    moment,
    naming,
    owner,
    picklist,
    read_only,
    sobject,
    text,
)
from connectors.salesforce.sandbox.schema import Field, SObject

CASE_STATUSES = ("New", "Working", "Waiting on Customer", "Escalated", "Closed")


def case() -> SObject:
    """Return Case; it may belong to a queue (Group) as well as to a person."""
    return sobject(
        "Case",
        ("Case", "Cases"),
        "500",
        naming(defaulted(read_only(Field("CaseNumber", "Case Number", "string", length=30, auto_number=True)))),
        read_only(lookup("MasterRecordId", "Master Record ID", "Case")),
        lookup("ContactId", "Contact ID", "Contact", children="Cases"),
        lookup("AccountId", "Account ID", "Account", children="Cases"),
        lookup("ParentId", "Parent Case ID", "Case", children="Cases"),
        text("SuppliedName", "Name", 80),
        text("SuppliedEmail", "Email Address", 80, "email"),
        text("SuppliedPhone", "Phone", 40),
        text("SuppliedCompany", "Company", 80),
        picklist("Type", "Case Type", ("Question", "Problem", "Request", "Complaint")),
        defaulted(picklist("Status", "Status", CASE_STATUSES, "New"), "New"),
        picklist("Reason", "Case Reason", ("Deadline", "Fee", "Filing", "New problem", "Payroll", "Other")),
        picklist("Origin", "Case Origin", ("Phone", "Email", "Web")),
        text("Subject", "Subject", 255),
        defaulted(picklist("Priority", "Priority", ("Urgent", "High", "Medium", "Low"), "Medium"), "Medium"),
        text("Description", "Description", 32000, "textarea"),
        read_only(flag("IsClosed", "Closed")),
        read_only(moment("ClosedDate", "Closed Date", "datetime")),
        flag("IsEscalated", "Escalated"),
        owner("User", "Group"),
        read_only(text("ContactPhone", "Contact Phone", 40, "phone"), calculated=True),
        read_only(text("ContactEmail", "Contact Email", 80, "email"), calculated=True),
        currency_code(),
        read_only(moment("LastViewedDate", "Last Viewed Date", "datetime")),
        read_only(moment("LastReferencedDate", "Last Referenced Date", "datetime")),
        kind="mergeable",
    )
