"""Leads: people and firms that nobody has spoken to yet."""

from __future__ import annotations

from connectors.salesforce.sandbox.builders import (
    address,
    currency_code,
    defaulted,
    flag,
    last_activity,
    lookup,
    number,
    owner,
    person_name,
    picklist,
    read_only,
    required,
    sobject,
    text,
)
from connectors.salesforce.sandbox.objects.parties import INDUSTRIES, SOURCES
from connectors.salesforce.sandbox.schema import SObject

LEAD_STATUSES = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")


def lead() -> SObject:
    """Return Lead; converting one is not simulated."""
    return sobject(
        "Lead",
        ("Lead", "Leads"),
        "00Q",
        read_only(lookup("MasterRecordId", "Master Record ID", "Lead")),
        *person_name(),
        text("Title", "Title", 128),
        required(text("Company", "Company", 255)),
        *address(""),
        text("Phone", "Phone", 40, "phone"),
        text("MobilePhone", "Mobile Phone", 40, "phone"),
        text("Email", "Email", 80, "email"),
        text("Website", "Website", 255, "url"),
        text("Description", "Description", 32000, "textarea"),
        picklist("LeadSource", "Lead Source", SOURCES),
        defaulted(picklist("Status", "Status", LEAD_STATUSES, LEAD_STATUSES[0]), LEAD_STATUSES[0]),
        picklist("Industry", "Industry", INDUSTRIES),
        picklist("Rating", "Rating", ("Hot", "Warm", "Cold")),
        number("AnnualRevenue", "Annual Revenue", "currency"),
        number("NumberOfEmployees", "Employees", "int", 8),
        currency_code(),
        owner("User", "Group"),
        flag("HasOptedOutOfEmail", "Email Opt Out"),
        read_only(flag("IsConverted", "Converted")),
        *last_activity(),
        kind="mergeable",
    )
