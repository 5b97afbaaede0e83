"""A vendor stream as a mapping sees it: what to ask for, and what its records become."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import orjson

from core.errors import RejectedError
from core.mapping.convert.ids import NOBODY, external_id, salesforce_id
from core.mapping.convert.times import TimeReader, epoch_instant
from core.mapping.issues import MISSING, BadValueError, Issue, Missing
from core.mapping.kernels import FAULTS
from core.mapping.quick import DAYS, MINUTES, SECONDS
from core.mapping.rules import Path, Paths, Settings
from core.mapping.sections import CompiledSection

PLAIN_BYTES = 1_000_000  # in a shorter payload no text is long enough to be cut

Written = tuple[str, str, str | None]
"""(Record type, canonical JSON, id of the client it names)."""
Outcome = list[Written] | RejectedError


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

    def ordinary_ids(self, raws: Sequence[Any]) -> list[str] | None:
        """The ids of many records, where nothing is to strip, to refuse or to convert in any; None otherwise."""
        try:
            found: list[str] = [raw[self._id_key] for raw in raws]
            joined = "".join(found)
        except (KeyError, TypeError):
            return None
        fits = joined.isascii() and joined.isalnum() and NOBODY not in joined
        return found if fits and all(length in self._id_lengths for length in set(map(len, found))) else None

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

    def stamps(self, raws: Sequence[Any]) -> list[str | None]:
        """``stamp`` for many records."""
        try:
            found = [raw[self._stamp_key] for raw in raws]
            return [DAYS[value[:10]] + MINUTES[value[10:16]] + SECONDS[value[16:]] for value in found]
        except (KeyError, TypeError):
            return [*map(self.stamp, raws)]

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

    def written(self, payloads: Sequence[tuple[Any, bytes]], issues: list[Issue]) -> list[Outcome]:
        """``normalise`` with its outcome as JSON, for many records: rows of each, or why it is refused.

        A payload comes with its encoded form (``core.store.raw``). Plain ones are written side by side, others alone;
        ``issues`` are in the order of the records, those of refused ones left out.
        """
        plain = plain_among([body for _, body in payloads])
        if self._only is not None and len(plain) == len(payloads) > 0:  # the usual case
            made, kind = self._only.sheet.write([raw for raw, _ in payloads]), self._only.record_type
            if not made.issues and not made.errors:
                return [[(kind, text, client)] for text, client in zip(made.texts, made.clients, strict=True)]
        outcomes: list[Outcome] = [[] for _ in payloads]
        told: list[tuple[int, Issue]] = []
        if plain:
            self._write_plain([payloads[row][0] for row in plain], plain, outcomes, told)
        for row in set(range(len(payloads))).difference(plain):
            outcomes[row] = self._write_alone(payloads[row][0], row, told)
        told.sort(key=itemgetter(0))
        issues.extend(issue for row, issue in told if not isinstance(outcomes[row], RejectedError))
        return outcomes

    def _write_alone(self, raw: Any, row: int, told: list[tuple[int, Issue]]) -> Outcome:
        issues: list[Issue] = []
        try:
            made = self.normalise(raw, issues)
            told.extend((row, issue) for issue in issues)
            return [(kind, _dumped(data), data.get("client_id")) for kind, data in made]
        except RejectedError as refused:
            return refused

    def _write_plain(
        self, raws: list[Any], rows: list[int], outcomes: list[Outcome], told: list[tuple[int, Issue]]
    ) -> None:
        for section in self.sections:
            members = self._members(section, raws, rows, outcomes)
            if not members:
                continue
            made, kind = section.sheet.write([raws[number] for number in members]), section.record_type
            told.extend((rows[members[number]], issue) for number, issue in made.issues)
            for number, text, client in zip(members, made.texts, made.clients, strict=True):
                outcome = outcomes[rows[number]]
                if outcome.__class__ is list:
                    outcome.append((kind, text, client))
            for number, error in made.errors.items():
                self._refuse(outcomes, rows[members[number]], error)

    def _members(
        self, section: CompiledSection, raws: list[Any], rows: list[int], outcomes: list[Outcome]
    ) -> Sequence[int]:
        """The numbers of the records that are of a section's kind."""
        if section.applies is None:
            return range(len(raws))
        members: list[int] = []
        for number, raw in enumerate(raws):
            try:
                if section.applies(raw):
                    members.append(number)
            except FAULTS as error:
                self._refuse(outcomes, rows[number], error)
        return members

    def _refuse(self, outcomes: list[Outcome], row: int, error: Exception) -> None:
        """The first thing that is wrong with a record is told."""
        if not isinstance(outcomes[row], RejectedError):
            outcomes[row] = error if isinstance(error, RejectedError) else self._unreadable(error)

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
    return bool(plain_among([body]))


def plain_among(bodies: Sequence[bytes]) -> list[int]:
    """The places of those for which ``is_plain`` holds."""
    most = PLAIN_BYTES
    return [row for row, body in enumerate(bodies) if b"\\" not in body and len(body) <= most and body.startswith(b"{")]


def _dumped(data: dict[str, Any]) -> str:
    try:
        return orjson.dumps(data).decode()
    except TypeError as error:
        raise RejectedError(
            "it holds text that is no valid Unicode", remedy="correct it in the source system"
        ) from error


def _spelt(path: Path) -> str:
    return ".".join(str(part) for part in path)
