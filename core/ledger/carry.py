"""One batch on its way: claimed and marked ``sending`` (committed), handed over, its end written down (committed).

A process killed between any two of these leaves rows that say so; whoever comes next reads them back from the CRM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.clock import Clock
from core.errors import AuthError, ConfigError, InlayError, RetryLater
from core.ledger.book import operations_by_id, set_state
from core.ledger.endings import Ending, bounded, endings_of, record
from core.ledger.operations import Operation
from core.ledger.outbox import Claim, claim
from core.ledger.parcel import Batch, parcels
from core.ledger.readback import drift, settle
from core.ledger.send import send
from core.ledger.target import Target
from core.store import Store


@dataclass(frozen=True)
class Delivery:
    """How patient a delivery is.

    ``lease_seconds``: how long a batch belongs to the worker that claimed it; longer than any call may take.
    ``patience_seconds``: how long to wait, all in all, for a busy system before leaving the rest in the outbox.
    ``attempts``: how often the vendor may send one row back before it becomes a dead letter.
    """

    lease_seconds: float = 60.0
    patience_seconds: float = 120.0
    attempts: int = 8


@dataclass
class Carried:
    """How a batch fared: the last ending of each operation, and why the connection has to rest or stop, if it has."""

    endings: dict[str, Ending] = field(default_factory=dict)
    trouble: InlayError | None = None
    is_busy: bool = False
    busy_until: datetime | None = None


@dataclass(frozen=True)
class Carrier:
    """Delivers batches of one store."""

    store: Store
    clock: Clock
    delivery: Delivery

    def carry(self, target: Target, batch: Batch) -> Carried:
        """Deliver what can be claimed of a batch; never raises for the vendor's state."""
        carried = Carried()
        claims, doubtful, ready = self._claim(target, batch, carried)
        self._settle(target, doubtful, claims, carried)
        if ready and carried.trouble is None:
            self._send(target, batch, ready, claims, carried)
        elif ready:
            self._put_back(ready, claims, carried)
        return carried

    def _claim(
        self, target: Target, batch: Batch, carried: Carried
    ) -> tuple[Mapping[str, Claim], list[Operation], list[Operation]]:
        """Claim the batch, leave out what has changed since the plan, mark the rest as being sent."""
        with self.store.begin() as conn:
            now = self.clock.now()
            claims = claim(conn, batch.ids, now, self.delivery.lease_seconds)
            known = operations_by_id(conn, list(claims))
            mine = [known[one] for one in batch.ids if one in known]
            fresh = [one for one in mine if one.state == "queued"]
            drifted = record(conn, drift(conn, target, fresh), claims, now)
            stale = {one.operation.id for one in drifted}
            ready = [one for one in fresh if one.id not in stale]
            set_state(conn, [one.id for one in ready], "sending")
        carried.endings.update((one.operation.id, one) for one in drifted)
        return claims, [one for one in mine if one.state != "queued"], ready

    def _send(
        self, target: Target, batch: Batch, ready: Sequence[Operation], claims: Mapping[str, Claim], carried: Carried
    ) -> None:
        load = parcels(ready)
        sent = send(target.connector, batch.stream, batch.verb, load)
        carried.trouble = sent.trouble
        said = [one for one in sent.outcomes if one is not None]
        carried.is_busy = bool(said) and all(one.state == "retry" for one in said)
        carried.busy_until = max((one.retry_at for one in said if one.retry_at), default=None)
        why, now = sent.trouble.what if sent.trouble else "", self.clock.now()
        pairs = zip(load, sent.outcomes, strict=True)
        endings = [one for parcel, outcome in pairs for one in endings_of(parcel, outcome, why, claims, now)]
        self._write_down(endings, claims, carried)
        if carried.trouble is None:
            self._settle(target, [one.operation for one in endings if one.state == "unknown"], claims, carried)

    def _settle(
        self, target: Target, doubtful: Sequence[Operation], claims: Mapping[str, Claim], carried: Carried
    ) -> None:
        """Read back what may have happened; while the CRM cannot be asked it stays unknown."""
        now = self.clock.now()
        try:
            endings = settle(target, doubtful, now)
        except (RetryLater, AuthError, ConfigError) as trouble:
            carried.trouble = trouble
            endings = [Ending(one, "unknown", error=trouble.what, due_at=now, counted=False) for one in doubtful]
        self._write_down(endings, claims, carried)

    def _put_back(self, ready: Sequence[Operation], claims: Mapping[str, Claim], carried: Carried) -> None:
        now = self.clock.now()
        self._write_down([Ending(one, "queued", due_at=now, counted=False) for one in ready], claims, carried)

    def _write_down(self, endings: Sequence[Ending], claims: Mapping[str, Claim], carried: Carried) -> None:
        if not endings:
            return
        with self.store.begin() as conn:
            valid = record(conn, bounded(endings, claims, self.delivery.attempts), claims, self.clock.now())
        carried.endings.update((one.operation.id, one) for one in valid)
