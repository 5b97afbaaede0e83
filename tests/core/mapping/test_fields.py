"""What each form of a field entry does with what a vendor sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import RejectedError
from tests.core.mapping.made import load, problems, read, with_fields


@pytest.mark.parametrize(
    ("raw", "data"),
    [
        ({}, {}),
        ({"Industry": None}, {"industry": None}),
        ({"Industry": ""}, {"industry": None}),
        ({"Industry": "  "}, {"industry": None}),
        ({"Industry": "Legal"}, {"industry": "Legal"}),
        ({"Industry": 7}, {"industry": "7"}),
    ],
)
def test_absent_null_and_value_stay_apart(tmp_path: Path, raw: dict[str, Any], data: dict[str, Any]) -> None:
    assert read(with_fields(tmp_path, "industry: Industry"), raw) == data


@pytest.mark.parametrize(
    ("raw", "data"),
    [
        ({}, {}),
        ({"A": None}, {"industry": None}),
        ({"A": None, "B": None}, {"industry": None}),
        ({"B": "b"}, {"industry": "b"}),
        ({"A": "", "B": "b"}, {"industry": "b"}),
        ({"A": None, "B": "b"}, {"industry": "b"}),
        ({"A": "a", "B": "b"}, {"industry": "a"}),
        ({"A": "a"}, {"industry": "a"}),
        ({"C": "c"}, {"industry": "c"}),
    ],
)
def test_the_first_filled_source_is_taken(tmp_path: Path, raw: dict[str, Any], data: dict[str, Any]) -> None:
    for declared in ("industry: [A, B, C]", "industry: {from: [A, B, C]}", "industry: [A, {from: [B, C]}]"):
        assert read(with_fields(tmp_path, declared), raw) == data


STATUS = """
status:
  - {const: active, when: {IsActive: true}}
  - {const: churned, when: {IsActive: false, Left: not null}}
  - {from: Stage, values: {New: prospect, Old: null}, when: {Stage: {not: [Secret, null]}}}
  - {const: other, when: {Stage: [Secret, Hidden]}}
"""


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ({"IsActive": True}, "active"),
        ({"IsActive": "TRUE", "Stage": "New"}, "active"),
        ({"IsActive": "1"}, "active"),
        ({"IsActive": 1}, "active"),
        ({"IsActive": False, "Left": "2026-01-01"}, "churned"),
        ({"IsActive": "0", "Left": "x"}, "churned"),
        ({"IsActive": False, "Left": None, "Stage": "New"}, "prospect"),
        ({"IsActive": False, "Left": "", "Stage": "New"}, "prospect"),
        ({"Stage": "Old"}, None),
        ({"Stage": "Secret"}, "other"),
        ({"IsActive": False, "Stage": None}, None),
        ({"IsActive": "perhaps", "Stage": "Secret"}, "other"),
    ],
)
def test_the_first_rule_that_holds_is_taken(tmp_path: Path, raw: dict[str, Any], status: str | None) -> None:
    assert read(with_fields(tmp_path, STATUS), raw) == {"status": status}


@pytest.mark.parametrize("raw", [{}, {"IsActive": True, "x": 1}])
def test_a_field_no_rule_speaks_of_is_absent(tmp_path: Path, raw: dict[str, Any]) -> None:
    stream = with_fields(tmp_path, "status: [{const: churned, when: {IsActive: false}}]")
    assert read(stream, raw) == {}


TABLE = "client_type: {from: Type, values: {Prospect: prospect, Big Customer: customer, Nobody: null}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Prospect", "prospect"),
        ("prospect", "prospect"),
        (" PROSPECT ", "prospect"),
        ("Big Customer", "customer"),
        ("Nobody", None),
        ("", None),
        (None, None),
        ("Alien", "other"),
        (17, "other"),
    ],
)
def test_value_tables_ignore_case_and_have_an_otherwise(tmp_path: Path, value: Any, expected: str | None) -> None:
    stream = with_fields(tmp_path, TABLE + ", otherwise: other}")
    assert read(stream, {"Type": value}) == {"client_type": expected}


@pytest.mark.parametrize(("value", "near"), [("Prospct", "did you mean `Prospect`?"), ("Alien", "Big Customer")])
def test_an_unknown_value_is_told_with_the_nearest_known(tmp_path: Path, value: str, near: str) -> None:
    data, (issue,) = problems(with_fields(tmp_path, TABLE + "}"), {"Type": value})
    assert data == {}
    assert issue.field == "Type"
    assert issue.value_excerpt == value
    assert "does not know" in issue.problem
    assert near in issue.remedy


def test_an_enumeration_without_a_table_takes_the_canonical_words(tmp_path: Path) -> None:
    stream = with_fields(tmp_path, "sentiment: hs_csm_sentiment")
    assert read(stream, {"hs_csm_sentiment": "positive"}) == {"sentiment": "positive"}
    assert read(stream, {"hs_csm_sentiment": "Negative"}) == {"sentiment": "negative"}
    assert problems(stream, {"hs_csm_sentiment": "so-so"})[0] == {}


def test_a_table_for_text_leaves_other_texts_alone(tmp_path: Path) -> None:
    stream = with_fields(tmp_path, "industry: {from: I, values: {ACCOUNTING: Accounting}}")
    assert read(stream, {"I": "ACCOUNTING"}) == {"industry": "Accounting"}
    assert read(stream, {"I": "Mining"}) == {"industry": "Mining"}


def test_a_default_fills_what_is_empty_or_missing(tmp_path: Path) -> None:
    stream = with_fields(tmp_path, "tier: {from: Tier, default: C}")
    assert read(stream, {}) == {"tier": "C"}
    assert read(stream, {"Tier": None}) == {"tier": "C"}
    assert read(stream, {"Tier": "A"}) == {"tier": "A"}


@pytest.mark.parametrize(
    ("declared", "raw", "data"),
    [
        ("domain: Website", {"Website": "https://www.Hill.example/x"}, {"domain": "hill.example"}),
        ("domain: Website", {"Website": "www.hill.example"}, {"domain": "hill.example"}),
        ("website: Website", {"Website": "www.hill.example"}, {"website": "https://www.hill.example"}),
        ("website: Website", {"Website": "http://hill.example/ä"}, {"website": "http://hill.example/ä"}),
        ("number_of_employees: N", {"N": "1,200"}, {"number_of_employees": 1200}),
        ("number_of_employees: N", {"N": 12.0}, {"number_of_employees": 12}),
        ("client_since: D", {"D": "2019-04-01"}, {"client_since": "2019-04-01"}),
        ("client_since: {from: D, as: epoch_s}", {"D": 1554076800}, {"client_since": "2019-04-01"}),
        ("created_at: D", {"D": "2019-04-01T08:00:00.000+0000"}, {"created_at": "2019-04-01T08:00:00Z"}),
        ("created_at: D", {"D": "2019-04-01T08:00:00.120Z"}, {"created_at": "2019-04-01T08:00:00.120000Z"}),
        ("created_at: {from: D, as: epoch_s}", {"D": 1554105600}, {"created_at": "2019-04-01T08:00:00Z"}),
        ("created_at: {from: D, as: epoch_ms}", {"D": "1554105600000"}, {"created_at": "2019-04-01T08:00:00Z"}),
        ("is_delinquent: F", {"F": "yes"}, {"is_delinquent": True}),
        ("is_delinquent: {from: F, as: negated}", {"F": True}, {"is_delinquent": False}),
        ("currency: C", {"C": "gbp"}, {"currency": "GBP"}),
        ("tags: T", {"T": "vip; audit;vip"}, {"tags": ["vip", "audit"]}),
        ("tags: T", {"T": ["vip", "audit"]}, {"tags": ["vip", "audit"]}),
        ("tags: T", {"T": []}, {"tags": None}),
        ("industry: {from: I, as: lower}", {"I": "LEGAL"}, {"industry": "legal"}),
        ("description: {from: D, as: excerpt}", {"D": "<p>Hello</p>"}, {"description": "Hello"}),
        ("description: D", {"D": " two\nlines \n"}, {"description": "two\nlines"}),
        ("description: D", {"D": "Zoë\n"}, {"description": "Zoë"}),
        ("source: {const: import}", {}, {"source": "import"}),
        ("language: L.0", {"L": ["en", "de"]}, {"language": "en"}),
        ("language: L.0", {"L": []}, {"language": None}),
        ("language: L.0", {"L": None}, {"language": None}),
        ("language: L.0", {}, {}),
        ("language: A.B.C", {"A": {"B": {"C": "en"}}}, {"language": "en"}),
        ("language: A.B.C", {"A": {"B": None}}, {"language": None}),
        ("language: A.B.C", {"A": None}, {"language": None}),
        ("language: A.B.C", {"A": {}}, {}),
        ("language: A.B.C", {"A": "text"}, {}),
        ("language: A.0.C", {"A": [{"C": "en"}]}, {"language": "en"}),
        ("external_ids: {hubspot: m.hs}", {"m": {"hs": "42"}}, {"external_ids": {"hubspot": "42"}}),
        (
            "external_ids: {hubspot: H, stripe: S}",
            {"H": "4", "S": 7},
            {"external_ids": {"hubspot": "4", "stripe": "7"}},
        ),
        ("external_ids: {hubspot: H, stripe: S}", {"H": "42", "S": None}, {"external_ids": {"hubspot": "42"}}),
        ("external_ids: {hubspot: H, stripe: S}", {"H": None}, {"external_ids": None}),
        ("external_ids: {hubspot: H}", {}, {}),
    ],
)
def test_the_type_of_a_field_picks_the_converter(
    tmp_path: Path, declared: str, raw: dict[str, Any], data: dict[str, Any]
) -> None:
    assert read(with_fields(tmp_path, declared), raw) == data


@pytest.mark.parametrize(
    ("declared", "raw", "problem"),
    [
        ("domain: Website", {"Website": "none"}, "no internet domain"),
        ("website: Website", {"Website": "two words"}, "no web address"),
        ("number_of_employees: N", {"N": -3}, "between 0 and"),
        ("number_of_employees: N", {"N": "many"}, "no number"),
        ("number_of_employees: N", {"N": 10**40}, "too large"),
        ("client_since: D", {"D": "2019-02-30"}, "no date"),
        ("client_since: D", {"D": "0019-04-01"}, "before 1900"),
        ("client_since: D", {"D": "3019-04-01"}, "after 2126"),
        ("created_at: D", {"D": 17}, "bare number"),
        ("is_delinquent: F", {"F": "perhaps"}, "neither yes nor no"),
        ("currency: C", {"C": "pounds"}, "ISO 4217"),
        ("tags: T", {"T": {"a": 1}}, "neither a list nor"),
        ("industry: I", {"I": {"a": 1}}, "a group of fields where text is due"),
        ("industry: I", {"I": ["a"]}, "a list where text is due"),
    ],
)
def test_a_bad_value_is_left_out_and_told(tmp_path: Path, declared: str, raw: dict[str, Any], problem: str) -> None:
    data, (issue,) = problems(with_fields(tmp_path, declared), raw)
    assert data == {}
    assert problem in issue.problem
    assert issue.field == next(iter(raw))
    assert issue.remedy


def test_a_text_of_megabytes_is_cut_and_told(tmp_path: Path) -> None:
    for name in ("industry", "description"):
        data, (issue,) = problems(with_fields(tmp_path, f"{name}: D"), {"D": "x" * 5_000_000})
        assert len(data[name]) == 1_000_000
        assert "cut" in issue.problem
        assert len(issue.value_excerpt) == 40


REVENUE = "annual_revenue: {from: Revenue, currency: Currency}"


@pytest.mark.parametrize(
    ("raw", "amount", "code"),
    [
        ({"Revenue": 12.3, "Currency": "GBP"}, "12.30", "GBP"),
        ({"Revenue": 12.0, "Currency": "gbp"}, "12.00", "GBP"),
        ({"Revenue": 1250000, "Currency": "EUR"}, "1250000.00", "EUR"),
        ({"Revenue": "£1,250.5", "Currency": "GBP"}, "1250.50", "GBP"),
        ({"Revenue": 0, "Currency": "GBP"}, "0.00", "GBP"),
        ({"Revenue": 0.001, "Currency": "GBP"}, "0.001", "GBP"),
        ({"Revenue": -5.5, "Currency": "GBP"}, "-5.50", "GBP"),
        ({"Revenue": 1200.0, "Currency": "JPY"}, "1200", "JPY"),
        ({"Revenue": 12.3}, "12.30", "USD"),
        ({"Revenue": 12.3, "Currency": None}, "12.30", "USD"),
        ({"Revenue": 12.3, "Currency": ""}, "12.30", "USD"),
    ],
)
def test_amounts_take_their_currency_from_the_record_or_the_firm(
    tmp_path: Path, raw: dict[str, Any], amount: str, code: str
) -> None:
    stream = with_fields(tmp_path, REVENUE, currency="USD")
    assert read(stream, raw) == {"annual_revenue": {"amount": amount, "currency": code}}


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"Revenue": 12.3}, "without a known currency"),
        ({"Revenue": 12.3, "Currency": "pounds"}, "without a known currency"),
        ({"Revenue": 12.3, "Currency": ["GBP"]}, "without a known currency"),
        ({"Revenue": "much", "Currency": "GBP"}, "no number"),
        ({"Revenue": float("nan"), "Currency": "GBP"}, "too large"),
    ],
)
def test_an_amount_without_currency_is_left_out_and_told(tmp_path: Path, raw: dict[str, Any], problem: str) -> None:
    data, (issue,) = problems(with_fields(tmp_path, REVENUE), raw)
    assert data == {}
    assert problem in issue.problem


@pytest.mark.parametrize("raw", [{"Revenue": None, "Currency": "pounds"}, {"Revenue": "", "Currency": "pounds"}])
def test_no_amount_needs_no_currency(tmp_path: Path, raw: dict[str, Any]) -> None:
    assert read(with_fields(tmp_path, REVENUE), raw) == {"annual_revenue": None}


def test_a_currency_may_be_fixed_for_a_field_or_a_file(tmp_path: Path) -> None:
    fixed = with_fields(tmp_path, "annual_revenue: {from: R, currency: {const: EUR}}")
    assert read(fixed, {"R": 1}) == {"annual_revenue": {"amount": "1.00", "currency": "EUR"}}
    for_all = with_fields(tmp_path, "annual_revenue: R\nbalance: B", top="currency: {const: CHF}\n")
    assert read(for_all, {"R": 1, "B": 2.5}) == {
        "annual_revenue": {"amount": "1.00", "currency": "CHF"},
        "balance": {"amount": "2.50", "currency": "CHF"},
    }


def test_smallest_units(tmp_path: Path) -> None:
    stream = with_fields(tmp_path, "balance: {from: B, as: minor_units, currency: C}")
    assert read(stream, {"B": 1230, "C": "gbp"}) == {"balance": {"amount": "12.30", "currency": "GBP"}}
    assert read(stream, {"B": 1230, "C": "jpy"}) == {"balance": {"amount": "1230", "currency": "JPY"}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("42", "crm/User/42"),
        (42, "crm/User/42"),
        (" 42 ", "crm/User/42"),
        ("us_1-2", "crm/User/us_1-2"),
        ({"id": "42"}, "crm/User/42"),
        ("", None),
        (None, None),
    ],
)
def test_references_become_source_ids_of_the_connection(tmp_path: Path, value: Any, expected: str | None) -> None:
    assert read(with_fields(tmp_path, "owner_id: {from: Owner, ref: user}"), {"Owner": value}) == {"owner_id": expected}


def test_references_of_salesforce_have_eighteen_characters(tmp_path: Path) -> None:
    stream = with_fields(tmp_path, "owner_id: {from: Owner, ref: user}", top="ids: salesforce\n")
    assert read(stream, {"Owner": "0055g00000AbCdE"}) == {"owner_id": "crm/User/0055g00000AbCdEAAV"}
    assert read(stream, {"Owner": "0055g00000AbCdEAAV"}) == {"owner_id": "crm/User/0055g00000AbCdEAAV"}
    assert "no Salesforce id" in problems(stream, {"Owner": "42"})[1][0].problem


BY_PREFIX = """
account_manager_id: {from: Who, ref: {prefix: {"005": user, "001": client}}}
parent_client_id: [{from: What, ref: {prefix: {001: client}}}, {from: Parent, ref: client}]
"""


@pytest.mark.parametrize(
    ("raw", "data"),
    [
        ({"Who": "005x"}, {"account_manager_id": "crm/User/005x"}),
        ({"Who": "001x"}, {"account_manager_id": "crm/Account/001x"}),
        ({"Who": "006x"}, {"account_manager_id": None}),
        ({"What": "001x"}, {"parent_client_id": "crm/Account/001x"}),
        ({"Parent": "1"}, {"parent_client_id": "crm/Account/1"}),
    ],
)
def test_the_beginning_of_an_id_tells_what_it_points_at(
    tmp_path: Path, raw: dict[str, Any], data: dict[str, Any]
) -> None:
    assert read(with_fields(tmp_path, BY_PREFIX), raw) == data


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["1", "2", "1"], ["crm/User/1", "crm/User/2"]),
        ("1;2", ["crm/User/1", "crm/User/2"]),
        ([], None),
        ([None, ""], None),
        (7, ["crm/User/7"]),
    ],
)
def test_lists_of_references(tmp_path: Path, value: Any, expected: list[str] | None) -> None:
    assert read(with_fields(tmp_path, "team_ids: {from: Team, ref: user}"), {"Team": value}) == {"team_ids": expected}


def test_a_record_without_what_it_needs_is_refused(tmp_path: Path) -> None:
    stream = load(tmp_path, "connector: c\nid: Id\nclient: {stream: A, fields: {name: N, emails: E}}\n").streams["A"]
    for raw in ({"Id": "1"}, {"N": ""}, {"N": None, "E": None}, {"E": "nobody"}):
        with pytest.raises(RejectedError, match="a client without name or emails cannot stand") as refused:
            stream.normalise(raw, [])
        assert "fill name or emails" in refused.value.remedy
        assert refused.value.facts["missing"] == "name or emails"
    assert stream.normalise({"E": "a@hill.example"}, [])


def test_further_required_fields_are_the_admins_choice(tmp_path: Path) -> None:
    text = "connector: c\nid: Id\nclient: {stream: A, required: [domain], fields: {name: N, domain: W}}\n"
    stream = load(tmp_path, text).streams["A"]
    with pytest.raises(RejectedError, match="without domain"):
        stream.normalise({"N": "Hill", "W": "none"}, [])
    assert stream.normalise({"N": "Hill", "W": "hill.example"}, [])


def test_zero_and_no_are_values_that_fulfil_a_requirement(tmp_path: Path) -> None:
    text = """
    connector: c
    id: Id
    client:
      stream: A
      required: [number_of_employees, is_delinquent]
      fields: {name: N, number_of_employees: E, is_delinquent: D}
    """
    ((_, data),) = load(tmp_path, text).streams["A"].normalise({"N": "Hill", "E": 0, "D": False}, [])
    assert data == {"name": "Hill", "number_of_employees": 0, "is_delinquent": False}


CUSTOM = """
connector: crm
id: Id
client:
  stream: Account
  fields: {name: Name}
  custom_fields: [Segment, "*__c"]
"""


@pytest.mark.parametrize(
    ("raw", "custom"),
    [
        ({"Segment": " A "}, {"Segment": "A"}),
        ({"Segment": None}, {"Segment": None}),
        ({"Segment": ""}, {"Segment": None}),
        ({"Score__c": 7, "Other": 8}, {"Score__c": 7}),
        ({"Flag__c": False, "Deep__c": {"a": [1, " x "]}}, {"Flag__c": False, "Deep__c": {"a": [1, "x"]}}),
        ({"Segment": "A", "Score__c": 1.5}, {"Segment": "A", "Score__c": 1.5}),
        ({"Other": 1}, None),
    ],
)
def test_custom_fields_by_name_and_by_pattern(
    tmp_path: Path, raw: dict[str, Any], custom: dict[str, Any] | None
) -> None:
    stream = load(tmp_path, CUSTOM).streams["Account"]
    ((_, data),) = stream.normalise({"Name": "Hill", **raw}, [])
    assert data.get("custom_fields") == custom
    assert stream.fields == ("Id", "Name", "Segment")


def test_custom_values_no_store_can_keep_are_told(tmp_path: Path) -> None:
    issues: list[Any] = []
    ((_, data),) = (
        load(tmp_path, CUSTOM)
        .streams["Account"]
        .normalise({"Name": "Hill", "Segment": float("nan"), "Big__c": 2**80, "Fine__c": 1}, issues)
    )
    assert data["custom_fields"] == {"Fine__c": 1}
    assert [issue.field for issue in issues] == ["Segment", "Big__c"]
