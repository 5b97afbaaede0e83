"""Ingest jobs of Bulk API 2.0, called plainly."""

from __future__ import annotations

import csv
import io

import pytest
from werkzeug.test import Client

from tests.connectors.salesforce.orgs import Api, Json


def open_job(api: Api, operation: str = "insert", sobject: str = "Account", **more: Json) -> str:
    """Make an ingest job and return its id."""
    status, body = api.call("POST", "jobs/ingest", {"operation": operation, "object": sobject, **more})
    assert status == 200, body
    return str(body["id"])


def put(api: Api, job_id: str, data: str | bytes, kind: str = "text/csv; charset=UTF-8") -> int:
    """Upload a job's data and return the status."""
    sent = data.encode() if isinstance(data, str) else data
    path = f"/services/data/v64.0/jobs/ingest/{job_id}/batches"
    headers = {"Authorization": f"Bearer {api.token}"}
    return Client(api.app).put(path, data=sent, headers=headers, content_type=kind).status_code


def close(api: Api, job_id: str) -> None:
    """Say that all data is there."""
    status, body = api.call("PATCH", f"jobs/ingest/{job_id}", {"state": "UploadComplete"})
    assert (status, body["state"]) == (200, "UploadComplete")


def run(api: Api, data: str, operation: str = "insert", sobject: str = "Account", **more: Json) -> Json:
    """Run a job to its end and return its report."""
    job_id = open_job(api, operation, sobject, **more)
    assert put(api, job_id, data) == 201
    close(api, job_id)
    return api.get(f"jobs/ingest/{job_id}")


def results(api: Api, report: Json, name: str) -> list[dict[str, str]]:
    """Return the rows of one kind of result by column."""
    response = api.raw("GET", f"jobs/ingest/{report['id']}/{name}")
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.get_data(as_text=True), newline="")))


def saved(api: Api, report: Json) -> list[dict[str, str]]:
    """Return the rows that were saved."""
    return results(api, report, "successfulResults")


def failed(api: Api, report: Json) -> list[dict[str, str]]:
    """Return the rows that were refused."""
    return results(api, report, "failedResults")


def test_a_new_job_waits_for_its_data(api: Api) -> None:
    _, body = api.call("POST", "jobs/ingest", {"operation": "insert", "object": "account"})
    assert (body["state"], body["object"], body["operation"]) == ("Open", "Account", "insert")
    assert body["contentUrl"] == f"services/data/v64.0/jobs/ingest/{body['id']}/batches"
    assert api.get(f"jobs/ingest/{body['id']}")["state"] == "Open"


def test_rows_are_inserted_and_their_ids_told(api: Api) -> None:
    report = run(api, "Name,NumberOfEmployees\nAcme,12\nBolt,\n")
    assert (report["state"], report["numberRecordsProcessed"], report["numberRecordsFailed"]) == ("JobComplete", 2, 0)
    rows = saved(api, report)
    assert [row["sf__Created"] for row in rows] == ["true", "true"]
    assert [api.row("Account", row["sf__Id"])["Name"] for row in rows] == ["Acme", "Bolt"]
    assert [row["NumberOfEmployees"] for row in rows] == ["12", ""]
    assert failed(api, report) == []


def test_results_are_quoted_and_repeat_the_uploads_columns(api: Api) -> None:
    report = run(api, "Name,Site\nAcme,x\n")
    text = api.raw("GET", f"jobs/ingest/{report['id']}/successfulResults").get_data(as_text=True)
    assert text.startswith('"sf__Id","sf__Created","Name","Site"\n"001')
    assert api.raw("GET", f"jobs/ingest/{report['id']}/failedResults").get_data(as_text=True) == (
        '"sf__Id","sf__Error","Name","Site"\n'
    )


def test_good_rows_are_saved_beside_bad_ones_each_with_its_reason(api: Api) -> None:
    long = "x" * 81
    report = run(api, f"Name,Site\nAcme,a\n,b\nBolt,{long}\nCork,c\n")
    assert (report["state"], report["numberRecordsProcessed"], report["numberRecordsFailed"]) == ("JobComplete", 4, 2)
    assert [row["Name"] for row in saved(api, report)] == ["Acme", "Cork"]
    reasons = [row["sf__Error"] for row in failed(api, report)]
    assert reasons[0] == "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    assert reasons[1].startswith("STRING_TOO_LONG:Account Site: data value too large: ")
    assert reasons[1].endswith("(max length=80):Site --")
    assert [row["sf__Id"] for row in failed(api, report)] == ["", ""]
    assert api.column("SELECT Name FROM Account ORDER BY Name") == ["Acme", "Cork"]


def test_an_empty_value_is_left_alone_and_the_null_word_empties(api: Api) -> None:
    row_id = api.create("Account", Name="Acme", Site="s", Phone="1")
    report = run(api, f"Id,Name,Site,Phone\n{row_id},,#N/A,\n", "update")
    assert saved(api, report) == [
        {"sf__Id": row_id, "sf__Created": "false", "Id": row_id, "Name": "", "Site": "#N/A", "Phone": ""}
    ]
    row = api.row("Account", row_id)
    assert (row["Name"], row["Site"], row["Phone"]) == ("Acme", None, "1")


_NO = ("false", "no", "N", "off", "0")


@pytest.mark.parametrize(
    ("word", "truth"),
    [*((word, True) for word in ("true", "TRUE", "yes", "y", "on", "1")), *((word, False) for word in _NO)],
)
def test_words_for_yes_and_no(api: Api, word: str, truth: bool) -> None:
    report = run(api, f"LastName,DoNotCall\nLopez,{word}\n", sobject="Contact")
    assert api.row("Contact", saved(api, report)[0]["sf__Id"])["DoNotCall"] is truth


@pytest.mark.parametrize(
    ("column", "cell"),
    [("NumberOfEmployees", "many"), ("AnnualRevenue", "12,5"), ("NumberOfEmployees", "1.5")],
)
def test_a_value_of_another_type_refuses_its_row_only(api: Api, column: str, cell: str) -> None:
    report = run(api, f'Name,{column}\nBad,"{cell}"\nGood,1\n')
    assert [row["Name"] for row in saved(api, report)] == ["Good"]
    assert failed(api, report)[0]["sf__Error"].startswith("INVALID_TYPE_ON_FIELD_IN_RECORD:")


def test_quotes_hold_delimiters_and_line_ends_and_blanks_belong_to_the_value(api: Api) -> None:
    report = run(api, 'Name,Description,Site\n"A, ""B""","one\ntwo"," x"\n')
    row = api.row("Account", saved(api, report)[0]["sf__Id"])
    assert (row["Name"], row["Description"]) == ('A, "B"', "one\ntwo")
    assert saved(api, report)[0]["Site"] == " x"


def test_the_jobs_own_delimiter_and_line_end_are_used(api: Api) -> None:
    report = run(api, "Name|Site\r\nA, B|x\r\n", columnDelimiter="PIPE", lineEnding="CRLF")
    text = api.raw("GET", f"jobs/ingest/{report['id']}/successfulResults").get_data(as_text=True)
    assert text.startswith('"sf__Id"|"sf__Created"|"Name"|"Site"\r\n')
    assert api.column("SELECT Name FROM Account") == ["A, B"]


def test_a_parent_is_found_by_its_external_id(api: Api) -> None:
    api.add_field("Account.Key__c", unique=True, externalId=True)
    parent = api.create("Account", Name="Acme", Key__c="A-1")
    report = run(api, "LastName,Account.Key__c\nLopez,A-1\nReid,A-2\nOkoro,\n", sobject="Contact")
    first = api.row("Contact", saved(api, report)[0]["sf__Id"])
    assert first["AccountId"] == parent
    assert [row["LastName"] for row in saved(api, report)] == ["Lopez", "Okoro"]
    assert failed(api, report)[0]["sf__Error"].startswith("INVALID_FIELD:Foreign key external ID: A-2 not found")


def test_upsert_creates_and_changes_by_the_key(api: Api) -> None:
    api.add_field("Account.Key__c", unique=True, externalId=True)
    old = api.create("Account", Name="Old", Key__c="A-1")
    data = "Key__c,Name\nA-1,Changed\nA-2,New\n,Keyless\n"
    report = run(api, data, "upsert", externalIdFieldName="Key__c")
    assert [(row["sf__Created"], row["Key__c"]) for row in saved(api, report)] == [("false", "A-1"), ("true", "A-2")]
    assert saved(api, report)[0]["sf__Id"] == old
    assert failed(api, report)[0]["sf__Error"] == "MISSING_ARGUMENT:Key__c not specified:--"
    assert api.column("SELECT Name FROM Account ORDER BY Name") == ["Changed", "New"]


def test_upsert_by_id_changes_with_an_id_and_creates_without(api: Api) -> None:
    old = api.create("Account", Name="Old")
    report = run(api, f"Id,Name\n{old},Changed\n,New\n", "upsert", externalIdFieldName="Id")
    assert [row["sf__Created"] for row in saved(api, report)] == ["false", "true"]
    assert api.column("SELECT Name FROM Account ORDER BY Name") == ["Changed", "New"]


def test_one_key_twice_among_the_rows_of_a_transaction_refuses_both(api: Api) -> None:
    api.add_field("Account.Key__c", unique=True, externalId=True)
    report = run(api, "Key__c,Name\nA-1,x\na-1,y\nB-1,z\n", "upsert", externalIdFieldName="Key__c")
    assert [row["Name"] for row in saved(api, report)] == ["z"]
    assert {row["sf__Error"].partition(":")[0] for row in failed(api, report)} == {"DUPLICATE_VALUE"}


def test_update_refuses_unknown_deleted_and_foreign_ids_row_by_row(api: Api) -> None:
    kept, gone = api.create("Account", Name="a"), api.create("Account", Name="b")
    contact = api.create("Contact", LastName="c")
    api.delete("Account", gone)
    rows = "\n".join(f"{row_id},x" for row_id in (kept, gone, "0015g00000ZZZZZAAA", contact, ""))
    report = run(api, f"Id,Name\n{rows}\n", "update")
    assert [row["Id"] for row in saved(api, report)] == [kept]
    codes = [row["sf__Error"].partition(":")[0] for row in failed(api, report)]
    assert codes == ["ENTITY_IS_DELETED", "MALFORMED_ID", "MALFORMED_ID", "MISSING_ARGUMENT"]
    assert failed(api, report)[0]["sf__Id"] == gone


def test_delete_moves_rows_into_the_recycle_bin(api: Api) -> None:
    row_id = api.create("Account", Name="a")
    report = run(api, f"Id\n{row_id}\n", "delete")
    assert saved(api, report)[0]["sf__Id"] == row_id
    assert api.rows("SELECT IsDeleted FROM Account", "queryAll") == [{"IsDeleted": True}]


def test_delete_takes_ids_alone(api: Api) -> None:
    row_id = api.create("Account", Name="a")
    report = run(api, f"Id,Name\n{row_id},a\n", "delete")
    assert report["state"] == "Failed"
    assert api.row("Account", row_id)


def test_hard_delete_needs_its_own_permission_and_leaves_only_the_delete_log(api: Api) -> None:
    body = {"operation": "hardDelete", "object": "Account"}
    assert api.refusal("POST", "jobs/ingest", body) == (400, "FEATURENOTENABLED")
    row_id = api.create("Account", Name="a")
    api.options(may_hard_delete=True)
    assert run(api, f"Id\n{row_id}\n", "hardDelete")["numberRecordsFailed"] == 0
    assert api.rows("SELECT Id FROM Account", "queryAll") == []
    window = {"start": "2026-06-30T08:00:00Z", "end": "2026-06-30T12:00:00Z"}
    assert [one["id"] for one in api.get("sobjects/Account/deleted", **window)["deletedRecords"]] == [row_id]


def test_an_unknown_column_fails_the_job_before_any_row(api: Api) -> None:
    report = run(api, "Name,Nope__c\nAcme,x\n")
    assert (report["state"], report["errorMessage"]) == ("Failed", "InvalidBatch : Field name not found : Nope__c")
    assert report["numberRecordsProcessed"] == 0
    assert api.column("SELECT Name FROM Account") == []


def test_a_column_that_is_hidden_from_the_user_is_unknown(api: Api) -> None:
    api.add_field("Account.Secret__c", grant=False)
    assert run(api, "Name,Secret__c\nAcme,x\n")["errorMessage"].endswith("Field name not found : Secret__c")


def test_a_byte_order_mark_spoils_the_first_column(api: Api) -> None:
    assert run(api, "\ufeffName\nAcme\n")["errorMessage"] == "InvalidBatch : Field name not found : \ufeffName"


def test_a_read_only_column_refuses_every_row(api: Api) -> None:
    report = run(api, "Name,PhotoUrl\nAcme,x\nBolt,\n")
    assert [row["Name"] for row in saved(api, report)] == ["Bolt"]
    assert failed(api, report)[0]["sf__Error"].startswith("INVALID_FIELD_FOR_INSERT_UPDATE:")


@pytest.mark.parametrize("data", ["Name,Site\nAcme\n", 'Name\n"Acme\n', 'Name\n"A"B\n'])
def test_data_that_is_no_csv_fails_the_job(api: Api, data: str) -> None:
    report = run(api, data)
    assert report["state"] == "Failed"
    assert report["errorMessage"].startswith("InvalidBatch : Failed to parse CSV.")


def test_data_can_be_sent_once_and_only_as_csv(api: Api) -> None:
    job_id = open_job(api)
    assert put(api, job_id, "Name\nAcme\n", "application/json") == 415
    assert put(api, job_id, b"\xff\xfe") == 400
    assert put(api, job_id, "Name\nAcme\n") == 201
    assert put(api, job_id, "Name\nBolt\n") == 400
    close(api, job_id)
    assert put(api, job_id, "Name\nCork\n") == 409
    assert api.column("SELECT Name FROM Account") == ["Acme"]


def test_data_over_the_limit_is_refused(api: Api) -> None:
    assert api.app.site.bulk.most_upload_bytes == 150_000_000
    api.options(bulk={"most_upload_bytes": 10})
    job_id = open_job(api)
    assert put(api, job_id, "Name\nAcme Ltd\n") == 413
    assert put(api, job_id, "Name\nAcme\n") == 201


def test_states_follow_each_other_and_no_other_way(api: Api) -> None:
    job_id = open_job(api)
    path = f"jobs/ingest/{job_id}"
    assert api.refusal("PATCH", path, {"state": "UploadComplete"}) == (400, "INVALIDJOBSTATE")
    assert api.refusal("GET", f"{path}/successfulResults") == (400, "INVALIDJOBSTATE")
    assert api.refusal("DELETE", path) == (400, "INVALIDJOBSTATE")
    put(api, job_id, "Name\nAcme\n")
    close(api, job_id)
    assert api.refusal("PATCH", path, {"state": "UploadComplete"}) == (400, "INVALIDJOBSTATE")
    assert api.refusal("PATCH", path, {"state": "JobComplete"}) == (400, "INVALIDJOBSTATE")
    assert api.get(path)["state"] == "JobComplete"
    assert api.refusal("PATCH", path, {"state": "Aborted"}) == (400, "INVALIDJOBSTATE")
    assert api.raw("DELETE", path).status_code == 204
    assert api.refusal("GET", path) == (404, "NOT_FOUND")


def test_an_aborted_open_job_has_its_rows_unprocessed_and_saves_nothing(api: Api) -> None:
    job_id = open_job(api)
    put(api, job_id, "Name\nAcme\n")
    assert api.call("PATCH", f"jobs/ingest/{job_id}", {"state": "Aborted"})[1]["state"] == "Aborted"
    assert api.column("SELECT Name FROM Account") == []


def test_aborting_keeps_what_was_saved_and_returns_the_rest(api: Api) -> None:
    api.options(bulk={"rows_per_look": 2})
    job_id = open_job(api)
    put(api, job_id, "Name\na\nb\nc\nd\ne\n")
    close(api, job_id)
    status, body = api.call("PATCH", f"jobs/ingest/{job_id}", {"state": "Aborted"})
    assert status == 200
    assert [row["Name"] for row in saved(api, body)] == ["a", "b"]
    assert [row["Name"] for row in results(api, body, "unprocessedrecords")] == ["c", "d", "e"]
    assert api.column("SELECT Name FROM Account ORDER BY Name") == ["a", "b"]


def test_a_job_that_fails_half_way_says_what_it_never_came_to(api: Api) -> None:
    api.options(bulk={"faults": [{"do": "fail", "operation": "insert", "after": 2, "message": "TooManyErrors"}]})
    report = run(api, "Name\na\n\nb\nc\nd\n")
    assert (report["state"], report["errorMessage"], report["numberRecordsProcessed"]) == ("Failed", "TooManyErrors", 2)
    assert [row["Name"] for row in saved(api, report)] == ["a", "b"]
    assert [row["Name"] for row in results(api, report, "unprocessedrecords")] == ["c", "d"]
    assert run(api, "Name\ne\n")["state"] == "JobComplete"


def test_results_may_be_lost_although_the_rows_were_saved(api: Api) -> None:
    api.options(bulk={"faults": [{"do": "lose"}]})
    report = run(api, "Name\na\n")
    assert report["state"] == "JobComplete"
    assert api.refusal("GET", f"jobs/ingest/{report['id']}/successfulResults") == (404, "NOT_FOUND")
    assert api.column("SELECT Name FROM Account") == ["a"]


def test_a_closed_job_runs_although_nobody_looks(api: Api) -> None:
    job_id = open_job(api)
    put(api, job_id, "Name\nAcme\n")
    close(api, job_id)
    assert api.column("SELECT Name FROM Account") == ["Acme"]


def test_a_row_fault_strikes_rows_of_a_job(api: Api) -> None:
    first, second = api.create("Account", Name="a"), api.create("Account", Name="b")
    lock = {"sobject": "Account", "code": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}
    api.options(row_faults=[lock])
    report = run(api, f"Id,Site\n{first},x\n{second},y\n", "update")
    assert failed(api, report)[0]["sf__Error"] == "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--"
    assert failed(api, report)[0]["sf__Id"] == first
    assert [row["Id"] for row in saved(api, report)] == [second]


def test_two_hundred_rows_share_a_stamp(api: Api) -> None:
    rows = "\n".join(f"n{number:03d}" for number in range(250))
    run(api, f"Name\n{rows}\n")
    stamps = api.column("SELECT SystemModstamp FROM Account ORDER BY Name LIMIT 250")
    assert [stamps.count(stamp) for stamp in sorted(set(stamps))] == [200, 50]


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"operation": "merge", "object": "Account"}, "JSON_PARSER_ERROR"),
        ({"operation": "insert", "object": "Nope"}, "INVALIDJOB"),
        ({"operation": "insert"}, "INVALIDJOB"),
        ({"operation": "insert", "object": "PermissionSet"}, "INVALIDENTITY"),
        ({"operation": "upsert", "object": "Account"}, "INVALIDJOB"),
        ({"operation": "upsert", "object": "Account", "externalIdFieldName": "Name"}, "INVALIDJOB"),
        ({"operation": "insert", "object": "Account", "contentType": "JSON"}, "API_ERROR"),
    ],
)
def test_a_job_asked_for_wrongly_is_refused(api: Api, body: Json, refused: str) -> None:
    assert api.refusal("POST", "jobs/ingest", body) == (400, refused)


def test_uploads_use_up_the_days_batches(api: Api) -> None:
    run(api, "Name\na\n")
    assert api.get("limits")["DailyBulkApiBatches"] == {"Max": 15_000, "Remaining": 14_999}
    api.app.site.bulk.daily_limits["DailyBulkApiBatches"] = 1
    job_id = open_job(api)
    put(api, job_id, "Name\nb\n")
    assert api.refusal("PATCH", f"jobs/ingest/{job_id}", {"state": "UploadComplete"}) == (400, "LIMIT_EXCEEDED")
