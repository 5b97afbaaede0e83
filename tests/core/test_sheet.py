"""Files for spreadsheets and import wizards."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sheet import disarmed, read_sheet, write_sheet


@pytest.mark.parametrize(
    "text", ["=1+1", "+SUM(A1)", "-2+3", "@import", "\tx", "\r=x", "\n=x", "=", "-", "+44 20 1", "-1e5"]
)
def test_live_texts_are_disarmed(text: str) -> None:
    assert disarmed(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "Alpha", "12", "-4.2", "+7", "-4,2", "+5%", "a=b", "'quoted", " =1", "2026-01-31", "-0.5"]
)
def test_harmless_texts_and_plain_numbers_stay(text: str) -> None:
    assert disarmed(text) == text


def test_files_are_what_wizards_expect(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.csv"
    assert write_sheet(path, ["id", "Näme"], [["1", 'say "hi", twice'], ["2", "line\nbreak"]]) == 2
    assert path.read_bytes() == '\ufeffid,Näme\r\n1,"say ""hi"", twice"\r\n2,"line\nbreak"\r\n'.encode()


def test_headers_are_disarmed_as_well(tmp_path: Path) -> None:
    write_sheet(tmp_path / "a.csv", ["=cmd"], [])
    assert "'=cmd" in (tmp_path / "a.csv").read_text("utf-8-sig")


def test_a_failure_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_sheet(path, ["id"], [["1"]])

    def rows() -> object:
        yield ["2"]
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError):
        write_sheet(path, ["id"], rows())  # type: ignore[arg-type]
    assert read_sheet(path) == (["id"], [["1"]])


def test_no_file_reads_as_empty(tmp_path: Path) -> None:
    assert read_sheet(tmp_path / "a.csv") == ([], [])


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(rows=st.lists(st.tuples(CELL, CELL), max_size=8))
def test_whatever_is_written_is_read_back_and_nothing_in_it_is_live(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "a.csv"
    write_sheet(path, ["a", "b"], rows)
    _, found = read_sheet(path)
    assert [row[0].removeprefix("'") for row in found] == [first.removeprefix("'") for first, _ in rows]
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            assert all(disarmed(value) == value for value in row)
