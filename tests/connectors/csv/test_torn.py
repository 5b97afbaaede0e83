"""Whatever happens to one row of a file, the other rows are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.csv.layout import Layout
from connectors.csv.rows import read_rows
from core.connector import BrokenRow

LAYOUT = Layout("utf-8", ",", ("id", "name", "note"), has_header_row=True)
HEAD = "id,name,note\n"
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_characters='",\x7f\x85'), max_size=8)
QUOTED = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_characters="\x85"), max_size=8)


def rows_of(path: Path, content: str) -> tuple[list[list[str]], list[BrokenRow]]:
    path.write_text(content, encoding="utf-8", newline="")
    found = list(read_rows(path, LAYOUT))
    return [row for row in found if not isinstance(row, BrokenRow)], [
        row for row in found if isinstance(row, BrokenRow)
    ]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("torn") / "a.csv"


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@given(before=st.lists(PLAIN, max_size=4), torn=st.text(max_size=30), after=st.lists(PLAIN, max_size=4))
def test_plain_rows_around_anything_survive(path: Path, before: list[str], torn: str, after: list[str]) -> None:
    first = [[f"b{n}", name, "x"] for n, name in enumerate(before)]
    last = [[f"a{n}", name, "x"] for n, name in enumerate(after)]
    line = torn.replace("\r", " ").replace("\n", " ").replace("\0", "")
    lines = [",".join(row) for row in first] + [line] + [",".join(row) for row in last]
    found, _ = rows_of(path, HEAD + "\n".join(lines) + "\n")
    assert [row for row in found if row in first] == first
    assert [row for row in found if row in last] == last


@given(names=st.lists(QUOTED, min_size=1, max_size=6), at=st.integers(0, 5))
def test_a_row_cut_short_costs_only_itself_among_quoted_rows(path: Path, names: list[str], at: int) -> None:
    whole = [f"{n},{quoted(name)},{quoted('note')}" for n, name in enumerate(names)]
    torn = [*whole[:at], "torn,row", *whole[at:]]
    found, broken = rows_of(path, HEAD + "\n".join(torn) + "\n")
    assert [row[0] for row in found] == [str(n) for n in range(len(names))]
    assert [row[1] for row in found] == names
    assert [one.text for one in broken] == ["torn,row"]


@given(
    names=st.lists(QUOTED, min_size=1, max_size=6),
    breaks=st.lists(st.sampled_from(["\n", "\r\n", "\n\n"]), min_size=6, max_size=6),
)
def test_line_breaks_in_quoted_fields_are_kept(path: Path, names: list[str], breaks: list[str]) -> None:
    notes = [f"{name}{gap}more" for name, gap in zip(names, breaks, strict=False)]
    content = HEAD + "".join(f"{n},plain,{quoted(note)}\n" for n, note in enumerate(notes))
    found, broken = rows_of(path, content)
    assert [row[2] for row in found] == notes
    assert broken == []


@given(st.text(max_size=200))
def test_any_text_is_read_to_its_end_without_an_exception(path: Path, content: str) -> None:
    found, broken = rows_of(path, HEAD + content.encode("utf-8", "replace").decode())
    assert all(len(row) == 3 for row in found)
    assert all(one.line > 1 and one.problem for one in broken)


@given(
    st.lists(
        st.sampled_from(['1,"a,b\n', "2,b,c\n", '3,"b",c\n', '4,b,"c\n', '"\n', '5,"x\ny",z\n', "\n", "w\n"]),
        max_size=25,
    )
)
def test_good_lines_are_never_lost_between_bad_ones(path: Path, lines: list[str]) -> None:
    found, broken = rows_of(path, HEAD + "".join(lines))
    kept = [row for row in found if row == ["2", "b", "c"]]
    quoted = sum(
        cell.count("2,b,c\n") for row in found for cell in row
    )  # a cell may well hold lines that look like rows
    assert len(kept) + quoted == lines.count("2,b,c\n")
    assert len(found) + len(broken) <= sum(line.count("\n") for line in lines)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_exception(path: Path, content: bytes) -> None:
    path.write_bytes(b"id,name,note\n" + content)
    for encoding in ("utf-8", "iso-8859-1", "cp1252"):
        layout = Layout(encoding, ",", LAYOUT.header, has_header_row=True)
        assert all(isinstance(row, BrokenRow) or len(row) == 3 for row in read_rows(path, layout))
