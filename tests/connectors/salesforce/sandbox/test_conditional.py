"""Conditional headers: by time in whole seconds for every object, by ETag for accounts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.salesforce.sandbox.moments import read_instant, write_http_date
from tests.connectors.salesforce.orgs import Api


def changed_at(api: Api, name: str, row_id: str) -> datetime:
    """Return the instant of a record's last change."""
    return read_instant(str(api.row(name, row_id)["LastModifiedDate"]))


def made(api: Api, name: str) -> str:
    """Create a record of an object."""
    bodies = {
        "Account": {"Name": "a"},
        "Contact": {"LastName": "a"},
        "Task": {"Subject": "a"},
        "Case": {"Subject": "a"},
    }
    return api.create(name, **bodies[name])


@pytest.mark.parametrize("name", ["Account", "Contact", "Task", "Case"])
@pytest.mark.parametrize(("seconds", "status"), [(-3600, 412), (-1, 412), (0, 204), (1, 204), (3600, 204)])
def test_a_write_passes_only_when_nobody_has_written_since(api: Api, name: str, seconds: int, status: int) -> None:
    row_id = made(api, name)
    header = {"If-Unmodified-Since": write_http_date(changed_at(api, name, row_id) + timedelta(seconds=seconds))}
    before = api.row(name, row_id)
    response = api.raw("PATCH", f"sobjects/{name}/{row_id}", {"Description": "new"}, header)
    assert response.status_code == status
    assert (api.row(name, row_id) == before) is (status == 412)
    assert response.get_data() == b""


def test_a_persons_edit_makes_a_pending_write_fail(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    seen = {"If-Unmodified-Since": write_http_date(changed_at(api, "Account", row_id))}
    api.person_edits("Account", row_id, Site="by hand")
    assert api.raw("PATCH", f"sobjects/Account/{row_id}", {"Site": "by machine"}, seen).status_code == 412
    assert api.row("Account", row_id)["Site"] == "by hand"


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 304), (1, 304)])
def test_a_reading_answers_304_when_nothing_is_new(api: Api, seconds: int, status: int) -> None:
    row_id = api.create("Contact", LastName="a")
    header = {"If-Modified-Since": write_http_date(changed_at(api, "Contact", row_id) + timedelta(seconds=seconds))}
    response = api.raw("GET", f"sobjects/Contact/{row_id}", None, header)
    assert response.status_code == status
    assert bool(response.get_data()) is (status == 200)


def test_an_upsert_keeps_to_the_condition(api: Api) -> None:
    api.add_field("Account.Key__c", externalId=True)
    api.create("Account", Name="Acme", Key__c="A-1")
    old = {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert api.raw("PATCH", "sobjects/Account/Key__c/A-1", {"Name": "x"}, old).status_code == 412
    assert api.column("SELECT Name FROM Account") == ["Acme"]


def test_deleting_knows_no_condition(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    old = {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert api.raw("DELETE", f"sobjects/Account/{row_id}", None, old).status_code == 204


@pytest.mark.parametrize("value", ["yesterday", "2026-06-30", ""])
def test_a_header_that_is_no_date_is_refused_for_writes_and_ignored_for_reads(api: Api, value: str) -> None:
    row_id = api.create("Account", Name="Acme")
    header = {"If-Unmodified-Since": value}
    assert api.raw("PATCH", f"sobjects/Account/{row_id}", {"Name": "x"}, header).status_code == 400
    assert api.raw("GET", f"sobjects/Account/{row_id}", None, header).status_code == 200


def test_an_account_tells_its_etag_and_keeps_to_it(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    first = api.raw("GET", f"sobjects/Account/{row_id}").headers["ETag"]
    assert first.endswith('-gzip"')
    path = f"sobjects/Account/{row_id}"
    assert api.raw("GET", path, None, {"If-None-Match": first}).status_code == 304
    assert api.raw("PATCH", path, {"Site": "a"}, {"If-Match": f'"other", {first}'}).status_code == 204
    assert api.raw("GET", path).headers["ETag"] != first
    assert api.raw("PATCH", path, {"Site": "b"}, {"If-Match": first}).status_code == 412
    assert api.raw("GET", path, None, {"If-None-Match": first}).status_code == 200


def test_other_objects_have_no_etag(api: Api) -> None:
    row_id = api.create("Contact", LastName="a")
    response = api.raw("GET", f"sobjects/Contact/{row_id}")
    assert "ETag" not in response.headers
    assert "Last-Modified" in response.headers
    assert api.raw("PATCH", f"sobjects/Contact/{row_id}", {"Title": "x"}, {"If-Match": '"wrong"'}).status_code == 204
