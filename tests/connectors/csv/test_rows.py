"""A torn row costs only itself."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from connectors.csv.layout import find_layout
from connectors.csv.rows import read_rows
from connectors.csv.settings import FileOptions
from tests.connectors.csv.folder import both, records

HEAD = "id,name,city\n"


def names(folder: Path, content: str) -> list[str]:
    return [record["name"] for record in records(folder, content)]


def test_line_breaks_inside_quotes_belong_to_the_field(tmp_path: Path) -> None:
    found = records(tmp_path, HEAD + '1,"Alpha\nHolding","Leeds"\n2,Beta,York\n')
    assert found == [
        {"id": "1", "name": "Alpha\nHolding", "city": "Leeds"},
        {"id": "2", "name": "Beta", "city": "York"},
    ]


def test_carriage_returns_inside_quotes_belong_to_the_field(tmp_path: Path) -> None:
    assert names(tmp_path, 'id,name,city\r\n1,"Alpha\r\nHolding",Leeds\r\n') == ["Alpha\r\nHolding"]


def test_doubled_quotes_are_one_quote(tmp_path: Path) -> None:
    assert names(tmp_path, HEAD + '1,"The ""Old"" Mill",Leeds\n') == ['The "Old" Mill']


def test_a_doubled_quote_before_a_line_break(tmp_path: Path) -> None:
    assert names(tmp_path, HEAD + '1,"He said ""hi\nthere"" and left",Leeds\n2,Beta,York\n') == [
        'He said "hi\nthere" and left',
        "Beta",
    ]


def test_a_quote_in_the_middle_of_a_field_is_an_ordinary_sign(tmp_path: Path) -> None:
    assert names(tmp_path, HEAD + '1,5" pipe,Leeds\n2,Beta,York\n') == ['5" pipe', "Beta"]


def test_backslashes_are_ordinary_signs(tmp_path: Path) -> None:
    assert names(tmp_path, HEAD + "1,507 - 20th Ave. E.\\nApt. 2A,Seattle\n") == ["507 - 20th Ave. E.\\nApt. 2A"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("2,Beta", "2 fields where 3 are due"),
        ("2,Beta,York,extra", "4 fields where 3 are due"),
        ("2", "a single field where several are due"),
        ('2,"Beta,York', "a quote is opened and never closed"),
        ('2,Beta,"York', "a quote is opened and never closed"),
    ],
)
def test_a_broken_row_is_kept_with_its_place_and_the_others_go_on(tmp_path: Path, row: str, problem: str) -> None:
    found, broken = both(tmp_path, f"{HEAD}1,Alpha,Leeds\n{row}\n3,Gamma,Bath\n4,Delta,Hull\n")
    assert [record["id"] for record in found] == ["1", "3", "4"]
    assert [(one.line, one.text, one.problem, one.file) for one in broken] == [(3, row, problem, "one.csv")]
    assert broken[0].remedy


def test_two_open_quotes_do_not_swallow_the_rows_between(tmp_path: Path) -> None:
    found, broken = both(tmp_path, HEAD + '1,"Alpha,Leeds\n2,Beta,York\n3,"Gamma,Bath\n4,Delta,Hull\n')
    assert [record["id"] for record in found] == ["2", "4"]
    assert [one.line for one in broken] == [2, 4]


def test_an_open_quote_before_a_field_with_line_breaks(tmp_path: Path) -> None:
    found, broken = both(tmp_path, HEAD + '1,"Alpha,Leeds\n2,"Beta\nHolding",York\n3,Gamma,Bath\n')
    assert [record["name"] for record in found] == ["Beta\nHolding", "Gamma"]
    assert [one.line for one in broken] == [2]


def test_an_open_quote_in_a_large_file_costs_neither_rows_nor_time(tmp_path: Path) -> None:
    lines = [f"{number},Name {number},Leeds\n" for number in range(40_000)]
    lines[5] = '5,"Name 5,Leeds\n'
    begun = time.perf_counter()
    found, broken = both(tmp_path, HEAD + "".join(lines))
    assert len(found) == 39_999
    assert [one.line for one in broken] == [7]
    assert time.perf_counter() - begun < 10


def test_a_file_where_every_row_opens_a_quote_is_read_in_one_go(tmp_path: Path) -> None:
    found, broken = both(tmp_path, HEAD + '1,"Alpha,Leeds\n' * 5_000)
    assert (len(found), len(broken)) == (0, 5_000)


def test_a_field_of_five_megabytes_is_read_whole(tmp_path: Path) -> None:
    text = "x" * 2_500_000 + "\n" + "y" * 2_500_000
    found = records(tmp_path, f'{HEAD}1,"{text}",Leeds\n2,Beta,York\n')
    assert [len(record["name"]) for record in found] == [5_000_001, 4]


def test_nul_bytes_are_left_out(tmp_path: Path) -> None:
    assert names(tmp_path, HEAD + "1,Al\0pha,Leeds\n2,\0,York\n") == ["Alpha", ""]


def test_blank_lines_and_spare_delimiters_are_no_rows(tmp_path: Path) -> None:
    assert names(tmp_path, HEAD + "\n1,Alpha,Leeds,,\n   \n2,Beta,York,\n\n") == ["Alpha", "Beta"]


def test_the_closing_remarks_of_a_report_are_left_out(tmp_path: Path) -> None:
    remarks = (
        '\n"Account Report"\n"Copyright (c) 2000-2026 salesforce.com"\n"Confidential Information - Do Not Distribute"\n'
    )
    found, broken = both(tmp_path, HEAD + "1,Alpha,Leeds\n" + remarks)
    assert (len(found), broken) == (1, [])


def test_a_lone_word_between_rows_is_reported_and_not_taken_for_a_remark(tmp_path: Path) -> None:
    found, broken = both(tmp_path, HEAD + "1,Alpha,Leeds\n\nBeta\n3,Gamma,Bath\n")
    assert [record["id"] for record in found] == ["1", "3"]
    assert [(one.line, one.text) for one in broken] == [(4, "Beta")]


def test_a_header_over_several_lines(tmp_path: Path) -> None:
    assert records(tmp_path, '"Id","Company\nname"\n1,Alpha\n') == [{"Id": "1", "Company name": "Alpha"}]


def test_the_last_row_needs_no_line_end(tmp_path: Path) -> None:
    assert names(tmp_path, HEAD + "1,Alpha,Leeds") == ["Alpha"]


def test_what_is_kept_of_a_broken_row_is_short(tmp_path: Path) -> None:
    _, broken = both(tmp_path, f"{HEAD}1,{'x' * 50_000}\n2,Beta,York\n")
    assert len(broken[0].text) == 2_000


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        path.write_text(HEAD + "".join(f"{number},Name {number},Leeds\n" for number in range(rows)))
        layout = find_layout(path, FileOptions())
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_rows(path, layout)) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(40_000) < peak(4_000) * 1.5
