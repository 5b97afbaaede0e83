"""Compiles one section: vendor record in, canonical data out; one record at a time, or many at once as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache, partial
from typing import Any

from core.mapping.convert.text import anything
from core.mapping.emit import Writer
from core.mapping.fields import CustomFields, Field, ListField, NamedField, SingleField
from core.mapping.fill import Filler
from core.mapping.forms import Shape, shapes
from core.mapping.issues import Issue
from core.mapping.layout import Layout
from core.mapping.lists import MAIN_PART, PART_SHAPES, ListFiller, Pick
from core.mapping.roads import Roads
from core.mapping.rules import FieldRules, Path, Reference, Rule, Section, SectionReader, Settings
from core.mapping.sense import check_field, check_required, check_rule
from core.mapping.settle import reject, settle
from core.mapping.sheet import Sheet, SheetField

Normalise = Callable[[Any, list[Issue]], dict[str, Any]]


class CompiledSection:
    """One section made runnable: ``applies`` tells whether a record is of this kind, ``normalise`` reads it.

    ``sheet`` gives what dumping the outcome of ``normalise`` would, and the client it names, for many plain payloads at
    once. Whatever may be wrong with the section is found at once; functions are compiled when they are first needed.
    """

    def __init__(self, section: Section, reader: SectionReader, settings: Settings, connection: str) -> None:
        self.section = section
        self.record_type = section.record_type
        self._roads = Roads(settings, connection, section.ids)
        self._groups = check_required(section)
        self._fields = [*_fields(section, reader), *_custom_fields(section, reader)]
        conditions = [condition.path for condition in section.when]
        self.paths: list[Path] = [*conditions, *(path for field in self._fields for path in field.paths(self._roads))]
        self.applies = _applies(section, self._roads)
        self.references = _references(section, reader)

    @cached_property
    def _writer(self) -> Writer:
        return self._written(f"to_{_identifier(self.section.name)}", self._fields, self._groups)

    @property
    def source(self) -> str:
        """The text of ``normalise``, for people who want to see what a mapping became."""
        return self._writer.source()

    @cached_property
    def normalise(self) -> Normalise:
        """Read one record."""
        return self._writer.compiled()

    @cached_property
    def sheet(self) -> Sheet:
        """The road of plain payloads."""
        layout, name = Layout(self._roads), self.section.name
        fields = [SheetField(one.name, one.part(layout), partial(self._alone, one)) for one in self._fields]
        return Sheet(name, fields, self._groups, self.paths)

    def _alone(self, field: Field) -> Normalise:
        return self._written(f"to_{_identifier(self.section.name)}_{field.name}", [field], ()).compiled()

    def _written(self, name: str, fields: Sequence[Field], groups: Sequence[tuple[str, ...]]) -> Writer:
        """The body of the function that fills these fields and demands one of each group."""
        writer = Writer(name)
        filler = Filler(writer, self._roads)
        lists = ListFiller(filler, self._roads.settings)
        writer.line("out = {}")
        for field in fields:
            field.fill(filler, lists)
        for group in groups:
            with writer.block(f"if {' and '.join(f'out.get({one!r}) is None' for one in group)}:"):
                writer.line(f"{writer.bind(reject, 'reject')}({group!r}, {self.section.name!r})")
        writer.line("return out")
        return writer


def _applies(section: Section, roads: Roads) -> Callable[[Any], bool] | None:
    if not section.when:
        return None
    writer = Writer(f"is_{_identifier(section.name)}")
    writer.line(f"return {Filler(writer, roads).condition(section.when)}")
    run = writer.compiled()
    return lambda raw: bool(run(raw, []))


def _references(section: Section, reader: SectionReader) -> list[tuple[Path, Reference]]:
    """Where the section's records point at others, and at which."""
    known = shapes(section.record_type)
    plain = [
        name
        for name, declared in section.fields.items()
        if declared is not None and known[name].form != "names" and not known[name].is_list
    ]
    rules = [rule for name in plain for rule in reader.field_rules(section.name, name).rules]
    return [(rule.path, rule.reference) for rule in rules if rule.path and rule.reference]


def _fields(section: Section, reader: SectionReader) -> Iterator[Field]:
    """The fields that the section fills, checked."""
    known = shapes(section.record_type)
    for name, declared in section.fields.items():
        shape = known[name]
        if declared is None:
            continue
        if shape.form == "names":
            yield NamedField(name, reader.named_paths(section.name, name))
        elif shape.is_list:
            yield _list_field(name, shape, section, reader)
        else:
            rules = reader.field_rules(section.name, name)
            check_field(section, name, shape, rules)
            yield SingleField(name, shape, rules)


def _list_field(name: str, shape: Shape, section: Section, reader: SectionReader) -> Field:
    elements = reader.elements(section.name, name, MAIN_PART[shape.form])
    for element in elements:
        for part, rule in element.parts.items():
            check_rule(f"{section.name}.fields.{name}.{part}", PART_SHAPES.get(part, Shape("text")), rule)
    return ListField(name, shape.form, elements)


def _custom_fields(section: Section, reader: SectionReader) -> list[Field]:
    if not section.custom_fields:
        return []
    patterns = [name for name in section.custom_fields if _is_pattern(name)]
    named = {name: _custom(section, reader, name) for name in section.custom_fields if not _is_pattern(name)}
    return [CustomFields(named, section.root, _picker(patterns) if patterns else None)]


def _custom(section: Section, reader: SectionReader, name: str) -> FieldRules:
    """A custom field by its name as it stands, or else by the path its dots lead along."""
    paths = dict.fromkeys(((*section.root, name), reader.paths(section.name).path(name)))
    return FieldRules("", tuple(Rule("", path) for path in paths))


def _picker(patterns: list[str]) -> Pick:
    """Gather whatever the record has that a pattern matches."""

    @lru_cache(maxsize=4096)
    def matches(name: str) -> bool:
        """Whether a vendor field belongs to the section."""
        return len(name) < 200 and any(fnmatchcase(name, pattern) for pattern in patterns)

    def pick(fields: Any, found: dict[str, Any], issues: list[Issue]) -> None:
        """Pick the custom fields of one record."""
        for name in fields if isinstance(fields, dict) else ():
            if name not in found and matches(name):
                settle(found, name, fields[name], anything, issues, name)

    return pick


def _is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


def _identifier(name: str) -> str:
    return name.replace(":", "_")
