"""What a system's description of a stream means to us, kept small, and what has changed since it was last like that.

Of the fields that the mapping uses the best state ever seen is remembered (``Known``); what is worse now is a
``Change``, told in each run until the field is as before or somebody changes the mapping. What got better is learnt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from core.connector import FieldFacts, Finding

Code = Literal["field_removed", "field_renamed", "field_retyped", "option_gone", "field_locked", "field_required"]
CODES: tuple[Code, ...] = (
    "field_removed",
    "field_renamed",
    "field_retyped",
    "option_gone",
    "field_locked",
    "field_required",
)
Found = tuple[Code, tuple[str, ...]]
NAMED = 5
"""Options that are named in a message; the others are counted."""


@dataclass(frozen=True)
class Known:
    """One used field at its best: type, label, whether it could be written, its options where nothing else is taken."""

    type: str
    label: str
    can_write: bool
    options: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Wanted:
    """What the mapping uses of a stream: fields it reads or writes, those it writes, and whether it makes records."""

    used: frozenset[str]
    written: frozenset[str]
    creates: bool


@dataclass(frozen=True)
class Change:
    """One field is worse than it was: how, the last run that saw it well and the first that did not.

    ``detail`` is what else there is to say: the heir of a renamed field, the new type, the lost options.
    """

    code: Code
    field: str
    last_well: str
    first_seen: str
    before: str = ""
    detail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A stream as remembered: its used fields, the names of all others, which ones new records need, and what changed.

    Every part of it is JSON-ready by ``packed``.
    """

    fields: Mapping[str, Known]
    others: frozenset[str]
    required: frozenset[str]
    changes: Mapping[str, Change] = field(default_factory=dict)

    def accepted(self) -> Picture:
        """The same with what has changed so far taken for granted."""
        fields = {name: one for name, one in self.fields.items() if name not in self.changes}
        return Picture(fields, self.others | (self.changes.keys() - fields.keys()), self.required | self.changes.keys())

    def packed(self) -> dict[str, Any]:
        """As JSON; of each field without the names of what it says."""
        return {
            "fields": {name: [one.type, one.label, one.can_write, one.options] for name, one in self.fields.items()},
            "others": sorted(self.others),
            "required": sorted(self.required),
            "changes": [asdict(one) for one in self.changes.values()],
        }

    @classmethod
    def unpacked(cls, kept: Mapping[str, Any]) -> Picture:
        """What ``packed`` wrote."""
        changes = [Change(**{**row, "detail": tuple(row["detail"])}) for row in kept["changes"]]
        return cls(
            {name: _known(*row) for name, row in kept["fields"].items()},
            frozenset(kept["others"]),
            frozenset(kept["required"]),
            {one.field: one for one in changes},
        )


def taken(facts: Mapping[str, FieldFacts], wanted: Wanted) -> Picture:
    """The picture of a stream as it is described now, with nothing before it."""
    used = wanted.used & facts.keys()
    return Picture(
        {name: _at_present(facts[name]) for name in sorted(used)},
        frozenset(facts.keys() - used),
        frozenset(name for name, one in facts.items() if one.is_required),
    )


def compared(before: Picture, facts: Mapping[str, FieldFacts], wanted: Wanted, last: str, at: str) -> Picture:
    """The picture that is to be remembered from now on; ``changes`` are those that hold now.

    ``last`` is the instant of ``before``, ``at`` the present one.
    """
    now = taken(facts, wanted)
    changes = {one.field: one for one in _changes(before, now, facts, wanted, last, at)}
    worse = {name: before.fields[name] for name in changes if name in before.fields}
    fields = {**now.fields, **worse}
    required = now.required - {name for name, one in changes.items() if one.code == "field_required"}
    return Picture(fields, now.others - fields.keys(), required, changes)


def finding_of(change: Change, place: str) -> Finding:
    """What an admin is told of a change; ``place`` is the connection with the stream."""
    what, remedy = _WORDS[change.code]
    named = ", ".join(f"`{one}`" for one in change.detail[:NAMED])
    more = f" and {len(change.detail) - NAMED} more" if len(change.detail) > NAMED else ""
    words = {"field": change.field, "before": change.before, "detail": f"{named}{more}"}
    message = f"{what.format(**words)} (well on {_day(change.last_well)}, noticed on {_day(change.first_seen)})"
    count = len(change.detail) if change.code == "option_gone" else 1
    return Finding(change.code, "warning", message, f"{place}.{change.field}", remedy.format(**words), count)


_AGAIN = "all else is synced meanwhile"
_WORDS: Mapping[Code, tuple[str, str]] = {
    "field_removed": (
        "the field {field} went away, or is hidden from Inlay's user now",
        f"bring it back, let Inlay's user see it, or take it out of the mapping; {_AGAIN}",
    ),
    "field_renamed": (
        "the field {field} went away and {detail} came with its label: it seems to be renamed",
        f"map {{detail}} instead; {_AGAIN}",
    ),
    "field_retyped": (
        "the field {field} was of type {before} and is of type {detail} now",
        "look whether the mapping still fits it, and change it or the field back",
    ),
    "option_gone": (
        "the field {field} no longer takes {detail}",
        "bring them back, or map what writes them to another value",
    ),
    "field_locked": (
        "the field {field}, which Inlay writes, became read-only for Inlay's user",
        f"let Inlay's user edit it, or take it out of the mapping's `writes`; {_AGAIN}",
    ),
    "field_required": (
        "new records need {field} from now on",
        "let the mapping's `create` fill it in, or make it optional again",
    ),
}


def _changes(
    before: Picture, now: Picture, facts: Mapping[str, FieldFacts], wanted: Wanted, last: str, at: str
) -> Iterator[Change]:
    """The gravest change alone of each field; one that was noticed before keeps its time and its heir."""
    new = facts.keys() - before.fields.keys() - before.others
    for name, old in before.fields.items():
        if name not in wanted.used:
            continue
        known = before.changes.get(name)
        since = (known.last_well, known.first_seen) if known else (last, at)
        found = _difference(name, old, now.fields.get(name), wanted.written)
        if found is None:
            continue
        code, detail = found
        if code == "field_removed":
            code, detail = _heir(old, facts, new, known)
        yield Change(code, name, *since, old.type, detail)
    for name in sorted(now.required - before.required if wanted.creates else ()):
        known = before.changes.get(name)
        if known is None or known.code == "field_required":
            yield Change("field_required", name, *((known.last_well, known.first_seen) if known else (last, at)))


def _difference(
    name: str, old: Known, new: Known | None, written: Collection[str]
) -> tuple[Code, tuple[str, ...]] | None:
    if new is None:
        return "field_removed", ()
    if new.type != old.type:
        return "field_retyped", (new.type,)
    if old.options and (lost := tuple(one for one in old.options if one not in (new.options or ()))):
        return "option_gone", lost
    if old.can_write and not new.can_write and name in written:
        return "field_locked", ()
    return None


def _heir(old: Known, facts: Mapping[str, FieldFacts], new: Collection[str], known: Change | None) -> Found:
    """The one new field that has a lost one's label and type; an heir once named stays it while it is there."""
    if known is not None and known.code == "field_renamed" and known.detail[0] in facts:
        return known.code, known.detail
    heirs = [name for name in new if (facts[name].label, facts[name].type) == (old.label, old.type)]
    return ("field_renamed", (heirs[0],)) if len(heirs) == 1 else ("field_removed", ())


def _at_present(facts: FieldFacts) -> Known:
    options = tuple(facts.options) if facts.options is not None and facts.is_restricted else None
    return Known(facts.type, facts.label, facts.can_create or facts.can_update, options)


def _known(kind: str, label: str, can_write: bool, options: list[str] | None) -> Known:
    return Known(kind, label, can_write, None if options is None else tuple(options))


def _day(instant: str) -> str:
    return instant[:16].replace("T", " ")
