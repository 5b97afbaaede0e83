"""What the connector learns of objects and fields, and what it tells the admin of those it cannot see."""

from __future__ import annotations

import pytest

from core.sdk import ConfigError
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api


@pytest.mark.parametrize(
    ("stream", "field", "facts"),
    [
        (
            "Account",
            "Name",
            {"type": "string", "length": 255, "can_create": True, "can_update": True, "is_custom": False},
        ),
        ("Account", "SystemModstamp", {"type": "datetime", "can_create": False, "can_update": False}),
        ("Account", "VAT_Number__c", {"is_custom": True, "length": 20, "label": "VAT Number"}),
        ("Account", "Industry", {"type": "picklist", "options": None}),
        ("Account", "CurrencyIsoCode", {"options": ("GBP", "EUR", "USD")}),
        ("Task", "CallType", {"options": ("Internal", "Inbound", "Outbound")}),
        ("Task", "TaskSubtype", {"can_create": True, "can_update": False}),
        ("Contract", "EndDate", {"can_create": False, "can_update": False}),
        ("Contract", "Auto_Renew__c", {"type": "boolean", "length": None}),
    ],
)
def test_facts_of_a_field(link: Link, stream: str, field: str, facts: dict[str, object]) -> None:
    found = link.connector.describe(stream)[field]
    assert {name: getattr(found, name) for name in facts} == facts


def test_a_key_field_is_unique(api: Api, link: Link) -> None:
    api.add_field("Activity.Key__c", unique=True, externalId=True)
    assert link.connector.describe("Task")["Key__c"].is_unique is True
    assert link.connector.describe("Task")["Subject"].is_unique is False


def test_an_object_is_described_once_per_run(link: Link) -> None:
    for _ in range(3):
        link.connector.describe("Account")
        link.records("Account", "Name")
    assert [path for _, path in link.calls() if path.endswith("describe")] == ["sobjects/Account/describe"]


def test_a_description_is_believed_for_half_an_hour(api: Api, link: Link) -> None:
    """A service runs for months: a field granted meanwhile must be noticed without a restart."""
    assert "New__c" not in link.connector.describe("Account")
    api.add_field("Account.New__c")
    link.clock.sleep(29 * 60)
    assert "New__c" not in link.connector.describe("Account")
    link.clock.sleep(60)
    assert "New__c" in link.connector.describe("Account")


def test_an_unknown_field_is_left_out_and_the_rest_is_read(api: Api, link: Link) -> None:
    api.create("Account", Name="Acme")
    records = link.records("Account", "Name", "Nope__c", "Region__c")
    assert [record["Name"] for record in records] == ["Acme"]
    findings = link.connector.findings()
    assert [(finding.code, finding.severity, finding.where) for finding in findings] == [
        ("field_unknown", "warning", "crm/Account.Nope__c"),
        ("field_unknown", "warning", "crm/Account.Region__c"),
    ]
    assert all(finding.remedy for finding in findings)
    assert link.connector.findings() == []


def test_inlays_own_fields_before_they_exist_are_only_mentioned(link: Link) -> None:
    link.records("Account", "Name", "Inlay_Health_Score__c")
    findings = link.connector.findings()
    assert [(finding.severity, finding.remedy) for finding in findings] == [("info", "run `inlay provision`")]


def test_a_field_hidden_from_the_user_is_left_out(api: Api, link: Link) -> None:
    api.create("Account", Name="Acme", AnnualRevenue=5)
    api.options(withhold=["Account.AnnualRevenue"])
    assert "AnnualRevenue" not in link.records("Account", "Name", "AnnualRevenue")[0]
    assert [finding.where for finding in link.connector.findings()] == ["crm/Account.AnnualRevenue"]


def test_a_field_hidden_after_it_was_described_is_left_out_too(api: Api, link: Link) -> None:
    api.create("Account", Name="Acme", AnnualRevenue=5, Site="S")
    link.connector.describe("Account")
    api.options(withhold=["Account.AnnualRevenue", "Account.Site"])
    records = link.records("Account", "Name", "AnnualRevenue", "Site")
    assert records[0]["Name"] == "Acme"
    assert records[0].keys().isdisjoint({"AnnualRevenue", "Site"})
    assert sorted(finding.where for finding in link.connector.findings()) == [
        "crm/Account.AnnualRevenue",
        "crm/Account.Site",
    ]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("Owner.Name", True),
        ("Owner.Nope", False),
        ("Nope.Name", False),
        ("Parent.Owner.Email", True),
        ("Parent.Nope__c", False),
    ],
)
def test_paths_through_parents(api: Api, link: Link, path: str, kept: bool) -> None:
    api.create("Account", Name="Acme")
    record = link.records("Account", "Name", path)[0]
    assert (path.partition(".")[0] in record) is kept
    assert bool(link.connector.findings()) is not kept


def test_an_object_that_cannot_be_seen_is_a_mistake_of_the_configuration(link: Link) -> None:
    with pytest.raises(ConfigError) as caught:
        link.records("Invoice__c", "Name")
    assert "Invoice__c" in str(caught.value)
    assert caught.value.remedy


def test_the_same_field_twice_is_asked_once(api: Api, link: Link) -> None:
    api.create("Account", Name="Acme")
    assert link.records("Account", "Name", "Id", "Name", "SystemModstamp")[0]["Name"] == "Acme"
