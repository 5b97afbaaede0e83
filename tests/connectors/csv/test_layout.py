"""How a file is written is found by looking at it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.csv.layout import find_delimiter, find_encoding, find_layout, looks_like_header, unique_names
from connectors.csv.settings import FileOptions
from core.errors import ConfigError
from tests.connectors.csv.folder import records

NAMES = "id,name\n1,Müller & Söhne\n2,Café\n"
READ = [{"id": "1", "name": "Müller & Söhne"}, {"id": "2", "name": "Café"}]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "iso-8859-1", "cp1252"]
)
def test_text_is_read_in_every_encoding_exports_come_in(tmp_path: Path, encoding: str) -> None:
    if encoding.endswith("-bom"):
        content = "\ufeff".encode(encoding.removesuffix("-bom")) + NAMES.encode(encoding.removesuffix("-bom"))
    else:
        content = NAMES.encode(encoding)
    assert records(tmp_path, content) == READ


def test_typographic_signs_of_windows_are_told_from_iso_8859_1(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,price\n1,“12 €”\n".encode("cp1252"))
    assert find_encoding(path) == "cp1252"
    path.write_bytes(b"id,name\n1,\x81\xe9\n")
    assert find_encoding(path) == "iso-8859-1"


def test_a_character_split_between_two_chunks_is_still_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"x" * ((1 << 20) - 5) + "é,1\n".encode())
    assert find_encoding(path) == "utf-8"


def test_a_late_letter_outside_ascii_decides_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,name\n" + b"1,plain\n" * 200_000 + "2,Zoë\n".encode("iso-8859-1"))
    assert find_encoding(path) == "cp1252"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, line_end: str) -> None:
    lines = [["id", "name", "amount"], ["1", "Alpha", "12.5"], ["2", "Beta", "7"]]
    content = line_end.join(delimiter.join(line) for line in lines) + line_end
    assert records(tmp_path, content) == [
        {"id": "1", "name": "Alpha", "amount": "12.5"},
        {"id": "2", "name": "Beta", "amount": "7"},
    ]


def test_semicolons_win_over_the_commas_of_decimals(tmp_path: Path) -> None:
    content = "Kunde;Betrag;Datum\nAlfa;1,50;01.02.2026\nBeta;2,75;02.02.2026\n"
    assert records(tmp_path, content)[1] == {"Kunde": "Beta", "Betrag": "2,75", "Datum": "02.02.2026"}


def test_commas_inside_quotes_do_not_count(tmp_path: Path) -> None:
    content = 'id;note\n1;"a, b, c"\n2;"d, e, f"\n'
    assert find_delimiter(content.splitlines(keepends=True)) == ";"
    assert records(tmp_path, content)[0]["note"] == "a, b, c"


def test_aligned_columns_are_read_by_their_gaps(tmp_path: Path) -> None:
    content = (
        " customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n 00002 19970112  5   77.00\r\n"
    )
    assert records(tmp_path, content) == [
        {"customer_id": "00001", "date": "19970101", "number_of_cds": "1", "dollar_value": "11.77"},
        {"customer_id": "00002", "date": "19970112", "number_of_cds": "5", "dollar_value": "77.00"},
    ]


def test_aligned_columns_without_header_get_names_by_place(tmp_path: Path) -> None:
    content = " 00004 0001 19970101  2   29.33\r\n 00004 0001 19970118  2   29.73\r\n"
    assert records(tmp_path, content)[0] == {
        "column_1": "00004", "column_2": "0001", "column_3": "19970101", "column_4": "2", "column_5": "29.33",
    }  # fmt: skip


def test_one_column_of_names_is_not_cut_at_its_blanks(tmp_path: Path) -> None:
    assert records(tmp_path, "Full name\nAnna Lee\nJohn Smith\n") == [
        {"Full name": "Anna Lee"},
        {"Full name": "John Smith"},
    ]


@pytest.mark.parametrize(
    ("first", "is_header"),
    [
        (["id", "name", "created"], True),
        (["Record ID", "Company name", ""], True),
        (["Id2", "Name", "3 month total"], True),
        (["00004", "19970101", "29.33"], False),
        (["Anna", "anna@example.com", "Leeds"], False),
        (["Anna", "2026-01-31", "Leeds"], False),
        (["Anna", "1,250.00", "Leeds"], False),
        (["https://a.example", "b"], False),
        (["x", "x", "x"], False),
        (["", ""], False),
    ],
)
def test_a_header_holds_names_and_no_data(first: list[str], is_header: bool) -> None:
    assert looks_like_header(first) is is_header


def test_columns_without_or_with_the_same_name_are_told_apart() -> None:
    assert unique_names(["Name", "", "Name", " Name ", "E-mail\naddress"]) == (
        "Name", "column_2", "Name (2)", "Name (3)", "E-mail address",
    )  # fmt: skip


def test_the_admin_may_name_the_columns_of_a_file_without_header(tmp_path: Path) -> None:
    found = records(tmp_path, "1,Alpha\n2,Beta\n", header=["id", "name"])
    assert found == [{"id": "1", "name": "Alpha"}, {"id": "2", "name": "Beta"}]


def test_too_few_names_for_the_columns_are_an_error_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1,Alpha,x\n")
    with pytest.raises(ConfigError, match=r"2 column names are given for a\.csv, which has 3 columns"):
        find_layout(path, FileOptions(header=("id", "name")))


def test_a_misspelt_encoding_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n")
    with pytest.raises(ConfigError, match=r"cannot be read as utf-99 .* correct `encoding:`"):
        find_layout(path, FileOptions(encoding="utf-99"))


def test_the_admin_s_delimiter_wins(tmp_path: Path) -> None:
    assert records(tmp_path, "a;b,c\n1;2,3\n", delimiter=",")[0] == {"a;b": "1;2", "c": "3"}


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_has_no_records(tmp_path: Path, content: str) -> None:
    assert records(tmp_path, content) == []


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)


@given(
    rows=st.lists(st.tuples(st.integers(0, 10**6).map(str), CELL, CELL), min_size=3, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_the_standard_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], delimiter: str, encoding: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("id", "first", "second"), *rows])
    folder = tmp_path_factory.mktemp("round")
    found = records(folder, text.getvalue().encode(encoding))
    assert [tuple(record.values()) for record in found] == rows
