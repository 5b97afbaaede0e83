"""Reading mapping files, and a firm's overlay over the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.mapping import Mapping
from core.mapping.document import Document, read_document
from tests.core.mapping.made import load

BASE = """
connector: crm
id: Id
stamp: Modified
client:
  stream: Account
  required: [name]
  fields:
    name: Name
    industry: {from: Industry, as: lower}
    status: {from: Type, values: {Customer: active, Prospect: prospect}, otherwise: other}
    emails: [{address: Email, kind: work}]
  custom_fields: [A, B]
  writes:
    Score: {signal: health.score, type: number, policy: owned, label: Score}
    Band: {signal: health.band, type: text, policy: owned}
"""


def normalised(folder: Path, overlay: str, raw: dict[str, Any]) -> dict[str, Any]:
    """What a record becomes under the base with an overlay."""
    ((_, data),) = load(folder, BASE, overlay).streams["Account"].normalise({"Id": "1", "Name": "Hill", **raw}, [])
    return data


def test_an_overlay_adds_a_field(tmp_path: Path) -> None:
    data = normalised(tmp_path, "client: {fields: {tier: Tier__c}}", {"Tier__c": "Gold", "Industry": "LEGAL"})
    assert data == {"name": "Hill", "tier": "Gold", "industry": "legal"}


def test_an_overlay_renames_a_source(tmp_path: Path) -> None:
    data = normalised(tmp_path, "client: {fields: {industry: Branche}}", {"Branche": "LEGAL", "Industry": "Mining"})
    assert data == {"name": "Hill", "industry": "LEGAL"}


def test_a_rule_with_its_own_source_replaces_the_whole_rule(tmp_path: Path) -> None:
    data = normalised(tmp_path, "client: {fields: {status: {from: Stage}}}", {"Type": "Customer", "Stage": "active"})
    assert data["status"] == "active"


def test_a_rule_without_source_changes_only_what_it_names(tmp_path: Path) -> None:
    overlay = "client: {fields: {status: {values: {Customer: onboarding, Partner: other}}}}"
    assert normalised(tmp_path, overlay, {"Type": "Customer"})["status"] == "onboarding"
    assert normalised(tmp_path, overlay, {"Type": "Prospect"})["status"] == "prospect"
    assert normalised(tmp_path, overlay, {"Type": "Alien"})["status"] == "other"


@pytest.mark.parametrize("field", ["industry", "status", "emails"])
def test_null_takes_a_field_out(tmp_path: Path, field: str) -> None:
    raw = {"Industry": "LEGAL", "Type": "Customer", "Email": "a@hill.example"}
    assert field in normalised(tmp_path, "client: {fields: {tier: T}}", raw)
    assert field not in normalised(tmp_path, f"client: {{fields: {{{field}: null}}}}", raw)


def test_null_takes_out_what_was_never_there(tmp_path: Path) -> None:
    assert normalised(tmp_path, "client: {fields: {tier: null}}", {}) == {"name": "Hill"}


def test_null_takes_a_section_out(tmp_path: Path) -> None:
    mapping = load(tmp_path, BASE + "user: {stream: User, fields: {name: Name}}\n", "user: null")
    assert list(mapping.streams) == ["Account"]


def test_lists_are_replaced_whole(tmp_path: Path) -> None:
    data = normalised(tmp_path, "client: {custom_fields: [C]}", {"A": 1, "B": 2, "C": 3})
    assert data["custom_fields"] == {"C": 3}


def test_an_overlay_changes_settings_of_the_file(tmp_path: Path) -> None:
    mapping = load(tmp_path, BASE, "stamp: Touched\nid: Key")
    assert mapping.streams["Account"].external_id({"Key": "7", "Id": "1"}) == "7"
    assert mapping.streams["Account"].stamp({"Touched": "2026-06-30"}) == "2026-06-30T00:00:00Z"


def test_an_overlay_changes_a_policy_and_removes_a_write(tmp_path: Path) -> None:
    mapping = load(tmp_path, BASE, "client: {writes: {Score: {policy: ask}, Band: null}}")
    (write,) = mapping.writes
    assert (write.field, write.signal, write.policy, write.label) == ("Score", "health.score", "ask", "Score")


def test_an_overlay_adds_a_section(tmp_path: Path) -> None:
    overlay = """
    client: {fields: {owner_id: {from: Owner, ref: user}}}
    user: {stream: Person, fields: {name: Name}}
    """
    assert normalised(tmp_path, overlay, {"Owner": "5"})["owner_id"] == "crm/Person/5"


def test_places_follow_the_file_an_entry_came_from(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("a:\n  b: 1\n  c: 2\n")
    (tmp_path / "over.yaml").write_text("\n\na:\n  c: 3\n  d:\n    e: 4\n")
    merged = read_document(tmp_path / "base.yaml").overlaid(read_document(tmp_path / "over.yaml"))
    assert merged.data == {"a": {"b": 1, "c": 3, "d": {"e": 4}}}
    assert merged.place(("a", "b")) == "base.yaml:2"
    assert merged.place(("a", "c")) == "over.yaml:4"
    assert merged.place(("a", "d", "e")) == "over.yaml:6"
    assert merged.place(("a", "d", "e", "unknown")) == "over.yaml:6"
    assert merged.place(("nowhere",)) == merged.place(())


def test_merging_changes_neither_of_the_two(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("a: {b: 1}\n")
    base, over = read_document(tmp_path / "base.yaml"), Document("over", {"a": {"b": 2, "c": None}})
    base.overlaid(over)
    assert base.data == {"a": {"b": 1}}
    assert over.data == {"a": {"b": 2, "c": None}}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("001: x", "001"),
        ("'001': x", "001"),
        ("7: x", "7"),
        ("true: x", "true"),
        ("null: x", "null"),
        ("a b: x", "a b"),
        ("2026-06-30: x", "2026-06-30"),
        ("1.5: x", "1.5"),
    ],
)
def test_names_are_text_just_as_written(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "m.yaml").write_text(text + "\n")
    assert list(read_document(tmp_path / "m.yaml").data) == [key]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 7", 7),
        ("a: 1.5", 1.5),
        ("a: true", True),
        ("a: null", None),
        ("a: ~", None),
        ("a:", None),
        ("a: text", "text"),
        ("a: '7'", "7"),
        ("a: 2026-06-30", "2026-06-30"),
        ("a: [1, x]", [1, "x"]),
        ("a: {b: c}", {"b": "c"}),
    ],
)
def test_values_are_plain_data(tmp_path: Path, text: str, value: Any) -> None:
    (tmp_path / "m.yaml").write_text(text + "\n")
    found = read_document(tmp_path / "m.yaml").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_a_file_may_lie_over_a_bundled_mapping(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("extends: stripe\nclient: {fields: {tier: metadata.tier}}\n")
    stream = Mapping.load(path, "billing").streams["customers"]
    ((_, data),) = stream.normalise({"id": "cus_1", "name": "Hill", "metadata": {"tier": "A"}}, [])
    assert data["tier"] == "A"
    assert data["client_type"] == "customer"


def test_an_overlay_may_choose_its_own_base(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("extends: csv-hubspot-export\nclient: {stream: firms.csv}\n")
    mapping = Mapping.load("csv", "files", path)
    assert "firms.csv" in mapping.streams
    assert "contacts.csv" in mapping.streams


def test_a_connector_without_default_takes_the_firms_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(
        "connector: csv\nflat: true\nid: customerID\nclient: {stream: customers.csv, fields: {name: companyName}}\n"
    )
    mapping = Mapping.load("csv", "files", path)
    assert list(mapping.streams) == ["customers.csv"]
    assert mapping.connector == "csv"
    assert mapping.connection == "files"
