"""Whatever a vendor sends, a mapping yields valid canonical data, an issue or a refusal, and never anything else."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RejectedError
from core.mapping import Issue, Mapping, StreamMapping, bundled
from core.mapping.rules import Path
from core.model import RECORD_TYPES

MAPPINGS = {name: Mapping.load(name, "crm", currency="GBP", region="GB") for name in bundled()}
STREAMS = [(name, stream) for name, mapping in MAPPINGS.items() for stream in mapping.streams]

TEXTS: list[Any] = [
    "",
    " ",
    "x",
    "  padded  ",
    "0",
    "1",
    "true",
    "FALSE",
    "12.5",
    "-3",
    "1,234.50",
    "1.234,50",
    "(12)",
    "£7",
    "1e5",
    "1e400",
    "NaN",
    "2026-06-30",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2024-W41-6",
    "20240630",
    "2026-06-30T09:00:00Z",
    "2026-06-30T09:00:00.123Z",
    "2026-06-30T09:00:00.000+0000",
    "2026-06-30T09:00:00+02:00",
    "2026-06-30T25:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "1767225600000",
    "30/06/2026",
    "30/06/2026 14:05",
    "06/30/2026",
    "someone@example.com",
    "Some One <some.one@example.com>",
    "a@b@c",
    "a@b.example;c@d.example",
    "https://www.example.com/a b",
    "www.example.com",
    "http://",
    "ftp://x.example",
    "+44 20 7946 0000",
    "020 7946 0000",
    "+1",
    "GB",
    "United Kingdom",
    "Atlantis",
    "GBP",
    "gbp",
    "XYZ",
    "0015g00000AbCdE",
    "0015g00000AbCdEAAV",
    "005000000000000187",
    "Customer",
    "customer",
    "open",
    "paid",
    "a;b;;a",
    "a/b",
    "\x00",
    "\ud800",
    "é\u202e",
    "line\nline",
    "=1+1",
    "x" * 300,
]
FIGURES: list[Any] = [0, 1, -1, 0.1, 12.3, 250, 1e308, float("nan"), float("inf"), 10**30, 2**63]
TIMES: list[Any] = [1751270400, 1751270400.5, 1751270400000, -1, 1e-9, 99999999999999]
ODD: list[Any] = [None, None, True, False, [], {}, [None], ["a", "a", ""], [1, [2]], {"id": "x"}, {"id": {}}, [[]]]
POOL: list[Any] = [*TEXTS, *FIGURES, *TIMES, *ODD]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.sampled_from(TEXTS))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


def place(raw: dict[str, Any], path: Path, value: Any) -> None:
    """Put a value at a path, making groups and lists on the way; what is in the way stays."""
    node: Any = raw
    for part, following in zip(path, [*path[1:], None], strict=True):
        fresh: Any = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(part, int) and isinstance(node, list):
            if not node:
                node.append(fresh)
            node = node[0]
        elif isinstance(part, str) and isinstance(node, dict):
            node = node.setdefault(part, fresh)
        else:
            return


def paths_of(stream: StreamMapping) -> list[Path]:
    """Everything a stream's mapping looks at."""
    return list(dict.fromkeys([*stream.id_paths, *(path for one in stream.sections for path in one.paths)]))


LIKELY: list[tuple[str, list[Any]]] = [
    ("currency", ["GBP", "gbp", None]),
    ("isdirect", [False, "false"]),
    ("id", ["0015g00000AbCdEAAV", "0065g00000AbCdEAAV", "0055g00000AbCdE", "cus_123", "42"]),
    ("customer", ["cus_123"]),
    ("total", [1200, 99, "1200"]),
    ("amount", [1200, 99.5, "1200"]),
    ("status", ["Completed", "open", "paid", "COMPLETED"]),
    ("subtype", ["Task", "Call", "Email", None]),
    ("date", ["2026-06-30", "2026-06-30T09:00:00Z", "30/06/2026"]),
    ("name", ["Ada Lovelace Ltd"]),
]
"""What a vendor would send in fields whose names hold these words."""


def made_up(stream: StreamMapping, chance: Random) -> dict[str, Any]:
    """A record in which any of the fields a mapping reads may be missing, null or anything; half of it is likely."""
    raw: dict[str, Any] = {}
    for path in paths_of(stream):
        spelt = ".".join(str(part) for part in path).lower()
        likely = next((values for word, values in LIKELY if word in spelt), POOL)
        if chance.random() < 0.85:
            place(raw, path, chance.choice(likely if chance.random() < 0.6 else POOL))
    return raw


@st.composite
def records(draw: st.DrawFn, stream: StreamMapping) -> dict[str, Any]:
    """Like ``made_up``, with values that hypothesis thinks of."""
    raw: dict[str, Any] = {}
    for path in draw(st.lists(st.sampled_from(paths_of(stream)), max_size=8)):
        place(raw, path, draw(VALUES))
    return raw


def check(stream: StreamMapping, raw: dict[str, Any]) -> int:
    """Normalise a record and check whatever comes of it; returns how many records it made."""
    issues: list[Issue] = []
    try:
        made = stream.normalise(raw, issues)
    except RejectedError as refused:
        return check_refusal(refused)
    for record_type, canonical in made:
        record = RECORD_TYPES[record_type].model_validate_json(orjson.dumps(canonical))
        assert record.model_fields_set == set(canonical)
    assert all(issue.problem and issue.remedy and len(issue.value_excerpt) <= 40 for issue in issues)
    return len(made)


def check_refusal(refused: RejectedError) -> int:
    """A refusal says what and what to do."""
    assert refused.what
    assert refused.remedy
    return 0


@pytest.mark.parametrize(("name", "stream"), STREAMS)
def test_whatever_comes_in_what_goes_out_fits_the_model(name: str, stream: str) -> None:
    mapped, chance = MAPPINGS[name].streams[stream], Random(f"{name}/{stream}")
    made = sum(check(mapped, made_up(mapped, chance)) for _ in range(150))
    assert made > 5, "hardly any record passed: the pool holds nothing this mapping can read"


@pytest.mark.parametrize(
    ("name", "stream"),
    [("salesforce", "Account"), ("hubspot", "deals"), ("stripe", "invoices"), ("csv-hubspot-export", "companies.csv")],
)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_that_hypothesis_thinks_of_breaks_a_mapping(name: str, stream: str, data: st.DataObject) -> None:
    mapped = MAPPINGS[name].streams[stream]
    check(mapped, data.draw(records(mapped)))


@pytest.mark.parametrize(("name", "stream"), STREAMS)
def test_the_same_record_is_always_normalised_alike(name: str, stream: str) -> None:
    mapped, chance = MAPPINGS[name].streams[stream], Random(f"again {name}/{stream}")
    for raw in [made_up(mapped, chance) for _ in range(20)]:
        assert outcome(mapped, raw) == outcome(mapped, raw)


def test_two_compilations_of_one_mapping_agree() -> None:
    again, chance = Mapping.load("salesforce", "crm", currency="GBP", region="GB"), Random(3)
    assert again.hash == MAPPINGS["salesforce"].hash
    for stream, mapped in again.streams.items():
        assert mapped.fields == MAPPINGS["salesforce"].streams[stream].fields
        for raw in [made_up(mapped, chance) for _ in range(10)]:
            assert outcome(mapped, raw) == outcome(MAPPINGS["salesforce"].streams[stream], raw)


@pytest.mark.parametrize(("name", "stream"), STREAMS)
def test_ids_and_stamps_are_texts_or_said_to_be_missing(name: str, stream: str) -> None:
    mapped, chance = MAPPINGS[name].streams[stream], Random(f"ids {name}/{stream}")
    found = refused = 0
    for raw in [made_up(mapped, chance) for _ in range(60)]:
        stamp = mapped.stamp(raw)
        assert stamp is None or stamp.endswith("Z")
        try:
            found += bool(mapped.external_id(raw).strip())
        except RejectedError as problem:
            refused += bool(problem.remedy)
    assert found + refused == 60
    assert found


def outcome(mapped: StreamMapping, raw: dict[str, Any]) -> object:
    """What normalising yields, comparably."""
    issues: list[Issue] = []
    try:
        return repr((mapped.normalise(raw, issues), issues))
    except RejectedError as refused:
        return str(refused)


@pytest.mark.parametrize("raw", [None, 7, "text", [], [{}]])
def test_what_is_no_record_is_refused(raw: Any) -> None:
    with pytest.raises(RejectedError, match="not a record"):
        MAPPINGS["salesforce"].streams["Account"].normalise(raw, [])
