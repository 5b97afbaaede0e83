"""Answers of 200 that are JSON, or CSV, of another shape than promised: trouble to be told, never a fact believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.server import RunningSandbox
from core.sdk import InlayError, Outcome, RetryLater, UnknownOutcome, WantedField, WriteRow
from tests.connectors.salesforce.links import KEY, SCORE, Link
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.test_read import fill

BAND = WantedField("Account", "Inlay_Health_Band__c", "Health band", "picklist", "Its band.", ("Good", "At Risk"))
WANTED = (SCORE, BAND, KEY)
CALLS = 30
"""More than any of these works needs."""

OTHERWISE: tuple[Any, ...] = (
    {"ok": True},
    [],
    None,
    "fine",
    {"id": None},
    {"id": 7},
    {"state": None},
    {"records": None},
    {"records": [7]},
)


def plan(api: Api, nth: int, body: Any, path: str = "/services/data/") -> None:
    """Let the ``nth`` call from now on be answered so, without being carried out."""
    api.control("DELETE", "faults")
    headers = {"Content-Type": "application/json"}
    fault = {"do": "status", "status": 200, "path": path, "nth": nth, "headers": headers, "body": json.dumps(body)}
    assert api.control("POST", "faults", [fault])[0] == 200


def struck(api: Api) -> bool:
    """Tell whether the planned answer was given."""
    return any(entry.fault for entry in api.app.log.entries())


def each_call(api: Api, body: Any, path: str = "/services/data/") -> Iterator[int]:
    """Yield 1, 2, ... with the answer planned for that call, until a work is done before it comes to it."""
    for nth in range(1, CALLS):
        plan(api, nth, body, path)
        api.app.log.clear()
        yield nth
        if not struck(api):
            return
    pytest.fail(f"more than {CALLS} calls")


def remove(link: Link) -> None:
    for step in link.connector.plan_removal(list(WANTED)):
        link.connector.provision(step)


def left(api: Api) -> tuple[int, int]:
    """Count Inlay's fields and its permission set."""
    fields = api.rows("SELECT Id FROM CustomField", api="tooling/query")
    return len(fields), len(api.rows("SELECT Id FROM PermissionSet WHERE Name = 'Inlay_Fields'"))


@pytest.mark.parametrize("body", [{"ok": True}, [], None, {"id": None}, {"records": [7]}], ids=json.dumps)
def test_provisioning_and_removal_stop_with_our_own_error_and_can_be_repeated(
    api: Api, served: RunningSandbox, body: Any
) -> None:
    stopped = 0
    for work in (lambda one: one.provision(*WANTED), remove):
        for _ in each_call(api, body):
            link = Link(served.base_url)
            try:
                work(link)
            except InlayError:
                stopped += 1
        api.control("DELETE", "faults")
        work(Link(served.base_url))
        assert left(api) == ((0, 0) if work is remove else (3, 1))
    assert stopped >= 10


def test_a_picklist_whose_metadata_are_of_another_shape_is_left_as_it_is(api: Api, link: Link) -> None:
    link.provision(BAND)
    more = WantedField("Account", BAND.name, BAND.label, "picklist", BAND.help, (*BAND.options, "Lost"))
    (step,) = link.connector.plan_fields([more])
    bodies: tuple[Any, ...] = ({"Metadata": None}, {"Metadata": {"valueSet": {}}}, {"ok": True}, [])
    for body in bodies:
        plan(api, 1, body, "tooling/sobjects/CustomField/")
        with pytest.raises(UnknownOutcome):
            link.connector.provision(step)
    api.control("DELETE", "faults")
    link.connector.provision(step)
    assert link.connector.describe("Account")[BAND.name].options == more.options


# jobs that read


@pytest.fixture
def large(api: Api, served: RunningSandbox) -> Link:
    """A connector that reads an org's 2,300 accounts by a job."""
    api.options(seed_accounts=2_300)
    link = Link(served.base_url, bulk_above=2_000)
    link.connector.describe("Account")
    return link


@pytest.mark.parametrize("body", [{"ok": True}, None, {"id": 7}, {"state": None}], ids=json.dumps)
def test_a_job_that_is_answered_with_something_else_loses_no_row(api: Api, large: Link, body: Any) -> None:
    for _ in each_call(api, body, "jobs/"):
        try:
            ids = {record["Id"] for record in large.records("Account", "Name")}
        except RetryLater:
            large.clock.sleep(120)
            continue
        assert len(ids) == 2_300


@pytest.mark.parametrize("text", ["", '"Id","SystemModstamp","IsDeleted","MasterRecordId","Name"\n'])
def test_a_sheet_without_rows_that_was_said_to_have_some_is_torn(api: Api, large: Link, text: str) -> None:
    headers = {"Content-Type": "text/csv", "Sforce-Locator": "null", "Sforce-NumberOfRecords": "300"}
    fault = {"do": "status", "status": 200, "path": "/results", "body": text, "headers": headers}
    api.control("POST", "faults", [fault])
    assert len({record["Id"] for record in large.records("Account", "Name")}) == 2_300


# jobs that write


@pytest.fixture
def writer(served: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Link:
    """A connector that takes a job for three rows already."""
    monkeypatch.setattr("connectors.salesforce.write.BULK_ROWS", 3)
    link = Link(served.base_url, write_batch=10_000)
    link.connector.describe("Account")
    return link


@pytest.mark.parametrize("body", OTHERWISE, ids=json.dumps)
def test_a_job_that_writes_says_applied_only_of_what_the_org_holds(api: Api, writer: Link, body: Any) -> None:
    ids = fill(api, 3)
    found: list[Outcome] = []
    for nth in each_call(api, body, "jobs/"):
        rows = [WriteRow({"Site": f"{nth}"}, row_id) for row_id in ids]
        found = writer.connector.write("Account", "update", rows)
        assert {one.state for one in found} <= {"applied", "retry", "unknown"}, nth
        held = set(api.column("SELECT Site FROM Account"))
        assert all(one.state != "applied" for one in found) or held == {str(nth)}, nth
        assert all(one.state != "retry" for one in found) or held != {str(nth)}, nth
        writer.clock.sleep(120)
    assert {one.state for one in found} == {"applied"}
