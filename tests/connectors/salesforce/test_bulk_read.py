"""Large objects are read as Bulk API jobs: the same records, far fewer calls, and the REST API where a job fails."""

from __future__ import annotations

import gzip
import tracemalloc
from io import StringIO
from typing import Any

import pytest

from connectors.salesforce import bulk_query
from connectors.salesforce.rows import RowReader
from connectors.sandbox.server import RunningSandbox, serve
from core.sdk import Cursor, FixedClock
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import AS_OF, Api
from tests.connectors.salesforce.test_read import fill

FIELDS = ("Name", "Site", "NumberOfEmployees", "AnnualRevenue", "CreatedDate", "Owner.Name", "Parent.Name", "ParentId")
ABOVE = 2_000


@pytest.fixture
def many(api: Api) -> list[str]:
    """An org with a few more accounts than are worth a job, of many shapes."""
    ids = fill(api, 2_400, Site='two\nlines, "quoted" #N/A ü', NumberOfEmployees=7, AnnualRevenue=1.5)
    changes: list[dict[str, Any]] = [{"Site": None}, {"NumberOfEmployees": None}, {"ParentId": ids[0]}]
    for place, values in enumerate(changes):
        api.update("Account", ids[place * 700 + 300], **values)
    return ids


@pytest.fixture
def large(served: RunningSandbox) -> Link:
    """A connector that takes a job for anything above 2,000 rows."""
    return Link(served.base_url, bulk_above=ABOVE)


def jobs(link: Link) -> list[str]:
    return [f"{method} {path.partition('/7')[0]}" for method, path in link.calls() if path.startswith("jobs/")]


def faults(api: Api, *wanted: dict[str, Any], **settings: Any) -> None:
    api.options(bulk={"faults": list(wanted), **settings})


def test_a_job_gives_what_the_rest_api_gives(many: list[str], link: Link, large: Link) -> None:
    by_rest = link.records("Account", *FIELDS)
    by_job = large.records("Account", *FIELDS)
    assert by_job == by_rest
    assert [record["Id"] for record in by_rest if record["Id"] not in many] == []
    assert "POST jobs/query" in jobs(large)
    assert jobs(link) == []


def test_pages_of_a_job_have_cursors_in_order_and_reach_the_last_record(many: list[str], large: Link) -> None:
    pages = large.pages("Account", "Name")
    cursors = [page.cursor for page in pages if page.cursor]
    assert cursors == sorted(cursors)
    assert cursors[-1].id == pages[-2].records[-1]["Id"]
    assert sum(len(page.records) for page in pages) == len(many)


def test_a_small_object_costs_no_job(api: Api, large: Link) -> None:
    fill(api, 2_000)
    large.records("Account", "Name")
    assert jobs(large) == []


def test_what_changed_since_is_read_by_a_job_too_when_it_is_much(many: list[str], large: Link) -> None:
    cursor = Cursor("2026-06-30T08:00:00.000Z")
    assert sorted(record["Id"] for record in large.records("Account", "Name", since=cursor)) == sorted(many)
    assert "POST jobs/query" in jobs(large)


def test_a_killed_reading_goes_on_after_the_last_page_stored(api: Api, served: RunningSandbox) -> None:
    ids = []
    for _ in range(3):
        ids += fill(api, 2_000)
        api.wait(900)
    reader = Link(served.base_url, bulk_above=ABOVE).connector.read("Account", ["Name"], None)
    pages = [next(reader), next(reader)]
    seen = {str(record["Id"]) for page in pages for record in page.records}
    assert pages[-1].cursor is not None
    del reader  # the process is gone
    again = Link(served.base_url, bulk_above=ABOVE).records("Account", "Name", since=pages[-1].cursor)
    assert seen | {str(record["Id"]) for record in again} == set(ids)
    assert len(again) < len(ids) - 1_500


@pytest.mark.usefixtures("many")
def test_deleted_while_a_job_was_prepared_is_told(api: Api, large: Link) -> None:
    """The first page is read before the job; what goes in between must not stay for ever."""
    reader = large.connector.read("Account", ["Name"], None)
    first = next(reader)
    gone = str(first.records[5]["Id"])
    api.wait(1)
    api.delete("Account", gone)
    stones = [stone.external_id for page in reader for stone in page.tombstones]
    assert stones == [gone]


def test_the_calls_of_a_job_do_not_grow_with_its_rows(api: Api, large: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_query, "SHEET_ROWS", 5_000)
    api.options(seed_accounts=12_000)
    large.connector.describe("Account")
    large.calls()
    count = sum(len(page.records) for page in large.connector.read("Account", ["Name"], None))
    assert count == 12_000
    # one page that also counts, the job, one look, and its two sheets; the REST API would take six calls for 12,000
    assert len(large.calls()) == 5


@pytest.mark.parametrize(("rows_per_second", "looks"), [(10_000, 1), (100, 2), (20, 2)])
def test_a_job_is_looked_at_when_it_should_be_done(api: Api, rows_per_second: int, looks: int) -> None:
    """The first look tells how fast it is; so the second one finds it done."""
    api.options(seed_accounts=2_300, bulk={"rows_per_look": 1, "rows_per_second": rows_per_second})

    class Shared(FixedClock):
        """Its pauses are the vendor's as well."""

        def sleep(self, seconds: float) -> None:
            """Let time pass on both sides."""
            super().sleep(seconds)
            api.wait(seconds)

    with serve(api.app) as running:
        link = Link(running.base_url, clock=Shared(AS_OF), bulk_above=ABOVE)
        assert len(link.records("Account", "Name")) == 2_300
        assert jobs(link).count("GET jobs/query") == looks + 1  # and one sheet


def test_a_job_of_which_nothing_is_known_is_looked_at_less_and_less_often(api: Api, large: Link) -> None:
    api.options(seed_accounts=2_300, bulk={"rows_per_look": 0, "rows_per_second": 0})
    reading = large.connector.read("Account", ["Name"], None)
    next(reading)
    begun = large.clock.now()
    assert sum(len(page.records) for page in reading) == 300  # after two hours, by a further page
    assert sum(path.startswith("jobs/query/") for _, path in large.calls()) < 80
    assert (large.clock.now() - begun).total_seconds() >= bulk_query.PATIENCE


@pytest.mark.parametrize("at", [5, 40], ids=["torn", "spoilt"])
def test_a_packed_sheet_that_cannot_be_unpacked_is_torn(api: Api, large: Link, at: int) -> None:
    api.options(seed_accounts=2_300)
    headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip", "Sforce-Locator": "null"}
    body = gzip.compress(b'"Id"\n' * 500)[:at].decode("latin-1")
    fault = {"do": "status", "status": 200, "path": "/results", "body": body, "headers": headers}
    api.control("POST", "faults", [fault])
    assert len(large.records("Account", "Name")) == 2_300


@pytest.mark.soak
def test_a_million_accounts_in_constant_memory_and_the_fewest_calls(api: Api, served: RunningSandbox) -> None:
    api.options(seed_accounts=1_000_000, bulk={"rows_per_look": 1_000_000})
    link = Link(served.base_url, seconds=120.0)
    link.connector.describe("Account")
    link.calls()
    tracemalloc.start()
    peaks, count = [], 0
    for page in link.connector.read("Account", ["Name", "Industry"], None):
        count += len(page.records)
        if count % 200_000 == 0:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
    tracemalloc.stop()
    assert count == 1_000_000
    assert max(peaks[1:]) < 1.2 * min(peaks[1:])
    assert len(link.calls()) <= 1 + 1 + 2 + 20


# when a job fails


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "fail", "after": 100, "message": "InternalServerError : retried more than fifteen times"},
        {"do": "lose"},
    ],
)
def test_a_job_that_fails_is_replaced_by_the_rest_api(
    api: Api, many: list[str], large: Link, fault: dict[str, Any]
) -> None:
    faults(api, fault)
    assert sorted(record["Id"] for record in large.records("Account", "Name")) == sorted(many)
    assert jobs(large).count("POST jobs/query") == 1


def test_an_org_without_jobs_is_read_by_the_rest_api(api: Api, many: list[str], large: Link) -> None:
    body = '[{"errorCode": "API_DISABLED_FOR_ORG_FEATURE", "message": "Bulk API is not enabled"}]'
    api.control("POST", "faults", [{"do": "status", "status": 400, "path": "jobs/query", "times": None, "body": body}])
    assert [record["Id"] for record in large.records("Account", "Name")] == sorted(
        many, key=lambda row_id: (api.app.site.org.tables["Account"].rows[row_id]["SystemModstamp"], row_id)
    )


def test_a_torn_sheet_is_not_taken_for_a_whole_one(api: Api, many: list[str], large: Link) -> None:
    body = '"Id","SystemModstamp"\n"001'
    headers = {"Content-Type": "text/csv", "Sforce-Locator": "null", "Sforce-NumberOfRecords": "400"}
    api.control(
        "POST",
        "faults",
        [{"do": "status", "status": 200, "path": "jobs/query/.*/results", "body": body, "headers": headers}],
    )
    assert sorted(record["Id"] for record in large.records("Account", "Name")) == sorted(many)


def test_a_job_that_does_not_end_is_left_alone(
    api: Api, many: list[str], large: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_query, "PATIENCE", 100.0)
    faults(api, extra_polls=1_000)
    begun = large.clock.now()
    assert len(large.records("Account", "Name")) == len(many)
    assert 100 <= (large.clock.now() - begun).total_seconds() <= 200
    assert 3 <= sum(path.startswith("jobs/query/") for _, path in large.calls()) <= 12


def test_compound_fields_are_read_by_the_rest_api(many: list[str], large: Link) -> None:
    """Bulk API queries refuse addresses as a whole."""
    assert len(large.records("Account", "Name", "BillingAddress")) == len(many)
    assert jobs(large) == []


# cells


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("int", "12", 12),
        ("double", "12.0", 12.0),
        ("currency", "1.0E7", 1e7),
        ("percent", "", None),
        ("datetime", "2026-06-30T09:00:00.000Z", "2026-06-30T09:00:00.000+0000"),
        ("date", "2026-06-30", "2026-06-30"),
        ("string", "", None),
        ("string", " padded ", " padded "),
        ("a_type_of_next_year", "x", "x"),
        ("picklist", "ü", "ü"),
    ],
)
def test_a_cell_is_read_as_its_fields_type(kind: str, cell: str, value: Any) -> None:
    quoted = cell.replace('"', '""')
    (record,) = RowReader({"F": kind}).records(StringIO(f'"F"\n"{quoted}"\n'))
    assert record == {"F": value}


def test_sheets_after_the_first_may_come_with_or_without_a_header() -> None:
    reader = RowReader({"Id": "id", "Name": "string"})
    assert list(reader.records(StringIO('"Id","Name"\n"1","a"\n'))) == [{"Id": "1", "Name": "a"}]
    assert list(reader.records(StringIO('"2","b"\n'))) == [{"Id": "2", "Name": "b"}]
    assert list(reader.records([])) == []


def test_a_parent_of_which_nothing_is_known_is_null() -> None:
    reader = RowReader({"Owner.Name": "string", "Owner.Manager.Name": "string", "Parent.Name": "string"})
    assert list(reader.records(StringIO('"A","",""\n'))) == [{"Owner": {"Name": "A", "Manager": None}, "Parent": None}]


@pytest.mark.parametrize("torn", ['"1"\n', '"1","a","b"\n', '"1","a"\n"2'])
def test_a_line_of_another_width_is_no_record(torn: str) -> None:
    with pytest.raises(ValueError, match="cells for 2 columns"):
        list(RowReader({"Id": "id", "Name": "string"}).records(StringIO(torn)))
