"""A compiled mapping as a whole: its hash, the schema editors use, and that fast and careful roads agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.mapping import MISSING, Mapping, bundled, mapping_schema
from core.mapping.document import read_document
from core.mapping.forms import shapes
from core.mapping.issues import BadValueError, excerpt
from core.mapping.rules import Settings
from core.mapping.scalars import COMPATIBLE, FAST, Convert, converters
from core.mapping.schema import CONVERTERS, printed_schema
from core.model import RECORD_TYPES
from tests.core.mapping.made import load

BASE = """
connector: crm
id: Id
client:
  stream: Account
  fields: {name: Name, status: {from: Type, values: {A: active}, otherwise: other}}
  writes: {Score: {signal: health.score, type: number, policy: owned}}
"""


def hash_of(folder: Path, overlay: str | None = None, **firm: Any) -> str:
    """The hash of the base with an overlay."""
    return load(folder, BASE, overlay, **firm).hash


@pytest.mark.parametrize(
    "overlay",
    [
        "client: {fields: {domain: Website}}",
        "client: {fields: {name: Title}}",
        "client: {fields: {status: {values: {A: churned}}}}",
        "client: {fields: {status: null}}",
        "client: {stream: Firm}",
        "client: {when: {Type: A}}",
        "client: {custom_fields: [X]}",
        "client: {required: [status]}",
        "stamp: Modified",
        "ids: salesforce",
        "dates: [DD/MM/YYYY]",
        "currency: {const: GBP}",
        "user: {stream: User, fields: {name: Name}}",
    ],
)
def test_the_hash_changes_with_whatever_changes_a_record(tmp_path: Path, overlay: str) -> None:
    assert hash_of(tmp_path, overlay) != hash_of(tmp_path)


@pytest.mark.parametrize(
    "overlay",
    [
        "client: {writes: {Score: {policy: ask}}}",
        "client: {writes: {Score: null}}",
        "client: {writes: {Band: {signal: health.band, type: text, policy: owned}}}",
        "# nothing but a remark\nid: Id",
    ],
)
def test_the_hash_stays_when_only_writes_change(tmp_path: Path, overlay: str) -> None:
    assert hash_of(tmp_path, overlay) == hash_of(tmp_path)


def test_the_hash_depends_on_the_firms_currency_and_region(tmp_path: Path) -> None:
    hashes = {
        hash_of(tmp_path),
        hash_of(tmp_path, currency="GBP"),
        hash_of(tmp_path, currency="EUR"),
        hash_of(tmp_path, region="GB"),
    }
    assert len(hashes) == 4


def test_the_hash_depends_on_the_connection_since_references_do(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    load(tmp_path, BASE)
    assert Mapping.load(path, "crm").hash != Mapping.load(path, "other").hash
    assert Mapping.load(path, "crm").hash == Mapping.load(path, "crm").hash


def test_the_schema_for_editors_is_up_to_date() -> None:
    path = Path(__file__).parents[3] / "mappings" / "schema.json"
    assert path.read_text("utf-8") == printed_schema(), "run the command in mappings/README.md"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(mapping_schema())
    assert json.loads(printed_schema()) == mapping_schema()


@pytest.mark.parametrize("name", bundled())
def test_editors_find_nothing_wrong_with_the_bundled_mappings(name: str) -> None:
    document = read_document(bundled()[name])
    assert not list(Draft202012Validator(mapping_schema()).iter_errors(document.data))


@pytest.mark.parametrize(
    "overlay",
    [
        {"client": {"fields": {"tier": "Tier__c", "industry": None}}},
        {"client": {"writes": {"Score__c": {"policy": "ask"}}}},
        {"extends": "csv-hubspot-export", "client": {"stream": "firms.csv"}},
        {"task": {"create": None}},
    ],
)
def test_editors_find_nothing_wrong_with_an_overlay(overlay: dict[str, Any]) -> None:
    assert not list(Draft202012Validator(mapping_schema()).iter_errors(overlay))


@pytest.mark.parametrize("name", bundled())
def test_bundled_mappings_name_the_schema_for_editors(name: str) -> None:
    assert bundled()[name].read_text("utf-8").startswith("# yaml-language-server: $schema=./schema.json\n")


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_every_field_of_the_model_has_a_form(record_type: str) -> None:
    model = RECORD_TYPES[record_type]
    assert set(shapes(record_type)) == set(model.model_fields) - {"custom_fields"}
    for shape in shapes(record_type).values():
        assert shape.form
        assert bool(shape.choices) == (shape.form == "choice")


def test_every_converter_named_in_the_schema_can_stand_somewhere() -> None:
    usable = set().union(*COMPATIBLE.values()) | {
        shape.form for name in RECORD_TYPES for shape in shapes(name).values()
    }
    assert set(CONVERTERS) <= usable


VALUES: list[Any] = [
    None,
    *("", " ", "x", " x ", "7", "2026-06-30", "2026-02-30", "2026-06-30T09:00:00Z", "2026-06-30T09:00:00.000+0000"),
    *("2026-06-30T09:00:00.123Z", "2026-06-30T24:00:00Z", "2024-W41-6T09:00:00Z", "2026-06-30T09:60:00Z"),
    *("a@hill.example", "A@hill.example", "hill.example", "www.hill.example", "https://www.hill.example/", "hill"),
    *("GB", "gb", "GBP", "gbp", "a;b", "\x00", "\ud800", "é", "two\nlines", "yes", "50%", "1,200", "x" * 300),
    *(7, 7.5, -1, 0, 1, 1e12, 10**20, float("nan"), float("inf"), True, False),
    *(["a", "b"], ["a", "a"], [], ["", None], [7], [["a"]], {}, {"id": "x"}),
]
PLACES = {
    "text": ("client: {stream: A, fields: {name: N", "industry"),
    "long_text": ("client: {stream: A, fields: {name: N", "description"),
    "flag": ("client: {stream: A, fields: {name: N", "is_delinquent"),
    "count": ("client: {stream: A, fields: {name: N", "number_of_employees"),
    "date": ("client: {stream: A, fields: {name: N", "client_since"),
    "instant": ("client: {stream: A, fields: {name: N", "created_at"),
    "domain": ("client: {stream: A, fields: {name: N", "domain"),
    "url": ("client: {stream: A, fields: {name: N", "website"),
    "currency": ("client: {stream: A, fields: {name: N", "currency"),
    "texts": ("client: {stream: A, fields: {name: N", "tags"),
    "email": ("user: {stream: A, fields: {name: N", "email"),
    "percent": ("deal: {stream: A, fields: {name: N", "probability"),
    "number": ("subscription: {stream: A, fields: {plan_name: N", "quantity"),
}
"""Where a field of each form stands, for those forms that have one."""


@pytest.mark.parametrize("form", PLACES)
def test_the_fast_road_never_says_anything_but_the_careful_one(tmp_path: Path, form: str) -> None:
    assert form in FAST
    section, name = PLACES[form]
    fast = load(tmp_path, f"connector: c\nid: Id\n{section}, {name}: V}}}}\n").streams["A"]
    slow = f"connector: c\nid: Id\n{section}, {name}: [{{from: Never}}, {{from: V, when: {{V: not null}}}}, V]}}}}\n"
    careful = load(tmp_path, slow).streams["A"]
    for value in VALUES:
        outcomes = []
        for stream in (fast, careful):
            issues: list[Any] = []
            ((_, data),) = stream.normalise({"N": "Hill", "V": value}, issues)
            outcomes.append((data.get(name), [issue.problem for issue in issues]))
        assert outcomes[0] == outcomes[1], value


@pytest.mark.parametrize("form", PLACES)
def test_the_fast_road_agrees_with_the_converter_itself(tmp_path: Path, form: str) -> None:
    section, name = PLACES[form]
    stream = load(tmp_path, f"connector: c\nid: Id\n{section}, {name}: V}}}}\n").streams["A"]
    convert = converters(Settings())[form]
    for value in VALUES[1:]:
        issues: list[Any] = []
        ((_, data),) = stream.normalise({"N": "Hill", "V": value}, issues)
        assert (data.get(name, MISSING), [issue.problem for issue in issues]) == converted(convert, value), value


def converted(convert: Convert, value: Any) -> tuple[Any, list[str]]:
    """What a converter says of a value, and its complaint."""
    try:
        return convert(value), []
    except BadValueError as bad:
        return bad.partial, [bad.problem]


def test_the_source_of_a_compiled_section_can_be_read(tmp_path: Path) -> None:
    stream = load(tmp_path, BASE).streams["Account"]
    source = stream.sections[0].source
    assert source.startswith("def to_client(raw, issues):")
    assert "get('Name', MISSING)" in source


def test_names_in_a_mapping_cannot_become_code(tmp_path: Path) -> None:
    nasty = "Name') or __import__('os').system('x') or get('"
    text = f'connector: c\nid: Id\nflat: true\nclient: {{stream: A, fields: {{name: "{nasty}", tier: "a\\"b\\nc"}}}}\n'
    stream = load(tmp_path, text).streams["A"]
    ((_, data),) = stream.normalise({nasty: "Hill", 'a"b\nc': "x"}, [])
    assert data == {"name": "Hill", "tier": "x"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("short", "short"),
        ("x" * 100, "x" * 39 + "…"),
        ("two\nlines", "two\ufffdlines"),
        ("\x00\ud800", "\ufffd\ufffd"),
        (17, "17"),
        (None, "None"),
        ([1, 2], "list of 2"),
        ({"secret": "x"}, "dict of 1"),
        (10**400, "a huge number"),
    ],
)
def test_excerpts_are_short_and_printable(value: Any, shown: str) -> None:
    assert excerpt(value) == shown
    assert len(excerpt(value)) <= 40
