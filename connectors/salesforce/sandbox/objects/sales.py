"""Opportunities, the people in them, and the contracts that follow."""

from __future__ import annotations

from connectors.salesforce.sandbox.builders import (
    address,
    create_only,
    currency_code,
    defaulted,
    firm_owned,
    flag,
    last_activity,
    lookup,
    moment,
    naming,
    number,
    owner,
    picklist,
    read_only,
    required,
    restricted,
    sobject,
    text,
)
from connectors.salesforce.sandbox.objects.parties import SOURCES
from connectors.salesforce.sandbox.schema import Field, SObject

FORECAST_CATEGORIES = ("Omitted", "Pipeline", "Best Case", "Commit", "Closed")

STAGES: dict[str, tuple[int, str]] = {
    "Prospecting": (10, "Pipeline"),
    "Qualification": (10, "Pipeline"),
    "Needs Analysis": (20, "Pipeline"),
    "Value Proposition": (50, "Pipeline"),
    "Id. Decision Makers": (60, "Pipeline"),
    "Perception Analysis": (70, "Best Case"),
    "Proposal/Price Quote": (75, "Best Case"),
    "Negotiation/Review": (90, "Commit"),
    "Closed Won": (100, "Closed"),
    "Closed Lost": (0, "Omitted"),
}
"""Stage: (probability in percent, forecast category); the two closed ones are told apart by the probability."""

CONTRACT_STATUS_CODES: dict[str, str] = {
    "In Approval Process": "InApproval",
    "Activated": "Activated",
    "Draft": "Draft",
    "Expired": "Activated",
    "Terminated": "Activated",
}
"""Contract status: its fixed category; the last two are the firm's own and can only be of the activated kind."""

ROLES = (
    "Business User",
    "Decision Maker",
    "Economic Buyer",
    "Economic Decision Maker",
    "Evaluator",
    "Executive Sponsor",
    "Influencer",
    "Technical Buyer",
    "Other",
)


def opportunity() -> SObject:
    """Return Opportunity; whether it is won, and its forecast, follow from the stage."""
    return sobject(
        "Opportunity",
        ("Opportunity", "Opportunities"),
        "006",
        lookup("AccountId", "Account ID", "Account", children="Opportunities"),
        flag("IsPrivate", "Private"),
        naming(required(text("Name", "Name", 120))),
        text("Description", "Description", 32000, "textarea"),
        required(picklist("StageName", "Stage", tuple(STAGES))),
        number("Amount", "Amount", "currency", 18, 2),
        number("Probability", "Probability (%)", "percent", 3, 0),
        read_only(number("ExpectedRevenue", "Expected Amount", "currency", 18, 2), calculated=True),
        number("TotalOpportunityQuantity", "Quantity", "double", 18, 2),
        required(moment("CloseDate", "Close Date")),
        picklist("Type", "Opportunity Type", ("Existing Business", "New Business", "Renewal")),
        text("NextStep", "Next Step", 255),
        picklist("LeadSource", "Lead Source", SOURCES),
        read_only(flag("IsClosed", "Closed")),
        read_only(flag("IsWon", "Won")),
        read_only(restricted(picklist("ForecastCategory", "Forecast Category", FORECAST_CATEGORIES))),
        picklist("ForecastCategoryName", "Forecast Category", FORECAST_CATEGORIES),
        currency_code(),
        lookup("CampaignId", "Campaign ID", "Campaign"),
        read_only(flag("HasOpportunityLineItem", "Has Line Item")),
        lookup("Pricebook2Id", "Price Book ID", "Pricebook2"),
        owner(),
        read_only(number("FiscalQuarter", "Fiscal Quarter", "int", 9)),
        read_only(number("FiscalYear", "Fiscal Year", "int", 9)),
        read_only(text("Fiscal", "Fiscal Period", 6)),
        create_only(lookup("ContactId", "Contact ID", "Contact")),
        read_only(moment("LastStageChangeDate", "Last Stage Change Date", "datetime")),
        *last_activity(),
    )


def opportunity_contact_role() -> SObject:
    """Return OpportunityContactRole."""
    return sobject(
        "OpportunityContactRole",
        ("Opportunity Contact Role", "Opportunity Contact Role"),
        "00K",
        create_only(
            required(lookup("OpportunityId", "Opportunity ID", "Opportunity", children="OpportunityContactRoles"))
        ),
        required(lookup("ContactId", "Contact ID", "Contact", children="OpportunityContactRoles")),
        picklist("Role", "Role", ROLES),
        flag("IsPrimary", "Primary"),
        currency_code(),
    )


def contract() -> SObject:
    """Return Contract with the firm's notice period, renewal and value fields; the end follows from start and term."""
    return sobject(
        "Contract",
        ("Contract", "Contracts"),
        "800",
        required(lookup("AccountId", "Account ID", "Account", children="Contracts")),
        lookup("Pricebook2Id", "Price Book ID", "Pricebook2"),
        picklist("OwnerExpirationNotice", "Owner Expiration Notice", ("15", "30", "45", "60", "90", "120")),
        moment("StartDate", "Contract Start Date"),
        read_only(moment("EndDate", "Contract End Date"), calculated=True),
        *address("Billing"),
        number("ContractTerm", "Contract Term", "int", 4),
        owner(),
        defaulted(picklist("Status", "Status", tuple(CONTRACT_STATUS_CODES)), default="Draft"),
        lookup("CompanySignedId", "Company Signed By ID", "User"),
        moment("CompanySignedDate", "Company Signed Date"),
        lookup("CustomerSignedId", "Customer Signed By ID", "Contact"),
        text("CustomerSignedTitle", "Customer Signed Title", 40),
        moment("CustomerSignedDate", "Customer Signed Date"),
        text("SpecialTerms", "Special Terms", 4000, "textarea"),
        read_only(lookup("ActivatedById", "Activated By ID", "User")),
        read_only(moment("ActivatedDate", "Activated Date", "datetime")),
        read_only(restricted(picklist("StatusCode", "Status Category", ("Draft", "InApproval", "Activated")))),
        text("Description", "Description", 32000, "textarea"),
        naming(defaulted(read_only(_auto_number("ContractNumber", "Contract Number")))),
        read_only(moment("LastApprovedDate", "Last Approved Date", "datetime")),
        *last_activity(),
        currency_code(),
        firm_owned(number("Notice_Period_Days__c", "Notice Period (Days)", "double", 4, 0)),
        firm_owned(flag("Auto_Renew__c", "Renews Automatically")),
        firm_owned(number("Annual_Value__c", "Annual Value", "currency", 16, 2)),
    )


def _auto_number(name: str, label: str) -> Field:
    return Field(name, label, "string", length=30, auto_number=True)
