"""The vendor's own Python client, unchanged, against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot.crm.companies import PublicObjectSearchRequest, SimplePublicObjectInput
from hubspot.crm.contacts.exceptions import ApiException
from hubspot.crm.objects import BatchInputSimplePublicObjectBatchInput, SimplePublicObjectInputForCreate
from hubspot.crm.properties import PropertyCreate
from hubspot.oauth import ApiException as OAuthException

from connectors.hubspot.sandbox import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from tests.connectors.hubspot.hub import Hub


@pytest.fixture
def crm(hub: Hub) -> Any:
    return hub.client.crm


def new(**properties: str) -> Any:
    return SimplePublicObjectInputForCreate(properties=properties, associations=[])


def test_create_read_update_archive(crm: Any) -> None:
    made = crm.companies.basic_api.create(new(name="Alder"))
    assert made.properties["name"] == "Alder"
    crm.companies.basic_api.update(made.id, SimplePublicObjectInput(properties={"city": "Leeds"}))
    read = crm.companies.basic_api.get_by_id(made.id, properties=["city"], properties_with_history=["city"])
    assert read.properties["city"] == "Leeds"
    assert read.properties_with_history["city"][0].source_type == "INTEGRATION"
    crm.companies.basic_api.archive(made.id)
    assert crm.companies.get_all() == []


def test_get_all_walks_every_page(hub: Hub, crm: Any) -> None:
    ids = hub.make_many("companies", [{"name": f"C{number}"} for number in range(205)])
    assert [each.id for each in crm.companies.get_all()] == ids


def test_searching(hub: Hub, crm: Any) -> None:
    hub.make_many("companies", [{"name": "Alder"}, {"name": "Birch"}])
    request = PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "name", "operator": "EQ", "value": "Birch"}]}], limit=5
    )
    found = crm.companies.search_api.do_search(request)
    assert (found.total, found.results[0].properties["name"]) == (1, "Birch")


def test_batches_with_partial_success(hub: Hub, crm: Any) -> None:
    company = hub.make("companies", name="Alder")
    inputs = [{"id": company, "properties": {"city": "York"}}, {"id": "1", "properties": {"city": "York"}}]
    done = crm.objects.batch_api.update("companies", BatchInputSimplePublicObjectBatchInput(inputs=inputs))
    assert [each.id for each in done.results] == [company]
    assert done.num_errors == 1
    assert done.errors[0].category == "OBJECT_NOT_FOUND"


def test_refusals_arrive_as_exceptions_with_the_body(crm: Any) -> None:
    crm.contacts.basic_api.create(new(email="a@x.example"))
    with pytest.raises(ApiException) as caught:
        crm.contacts.basic_api.create(new(email="a@x.example"))
    assert caught.value.status == 409
    assert "Existing ID" in caught.value.body


def test_properties_owners_and_pipelines(crm: Any) -> None:
    wanted = PropertyCreate(
        name="inlay_score", label="Score", type="number", field_type="number", group_name="companyinformation"
    )
    assert crm.properties.core_api.create("companies", wanted).name == "inlay_score"
    assert "inlay_score" in {each.name for each in crm.properties.core_api.get_all("companies").results}
    assert crm.owners.owners_api.get_page().results[0].type == "PERSON"
    assert crm.pipelines.pipelines_api.get_all("deals").results[0].stages[0].label == "Appointment Scheduled"


def test_associations(hub: Hub, crm: Any) -> None:
    company, contact = hub.make("companies", name="Alder"), hub.make("contacts", email="a@x.example")
    crm.associations.v4.basic_api.create_default("contacts", contact, "companies", company)
    page = crm.associations.v4.basic_api.get_page("contacts", contact, "companies")
    assert [each.to_object_id for each in page.results] == [company]
    crm.associations.v4.basic_api.archive("contacts", contact, "companies", company)
    assert crm.associations.v4.basic_api.get_page("contacts", contact, "companies").results == []


def test_tokens(hub: Hub) -> None:
    tokens = hub.client.oauth.tokens_api
    form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    issued = tokens.create(refresh_token=REFRESH_TOKEN, **form)
    assert issued.expires_in == 1_800
    with pytest.raises(OAuthException):
        tokens.create(refresh_token="other", **form)
