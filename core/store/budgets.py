"""Budgets as rows: what a vendor allows, shared by all processes without a write per call.

A process takes a small slice of a window's calls at a time and spends it by itself. Until it comes back for the next,
the whole slice counts as called at the last moment it may still be used; then only what was used, when it was. So two
processes together never exceed a window, and little of it is lost.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from threading import Lock

from sqlalchemy import Connection, select

from core.budgets import Allowance, Budgets, Lane, Meter
from core.clock import Clock, iso
from core.errors import RetryLater
from core.store.bulk import insert_new
from core.store.engine import Store
from core.store.quotas import SHORT, Quota, Slice
from core.store.tables import vendor_budget, vendor_hold

LONGEST_WAIT = 60.0
TELL_SECONDS = 5.0  # how long the vendor's word may wait before the others hear it, while nothing runs short
SHORTEST_SLEEP = 0.001
LANES: tuple[Lane, ...] = ("bulk", "interactive")
NUMBERS = count()


@dataclass
class Hand:
    """A slice in hand: until when it may be used, how much of it was, and when last."""

    slice: Slice
    until: float
    used: int = 0
    last: float = 0.0

    def has_call(self, now: float) -> bool:
        """Whether one more call may be made now."""
        return self.used < self.slice.calls and now < self.until


class StoreBudgets(Budgets):
    """The budgets of one connection, kept in the store for all processes; their clocks have to agree."""

    def __init__(self, store: Store, clock: Clock, connection: str) -> None:
        self._store = store
        self._clock = clock
        self._connection = connection
        self._owner = f"{os.getpid()}.{next(NUMBERS)}"
        self._turn = Lock()
        self._hands: dict[str, Hand] = {}
        self._unsaid: dict[str, Meter] = {}
        self._said_at: dict[str, float] = {}

    def admit(self, allowances: Sequence[Allowance], lane: Lane = "bulk") -> None:
        """Return when one call may be made; ``RetryLater`` when that is more than a minute away."""
        while (wait := self._try(allowances, lane)) > 0:
            if wait > LONGEST_WAIT:
                at = datetime.fromtimestamp(self._now() + wait, UTC)
                what = "the vendor's allowance for now is used up"
                remedy = "nothing is lost: the work goes on from here after that"
                raise RetryLater(what, where=self._connection, remedy=remedy, retry_at=at)
            self._clock.sleep(max(wait, SHORTEST_SLEEP))

    def learn(self, name: str, used: int, allowed: int) -> None:
        """Take note; the others hear it at once when calls run short, else with the next slice or a little later."""
        with self._turn:
            self._unsaid[name] = Meter(name, used, allowed, self._clock.now())
            waited = self._now() - self._said_at.get(name, 0.0)
            if used >= allowed * SHORT or waited >= TELL_SECONDS:
                with self._store.begin() as conn:
                    quota = self._load(conn, name)
                    for lane in LANES if used >= allowed else ():
                        self._give_back(quota, f"{name}.{lane}")
                    self._pass_on(quota, name)
                    self._save(conn, name, quota)

    def hold(self, until: datetime) -> None:
        """Let nobody call before this instant, nor before a later one already told."""
        with self._store.begin() as conn:
            insert_new(conn, vendor_hold, ("connection", "until"), [(self._connection, iso(until))])
            told = read_hold(conn, self._connection, lock=True)
            if told is None or told < until:
                own = vendor_hold.c.connection == self._connection
                conn.execute(vendor_hold.update().where(own).values(until=iso(until)))

    def meters(self) -> list[Meter]:
        """What the vendor told last, whichever process heard it."""
        with self._store.read() as conn:
            found = {meter.name: meter for meter in read_meters(conn, self._connection)}
        newest = found | self._unsaid
        return [newest[name] for name in sorted(newest)]

    def _try(self, allowances: Sequence[Allowance], lane: Lane) -> float:
        """Make one call's places ours and return 0, or return the seconds to wait for them."""
        with self._turn:
            if (held := self._held_for()) > 0:
                return held
            while lacking := [one for one in allowances if not self._has_call(one, lane)]:
                if (wait := self._fetch(sorted(lacking, key=lambda one: one.name), lane)) > 0:
                    return wait
            for one in allowances:
                hand = self._hands[_key(one, lane)]
                hand.used, hand.last = hand.used + 1, self._now()
            return 0.0

    def _has_call(self, allowance: Allowance, lane: Lane) -> bool:
        hand = self._hands.get(_key(allowance, lane))
        return hand is not None and hand.has_call(self._now())

    def _fetch(self, lacking: Sequence[Allowance], lane: Lane) -> float:
        """Give back the slices in hand and take new ones, all or none; the seconds to wait when there are none."""
        with self._store.begin() as conn:
            quotas = {one.name: self._load(conn, one.name) for one in lacking}
            now = self._now()  # after the rows are ours: waiting for them may have taken long
            for one in lacking:
                self._give_back(quotas[one.name].of(one), _key(one, lane))
                self._pass_on(quotas[one.name], one.name)
            wait = max(quotas[one.name].wait(one, lane, now) for one in lacking)
            if wait <= 0:
                for one in lacking:
                    self._take(quotas[one.name], one, lane, now)
            for name, quota in quotas.items():
                self._save(conn, name, quota)
        return wait

    def _give_back(self, quota: Quota, key: str) -> None:
        hand = self._hands.pop(key, None)
        if hand is not None:
            quota.close(hand.slice.owner, hand.used, hand.last)

    def _take(self, quota: Quota, allowance: Allowance, lane: Lane, now: float) -> None:
        taken = quota.take(allowance, lane, f"{self._owner}.{lane}", now)
        self._hands[_key(allowance, lane)] = Hand(taken, now + quota.life)

    def _load(self, conn: Connection, name: str) -> Quota:
        """The budget's row, locked until the transaction ends."""
        table = vendor_budget.c
        own = (table.connection == self._connection) & (table.name == name)
        text = conn.execute(select(table.state).where(own).with_for_update()).scalar()
        if text is None:
            fresh = (self._connection, name, Quota().to_text())
            insert_new(conn, vendor_budget, ("connection", "name", "state"), [fresh])
            text = conn.execute(select(table.state).where(own).with_for_update()).scalar_one()
        return Quota.from_text(text).at(self._now())

    def _pass_on(self, quota: Quota, name: str) -> None:
        """Enter what the vendor told us since; after slices came back, for calls not made are nobody's use."""
        if told := self._unsaid.pop(name, None):
            quota.tell(told.used, told.allowed, (told.told_at or self._clock.now()).timestamp())
            self._said_at[name] = self._now()

    def _save(self, conn: Connection, name: str, quota: Quota) -> None:
        own = (vendor_budget.c.connection == self._connection) & (vendor_budget.c.name == name)
        conn.execute(vendor_budget.update().where(own).values(state=quota.to_text()))

    def _held_for(self) -> float:
        with self._store.read() as conn:
            until = read_hold(conn, self._connection)
        return (until - self._clock.now()).total_seconds() if until else 0.0

    def _now(self) -> float:
        return self._clock.now().timestamp()


def read_meters(conn: Connection, connection: str) -> list[Meter]:
    """What the vendor told last of each budget of a connection."""
    table = vendor_budget.c
    rows = conn.execute(select(table.name, table.state).where(table.connection == connection).order_by(table.name))
    told = [Quota.from_text(state).meter(name) for name, state in rows]
    return [meter for meter in told if meter is not None]


def read_hold(conn: Connection, connection: str, *, lock: bool = False) -> datetime | None:
    """Until when a vendor wants no call; None when it never said so."""
    query = select(vendor_hold.c.until).where(vendor_hold.c.connection == connection)
    until = conn.execute(query.with_for_update() if lock else query).scalar()
    return datetime.fromisoformat(until) if until else None


def _key(allowance: Allowance, lane: Lane) -> str:
    return f"{allowance.name}.{lane}"
