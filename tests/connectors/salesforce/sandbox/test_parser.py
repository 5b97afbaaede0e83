"""SOQL text to tokens and trees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.soql.parser import parse
from connectors.salesforce.sandbox.soql.syntax import Aggregate, AllFields, Both, Comparison, Not, Path, Query
from connectors.salesforce.sandbox.soql.tokens import located, tokenize, unescape
from connectors.salesforce.soql import quoted


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", ["end"]),
        ("SELECT", ["word", "end"]),
        ("a.b.c", ["word", "end"]),
        ("'x'", ["string", "end"]),
        (r"'it\'s'", ["string", "end"]),
        ("''", ["string", "end"]),
        ("12 -3 +4 1.5 2e3", ["number"] * 5 + ["end"]),
        ("2026-06-30", ["date", "end"]),
        ("2026-06-30T09:00:00Z", ["datetime", "end"]),
        ("2026-06-30T09:00:00.000+0000", ["datetime", "end"]),
        ("2026-06-30T09:00:00-05:30", ["datetime", "end"]),
        ("LAST_N_DAYS:30", ["word", "end"]),
        ("<= >= <> != = < > ( ) ,", ["sign"] * 10 + ["end"]),
        ("Name='x'", ["word", "sign", "string", "end"]),
        ("IN('a','b')", ["word", "sign", "string", "sign", "string", "sign", "end"]),
        ("  \n\t x  ", ["word", "end"]),
    ],
)
def test_the_kinds_of_tokens(text: str, kinds: list[str]) -> None:
    assert [token.kind for token in tokenize(text)] == kinds


def test_tokens_know_their_place() -> None:
    assert [(token.text, token.at) for token in tokenize("SELECT Id\n  FROM X")] == [
        ("SELECT", 0),
        ("Id", 7),
        ("FROM", 12),
        ("X", 17),
        ("<EOF>", 18),
    ]


@pytest.mark.parametrize("text", ["#", "a ; b", "'open", '"x"', "a & b", "{x}", "a[1]"])
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(Refusal, match="MALFORMED_QUERY"):
        tokenize(text)


@pytest.mark.parametrize(
    ("quoted_text", "value"),
    [
        ("'x'", "x"),
        (r"'it\'s'", "it's"),
        (r"'a\\b'", "a\\b"),
        (r"'a\nb\tc\rd'", "a\nb\tc\rd"),
        (r"'\b\f'", "\b\f"),
        (r"'\u00e9'", "é"),
        (r"'\"x\"'", '"x"'),
        (r"'100\%'", "100%"),
        ("''", ""),
    ],
)
def test_escapes(quoted_text: str, value: str) -> None:
    assert unescape(quoted_text) == value


@pytest.mark.parametrize(("quoted_text", "pattern"), [(r"'100\%'", r"100\%"), (r"'a\_b'", r"a\_b"), ("'a%'", "a%")])
def test_escaped_wildcards_stay_escaped_for_like(quoted_text: str, pattern: str) -> None:
    assert unescape(quoted_text, for_like=True) == pattern


def outcome_of(soql: str) -> str:
    """Return ``parsed``, or the code of the refusal."""
    try:
        parse(soql)
    except Refusal as refusal:
        return refusal.code
    return "parsed"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_what_the_connector_quotes_the_vendor_reads_back(value: str) -> None:
    tokens = tokenize(quoted(value))
    assert [token.kind for token in tokens] == ["string", "end"]
    assert unescape(tokens[0].text) == value


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    assert outcome_of(text) in {"parsed", "MALFORMED_QUERY"}


WORDS = [
    "SELECT",
    "Id",
    "FROM",
    "Account",
    "WHERE",
    "Name",
    "=",
    "'x'",
    "AND",
    "OR",
    "NOT",
    "(",
    ")",
    "IN",
    ",",
    "LIKE",
    "null",
    "ORDER",
    "BY",
    "LIMIT",
    "5",
    "COUNT",
    "GROUP",
    "2026-01-01",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_any_row_of_words_is_parsed_or_refused(words: list[str]) -> None:
    assert outcome_of(" ".join(words)) in {"parsed", "MALFORMED_QUERY"}


def test_a_whole_query() -> None:
    query = parse(
        "SELECT Id, Owner.Name FROM Account a WHERE Name = 'x' GROUP BY Id "
        "ORDER BY Name DESC NULLS LAST, Id LIMIT 5 OFFSET 2"
    )
    assert (query.source, query.alias, query.limit, query.offset) == ("Account", "a", 5, 2)
    assert [item.parts for item in query.select if isinstance(item, Path)] == [("Id",), ("Owner", "Name")]
    assert [(term.path.parts, term.descending, term.nulls_last) for term in query.order_by] == [
        (("Name",), True, True),
        (("Id",), False, False),
    ]
    assert [path.parts for path in query.group_by] == [("Id",)]


def test_the_smallest_query() -> None:
    query = parse("SELECT Id FROM Account")
    assert (query.alias, query.where, query.group_by, query.order_by, query.limit, query.offset, query.all_rows) == (
        None,
        None,
        (),
        (),
        None,
        0,
        False,
    )
    assert not query.is_aggregate
    assert not query.is_bare_count


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("COUNT()", Aggregate("COUNT", None)),
        ("COUNT(Id) n", Aggregate("COUNT", Path(("Id",), 13), "n")),
        ("sum(Amount)", Aggregate("SUM", Path(("Amount",), 11))),
        ("COUNT_DISTINCT(A.B)", Aggregate("COUNT_DISTINCT", Path(("A", "B"), 22))),
        ("FIELDS(ALL)", AllFields("ALL")),
        ("fields(custom)", AllFields("CUSTOM")),
        ("Name n", Path(("Name",), 7, "n")),
    ],
)
def test_what_can_be_selected(item: str, expected: object) -> None:
    assert parse(f"SELECT {item} FROM Account").select == (expected,)


def test_a_query_within_the_selection() -> None:
    inner = parse("SELECT Id, (SELECT LastName FROM Contacts WHERE Email != null LIMIT 3) FROM Account").select[1]
    assert isinstance(inner, Query)
    assert (inner.source, inner.limit) == ("Contacts", 3)
    assert isinstance(inner.where, Comparison)


@pytest.mark.parametrize(
    ("where", "shape"),
    [
        ("A = 1", "A="),
        ("A <> 1", "A!="),
        ("NOT A = 1", "not(A=)"),
        ("A = 1 AND B = 2", "AND(A=,B=)"),
        ("A = 1 AND B = 2 AND C = 3", "AND(A=,B=,C=)"),
        ("A = 1 OR B = 2 OR C = 3", "OR(A=,B=,C=)"),
        ("A = 1 AND (B = 2 OR C = 3)", "AND(A=,OR(B=,C=))"),
        ("(A = 1 AND B = 2) OR NOT C = 3", "OR(AND(A=,B=),not(C=))"),
        ("NOT (A = 1 AND NOT B = 2)", "not(AND(A=,not(B=)))"),
        ("((A = 1))", "A="),
        ("A LIKE 'x'", "ALIKE"),
        ("A like 'x'", "ALIKE"),
        ("A IN (1, 2)", "AIN"),
        ("A not in (1)", "ANOT IN"),
        ("A INCLUDES ('a;b')", "AINCLUDES"),
        ("A EXCLUDES ('a')", "AEXCLUDES"),
        ("A IN (SELECT Id FROM X)", "AIN"),
    ],
)
def test_how_conditions_hang_together(where: str, shape: str) -> None:
    def drawn(node: object) -> str:
        if isinstance(node, Not):
            return f"not({drawn(node.term)})"
        if isinstance(node, Both):
            return f"{node.word}({','.join(map(drawn, node.terms))})"
        assert isinstance(node, Comparison)
        return ".".join(node.path.parts) + node.operator

    assert drawn(parse(f"SELECT Id FROM Account WHERE {where}").where) == shape


@pytest.mark.parametrize(
    ("text", "at", "lines"),
    [
        ("abc", 0, ["", "abc", "^", "ERROR at Row:1:Column:1", "m"]),
        ("abc", 2, ["", "abc", "  ^", "ERROR at Row:1:Column:3", "m"]),
        ("ab\ncd", 4, ["", "cd", " ^", "ERROR at Row:2:Column:2", "m"]),
        ("ab\ncd\n", 6, ["", "", "^", "ERROR at Row:3:Column:1", "m"]),
    ],
)
def test_places_are_shown(text: str, at: int, lines: list[str]) -> None:
    assert located(text, at, "m").split("\n") == lines
