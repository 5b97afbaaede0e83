"""The write direction: signals to vendor fields, proposed records to vendor records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.connector import Link
from core.mapping import CreateRule, FieldWrite, Mapping
from tests.core.mapping.made import load

TEXT = """
connector: hub
id: id
client:
  stream: companies
  fields: {name: name}
  writes:
    score: {signal: health.score, label: Health score, type: number, policy: owned, help: From 0 to 100}
    band: {signal: health.band, type: picklist, options: [Good, At Risk], policy: ask}
contact:
  stream: contacts
  fields: {last_name: name}
  writes:
    strength: {signal: contact.strength, type: number, policy: never}
task:
  stream: tasks
  fields: {subject: title}
  create:
    key: our_key
    fields:
      title: subject
      body: {from: body}
      status: {from: status, values: {not_started: NEW, completed: DONE}, otherwise: OTHER}
      priority: {from: priority, values: {high: HIGH}}
      due: {from: due_date, as: noon}
      day: {from: due_date, as: date}
      reminder: {from: reminder_at, as: instant}
      kind: {const: TODO}
      owner: {ref: assignee_id}
      source: {from: queue, const: inlay}
    links: [{to: client}, {to: contact}, {to: contact, ref: owner_id}]
interaction:
  stream: notes
  fields: {kind: {const: note}, started_at: at}
  create: {key: our_key, fields: {text: body_excerpt, at: {from: started_at, as: instant}}, links: [{to: client}]}
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    return load(tmp_path, TEXT)


def test_writes_say_all_the_ledger_and_provisioning_need(mapping: Mapping) -> None:
    assert mapping.writes == (
        FieldWrite(
            record_type="client",
            stream="companies",
            field="score",
            signal="health.score",
            label="Health score",
            type="number",
            policy="owned",
            help="From 0 to 100",
        ),
        FieldWrite(
            record_type="client",
            stream="companies",
            field="band",
            signal="health.band",
            label="band",
            type="picklist",
            policy="ask",
            options=("Good", "At Risk"),
        ),
        FieldWrite(
            record_type="contact",
            stream="contacts",
            field="strength",
            signal="contact.strength",
            label="strength",
            type="number",
            policy="never",
        ),
    )


def test_what_may_be_written_is_read_first(mapping: Mapping) -> None:
    assert {"score", "band"} <= set(mapping.streams["companies"].fields)
    assert "our_key" in mapping.streams["tasks"].fields
    assert "our_key" in mapping.streams["notes"].fields


TASK: dict[str, Any] = {
    "subject": "Call Hill",
    "body": "They are late.",
    "status": "not_started",
    "priority": "high",
    "due_date": "2026-07-01",
    "reminder_at": "2026-07-01T08:00:00Z",
}
REFS = {"client_id": "12", "assignee_id": "7", "contact_id": "34"}


def test_a_task_becomes_the_vendors(mapping: Mapping) -> None:
    rule = mapping.creates["task"]
    assert (rule.record_type, rule.stream, rule.key_field) == ("task", "tasks", "our_key")
    values, links = rule.to_vendor(TASK, REFS)
    assert values == {
        "title": "Call Hill",
        "body": "They are late.",
        "status": "NEW",
        "priority": "HIGH",
        "due": "2026-07-01T12:00:00Z",
        "day": "2026-07-01",
        "reminder": "2026-07-01T08:00:00Z",
        "kind": "TODO",
        "owner": "7",
        "source": "inlay",
    }
    assert links == [Link("companies", "12"), Link("contacts", "34")]


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"status": "completed"}, "status", "DONE"),
        ({"status": "waiting"}, "status", "OTHER"),
        ({"status": None}, "status", None),
        ({"priority": "low"}, "priority", None),
        ({"due_date": None}, "due", None),
        ({"due_date": "2026-07-01T09:30:00Z"}, "day", "2026-07-01"),
        ({"reminder_at": "2026-07-01"}, "reminder", "2026-07-01T00:00:00Z"),
        ({"queue": "night"}, "source", "night"),
        ({"body": None}, "body", None),
    ],
)
def test_values_are_translated_and_empty_ones_left_out(
    mapping: Mapping, change: dict[str, Any], field: str, expected: Any
) -> None:
    values, _ = mapping.creates["task"].to_vendor({**TASK, **change}, REFS)
    assert values.get(field) == expected
    assert (field in values) == (expected is not None)


@pytest.mark.parametrize(
    ("refs", "links"),
    [
        ({}, []),
        ({"client_id": "12"}, [Link("companies", "12")]),
        ({"contact_id": "34"}, [Link("contacts", "34")]),
        ({"owner_id": "9"}, [Link("contacts", "9")]),
        ({"client_id": ""}, []),
        ({"deal_id": "1"}, []),
    ],
)
def test_links_need_a_record_in_this_connection(mapping: Mapping, refs: dict[str, str], links: list[Link]) -> None:
    values, found = mapping.creates["task"].to_vendor(TASK, refs)
    assert found == links
    assert "owner" not in values


def test_a_note_becomes_the_vendors(mapping: Mapping) -> None:
    note = {"kind": "note", "body_excerpt": "Score fell.", "started_at": "2026-06-30T23:00:00Z"}
    values, links = mapping.creates["interaction"].to_vendor(note, {"client_id": "12"})
    assert values == {"text": "Score fell.", "at": "2026-06-30T23:00:00Z"}
    assert links == [Link("companies", "12")]


def test_the_key_travels_beside_the_values(mapping: Mapping) -> None:
    for rule in mapping.creates.values():
        values, _ = rule.to_vendor(TASK, REFS)
        assert rule.key_field not in values


def test_the_same_record_gives_the_same_values_every_time(mapping: Mapping) -> None:
    rule: CreateRule = mapping.creates["task"]
    assert rule.to_vendor(TASK, REFS) == rule.to_vendor(dict(reversed(TASK.items())), dict(reversed(REFS.items())))


def test_creates_cannot_be_added_to_a_compiled_mapping(mapping: Mapping) -> None:
    assert not hasattr(mapping.creates, "__setitem__")
    assert not hasattr(mapping.streams, "__setitem__")
