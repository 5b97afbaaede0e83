"""Writes up to a hundred records in one call, with one outcome per record.

Every row carries a trace id, without which HubSpot refuses a whole batch for one bad row. Where it refuses all the
same, the batch is cut in halves until the bad row stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connectors.hubspot.client import ASSOCIATIONS, OBJECTS, HubSpotClient, Json
from connectors.hubspot.kinds import Kind
from connectors.hubspot.lookup import find_by_key
from connectors.hubspot.outcomes import read_outcomes, rejected, traced
from connectors.hubspot.refusals import OutOfQuota, ServerFailure, VendorRefusal
from core.sdk import BugError, Link, Outcome, RetryLater, UnknownOutcome, Verb, WriteRow

BATCH = 100
_TAKEN = frozenset({"CONFLICTING_UNIQUE_VALUE", "CONFLICT"})

Rows = Sequence[WriteRow]


class Writer:
    """Sends batches; ``AuthError``, ``ConfigError`` and ``OutOfQuota`` concern everything still to be sent: raised."""

    def __init__(self, client: HubSpotClient, kinds: Mapping[str, Kind]) -> None:
        self._client = client
        self._kinds = kinds
        self._senders: Mapping[Verb, Callable[[Kind, Rows], list[Outcome]]] = {
            "update": self._update,
            "upsert": self._upsert,
            "delete": self._archive,
        }

    def write(self, stream: str, verb: Verb, rows: Rows) -> list[Outcome]:
        """Send rows of one object type; one outcome per row, in order."""
        return self._senders[verb](self._kinds[stream], rows)

    def _update(self, kind: Kind, rows: Rows) -> list[Outcome]:
        return self._batch(kind, "update", [{"id": _id(row, kind), "properties": _values(row)} for row in rows])

    def _upsert(self, kind: Kind, rows: Rows) -> list[Outcome]:
        """Rows with links are created, for an upsert cannot associate; their unique key keeps them from being two."""
        outcomes: dict[int, Outcome] = {}
        for has_links, send in ((False, self._upsert_plain), (True, self._create)):
            places = [at for at, row in enumerate(rows) if bool(row.links) is has_links]
            outcomes.update(zip(places, send(kind, [rows[at] for at in places]), strict=True))
        return [outcomes[at] for at in range(len(rows))]

    def _upsert_plain(self, kind: Kind, rows: Rows) -> list[Outcome]:
        keyed = [(row, *_key(row, kind)) for row in rows]
        inputs = [{"idProperty": field, "id": value, "properties": _values(row)} for row, field, value in keyed]
        return self._batch(kind, "upsert", inputs)

    def _create(self, kind: Kind, rows: Rows) -> list[Outcome]:
        keyed = [(row, *_key(row, kind)) for row in rows]
        inputs: list[Json] = [
            {
                "properties": {**_values(row), field: value},
                "associations": [self._association(kind, link) for link in row.links],
            }
            for row, field, value in keyed
        ]
        outcomes = self._batch(kind, "create", inputs)
        taken = [at for at, outcome in enumerate(outcomes) if outcome.state == "rejected" and outcome.code in _TAKEN]
        adopted = self._adopt(kind, {at: rows[at] for at in taken})
        return [adopted.get(at, outcome) for at, outcome in enumerate(outcomes)]

    def _adopt(self, kind: Kind, rows: Mapping[int, WriteRow]) -> dict[int, Outcome]:
        """Bring rows up to date whose key exists from an earlier attempt, with their associations."""
        if not rows:
            return {}
        field = next(_key(row, kind)[0] for row in rows.values())
        known = find_by_key(self._client, kind, field, [_key(row, kind)[1] for row in rows.values()])
        ours = {at: row for at, row in rows.items() if _key(row, kind)[1] in known}
        updated = self._upsert_plain(kind, list(ours.values()))
        linked = [self._relinked(kind, row, done) for row, done in zip(ours.values(), updated, strict=True)]
        return dict(zip(ours, linked, strict=True))

    def _relinked(self, kind: Kind, row: WriteRow, done: Outcome) -> Outcome:
        if done.state != "applied":
            return done
        for link in row.links:
            pair = {"from": {"id": done.external_id}, "to": {"id": link.external_id}}
            answer = self._send(f"{ASSOCIATIONS}/{kind.name}/{link.stream}/batch/associate/default", [pair])
            if isinstance(answer, Outcome):
                return answer
        return done

    def _archive(self, kind: Kind, rows: Rows) -> list[Outcome]:
        """HubSpot does not tell which records were there; afterwards none is."""
        answer = self._send(f"{OBJECTS}/{kind.name}/batch/archive", [{"id": _id(row, kind)} for row in rows])
        return [answer if isinstance(answer, Outcome) else Outcome("applied", row.external_id) for row in rows]

    def _batch(self, kind: Kind, verb: str, inputs: Sequence[Json]) -> list[Outcome]:
        if not inputs:
            return []
        try:
            answer = self._send(f"{OBJECTS}/{kind.name}/batch/{verb}", traced(inputs))
        except VendorRefusal as refusal:
            if len(inputs) == 1:
                return [rejected(refusal, inputs[0])]
            middle = len(inputs) // 2
            return self._batch(kind, verb, inputs[:middle]) + self._batch(kind, verb, inputs[middle:])
        if isinstance(answer, Outcome):
            return [answer] * len(inputs)
        return read_outcomes(answer, inputs, all_new=verb == "create")

    def _send(self, path: str, inputs: Sequence[Json]) -> Json | Outcome:
        """The answer to a batch, or the one outcome of all its rows when there is none."""
        try:
            return self._client.post(path, {"inputs": list(inputs)}).body
        except (UnknownOutcome, ServerFailure) as lost:
            return Outcome("unknown", message=lost.what)
        except OutOfQuota:
            raise
        except RetryLater as busy:
            return Outcome("retry", message=busy.what, retry_at=busy.retry_at)

    def _association(self, kind: Kind, link: Link) -> Json:
        spec = {
            "associationCategory": "HUBSPOT_DEFINED",
            "associationTypeId": _type_id(kind, self._kinds[link.stream]),
        }
        return {"to": {"id": link.external_id}, "types": [spec]}


def _type_id(kind: Kind, partner: Kind) -> int:
    """The unlabelled association from one type to another, by the vendor's own table."""
    from hubspot.crm.association_type import AssociationType  # noqa: PLC0415 - the library takes long to import

    found = getattr(AssociationType, f"{kind.singular}_to_{partner.singular}".upper(), None)
    if found is None:
        raise BugError(f"HubSpot has no association from {kind.name} to {partner.name}", where=kind.name)
    return int(found)


def _id(row: WriteRow, kind: Kind) -> str:
    if row.external_id is None:
        raise BugError("an update or delete needs the id of every row", where=kind.name)
    return row.external_id


def _key(row: WriteRow, kind: Kind) -> tuple[str, str]:
    if row.key is None:
        raise BugError("an upsert needs the key of every row", where=kind.name)
    return row.key


def _values(row: WriteRow) -> dict[str, str]:
    """HubSpot takes text only, and empty text clears."""
    return {name: "" if value is None else str(value) for name, value in row.values.items()}
