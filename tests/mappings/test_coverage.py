"""Every stream and record type of the bundled mappings has a golden case, and the files for other systems agree."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from core.mapping import bundled
from tests.mappings.golden import Case, mapping


def cases_of(name: str) -> list[Case]:
    """All golden cases of one mapping."""
    modules = sorted(Path(__file__).parent.glob(f"test_{name.replace('-', '_')}*.py"))
    return [case for path in modules for case in import_module(f"tests.mappings.{path.stem}").CASES.values()]


@pytest.mark.parametrize("name", [name for name in bundled() if name != "csv-salesforce-export"])
def test_every_stream_is_shown_as_every_record_type_it_may_become(name: str) -> None:
    shown = {(case.stream, made[0]) for case in cases_of(name) for made in case.made}
    for stream, mapped in mapping(name).streams.items():
        assert {(stream, record_type) for record_type in mapped.record_types} <= shown


@pytest.mark.parametrize("name", ["salesforce", "hubspot", "stripe"])
def test_nine_of_ten_fields_of_a_mapping_have_a_value_in_some_case(name: str) -> None:
    filled = {
        (case.stream, kind, field)
        for case in cases_of(name)
        for kind, data in case.made
        for field, value in data.items()
        if value is not None
    }
    declared = [
        (stream, part.section.record_type, field)
        for stream, mapped in mapping(name).streams.items()
        for part in mapped.sections
        for field in part.section.fields
    ]
    missing = [one for one in declared if one not in filled]
    assert len(missing) * 10 <= len(declared), missing


def test_the_data_export_reads_what_the_api_reads() -> None:
    api, export = mapping("salesforce"), mapping("csv-salesforce-export")
    for stream, mapped in api.streams.items():
        same = export.streams[f"{stream}.csv"]
        assert same.record_types == mapped.record_types
        assert set(mapped.fields) - set(same.fields) <= {"Inlay_Key__c"}


@pytest.mark.parametrize(
    "name", ["salesforce", "hubspot", "csv-salesforce-export", "csv-salesforce-report", "csv-hubspot-export"]
)
def test_every_crm_takes_the_same_signals(name: str) -> None:
    ours = {(write.signal, write.type, write.policy) for write in mapping(name).writes}
    assert ours == {(write.signal, write.type, write.policy) for write in mapping("salesforce").writes}
    assert len(ours) >= 39


@pytest.mark.parametrize(
    ("name", "stream", "pattern"),
    [
        ("salesforce", "Account", "Inlay_*__c"),
        ("hubspot", "companies", "inlay_*"),
        ("csv-hubspot-export", "companies.csv", "Inlay *"),
    ],
)
def test_fields_of_ours_are_recognised_by_their_names(name: str, stream: str, pattern: str) -> None:
    for write in mapping(name).writes:
        assert write.stream == stream
        assert Path(write.field).match(pattern), write.field
        assert write.help.endswith(".")
        assert write.label
        assert write.policy == "owned"


def test_names_of_both_crms_correspond() -> None:
    salesforce = {write.signal: write.field for write in mapping("salesforce").writes}
    for write in mapping("hubspot").writes:
        assert salesforce[write.signal].removesuffix("__c").lower() == write.field


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("salesforce", {"task", "interaction", "deal"}),
        ("hubspot", {"task", "interaction", "deal"}),
        ("stripe", set()),
        ("csv-salesforce-export", {"task"}),
        ("csv-salesforce-report", {"task"}),
        ("csv-hubspot-export", {"task"}),
        ("csv-stripe-export", set()),
    ],
)
def test_what_each_system_can_hold_of_our_proposals(name: str, kinds: set[str]) -> None:
    assert set(mapping(name).creates) == kinds


TASK = {
    "subject": "Call Hill",
    "body": "Late.",
    "status": "not_started",
    "priority": "urgent",
    "due_date": "2026-07-01",
}
NOTE = {"kind": "note", "body_excerpt": "Score fell.", "started_at": "2026-06-30T23:00:00Z"}


def test_a_task_for_salesforce() -> None:
    rule = mapping("salesforce").creates["task"]
    values, links = rule.to_vendor(TASK, {"client_id": "0015g0000000003AAA", "assignee_id": "0055g0000000003AAA"})
    assert (rule.stream, rule.key_field, links) == ("Task", "Inlay_Key__c", [])
    assert values == {
        "Subject": "Call Hill",
        "Description": "Late.",
        "Status": "Not Started",
        "Priority": "High",
        "ActivityDate": "2026-07-01",
        "WhatId": "0015g0000000003AAA",
        "OwnerId": "0055g0000000003AAA",
    }


def test_a_task_for_hubspot() -> None:
    rule = mapping("hubspot").creates["task"]
    values, links = rule.to_vendor(TASK, {"client_id": "9951", "assignee_id": "71400115"})
    assert (rule.stream, rule.key_field) == ("tasks", "inlay_key")
    assert [(link.stream, link.external_id) for link in links] == [("companies", "9951")]
    assert values == {
        "hs_task_subject": "Call Hill",
        "hs_task_body": "Late.",
        "hs_task_status": "NOT_STARTED",
        "hs_task_priority": "HIGH",
        "hs_task_type": "TODO",
        "hs_timestamp": "2026-07-01T12:00:00Z",
        "hubspot_owner_id": "71400115",
    }


def test_notes_for_both_crms() -> None:
    values, links = mapping("salesforce").creates["interaction"].to_vendor(NOTE, {"client_id": "0015g0000000003AAA"})
    assert values == {
        "Subject": "[Inlay] note",
        "Description": "Score fell.",
        "Status": "Completed",
        "Type": "Other",
        "ActivityDate": "2026-06-30",
        "WhatId": "0015g0000000003AAA",
    }
    values, links = mapping("hubspot").creates["interaction"].to_vendor(NOTE, {"client_id": "9951"})
    assert values == {"hs_note_body": "Score fell.", "hs_timestamp": "2026-06-30T23:00:00Z"}
    assert [(link.stream, link.external_id) for link in links] == [("companies", "9951")]


@pytest.mark.parametrize("name", ["csv-salesforce-export", "csv-salesforce-report", "csv-hubspot-export"])
def test_a_task_for_an_import_file_reads_back_as_it_was_proposed(name: str) -> None:
    rule = mapping(name).creates["task"]
    values, links = rule.to_vendor({**TASK, "priority": "high"}, {"client_id": "0015g0000000003AAA"})
    assert links == []
    ((kind, data),) = mapping(name).streams[rule.stream].normalise({**values, rule.key_field: "renewals-7"}, [])
    assert kind == "task"
    assert data["external_key"] == "renewals-7"
    assert {field: data[field] for field in TASK} == {**TASK, "priority": "high"}
    assert data["client_id"].endswith("/0015g0000000003AAA")


def test_a_task_of_ours_reads_back_from_salesforce_with_its_key() -> None:
    rule = mapping("salesforce").creates["task"]
    values, _ = rule.to_vendor(TASK, {"client_id": "0015g0000000003AAA"})
    raw = {"Id": "00T5g0000000002EAA", "IsClosed": False, "TaskSubtype": "Task", rule.key_field: "renewals-7", **values}
    ((kind, data),) = mapping("salesforce").streams["Task"].normalise(raw, [])
    assert (kind, data["external_key"], data["client_id"]) == ("task", "renewals-7", "crm/Account/0015g0000000003AAA")
    assert (data["subject"], data["due_date"], data["status"]) == ("Call Hill", "2026-07-01", "not_started")


def test_a_task_of_ours_reads_back_from_hubspot_with_its_key() -> None:
    rule = mapping("hubspot").creates["task"]
    values, links = rule.to_vendor(TASK, {"client_id": "9951"})
    properties = {**values, rule.key_field: "renewals-7"}
    raw = {"id": "801", "properties": properties, "associations": {links[0].stream: [links[0].external_id]}}
    ((kind, data),) = mapping("hubspot").streams["tasks"].normalise(raw, [])
    assert (kind, data["external_key"], data["client_id"]) == ("task", "renewals-7", "crm/companies/9951")
    assert (data["subject"], data["due_date"], data["status"]) == ("Call Hill", "2026-07-01", "not_started")


@pytest.mark.parametrize(("subtype", "outcome"), [("ListEmail", "bulk"), ("Email", None)])
def test_list_mail_of_salesforce_is_bulk_mail(subtype: str, outcome: str | None) -> None:
    raw = {
        "Id": "00T5g0000000002EAA",
        "IsClosed": True,
        "TaskSubtype": subtype,
        "CompletedDateTime": "2026-06-01T10:00:00Z",
    }
    ((kind, data),) = mapping("salesforce").streams["Task"].normalise(raw, [])
    assert (kind, data["kind"], data.get("outcome")) == ("interaction", "email", outcome)
