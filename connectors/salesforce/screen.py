"""Leaves out of a row what the integration user cannot write, so that one lost field does not stop the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.sdk import FieldFacts, Outcome, Verb, WriteRow

UNKNOWN, READ_ONLY = "INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"


@dataclass(frozen=True)
class Screened:
    """A row as it may be sent, and the fields it had to leave behind with Salesforce's code for them."""

    row: WriteRow
    left_out: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is left to send."""
        return bool(self.left_out) and not self.row.values

    def refusal(self) -> Outcome:
        """The outcome of a row of which nothing could be sent."""
        code = next(iter(self.left_out.values()))
        return Outcome("rejected", self.row.external_id, code=code, message=self._words, fields=tuple(self.left_out))

    def outcome(self, sent: Outcome) -> Outcome:
        """What became of the row, naming the fields left out of a row that was otherwise written."""
        if not self.left_out or sent.state != "applied":
            return sent
        code = next(iter(self.left_out.values()))
        return replace(sent, code=code, message=self._words, fields=tuple(self.left_out))

    @property
    def _words(self) -> str:
        return f"not sent, since the integration user cannot write it: {', '.join(sorted(self.left_out))}"


def screened(rows: Sequence[WriteRow], verb: Verb, facts: Mapping[str, FieldFacts]) -> list[Screened]:
    """Return the rows without unknown and read-only fields; a row to delete has none."""
    return [_screened(row, verb, facts) for row in rows]


def _screened(row: WriteRow, verb: Verb, facts: Mapping[str, FieldFacts]) -> Screened:
    left_out = {name: code for name in row.values if (code := _misfit(facts.get(name), verb))}
    if not left_out:
        return Screened(row, {})
    return Screened(replace(row, values={k: v for k, v in row.values.items() if k not in left_out}), left_out)


def _misfit(known: FieldFacts | None, verb: Verb) -> str | None:
    if known is None:
        return UNKNOWN
    # An upsert may create; what can be set at creation alone is then for the org to judge.
    writable = known.can_update if verb == "update" else known.can_create or known.can_update
    return None if writable else READ_ONLY
