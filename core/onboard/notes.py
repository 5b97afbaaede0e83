"""The account kept while a proposal is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from core.onboard.facts import Column, ExportFile
from core.onboard.proposal import LeftOut, Recognised
from core.onboard.shapes import Shape, newest_of

PLAIN_DATES = ("", "ISO", "YYYY-MM-DD", "YYYYMMDD")  # mappings read these undeclared, and faster


@dataclass
class Notes:
    """What was recognised, left out, assumed and not known, and how dates and numbers are written."""

    recognised: list[Recognised] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    date_forms: dict[str, None] = field(default_factory=dict)
    newest: date | None = None
    has_decimal_comma: bool = False

    def leave_out(self, what: str, why: str) -> None:
        """Note that a file or column is not used."""
        self.left_out.append(LeftOut(what, why))

    def take_date(self, file: ExportFile, column: Column, *, happened: bool) -> None:
        """Note the form of a date column; the newest date of something that ``happened`` is the day to compute for."""
        shape = column.shape
        if shape.form not in PLAIN_DATES:
            self.date_forms[shape.form] = None
        if shape.is_ambiguous:
            self.assumed.append(
                f"dates in {file.name}, {column.name} are read day first ({shape.form}); all days are <= 12"
            )
        newest = newest_of(column.values, shape) if happened else None
        if newest is not None and (self.newest is None or newest > self.newest):
            self.newest = newest

    def take_amount(self, shape: Shape) -> None:
        """Note how an amount is written."""
        self.has_decimal_comma = self.has_decimal_comma or shape.decimal_comma
