"""The bulk part of simple-salesforce, unchanged, against the simulator on loopback."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceOperationError

from connectors.sandbox.server import RunningSandbox
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.sandbox.clients import client_of

QUICK = 0.01


@pytest.fixture
def bulk(served: RunningSandbox) -> Iterator[Any]:
    """The library's bulk door to accounts."""
    with client_of(served.base_url) as sf:
        yield sf.bulk2.Account


def rows_of(pages: Any) -> list[dict[str, str]]:
    """Return the rows of all pages."""
    return [row for page in pages for row in csv.DictReader(io.StringIO(page, newline=""))]


def test_insert_then_query_page_by_page(bulk: Any) -> None:
    records = [{"Name": f"n{number}", "Site": "a, b"} for number in range(5)]
    (report,) = bulk.insert(records=records, wait=QUICK)
    assert report["numberRecordsProcessed"] == 5
    assert report["numberRecordsFailed"] == 0
    pages = list(bulk.query("SELECT Name, Site FROM Account", max_records=2, wait=QUICK))
    assert len(pages) == 3
    assert sorted(row["Name"] for row in rows_of(pages)) == [f"n{number}" for number in range(5)]
    assert {row["Site"] for row in rows_of(pages)} == {"a, b"}


def test_query_all_reads_deleted_rows(api: Api, bulk: Any) -> None:
    api.delete("Account", api.create("Account", Name="gone"))
    found = rows_of(bulk.query_all("SELECT Name, IsDeleted FROM Account", wait=QUICK))
    assert found == [{"Name": "gone", "IsDeleted": "true"}]


def test_upsert_tells_good_and_bad_rows_apart(api: Api, bulk: Any) -> None:
    api.add_field("Account.Key__c", unique=True, externalId=True)
    api.create("Account", Name="old", Key__c="A-1")
    records = [{"Key__c": "A-1", "Name": "changed"}, {"Key__c": "A-2", "Name": ""}]
    (report,) = bulk.upsert(records=records, external_id_field="Key__c", wait=QUICK)
    assert report["numberRecordsFailed"] == 1
    good = rows_of([bulk.get_successful_records(report["job_id"])])
    bad = rows_of([bulk.get_failed_records(report["job_id"])])
    assert [(row["sf__Created"], row["Key__c"]) for row in good] == [("false", "A-1")]
    assert bad[0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING")
    assert api.column("SELECT Name FROM Account") == ["changed"]


def test_update_delete_and_hard_delete(api: Api, bulk: Any) -> None:
    ids = [api.create("Account", Name=name) for name in "ab"]
    bulk.update(records=[{"Id": row_id, "Site": "x"} for row_id in ids], wait=QUICK)
    assert api.column("SELECT Site FROM Account") == ["x", "x"]
    bulk.delete(records=[{"Id": ids[0]}], wait=QUICK)
    assert api.column("SELECT Id FROM Account") == [ids[1]]
    api.options(may_hard_delete=True)
    bulk.hard_delete(records=[{"Id": ids[1]}], wait=QUICK)
    assert [row["Id"] for row in api.rows("SELECT Id FROM Account", "queryAll")] == [ids[0]]


def test_a_failed_job_is_the_librarys_own_error(api: Api, bulk: Any) -> None:
    api.create("Account", Name="a")
    api.options(bulk={"faults": [{"do": "fail", "message": "no luck today"}]})
    with pytest.raises(SalesforceOperationError, match="no luck today"):
        list(bulk.query("SELECT Id FROM Account", wait=QUICK))


def test_a_slow_job_is_waited_for(api: Api, bulk: Any) -> None:
    api.create("Account", Name="a")
    api.options(bulk={"extra_polls": 3})
    assert len(rows_of(bulk.query("SELECT Id FROM Account", wait=QUICK))) == 1


def test_results_are_downloaded_to_a_folder(api: Api, bulk: Any, tmp_path: Path) -> None:
    api.options(seed_accounts=2500)
    files = list(bulk.download("SELECT Id, Name FROM Account", str(tmp_path), max_records=1000, wait=QUICK))
    assert [one["number_of_records"] for one in files] == [1000, 1000, 500]
    texts = [Path(one["file"]).read_text(encoding="utf-8") for one in files]
    assert len({row["Id"] for row in rows_of(texts)}) == 2500
