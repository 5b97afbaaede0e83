"""Compiles one section into one function: vendor record in, canonical data out."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Any

from core.mapping.convert.text import anything
from core.mapping.emit import Writer
from core.mapping.fill import Filler
from core.mapping.forms import Shape, shapes
from core.mapping.issues import Issue
from core.mapping.lists import MAIN_PART, PART_SHAPES, ListFiller, Pick, TextLists
from core.mapping.rules import FieldRules, Path, Reference, Rule, Section, SectionReader, Settings
from core.mapping.sense import check_field, check_required, check_rule
from core.mapping.settle import reject, settle
from core.mapping.sink import Groups, Texts

Normalise = Callable[[Any, list[Issue]], dict[str, Any]]
Lists = ListFiller | TextLists
Write = Callable[[Any, list[Issue]], tuple[str, str | None]]


class CompiledSection:
    """One section made runnable: ``applies`` tells whether a record is of this kind, ``normalise`` reads it.

    ``write`` gives what dumping the outcome of ``normalise`` would, and the client it names, for plain payloads only
    (``core.mapping.sink``); it is compiled when it is first asked for.
    """

    def __init__(self, section: Section, reader: SectionReader, settings: Settings, connection: str) -> None:
        self.section = section
        self.record_type = section.record_type
        self.paths: list[Path] = [condition.path for condition in section.when]
        self._terms = (section, reader, settings, connection)
        writer = Writer(f"to_{_identifier(section.name)}")
        filler = Filler(writer, Groups(writer), settings, connection, section.ids)
        _write_section(section, reader, filler, ListFiller(filler, settings), self.paths)
        self.source = writer.source()
        self.normalise: Normalise = writer.compiled()
        self.applies = _applies(section, settings, connection)
        self.references = _references(section, reader)

    @cached_property
    def write(self) -> Write:
        """The road of plain payloads."""
        return self.text_writer().compiled()

    def text_writer(self) -> Writer:
        """The source of ``write``."""
        section, reader, settings, connection = self._terms
        writer = Writer(f"write_{_identifier(section.name)}")
        sink = Texts(writer)
        filler = Filler(writer, sink, settings, connection, section.ids)
        beside = Filler(writer, Groups(writer), settings, connection, section.ids)
        _write_section(section, reader, filler, TextLists(filler, sink, settings, beside), [])
        return writer


def _applies(section: Section, settings: Settings, connection: str) -> Callable[[Any], bool] | None:
    if not section.when:
        return None
    writer = Writer(f"is_{_identifier(section.name)}")
    test = Filler(writer, Groups(writer), settings, connection, section.ids).condition(section.when)
    writer.line(f"return {test}")
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


def _write_section(section: Section, reader: SectionReader, filler: Filler, lists: Lists, paths: list[Path]) -> None:
    """Write the whole body, in the words of the filler's sink, and gather the vendor paths it reads."""
    writer, sink, known = filler.writer, filler.sink, shapes(section.record_type)
    groups = check_required(section)
    sink.begin()
    for name, declared in section.fields.items():
        shape = known[name]
        if declared is None:
            continue
        if shape.form == "names":
            named = reader.named_paths(section.name, name)
            paths += named.values()
            lists.names(name, named)
        elif shape.is_list:
            paths += _fill_list(name, shape, section, reader, lists)
        else:
            paths += _fill_field(name, shape, section, reader, filler)
    _write_custom(section, reader, lists, paths)
    for group in groups:
        with writer.block(f"if {' and '.join(map(sink.lacks, group))}:"):
            writer.line(f"{writer.bind(reject, 'reject')}({group!r}, {section.name!r})")
    sink.finish()


def _fill_field(name: str, shape: Shape, section: Section, reader: SectionReader, filler: Filler) -> list[Path]:
    rules = reader.field_rules(section.name, name)
    check_field(section, name, shape, rules)
    filler.fill(filler.sink.field(name), shape, rules)
    paths = [rule.path for rule in rules.rules if rule.path is not None]
    if shape.form == "money":
        paths += [used for rule in rules.rules if isinstance(used := rule.currency or filler.currency, tuple)]
    return paths + [condition.path for rule in rules.rules for condition in rule.when]


def _fill_list(name: str, shape: Shape, section: Section, reader: SectionReader, lists: Lists) -> list[Path]:
    elements = reader.elements(section.name, name, MAIN_PART[shape.form])
    for element in elements:
        for part, rule in element.parts.items():
            check_rule(f"{section.name}.fields.{name}.{part}", PART_SHAPES.get(part, Shape("text")), rule)
    lists.fill(name, shape.form, elements)
    return [rule.path for element in elements for rule in element.parts.values() if rule.path is not None]


def _write_custom(section: Section, reader: SectionReader, lists: Lists, paths: list[Path]) -> None:
    if not section.custom_fields:
        return
    patterns = [name for name in section.custom_fields if _is_pattern(name)]
    named = {name: _custom(section, reader, name) for name in section.custom_fields if not _is_pattern(name)}
    paths += [rule.path for rules in named.values() for rule in rules.rules if rule.path is not None]
    lists.custom(named, section.root, _picker(patterns) if patterns else None)


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
