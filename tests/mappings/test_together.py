"""Many records written side by side become what each becomes alone, whatever their neighbours are."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RejectedError
from core.mapping import Issue, StreamMapping
from core.mapping.columns import FEW
from core.store.raw import encode
from tests.core.mapping.made import with_fields
from tests.mappings.test_any_input import MAPPINGS, STREAMS, TEXTS, made_up, records
from tests.mappings.test_written import by_groups, speakable

ACCOUNT = MAPPINGS["salesforce"].streams["Account"]
HILL = {"Id": "0015g00000AbCdEAAV", "Name": "Hill", "Type": "Customer", "Website": "www.hill.example"}


def together(stream: StreamMapping, raws: list[dict[str, Any]]) -> tuple[list[object], list[Issue]]:
    """The rows of each record, or why it is refused; and all issues."""
    issues: list[Issue] = []
    outcomes = stream.written([(raw, encode(raw)) for raw in raws], issues)
    return [str(one) if isinstance(one, RejectedError) else one for one in outcomes], issues


def one_by_one(stream: StreamMapping, raws: list[dict[str, Any]]) -> tuple[list[object], list[Issue]]:
    """The same by the rules for single records."""
    outcomes: list[object] = []
    issues: list[Issue] = []
    for raw in raws:
        found = by_groups(stream, raw)
        if isinstance(found, tuple):
            issues += found[1]
        outcomes.append(found[0] if isinstance(found, tuple) else found)
    return outcomes, issues


@pytest.mark.parametrize(("name", "stream"), STREAMS)
def test_a_crowd_becomes_what_its_members_become(name: str, stream: str) -> None:
    mapped, chance = MAPPINGS[name].streams[stream], Random(f"together {name}/{stream}")
    raws = [speakable(made_up(mapped, chance)) for _ in range(40)]
    outcomes, issues = together(mapped, raws)
    assert (outcomes, issues) == one_by_one(mapped, raws)
    assert any(isinstance(one, list) for one in outcomes)


@pytest.mark.parametrize(
    ("name", "stream"),
    [("salesforce", "Account"), ("salesforce", "Event"), ("hubspot", "deals"), ("stripe", "invoices")],
)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_hypothesis_puts_side_by_side_is_written_alike(name: str, stream: str, data: st.DataObject) -> None:
    mapped = MAPPINGS[name].streams[stream]
    raws = [one if chance else speakable(one) for one, chance in data.draw(
        st.lists(st.tuples(records(mapped), st.booleans()), min_size=1, max_size=9))]  # fmt: skip
    sayable = [raw for raw in raws if unicode_holds(raw)]
    assert together(mapped, sayable) == one_by_one(mapped, sayable)


def unicode_holds(raw: dict[str, Any]) -> bool:
    """Whether dumping what the record becomes can be done at all."""
    try:
        orjson.dumps(raw)
    except TypeError:
        return False
    return True


@pytest.mark.parametrize("odd", [*TEXTS, 7, 0.5, True, None, [], ["a", "b"], {}, {"a": 1}])
def test_one_odd_value_changes_nothing_for_its_neighbours(odd: Any) -> None:
    fields = (
        "Name",
        "Type",
        "Website",
        "Phone",
        "BillingCountry",
        "AnnualRevenue",
        "CreatedDate",
        "OwnerId",
        "NumberOfEmployees",
    )
    crowd = [{**HILL, "Id": f"0015g00000AbC{number:02}AAV", "AnnualRevenue": 5.5} for number in range(3 * FEW + 1)]
    clean, _ = together(ACCOUNT, crowd)
    for place, field in enumerate(fields):
        raws = [dict(raw) for raw in crowd]
        raws[place][field] = odd
        found = together(ACCOUNT, raws)
        assert found == one_by_one(ACCOUNT, raws)
        assert found[0][:place] + found[0][place + 1 :] == clean[:place] + clean[place + 1 :]


def test_issues_come_in_the_order_of_the_records_and_none_of_a_refused_one() -> None:
    raws = [
        {**HILL, "CreatedDate": "one", "NumberOfEmployees": "many"},
        {**HILL, "Name": "", "CreatedDate": "two"},
        {**HILL, "CreatedDate": "three"},
    ]
    outcomes, issues = together(ACCOUNT, raws)
    assert "without name" in str(outcomes[1])
    assert [issue.value_excerpt for issue in issues if issue.field == "CreatedDate"] == ["one", "three"]
    assert issues == one_by_one(ACCOUNT, raws)[1]


def test_plain_records_and_others_keep_their_places() -> None:
    raws = [{**HILL, "Name": name} for name in ("Hill", 'The "Hill"', "Vale", "Dale\n", "", "Moor")]
    outcomes, _ = together(ACCOUNT, raws)
    assert outcomes == one_by_one(ACCOUNT, raws)[0]
    assert [orjson.loads(one[0][1])["name"] for one in outcomes if isinstance(one, list)] == [
        *("Hill", 'The "Hill"', "Vale", "Dale", "Moor")
    ]


def test_nothing_becomes_nothing() -> None:
    assert together(ACCOUNT, []) == ([], [])


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        ("tags: Tags", [["a", "b"], [], None, "a;b", ["a", "a"], [""], ["x" * 300], [1]]),
        ("created_at: At", ["2026-06-30T09:00:00Z", "2026-06-30T09:00:00.123Z", "", None, "30 June", 1767225600000]),
        ("number_of_employees: Staff", [1, 0, -1, 2.0, "12", True, None, "", 10**12]),
        ("annual_revenue: {from: Sum, currency: Code}", [1.5, 0.01, 0.001, 1e15, 7, -3.25, "7.10", None, "", 0.0]),
        (
            "phones: [{number: A}, {number: B, kind: mobile}]",
            ["+44 20 7946 0000", "+1 2 3 4 5", "+12345678901234567", "020", None, "", "+1", 5],
        ),
        ("emails: [{address: A}, {address: B, kind: other}]", ["a@b.example", "A@B.example", "a@b.cd;c@d.ef", None]),
        ("source: {from: [A, B], default: web}", ["x", "", None, " ", 5]),
        ("website: {from: A, as: url}\ndomain: {from: A, as: domain}", ["www.a.example", "https://a.example/x", ""]),
        ("currency: Code", ["GBP", "gbp", "XYZ", None, "", 5]),
    ],
)  # fmt: skip
def test_every_form_of_column_agrees_with_its_rules(tmp_path: Any, declared: str, values: list[Any]) -> None:
    mapped = with_fields(tmp_path, declared, currency="GBP", region="GB")
    chance = Random(declared)
    names = [name for name in mapped.fields if name not in {"Id", "Name"}]
    raws = [
        {
            "Id": str(row),
            "Name": f"Hill {row}",
            **{name: chance.choice(values) for name in names if chance.random() < 0.9},
        }
        for row in range(60)
    ]
    raws += [{"Id": "u", "Name": "Alike", **dict.fromkeys(names, value)} for value in values]
    assert together(mapped, raws) == one_by_one(mapped, raws)
    for value in values:
        alike = [{"Id": str(row), "Name": "Hill", **dict.fromkeys(names, value)} for row in range(3)]
        assert together(mapped, alike) == one_by_one(mapped, alike)
