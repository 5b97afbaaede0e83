"""Batches: size, per-row outcomes, and when one bad row spoils the whole call."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.hub import Hub, Json

CONTACTS = "/crm/v3/objects/contacts/batch"
COMPANIES = "/crm/v3/objects/companies/batch"


def rows(*emails: str, traced: bool = False) -> Json:
    inputs: list[Json] = [{"properties": {"email": email}} for email in emails]
    if traced:
        for number, row in enumerate(inputs):
            row["objectWriteTraceId"] = f"row-{number}"
    return {"inputs": inputs}


def test_creating_answers_201_with_an_envelope(hub: Hub) -> None:
    done = hub.post(f"{CONTACTS}/create", rows("a@x.example", "b@x.example"), 201)
    assert done["status"] == "COMPLETE"
    assert [row["properties"]["email"] for row in done["results"]] == ["a@x.example", "b@x.example"]
    assert done["startedAt"] == done["completedAt"]
    assert "errors" not in done


def test_without_trace_ids_one_bad_row_refuses_all(hub: Hub) -> None:
    status, body = hub.refused("POST", f"{CONTACTS}/create", rows("a@x.example", "nonsense"))
    assert (status, body["errors"][0]["code"]) == (400, "INVALID_EMAIL")
    assert hub.get("/crm/v3/objects/contacts")["results"] == []


def test_with_trace_ids_every_row_has_its_outcome(hub: Hub) -> None:
    hub.make("contacts", email="taken@x.example")
    answer = hub.ask("POST", f"{CONTACTS}/create", rows("a@x.example", "nonsense", "taken@x.example", traced=True))
    done = answer.json()
    assert answer.status_code == 207
    assert [row["objectWriteTraceId"] for row in done["results"]] == ["row-0"]
    assert done["numErrors"] == 2
    outcome = {error["context"]["objectWriteTraceId"][0]: error["category"] for error in done["errors"]}
    assert outcome == {"row-1": "VALIDATION_ERROR", "row-2": "CONFLICT"}


def test_repeated_trace_ids_tell_nothing_apart(hub: Hub) -> None:
    body = rows("a@x.example", "nonsense", traced=True)
    for row in body["inputs"]:
        row["objectWriteTraceId"] = "same"
    assert hub.refused("POST", f"{CONTACTS}/create", body)[0] == 400
    assert hub.get("/crm/v3/objects/contacts")["results"] == []


def test_two_rows_with_one_email_are_refused_together(hub: Hub) -> None:
    assert hub.refused("POST", f"{CONTACTS}/create", rows("a@x.example", "A@x.example"))[0] == 409
    assert hub.get("/crm/v3/objects/contacts")["results"] == []
    answer = hub.ask("POST", f"{CONTACTS}/create", rows("a@x.example", "A@x.example", traced=True))
    assert (answer.status_code, len(answer.json()["results"])) == (207, 1)


@pytest.mark.parametrize("verb", ["read", "create", "update", "archive", "upsert"])
@pytest.mark.parametrize("count", [0, 101])
def test_batches_have_one_to_a_hundred_rows(hub: Hub, verb: str, count: int) -> None:
    inputs = [{"id": str(number), "properties": {"city": "Leeds"}, "idProperty": "email"} for number in range(count)]
    assert hub.refused("POST", f"{CONTACTS}/{verb}", {"inputs": inputs})[0] == 400


def test_reading_tells_what_is_not_there(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    body = {"inputs": [{"id": company}, {"id": "77"}, {"id": "78"}], "properties": ["name"]}
    answer = hub.ask("POST", f"{COMPANIES}/read", body)
    assert answer.status_code == 207
    assert [row["properties"]["name"] for row in answer.json()["results"]] == ["Alder"]
    (error,) = answer.json()["errors"]
    assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["77", "78"]})


def test_reading_by_a_unique_property(hub: Hub) -> None:
    contact = hub.make("contacts", email="a@x.example")
    body = {"inputs": [{"id": "A@X.example"}], "idProperty": "email", "properties": ["email"]}
    assert [row["id"] for row in hub.post(f"{CONTACTS}/read", body)["results"]] == [contact]


def test_reading_archived_records(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    hub.ask("DELETE", f"/crm/v3/objects/companies/{company}")
    answer = hub.ask("POST", f"{COMPANIES}/read", {"inputs": [{"id": company}]}, archived="true")
    assert answer.json()["results"][0]["archived"] is True


def test_updating_leaves_the_absent_out(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    inputs = [{"id": company, "properties": {"city": "Leeds"}}, {"id": "77", "properties": {"city": "York"}}]
    answer = hub.ask("POST", f"{COMPANIES}/update", {"inputs": inputs})
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["context"] == {"ids": ["77"]}
    assert hub.values("companies", company, "city") == {"city": "Leeds"}


def test_updating_with_trace_ids_takes_the_good_rows(hub: Hub) -> None:
    ids = hub.make_many("companies", [{"name": "A"}, {"name": "B"}])
    inputs = [
        {"id": ids[0], "properties": {"industry": "nonsense"}, "objectWriteTraceId": "0"},
        {"id": ids[1], "properties": {"industry": "BANKING"}, "objectWriteTraceId": "1"},
    ]
    done = hub.ask("POST", f"{COMPANIES}/update", {"inputs": inputs}).json()
    assert [row["id"] for row in done["results"]] == [ids[1]]
    assert done["errors"][0]["errors"][0]["code"] == "INVALID_OPTION"
    assert hub.values("companies", ids[0], "industry") == {"industry": None}


def test_a_record_may_occur_only_once(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    inputs = [{"id": company, "properties": {"city": city}} for city in ("Leeds", "York")]
    status, body = hub.refused("POST", f"{COMPANIES}/update", {"inputs": inputs})
    assert status == 400
    assert company in body["message"]


def test_upserting_tells_new_from_known(hub: Hub) -> None:
    hub.make("contacts", email="a@x.example")
    inputs = [
        {"idProperty": "email", "id": email, "properties": {"city": "Leeds"}}
        for email in ("a@x.example", "b@x.example")
    ]
    done = hub.post(f"{CONTACTS}/upsert", {"inputs": inputs})
    assert [row["new"] for row in done["results"]] == [False, True]
    assert len(hub.get("/crm/v3/objects/contacts")["results"]) == 2
    again = hub.post(f"{CONTACTS}/upsert", {"inputs": inputs})
    assert [row["new"] for row in again["results"]] == [False, False]


@pytest.mark.parametrize("key", [None, "city"])
def test_upserting_needs_a_unique_property(hub: Hub, key: str | None) -> None:
    inputs = [{"idProperty": key, "id": "Leeds", "properties": {"city": "Leeds"}}]
    assert hub.refused("POST", f"{CONTACTS}/upsert", {"inputs": inputs})[0] == 400


def test_archiving_ignores_what_is_not_there(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    answer = hub.ask("POST", f"{COMPANIES}/archive", {"inputs": [{"id": company}, {"id": "77"}]})
    assert answer.status_code == 204
    assert hub.refused("GET", f"/crm/v3/objects/companies/{company}")[0] == 404


def test_all_rows_of_a_batch_share_one_instant(hub: Hub) -> None:
    ids = hub.make_many("companies", [{"name": f"C{number}"} for number in range(5)])
    assert len({hub.stamp("companies", each) for each in ids}) == 1


def test_rows_may_bring_their_associations(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    link = {"to": {"id": company}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}]}
    task = {"properties": {"hs_timestamp": "2026-07-01T00:00:00Z", "hs_task_subject": "Call"}, "associations": [link]}
    made = hub.post("/crm/v3/objects/tasks/batch/create", {"inputs": [task]}, 201)["results"][0]["id"]
    shown = hub.get(f"/crm/v3/objects/tasks/{made}", associations="companies")
    assert shown["associations"] == {"companies": {"results": [{"id": company, "type": "task_to_company"}]}}


@pytest.mark.parametrize(
    ("target", "type_id", "status"), [("1", 192, 404), (None, 190, 400), (None, 9999, 400), (None, "x", 400)]
)
def test_bad_associations_refuse_the_row(hub: Hub, target: str | None, type_id: object, status: int) -> None:
    company = hub.make("companies", name="Alder")
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]
    body = {
        "properties": {"hs_timestamp": "2026-07-01T00:00:00Z"},
        "associations": [{"to": {"id": target or company}, "types": types}],
    }
    assert hub.refused("POST", "/crm/v3/objects/tasks", body)[0] == status
    assert hub.get("/crm/v3/objects/tasks")["results"] == []
