"""Keys of files, and how files refer to each other."""

from __future__ import annotations

import pytest

from core.onboard.facts import Column, ExportFile
from core.onboard.folder import Folder, Source, key_of, refers_to, second_ids, share_known, sort_out
from core.onboard.kinds import best_match
from core.onboard.notes import Notes


def file(named: str, /, **columns: list[str]) -> ExportFile:
    made = ExportFile(named, rows=max(map(len, columns.values())))
    for title, values in columns.items():
        made.columns[title] = Column(title)
        for value in values:
            made.columns[title].add(value)
    return made


CUSTOMERS = file(
    "customers.csv", customer_id=["A", "B", "C"], company_name=["Alpha", "Beta", "Gamma"], zone=["1", "1", "2"]
)
ORDERS = file(
    "orders.csv",
    order_id=["1", "2", "3"],
    customer_id=["A", "A", "C"],
    order_date=["2026-01-01", "2026-01-02", "2026-01-03"],
    amount=["5.00", "6.00", "7.50"],
)


def source(made: ExportFile) -> Source:
    match = best_match(made)
    assert match is not None
    return Source(made, match, key_of(made, match.kind.record_type))


@pytest.mark.parametrize(
    ("made", "record_type", "key"),
    [
        (CUSTOMERS, "client", "customer_id"),
        (ORDERS, "invoice", "order_id"),
        (file("a.csv", name=["x", "y"], id=["1", "2"]), "client", "id"),
        (file("a.csv", ref=["1", "2"], id=["1", "2"]), "client", "id"),
        (file("contracts.csv", client_no=["1", "2"], contract_no=["8", "9"]), "contract", "contract_no"),
        (file("a.csv", code=["X", "Y"], name=["p", "q"]), "client", "code"),
        (file("a.csv", name=["p", "q"], city=["r", "r"]), "client", "name"),
        (file("a.csv", id=["1", "1"], name=["p", "p"]), "client", None),
        (file("a.csv", id=["1", ""], name=["p", "p"]), "client", None),
        (file("a.csv", day=["2026-01-01", "2026-01-02"], total=["1.50", "2.50"]), "invoice", None),
    ],
)
def test_the_key_is_unique_filled_and_called_so(made: ExportFile, record_type: str, key: str | None) -> None:
    found = key_of(made, record_type)
    assert (found.name if found else None) == key


def test_rows_without_key_are_named_by_their_content() -> None:
    made = file("sales.csv", customer=["A", "A"], date=["2026-01-01", "2026-01-01"], amount=["1.50", "1.50"])
    assert source(made).id == "__row__"


def test_files_refer_to_each_other_by_values() -> None:
    found = refers_to(source(ORDERS), "client", source(CUSTOMERS))
    assert found is not None
    assert found.name == "customer_id"


def test_a_column_of_other_values_refers_to_nothing() -> None:
    others = file("customers.csv", customer_id=["X", "Y", "Z"], company_name=["Alpha", "Beta", "Gamma"])
    assert refers_to(source(ORDERS), "client", source(others)) is None


def test_without_the_other_file_there_is_no_reference() -> None:
    assert refers_to(source(ORDERS), "client", None) is None
    assert refers_to(source(ORDERS), "owner", source(CUSTOMERS)) is None


@pytest.mark.parametrize(("values", "share"), [(["A", "B"], 1.0), (["A", "X"], 0.5), (["X"], 0.0), ([], 0.0)])
def test_the_share_of_known_values(values: list[str], share: float) -> None:
    column = Column("ref", values=dict.fromkeys(values))
    assert share_known(column, CUSTOMERS.columns["customer_id"].values) == share


def test_a_second_id_that_repeats_is_a_label() -> None:
    made = file(
        "a.csv",
        **{
            "True Id": ["1", "1", "2"],
            "Id": ["7", "8", "9"],
            "Parent Id": ["", "1", ""],
            "Customer Id": ["1", "1", "2"],
        },
    )
    assert [column.name for column in second_ids(made, made.columns["Id"])] == ["True Id"]


def test_the_surest_file_of_a_kind_is_taken() -> None:
    notes = Notes()
    rival = file("list.csv", id=["1", "2"], company_name=["x", "y"])
    folder = sort_out([rival, CUSTOMERS, ORDERS], notes)
    assert {kind: one.file.name for kind, one in folder.sources.items()} == {
        "client": "customers.csv",
        "invoice": "orders.csv",
    }
    assert [one.what for one in notes.left_out] == ["list.csv"]


def test_of_equally_sure_files_the_longer_one_is_taken() -> None:
    long = file("customers b.csv", customer_id=["A", "B", "C", "D"], company_name=["p", "q", "r", "s"])
    short = file("customers a.csv", customer_id=["A", "B"], company_name=["p", "q"])
    assert sort_out([short, long], Notes()).sources["client"].file is long


def test_the_order_of_files_does_not_matter() -> None:
    files = [CUSTOMERS, ORDERS, file("list.csv", id=["1", "2"], company_name=["x", "y"])]
    first, second = sort_out(files, Notes()), sort_out(files[::-1], Notes())
    assert first.sources == second.sources
    assert isinstance(first, Folder)


def test_torn_files_are_no_tables() -> None:
    notes = Notes()
    torn = file("customers.csv", customer_id=["A", "B"], company_name=["x", "y"])
    torn.broken = 9
    assert sort_out([torn], notes).sources == {}
    assert notes.left_out[0].why == "it is no table"


def test_values_are_counted_without_blanks_and_only_so_many_are_kept() -> None:
    column = Column("a")
    for value in ["x", " x ", "", "  ", "y", "z" * 500]:
        column.add(value)
    assert column.filled == 4
    assert list(column.values) == ["x", "y", "z" * 200]
