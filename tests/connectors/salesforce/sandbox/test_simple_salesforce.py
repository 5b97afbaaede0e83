"""The real client library, unchanged, against the simulator on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from connectors.salesforce.sandbox import TOKEN
from connectors.sandbox.server import RunningSandbox
from tests.connectors.salesforce.orgs import Api, loopback_session


@pytest.fixture
def sf(served: RunningSandbox) -> Iterator[Any]:
    """A client with a ready session."""
    with loopback_session(served.base_url) as session:
        yield Salesforce(
            session_id=TOKEN, instance_url="https://hartwell.my.salesforce.com", session=session, version="64.0"
        )


def test_create_get_update_delete(sf: Any) -> None:
    made = sf.Account.create({"Name": "Acme", "Site": "A"})
    assert made["success"] is True
    assert sf.Account.get(made["id"])["Name"] == "Acme"
    assert sf.Account.update(made["id"], {"Site": "B"}) == 204
    assert sf.Account.get(made["id"])["Site"] == "B"
    assert sf.Account.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        sf.Account.get(made["id"])


def test_upsert_and_get_by_custom_id(api: Api, sf: Any) -> None:
    api.add_field("Account.Key__c", unique=True, externalId=True)
    assert sf.Account.upsert("Key__c/A-1", {"Name": "Acme"}) == 201
    assert sf.Account.upsert("Key__c/A-1", {"Name": "Acme Ltd"}) == 200
    assert sf.Account.get_by_custom_id("Key__c", "A-1")["Name"] == "Acme Ltd"


def test_an_ambiguous_key_is_more_than_one_record(api: Api, sf: Any) -> None:
    api.add_field("Account.Loose__c", externalId=True)
    for _ in range(2):
        api.create("Account", Name="x", Loose__c="B-1")
    with pytest.raises(SalesforceMoreThanOneRecord) as caught:
        sf.Account.upsert("Loose__c/B-1", {"Name": "y"})
    assert len(caught.value.content) == 2


def test_query_all_follows_the_locators(api: Api, sf: Any) -> None:
    api.options(page_size=10)
    records = [{"attributes": {"type": "Account"}, "Name": f"n{number:03d}"} for number in range(35)]
    sf.restful("composite/sobjects", method="POST", json={"records": records})
    found = sf.query_all("SELECT Name FROM Account ORDER BY Name")
    assert [record["Name"] for record in found["records"]] == [f"n{number:03d}" for number in range(35)]
    assert sum(1 for _ in sf.query_all_iter("SELECT Id FROM Account")) == 35


def test_deleted_rows_by_query_and_by_feed(sf: Any) -> None:
    row_id = sf.Account.create({"Name": "gone"})["id"]
    sf.Account.delete(row_id)
    assert sf.query("SELECT Id FROM Account")["totalSize"] == 0
    assert sf.query("SELECT Id FROM Account", include_deleted=True)["totalSize"] == 1
    start, end = datetime(2026, 6, 30, 8, tzinfo=UTC), datetime(2026, 6, 30, 10, tzinfo=UTC)
    assert [record["id"] for record in sf.Account.deleted(start, end)["deletedRecords"]] == [row_id]
    assert sf.Account.updated(start, end)["ids"] == []


def test_describe_of_all_and_of_one(sf: Any) -> None:
    assert "Account" in {one["name"] for one in sf.describe()["sobjects"]}
    assert {"Name", "OwnerId"} <= {field["name"] for field in sf.Account.describe()["fields"]}
    assert sf.Account.metadata()["objectDescribe"]["keyPrefix"] == "001"


def test_usage_and_limits(sf: Any) -> None:
    assert sf.limits()["DailyApiRequests"]["Max"] == 100_000
    usage = sf.api_usage["api-usage"]
    assert (usage.used, usage.total) == (1, 100_000)


def test_tooling(sf: Any) -> None:
    body = {"FullName": "Account.New__c", "Metadata": {"label": "New", "type": "Date"}}
    assert sf.restful("tooling/sobjects/CustomField/", method="POST", json=body)["success"] is True
    found = sf.toolingexecute("query?q=SELECT+DeveloperName+FROM+CustomField")
    assert found["records"][0]["DeveloperName"] == "New"


def test_a_condition_in_a_header(api: Api, sf: Any) -> None:
    row_id = sf.Account.create({"Name": "Acme"})["id"]
    old = {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    with pytest.raises(Exception, match="412"):
        sf.Account.update(row_id, {"Name": "x"}, headers=old)
    assert api.row("Account", row_id)["Name"] == "Acme"


def test_refusals_are_the_clients_own_exceptions(api: Api, sf: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sf.query("SELECT Nope FROM Account")
    content: Any = caught.value.content
    assert content[0]["errorCode"] == "INVALID_FIELD"
    with pytest.raises(SalesforceMalformedRequest):
        sf.Account.create({})
    with pytest.raises(SalesforceResourceNotFound):
        sf.Nope.describe()
    api.options(daily_limit=1)
    with pytest.raises(SalesforceRefusedRequest):
        sf.limits()


def test_an_ended_session_without_credentials_is_expired(api: Api, sf: Any) -> None:
    api.options(expire_sessions=True)
    with pytest.raises(SalesforceExpiredSession) as caught:
        sf.query("SELECT Id FROM Account")
    content: Any = caught.value.content
    assert content[0]["errorCode"] == "INVALID_SESSION_ID"


def test_a_key_with_a_slash_must_be_encoded_by_the_caller(api: Api, sf: Any) -> None:
    api.add_field("Account.Key__c", unique=True, externalId=True)
    with pytest.raises(SalesforceResourceNotFound):
        sf.Account.upsert("Key__c/a/b", {"Name": "x"})
    assert sf.Account.upsert("Key__c/a%2Fb", {"Name": "x"}) == 201
    assert sf.query("SELECT Key__c FROM Account")["records"][0]["Key__c"] == "a/b"
