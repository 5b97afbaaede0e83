"""Columns: what is known, why, and how values are written into the store and read back."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.signals.columns import Column, Kind, decode, encode, fits, is_known

LAW = settings(max_examples=40, deadline=None)  # a slow machine breaks no law


def objects(*values: Any) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), "O")
    column[:] = values
    return column


@pytest.mark.parametrize(
    ("values", "known"),
    [
        (np.array([1.0, np.nan, 0.0]), [True, False, True]),
        (np.array(["2026-06-15", "NaT"], "M8[D]"), [True, False]),
        (np.array(["2026-06-15T07:30:00", "NaT"], "M8[s]"), [True, False]),
        (objects("Good", None, ""), [True, False, True]),
        (objects(False, None, True), [True, False, True]),
        (np.array([True, False]), [True, True]),
        (np.array([0, 7]), [True, True]),
        (np.array([]), []),
    ],
)
def test_known_is_where_there_is_a_value(values: np.ndarray[Any, Any], known: list[bool]) -> None:
    assert is_known(values).tolist() == known
    assert Column(values).known.tolist() == known


@pytest.mark.parametrize(
    ("values", "digits", "texts"),
    [
        (np.array([82.0, 82.5, -0.125, np.nan]), 2, ["82", "82.5", "-0.12", "null"]),
        (np.array([81.6, 0.4]), 0, ["82", "0"]),
        (np.array([1e6, 1234567.891]), 2, ["1000000", "1234567.89"]),
        (np.array([3, 4]), 2, ["3", "4"]),
        (np.array([True, False]), 2, ["true", "false"]),
        (objects(True, False, None), 2, ["true", "false", "null"]),
        (objects("At Risk", "", None), 2, ['"At Risk"', '""', "null"]),
        (objects('Müller "&" Söhne\n'), 2, ['"Müller \\"&\\" Söhne\\n"']),
        (np.array(["2026-06-15", "NaT"], "M8[D]"), 2, ['"2026-06-15"', "null"]),
        (np.array(["2026-06-15T07:30:00", "NaT"], "M8[s]"), 2, ['"2026-06-15T07:30:00Z"', "null"]),
    ],
)
def test_values_are_written_as_json_scalars(values: np.ndarray[Any, Any], digits: int, texts: list[str]) -> None:
    assert encode(values, digits) == texts


def test_minus_nothing_is_nothing() -> None:
    assert encode(np.array([-0.0, -0.001]), 2) == ["0", "0"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("number", np.array([1.5, np.nan, -3.0])),
        ("text", objects("a", None, "b c")),
        ("flag", objects(True, None, False)),
        ("date", np.array(["2026-02-28", "NaT"], "M8[D]")),
        ("instant", np.array(["2026-02-28T23:59:59", "NaT"], "M8[s]")),
    ],
)
def test_what_is_stored_is_read_back(kind: Kind, values: np.ndarray[Any, Any]) -> None:
    again = decode(encode(values, 2), kind)
    assert again.dtype == values.dtype
    assert is_known(again).tolist() == is_known(values).tolist()
    assert [v for v, k in zip(again.tolist(), is_known(again), strict=True) if k] == [
        v for v, k in zip(values.tolist(), is_known(values), strict=True) if k
    ]


@pytest.mark.parametrize("kind", ["number", "text", "flag", "date", "instant"])
def test_a_subject_without_a_row_is_unknown(kind: Kind) -> None:
    assert is_known(decode([None, "null"], kind)).tolist() == [False, False]


@LAW
@given(st.lists(st.floats(-1e9, 1e9)))
def test_every_written_number_is_json_within_half_a_digit(numbers: list[float]) -> None:
    texts = encode(np.array(numbers, "f8"), 2)
    for number, text in zip(numbers, texts, strict=True):
        assert abs(orjson.loads(text) - number) <= 0.005 + abs(number) * 1e-12


@LAW
@given(st.lists(st.one_of(st.none(), st.text())))
def test_every_written_text_is_read_back(texts: list[str | None]) -> None:
    assert decode(encode(objects(*texts), 2), "text").tolist() == texts


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [("for all", "for all"), (["first", "second"], "second"), (lambda row: f"row {row}", "row 1")],
)
def test_a_reason_is_for_all_or_for_each_row(reasons: Any, expected: str) -> None:
    assert Column(np.array([1.0, 2.0]), reasons).reason(1) == expected


@pytest.mark.parametrize("kind", ["number", "text", "flag", "date", "instant"])
def test_an_unknown_column_knows_nothing_and_says_why(kind: Kind) -> None:
    column = Column.unknown(3, "nobody asked", kind)
    assert len(column) == 3
    assert not column.known.any()
    assert column.reason(2) == "nobody asked"
    assert fits(column.values, kind)


@pytest.mark.parametrize(
    ("values", "kind", "good"),
    [
        (np.array([1.0]), "number", True),
        (np.array([1]), "number", True),
        (np.array([True]), "number", False),
        (objects("x"), "number", False),
        (np.array([True]), "flag", True),
        (objects(None), "flag", True),
        (np.array([1.0]), "flag", False),
        (objects("x"), "text", True),
        (np.array(["x"]), "text", False),
        (np.array(["2026-01-01"], "M8[D]"), "date", True),
        (np.array([1.0]), "date", False),
        (np.array(["2026-01-01"], "M8[s]"), "instant", True),
    ],
)
def test_an_array_fits_its_kind_or_not(values: np.ndarray[Any, Any], kind: Kind, good: bool) -> None:
    assert fits(values, kind) is good


@LAW
@given(
    st.lists(
        st.one_of(st.floats(), st.integers(-(10**6), 10**6).map(float), st.sampled_from([1e-5, 1e15, 1e16, -0.0]))
    ),
    st.integers(0, 6),
)
def test_numbers_written_together_are_those_written_alone(numbers: list[float], digits: int) -> None:
    together = encode(np.array(numbers, "f8"), digits)
    assert together == [text for number in numbers for text in encode(np.array([number]), digits)]
    for text in together:
        assert "e" not in text or float(text) >= 1e15 or abs(float(text)) < 1e-4
        assert not text.endswith(".0")


@pytest.mark.parametrize("numbers", [[], [0.5], [2.0**60, 0.5], [0.00001, 12.0], [float("nan"), 7.0, -3.25]])
def test_no_number_changes_how_its_neighbours_are_written(numbers: list[float]) -> None:
    written = {0.5: "0.5", 2.0**60: str(2**60), 0.00001: "1e-05", 12.0: "12", 7.0: "7", -3.25: "-3.25"}
    assert encode(np.array(numbers, "f8"), 5) == [written.get(number, "null") for number in numbers]
