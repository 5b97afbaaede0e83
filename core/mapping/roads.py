"""The careful converter of a rule, with the settings of its mapping file: the road that is right for every value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.mapping.convert.money import minor_money, money
from core.mapping.forms import Shape
from core.mapping.rules import Path, Reference, Rule, Settings
from core.mapping.scalars import Convert, choice, converters, epoch, reference

SALESFORCE_ID = 18
"""How long ids of Salesforce are; they tell their record's type by their first characters."""


class Roads:
    """What the rules of one section mean; ``ids`` is how its vendor writes ids."""

    def __init__(self, settings: Settings, connection: str, ids: str) -> None:
        self.settings = settings
        self.connection = connection
        self.id_length = SALESFORCE_ID if ids == "salesforce" else None
        self._own_id = "salesforce_id" if ids == "salesforce" else "source_id"
        self._converters = converters(settings)

    def name(self, shape: Shape, rule: Rule) -> str:
        """The name of the converter, or that of the form."""
        return rule.converter or shape.form

    def table(self, shape: Shape, rule: Rule) -> dict[str, Any] | None:
        """The words of an enumeration or of ``values:``, if it is one."""
        return dict(choice(shape, rule)[0]) if rule.values is not None or shape.form == "choice" else None

    def convert(self, shape: Shape, rule: Rule) -> Convert:
        """The converter of a rule for a single value, or for the whole list of references."""
        if rule.values is not None or shape.form == "choice":
            return choice(shape, rule)[1]
        name = self.name(shape, rule)
        if rule.reference is not None:
            convert = reference(self.connection, rule.reference, self._converters[self._own(name)])
            return _each(convert) if shape.form == "references" else convert
        return epoch(shape.form, name) if name in {"epoch_s", "epoch_ms"} else self._converters[name]

    def ids_of(self, shape: Shape, rule: Rule) -> tuple[str, int | None] | None:
        """(What stands before an id, how long ids are) where a reference takes ids as they are; otherwise None."""
        target: Reference | None = rule.reference
        if target is None or target.stream is None or shape.form == "references":
            return None
        is_salesforce = self._own(self.name(shape, rule)) == "salesforce_id"
        return f"{self.connection}/{target.stream}/", SALESFORCE_ID if is_salesforce else None

    def convert_money(self, rule: Rule) -> Callable[[Any, str], Any]:
        """The converter of amounts."""
        if rule.converter == "minor_units":
            return minor_money
        if not self.settings.decimal_comma:
            return money
        return lambda value, code: money(value, code, decimal_comma=True)

    def currency(self, rule: Rule) -> tuple[Path | None, str | None]:
        """(Where an amount's currency stands, the currency where none is named)."""
        declared = rule.currency or self.settings.currency
        fallback = declared if isinstance(declared, str) else self.settings.firm_currency
        return (declared if isinstance(declared, tuple) else None), fallback

    def _own(self, name: str) -> str:
        return self._own_id if name in {"source_id", "references"} else name


def _each(convert: Convert) -> Convert:
    def convert_all(value: Any) -> list[Any] | None:
        """Convert every element; None where the list itself is null."""
        parts = value if isinstance(value, list) else value.split(";") if isinstance(value, str) else [value]
        return list(dict.fromkeys(found for part in parts if part is not None and (found := convert(part)))) or None

    return convert_all
