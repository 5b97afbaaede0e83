"""Parents with their children, files, and associations of what was there already."""

from __future__ import annotations

from typing import Any

import pytest

from core.sdk import Attachment, BugError, Child, Family, Link, WantedField, WriteRow
from tests.connectors.hubspot.connected import calls, connect
from tests.connectors.hubspot.hub import Hub

DUE = "2026-07-01T09:00:00Z"
LETTER = Attachment("letter.pdf", b"%PDF-1.7 \x00\xff binary", "application/pdf", "letter-1")


@pytest.fixture
def keyed(hub: Hub) -> Hub:
    """An account in which Inlay's key exists."""
    connector = connect(hub)
    wanted = [WantedField(kind, "inlay_key", "Inlay key", "key") for kind in ("companies", "notes", "tasks")]
    for step in connector.plan_fields(wanted):
        connector.provision(step)
    return hub


def fault(hub: Hub, **what: Any) -> None:
    hub.ask("POST", "/__sandbox__/faults", [{"method": "POST", **what}])


def task(key: str, **values: Any) -> Child:
    row = WriteRow({"hs_timestamp": DUE, "hs_task_subject": key, **values}, key=("inlay_key", key))
    return Child("tasks", "companies", row)


def note(text: str) -> Child:
    return Child("notes", "companies", WriteRow({"hs_timestamp": DUE, "hs_note_body": text}))


def company(key: str, **values: Any) -> WriteRow:
    return WriteRow({"name": key, **values}, key=("inlay_key", key))


def linked(hub: Hub, kind: str, record_id: str | None) -> list[str]:
    return [
        row["toObjectId"] for row in hub.get(f"/crm/v4/objects/{kind}/{record_id}/associations/companies")["results"]
    ]


class TestFamilies:
    def test_children_are_associated_with_their_parent(self, keyed: Hub) -> None:
        families = [Family(company("A"), [task("a1"), note("hello")]), Family(company("B"), [task("b1")])]
        found = connect(keyed).write_families("companies", families)
        assert [[outcome.state for outcome in family] for family in found] == [["applied"] * 3, ["applied"] * 2]
        (a, a1, hello), (b, b1) = found
        assert linked(keyed, "tasks", a1.external_id) == [a.external_id]
        assert linked(keyed, "notes", hello.external_id) == [a.external_id]
        assert linked(keyed, "tasks", b1.external_id) == [b.external_id]

    def test_they_cost_one_call_per_type_and_hundred(self, keyed: Hub) -> None:
        connector = connect(keyed)
        for kind in ("companies", "tasks"):
            connector.describe(kind)
        calls(keyed)
        families = [Family(company(f"C{number}"), [task(f"t{number}")]) for number in range(100)]
        connector.write_families("companies", families)
        assert calls(keyed) == ["POST v3/objects/companies/batch/upsert", "POST v3/objects/tasks/batch/create"]

    def test_a_child_that_fails_is_told_and_the_others_stay(self, keyed: Hub) -> None:
        family = Family(company("A"), [task("a1"), task("a2", hs_timestamp="soon"), task("a3")])
        (outcomes,) = connect(keyed).write_families("companies", [family])
        assert [outcome.state for outcome in outcomes] == ["applied", "applied", "rejected", "applied"]
        assert outcomes[2].fields == ("hs_timestamp",)
        assert len(keyed.get("/crm/v3/objects/tasks")["results"]) == 2

    def test_children_of_a_refused_parent_are_not_sent(self, keyed: Hub) -> None:
        families = [
            Family(WriteRow({"numberofemployees": "many"}, key=("inlay_key", "A")), [task("a1")]),
            Family(company("B"), [task("b1")]),
        ]
        (bad, orphan), (good, child) = connect(keyed).write_families("companies", families)
        assert (bad.state, orphan.state, orphan.code) == ("rejected", "rejected", "PARENT_NOT_WRITTEN")
        assert (good.state, child.state) == ("applied", "applied")
        assert len(keyed.get("/crm/v3/objects/tasks")["results"]) == 1

    def test_children_of_a_parent_in_doubt_wait(self, keyed: Hub) -> None:
        fault(keyed, path="companies/batch/upsert$", do="apply_then_cut")
        (outcomes,) = connect(keyed).write_families("companies", [Family(company("A"), [task("a1")])])
        assert [outcome.state for outcome in outcomes] == ["unknown", "retry"]

    def test_a_repeated_family_is_there_once(self, keyed: Hub) -> None:
        family = Family(company("A"), [task("a1"), task("a2")])
        connector = connect(keyed)
        fault(keyed, path="tasks/batch/create$", do="apply_then_cut")
        (first,) = connector.write_families("companies", [family])
        assert [outcome.state for outcome in first] == ["applied", "unknown", "unknown"]
        (second,) = connector.write_families("companies", [family])
        assert [outcome.state for outcome in second] == ["applied"] * 3
        assert len(keyed.get("/crm/v3/objects/tasks")["results"]) == 2
        assert {linked(keyed, "tasks", outcome.external_id)[0] for outcome in second[1:]} == {second[0].external_id}

    def test_a_known_parent_is_updated(self, keyed: Hub) -> None:
        made = keyed.make("companies", name="A")
        family = Family(WriteRow({"city": "Leeds"}, external_id=made), [task("a1")])
        ((parent, child),) = connect(keyed).write_families("companies", [family])
        assert (parent.external_id, parent.created) == (made, False)
        assert linked(keyed, "tasks", child.external_id) == [made]
        assert keyed.values("companies", made, "city") == {"city": "Leeds"}

    def test_a_parent_alone_is_a_family_too(self, keyed: Hub) -> None:
        ((parent,),) = connect(keyed).write_families("companies", [Family(company("A"))])
        assert parent.created


class TestLinks:
    def test_an_update_associates_as_well(self, keyed: Hub) -> None:
        made, target = keyed.make("tasks", hs_timestamp=DUE), keyed.make("companies", name="A")
        row = WriteRow({"hs_task_subject": "X"}, external_id=made, links=[Link("companies", target)])
        (outcome,) = connect(keyed).write("tasks", "update", [row])
        assert outcome.state == "applied"
        assert linked(keyed, "tasks", made) == [target]

    def test_one_that_cannot_be_made_is_told(self, keyed: Hub) -> None:
        made = keyed.make("tasks", hs_timestamp=DUE)
        row = WriteRow({"hs_task_subject": "X"}, external_id=made, links=[Link("companies", "1")])
        (outcome,) = connect(keyed).write("tasks", "update", [row])
        assert (outcome.state, outcome.external_id) == ("rejected", made)
        assert "not associated" in outcome.message

    @pytest.mark.parametrize("kind", ["calls", "notes", "tasks"])
    def test_activities_come_with_their_associations(self, keyed: Hub, kind: str) -> None:
        target = keyed.make("companies", name="A")
        child = Child(kind, "companies", WriteRow({"hs_timestamp": DUE}))
        ((_, outcome),) = connect(keyed).write_families(
            "companies", [Family(WriteRow({"city": "x"}, external_id=target), [child])]
        )
        assert linked(keyed, kind, outcome.external_id) == [target]
        assert not [call for call in calls(keyed) if "associate" in call]


class TestFiles:
    def test_a_file_is_put_on_a_record_by_a_note(self, keyed: Hub) -> None:
        target = keyed.make("companies", name="A")
        outcome = connect(keyed).attach("companies", target, LETTER)
        assert (outcome.state, outcome.created) == ("applied", True)
        found = keyed.values("notes", str(outcome.external_id), "hs_attachment_ids", "hs_note_body", "inlay_key")
        assert (found["hs_note_body"], found["inlay_key"]) == ("letter.pdf", "letter-1")
        assert linked(keyed, "notes", outcome.external_id) == [target]
        stored = keyed.app.crm.files.get(str(found["hs_attachment_ids"]))
        assert (stored.content, stored.access) == (LETTER.content, "PRIVATE")
        assert (stored.name.startswith("letter-"), stored.extension, stored.folder) == (True, "pdf", "/Inlay")

    def test_the_same_key_adds_nothing(self, keyed: Hub) -> None:
        target = keyed.make("companies", name="A")
        connector = connect(keyed)
        first = connector.attach("companies", target, LETTER)
        calls(keyed)
        second = connector.attach("companies", target, LETTER)
        assert (second.state, second.external_id, second.created) == ("applied", first.external_id, False)
        assert calls(keyed) == ["POST v3/objects/notes/batch/read"]

    @pytest.mark.parametrize("path", ["/files/v3/files$", "notes/batch/create$"])
    @pytest.mark.parametrize("do", ["cut", "apply_then_cut"])
    def test_whatever_is_lost_on_the_way_one_note_is_left(self, keyed: Hub, path: str, do: str) -> None:
        target = keyed.make("companies", name="A")
        connector = connect(keyed)
        fault(keyed, path=path, do=do)
        assert connector.attach("companies", target, LETTER).state in ("retry", "unknown")
        assert connector.attach("companies", target, LETTER).state == "applied"
        assert len(keyed.get("/crm/v3/objects/notes")["results"]) == 1

    def test_without_the_key_property_it_is_refused_and_nothing_is_uploaded(self, hub: Hub) -> None:
        target = hub.make("companies", name="A")
        calls(hub)
        assert connect(hub).attach("companies", target, LETTER).state == "rejected"
        assert calls(hub) == ["POST v3/objects/notes/batch/read"]

    def test_a_file_that_is_refused_leaves_no_note(self, keyed: Hub) -> None:
        target = keyed.make("companies", name="A")
        fault(
            keyed, path="/files/v3/files$", do="status", status=400, body='{"category":"INVALID_FILE","message":"no"}'
        )
        outcome = connect(keyed).attach("companies", target, LETTER)
        assert (outcome.state, outcome.code) == ("rejected", "INVALID_FILE")
        assert keyed.get("/crm/v3/objects/notes")["results"] == []

    def test_owners_take_none(self, keyed: Hub) -> None:
        with pytest.raises(BugError):
            connect(keyed).attach("owners", "1", LETTER)
