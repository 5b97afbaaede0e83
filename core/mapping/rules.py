"""A checked mapping document as typed declarations: sections, and per field the rules that fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import ConfigError
from core.mapping.document import Document
from core.mapping.yamltext import Trail
from core.model import RECORD_TYPES
from core.yamlfile import nearest

Path = tuple[str | int, ...]
NOT_NULL = "not null"


@dataclass(frozen=True)
class Condition:
    """A vendor field and the values it must have (or, negated, must not have); None among them means empty."""

    path: Path
    wanted: tuple[Any, ...]
    negated: bool = False


@dataclass(frozen=True)
class Reference:
    """Where a referenced record lives: always in ``stream``, or told by the first characters of its id."""

    stream: str | None
    record_type: str
    by_prefix: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def may_be_in(self, stream: str) -> bool:
        """Whether a referenced record may be one of this stream."""
        return stream == self.stream or any(stream == other for other, _ in self.by_prefix.values())


@dataclass(frozen=True)
class Rule:
    """One way to fill a field: from a vendor path through a converter, or a constant, if its conditions hold."""

    place: str
    path: Path | None = None
    converter: str | None = None
    values: Mapping[str, Any] | None = None
    otherwise: Any = None
    has_otherwise: bool = False
    reference: Reference | None = None
    const: Any = None
    currency: Path | str | None = None
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class FieldRules:
    """How one canonical field is filled: the first rule that yields a value wins; ``default`` if none does."""

    place: str
    rules: tuple[Rule, ...]
    default: Any = None


@dataclass(frozen=True)
class Element:
    """One element of a list field: its fixed parts, and a rule for each part that is read."""

    place: str
    fixed: Mapping[str, Any]
    parts: Mapping[str, Rule]


@dataclass(frozen=True)
class Settings:
    """What holds for a whole mapping file: how dates, numbers and ids are written."""

    currency: Path | str | None = None
    firm_currency: str | None = None
    region: str | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    dates: tuple[str, ...] = ()
    decimal_comma: bool = False


@dataclass(frozen=True)
class Section:
    """One record type read from one stream."""

    name: str
    place: str
    stream: str
    id_paths: tuple[Path, ...]
    stamp_path: Path | None
    ids: str
    root: Path
    when: tuple[Condition, ...]
    required: tuple[str, ...]
    fields: Mapping[str, Any]
    custom_fields: tuple[str, ...]

    @property
    def record_type(self) -> str:
        """The record type, without what tells several sections of it apart."""
        return self.name.partition(":")[0]


class Paths:
    """Turns vendor names into paths: dots lead into groups, digits into lists; plain names stand under ``under``."""

    def __init__(self, root: str | None, beside: Sequence[str], *, flat: bool) -> None:
        self.root: Path = () if root is None else tuple(root.split("."))
        self._beside = frozenset(beside)
        self._flat = flat
        self._known: dict[str, Path] = {}

    def path(self, name: str) -> Path:
        """The way to a value, from the top of the record."""
        if name not in self._known:
            self._known[name] = self._path(name)
        return self._known[name]

    def _path(self, name: str) -> Path:
        if self._flat:
            return (*self.root, name)
        parts: Path = tuple(int(part) if part.isdigit() else part for part in name.split("."))
        return parts if parts[0] in self._beside else (*self.root, *parts)

    def named(self, path: Path) -> str:
        """The name that leads to a path, positions in lists included: the way back from ``path``."""
        return ".".join(str(part) for part in self._inside(path))

    def spelt(self, path: Path) -> str:
        """The vendor's name of what stands at a path, as a connector asks for it: no position in a list, no root."""
        named = self._inside(path)
        until = next((index for index, part in enumerate(named) if isinstance(part, int)), len(named))
        return ".".join(str(part) for part in named[:until])

    def _inside(self, path: Path) -> Path:
        return path[len(self.root) :] if path[: len(self.root)] == self.root else path


def settings_of(document: Document, currency: str | None, region: str | None) -> Settings:
    """Read the file-wide settings; the firm's own currency and region fill what the file leaves open."""
    data = document.data
    return Settings(
        currency=_currency(data.get("currency"), _file_paths(data)),
        firm_currency=currency,
        region=data.get("region", region),
        zone=_zone(data.get("time_zone", "UTC"), document),
        dates=tuple(data.get("dates", ())),
        decimal_comma=data.get("decimal_comma", False),
    )


def _zone(name: str, document: Document) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"`time_zone`: there is no time zone `{name}`",
            where=document.place(("time_zone",)),
            remedy="write it as Europe/London",
        ) from None


def _file_paths(data: Mapping[str, Any]) -> Paths:
    return Paths(data.get("under"), data.get("beside", ()), flat=data.get("flat", False))


def _currency(declared: Any, paths: Paths) -> Path | str | None:
    if isinstance(declared, dict):
        return str(declared["const"])
    return None if declared is None else paths.path(declared)


def section_names(document: Document) -> list[str]:
    """The names of all sections, in file order."""
    return [name for name in document.data if name.partition(":")[0] in RECORD_TYPES]


class SectionReader:
    """Reads the sections of one document; errors name the place of the entry."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._streams: dict[str, str] = {}
        for name in section_names(document):
            self.demand((name,), "stream", "fields")
            self._streams.setdefault(name.partition(":")[0], document.data[name]["stream"])

    def read(self, name: str) -> Section:
        """Read one section."""
        data, entry = self._document.data, self._document.data[name]
        paths = self.paths(name)
        stamp = entry.get("stamp", data.get("stamp"))
        ids = entry.get("id", data.get("id"))
        if ids is None:
            raise self.error((name,), f"`{name}`: which vendor field is the id?", "add `id:` here or at the top")
        return Section(
            name=name,
            place=self._document.place((name,)),
            stream=entry["stream"],
            id_paths=tuple(paths.path(one) for one in ([ids] if isinstance(ids, str) else ids)),
            stamp_path=None if stamp is None else paths.path(stamp),
            ids=entry.get("ids", data.get("ids", "text")),
            root=paths.root,
            when=self._conditions(entry.get("when", {}), paths),
            required=tuple(entry.get("required", ())),
            fields=entry["fields"],
            custom_fields=tuple(entry.get("custom_fields", ())),
        )

    def paths(self, name: str) -> Paths:
        """How the names of a section's vendor fields lead to their values."""
        data, entry = self._document.data, self._document.data[name]
        return Paths(entry.get("under", data.get("under")), data.get("beside", ()), flat=data.get("flat", False))

    def place(self, trail: Trail) -> str:
        """Where an entry stands."""
        return self._document.place(trail)

    def error(self, trail: Trail, what: str, remedy: str) -> ConfigError:
        """A ``ConfigError`` about one entry."""
        return ConfigError(what, where=self._document.place(trail), remedy=remedy)

    def demand(self, trail: Trail, *names: str) -> None:
        """Raise ``ConfigError`` unless the group at ``trail`` has these entries (an overlay may lack them)."""
        entry: Any = self._document.data
        for part in trail:
            entry = entry[part]
        for name in names:
            if name not in entry:
                raise self.error(trail, f"{_named(trail)}: `{name}` is missing", f"add `{name}:`")

    def field_rules(self, section: str, name: str) -> FieldRules:
        """Read the rules of a field that holds one value."""
        trail, declared = (section, "fields", name), self._document.data[section]["fields"][name]
        rules: list[Rule] = []
        for index, one in enumerate(declared if isinstance(declared, list) else [declared]):
            rules += self._alternatives(section, (*trail, index) if isinstance(declared, list) else trail, one)
        default = declared.get("default") if isinstance(declared, dict) else None
        return FieldRules(self.place(trail), tuple(rules), default)

    def elements(self, section: str, name: str, main_part: str) -> list[Element]:
        """Read the elements of a list field; an element given as plain text is the path of its main part."""
        trail, declared = (section, "fields", name), self._document.data[section]["fields"][name]
        listed = declared if isinstance(declared, list) else [declared]
        return [self._element(section, (*trail, index), one, main_part) for index, one in enumerate(listed)]

    def named_paths(self, section: str, name: str) -> dict[str, Path]:
        """Read a field that is a group of names, each from its own path."""
        paths = self.paths(section)
        return {key: paths.path(one) for key, one in self._document.data[section]["fields"][name].items()}

    def _element(self, section: str, trail: Trail, declared: Any, main_part: str) -> Element:
        if isinstance(declared, str) or "from" in declared:
            declared = {main_part: declared}
        fixed = {key: declared[key] for key in ("kind", "type", "role") if key in declared}
        parts = {
            key: self._alternatives(section, (*trail, key), one)[0] for key, one in declared.items() if key not in fixed
        }
        return Element(self.place(trail), fixed, parts)

    def _alternatives(self, section: str, trail: Trail, declared: Any) -> list[Rule]:
        paths, place = self.paths(section), self.place(trail)
        if isinstance(declared, str):
            return [Rule(place, paths.path(declared))]
        sources = declared.get("from", [])
        if ("const" in declared) == bool(sources):
            raise self.error(trail, f"{_named(trail)}: it needs either `from:` or `const:`", "name the vendor field")
        if "default" in declared and len(trail) != 3:
            raise self.error(
                trail, f"{_named(trail)}: `default` has no place inside a list", "end the list with {const: …}"
            )
        shared: dict[str, Any] = {
            "converter": declared.get("as"),
            "values": declared.get("values"),
            "otherwise": declared.get("otherwise"),
            "has_otherwise": "otherwise" in declared,
            "reference": self._reference(declared.get("ref"), trail),
            "const": declared.get("const"),
            "currency": _currency(declared.get("currency"), paths),
            "when": self._conditions(declared.get("when", {}), paths),
        }
        if not sources:
            return [Rule(place, **shared)]
        return [Rule(place, paths.path(one), **shared) for one in ([sources] if isinstance(sources, str) else sources)]

    def _reference(self, declared: Any, trail: Trail) -> Reference | None:
        if declared is None:
            return None
        if isinstance(declared, str):
            return Reference(self._stream(declared, trail), declared)
        by_prefix = {prefix: (self._stream(kind, trail), kind) for prefix, kind in declared["prefix"].items()}
        if len({len(prefix) for prefix in by_prefix}) != 1:
            raise self.error(
                trail, f"{_named(trail)}: all beginnings under `prefix` must be of one length", "see mappings/README.md"
            )
        return Reference(None, "", by_prefix)

    def _stream(self, record_type: str, trail: Trail) -> str:
        if record_type not in self._streams:
            raise self.error(
                trail,
                f"{_named(trail)}: `ref: {record_type}` points at a record type this mapping has no section for",
                nearest(record_type, list(self._streams)),
            )
        return self._streams[record_type]

    @staticmethod
    def _conditions(declared: Mapping[str, Any], paths: Paths) -> tuple[Condition, ...]:
        return tuple(_condition(paths.path(name), wanted) for name, wanted in declared.items())


def _named(trail: Trail) -> str:
    return f"`{'.'.join(map(str, trail))}`" if trail else "the mapping"


def _condition(path: Path, wanted: Any) -> Condition:
    negated = isinstance(wanted, dict)
    values = wanted["not"] if negated else wanted
    if values == NOT_NULL:
        return Condition(path, (None,), negated=not negated)
    return Condition(path, tuple(values) if isinstance(values, list) else (values,), negated=negated)
