"""The fields of a section, each able to write its lines for one record and to take its place on the sheet of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.mapping.fill import Filler
from core.mapping.forms import Shape
from core.mapping.groups import Target
from core.mapping.layout import Layout
from core.mapping.lists import CUSTOM, ListFiller, Pick
from core.mapping.parts import OneByOne, Part
from core.mapping.roads import Roads
from core.mapping.rules import Element, FieldRules, Path


class Field(Protocol):
    """One canonical field."""

    @property
    def name(self) -> str:
        """Its name in the model."""
        ...

    def paths(self, roads: Roads) -> list[Path]:
        """The vendor paths it reads."""
        ...

    def fill(self, filler: Filler, lists: ListFiller) -> None:
        """Write the lines that fill it for one record."""
        ...

    def part(self, layout: Layout) -> Part:
        """Its place on the sheet."""
        ...


@dataclass(frozen=True)
class SingleField:
    """A field of one value."""

    name: str
    shape: Shape
    declared: FieldRules

    def paths(self, roads: Roads) -> list[Path]:
        """Those of its rules, of currencies and of conditions."""
        rules = self.declared.rules
        found = [rule.path for rule in rules if rule.path is not None]
        if self.shape.form == "money":
            found += [path for rule in rules if (path := roads.currency(rule)[0]) is not None]
        return found + [condition.path for rule in rules for condition in rule.when]

    def fill(self, filler: Filler, lists: ListFiller) -> None:
        """By its rules."""
        del lists
        filler.fill(Target(self.name), self.shape, self.declared)

    def part(self, layout: Layout) -> Part:
        """A column, where its rules are plain."""
        return layout.field(self.name, self.shape, self.declared)


@dataclass(frozen=True)
class ListField:
    """A field of several elements."""

    name: str
    form: str
    elements: Sequence[Element]

    def paths(self, roads: Roads) -> list[Path]:
        """Those of all parts of all elements."""
        del roads
        return [rule.path for element in self.elements for rule in element.parts.values() if rule.path is not None]

    def fill(self, filler: Filler, lists: ListFiller) -> None:
        """Element by element."""
        del filler
        lists.fill(self.name, self.form, self.elements)

    def part(self, layout: Layout) -> Part:
        """A list of columns, where its form is a usual one."""
        return layout.elements(self.name, self.form, self.elements)


@dataclass(frozen=True)
class NamedField:
    """A field that is a group of texts under names of its own."""

    name: str
    named: Mapping[str, Path]

    def paths(self, roads: Roads) -> list[Path]:
        """One for each name."""
        del roads
        return list(self.named.values())

    def fill(self, filler: Filler, lists: ListFiller) -> None:
        """Name by name."""
        del filler
        lists.names(self.name, self.named)

    def part(self, layout: Layout) -> Part:
        """Rare: record by record."""
        del layout
        return OneByOne()


@dataclass(frozen=True)
class CustomFields:
    """``custom_fields``: those listed by name, and whatever ``pick`` finds in the group ``root``."""

    named: Mapping[str, FieldRules]
    root: Path
    pick: Pick | None
    name: str = CUSTOM

    def paths(self, roads: Roads) -> list[Path]:
        """Those that are listed."""
        del roads
        return [rule.path for rules in self.named.values() for rule in rules.rules if rule.path is not None]

    def fill(self, filler: Filler, lists: ListFiller) -> None:
        """Listed ones first."""
        del filler
        lists.custom(self.named, self.root, self.pick)

    def part(self, layout: Layout) -> Part:
        """A group of columns, unless patterns tell which fields it holds."""
        return OneByOne() if self.pick is not None else layout.custom(self.named)
