"""Streams that no file holds as such: distinct values of a column, or rows joined with the sums of their lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from connectors.csv.formula import EXACT, Formula, FormulaError, rounded
from connectors.csv.settings import View
from connectors.csv.table import Record, Table
from core.sdk import BrokenRow, Finding

Totals = dict[str, Decimal | None]
FindTable = Callable[[str], Table]


@dataclass
class ViewReader:
    """Reads one view; ``findings`` tells what did not fit together, once it has been read to its end.

    ``exact`` leaves computed amounts unrounded, for reconciliation.
    """

    name: str
    view: View
    table: FindTable
    exact: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        made = (*(self.view.lines.sum if self.view.lines else ()), *self.view.amounts, *self.view.texts)
        kept = (self.view.one_per,) if self.view.one_per else self.table(self.view.rows).columns
        return (*kept, *made)

    @cached_property
    def _formulas(self) -> dict[str, Formula]:
        return {name: Formula.parse(text) for name, text in self.view.amounts.items()}

    def records(self) -> Iterator[Record | BrokenRow]:
        """All records of the view; broken rows of all its files are among them."""
        if self.view.one_per is not None:
            yield from map(self._with_texts, self._distinct(self.view.one_per))
            return
        sums, table = _Sums(self), self.table(self.view.rows)
        yield from sums.read()
        comma = table.layout.decimal_comma
        for record in table.records():
            yield record if isinstance(record, BrokenRow) else self._completed(record, sums, comma)
        self.findings += sums.findings()

    def _distinct(self, column: str) -> Iterator[Record | BrokenRow]:
        seen: set[str] = set()
        for record in self.table(self.view.rows).records():
            if isinstance(record, BrokenRow):
                yield record
            elif (value := record.get(column, "")) and value not in seen:
                seen.add(value)
                yield {column: value}

    def _completed(self, record: Record, sums: _Sums, comma: bool) -> Record:
        record.update({name: _written(value, comma) for name, value in sums.take(record).items()})
        for name, formula in self._formulas.items():
            record[name] = _written(self._amount(formula, record, comma), comma)
        self._with_texts(record)
        return record

    def _amount(self, formula: Formula, record: Record, comma: bool) -> Decimal | None:
        """An amount that cannot be computed is unknown: the record is refused where it needs one."""
        try:
            value = formula.of(record, decimal_comma=comma)
        except FormulaError:
            return None
        return value if value is None or self.exact else rounded(value, self.view.decimals)

    def _with_texts(self, record: Record | BrokenRow) -> Record | BrokenRow:
        if not isinstance(record, BrokenRow):
            for name, text in self.view.texts.items():
                record[name] = filled(text, record)
        return record


def _written(value: Decimal | None, comma: bool) -> str:
    """A computed amount in the notation of the file it joins."""
    plain = "" if value is None else f"{value:f}"
    return plain.replace(".", ",") if comma else plain


def filled(text: str, record: Mapping[str, str]) -> str:
    """A text with ``{column}`` replaced by what the record holds there."""
    for name, value in record.items():
        text = text.replace(f"{{{name}}}", value)
    return text


class _Sums:
    """The sums of a view's lines per row they belong to; a sum with an unreadable part is unknown."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader
        self._lines = reader.view.lines
        self._totals: dict[str, Totals] = {}
        self._unread: Counter[str] = Counter()

    def read(self) -> Iterator[BrokenRow]:
        """Read all lines; what is no row comes out."""
        if self._lines is None:
            return
        formulas = {name: Formula.parse(text) for name, text in self._lines.sum.items()}
        table = self._reader.table(self._lines.rows)
        for line in table.records():
            if isinstance(line, BrokenRow):
                yield line
            else:
                self._add(line, formulas, table.layout.decimal_comma)

    def _add(self, line: Record, formulas: Mapping[str, Formula], comma: bool) -> None:
        by = self._lines.by if self._lines else ""
        totals = self._totals.setdefault(line.get(by, ""), dict.fromkeys(formulas, Decimal(0)))
        for name, formula in formulas.items():
            so_far = totals[name]
            try:
                part = formula.of(line, decimal_comma=comma)
            except FormulaError:
                part = None
            if part is None:
                self._unread[name] += 1
            totals[name] = None if so_far is None or part is None else EXACT.add(so_far, part)

    def take(self, record: Record) -> Totals:
        """The sums of one row; unknown when it has no lines."""
        if self._lines is None:
            return {}
        name = record.get(self._lines.to or self._lines.by, "")
        return self._totals.pop(name, dict.fromkeys(self._lines.sum))

    def findings(self) -> list[Finding]:
        """Lines that could not be summed up, and lines that belong to no row."""
        if self._lines is None:
            return []
        file, found = self._lines.rows, []
        for name, count in sorted(self._unread.items()):
            what = f"{count} rows of {file} hold no readable numbers for {name}; the sums they belong to are unknown"
            found.append(Finding("unreadable_lines", "warning", what, f"{file}/{name}", "correct the numbers", count))
        if self._totals:
            example = min(self._totals)[:40]
            what = f"rows of {file} for {len(self._totals)} values of {self._lines.by} (such as `{example}`)"
            what += f" belong to no row of {self._reader.view.rows} and are in no sum"
            remedy = "export both files at the same time"
            found.append(Finding("orphan_lines", "warning", what, f"{file}/{self._lines.by}", remedy))
        return found
