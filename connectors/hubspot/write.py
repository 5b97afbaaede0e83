"""Writes records: vetted, in batches, with one outcome per record, and read back where HubSpot's word is not enough."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from functools import partial

from connectors.hubspot.client import OBJECTS, HubSpotClient, Json
from connectors.hubspot.discovery import Discovery
from connectors.hubspot.kinds import Kind
from connectors.hubspot.linking import Linker
from connectors.hubspot.lookup import find_by_key, now_called, read_rows
from connectors.hubspot.outcomes import LIFECYCLE, TAKEN, kept_stage, of_heir, written_to
from connectors.hubspot.refusals import WANTING, OutOfQuota
from connectors.hubspot.sending import NO_WORD, or_retry, send, send_rows
from connectors.hubspot.trimming import Send, Told, send_trimmed
from connectors.hubspot.vetting import Vetted, Vetting, as_text
from core.sdk import BugError, Clock, Outcome, RetryLater, Verb, WriteRow

_ABSENT = "OBJECT_NOT_FOUND"

Rows = Sequence[WriteRow]


class Writer:
    """Sends batches; ``AuthError``, ``ConfigError`` and ``OutOfQuota`` concern everything still to be sent: raised."""

    def __init__(self, client: HubSpotClient, kinds: Mapping[str, Kind], discovery: Discovery, clock: Clock) -> None:
        self._client = client
        self._kinds = kinds
        self._discovery = discovery
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
        return self._vetted(kind, rows, partial(self._senders[verb], kind), makes_new=verb != "update")

    def create(self, stream: str, rows: Rows) -> list[Outcome]:
        """Make records that have no key; repeating this makes them again."""
        kind = self._kinds[stream]
        return self._vetted(kind, rows, partial(self._make, kind), makes_new=True)

    def _vetted(self, kind: Kind, rows: Rows, send_all: Send, *, makes_new: bool) -> list[Outcome]:
        try:
            vetted = self._vetting.vet(kind, rows, self._clock.now())
        except OutOfQuota:
            raise
        except RetryLater as busy:
            return [Outcome("retry", message=busy.what, retry_at=busy.retry_at)] * len(rows)
        told = self._stages_read_back(kind, send_trimmed(vetted, send_all, makes_new=makes_new))
        for one, outcome in told:
            if outcome.state == "applied":
                self._discovery.left_out(kind, one.refused)
            elif outcome.code == WANTING:
                self._discovery.wanting(kind, outcome.fields)
        return [one.told(outcome) for one, outcome in told]

    def _update(self, kind: Kind, rows: Rows) -> list[Outcome]:
        outcomes = self._update_as_named(kind, rows)
        outcomes = self._follow_merges(kind, rows, outcomes)
        return [self._linker.link(kind, row, done) for row, done in zip(rows, outcomes, strict=True)]

    def _update_as_named(self, kind: Kind, rows: Rows) -> list[Outcome]:
        inputs = [{"id": _id(row, kind), "properties": _values(row)} for row in rows]
        return send_rows(self._client, kind, "update", inputs)

    def _follow_merges(self, kind: Kind, rows: Rows, outcomes: list[Outcome]) -> list[Outcome]:
        """Batches know no ids from before a merge, or answer under the new one; a single read tells which it is."""
        odd = [at for at, outcome in enumerate(outcomes) if outcome.code == _ABSENT or outcome.merged_into]
        told = or_retry(lambda: [self._follow(kind, rows[at], outcomes[at]) for at in odd], len(odd))
        found = dict(zip(odd, told, strict=True))
        return [found.get(at, outcome) for at, outcome in enumerate(outcomes)]

    def _follow(self, kind: Kind, row: WriteRow, answered: Outcome) -> Outcome:
        """Send a row that was refused again under the new id; believe an answer about another record if it is that."""
        heir = now_called(self._client, kind, _id(row, kind)) if kind.can_merge else None
        if answered.merged_into:
            return answered if answered.merged_into == heir else _of_another(answered)
        if heir is None:
            return answered
        return of_heir(self._update_as_named(kind, [replace(row, external_id=heir)])[0], _id(row, kind))

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
        taken = [at for at, outcome in enumerate(outcomes) if outcome.state == "rejected" and outcome.code in TAKEN]
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

    def _stages_read_back(self, kind: Kind, told: list[Told]) -> list[Told]:
        """HubSpot may answer as if it had moved a lifecycle stage and not have done it: only a reading tells."""
        moved = [(one, outcome, stage) for one, outcome in told if (stage := _moved(one, outcome))]
        wanted = {str(written_to(outcome)): stage for _, outcome, stage in moved}
        if not wanted:
            return told
        try:
            rows = list(read_rows(self._client, kind, list(wanted), {"properties": [LIFECYCLE]}))
        except RetryLater as busy:
            unsure = Outcome("unknown", message=f"the lifecycle stage could not be read back: {busy.what}")
            return [(one, unsure if _moved(one, outcome) else outcome) for one, outcome in told]
        kept = {row["id"] for row in rows if row["properties"].get(LIFECYCLE) != wanted.get(row["id"])}
        return [(one, _kept_or_moved(one, outcome, kept)) for one, outcome in told]


def _kept_or_moved(one: Vetted, outcome: Outcome, kept: Container[str | None]) -> Outcome:
    """The outcome of a row, whose record may be among those that kept their stage."""
    is_kept = _moved(one, outcome) is not None and written_to(outcome) in kept
    return kept_stage(outcome, one.row.values) if is_kept else outcome


def _moved(one: Vetted, outcome: Outcome) -> str | None:
    """The lifecycle stage that a row is said to have moved its record to; None where it moved none."""
    if outcome.state != "applied" or LIFECYCLE in outcome.fields or not one.row.values.get(LIFECYCLE):
        return None
    return as_text(one.row.values[LIFECYCLE])


def _of_another(answered: Outcome) -> Outcome:
    words = f"the answer speaks of {answered.merged_into}, not of {answered.external_id}"
    return Outcome("unknown", message=words)


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
