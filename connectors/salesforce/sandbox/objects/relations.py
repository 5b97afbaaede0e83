"""Who else has to do with an account: its team, and contacts of several accounts; and the rates of other days."""

from __future__ import annotations

from connectors.salesforce.sandbox.builders import (
    create_only,
    currency_code,
    flag,
    lookup,
    moment,
    naming,
    number,
    picklist,
    read_only,
    required,
    sobject,
    text,
)
from connectors.salesforce.sandbox.schema import Field, SObject

TEAM_ROLES = ("Account Manager", "Partner", "Reviewer", "Payroll Specialist", "Tax Specialist")
ACCESS_LEVELS = ("None", "Read", "Edit", "All")


def account_team_member() -> SObject:
    """Return AccountTeamMember: the people of the firm who work for an account beside its owner."""
    return sobject(
        "AccountTeamMember",
        ("Account Team Member", "Account Team Members"),
        "01M",
        create_only(required(lookup("AccountId", "Account ID", "Account", children="AccountTeamMembers"))),
        create_only(required(lookup("UserId", "User ID", "User", children="AccountTeams"))),
        picklist("TeamMemberRole", "Team Role", TEAM_ROLES),
        picklist("AccountAccessLevel", "Account Access", ACCESS_LEVELS),
        currency_code(),
    )


def account_contact_relation() -> SObject:
    """Return AccountContactRelation, which exists where contacts may belong to several accounts."""
    return sobject(
        "AccountContactRelation",
        ("Account Contact Relationship", "Account Contact Relationships"),
        "07k",
        create_only(required(lookup("AccountId", "Account ID", "Account", children="AccountContactRelations"))),
        create_only(required(lookup("ContactId", "Contact ID", "Contact", children="AccountContactRelations"))),
        Field("Roles", "Roles", "multipicklist", length=4099, options=("Decision Maker", "Evaluator", "Other")),
        read_only(flag("IsDirect", "Direct")),
        flag("IsActive", "Active"),
        moment("StartDate", "Start Date"),
        moment("EndDate", "End Date"),
        currency_code(),
    )


def dated_conversion_rate() -> SObject:
    """Return DatedConversionRate: the rate of a currency from one day until the next entry."""
    return sobject(
        "DatedConversionRate",
        ("Dated Conversion Rate", "Dated Conversion Rates"),
        "04w",
        naming(create_only(required(text("IsoCode", "Currency ISO Code", 3)))),
        create_only(required(moment("StartDate", "Start Date"))),
        read_only(moment("NextStartDate", "Next Start Date")),
        required(number("ConversionRate", "Conversion Rate", "double", 18, 6)),
        kind="kept",
        replicateable=False,
    )
