"""How values are written on pages: money, days, instants, changes and verdicts, in the firm's own zone and currency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency

from core.config import FirmSettings
from core.ledger import Operation

LOCALE = "en_GB"


@dataclass(frozen=True)
class Words:
    """Writes values for the people of one firm."""

    firm: FirmSettings

    def money(self, amount: float) -> str:
        """Whole units of the firm's currency."""
        return format_currency(amount, self.firm.currency, "¤#,##0", locale=LOCALE, currency_digits=False)

    def day(self, day: date | None) -> str:
        """A day; nothing when there is none."""
        return format_date(day, "d MMM y", locale=LOCALE) if day else ""

    def moment(self, instant: datetime | str | None) -> str:
        """An instant, or its text from the store, in the firm's zone; a text that is no instant stays as it is."""
        if isinstance(instant, str):
            try:
                instant = datetime.fromisoformat(instant)
            except ValueError:
                return str(instant)
        if instant is None:
            return ""
        if instant.tzinfo is None:
            return format_date(instant, "d MMM y", locale=LOCALE)
        return format_datetime(instant, "d MMMM y, HH:mm", tzinfo=self.firm.zone, locale=LOCALE)


def shown(value: object) -> str:
    """A value of a change as a person reads it."""
    if value is None or value == "":
        return "empty"
    return str(value)


def verdict_kind(operation: Operation) -> str:
    """The first word of a verdict, for its colour."""
    return operation.verdict.partition(":")[0].partition(" ")[0]


def slug(text: object) -> str:
    """A text as the name of a style."""
    return str(text).lower().replace(" ", "-")


FILTERS: MappingProxyType[str, Callable[..., str]] = MappingProxyType(
    {"shown": shown, "verdict": verdict_kind, "slug": slug}
)
