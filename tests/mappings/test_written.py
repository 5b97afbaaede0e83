"""JSON written at once is, byte for byte, what normalising and dumping gives; issues and refusals are the same."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.hubspot.sandbox import account_of
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF
from core.errors import RejectedError
from core.mapping import Issue, StreamMapping
from core.mapping.quick import plain_json
from core.mapping.streams import PLAIN_BYTES, is_plain
from core.store.raw import encode
from tests.connectors.salesforce.orgs import Api, open_org, small_firm
from tests.core.mapping.made import HEAD, load, normalised, read, with_fields
from tests.mappings.test_any_input import MAPPINGS, STREAMS, made_up, records

PLAIN_TEXTS = [*"aZ \u00e9\u00a0\u2028\u202e\x7f\U0001f600/'{}<>&;:,.@+-0123456789"]


def by_groups(stream: StreamMapping, raw: dict[str, Any]) -> object:
    """What the road of groups yields, dumped: rows, or why the record is refused; and the issues."""
    issues: list[Issue] = []
    try:
        made = stream.normalise(raw, issues)
        rows = [(kind, orjson.dumps(data).decode(), data.get("client_id")) for kind, data in made]
    except RejectedError as refused:
        return str(refused)
    return rows, issues


def at_once(stream: StreamMapping, raw: dict[str, Any]) -> object:
    """The same from ``written``."""
    issues: list[Issue] = []
    (outcome,) = stream.written([(raw, encode(raw))], issues)
    return str(outcome) if isinstance(outcome, RejectedError) else (outcome, issues)


def speakable(value: Any) -> Any:
    """A payload as JSON brings it, without what makes it other than plain."""
    if isinstance(value, str):
        return "".join(char for char in value if char.isprintable() and char not in '"\\')
    if isinstance(value, dict):
        return {speakable(key): speakable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [speakable(one) for one in value]
    return None if isinstance(value, int) and abs(value) >= 2**63 else value


@pytest.mark.parametrize(("name", "stream"), STREAMS)
def test_json_written_at_once_is_that_of_the_groups(name: str, stream: str) -> None:
    mapped, chance = MAPPINGS[name].streams[stream], Random(f"written {name}/{stream}")
    plain = made = 0
    for _ in range(60):
        raw = speakable(made_up(mapped, chance))
        expected = by_groups(mapped, raw)
        assert at_once(mapped, raw) == expected
        plain += is_plain(encode(raw))
        made += not isinstance(expected, str)
    assert plain == 60
    assert made > 2


@pytest.mark.parametrize(("name", "stream"), STREAMS)
def test_payloads_that_are_not_plain_are_read_alike(name: str, stream: str) -> None:
    mapped, chance = MAPPINGS[name].streams[stream], Random(f"odd {name}/{stream}")
    for raw in [made_up(mapped, chance) for _ in range(25)]:
        told = by_groups(mapped, raw) if is_plain(encode(raw)) else None
        found = at_once(mapped, raw)
        assert told is None or found == told
        assert isinstance(found, str) or all(orjson.loads(text) is not None for _, text, _ in found[0])  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("salesforce", "Account"),
        ("hubspot", "contacts"),
        ("stripe", "invoices"),
        ("csv-hubspot-export", "companies.csv"),
    ],
)
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_hypothesis_thinks_of_is_written_alike(name: str, stream: str, data: st.DataObject) -> None:
    mapped = MAPPINGS[name].streams[stream]
    raw = data.draw(records(mapped))
    for one in (raw, speakable(raw)):
        if is_plain(encode(one)):
            assert at_once(mapped, one) == by_groups(mapped, one)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=st.text(st.sampled_from(PLAIN_TEXTS), max_size=12))
def test_every_plain_text_is_written_as_it_is(text: str) -> None:
    raw = {"Id": "0015g00000AbCdEAAV", "Name": "x" + text, "Description": text, "BillingCity": text, "Region__c": text}
    mapped = MAPPINGS["salesforce"].streams["Account"]
    assert is_plain(encode(raw))
    assert at_once(mapped, raw) == by_groups(mapped, raw)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(value=st.one_of(st.floats(), st.integers(), st.floats(-1, 1), st.booleans(), st.none()))
@example(value=-0.0)
@example(value=0.0001)
@example(value=0.00009999)
@example(value=1e15)
@example(value=999999999999999.9)
@example(value=5e-324)
def test_figures_are_spelt_as_json_spells_them(value: Any) -> None:
    written = plain_json(value)
    assert written is None or written == orjson.dumps(value).decode()
    ordinary = not isinstance(value, float | int) or value == 0 or 0.0001 <= abs(value) < 1e15
    assert (written is not None) is (ordinary and not (isinstance(value, float) and math.isnan(value)))


@pytest.mark.parametrize(
    "body",
    [
        b'{"Name":"a \\"b\\""}',
        b'{"Name":"a\\\\b"}',
        b'{"Name":"a\\nb"}',
        b'{"Name":"\\u0000"}',
        b' {"Name":1}',
        b'["Name"]',
        b'{"Name":"' + b"x" * PLAIN_BYTES + b'"}',
    ],
)
def test_payloads_with_anything_to_escape_or_to_cut_are_not_plain(body: bytes) -> None:
    assert not is_plain(body)


def test_a_text_too_long_is_cut_and_told() -> None:
    raw = {"Id": "0015g00000AbCdEAAV", "Name": "Hill", "Description": "x" * 1_000_001}
    mapped, issues = MAPPINGS["salesforce"].streams["Account"], list[Issue]()
    (rows,) = mapped.written([(raw, encode(raw))], issues)
    assert not isinstance(rows, RejectedError)
    ((_, text, _),) = rows
    assert len(orjson.loads(text)["description"]) == 1_000_000
    assert [issue.field for issue in issues] == ["Description"]


def test_name_of_a_field_no_database_can_hold_is_refused(tmp_path: Path) -> None:
    text = HEAD + "client: {stream: Account, fields: {name: Name}, custom_fields: ['*__c']}\n"
    mapped = load(tmp_path, text).streams["Account"]
    raw = {"Id": "1", "Name": "Hill", "Odd\ud800__c": "x"}
    (refused,) = mapped.written([(raw, encode(raw))], [])
    assert isinstance(refused, RejectedError)
    assert "no valid Unicode" in str(refused)


def test_dots_in_the_name_of_a_custom_field_lead_to_its_value(tmp_path: Path) -> None:
    text = HEAD + "client: {stream: Account, fields: {name: Name}, custom_fields: [Address.kind, 'Odd \"name\".{x}']}\n"
    mapped = load(tmp_path, text).streams["Account"]
    assert mapped.fields == ("Id", "Name", "Address.kind", 'Odd "name".{x}')
    for fields, custom in (
        ({"Address": {"kind": "home"}}, {"Address.kind": "home"}),
        ({"Address.kind": "as it stands", "Address": {"kind": "home"}}, {"Address.kind": "as it stands"}),
        ({"Address": {"kind": None}}, {"Address.kind": None}),
        ({"Address": {}}, None),
        ({"Address": "no group"}, None),
        ({'Odd "name"': {"{x}": 7}}, {'Odd "name".{x}': 7}),
    ):
        ((_, data),) = normalised(mapped, {"Id": "1", "Name": "Hill", **fields}, [])
        assert data.get("custom_fields") == custom


def test_an_empty_list_of_tags_is_null(tmp_path: Path) -> None:
    mapped = with_fields(tmp_path, "tags: Tags\n")
    for tags, expected in (([], None), (["a", "a", "b"], ["a", "b"]), ([""], None), ("a;b", ["a", "b"])):
        assert read(mapped, {"Tags": tags}) == {"tags": expected}


def test_client_of_a_record_is_told_beside_its_json() -> None:
    raw = {"Id": "0035g00000AbCdEAAV", "LastName": "Hill", "AccountId": "0015g00000AbCdEAAV"}
    mapped = MAPPINGS["salesforce"].streams["Contact"]
    for one, client in ((raw, "crm/Account/0015g00000AbCdEAAV"), ({**raw, "AccountId": None}, None)):
        (rows,) = mapped.written([(one, encode(one))], [])
        assert not isinstance(rows, RejectedError)
        ((kind, text, found),) = rows
        assert (kind, found) == ("contact", client)
        assert orjson.loads(text)["client_id"] == client


def test_records_of_both_simulators_are_plain() -> None:
    salesforce = Api(open_org(small_firm()))
    fields = "Id, Name, Type, Website, Phone, Description, BillingStreet, BillingCity, SystemModstamp"
    accounts = salesforce.rows(f"SELECT {fields} FROM Account")
    hubspot = account_of(small_firm(), SandboxClock(AS_OF))
    companies = [dict(record.properties) for record in hubspot.shelves["companies"].live()]
    for shown in (accounts, companies):
        plain = [is_plain(encode(row)) for row in shown]
        assert plain
        assert sum(plain) > 0.8 * len(plain)
