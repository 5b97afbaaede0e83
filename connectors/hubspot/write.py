"""Writes records: vetted, in batches, with one outcome per record, and read back where HubSpot's word is not enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from connectors.hubspot.client import OBJECTS, HubSpotClient, Json
from connectors.hubspot.discovery import Discovery
from connectors.hubspot.kinds import Kind
from connectors.hubspot.linking import Linker
from connectors.hubspot.lookup import find_by_key, now_called, read_rows
from connectors.hubspot.outcomes import LIFECYCLE, kept_stage
from connectors.hubspot.refusals import OutOfQuota
from connectors.hubspot.sending import NO_WORD, or_retry, send, send_rows
from connectors.hubspot.vetting import Vetted, Vetting, as_text
from core.sdk import BugError, Clock, Outcome, RetryLater, Verb, WriteRow

_TAKEN = frozenset({"CONFLICTING_UNIQUE_VALUE", "CONFLICT"})
_ABSENT = "OBJECT_NOT_FOUND"

Rows = Sequence[WriteRow]


class Writer:
    """Sends batches; ``AuthError``, ``ConfigError`` and ``OutOfQuota`` concern everything still to be sent: raised."""

    def __init__(self, client: HubSpotClient, kinds: Mapping[str, Kind], discovery: Discovery, clock: Clock) -> None:
        self._client = client
        self._kinds = kinds
        self._vetting = Vetting(discovery)
        self._clock = clock
        self._linker = Linker(client, kinds)
        self._senders: Mapping[Verb, Callable[[Kind, Rows], list[Outcome]]] = {
            "update": self._update,
            "upsert": self._upsert,
        }

    def write(self, stream: str, verb: Verb, rows: Rows) -> list[Outcome]:
        """Send rows of one object type; one outcome per row, in order."""
        kind = self._kinds[stream]
        if verb == "delete":
            return self._archive(kind, rows)
        return self._vetted(kind, rows, lambda sendable: self._senders[verb](kind, sendable))

    def create(self, stream: str, rows: Rows) -> list[Outcome]:
        """Make records that have no key; repeating this makes them again."""
        kind = self._kinds[stream]
        return self._vetted(kind, rows, lambda sendable: self._make(kind, sendable))

    def _vetted(self, kind: Kind, rows: Rows, send_all: Callable[[Rows], list[Outcome]]) -> list[Outcome]:
        try:
            vetted = self._vetting.vet(kind, rows, self._clock.now())
        except OutOfQuota:
            raise
        except RetryLater as busy:
            return [Outcome("retry", message=busy.what, retry_at=busy.retry_at)] * len(rows)
        outcomes = iter(send_all([one.row for one in vetted if not one.is_empty]))
        found = [one.rejection() if one.is_empty else one.told(next(outcomes)) for one in vetted]
        return self._stages_read_back(kind, vetted, found)

    def _update(self, kind: Kind, rows: Rows) -> list[Outcome]:
        outcomes = self._update_as_named(kind, rows)
        if kind.can_merge:
            outcomes = self._follow_merges(kind, rows, outcomes)
        return [self._linker.link(kind, row, done) for row, done in zip(rows, outcomes, strict=True)]

    def _update_as_named(self, kind: Kind, rows: Rows) -> list[Outcome]:
        inputs = [{"id": _id(row, kind), "properties": _values(row)} for row in rows]
        return send_rows(self._client, kind, "update", inputs)

    def _follow_merges(self, kind: Kind, rows: Rows, outcomes: list[Outcome]) -> list[Outcome]:
        """Batches know no ids from before a merge, but a single read does; send those rows again under the new id."""
        absent = [at for at, outcome in enumerate(outcomes) if outcome.code == _ABSENT]
        told = or_retry(lambda: [self._follow(kind, rows[at], outcomes[at]) for at in absent], len(absent))
        found = dict(zip(absent, told, strict=True))
        return [found.get(at, outcome) for at, outcome in enumerate(outcomes)]

    def _follow(self, kind: Kind, row: WriteRow, refused: Outcome) -> Outcome:
        heir = now_called(self._client, kind, _id(row, kind))
        return self._update_as_named(kind, [replace(row, external_id=heir)])[0] if heir else refused

    def _upsert(self, kind: Kind, rows: Rows) -> list[Outcome]:
        """Rows with links are created, for an upsert cannot associate; their unique key keeps them from being two."""
        plain = [at for at, row in enumerate(rows) if not row.links]
        linked = [at for at, row in enumerate(rows) if row.links]
        first = self._upsert_plain(kind, [rows[at] for at in plain])
        create = partial(self._create, kind, [rows[at] for at in linked])
        second = or_retry(create, len(linked)) if plain else create()
        outcomes = {**dict(zip(plain, first, strict=True)), **dict(zip(linked, second, strict=True))}
        return [outcomes[at] for at in range(len(rows))]

    def _upsert_plain(self, kind: Kind, rows: Rows) -> list[Outcome]:
        keyed = [(row, *_key(row, kind)) for row in rows]
        inputs = [{"idProperty": field, "id": value, "properties": _values(row)} for row, field, value in keyed]
        return send_rows(self._client, kind, "upsert", inputs)

    def _create(self, kind: Kind, rows: Rows) -> list[Outcome]:
        keyed = [(row, *_key(row, kind)) for row in rows]
        outcomes = self._make(kind, [replace(row, values={**row.values, field: value}) for row, field, value in keyed])
        taken = [at for at, outcome in enumerate(outcomes) if outcome.state == "rejected" and outcome.code in _TAKEN]
        adopt = partial(self._adopt, kind, [rows[at] for at in taken], [outcomes[at] for at in taken])
        told = or_retry(adopt, len(taken))
        adopted = dict(zip(taken, told, strict=True))
        return [adopted.get(at, outcome) for at, outcome in enumerate(outcomes)]

    def _make(self, kind: Kind, rows: Rows) -> list[Outcome]:
        inputs: list[Json] = [
            {"properties": _values(row), "associations": [self._linker.spec(kind, link) for link in row.links]}
            for row in rows
        ]
        return send_rows(self._client, kind, "create", inputs)

    def _adopt(self, kind: Kind, rows: Rows, refused: Sequence[Outcome]) -> list[Outcome]:
        """Bring rows up to date whose key exists from an earlier attempt; others were refused for something else."""
        if not rows:
            return []
        keys = [_key(row, kind) for row in rows]
        known = find_by_key(self._client, kind, keys[0][0], [value for _, value in keys])
        ours = [row for row, (_, value) in zip(rows, keys, strict=True) if value in known]
        updated = iter(self._upsert_plain(kind, ours))
        return [
            self._linker.link(kind, row, next(updated)) if value in known else told
            for row, (_, value), told in zip(rows, keys, refused, strict=True)
        ]

    def _archive(self, kind: Kind, rows: Rows) -> list[Outcome]:
        """HubSpot answers nothing at all and does not tell which records were there; afterwards none is."""
        inputs = [{"id": _id(row, kind)} for row in rows]
        answer = send(self._client, f"{OBJECTS}/{kind.name}/batch/archive", {"inputs": inputs})
        if isinstance(answer, Outcome):
            return [answer] * len(rows)
        return [NO_WORD if answer else Outcome("applied", row.external_id) for row in rows]

    def _stages_read_back(self, kind: Kind, vetted: Sequence[Vetted], outcomes: list[Outcome]) -> list[Outcome]:
        """HubSpot may answer as if it had moved a lifecycle stage and not have done it: only a reading tells."""
        wanted = {
            outcome.external_id: as_text(one.row.values[LIFECYCLE])
            for one, outcome in zip(vetted, outcomes, strict=True)
            if outcome.state == "applied" and outcome.external_id and one.row.values.get(LIFECYCLE)
        }
        if not wanted:
            return outcomes
        try:
            rows = list(read_rows(self._client, kind, list(wanted), {"properties": [LIFECYCLE]}))
        except RetryLater as busy:
            unsure = Outcome("unknown", message=f"the lifecycle stage could not be read back: {busy.what}")
            return [unsure if outcome.external_id in wanted else outcome for outcome in outcomes]
        kept = {row["id"] for row in rows if row["properties"].get(LIFECYCLE) != wanted[row["id"]]}
        return [kept_stage(str(one.external_id)) if one.external_id in kept else one for one in outcomes]


def _id(row: WriteRow, kind: Kind) -> str:
    if row.external_id is None:
        raise BugError("an update or delete needs the id of every row", where=kind.name)
    return row.external_id


def _key(row: WriteRow, kind: Kind) -> tuple[str, str]:
    if row.key is None:
        raise BugError("an upsert needs the key of every row", where=kind.name)
    return row.key


def _values(row: WriteRow) -> dict[str, str]:
    return {name: as_text(value) for name, value in row.values.items()}
