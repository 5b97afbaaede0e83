"""Emptying the outbox: batch after batch, with a rest for systems that are busy and a stop for those that refuse us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.clock import Clock
from core.ledger.carry import Carried, Carrier
from core.ledger.delivery import Delivery, Lane
from core.ledger.outbox import Slip, due, next_due
from core.ledger.parcel import Batch, batches
from core.ledger.target import Target, target_named
from core.store import Store
from core.tracing import span

FINAL = ("applied", "rejected", "skipped")


@dataclass(frozen=True)
class DeliveryProgress:
    """How far a delivery got: operations that came to their end of all it has seen, and where it is now."""

    done: int
    total: int
    connection: str
    stream: str


Told = Callable[[DeliveryProgress], None]


@dataclass
class Courier:
    """One delivery of everything that is due.

    ``states`` holds the last state of every operation it touched; ``stopped`` names the connections given up, and why.
    """

    store: Store
    targets: Mapping[str, Target]
    clock: Clock
    delivery: Delivery
    told: Told | None = None
    states: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    _waited: float = 0.0

    def deliver(self) -> None:
        """Deliver what is due, wait for what will be, and return when the rest is not worth waiting for."""
        while True:
            slips = self._due()
            if slips:
                self._round(slips)
            elif not self._wait():
                return

    def _due(self) -> list[Slip]:
        with self.store.read() as conn:
            slips = [slip for slip in due(conn, self.clock.now()) if slip.connection not in self.stopped]
        for name in {slip.connection for slip in slips}:
            target_named(self.targets, name)
        return slips

    def _round(self, slips: Sequence[Slip]) -> None:
        """Carry all that is due once, connection by connection; one in trouble rests until the next round."""
        seen = self._done() + len(slips)
        lanes: dict[str, list[Batch]] = {}
        for batch in batches(slips, self.targets, self.delivery):
            lanes.setdefault(batch.connection, []).append(batch)
        self.delivery.lanes([self._lane(work, seen) for work in lanes.values()])

    def _lane(self, work: Sequence[Batch], seen: int) -> Lane:
        """The work of one connection in this round."""

        def run() -> None:
            """Carry batch after batch until the connection has to rest."""
            carrier = Carrier(self.store, self.clock, self.delivery)
            for batch in work:
                with span("delivery", connection=batch.connection, stream=batch.stream, operations=len(batch.ids)):
                    carried = carrier.carry(self.targets[batch.connection], batch)
                self.states.update((name, one.state) for name, one in carried.endings.items())
                if self.told:
                    self.told(DeliveryProgress(self._done(), seen, batch.connection, batch.stream))
                if carried.admission.leave == "rest" or self._is_in_trouble(batch.connection, carried):
                    return

        return run

    def _done(self) -> int:
        return sum(state in FINAL for state in list(self.states.values()))

    def _is_in_trouble(self, connection: str, carried: Carried) -> bool:
        """Leave a connection that has to rest, and give up one that refuses us or is not configured well."""
        if carried.trouble is not None and not carried.has_to_rest:
            self.stopped[connection] = str(carried.trouble)
            return True
        return carried.has_to_rest

    def _wait(self) -> bool:
        """Sleep until the next operation is due; False when none is, or when patience ends before."""
        with self.store.read() as conn:
            at = next_due(conn, sorted(self.stopped))
        if at is None:
            return False
        seconds = max((at - self.clock.now()).total_seconds(), 0.001)
        if self._waited + seconds > self.delivery.patience_seconds:
            return False
        self._waited += seconds
        self.clock.sleep(seconds)
        return True
