"""Files: sent as base64, attached to records, versioned."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.connectors.salesforce.orgs import Api, Json

DATA = b"%PDF-1.7 \x00\xff letter"


def send(api: Api, **values: Json) -> str:
    """Send a file and return the id of its version."""
    encoded = base64.b64encode(DATA).decode()
    return api.create("ContentVersion", PathOnClient="C:\\post\\letter.pdf", VersionData=encoded, **values)


def links(api: Api, record_id: str) -> list[str]:
    """Return the ids of the documents attached to a record."""
    soql = f"SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = '{record_id}'"
    return [str(one) for one in api.column(soql)]


def test_a_first_version_makes_its_document(api: Api) -> None:
    version = api.row("ContentVersion", send(api))
    assert (version["Title"], version["FileExtension"], version["ContentSize"]) == ("letter", "pdf", len(DATA))
    assert (version["VersionNumber"], version["IsLatest"]) == ("1", True)
    assert version["Checksum"] == hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    document = api.row("ContentDocument", version["ContentDocumentId"])
    assert (document["Title"], document["LatestPublishedVersionId"]) == ("letter", version["Id"])


def test_the_bytes_come_back_from_their_own_address(api: Api) -> None:
    version = api.row("ContentVersion", send(api, Title="Engagement letter"))
    assert version["Title"] == "Engagement letter"
    answer = api.raw("GET", version["VersionData"])
    assert answer.get_data() == DATA
    assert answer.content_type == "application/octet-stream"
    (by_query,) = api.column("SELECT VersionData FROM ContentVersion")
    assert by_query == version["VersionData"]


def test_a_file_is_attached_where_it_is_published_first(api: Api) -> None:
    account = api.create("Account", Name="Acme")
    version = api.row("ContentVersion", send(api, FirstPublishLocationId=account))
    assert links(api, account) == [version["ContentDocumentId"]]


def test_a_file_published_nowhere_belongs_to_who_sent_it(api: Api) -> None:
    version = api.row("ContentVersion", send(api))
    assert links(api, api.me()) == [version["ContentDocumentId"]]


def test_a_file_is_attached_to_further_records(api: Api) -> None:
    account, contact = api.create("Account", Name="Acme"), api.create("Contact", LastName="Lopez")
    document = api.row("ContentVersion", send(api, FirstPublishLocationId=account))["ContentDocumentId"]
    api.create("ContentDocumentLink", ContentDocumentId=document, LinkedEntityId=contact, ShareType="V")
    assert links(api, contact) == [document]
    soql = f"SELECT LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId = '{document}'"
    assert set(api.column(soql)) == {account, contact}
    body = {"ContentDocumentId": document, "LinkedEntityId": contact, "ShareType": "Z"}
    assert api.call("POST", "sobjects/ContentDocumentLink", body)[0] == 400


def test_a_later_version_takes_the_place_of_the_latest(api: Api) -> None:
    first = api.row("ContentVersion", send(api))
    second = api.row("ContentVersion", send(api, ContentDocumentId=first["ContentDocumentId"]))
    assert (second["VersionNumber"], second["IsLatest"]) == ("2", True)
    assert api.row("ContentVersion", first["Id"])["IsLatest"] is False
    document = api.row("ContentDocument", first["ContentDocumentId"])
    assert document["LatestPublishedVersionId"] == second["Id"]
    assert len(api.column("SELECT Id FROM ContentDocument")) == 1


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM ContentDocumentLink",
        "SELECT COUNT() FROM ContentDocumentLink",
        "SELECT Id FROM ContentDocumentLink WHERE ShareType = 'V'",
        "SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId != '0015g0000000001AAA'",
    ],
)
def test_links_are_given_only_by_document_or_record(api: Api, soql: str) -> None:
    code, message = api.refuse_query(soql)
    assert code == "MALFORMED_QUERY"
    assert message.startswith("Implementation restriction: ContentDocumentLink requires a filter by a single Id")


@pytest.mark.parametrize("values", [{"PathOnClient": "a.txt"}, {"VersionData": "YQ=="}])
def test_path_and_data_are_required(api: Api, values: dict[str, str]) -> None:
    assert api.refusal("POST", "sobjects/ContentVersion", values) == (400, "REQUIRED_FIELD_MISSING")


def test_data_that_is_no_base64_is_refused(api: Api) -> None:
    body = {"PathOnClient": "a.txt", "VersionData": "not base64!"}
    assert api.refusal("POST", "sobjects/ContentVersion", body) == (400, "JSON_PARSER_ERROR")


def test_an_unknown_version_has_no_bytes(api: Api) -> None:
    assert api.refusal("GET", "sobjects/ContentVersion/0685g0000000009AAA/VersionData") == (404, "NOT_FOUND")
