"""A vendor's mapping with the firm's overlay, compiled for one connection."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from core.errors import ConfigError
from core.mapping.check import check_document
from core.mapping.document import Document, read_document
from core.mapping.forms import shapes
from core.mapping.rules import Section, SectionReader, Settings, section_names, settings_of
from core.mapping.sections import CompiledSection
from core.mapping.streams import StreamMapping
from core.mapping.writes import CreateRule, FieldWrite, read_create, read_writes
from core.yamlfile import nearest

COMPILER = 2
"""Raised whenever the same mapping file would normalise a record differently than before."""

FOLDER = Path(__file__).resolve().parents[2] / "mappings"


@dataclass(frozen=True)
class Mapping:
    """What a connection's records become and which of its fields take signals; immutable.

    ``hash`` changes when the mapping would normalise a record differently, not when only ``writes:`` or ``create:`` do.
    """

    connector: str
    connection: str
    hash: str
    streams: Table[str, StreamMapping]
    writes: Sequence[FieldWrite]
    creates: Table[str, CreateRule]

    @classmethod
    def load(
        cls,
        source: Path | str,
        connection: str,
        overlay: Path | None = None,
        *,
        currency: str | None = None,
        region: str | None = None,
    ) -> Mapping:
        """Read and compile a mapping: a file, or the name of a bundled one, with the firm's overlay over it.

        An overlay that says ``extends: NAME`` lies over that bundled mapping instead; where neither is there, it is the
        whole mapping. ``currency`` and ``region`` are the firm's own, for amounts and phone numbers that name none.
        Raises ``ConfigError`` naming file, line, field and what would be right.
        """
        document = _effective(source, overlay)
        check_document(document)
        return _compiled(document, connection, settings_of(document, currency, region), (currency, region))


def bundled() -> dict[str, Path]:
    """The mappings that come with Inlay, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


def effective(name: str) -> Document:
    """A bundled mapping as plain data, what it extends included."""
    return _effective(name, None)


def _effective(source: Path | str, overlay: Path | None) -> Document:
    """The document that counts: the base, what it extends below it, the overlay above it."""
    known = bundled()
    if overlay is None:
        return _extended(_bundled(source, "") if isinstance(source, str) else read_document(source), ())
    over = read_document(overlay)
    if "extends" in over.data or (isinstance(source, str) and source not in known):
        return _extended(over, ())
    base = known[source] if isinstance(source, str) else source
    return _extended(read_document(base), ()).overlaid(over)


def _extended(document: Document, above: tuple[str, ...]) -> Document:
    """Lay a document over the bundled one it extends, if it does."""
    name = document.data.pop("extends", None)
    if name is None:
        return document
    where = document.place(("extends",))
    if not isinstance(name, str) or name in above:
        raise ConfigError(
            "`extends` must name another bundled mapping", where=where, remedy=f"use one of: {', '.join(bundled())}"
        )
    return _extended(_bundled(name, where), (*above, name)).overlaid(document)


def _bundled(name: str, where: str) -> Document:
    known = bundled()
    if name not in known:
        raise ConfigError(f"there is no mapping named `{name}`", where=where, remedy=nearest(name, list(known)))
    return read_document(known[name])


def _compiled(document: Document, connection: str, settings: Settings, firm: tuple[str | None, ...]) -> Mapping:
    reader = SectionReader(document)
    reader.demand((), "connector")
    names = section_names(document)
    sections = [reader.read(name) for name in names]
    by_stream: dict[str, list[Section]] = {}
    for section in sections:
        by_stream.setdefault(section.stream, []).append(section)
        _check_agreement(by_stream[section.stream][0], section)
    writes = [one for name in names for one in read_writes(reader, name, document.data[name])]
    creates = _creates(reader, document, sections)
    extra = _extra_fields(writes, creates)
    streams = {
        stream: StreamMapping(
            stream,
            [CompiledSection(one, reader, settings, connection) for one in members],
            reader.paths(members[0].name),
            settings,
            extra.get(stream, ()),
        )
        for stream, members in by_stream.items()
    }
    return Mapping(
        connector=document.data["connector"],
        connection=connection,
        hash=_hash(document, connection, firm),
        streams=MappingProxyType(streams),
        writes=tuple(writes),
        creates=MappingProxyType(creates),
    )


def _check_agreement(first: Section, other: Section) -> None:
    if (first.id_paths, first.stamp_path, first.root, first.ids) != (
        other.id_paths,
        other.stamp_path,
        other.root,
        other.ids,
    ):
        raise ConfigError(
            f"`{other.name}` and `{first.name}` read {other.stream} with different `id`, `ids`, `stamp` or `under`",
            where=other.place,
            remedy="write them alike",
        )


def _creates(reader: SectionReader, document: Document, sections: Sequence[Section]) -> dict[str, CreateRule]:
    streams: dict[str, str] = {}
    for section in sections:
        streams.setdefault(section.record_type, section.stream)
    creates: dict[str, CreateRule] = {}
    for section in sections:
        entry = document.data[section.name]
        if "create" not in entry:
            continue
        if section.record_type in creates:
            trail = (section.name, "create")
            raise reader.error(trail, f"a second `create:` for {section.record_type}", "keep one of them")
        known = list(shapes(section.record_type))
        creates[section.record_type] = read_create(reader, section.name, entry, known, streams)
    return creates


def _extra_fields(writes: Sequence[FieldWrite], creates: Table[str, CreateRule]) -> dict[str, list[str]]:
    """The fields to ask for beside those that are normalised: what may be written is read first."""
    extra: dict[str, list[str]] = {}
    for write in writes:
        extra.setdefault(write.stream, []).append(write.field)
    for rule in creates.values():
        extra.setdefault(rule.stream, []).append(rule.key_field)
    return extra


def _hash(document: Document, connection: str, firm: tuple[str | None, ...]) -> str:
    sections = set(section_names(document))
    content = {
        key: {name: part for name, part in entry.items() if name not in {"writes", "create"}}
        if key in sections
        else entry
        for key, entry in document.data.items()
    }
    text = json.dumps([COMPILER, connection, firm, content], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
