"""Proof that nothing got lost: rows and money of the input against records and money in the store.

The input's money is counted anew by the connector, apart from any mapping and before any rounding, in exact decimals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from sqlalchemy import Connection

from core.connector import InputTally
from core.export.fates import EXACT, Fates, fates_of
from core.mapping import StreamMapping
from core.mapping.forms import shapes
from core.store import Store
from core.store.golden import read_golden
from core.sync import ConnectionSetup

CENT = Decimal("0.01")
HALF_A_CENT = Decimal("0.005")
JOINED = ("client", "contact", "user")  # their golden records join several sources: no one input's sum to compare with


@dataclass(frozen=True)
class AmountLine:
    """One column of amounts: its exact sum in the input, and what became of it.

    ``rounding`` is what rounding each computed amount by itself added; ``parked`` and ``repeated`` are amounts of rows
    that are not stored; ``unread`` counts values that are no number.
    """

    record_type: str
    field: str
    column: str
    input: Decimal
    stored: Decimal
    rounding: Decimal
    parked: Decimal
    repeated: Decimal
    unread: int

    @property
    def difference_cents(self) -> int:
        """Stored less input, each rounded once, in hundredths."""
        return int((EXACT.quantize(self.stored, CENT) - EXACT.quantize(self.input, CENT)) * 100)

    @property
    def unexplained_cents(self) -> int:
        """What rounding, parked and repeated rows do not account for: nothing, or a fault."""
        left = EXACT.subtract(self.stored, EXACT.add(self.input, self.rounding))
        left = EXACT.add(left, EXACT.add(self.parked, self.repeated))
        return int(EXACT.quantize(left, CENT) * 100)

    def __str__(self) -> str:
        """The line as the command line prints it."""
        way = f"{self.column} -> {self.record_type}.{self.field}"
        text = f"{way}: input {_money(self.input)}, stored {_money(self.stored)}"
        reasons = [("rounding per record", self.rounding), ("parked", -self.parked), ("repeated", -self.repeated)]
        told = [f"{name} {_money(amount, sign='+')}" for name, amount in reasons if EXACT.quantize(amount, CENT)]
        cents = f", difference {self.difference_cents:+d} cents" if self.difference_cents else ", equal to the cent"
        fault = f"; {self.unexplained_cents} CENTS UNEXPLAINED" if self.unexplained_cents else ""
        return text + cents + (f" ({'; '.join(told)})" if told else "") + fault


@dataclass(frozen=True)
class Line:
    """One stream: the rows of its input, and where each of them is now.

    ``missing`` rows are in the input and neither stored nor parked (the stream has not been read since); ``unclaimed``
    records are stored and in no row of it.
    """

    connection: str
    stream: str
    rows: int
    stored: int
    parked: int
    repeated: int
    missing: int
    unclaimed: int
    amounts: tuple[AmountLine, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every row and every cent is accounted for."""
        counted = self.rows == self.stored + self.parked + self.repeated and not self.unclaimed
        return counted and not any(amount.unexplained_cents for amount in self.amounts)

    def __str__(self) -> str:
        """The lines as the command line prints them."""
        others = {name: getattr(self, name) for name in ("parked", "repeated", "missing", "unclaimed")}
        parts = [f"{self.stored:,} stored", *(f"{count:,} {name}" for name, count in others.items() if count)]
        head = f"{self.connection}/{self.stream}: {self.rows:,} rows = {', '.join(parts)}"
        return "\n".join([head, *(f"  {amount}" for amount in self.amounts)])


def reconcile(store: Store, setups: Sequence[ConnectionSetup]) -> list[Line]:
    """Compare every stream that comes from files with what the store holds of it; reads all those files again."""
    with store.read() as conn:
        return [line for setup in setups for line in _lines(conn, setup)]


def _lines(conn: Connection, setup: ConnectionSetup) -> Iterator[Line]:
    there = setup.connector.streams()
    for name, declared in setup.mapping.streams.items():
        columns = money_columns(declared)
        tally = setup.connector.tally(name, sorted(set(columns.values()))) if name in there else None
        if tally is not None:
            yield _line(conn, setup, declared, columns, tally)


def _line(
    conn: Connection,
    setup: ConnectionSetup,
    declared: StreamMapping,
    columns: Mapping[tuple[str, str], str],
    tally: InputTally,
) -> Line:
    fates = fates_of(conn, setup, declared, list(tally.sums))
    amounts = _amounts(conn, f"{setup.name}/{declared.stream}/", columns, tally, fates)
    rows = fates.rows
    return Line(
        setup.name,
        declared.stream,
        tally.rows + tally.broken,
        *(rows["stored"], rows["parked"], rows["repeated"], rows["missing"]),
        fates.unclaimed,
        tuple(amounts),
    )


def _amounts(
    conn: Connection, prefix: str, columns: Mapping[tuple[str, str], str], tally: InputTally, fates: Fates
) -> Iterator[AmountLine]:
    for (record_type, name), column in columns.items():
        handed = sum((fates.sum(fate, column) for fate in ("stored", "parked", "repeated", "missing")), Decimal(0))
        rounding = EXACT.subtract(handed, tally.sums[column])
        if abs(rounding) > HALF_A_CENT * tally.rows:
            rounding = Decimal(0)  # more than rounding can do: leave it unexplained
        yield AmountLine(
            *(record_type, name, column, tally.sums[column], _stored_sum(conn, record_type, name, prefix), rounding),
            fates.sum("parked", column),
            fates.sum("repeated", column),
            tally.unread.get(column, 0),
        )


def money_columns(declared: StreamMapping) -> dict[tuple[str, str], str]:
    """For each canonical amount read from a column as it stands, that column: (record type, field) -> column."""
    found: dict[tuple[str, str], str] = {}
    for compiled in declared.sections:
        section = compiled.section
        for name, rule in section.fields.items():
            is_money = shapes(section.record_type)[name].form == "money"
            if is_money and section.record_type not in JOINED and (column := _plain_column(rule)):
                found[section.record_type, name] = column
    return found


def _plain_column(rule: Any) -> str | None:
    if isinstance(rule, dict) and "as" not in rule and "when" not in rule:
        rule = rule.get("from")
    return rule if isinstance(rule, str) else None


def _stored_sum(conn: Connection, record_type: str, name: str, prefix: str) -> Decimal:
    total = Decimal(0)
    for row in read_golden(conn, record_type):
        if row.id.startswith(prefix):
            amount = orjson.loads(row.data).get(name)
            try:
                total = EXACT.add(total, Decimal(amount["amount"]) if amount else Decimal(0))
            except InvalidOperation:
                continue
    return total


def _money(amount: Decimal, sign: str = "") -> str:
    return f"{EXACT.quantize(amount, CENT):{sign},.2f}"
