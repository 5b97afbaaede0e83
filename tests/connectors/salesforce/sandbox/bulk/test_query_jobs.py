"""Query jobs of Bulk API 2.0, called plainly."""

from __future__ import annotations

import csv
import gzip
import io

import pytest

from tests.connectors.salesforce.orgs import Api, Json

QUERY = "SELECT Id, Name FROM Account"


def start(api: Api, soql: str = QUERY, **more: Json) -> str:
    """Make a query job and return its id."""
    status, body = api.call("POST", "jobs/query", {"operation": "query", "query": soql, **more})
    assert status == 200, body
    return str(body["id"])


def state(api: Api, job_id: str) -> str:
    """Look at a job."""
    return str(api.get(f"jobs/query/{job_id}")["state"])


def finished(api: Api, soql: str = QUERY, **more: Json) -> str:
    """Make a query job and look until it is complete."""
    job_id = start(api, soql, **more)
    assert state(api, job_id) == "JobComplete"
    return job_id


def page(api: Api, job_id: str, **query: str) -> tuple[list[list[str]], str]:
    """Return a set of results, its header first, and the locator of the next."""
    response = api.raw("GET", f"jobs/query/{job_id}/results", None, None, **query)
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.content_type.startswith("text/csv")
    rows = list(csv.reader(io.StringIO(response.get_data(as_text=True), newline="")))
    assert response.headers["Sforce-NumberOfRecords"] == str(len(rows) - 1)
    return rows, response.headers["Sforce-Locator"]


def code(api: Api, method: str, path: str, body: Json = None) -> tuple[int, str]:
    """Return status and code of a refused call."""
    return api.refusal(method, path, body)


def test_a_new_job_says_what_it_is(api: Api) -> None:
    _, body = api.call("POST", "jobs/query", {"operation": "query", "query": QUERY})
    assert body["state"] == "UploadComplete"
    assert body["object"] == "Account"
    assert body["operation"] == "query"
    assert (body["contentType"], body["columnDelimiter"], body["lineEnding"]) == ("CSV", "COMMA", "LF")
    assert body["apiVersion"] == 64.0
    assert body["createdById"] == api.me()
    assert body["id"].startswith("750")
    assert len(body["id"]) == 18


def test_a_finished_job_tells_how_many_rows_it_has_read(api: Api) -> None:
    for name in "abc":
        api.create("Account", Name=name)
    report = api.get(f"jobs/query/{start(api)}")
    assert report["state"] == "JobComplete"
    assert report["numberRecordsProcessed"] == 3
    assert report["jobType"] == "V2Query"
    assert "errorMessage" not in report


def test_results_come_in_sets_until_the_locator_is_the_word_null(api: Api) -> None:
    for number in range(7):
        api.create("Account", Name=f"n{number}")
    job_id = finished(api)
    first, locator = page(api, job_id, maxRecords="3")
    second, further = page(api, job_id, maxRecords="3", locator=locator)
    third, last = page(api, job_id, maxRecords="3", locator=further)
    assert [len(rows) for rows in (first, second, third)] == [4, 4, 2]
    assert first[0] == second[0] == third[0] == ["Id", "Name"]
    assert [row[1] for rows in (first, second, third) for row in rows[1:]] == [f"n{number}" for number in range(7)]
    assert locator not in {"null", "", further}
    assert last == "null"
    assert page(api, job_id, maxRecords="3", locator=locator)[0] == second


def test_the_vendor_may_give_fewer_rows_than_wanted(api: Api) -> None:
    for number in range(5):
        api.create("Account", Name=f"n{number}")
    api.options(bulk={"rows_per_page": 2})
    rows, locator = page(api, finished(api), maxRecords="1000")
    assert len(rows) == 3
    assert locator != "null"


def test_no_rows_are_a_header_alone(api: Api) -> None:
    rows, locator = page(api, finished(api))
    assert (rows, locator) == ([["Id", "Name"]], "null")


def test_values_are_written_as_the_vendor_writes_them(api: Api) -> None:
    api.create("Account", Name='He said "no", twice\nthen left', NumberOfEmployees=12, AnnualRevenue=10.0)
    job_id = finished(api, "SELECT Name, NumberOfEmployees, AnnualRevenue, Site, IsDeleted, CreatedDate FROM Account")
    text = api.raw("GET", f"jobs/query/{job_id}/results").get_data(as_text=True)
    head, rest = text.split("\n", 1)
    assert head == '"Name","NumberOfEmployees","AnnualRevenue","Site","IsDeleted","CreatedDate"'
    assert rest.startswith('"He said ""no"", twice\nthen left","12","10.0","","false","2026-06-30T09:00:0')
    assert rest.endswith('.000Z"\n')


@pytest.mark.parametrize(
    ("delimiter", "sign"),
    [("BACKQUOTE", "`"), ("CARET", "^"), ("COMMA", ","), ("PIPE", "|"), ("SEMICOLON", ";"), ("TAB", "\t")],
)
@pytest.mark.parametrize(("ending", "end"), [("LF", "\n"), ("CRLF", "\r\n")])
def test_delimiter_and_line_end_are_the_jobs(api: Api, delimiter: str, sign: str, ending: str, end: str) -> None:
    api.create("Account", Name="Acme")
    job_id = finished(api, "SELECT Name, Site FROM Account", columnDelimiter=delimiter, lineEnding=ending)
    text = api.raw("GET", f"jobs/query/{job_id}/results").get_data(as_text=True)
    assert text == f'"Name"{sign}"Site"{end}"Acme"{sign}""{end}'


def test_parents_are_columns_with_their_path(api: Api) -> None:
    parent = api.create("Account", Name="Parent")
    api.create("Account", Name="Child", ParentId=parent)
    rows, _ = page(api, finished(api, "SELECT Name, Parent.Name FROM Account ORDER BY Name"))
    assert rows == [["Name", "Parent.Name"], ["Child", "Parent"], ["Parent", ""]]


def test_query_all_reads_deleted_rows_as_well(api: Api) -> None:
    api.delete("Account", api.create("Account", Name="gone"))
    api.create("Account", Name="kept")
    soql = "SELECT Name, IsDeleted FROM Account ORDER BY Name"
    assert page(api, finished(api, soql))[0][1:] == [["kept", "false"]]
    found = page(api, finished(api, soql, operation="queryAll"))[0][1:]
    assert found == [["gone", "true"], ["kept", "false"]]


def test_limit_order_and_conditions_hold(api: Api) -> None:
    for name in ("a", "b", "c", "d"):
        api.create("Account", Name=name)
    job_id = finished(api, "SELECT Name FROM Account WHERE Name != 'c' ORDER BY Name DESC LIMIT 2")
    assert page(api, job_id)[0][1:] == [["d"], ["b"]]


def test_a_job_gets_on_while_time_passes(api: Api) -> None:
    api.options(seed_accounts=1_000, bulk={"rows_per_look": 0, "rows_per_second": 100})
    job_id = start(api)
    done = []
    for seconds in (0, 3, 2, 4, 1):
        api.wait(seconds)
        found = api.get(f"jobs/query/{job_id}")
        done.append((found["numberRecordsProcessed"], found["state"]))
    assert done == [
        (0, "InProgress"),
        (300, "InProgress"),
        (500, "InProgress"),
        (900, "InProgress"),
        (1_000, "InProgress"),
    ]
    assert state(api, job_id) == "InProgress"
    api.wait(0.01)
    assert state(api, job_id) == "JobComplete"


@pytest.mark.parametrize(("accepted", "packed"), [("gzip, deflate", True), ("identity", False), ("gzip;q=0", False)])
def test_a_sheet_is_packed_for_whoever_can_unpack_it(api: Api, accepted: str, packed: bool) -> None:
    api.options(seed_accounts=50)
    job_id = finished(api)
    path = f"jobs/query/{job_id}/results"
    plain = api.raw("GET", path).get_data()
    answer = api.raw("GET", path, None, {"Accept-Encoding": accepted})
    assert (answer.headers.get("Content-Encoding") == "gzip") == packed
    content = answer.get_data()
    assert (gzip.decompress(content) if packed else content) == plain
    assert len(content) == int(answer.headers["Content-Length"])
    assert (len(content) < len(plain)) == packed


def test_rows_are_those_of_the_moment_of_the_job(api: Api) -> None:
    row_id = api.create("Account", Name="before")
    api.options(bulk={"rows_per_look": 1})
    api.create("Account", Name="second")
    job_id = start(api)
    assert state(api, job_id) == "InProgress"
    api.create("Account", Name="later")
    api.update("Account", row_id, Name="after")
    while state(api, job_id) != "JobComplete":
        pass
    assert [row[1] for row in page(api, job_id)[0][1:]] == ["before", "second"]


@pytest.mark.parametrize(
    ("soql", "refused"),
    [
        ("SELECT COUNT() FROM Account", "API_ERROR"),
        ("SELECT COUNT(Id) FROM Account", "API_ERROR"),
        ("SELECT Name FROM Account GROUP BY Name", "API_ERROR"),
        ("SELECT Name FROM Account LIMIT 1 OFFSET 1", "API_ERROR"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR"),
        ("SELECT BillingAddress FROM Account", "API_ERROR"),
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("nonsense", "MALFORMED_QUERY"),
    ],
)
def test_what_such_jobs_do_not_offer_is_refused_when_the_job_is_made(api: Api, soql: str, refused: str) -> None:
    assert code(api, "POST", "jobs/query", {"operation": "query", "query": soql}) == (400, refused)
    assert api.get("jobs/query")["records"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"operation": "insert", "query": QUERY},
        {"operation": "query"},
        {"query": QUERY},
        {"operation": "query", "query": QUERY, "columnDelimiter": "COLON"},
        {"operation": "query", "query": QUERY, "lineEnding": "CR"},
    ],
)
def test_a_job_asked_for_wrongly_is_refused(api: Api, body: Json) -> None:
    assert api.call("POST", "jobs/query", body)[0] == 400


def test_a_hidden_field_does_not_exist_for_a_job(api: Api) -> None:
    api.options(withhold=["Account.AnnualRevenue"])
    body = {"operation": "query", "query": "SELECT AnnualRevenue FROM Account"}
    assert code(api, "POST", "jobs/query", body) == (400, "INVALID_FIELD")


def test_results_are_refused_until_the_job_is_complete(api: Api) -> None:
    api.options(bulk={"extra_polls": 1})
    job_id = start(api)
    assert code(api, "GET", f"jobs/query/{job_id}/results") == (400, "INVALIDJOBSTATE")
    assert state(api, job_id) == "InProgress"
    assert code(api, "GET", f"jobs/query/{job_id}/results") == (400, "INVALIDJOBSTATE")
    assert state(api, job_id) == "JobComplete"
    assert page(api, job_id)[1] == "null"


def test_results_need_the_version_of_the_job(api: Api) -> None:
    job_id = finished(api)
    assert code(api, "GET", f"/services/data/v63.0/jobs/query/{job_id}/results")[0] == 409


@pytest.mark.parametrize("locator", ["nonsense!", "MA", "OTk5", "LTE", "null"])
def test_a_locator_that_the_vendor_never_gave_is_refused(api: Api, locator: str) -> None:
    api.create("Account", Name="a")
    api.create("Account", Name="b")
    status, body = api.call("GET", f"jobs/query/{finished(api)}/results", None, None, locator=locator)
    assert (status, body[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_an_aborted_job_has_no_results_and_cannot_be_aborted_again(api: Api) -> None:
    job_id = start(api)
    status, body = api.call("PATCH", f"jobs/query/{job_id}", {"state": "Aborted"})
    assert (status, body["state"]) == (200, "Aborted")
    assert state(api, job_id) == "Aborted"
    assert code(api, "GET", f"jobs/query/{job_id}/results") == (400, "INVALIDJOBSTATE")
    assert code(api, "PATCH", f"jobs/query/{job_id}", {"state": "Aborted"}) == (400, "INVALIDJOBSTATE")
    assert code(api, "PATCH", f"jobs/query/{start(api)}", {"state": "UploadComplete"}) == (400, "INVALIDJOBSTATE")


def test_a_finished_job_cannot_be_aborted(api: Api) -> None:
    assert code(api, "PATCH", f"jobs/query/{finished(api)}", {"state": "Aborted"}) == (400, "INVALIDJOBSTATE")


def test_a_deleted_job_is_gone(api: Api) -> None:
    job_id = finished(api)
    response = api.raw("DELETE", f"jobs/query/{job_id}")
    assert (response.status_code, response.get_data()) == (204, b"")
    for path in (f"jobs/query/{job_id}", f"jobs/query/{job_id}/results"):
        assert code(api, "GET", path) == (404, "NOT_FOUND")


def test_a_job_at_work_cannot_be_deleted(api: Api) -> None:
    api.options(bulk={"extra_polls": 5})
    job_id = start(api)
    state(api, job_id)
    assert code(api, "DELETE", f"jobs/query/{job_id}") == (400, "INVALIDJOBSTATE")


@pytest.mark.parametrize(("days", "status"), [(6.9, 200), (7.1, 404)])
def test_a_finished_job_is_kept_for_seven_days(api: Api, days: float, status: int) -> None:
    job_id = finished(api)
    api.wait(days * 86400)
    assert api.call("GET", f"jobs/query/{job_id}/results")[0] == status if status == 404 else page(api, job_id)
    assert api.call("GET", f"jobs/query/{job_id}")[0] == status


def test_an_unknown_job_is_not_found(api: Api) -> None:
    for text in ("7505g0000000099AAA", "nonsense", "001000000000001AAA"):
        assert code(api, "GET", f"jobs/query/{text}") == (404, "NOT_FOUND")


def test_a_job_of_the_other_kind_is_not_found(api: Api) -> None:
    assert code(api, "GET", f"jobs/ingest/{finished(api)}") == (404, "NOT_FOUND")


def test_all_jobs_are_listed_newest_first(api: Api) -> None:
    first, second = finished(api), start(api)
    api.call("POST", "jobs/ingest", {"operation": "insert", "object": "Account"})
    listed = api.get("jobs/query", jobType="V2Query")
    assert [job["id"] for job in listed["records"]] == [second, first]
    assert listed["done"] is True
    assert listed["nextRecordsUrl"] is None
    assert len(api.get("jobs/query")["records"]) == 3


def test_a_long_list_of_jobs_comes_in_pages(api: Api) -> None:
    made = [start(api) for _ in range(1001)]
    first = api.get("jobs/query")
    rest = api.get(first["nextRecordsUrl"].partition("?")[0], queryLocator=first["nextRecordsUrl"].rpartition("=")[2])
    assert (first["done"], rest["done"]) == (False, True)
    assert [job["id"] for job in (*first["records"], *rest["records"])] == list(reversed(made))


def test_a_job_that_fails_half_way_says_why_and_has_no_results(api: Api) -> None:
    for name in "abcd":
        api.create("Account", Name=name)
    api.options(bulk={"faults": [{"do": "fail", "operation": "query", "after": 2, "message": "QUERY_TIMEOUT"}]})
    report = api.get(f"jobs/query/{start(api)}")
    assert (report["state"], report["errorMessage"], report["numberRecordsProcessed"]) == ("Failed", "QUERY_TIMEOUT", 2)
    assert code(api, "GET", f"jobs/query/{report['id']}/results") == (400, "INVALIDJOBSTATE")
    assert page(api, finished(api))[0][1:]


def test_a_complete_job_may_have_lost_its_results(api: Api) -> None:
    api.options(bulk={"faults": [{"do": "lose", "sobject": "Contact"}]})
    assert page(api, finished(api))[1] == "null"
    job_id = finished(api, "SELECT Id FROM Contact")
    assert code(api, "GET", f"jobs/query/{job_id}/results") == (404, "NOT_FOUND")


def test_the_days_jobs_are_counted_and_run_out(api: Api) -> None:
    api.app.site.bulk.daily_limits["DailyBulkV2QueryJobs"] = 2
    start(api)
    assert api.get("limits")["DailyBulkV2QueryJobs"] == {"Max": 2, "Remaining": 1}
    start(api)
    assert code(api, "POST", "jobs/query", {"operation": "query", "query": QUERY}) == (400, "LIMIT_EXCEEDED")
    api.wait(86401)
    start(api)


def test_every_call_for_a_job_is_an_api_call(api: Api) -> None:
    before = api.app.site.quota.used
    page(api, finished(api))
    assert api.app.site.quota.used == before + 3
