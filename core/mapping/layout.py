"""Which part of a sheet a field becomes, told from its rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from core.mapping.columns import Batch, Column, Values, lone, paired
from core.mapping.forms import Shape
from core.mapping.kernels import EMAIL, KERNELS, PHONE, Kernel, converted, monetary, referring, worded
from core.mapping.lists import CUSTOM, PART_SHAPES
from core.mapping.parts import Constant, Group, OneByOne, Part, Whole, added, members
from core.mapping.roads import Roads
from core.mapping.rules import Element, FieldRules, Path, Rule

Read = Callable[[Batch], Values]


class Layout:
    """Lays out the fields of one section."""

    def __init__(self, roads: Roads) -> None:
        self._roads = roads
        self._listed: Mapping[str, Callable[[Sequence[Element]], Sequence[Part] | None]] = {
            "emails": self._emails,
            "phones": lambda elements: [self._phone(one) for one in elements],
            "addresses": lambda elements: [self._address(one) for one in elements],
        }

    def field(self, name: str, shape: Shape, declared: FieldRules) -> Part:
        """A field of one value."""
        rules = declared.rules
        if [rule.path for rule in rules] == [None] and not rules[0].when:
            return Constant(added(name, declared.default if rules[0].const is None else rules[0].const))
        paths = [rule.path for rule in rules if rule.path is not None]
        alike = len({_but_for_its_path(rule) for rule in rules}) == 1
        if len(paths) < len(rules) or not alike or rules[0].when:
            return OneByOne()
        null, absent = added(name, declared.default), "" if declared.default is None else added(name, declared.default)
        read = _reader(paths)
        if shape.form == "money":
            read = self._with_currency(read, rules[0])
        return Column.of(self._kernel(shape, rules[0]), read, name, null, absent)

    def elements(self, name: str, form: str, elements: Sequence[Element]) -> Part:
        """A field of several elements."""
        lay = self._listed.get(form)
        parts = None if lay is None else lay(elements)
        if parts is None:
            return OneByOne()
        paths = [rule.path for element in elements for rule in element.parts.values() if rule.path is not None]
        return Whole(Group(f',"{name}":[', parts, "]"), added(name, None), tuple(paths))

    def custom(self, named: Mapping[str, FieldRules]) -> Part:
        """Custom fields that are listed by name."""
        parts = [self.field(name, Shape("anything"), declared) for name, declared in named.items()]
        return Whole(Group(f',"{CUSTOM}":{{', parts, "}"))

    def _kernel(self, shape: Shape, rule: Rule) -> Kernel:
        if shape.form == "money":
            return monetary(self._roads.convert_money(rule), whole=rule.converter == "minor_units")
        table, ids = self._roads.table(shape, rule), self._roads.ids_of(shape, rule)
        if table is not None:
            return worded(table)
        if ids is not None:
            return referring(*ids)
        known = None if rule.reference is not None else KERNELS.get(self._roads.name(shape, rule))
        return known or converted(self._roads.convert(shape, rule))

    def _with_currency(self, read: Read, rule: Rule) -> Read:
        path, fallback = self._roads.currency(rule)
        return lambda batch: paired(read(batch), batch.codes(path, fallback))

    def _emails(self, elements: Sequence[Element]) -> Sequence[Part] | None:
        """The first address where there is no other: which of several is the primary one the rules decide."""
        first, *_others = elements
        paths = [element.parts["address"].path or () for element in elements]
        kind = members({"kind": first.fixed.get("kind", "work"), "is_primary": True})
        return [Column(EMAIL, lambda batch: lone(*map(batch.values, paths)), ',{"address":"', f'"{kind}}}')]

    @staticmethod
    def _phone(element: Element) -> Part:
        kind = members({"kind": element.fixed.get("kind", "work")})
        return Column(PHONE, _reader([element.parts["number"].path or ()]), ',{"number":"', f'"{kind}}}')

    def _address(self, element: Element) -> Part:
        parts = [self._address_part(name, rule) for name, rule in element.parts.items()]
        return Group(f",{{{members(element.fixed)[1:]}{',' if element.fixed else ''}", parts, "}")

    def _address_part(self, name: str, rule: Rule) -> Part:
        read = _reader([rule.path or ()])
        if name == "country":
            return Column.of(KERNELS["country"], read, name, "", "")
        return Column.of(self._kernel(PART_SHAPES.get(name, Shape("text")), rule), read, name, "", "")


def _reader(paths: Sequence[Path]) -> Read:
    if len(paths) == 1:
        return partial(Batch.values, path=paths[0])
    return partial(Batch.first_filled, paths=tuple(paths))


def _but_for_its_path(rule: Rule) -> str:
    """What tells rules apart, without where they read and where they stand."""
    return repr(replace(rule, place="", path=None))
