"""A book whose firm's figures can be worked out by hand."""

from __future__ import annotations

from typing import Any

from core.signals import Publisher
from plugins import kpi
from plugins.kpi.settings import KpiSettings
from tests.core.signals.book import Book, Desk

FEW = {"least": 2, "least_answers": 2}
FIRM = "firm"


def kpi_publisher(**changes: Any) -> Publisher:
    """The kpi plugin; figures are told from two clients on unless said otherwise."""
    settings = KpiSettings(**(FEW | changes))
    return Publisher("kpi", settings, kpi.register_signals(settings))


def evaluated(book: Book, **changes: Any) -> Desk:
    """Save the book and evaluate it without any fault."""
    book.save()
    desk = Desk(book.store, kpi_publisher(**changes))
    faults = desk.evaluate().faults
    assert not faults, faults
    return desk


def figure(desk: Desk, name: str) -> tuple[Any, Any, Any, Any]:
    """Value, interval and n of one figure, as stored; None where it is refused."""
    with_none = {**{(FIRM, f"kpi.{name}{part}"): (None, "") for part in ("", ".low", ".high", ".n")}, **desk._stored()}
    low, high, n = (with_none[FIRM, f"kpi.{name}{part}"][0] for part in (".low", ".high", ".n"))
    return with_none[FIRM, f"kpi.{name}"][0], low, high, n


def billed(book: Book, client: str, *bills: tuple[str, str], **data: Any) -> None:
    """Paid invoices: day and amount of each."""
    for day, total in bills:
        book.invoice(client, day, paid=day, total=total, issue_date=day, **data)
