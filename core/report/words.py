"""How values are written on pages: money, days, instants, changes and verdicts, in the firm's own zone and currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency

from core.config import FirmSettings
from core.ledger import Operation

LOCALE = "en_GB"
NAMING = ("subject", "name", "title")


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


def chip(operation: Operation) -> str:
    """A verdict in a few words."""
    kind = operation.verdict.partition(":")[0]
    return "simulated only" if kind == "simulated" else kind


def mix(operations: Sequence[Operation]) -> str:
    """How many operations there are, and of which verdicts when there are several."""
    kinds = Counter(map(chip, operations))
    total = f"{len(operations)} change{'s' if len(operations) > 1 else ''}"
    if len(kinds) == 1:
        return f"{total}, {next(iter(kinds))}"
    return f"{total}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def because(operation: Operation) -> str:
    """What a verdict says beyond its kind, such as which cap or whose edit."""
    return operation.verdict.partition(":")[2].strip()


def policy(name: str) -> str:
    """A policy's name as words."""
    return name.replace("_", " ")


def told(operation: Operation) -> str:
    """The record that is made or taken away, by what a person would recognise it by."""
    values: Mapping[str, object] = (operation.after or operation.before or {}).get("values", {})
    named = next((values[name] for name in values if name.lower().endswith(NAMING)), None)
    return str(named if named is not None else next(iter(values.values()), ""))


def slug(text: object) -> str:
    """A text as the name of a style."""
    return str(text).lower().replace(" ", "-")


FILTERS: MappingProxyType[str, Callable[..., str]] = MappingProxyType(
    {
        "shown": shown,
        "verdict": verdict_kind,
        "chip": chip,
        "because": because,
        "policy": policy,
        "told": told,
        "mix": mix,
        "slug": slug,
    }
)
