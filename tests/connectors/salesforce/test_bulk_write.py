"""Thousands of rows as one job: the same outcomes as in collections, in a handful of calls."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.salesforce import bulk_write
from connectors.sandbox.server import RunningSandbox
from core.sdk import Outcome, RetryLater, Verb, WriteRow
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.test_read import fill

COUNT = 300
"""From so many rows on the connector of these tests takes a job; an org of thousands would only take longer."""


@pytest.fixture
def ready(api: Api, served: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Link:
    """A connector that is handed many rows at once."""
    monkeypatch.setattr("connectors.salesforce.write.BULK_ROWS", COUNT)
    api.add_field("Activity.Inlay_Key__c", unique=True, externalId=True, caseSensitive=True)
    api.options(bulk={"rows_per_look": 100_000})
    link = Link(served.base_url, write_batch=10_000)
    for stream in ("Account", "Task"):
        link.connector.describe(stream)
    link.calls()
    return link


def rows_for(ids: list[str], **values: Any) -> list[WriteRow]:
    return [WriteRow({"Site": f"s{number}", **values}, row_id) for number, row_id in enumerate(ids)]


def jobs(link: Link) -> list[tuple[str, str]]:
    return [(method, path.split("/")[-1][:8]) for method, path in link.calls() if path.startswith("jobs/ingest")]


def states(outcomes: list[Outcome]) -> dict[str, int]:
    found = [outcome.state for outcome in outcomes]
    return {state: found.count(state) for state in dict.fromkeys(found)}


def test_a_job_is_the_way_unless_an_admin_says_otherwise(served: RunningSandbox, link: Link) -> None:
    assert link.connector.batch_size("Account", "update") == 10_000
    careful = Link(served.base_url, write_batch=200)
    assert careful.connector.batch_size("Account", "update") == 200


@pytest.mark.parametrize(("rows", "calls"), [(1, 1), (200, 1), (201, 2), (1_999, 10), (2_000, 8), (10_000, 8)])
def test_what_a_batch_costs_is_told_before_it_is_sent(link: Link, rows: int, calls: int) -> None:
    assert link.connector.calls_for("Account", "update", rows) == calls


def test_a_job_writes_all_rows_in_seven_calls(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT)
    outcomes = ready.connector.write("Account", "update", rows_for(ids))
    assert outcomes == [Outcome("applied", row_id) for row_id in ids]
    assert len(ready.calls()) <= 7
    assert api.column("SELECT Site FROM Account ORDER BY Id LIMIT 3") == ["s0", "s1", "s2"]


def test_fewer_rows_go_as_collections(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT - 1)
    assert states(ready.connector.write("Account", "update", rows_for(ids))) == {"applied": COUNT - 1}
    calls = ready.calls()
    assert calls == [("PATCH", "composite/sobjects")] * 2


def test_a_job_is_worth_it_from_two_thousand_rows_on() -> None:
    """Eight calls for the job against one for each 200 rows; from here on it is the faster way, too."""
    assert bulk_write.BULK_ROWS == 2_000


def test_every_row_has_its_own_outcome(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT)
    api.delete("Account", ids[5])
    api.options(
        row_faults=[
            {"sobject": "Account", "code": code, "message": "no", "field": "Name", "value": name}
            for code, name in (("UNABLE_TO_LOCK_ROW", "n00007"), ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "n00008"))
        ]
    )
    rows = rows_for(ids)
    rows[3] = WriteRow({"Name": "x" * 300}, ids[3])
    rows[9] = WriteRow({"Nope__c": 1}, ids[9])
    outcomes = ready.connector.write("Account", "update", rows)
    told = {place: (outcome.state, outcome.code) for place, outcome in enumerate(outcomes) if outcome.code}
    assert told == {
        3: ("rejected", "STRING_TOO_LONG"),
        5: ("rejected", "ENTITY_IS_DELETED"),
        7: ("retry", "UNABLE_TO_LOCK_ROW"),
        8: ("rejected", "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        9: ("rejected", "INVALID_FIELD"),
    }
    assert outcomes[3].fields == ("Name",)
    assert "xxx" not in outcomes[3].message
    assert states(outcomes) == {"applied": COUNT - 5, "rejected": 4, "retry": 1}


def test_tasks_are_made_once_by_their_keys(api: Api, ready: Link) -> None:
    rows = [WriteRow({"Subject": f"Call {n}"}, key=("Inlay_Key__c", f"k,{n}\"'ü")) for n in range(COUNT)]
    first = ready.connector.write("Task", "upsert", rows)
    again = ready.connector.write("Task", "upsert", rows)
    assert {outcome.created for outcome in first} == {True}
    assert {outcome.created for outcome in again} == {False}
    assert [outcome.external_id for outcome in first] == [outcome.external_id for outcome in again]
    assert api.get("query", q="SELECT COUNT() FROM Task")["totalSize"] == COUNT


def test_records_are_deleted(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT + 1)
    outcomes = ready.connector.write("Account", "delete", [WriteRow({}, row_id) for row_id in ids[1:]])
    assert states(outcomes) == {"applied": COUNT}
    assert api.column("SELECT Id FROM Account") == ids[:1]


@pytest.mark.parametrize("value", [None, "", 'a,b\n"c"', "  padded  ", "true", True, False, 12.5, "ü"])
def test_values_arrive_as_in_a_collection(api: Api, ready: Link, value: Any) -> None:
    kind = {bool: ("Checkbox", {"defaultValue": "false"}), float: ("Number", {})}.get(type(value), ("Text", {}))
    api.add_field("Account.V__c", kind[0], True, **kind[1])
    ready.connector._discovery.forget("Account")
    ids = fill(api, COUNT, **({"V__c": "before"} if kind[0] == "Text" else {}))
    single = api.create("Account", Name="single")
    api.update("Account", single, V__c=value)
    ready.connector.write("Account", "update", [WriteRow({"V__c": value, "Site": "S"}, one) for one in ids])
    assert api.row("Account", ids[7])["V__c"] == api.row("Account", single)["V__c"]
    assert api.row("Account", ids[7])["Site"] == "S"


def test_a_field_that_a_row_does_not_name_is_left_alone(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT, Site="before")
    rows = [WriteRow({"AccountNumber": "A"} if place % 2 else {"Site": "S"}, one) for place, one in enumerate(ids)]
    ready.connector.write("Account", "update", rows)
    assert [api.row("Account", one)["Site"] for one in ids[:2]] == ["S", "before"]
    assert [api.row("Account", one)["AccountNumber"] for one in ids[:2]] == [None, "A"]


def test_text_that_would_empty_a_field_goes_as_a_collection(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT)
    rows = rows_for(ids)
    rows[0] = WriteRow({"Site": "#N/A"}, ids[0])
    ready.connector.write("Account", "update", rows)
    assert jobs(ready) == []
    assert api.row("Account", ids[0])["Site"] == "#N/A"


# when a job fails


def upset(api: Api, path: str, **fault: Any) -> None:
    assert api.control("POST", "faults", [{"path": path, **fault}])[0] == 200


@pytest.mark.parametrize(
    ("path", "deed"),
    [
        ("jobs/ingest$", "cut"),
        ("jobs/ingest$", "apply_then_cut"),
        ("jobs/ingest$", "html"),
        ("/batches", "apply_then_cut"),
        ("/batches", "html"),
    ],
)
def test_whatever_is_lost_before_the_upload_is_complete_was_not_carried_out(
    api: Api, ready: Link, deed: str, path: str
) -> None:
    ids = fill(api, COUNT)
    upset(api, path, do=deed)
    assert states(ready.connector.write("Account", "update", rows_for(ids))) == {"retry": COUNT}
    assert api.column("SELECT Site FROM Account WHERE Site != null") == []


@pytest.mark.parametrize("deed", ["cut", "apply_then_cut"])
def test_when_the_word_to_start_is_lost_the_job_tells_whether_it_was_heard(api: Api, ready: Link, deed: str) -> None:
    ids = fill(api, COUNT)
    upset(api, "jobs/ingest/", do=deed, method="PATCH")
    assert states(ready.connector.write("Account", "update", rows_for(ids))) == {"applied": COUNT}
    stamps = set(api.column("SELECT SystemModstamp FROM Account"))
    again = api.get("jobs/ingest")["records"]
    assert len(again) == 1
    assert stamps


def test_lost_results_are_unknown(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT)
    upset(api, "successfulResults", do="status", status=503, body="down", times=None)
    assert states(ready.connector.write("Account", "update", rows_for(ids))) == {"unknown": COUNT}
    assert len(api.get("jobs/ingest")["records"]) == 1


def test_an_org_that_takes_no_jobs_gets_collections(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT)
    body = '[{"errorCode": "API_LIMIT_EXCEEDED", "message": "no more batches today"}]'
    upset(api, "jobs/ingest", do="status", status=400, body=body, times=None)
    assert states(ready.connector.write("Account", "update", rows_for(ids))) == {"applied": COUNT}
    assert [path for _, path in ready.calls()].count("composite/sobjects") == 2


def test_a_job_that_stops_half_way_leaves_the_rest_to_be_sent_again(api: Api, ready: Link) -> None:
    ids = fill(api, COUNT)
    api.options(bulk={"faults": [{"do": "fail", "after": 100}]})
    outcomes = ready.connector.write("Account", "update", rows_for(ids))
    assert states(outcomes) == {"applied": 100, "retry": COUNT - 100}
    assert len(api.column("SELECT Id FROM Account WHERE Site != null")) == 100


def test_a_job_that_does_not_end_is_aborted_and_what_it_did_is_known(
    api: Api, ready: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_write, "PATIENCE", 5.0)
    ids = fill(api, COUNT)
    api.options(bulk={"rows_per_look": 60})
    outcomes = ready.connector.write("Account", "update", rows_for(ids))
    written = len(api.column("SELECT Id FROM Account WHERE Site != null"))
    assert states(outcomes) == {"applied": written, "retry": COUNT - written}
    assert 0 < written < COUNT


# when the process is killed


class KilledError(BaseException):
    """Stands for kill -9: nothing may catch it."""


def killed_while_it_waits(link: Link, stream: str, verb: Verb, rows: list[WriteRow]) -> None:
    """Send a job, and die before it has ended."""
    with pytest.MonkeyPatch.context() as patch:

        def die() -> None:
            raise KilledError

        patch.setattr(bulk_write, "beat", die)
        with pytest.raises(KilledError):
            link.connector.write(stream, verb, rows)


def test_who_reads_back_what_a_killed_process_sent_waits_for_its_job(
    api: Api, ready: Link, served: RunningSandbox
) -> None:
    ids = fill(api, COUNT)
    api.options(bulk={"rows_per_look": 60})
    killed_while_it_waits(ready, "Account", "update", rows_for(ids))
    assert len(api.column("SELECT Id FROM Account WHERE Site != null")) < COUNT, "the job has not ended yet"
    heir = Link(served.base_url)
    found = heir.connector.fetch("Account", ids, ["Site"])
    assert [record["Site"] for record in found] == [f"s{number}" for number in range(COUNT)]
    assert [path for _, path in heir.calls()].count("jobs/ingest") == 1
    assert heir.clock.now() > ready.clock.now()


def test_what_a_killed_process_was_making_is_found_by_key_and_not_made_twice(
    api: Api, ready: Link, served: RunningSandbox
) -> None:
    api.options(bulk={"rows_per_look": 60})
    keys = [f"k{number}" for number in range(COUNT)]
    rows = [WriteRow({"Subject": "Call"}, key=("Inlay_Key__c", key)) for key in keys]
    killed_while_it_waits(ready, "Task", "upsert", rows)
    found = Link(served.base_url).connector.find_by_key("Task", "Inlay_Key__c", keys)
    assert sorted(found) == sorted(keys)
    assert len(set(found.values())) == COUNT


def test_a_job_that_goes_on_for_long_is_looked_for_later(api: Api, ready: Link, served: RunningSandbox) -> None:
    ids = fill(api, COUNT)
    api.options(bulk={"rows_per_look": 1})
    killed_while_it_waits(ready, "Account", "update", rows_for(ids))
    heir = Link(served.base_url)
    with pytest.raises(RetryLater, match="a job on Account") as caught:
        heir.connector.fetch("Account", ids, ["Site"])
    assert caught.value.retry_at is not None
    assert caught.value.retry_at > heir.clock.now()


def test_jobs_on_other_objects_and_few_records_are_not_waited_for(
    api: Api, ready: Link, served: RunningSandbox
) -> None:
    ids = fill(api, COUNT)
    api.options(bulk={"rows_per_look": 1})
    killed_while_it_waits(ready, "Account", "update", rows_for(ids))
    heir = Link(served.base_url)
    heir.connector.fetch("Account", ids[: COUNT - 1], ["Site"])
    heir.connector.find_by_key("Task", "Inlay_Key__c", [f"k{number}" for number in range(COUNT)])
    assert heir.clock.now() == Link(served.base_url).clock.now(), "nothing was waited for"
