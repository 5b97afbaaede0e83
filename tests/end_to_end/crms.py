"""The two CRMs read by their vendors' own client libraries, past everything of ours."""

from __future__ import annotations

from typing import Any, cast

import requests
from hubspot import HubSpot
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce


class ToSandbox(HTTPAdapter):
    """Sends simple-salesforce's https calls to the simulator."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = self.base_url + request.path_url
        return super().send(request, *args, **options)


def salesforce(endpoint: dict[str, str]) -> Salesforce:
    """A plain client of the simulated org."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", ToSandbox(endpoint["base_url"]))
    return Salesforce(session_id=endpoint["token"], instance="hartwell.my.salesforce.com", session=session)


def hubspot(endpoint: dict[str, str]) -> HubSpot:
    """A plain client of the simulated portal."""
    return HubSpot(access_token=endpoint["token"], host=endpoint["base_url"])


def accounts(client: Salesforce) -> dict[str, dict[str, Any]]:
    """All accounts with Inlay's fields, by id."""
    fields = "Id, Name, Inlay_Health_Score__c, Inlay_Health_Band__c, Inlay_Renewal_Date__c, Inlay_Health_Reasons__c"
    return {row["Id"]: dict(row) for row in client.query_all(f"SELECT {fields} FROM Account")["records"]}


def enriched_accounts(client: Salesforce) -> list[dict[str, Any]]:
    """All accounts with every field of Inlay's that the org has."""
    ours = sorted(one["name"] for one in described(client, "Account")["fields"] if one["name"].startswith("Inlay_"))
    return [dict(row) for row in client.query_all(f"SELECT Id, Name, {', '.join(ours)} FROM Account")["records"]]


def enriched_companies(client: HubSpot) -> list[dict[str, str | None]]:
    """All companies with every property of Inlay's that the portal has."""
    known = client.crm.properties.core_api.get_all(object_type="companies").results
    names = ["name", *(one.name for one in known if one.name.startswith("inlay_"))]
    return [one.properties for one in client.crm.companies.get_all(properties=names)]


def people(sf: Salesforce, hs: HubSpot) -> dict[str, str]:
    """The mail address of every person by the id that either CRM knows him by."""
    users = {row["Id"]: row["Email"] for row in sf.query_all("SELECT Id, Email FROM User")["records"]}
    return users | {str(one.id): one.email for one in hs.crm.owners.get_all()}


def described(client: Salesforce, sobject: str) -> dict[str, Any]:
    """What the org says of one object and its fields."""
    return cast("dict[str, Any]", client.restful(f"sobjects/{sobject}/describe"))


def inlay_tasks(client: Salesforce) -> list[dict[str, Any]]:
    """All tasks that carry Inlay's key."""
    soql = (
        "SELECT Id, Subject, Inlay_Key__c, WhatId, OwnerId, ActivityDate, Status FROM Task WHERE Inlay_Key__c != null"
    )
    return [dict(row) for row in client.query_all(soql)["records"]]


def companies(client: HubSpot) -> dict[str, dict[str, str | None]]:
    """All companies with Inlay's properties, by id."""
    names = ["name", "inlay_health_score", "inlay_health_band", "inlay_health_reasons"]
    return {one.id: one.properties for one in client.crm.companies.get_all(properties=names)}


def hubspot_tasks(client: HubSpot) -> list[dict[str, str | None]]:
    """All tasks that carry Inlay's key."""
    names = ["hs_task_subject", "inlay_key", "hs_timestamp", "hubspot_owner_id"]
    found = client.crm.objects.get_all(object_type="tasks", properties=names)
    return [one.properties for one in found if one.properties.get("inlay_key")]
