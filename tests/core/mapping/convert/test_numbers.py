"""Numbers and flags, from JSON and from spreadsheets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mapping.convert.numbers import NumberReader, flag, negated
from core.mapping.issues import BadValueError

READ = NumberReader()
COMMA = NumberReader(decimal_comma=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (12, 12),
        (-12, -12),
        (1.5, 1.5),
        ("12", 12),
        ("+12", 12),
        ("-12.50", -12.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1,234", 1234),
        ("1,234,567.89", 1234567.89),
        ("£1,234.50", 1234.5),
        ("$ 99", 99),
        ("GBP 99", 99),
        ("99 EUR", 99),
        ("(1,200)", -1200),
        ("45%", 45),
        ("1 234", 1234),
        ("1\u00a0234.5", 1234.5),
        ("1'234.5", 1234.5),
        ("", None),
        ("  ", None),
    ],
)
def test_numbers(value: Any, expected: float | None) -> None:
    found = READ.number(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.234,50", 1234.5),
        ("0,5", 0.5),
        ("12", 12),
        ("1.234.567", 1234567),
        ("€ 7,00", 7.0),
        (1.5, 1.5),
        ("(3,5)", -3.5),
    ],
)
def test_numbers_with_a_decimal_comma(value: Any, expected: float) -> None:
    assert COMMA.number(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "many",
        "1.2.3",
        "1,23",
        "12a",
        "--5",
        "NaN",
        "Infinity",
        "1e400",
        "1e999999",
        "0x10",
        "½",
        "\uff11\uff12",
        True,
        [1],
        {},
        10**30,
        float("nan"),
        float("inf"),
        "9" * 40,
    ],
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError) as bad:
        READ.number(value)
    assert bad.value.remedy


@pytest.mark.parametrize(
    ("value", "expected"),
    [(30, 30), (30.0, 30), ("30.0", 30), ("1,200", 1200), (-4, -4), (10**15, 10**15), ("", None)],
)
def test_whole_numbers(value: Any, expected: int | None) -> None:
    found = READ.whole(value)
    assert found == expected
    assert found is None or type(found) is int


@pytest.mark.parametrize("value", [1.5, "1.5", 10**16, -(10**16), "x"])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        READ.whole(value)


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (5, 5), ("12", 12), (12.0, 12), (10**12, 10**12), ("", None)])
def test_counts(value: Any, expected: int | None) -> None:
    assert READ.count(value) == expected


@pytest.mark.parametrize("value", [-1, "-3", 0.5, 10**12 + 1, True])
def test_negative_head_counts_and_the_like_are_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        READ.count(value)


@pytest.mark.parametrize(("value", "expected"), [(50, 50), ("50%", 50), (12.5, 12.5), (-20, -20), ("", None)])
def test_percentages(value: Any, expected: float | None) -> None:
    assert READ.percent(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, 50), ("0.25", 25), (1, 100), (0, 0), (0.1, 10), (0.333, 33.3), (1 / 3, 33.333333), ("", None)],
)
def test_fractions_become_percentages(value: Any, expected: float | None) -> None:
    assert READ.fraction(value) == expected


@pytest.mark.parametrize("value", [1001, -1001, "5000%"])
def test_absurd_percentages_are_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        READ.percent(value)


@pytest.mark.parametrize(("value", "expected"), [(1500, 1.5), ("900000", 900), (0, 0), ("", None)])
def test_milliseconds_become_seconds(value: Any, expected: float | None) -> None:
    assert READ.milliseconds(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(30, 1800), ("1.5", 90), (0, 0), ("", None)])
def test_minutes_become_seconds(value: Any, expected: float | None) -> None:
    assert READ.minutes(value) == expected


@pytest.mark.parametrize("value", [True, 1, 1.0, "true", "TRUE", "True", " yes ", "Y", "1", "on", "ja", "oui", "t"])
def test_the_words_for_yes(value: Any) -> None:
    assert flag(value) is True
    assert negated(value) is False


@pytest.mark.parametrize("value", [False, 0, 0.0, "false", "FALSE", "no", " N", "0", "off", "nein", "non", "f"])
def test_the_words_for_no(value: Any) -> None:
    assert flag(value) is False
    assert negated(value) is True


@pytest.mark.parametrize("value", ["", "   "])
def test_a_blank_is_neither(value: str) -> None:
    assert flag(value) is None
    assert negated(value) is None


@pytest.mark.parametrize("value", ["perhaps", 2, -1, 0.5, [], {}, "truee"])
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError, match="neither yes nor no"):
        flag(value)


@given(st.integers(-(10**15), 10**15))
def test_any_whole_number_reads_alike_as_number_and_as_text(value: int) -> None:
    assert READ.whole(value) == READ.whole(str(value)) == READ.whole(f"{value:,}") == value


@given(st.floats(-1e12, 1e12))
def test_any_number_reads_back_from_its_own_spelling(value: float) -> None:
    assert READ.number(repr(value)) == value


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(value: str) -> None:
    try:
        found = READ.number(value)
    except BadValueError:
        return
    assert found is None or abs(found) < 1e300
