"""One batch on its way: claimed and marked ``sending`` (committed), handed over, its end written down (committed).

A process killed between any two of these leaves rows that say so; whoever comes next reads them back from the CRM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from core.clock import Clock
from core.errors import AuthError, ConfigError, InlayError, RetryLater
from core.ledger.book import operations_by_id, set_state
from core.ledger.breaker import Admission, admit, fail, succeed
from core.ledger.delivery import Delivery
from core.ledger.endings import Ending, bounded, endings_of, record
from core.ledger.heirs import follow, settled_at_heirs
from core.ledger.look import drift, is_fresh, look, overdue
from core.ledger.merges import join_records, keep_snapshots
from core.ledger.operations import Operation
from core.ledger.outbox import Claim, claim, renew
from core.ledger.parcel import Batch, parcels
from core.ledger.readback import keys_of, settle
from core.ledger.send import Sent, send
from core.ledger.target import Target
from core.pulse import heard_by
from core.store import Store

TROUBLE = (RetryLater, AuthError, ConfigError)
Claims = Mapping[str, Claim]


@dataclass
class Carried:
    """How a batch fared: the last ending of each operation, and why the connection has to rest or stop, if it has.

    ``admission`` says whether the connection's breaker let the batch go; ``is_told``: it knows of the trouble.
    """

    endings: dict[str, Ending] = field(default_factory=dict)
    admission: Admission = field(default_factory=Admission)
    trouble: InlayError | None = None
    is_busy: bool = False
    busy_until: datetime | None = None
    is_told: bool = False

    @property
    def has_to_rest(self) -> bool:
        """Whether the vendor wants to be left in peace for a while."""
        return isinstance(self.trouble, RetryLater) or (self.trouble is None and self.is_busy)


@dataclass(frozen=True)
class _Load:
    """What was claimed of a batch and when: sent before without a known end, or ready to go; do we know it well?"""

    claims: Claims
    since: float = 0.0
    doubtful: Sequence[Operation] = ()
    ready: Sequence[Operation] = ()
    is_fresh: bool = True


@dataclass(frozen=True)
class Carrier:
    """Delivers batches of one store."""

    store: Store
    clock: Clock
    delivery: Delivery

    def carry(self, target: Target, batch: Batch) -> Carried:
        """Deliver what can be claimed of a batch; never raises for the vendor's state."""
        carried = Carried()
        load = self._claim(target, batch, carried)
        if carried.admission.leave == "rest":
            return carried
        self.delivery.reached("claimed")
        self._settle(target, load.doubtful, load.claims, carried)
        ready, stamps = self._look(target, batch, load, carried)
        ready = self._still_ours(ready, load)
        if ready and carried.trouble is None:
            self._send(target, batch, ready, stamps, load.claims, carried)
        elif ready:
            self._put_back(ready, load.claims, carried)
        return carried

    def _claim(self, target: Target, batch: Batch, carried: Carried) -> _Load:
        """Claim the batch, leave out what has changed since the plan, mark the rest as being sent."""
        with self.store.begin() as conn:
            now, since = self.clock.now(), self.clock.monotonic()
            carried.admission = admit(conn, batch.connection, now)
            if carried.admission.leave == "rest":
                return _Load({})
            claims = claim(conn, batch.ids, now, self.delivery.lease_seconds)
            known = operations_by_id(conn, list(claims))
            mine = [known[one] for one in batch.ids if one in known]
            waiting = follow(conn, target, [one for one in mine if one.state == "queued"])
            judged = [*waiting.ended, *overdue(waiting.going, now), *drift(conn, target, waiting.going)]
            unfit = {one.operation.id: one for one in judged}
            drifted = record(conn, list(unfit.values()), claims, now)
            stale = {one.operation.id for one in drifted}
            ready = [one for one in waiting.going if one.id not in stale]
            set_state(conn, [one.id for one in ready], "sending")
            fresh = is_fresh(conn, target, batch.stream, now - timedelta(seconds=self.delivery.fresh_seconds))
        carried.endings.update((one.operation.id, one) for one in drifted)
        return _Load(claims, since, [one for one in mine if one.state != "queued"], ready, fresh)

    def _look(
        self, target: Target, batch: Batch, load: _Load, carried: Carried
    ) -> tuple[Sequence[Operation], Mapping[str, str]]:
        """Look at the records themselves where the store's knowledge is old or the write is to be conditional."""
        if not load.ready or carried.trouble is not None or (load.is_fresh and not batch.guarded):
            return load.ready, {}
        try:
            seen = look(target, load.ready)
        except TROUBLE as trouble:
            carried.trouble = trouble
            return load.ready, {}
        self._write_down(seen.drifted, load.claims, carried)
        self.delivery.reached("looked")
        stale = {one.operation.id for one in seen.drifted}
        ready = [one for one in load.ready if one.id not in stale]
        return ready, seen.stamps if batch.guarded else {}

    def _still_ours(self, ready: Sequence[Operation], load: _Load) -> Sequence[Operation]:
        """Leave out what another worker has taken over, if this one has slept since its claim: he may have sent it."""
        if not ready or self.clock.monotonic() - load.since < self.delivery.lease_seconds / 3:
            return ready
        with self.store.begin() as conn:
            ours = renew(conn, load.claims, self.clock.now(), self.delivery.lease_seconds)
        return [one for one in ready if one.id in ours]

    def _send(
        self,
        target: Target,
        batch: Batch,
        ready: Sequence[Operation],
        stamps: Mapping[str, str],
        claims: Claims,
        carried: Carried,
    ) -> None:
        load = parcels(ready, stamps)
        with heard_by(self._keeping(claims)):
            if batch.verb == "merge":
                sent = self._merge(target, ready)
            else:
                keys = partial(keys_of, target, batch.stream)
                sent = send(target.connector, batch.stream, batch.verb, load, keys)
        self.delivery.reached("sent")
        carried.trouble = sent.trouble
        said = [one for one in sent.outcomes if one is not None]
        carried.is_busy = bool(said) and all(one.state == "retry" for one in said)
        carried.busy_until = max((one.retry_at for one in said if one.retry_at), default=None)
        why, now = sent.trouble.what if sent.trouble else "", self.clock.now()
        pairs = zip(load, sent.outcomes, strict=True)
        endings = [one for parcel, outcome in pairs for one in endings_of(parcel, outcome, why, claims, now)]
        self._write_down(endings, claims, carried)
        self.delivery.reached("written down")
        if carried.trouble is None:
            self._settle(target, [one.operation for one in endings if one.state == "unknown"], claims, carried)

    def _keeping(self, claims: Claims) -> Callable[[], None]:
        """What keeps a batch ours while its call goes on: renews the lease when a third of it has passed."""
        length, renewed = self.delivery.lease_seconds, self.clock.monotonic()

        def keep() -> None:
            """Hear a sign of life."""
            nonlocal renewed
            if self.clock.monotonic() - renewed < length / 3:
                return
            renewed = self.clock.monotonic()
            with self.store.begin() as conn:
                renew(conn, claims, self.clock.now(), length)

        return keep

    def _merge(self, target: Target, ready: Sequence[Operation]) -> Sent:
        """Merge records, after a snapshot of each merge is safely in the store."""
        try:
            keep_snapshots(self.store, target, ready)
        except TROUBLE as trouble:
            return Sent([None] * len(ready), trouble)
        self.delivery.reached("snapshot kept")
        return join_records(target, ready)

    def _settle(self, target: Target, doubtful: Sequence[Operation], claims: Claims, carried: Carried) -> None:
        """Read back what may have happened; while the CRM cannot be asked it stays unknown."""
        if not doubtful:
            return
        now = self.clock.now()
        try:
            endings = settled_at_heirs(self.store, target, settle(target, doubtful, now), now)
        except TROUBLE as trouble:
            carried.trouble = trouble
            endings = [Ending(one, "unknown", error=trouble.what, due_at=now, counted=False) for one in doubtful]
        self._write_down(endings, claims, carried)
        self.delivery.reached("settled")

    def _put_back(self, ready: Sequence[Operation], claims: Claims, carried: Carried) -> None:
        now = self.clock.now()
        self._write_down([Ending(one, "queued", due_at=now, counted=False) for one in ready], claims, carried)

    def _write_down(self, endings: Sequence[Ending], claims: Claims, carried: Carried) -> None:
        if not endings:
            return
        with self.store.begin() as conn:
            valid = record(conn, bounded(endings, claims, self.delivery.attempts), claims, self.clock.now())
            self._tell_breaker(conn, endings[0].operation.connection, carried, is_proof=bool(valid))
        carried.endings.update((one.operation.id, one) for one in valid)

    def _tell_breaker(self, conn: Connection, connection: str, carried: Carried, *, is_proof: bool) -> None:
        """Let all workers know at once that a connection has to rest, or that it answers again."""
        if carried.has_to_rest and not carried.is_told:
            trouble = carried.trouble
            until = trouble.retry_at if isinstance(trouble, RetryLater) else carried.busy_until
            cause = trouble.what if trouble else "the vendor sent every row back"
            fail(conn, connection, cause, self.clock.now(), until)
            carried.is_told = True
        elif carried.admission.leave == "probe" and carried.trouble is None and not carried.is_busy and is_proof:
            succeed(conn, connection, carried.admission)
