"""A connection lives for days; its files are replaced under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from tests.connectors.csv.folder import connector, read_all, write


def test_a_new_export_with_other_columns_is_read_by_its_own_header(tmp_path: Path) -> None:
    source = connector(write(tmp_path, {"a.csv": "id,name\n1,A\n"}))
    assert read_all(source, "a.csv")[0] == [{"id": "1", "name": "A"}]
    write(tmp_path, {"a.csv": "id,city,name\n1,Leeds,A\n"})
    assert read_all(source, "a.csv")[0] == [{"id": "1", "city": "Leeds", "name": "A"}]


def test_a_new_export_with_another_delimiter_and_encoding(tmp_path: Path) -> None:
    source = connector(write(tmp_path, {"a.csv": "id,name\n1,Zoë\n"}))
    read_all(source, "a.csv")
    write(tmp_path, {"a.csv": "id;name\n1;Zoë\n2;René\n".encode("iso-8859-1")})
    assert read_all(source, "a.csv")[0] == [{"id": "1", "name": "Zoë"}, {"id": "2", "name": "René"}]


def test_a_file_that_appears_later_is_a_stream_from_then_on(tmp_path: Path) -> None:
    source = connector(write(tmp_path, {"a.csv": "id,name\n1,A\n"}))
    assert "b.csv" not in source.streams()
    write(tmp_path, {"b.csv": "id,name\n1,B\n"})
    assert "b.csv" in source.streams()
    assert read_all(source, "b.csv")[0] == [{"id": "1", "name": "B"}]


def test_a_file_that_was_read_and_is_gone_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    source = connector(write(tmp_path, {"a.csv": "id,name\n1,A\n", "b.csv": "id\n1\n"}))
    read_all(source, "a.csv")
    (tmp_path / "a.csv").unlink()
    with pytest.raises(ConfigError, match=r"there is no file `a\.csv`"):
        read_all(source, "a.csv")


def test_a_link_that_leads_nowhere_is_no_stream(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "gone.csv")
    assert list(connector(tmp_path).streams()) == ["inlay_tasks"]


def test_a_view_sees_the_new_files_too(tmp_path: Path) -> None:
    view = {"rows": "a.csv", "lines": {"rows": "l.csv", "by": "id", "sum": {"total": "price"}}}
    source = connector(write(tmp_path, {"a.csv": "id\n1\n", "l.csv": "id,price\n1,5\n"}), views={"v": view})
    assert read_all(source, "v")[0] == [{"id": "1", "total": "5"}]
    write(tmp_path, {"l.csv": "id,price\n1,5\n1,7.25\n"})
    assert read_all(source, "v")[0] == [{"id": "1", "total": "12.25"}]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    source = connector(write(tmp_path, {"a.csv": 'id,name\n1,"A\nB"\n2\n3,C\n'}))
    assert read_all(source, "a.csv", ["__row__"]) == read_all(source, "a.csv", ["__row__"])


def test_reading_stops_between_pages_when_nobody_asks_on(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id,name\n" + "".join(f"{n},x\n" for n in range(5_000))})
    pages = connector(tmp_path).read("a.csv", (), None)
    assert len(next(pages).records) == 1000
    pages.close()  # type: ignore[attr-defined]
