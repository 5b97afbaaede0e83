"""Writing: batches, one outcome per row, keys that keep things from being made twice, answers that get lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.sdk import BugError, Link, Outcome, WriteRow
from tests.connectors.hubspot.connected import calls, connect
from tests.connectors.hubspot.hub import Hub, Json

DUE = "2026-07-01T09:00:00Z"


@pytest.fixture
def keyed(hub: Hub) -> Hub:
    """An account with Inlay's key on tasks and a score on companies."""
    key = {"name": "inlay_key", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
    hub.post("/crm/v3/properties/tasks", {**key, "groupName": "task"}, 201)
    score = {"name": "inlay_score", "label": "Score", "type": "number", "fieldType": "number"}
    hub.post("/crm/v3/properties/companies", {**score, "groupName": "companyinformation"}, 201)
    return hub


def task(key: str, *links: Link, **values: Any) -> WriteRow:
    given = {"hs_timestamp": DUE, "hs_task_subject": f"Task {key}", **values}
    return WriteRow(given, key=("inlay_key", key), links=links)


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def fault(hub: Hub, **what: Any) -> None:
    hub.ask("POST", "/__sandbox__/faults", [{"method": "POST", **what}])


class TestUpdates:
    def test_a_batch_is_one_call(self, keyed: Hub) -> None:
        ids = keyed.make_many("companies", [{"name": f"C{number}"} for number in range(100)])
        connector = connect(keyed)
        connector.describe("companies")
        calls(keyed)
        rows = [WriteRow({"inlay_score": str(number)}, external_id=each) for number, each in enumerate(ids)]
        outcomes = connector.write("companies", "update", rows)
        assert set(states(outcomes)) == {"applied"}
        assert [outcome.external_id for outcome in outcomes] == ids
        assert calls(keyed) == ["POST v3/objects/companies/batch/update"]
        assert keyed.values("companies", ids[42], "inlay_score") == {"inlay_score": "42"}
        assert connector.batch_size("companies", "update") == 100

    def test_bad_rows_are_told_apart_from_good_ones(self, keyed: Hub) -> None:
        first, second = keyed.make_many("companies", [{"name": "A"}, {"name": "B"}])
        rows = [
            WriteRow({"inlay_score": "high"}, external_id=first),
            WriteRow({"inlay_score": "7"}, external_id=second),
            WriteRow({"inlay_score": "7"}, external_id="1"),
            WriteRow({"inlay_score": "7"}, external_id=first.replace("9", "8", 1)),
        ]
        outcomes = connect(keyed).write("companies", "update", rows)
        assert states(outcomes) == ["rejected", "applied", "rejected", "rejected"]
        assert [outcome.code for outcome in outcomes] == ["INVALID_INTEGER", "", "OBJECT_NOT_FOUND", "OBJECT_NOT_FOUND"]

    def test_reasons_name_the_property_but_never_the_value(self, keyed: Hub) -> None:
        contact = keyed.make("contacts", email="a@x.example")
        (outcome,) = connect(keyed).write("contacts", "update", [WriteRow({"email": "secret"}, external_id=contact)])
        assert (outcome.code, outcome.message) == ("INVALID_EMAIL", "INVALID_EMAIL email")

    def test_none_clears(self, keyed: Hub) -> None:
        company = keyed.make("companies", name="A", inlay_score="7")
        connect(keyed).write("companies", "update", [WriteRow({"inlay_score": None}, external_id=company)])
        assert keyed.values("companies", company, "inlay_score") == {"inlay_score": None}

    @pytest.mark.parametrize(("refuse", "code"), [(True, "INVALID_LIFECYCLE_STAGE"), (False, "LIFECYCLE_STAGE_KEPT")])
    def test_a_lifecycle_stage_kept_is_no_success(self, keyed: Hub, refuse: bool, code: str) -> None:
        keyed.configure(refuse_backward_lifecycle=refuse)
        company = keyed.make("companies", name="A", lifecyclestage="customer")
        row = WriteRow({"lifecyclestage": "lead"}, external_id=company)
        (outcome,) = connect(keyed).write("companies", "update", [row])
        assert (outcome.state, outcome.code) == ("rejected", code)

    def echo(self, hub: Hub, company: str) -> None:
        """Answer as if the stage had been moved, and move nothing: some accounts do that."""
        row = {"id": company, "objectWriteTraceId": "0", "properties": {"lifecyclestage": "lead"}}
        body = json.dumps({"status": "COMPLETE", "results": [row]})
        headers = {"Content-Type": "application/json"}
        fault(hub, path="batch/update$", do="status", status=200, headers=headers, body=body)

    def test_a_stage_is_read_back_whatever_the_answer_says(self, keyed: Hub) -> None:
        company = keyed.make("companies", name="A", lifecyclestage="customer")
        self.echo(keyed, company)
        row = WriteRow({"lifecyclestage": "lead"}, external_id=company)
        (outcome,) = connect(keyed).write("companies", "update", [row])
        assert (outcome.state, outcome.code) == ("rejected", "LIFECYCLE_STAGE_KEPT")
        assert outcome.fields == ("lifecyclestage",)

    def test_one_that_cannot_be_read_back_is_in_doubt(self, keyed: Hub) -> None:
        company = keyed.make("companies", name="A", lifecyclestage="customer")
        self.echo(keyed, company)
        fault(keyed, path="batch/read$", do="status", status=503, times=None)
        row = WriteRow({"lifecyclestage": "lead"}, external_id=company)
        (outcome,) = connect(keyed).write("companies", "update", [row])
        assert (outcome.state, outcome.external_id) == ("unknown", None)

    def test_one_that_moved_costs_one_look_for_the_whole_batch(self, keyed: Hub) -> None:
        ids = keyed.make_many("companies", [{"name": f"C{number}"} for number in range(5)])
        connector = connect(keyed)
        connector.describe("companies")
        calls(keyed)
        rows = [WriteRow({"lifecyclestage": "customer"}, external_id=each) for each in ids]
        assert set(states(connector.write("companies", "update", rows))) == {"applied"}
        assert calls(keyed) == ["POST v3/objects/companies/batch/update", "POST v3/objects/companies/batch/read"]

    def test_a_record_named_twice_spoils_only_itself(self, keyed: Hub) -> None:
        """HubSpot refuses such a batch as a whole, whatever trace ids it carries."""
        first, second = keyed.make_many("companies", [{"name": "A"}, {"name": "B"}])
        rows = [
            WriteRow({"inlay_score": score}, external_id=each)
            for score, each in (("1", first), ("2", second), ("3", first))
        ]
        outcomes = connect(keyed).write("companies", "update", rows)
        assert states(outcomes) == ["applied"] * 3
        assert keyed.values("companies", first, "inlay_score") == {"inlay_score": "3"}

    def test_an_update_needs_an_id(self, keyed: Hub) -> None:
        with pytest.raises(BugError):
            connect(keyed).write("companies", "update", [WriteRow({"inlay_score": "1"})])


class TestKeyedWrites:
    def test_a_task_comes_with_its_associations_in_one_call(self, keyed: Hub) -> None:
        company, contact = keyed.make("companies", name="A"), keyed.make("contacts", email="a@x.example")
        connector = connect(keyed)
        connector.describe("tasks")
        calls(keyed)
        (outcome,) = connector.write(
            "tasks", "upsert", [task("k1", Link("companies", company), Link("contacts", contact))]
        )
        assert (outcome.state, outcome.created) == ("applied", True)
        assert calls(keyed) == ["POST v3/objects/tasks/batch/create"]
        shown = keyed.get(f"/crm/v3/objects/tasks/{outcome.external_id}", associations="companies,contacts")
        assert {name: rows["results"][0]["id"] for name, rows in shown["associations"].items()} == {
            "companies": company,
            "contacts": contact,
        }

    def test_the_same_key_never_makes_a_second_one(self, keyed: Hub) -> None:
        company = keyed.make("companies", name="A")
        row = task("k1", Link("companies", company))
        (first,) = connect(keyed).write("tasks", "upsert", [row])
        again = task("k1", Link("companies", company), hs_task_subject="Changed")
        (second,) = connect(keyed).write("tasks", "upsert", [again])
        assert (second.state, second.external_id, second.created) == ("applied", first.external_id, False)
        assert len(keyed.get("/crm/v3/objects/tasks")["results"]) == 1
        assert keyed.values("tasks", str(first.external_id), "hs_task_subject") == {"hs_task_subject": "Changed"}

    def test_a_task_without_its_association_gets_it(self, keyed: Hub) -> None:
        company = keyed.make("companies", name="A")
        made = keyed.make("tasks", hs_timestamp=DUE, inlay_key="k1")
        connect(keyed).write("tasks", "upsert", [task("k1", Link("companies", company))])
        found = keyed.get(f"/crm/v4/objects/tasks/{made}/associations/companies")["results"]
        assert [row["toObjectId"] for row in found] == [company]

    def test_rows_with_and_without_links_keep_their_order(self, keyed: Hub) -> None:
        company = keyed.make("companies", name="A")
        keyed.make("tasks", hs_timestamp=DUE, inlay_key="k2")
        rows = [task("k1"), task("k2", Link("companies", company)), task("k3", Link("companies", "1")), task("k4")]
        outcomes = connect(keyed).write("tasks", "upsert", rows)
        assert states(outcomes) == ["applied", "applied", "rejected", "applied"]
        assert [outcome.created for outcome in outcomes] == [True, False, False, True]
        assert outcomes[2].code == "OBJECT_NOT_FOUND"

    def test_a_conflict_about_something_else_stays_one(self, keyed: Hub) -> None:
        keyed.post(
            "/crm/v3/properties/contacts",
            {
                "name": "inlay_key",
                "label": "Key",
                "type": "string",
                "fieldType": "text",
                "hasUniqueValue": True,
                "groupName": "contactinformation",
            },
            201,
        )
        keyed.make("contacts", email="a@x.example")
        company = keyed.make("companies", name="A")
        row = WriteRow({"email": "a@x.example"}, key=("inlay_key", "k1"), links=[Link("companies", company)])
        (outcome,) = connect(keyed).write("contacts", "upsert", [row])
        assert (outcome.state, outcome.code) == ("rejected", "CONFLICT")
        assert len(keyed.get("/crm/v3/objects/contacts")["results"]) == 1

    def test_keys_are_found_again(self, keyed: Hub) -> None:
        made = keyed.make("tasks", hs_timestamp=DUE, inlay_key="Key-1")
        assert connect(keyed).find_by_key("tasks", "inlay_key", ["Key-1", "Key-2"]) == {"Key-1": made}

    def test_many_keys_are_asked_for_a_hundred_at_a_time(self, keyed: Hub) -> None:
        connector = connect(keyed)
        calls(keyed)
        assert connector.find_by_key("tasks", "inlay_key", [f"k{number}" for number in range(201)]) == {}
        assert calls(keyed) == ["POST v3/objects/tasks/batch/read"] * 3

    def test_an_upsert_needs_a_key(self, keyed: Hub) -> None:
        with pytest.raises(BugError):
            connect(keyed).write("tasks", "upsert", [WriteRow({"hs_timestamp": DUE})])

    def test_types_that_never_meet_are_our_own_mistake(self, keyed: Hub) -> None:
        with pytest.raises(BugError):
            connect(keyed).write("tasks", "upsert", [task("k1", Link("notes", "1"))])


class TestDeletes:
    def test_deleting_archives(self, keyed: Hub) -> None:
        made = keyed.make_many("tasks", [{"hs_timestamp": DUE}, {"hs_timestamp": DUE}])
        rows = [WriteRow({}, external_id=each) for each in (*made, "1")]
        assert states(connect(keyed).write("tasks", "delete", rows)) == ["applied"] * 3
        assert keyed.get("/crm/v3/objects/tasks")["results"] == []
        assert len(keyed.get("/crm/v3/objects/tasks", archived="true")["results"]) == 2

    def test_a_lost_answer_to_it_is_unknown(self, keyed: Hub) -> None:
        made = keyed.make("tasks", hs_timestamp=DUE)
        fault(keyed, path="batch/archive$", do="apply_then_cut")
        assert states(connect(keyed).write("tasks", "delete", [WriteRow({}, external_id=made)])) == ["unknown"]


class TestLostAnswers:
    ROWS = (task("k1"), task("k2"))

    @pytest.mark.parametrize("do", ["apply_then_cut", "cut", "truncate"])
    def test_they_are_unknown_and_nothing_is_sent_twice(self, keyed: Hub, do: str) -> None:
        connector = connect(keyed)
        connector.describe("tasks")
        calls(keyed)
        fault(keyed, path="batch/upsert$", do=do)
        assert states(connector.write("tasks", "upsert", self.ROWS)) == ["unknown", "unknown"]
        assert calls(keyed) == ["POST v3/objects/tasks/batch/upsert"]
        assert len(connector.find_by_key("tasks", "inlay_key", ["k1", "k2"])) == 2

    def test_a_maintenance_page_is_no_success(self, keyed: Hub) -> None:
        fault(keyed, path="batch/upsert$", do="html")
        assert states(connect(keyed).write("tasks", "upsert", self.ROWS)) == ["unknown", "unknown"]
        assert keyed.get("/crm/v3/objects/tasks")["results"] == []

    def test_a_server_error_leaves_it_open_whether_anything_was_done(self, keyed: Hub) -> None:
        fault(keyed, path="batch/upsert$", do="status", status=502, body="<html>bad gateway</html>")
        assert states(connect(keyed).write("tasks", "upsert", self.ROWS)) == ["unknown", "unknown"]

    def test_too_many_requests_are_sent_again(self, keyed: Hub) -> None:
        fault(keyed, path="batch/upsert$", do="status", status=429, body="{}")
        assert states(connect(keyed).write("tasks", "upsert", self.ROWS)) == ["applied", "applied"]

    @pytest.mark.parametrize("status", [423, 477])
    def test_locked_records_are_for_later(self, keyed: Hub, status: int) -> None:
        fault(keyed, path="batch/upsert$", do="status", status=status, body="{}")
        outcomes = connect(keyed).write("tasks", "upsert", self.ROWS)
        assert states(outcomes) == ["retry", "retry"]
        assert outcomes[0].retry_at is not None

    def test_an_answer_that_names_no_row_leaves_them_unknown(self, keyed: Hub) -> None:
        body = '{"status":"COMPLETE","results":[]}'
        fault(keyed, path="batch/upsert$", do="status", status=200, body=body)
        assert states(connect(keyed).write("tasks", "upsert", self.ROWS)) == ["unknown", "unknown"]


def test_a_batch_refused_as_a_whole_is_cut_until_the_bad_row_stands_alone(keyed: Hub) -> None:
    """Trace ids are documented for creates only: an account may answer a bad row of an update by refusing all."""
    ids = keyed.make_many("companies", [{"name": f"C{number}"} for number in range(8)])
    refusal: Json = {"status": "error", "category": "VALIDATION_ERROR", "message": "no"}
    for nth in range(1, 5):
        row = {
            "path": "batch/update$",
            "contains": ids[5],
            "do": "status",
            "status": 400,
            "body": str(refusal).replace("'", '"'),
        }
        if nth == 1:
            fault(keyed, **row, times=None)
    rows = [WriteRow({"inlay_score": "1"}, external_id=each) for each in ids]
    outcomes = connect(keyed).write("companies", "update", rows)
    assert states(outcomes) == ["applied"] * 5 + ["rejected"] + ["applied"] * 2
