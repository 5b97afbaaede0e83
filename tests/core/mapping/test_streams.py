"""A stream as its mapping sees it: ids, stamps, what to ask for, several sections over one stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import RejectedError
from core.mapping import MISSING, Mapping
from tests.core.mapping.made import load

HUBSPOT_LIKE = """
connector: hub
id: id
stamp: updatedAt
under: properties
beside: [id, updatedAt, associations]
client:
  stream: companies
  when: {lifecyclestage: not null}
  fields:
    name: name
    domain: [domain, website]
    annual_revenue: {from: revenue, currency: currency_code}
    parent_client_id: {from: associations.companies.0, ref: client}
    status: [{const: active, when: {is_won: true}}]
  custom_fields: [segment, "extra_*"]
  writes:
    score: {signal: health.score, type: number, policy: owned}
task:
  stream: tasks
  fields: {subject: title, client_id: {from: associations.companies.0, ref: client}}
  create: {key: our_key, fields: {title: subject}}
user:
  stream: owners
  under: null
  fields: {name: fullName, email: email}
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    return load(tmp_path, HUBSPOT_LIKE)


def test_a_connector_is_told_the_vendors_own_names(mapping: Mapping) -> None:
    assert mapping.streams["companies"].fields == (
        "id",
        "updatedAt",
        "lifecyclestage",
        "name",
        "domain",
        "website",
        "revenue",
        "currency_code",
        "associations.companies",
        "is_won",
        "segment",
        "score",
    )
    assert mapping.streams["tasks"].fields == ("id", "updatedAt", "title", "associations.companies", "our_key")
    assert mapping.streams["owners"].fields == ("id", "updatedAt", "fullName", "email")


def test_fields_under_a_group_and_beside_it(mapping: Mapping) -> None:
    raw = {
        "id": "7",
        "updatedAt": "2026-06-30T09:00:00.123Z",
        "properties": {
            "name": "Hill",
            "lifecyclestage": "x",
            "segment": "A",
            "extra_1": 1,
            "other": 2,
            "is_won": "true",
        },
        "associations": {"companies": ["9", "8"]},
    }
    stream = mapping.streams["companies"]
    ((record_type, data),) = stream.normalise(raw, [])
    assert record_type == "client"
    assert data == {
        "name": "Hill",
        "parent_client_id": "crm/companies/9",
        "status": "active",
        "custom_fields": {"segment": "A", "extra_1": 1},
    }
    assert stream.external_id(raw) == "7"
    assert stream.stamp(raw) == "2026-06-30T09:00:00.123000Z"


@pytest.mark.parametrize(
    ("raw", "field", "value"),
    [
        ({"properties": {"score": "82"}}, "score", "82"),
        ({"properties": {"score": None}}, "score", None),
        ({"properties": {}}, "score", MISSING),
        ({"properties": None}, "score", None),
        ({}, "score", MISSING),
        ({"id": "7", "properties": {"id": "no"}}, "id", "7"),
        ({"properties": "text"}, "score", MISSING),
    ],
)
def test_one_vendor_field_wherever_it_lives(mapping: Mapping, raw: dict[str, Any], field: str, value: Any) -> None:
    assert (
        mapping.streams["companies"].value(raw, field) is value
        or mapping.streams["companies"].value(raw, field) == value
    )


def test_a_section_may_keep_its_fields_elsewhere(mapping: Mapping) -> None:
    ((_, data),) = mapping.streams["owners"].normalise(
        {"id": "1", "fullName": "Sam Reed", "email": "sam@firm.example"}, []
    )
    assert data == {"name": "Sam Reed", "email": "sam@firm.example"}


def test_a_record_of_no_section_becomes_nothing(mapping: Mapping) -> None:
    assert mapping.streams["companies"].normalise({"id": "7", "properties": {"name": "Hill"}}, []) == []


def test_record_types_of_a_stream(mapping: Mapping) -> None:
    assert {name: stream.record_types for name, stream in mapping.streams.items()} == {
        "companies": ("client",),
        "tasks": ("task",),
        "owners": ("user",),
    }


TWO = """
connector: crm
id: Id
task:
  stream: Task
  when: {Kind: [Task, null]}
  fields: {subject: S}
interaction:
  stream: Task
  when: {Kind: {not: [Task, null]}}
  fields: {kind: {from: Kind, values: {Call: call}, otherwise: note}, started_at: At, subject: S}
interaction:urgent:
  stream: Task
  when: {Kind: Call, Urgent: true}
  fields: {kind: {const: visit}, started_at: At}
"""


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ({"Kind": "Task"}, ["task"]),
        ({"Kind": None}, ["task"]),
        ({}, ["task"]),
        ({"Kind": "Call"}, ["interaction"]),
        ({"Kind": "Mail"}, ["interaction"]),
        ({"Kind": "Call", "Urgent": "yes"}, ["interaction", "interaction"]),
        ({"Kind": "Task", "Urgent": True}, ["task"]),
    ],
)
def test_several_sections_read_one_stream(tmp_path: Path, raw: dict[str, Any], made: list[str]) -> None:
    stream = load(tmp_path, TWO).streams["Task"]
    found = stream.normalise({"Id": "1", "S": "Call Ada", "At": "2026-06-30", **raw}, [])
    assert [record_type for record_type, _ in found] == made
    assert stream.record_types == ("task", "interaction")


def test_one_refused_section_refuses_the_record(tmp_path: Path) -> None:
    with pytest.raises(RejectedError, match="interaction without started_at"):
        load(tmp_path, TWO).streams["Task"].normalise({"Id": "1", "Kind": "Call", "At": "never"}, [])


@pytest.mark.parametrize(
    ("top", "raw", "found"),
    [
        ("id: Id", {"Id": "7"}, "7"),
        ("id: Id", {"Id": 7}, "7"),
        ("id: Id", {"Id": " a/b "}, "a/b"),
        ("id: [Order, Product]", {"Order": 10248, "Product": 11}, "10248:11"),
        ("id: Id\nids: salesforce", {"Id": "0015g00000AbCdE"}, "0015g00000AbCdEAAV"),
        ("id: meta.key", {"meta": {"key": "k"}}, "k"),
        ("id: Id\nflat: true", {"Id": "7"}, "7"),
        ("id: a.b\nflat: true", {"a.b": "7"}, "7"),
    ],
)
def test_ids(tmp_path: Path, top: str, raw: dict[str, Any], found: str) -> None:
    text = f"connector: c\n{top}\nclient: {{stream: A, fields: {{name: N}}}}\n"
    assert load(tmp_path, text).streams["A"].external_id(raw) == found


@pytest.mark.parametrize(
    ("top", "raw", "told"),
    [
        ("id: Id", {}, "without id (Id)"),
        ("id: Id", {"Id": None}, "without id (Id)"),
        ("id: Id", {"Id": ""}, "without id (Id)"),
        ("id: Id", {"Id": ["7"]}, "unreadable"),
        ("id: [Order, Product]", {"Order": 1, "Product": ""}, "without id (Order, Product)"),
        ("id: Id\nids: salesforce", {"Id": "7"}, "no Salesforce id"),
    ],
)
def test_records_without_id_are_refused(tmp_path: Path, top: str, raw: dict[str, Any], told: str) -> None:
    text = f"connector: c\n{top}\nclient: {{stream: A, fields: {{name: N}}}}\n"
    with pytest.raises(RejectedError) as refused:
        load(tmp_path, text).streams["A"].external_id(raw)
    assert told in refused.value.what
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("value", "stamp"),
    [
        ("2026-06-30T09:00:00.000+0000", "2026-06-30T09:00:00Z"),
        ("2026-06-30T09:00:00.120Z", "2026-06-30T09:00:00.120000Z"),
        ("2026-06-30 09:00", "2026-06-30T09:00:00Z"),
        (1782810000, "2026-06-30T09:00:00Z"),
        (1782810000000, "2026-06-30T09:00:00Z"),
        ("30/06/2026 10:00", "2026-06-30T09:00:00Z"),
        (None, None),
        ("", None),
        ("soon", None),
        ([1], None),
    ],
)
def test_stamps_of_all_vendors_compare(tmp_path: Path, value: Any, stamp: str | None) -> None:
    text = """
    connector: c
    id: Id
    stamp: M
    time_zone: Europe/London
    dates: [DD/MM/YYYY HH:mm]
    client: {stream: A, fields: {name: N}}
    """
    found = load(tmp_path, text).streams["A"].stamp({"M": value})
    if value == "2026-06-30 09:00":
        assert found == "2026-06-30T08:00:00Z"  # London's own summer time
    else:
        assert found == stamp


def test_a_stream_without_stamp_has_none(tmp_path: Path) -> None:
    stream = load(tmp_path, "connector: c\nid: Id\nclient: {stream: A, fields: {name: N}}\n").streams["A"]
    assert stream.stamp({"Modified": "2026-06-30"}) is None


def test_csv_headers_are_taken_literally(tmp_path: Path) -> None:
    text = """
    connector: csv
    flat: true
    id: Record ID
    client: {stream: c.csv, fields: {name: Company name, tier: "No. 1", website: "a.b.0"}}
    """
    stream = load(tmp_path, text).streams["c.csv"]
    raw = {"Record ID": "7", "Company name": "Hill", "No. 1": "A", "a.b.0": "hill.example"}
    ((_, data),) = stream.normalise(raw, [])
    assert data == {"name": "Hill", "tier": "A", "website": "https://hill.example"}
    assert stream.fields == ("Record ID", "Company name", "No. 1", "a.b.0")


def test_local_dates_and_decimal_commas_of_a_file(tmp_path: Path) -> None:
    text = """
    connector: csv
    flat: true
    id: Id
    decimal_comma: true
    dates: [DD.MM.YYYY]
    time_zone: Europe/Berlin
    currency: {const: EUR}
    client: {stream: c, fields: {name: N, annual_revenue: R, client_since: D, created_at: D, number_of_employees: E}}
    """
    ((_, data),) = (
        load(tmp_path, text)
        .streams["c"]
        .normalise({"N": "Hügel", "R": "1.234,50", "D": "01.04.2019", "E": "1.200"}, [])
    )
    assert data == {
        "name": "Hügel",
        "annual_revenue": {"amount": "1234.50", "currency": "EUR"},
        "client_since": "2019-04-01",
        "created_at": "2019-03-31T22:00:00Z",
        "number_of_employees": 1200,
    }


def test_issues_are_added_to_those_already_there(tmp_path: Path) -> None:
    stream = load(tmp_path, "connector: c\nid: Id\nclient: {stream: A, fields: {name: N, domain: D}}\n").streams["A"]
    issues: list[Any] = ["earlier"]
    stream.normalise({"N": "Hill", "D": "none"}, issues)
    stream.normalise({"N": "Hill", "D": "hill.example"}, issues)
    assert issues[0] == "earlier"
    assert len(issues) == 2


def test_the_raw_record_is_left_as_it_was(mapping: Mapping) -> None:
    raw = {"id": "7", "properties": {"name": " Hill ", "lifecyclestage": "x", "segment": {"a": [" b "]}}}
    before = repr(raw)
    mapping.streams["companies"].normalise(raw, [])
    assert repr(raw) == before


def test_what_is_made_shares_nothing_with_the_raw_record(mapping: Mapping) -> None:
    raw: dict[str, Any] = {"id": "7", "properties": {"name": "Hill", "lifecyclestage": "x", "segment": {"a": [1]}}}
    ((_, data),) = mapping.streams["companies"].normalise(raw, [])
    data["custom_fields"]["segment"]["a"].append(2)
    assert raw["properties"]["segment"] == {"a": [1]}


class Treacherous(dict[str, Any]):
    """A record that fails when it is looked at, as a bug of ours might make one do."""

    def get(self, key: str, default: Any = None) -> Any:
        raise TypeError(f"boom {key} {default}")


def test_a_record_that_trips_our_own_code_is_parked_not_fatal(mapping: Mapping) -> None:
    with pytest.raises(RejectedError, match=r"could not read it \(TypeError\)") as refused:
        mapping.streams["owners"].normalise(Treacherous(id="1"), [])
    assert "report it" in refused.value.remedy
    assert "boom" not in str(refused.value)
