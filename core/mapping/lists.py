"""Generates the lines for fields made of several elements: addresses, e-mails, phones, participants, references."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.mapping.convert.contact import email
from core.mapping.fill import Filler
from core.mapping.forms import Shape
from core.mapping.groups import Target
from core.mapping.issues import Issue
from core.mapping.quick import ordinary_email, ordinary_phone, quick_country
from core.mapping.rules import Element, FieldRules, Path, Rule, Settings
from core.mapping.settle import add_emails, add_phone, settle_country

MAIN_PART: Mapping[str, str] = {
    "addresses": "street1",
    "emails": "address",
    "phones": "number",
    "participants": "email",
    "related": "id",
}
"""The part an element given as plain text means."""

PART_SHAPES: Mapping[str, Shape] = {"id": Shape("source_id"), "email": Shape("email")}
Pick = Callable[[Any, dict[str, Any], list[Issue]], None]
"""Gathers custom fields of a group of vendor fields into a group."""

CUSTOM = "custom_fields"
ORDINARY_PHONE = "v.__class__ is str and {}(v) and 8 <= len(w := v.replace(' ', '')) <= 16"
ORDINARY_EMAIL = "not items and v.__class__ is str and {}(v)"
ORDINARY_COUNTRY = "v.__class__ is str and (w := {}(v)) is not None"


class ListFiller:
    """Writes the lines of list fields; ``items`` gathers elements, ``seen`` tells that the vendor has the field."""

    def __init__(self, filler: Filler, settings: Settings) -> None:
        self._filler = filler
        self._writer = filler.writer
        self._region = settings.region

    def fill(self, name: str, form: str, elements: Sequence[Element]) -> None:
        """Write the lines that fill one list field."""
        self._writer.line("items = []")
        self._writer.line("seen = False")
        write = {"emails": self._email, "phones": self._phone, "related": self._related}.get(form, self._group)
        for element in elements:
            write(element)
        with self._writer.block("if items:"):
            self._writer.line(f"out[{name!r}] = items")
        with self._writer.block("elif seen:"):
            self._writer.line(f"out[{name!r}] = None")

    def names(self, name: str, paths: Mapping[str, Path]) -> None:
        """Write the lines of a field that is a group of texts under names of its own."""
        self._writer.line("one = {}")
        self._writer.line("seen = False")
        for key, path in paths.items():
            self._filler.fill(Target(key, "one", is_part=True), Shape("text"), FieldRules("", (Rule("", path),)))
        with self._writer.block("if one:"):
            self._writer.line(f"out[{name!r}] = one")
        with self._writer.block("elif seen:"):
            self._writer.line(f"out[{name!r}] = None")

    def custom(self, named: Mapping[str, FieldRules], root: Path, pick: Pick | None) -> None:
        """Write the lines of ``custom_fields``: fields by name, then whatever ``pick`` finds in the group ``root``."""
        self._writer.line("one = {}")
        for name, rules in named.items():
            self._filler.fill(Target(name, "one"), Shape("anything"), rules)
        if pick is not None:
            self._writer.line(f"{self._writer.bind(pick, 'pick')}({self._writer.node(root)}, one, issues)")
        with self._writer.block("if one:"):
            self._writer.line("out['custom_fields'] = one")

    def _group(self, element: Element) -> None:
        self._writer.line(f"one = {dict(element.fixed)!r}")
        for part, rule in element.parts.items():
            if part == "country":
                self._country(rule)
            else:
                shape = PART_SHAPES.get(part, Shape("text"))
                self._filler.fill(Target(part, "one", is_part=True), shape, FieldRules(rule.place, (rule,)))
        with self._writer.block(f"if len(one) > {len(element.fixed)}:"):
            self._writer.line("items.append(one)")

    def _country(self, rule: Rule) -> None:
        writer, path = self._writer, rule.path or ()
        careful = writer.bind(settle_country, "settle_country")
        known = writer.bind(quick_country, "quick_country")
        writer.line(f"v = {writer.read(path)}")
        with writer.block(f"if {ORDINARY_COUNTRY.format(known)}:"):
            writer.line("one['country'] = w")
        with writer.block("elif v is not MISSING:"):
            writer.line(f"{careful}(one, v, issues, {_name(path)})")
            writer.line("seen = True")

    def _phone(self, element: Element) -> None:
        writer, rule = self._writer, element.parts["number"]
        path, kind = rule.path or (), element.fixed.get("kind", "work")
        known, add = writer.bind(ordinary_phone, "ordinary_phone"), writer.bind(add_phone, "add_phone")
        writer.line(f"v = {writer.read(path)}")
        with writer.block(f"if {ORDINARY_PHONE.format(known)}:"):
            writer.line(f"items.append({{'number': v, 'e164': w, 'kind': {kind!r}}})")
        with writer.block("elif v is not MISSING:"):
            writer.line(f"{add}(items, v, {kind!r}, {self._region!r}, issues, {_name(path)})")
            writer.line("seen = True")

    def _email(self, element: Element) -> None:
        writer, rule = self._writer, element.parts["address"]
        path, kind = rule.path or (), element.fixed.get("kind", "work")
        known, add = writer.bind(ordinary_email, "ordinary_email"), writer.bind(add_emails, "add_emails")
        convert = writer.bind(email, "convert")
        writer.line(f"v = {writer.read(path)}")
        with writer.block(f"if {ORDINARY_EMAIL.format(known)}:"):
            writer.line(f"items.append({{'address': v, 'kind': {kind!r}, 'is_primary': True}})")
        with writer.block("elif v is not MISSING:"):
            writer.line(f"{add}(items, v, {kind!r}, {convert}, issues, {_name(path)})")
            writer.line("seen = True")

    def _related(self, element: Element) -> None:
        rule = element.parts["id"]
        self._writer.line("one = {}")
        self._filler.fill(Target("id", "one", is_part=True), Shape("source_id"), FieldRules(rule.place, (rule,)))
        if rule.reference is None:
            raise AssertionError("a reference without target passed the checks")
        types = dict(rule.reference.by_prefix.values())
        if rule.reference.stream is not None:
            types = {rule.reference.stream: rule.reference.record_type}
        known = self._writer.bind(types, "types")
        with self._writer.block("if one:"):
            self._writer.line(f"items.append({{'type': {known}[one['id'].split('/', 2)[1]], 'id': one['id']}})")


def _name(path: Path) -> str:
    return repr(".".join(str(part) for part in path))
