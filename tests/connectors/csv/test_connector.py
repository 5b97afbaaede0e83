"""The folder as a connection."""

from __future__ import annotations

from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from connectors.csv.connector import CsvConnector
from core.errors import ConfigError
from tests.connectors.csv.folder import connector, read_all, write


def test_the_package_offers_its_connector_by_entry_point() -> None:
    package = entry_points(group="inlay")["csv"].load()
    assert package.register_connectors() == [CsvConnector]


def test_streams_are_files_views_and_inlay_s_own_tasks(tmp_path: Path) -> None:
    write(tmp_path, {"b.csv": "a,b\n", "a.TXT": "a,b\n", "c.tsv": "a\tb\n", "notes.pdf": "x", ".hidden.csv": "a,b\n"})
    (tmp_path / "folder.csv").mkdir()
    source = connector(tmp_path, views={"people": {"rows": "b.csv"}})
    assert list(source.streams()) == ["a.TXT", "b.csv", "c.tsv", "people", "inlay_tasks"]
    assert {stream.mode for stream in source.streams().values()} == {"full"}


def test_large_files_come_in_pages(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id,name\n" + "".join(f"{number},x\n" for number in range(2_500))})
    pages = list(connector(tmp_path).read("a.csv", (), None))
    assert [len(page.records) for page in pages] == [1000, 1000, 500]
    assert pages[2].records[-1] == {"id": "2499", "name": "x"}


def test_broken_rows_come_with_the_page_they_stand_in(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id,name\n" + "".join(f"{n},x\n" for n in range(1_500)) + "torn\n"})
    pages = list(connector(tmp_path).read("a.csv", (), None))
    assert [(len(page.records), len(page.broken)) for page in pages] == [(1000, 0), (500, 1)]


def test_an_empty_file_makes_one_empty_page(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id,name\n"})
    assert [len(page.records) for page in connector(tmp_path).read("a.csv", (), None)] == [0]


class TestRowIds:
    """Rows without an id of their own."""

    def ids(self, folder: Path, content: str) -> list[str]:
        write(folder, {"a.csv": content})
        return [record["__row__"] for record in read_all(connector(folder), "a.csv", ["__row__", "name"])[0]]

    def test_equal_rows_are_counted_through(self, tmp_path: Path) -> None:
        first, second, third = self.ids(tmp_path, "name,n\nA,1\nB,2\nA,1\n")
        assert first != second
        assert (first[-2:], third[-2:]) == ("-1", "-2")
        assert first[:-1] == third[:-1]

    def test_they_stay_when_rows_are_added_or_reordered(self, tmp_path: Path) -> None:
        before = self.ids(tmp_path, "name,n\nA,1\nB,2\n")
        after = self.ids(tmp_path, "name,n\nC,3\nB,2\nA,1\n")
        assert after[1:] == before[::-1]

    def test_fields_do_not_run_into_each_other(self, tmp_path: Path) -> None:
        assert len(set(self.ids(tmp_path, "name,n\nA,B1\nAB,1\n"))) == 2

    def test_they_are_only_made_when_asked_for(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.csv": "name,n\nA,1\n"})
        assert read_all(connector(tmp_path), "a.csv", ["name"])[0] == [{"name": "A", "n": "1"}]


def test_a_column_the_mapping_wants_and_the_file_lacks_is_a_finding_with_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id,company_name\n1,A\n"})
    source = connector(tmp_path)
    read_all(source, "a.csv", ["id", "companyname", "__row__", "Inlay Health Score", "Inlay_Key__c"])
    (finding,) = source.findings()
    assert (finding.code, finding.severity, finding.where) == ("unknown_field", "warning", "files/a.csv/companyname")
    assert finding.remedy == "did you mean `company_name`?"


def test_an_unknown_stream_is_an_error_naming_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, {"customers.csv": "id\n1\n"})
    with pytest.raises(ConfigError, match=r"no file `customer\.csv` .* did you mean `customers\.csv`"):
        read_all(connector(tmp_path), "customer.csv")


def test_check_is_content_with_a_good_folder(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id,name\n1,A\n"})
    assert connector(tmp_path, views={"people": {"rows": "a.csv"}}).check() == []


def test_check_misses_the_folder(tmp_path: Path) -> None:
    (finding,) = connector(tmp_path, folder="nowhere").check()
    assert (finding.severity, "there is no folder" in finding.message) == ("error", True)


def test_check_misses_the_files(tmp_path: Path) -> None:
    (finding,) = connector(tmp_path).check()
    assert "no CSV files" in finding.message


def test_check_names_the_view_whose_file_is_missing(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id,name\n1,A\n"})
    (finding,) = connector(tmp_path, views={"people": {"rows": "b.csv"}}).check()
    assert finding.message.startswith("people: there is no file `b.csv`")


def test_check_names_the_file_whose_options_do_not_fit(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "1,A\n"})
    (finding,) = connector(tmp_path, files={"a.csv": {"header": ["id"]}}).check()
    assert finding.message.startswith("a.csv: 1 column names are given")


class TestTally:
    """Counting the input anew."""

    def test_columns_are_summed_up_exactly(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.csv": "id,price\n1,9.80000019\n2,0.1\n3,\n4,0.2\n"})
        tally = connector(tmp_path).tally("a.csv", ["price"])
        assert tally is not None
        assert (tally.rows, tally.broken, tally.sums) == (4, 0, {"price": Decimal("10.10000019")})

    def test_broken_rows_and_unreadable_amounts_are_counted(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.csv": "id,price\n1,5\n2\n3,n/a\n4,n/a\n"})
        tally = connector(tmp_path).tally("a.csv", ["price"])
        assert tally is not None
        assert (tally.rows, tally.broken, tally.unread) == (3, 1, {"price": 2})

    def test_many_small_amounts_lose_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.csv": "id,price\n" + "".join(f"{n},0.1\n" for n in range(10_000)) + "x,1e20\n"})
        tally = connector(tmp_path).tally("a.csv", ["price"])
        assert tally is not None
        assert tally.sums["price"] == Decimal("100000000000000001000.0")

    def test_inlay_s_own_tasks_are_no_input(self, tmp_path: Path) -> None:
        assert connector(tmp_path).tally("inlay_tasks", []) is None
