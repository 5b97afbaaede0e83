"""How often a deliverable is done over: what is a version, what is a document of its own, and the firm's figure."""

from __future__ import annotations

import pytest

from tests.core.signals.book import Book
from tests.plugins.kpi.ledger import evaluated, figure


def files(book: Book, client: str, *names: str, at: str = "2026-05-01T09:00:00Z") -> None:
    for number, name in enumerate(names):
        book.add("document", f"dms/files/{client}-{at}-{number}", book.client(client), name=name, created_at=at)


@pytest.mark.parametrize(
    ("names", "documents"),
    [
        (("Accounts 2025.pdf", "Accounts 2025 v2.pdf", "accounts 2025 final.PDF"), 1),
        (("Letter (1).docx", "Letter (2).docx", "Letter.docx", "Letter_rev3.docx"), 1),
        (("Letter v2 final.docx", "Letter.docx"), 1),
        (("Accounts 2024.pdf", "Accounts 2025.pdf"), 2),
        (("Invoice.pdf", "Invoice draft copy.pdf"), 2),
        (("v2.pdf", "v3.pdf"), 2),  # nothing is left of the name
    ],
)
def test_names_that_differ_by_a_version_alone_are_one_document(
    book: Book, names: tuple[str, ...], documents: int
) -> None:
    files(book, "a", *names)
    files(book, "b", "Note.txt")
    value, _, _, n = figure(evaluated(book), "revisions")
    assert value == pytest.approx((len(names) - documents) / (documents + 1), abs=0.01)
    assert n == 2


def test_the_same_name_at_two_clients_is_two_documents(book: Book) -> None:
    files(book, "a", "Accounts.pdf")
    files(book, "b", "Accounts.pdf")
    value, low, high, n = figure(evaluated(book), "revisions")
    assert (value, n) == (0.0, 2)
    assert low <= 0 <= high


def test_what_is_older_than_a_year_or_without_a_name_does_not_count(book: Book) -> None:
    files(book, "a", "Accounts.pdf", "Accounts v2.pdf")
    files(book, "a", "Accounts v0.pdf", at="2025-05-01T09:00:00Z")
    files(book, "b", "Note.txt", "")
    assert figure(evaluated(book), "revisions")[0] == pytest.approx(0.5, abs=0.01)


def test_where_no_system_delivers_documents_there_is_no_figure(book: Book) -> None:
    book.client("a")
    desk = evaluated(book)
    assert figure(desk, "revisions")[:3] == (None, None, None)
