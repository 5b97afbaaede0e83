"""Looks at a row before it is sent: a property that cannot be written is left out, and the rest of the row goes on.

HubSpot would refuse the whole record for it. Nothing is left out on old knowledge: what seems wrong is asked about
anew first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.hubspot.discovery import Discovery, Learnt
from connectors.hubspot.kinds import Kind
from connectors.hubspot.outcomes import but_for, in_words
from core.sdk import Outcome, WriteRow

_UNKNOWN, _READ_ONLY, _NO_OPTION = "PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE", "INVALID_OPTION"
_TORN = "BELONGS_TO_ANOTHER"
_TOGETHER = (
    frozenset({"pipeline", "dealstage"}),
    frozenset({"hs_pipeline", "hs_pipeline_stage"}),
    frozenset({"amount", "deal_currency_code"}),
)
"""Properties of which one without the other says something else: an amount in a currency, a stage of a pipeline."""
_OLD = timedelta(seconds=30)


@dataclass(frozen=True)
class Vetted:
    """A row as it may be sent; ``refused`` tells why which properties are not in it."""

    row: WriteRow
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to send of a row that had something."""
        return bool(self.refused) and not self.row.values

    def without(self, faults: Mapping[str, str]) -> Vetted:
        """The row without these properties, and without those that would mean something else alone."""
        if not faults:
            return self
        torn = {name for group in _TOGETHER if not group.isdisjoint(faults) for name in group & self.row.values.keys()}
        gone = {**dict.fromkeys(sorted(torn), _TORN), **faults}
        kept = {name: value for name, value in self.row.values.items() if name not in gone}
        return Vetted(replace(self.row, values=kept), {**self.refused, **gone})

    def told(self, outcome: Outcome) -> Outcome:
        """The outcome of what was sent, with what was not."""
        return but_for(outcome, self.refused) if outcome.state == "applied" else outcome

    def rejection(self) -> Outcome:
        """The outcome where nothing was left to send."""
        code = next(iter(self.refused.values()))
        words = in_words(self.refused)
        return Outcome("rejected", self.row.external_id, code=code, message=words, fields=tuple(self.refused))


class Vetting:
    """Vets the rows of one connection."""

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery

    def vet(self, kind: Kind, rows: Sequence[WriteRow], now: datetime) -> list[Vetted]:
        """One vetted row per row, in order."""
        found = _vet_all(self._discovery.learnt(kind.name), rows)
        if any(one.refused for one in found):
            return _vet_all(self._discovery.learnt(kind.name, not_before=now - _OLD), rows)
        return found


def _vet_all(learnt: Learnt, rows: Sequence[WriteRow]) -> list[Vetted]:
    return [_vet(learnt, row) for row in rows]


def _vet(learnt: Learnt, row: WriteRow) -> Vetted:
    return Vetted(row).without(dict(_faults(learnt, row)))


def _faults(learnt: Learnt, row: WriteRow) -> Iterator[tuple[str, str]]:
    for name, value in row.values.items():
        facts, choices = learnt.facts.get(name), learnt.choices.get(name)
        if facts is None:
            yield name, _UNKNOWN
        elif not facts.can_update:
            yield name, _READ_ONLY
        elif choices is not None and not _may_be(as_text(value, facts.type), choices):
            yield name, _NO_OPTION


def _may_be(text: str, choices: frozenset[str]) -> bool:
    """Several options are joined by semicolons, and one in front adds to those chosen already."""
    return not text or text in choices or all(part in choices for part in text.split(";") if part)


def as_text(value: object, kind: str = "") -> str:
    """HubSpot takes text only, and empty text clears; truth is written small."""
    text = "" if value is None else str(value)
    return text.lower() if isinstance(value, bool) or kind == "bool" else text
