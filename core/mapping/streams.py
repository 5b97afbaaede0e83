"""A vendor stream as a mapping sees it: what to ask for, and what its records become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from core.errors import RejectedError
from core.mapping.convert.ids import NOBODY, external_id, salesforce_id
from core.mapping.convert.times import TimeReader, epoch_instant
from core.mapping.issues import MISSING, BadValueError, Issue, Missing
from core.mapping.quick import DAYS, MINUTES, SECONDS
from core.mapping.rules import Path, Paths, Settings
from core.mapping.sections import CompiledSection

PLAIN_BYTES = 1_000_000  # in a shorter payload no text is long enough to be cut
FAULTS = (TypeError, ValueError, KeyError, AttributeError, RecursionError)

Written = tuple[str, str, str | None]


class StreamMapping:
    """Everything one stream's records become; immutable.

    ``fields`` are the vendor's names of all that is needed, for ``Connector.read``: those of the canonical fields, of
    ``writes:`` and of keys, the id and the stamp.
    """

    def __init__(
        self, stream: str, sections: Sequence[CompiledSection], paths: Paths, settings: Settings, extra: Sequence[str]
    ) -> None:
        first = sections[0].section
        self.stream = stream
        self.record_types = tuple(dict.fromkeys(compiled.section.record_type for compiled in sections))
        self.id_paths = first.id_paths
        self.stamp_path = first.stamp_path
        self.sections = tuple(sections)
        self._only = sections[0] if len(sections) == 1 and sections[0].applies is None else None
        self._paths = paths
        self._id_key = first.id_paths[0][0] if len(first.id_paths) == 1 == len(first.id_paths[0]) else None
        self._stamp_key = first.stamp_path[0] if first.stamp_path is not None and len(first.stamp_path) == 1 else None
        self._id_lengths = range(18, 19) if first.ids == "salesforce" else range(1, 200)
        self._to_id = salesforce_id if first.ids == "salesforce" else external_id
        self._time = TimeReader(settings.dates, settings.zone)
        self._epoch = epoch_instant(1)
        self.fields = self._asked_for(extra)

    def external_id(self, raw: Any) -> str:
        """The record's id; raises ``RejectedError`` when it has none."""
        value = raw.get(self._id_key) if raw.__class__ is dict else None
        if (
            value.__class__ is str
            and len(value) in self._id_lengths
            and value.isascii()
            and (value.isalnum() or value.isidentifier())
            and value[:15] != NOBODY
        ):
            return str(value)  # nearly every id: nothing to strip, to refuse or to convert
        return self._careful_id(raw)

    def _careful_id(self, raw: Any) -> str:
        try:
            values = [_at(raw, path) for path in self.id_paths]
            parts = [None if value is None or value is MISSING else self._to_id(value) for value in values]
        except BadValueError as bad:
            raise RejectedError(f"its id is unreadable: {bad.problem}", remedy=bad.remedy) from bad
        found = [part for part in parts if part]
        if not found or len(found) < len(parts):
            names = ", ".join(_spelt(path) for path in self.id_paths)
            raise RejectedError(f"a record without id ({names})", remedy="give it one at the source")
        return ":".join(found)

    def stamp(self, raw: Any) -> str | None:
        """When the vendor last changed the record, as an instant in UTC (``…Z``); None when it does not tell."""
        value: Any = raw.get(self._stamp_key) if raw.__class__ is dict else None
        try:
            return DAYS[value[:10]] + MINUTES[value[10:16]] + SECONDS[value[16:]]
        except (KeyError, TypeError):  # not there, nested, or written otherwise
            return self._careful_stamp(raw)

    def _careful_stamp(self, raw: Any) -> str | None:
        value = MISSING if self.stamp_path is None else _at(raw, self.stamp_path)
        if value is None or isinstance(value, Missing):
            return None
        try:
            return self._epoch(value) if isinstance(value, int) and value < 10**11 else self._time.instant(value)
        except BadValueError:
            return None

    def value(self, raw: Any, field: str) -> Any:
        """What a record holds in one vendor field, or ``MISSING``; for fields of ``writes:`` and keys."""
        return _at(raw, self._paths.path(field))

    def references(self, stream: str) -> list[str]:
        """The vendor fields by which these records point at records of a stream, as ``value`` takes them."""
        paths = [path for one in self.sections for path, reference in one.references if reference.may_be_in(stream)]
        return list(dict.fromkeys(self._paths.named(path) for path in paths))

    def normalise(self, raw: Any, issues: list[Issue]) -> list[tuple[str, dict[str, Any]]]:
        """Return ``(record type, canonical data)`` for every section the record belongs to; none is no fault.

        A bad optional value is left absent and told in ``issues``. Raises ``RejectedError`` when it cannot stand.
        """
        if not isinstance(raw, dict):
            raise RejectedError("not a record but a single value", remedy="check the file or stream")
        try:
            if self._only is not None:  # the usual case, without a loop
                return [(self._only.record_type, self._only.normalise(raw, issues))]
            return [
                (one.record_type, one.normalise(raw, issues))
                for one in self.sections
                if one.applies is None or one.applies(raw)
            ]
        except FAULTS as error:
            raise self._unreadable(error) from error

    def written(self, raw: Any, body: bytes, issues: list[Issue]) -> list[Written]:
        """``normalise`` with its outcome as JSON: (record type, canonical JSON, id of the client it names).

        ``body`` is the payload as ``core.store.raw`` encodes it; of a plain one the JSON is written at once.
        """
        if not is_plain(body):
            return [(kind, _dumped(data), data.get("client_id")) for kind, data in self.normalise(raw, issues)]
        try:
            if self._only is not None:
                return [(self._only.record_type, *self._only.write(raw, issues))]
            return [
                (one.record_type, *one.write(raw, issues))
                for one in self.sections
                if one.applies is None or one.applies(raw)
            ]
        except FAULTS as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> RejectedError:
        """One record that trips our own code is parked like any other bad one; the rest of the page goes on."""
        return RejectedError(
            f"Inlay could not read it ({type(error).__name__})",
            where=self.stream,
            remedy="report it with this record; the others are not affected",
            facts={"stream": self.stream},
        )

    def _asked_for(self, extra: Sequence[str]) -> tuple[str, ...]:
        paths = [*self.id_paths, *([self.stamp_path] if self.stamp_path else [])]
        paths += [path for section in self.sections for path in section.paths]
        return tuple(dict.fromkeys([*(self._paths.spelt(path) for path in paths), *extra]))


def _at(raw: Any, path: Path) -> Any:
    for part in path:
        if isinstance(part, int):
            raw = raw[part] if isinstance(raw, list) and part < len(raw) else MISSING
        elif isinstance(raw, dict):
            raw = raw.get(part, MISSING)
        else:
            return None if raw is None else MISSING
    return raw


def is_plain(body: bytes) -> bool:
    """Whether nothing in an encoded payload had to be escaped, nothing has to be cut, and it is a record at all."""
    return b"\\" not in body and len(body) <= PLAIN_BYTES and body[:1] == b"{"


def _dumped(data: dict[str, Any]) -> str:
    try:
        return orjson.dumps(data).decode()
    except TypeError as error:
        raise RejectedError(
            "it holds text that is no valid Unicode", remedy="correct it in the source system"
        ) from error


def _spelt(path: Path) -> str:
    return ".".join(str(part) for part in path)
