"""The state of the account: records, associations and what searches can see of them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.behaviour import Behaviour
from connectors.hubspot.sandbox.files import Files
from connectors.hubspot.sandbox.limits import RateLimits
from connectors.hubspot.sandbox.links import End, Links, LinkType
from connectors.hubspot.sandbox.lists import Lists
from connectors.hubspot.sandbox.records import CALCULATED, Record
from connectors.hubspot.sandbox.refusals import missing
from connectors.hubspot.sandbox.rollups import rolled_up
from connectors.hubspot.sandbox.schema import ObjectType, Schema
from connectors.hubspot.sandbox.shelves import Shelf
from connectors.sandbox.clock import SandboxClock


class Crm:
    """Everything the account holds."""

    def __init__(self, account: Account, clock: SandboxClock, schema: Schema | None = None) -> None:
        """Open without records; with HubSpot's own schema unless another account's is taken over."""
        self.account = account
        self.clock = clock
        self.schema = schema or Schema()
        self.links = Links()
        self.lists = Lists()
        self.files = Files()
        self.behaviour = Behaviour()
        self.limits = RateLimits(self.behaviour, clock, ZoneInfo(account.time_zone))
        self.shelves = {name: Shelf(kind) for name, kind in self.schema.types.items()}
        self.unique: dict[tuple[str, str, str], str] = {}
        self.recycled: dict[End, list[tuple[End, list[LinkType]]]] = {}
        self._locked: dict[End, datetime] = {}
        self._stale: dict[End, list[tuple[datetime, dict[str, str]]]] = {}
        self._put_off: dict[End, datetime] | None = None

    def shelf(self, kind: ObjectType) -> Shelf:
        """Where the records of a type stand."""
        return self.shelves[kind.name]

    def open(self, kind: ObjectType, *names: str) -> None:
        """Take in a new object type, found by these names too."""
        self.schema.add(kind, *names)
        self.shelves[kind.name] = Shelf(kind)

    def close(self, kind: ObjectType) -> None:
        """Forget an object type with its records and associations."""
        self.schema.remove(kind)
        del self.shelves[kind.name]
        self.links.disconnect(kind.name)

    def live(self, kind: ObjectType, record_id: str) -> Record:
        """The live record of exactly this id, or 404."""
        record = self.shelf(kind).get(record_id)
        if record is None or record.archived_at is not None:
            raise missing()
        return record

    def at_end(self, end: End) -> Record:
        """The record at one end of an association."""
        record = self.shelves[end.type].get(end.id)
        if record is None:
            raise missing()
        return record

    def partners(self, record: Record) -> Iterator[Record]:
        """The live records associated with one."""
        for end, _ in self.links.partners(end_of(record)):
            partner = self.at_end(end)
            if partner.archived_at is None:
                yield partner

    def lock(self, record: Record, seconds: float) -> None:
        """Let a record be in use elsewhere for so long."""
        self._locked[end_of(record)] = self.clock.now() + timedelta(seconds=seconds)

    def is_locked(self, record: Record) -> bool:
        """Whether a record is in use elsewhere now."""
        until = self._locked.get(end_of(record))
        return until is not None and self.clock.now() < until

    def remember(self, record: Record, before: Mapping[str, str], at: datetime) -> None:
        """Keep what searches still see of a record until the index has caught up with a write made ``at``."""
        if self.behaviour.search_lag_seconds > 0:
            self._stale.setdefault(end_of(record), []).append((at, dict(before)))

    @property
    def index_lags(self) -> bool:
        """Whether searches still see the older self of some record."""
        visible = self.clock.now() - timedelta(seconds=self.behaviour.search_lag_seconds)
        self._stale = {end: versions for end, versions in self._stale.items() if versions and versions[-1][0] > visible}
        return bool(self._stale)

    def indexed(self, record: Record) -> Mapping[str, str] | None:
        """What a search sees of a record now: its older self while the index lags, None while it is not in it yet."""
        visible = self.clock.now() - timedelta(seconds=self.behaviour.search_lag_seconds)
        pending = self._stale.get(end_of(record), [])
        while pending and pending[0][0] <= visible:
            pending.pop(0)
        if pending:
            return pending[0][1] or None
        return record.properties

    def touch(self, record: Record, at: datetime) -> None:
        """Move the record's stamp and bring its calculated properties up to date."""
        if self._put_off is not None:
            self._put_off[end_of(record)] = max(at, self._put_off.get(end_of(record), at))
            return
        before = dict(record.properties)
        for name, value in rolled_up(self, record, at).items():
            record.put(name, value, at, CALCULATED)
        record.move_stamp(at)
        self.remember(record, before, at)

    def settle(self, record: Record, at: datetime, newly_linked: Container[End] = ()) -> None:
        """After a write: touch the record, and its partners where the write concerns them.

        An activity moves the stamp of whatever it is logged on, a new association those of both sides; other partners
        only move when a calculated value of theirs does.
        """
        self.touch(record, at)
        for partner in list(self.partners(record)):
            concerned = record.kind.is_activity or end_of(partner) in newly_linked
            if concerned or (self._put_off is None and self._is_outdated(partner, at)):
                self.touch(partner, at)

    @contextmanager
    def all_at_once(self) -> Iterator[None]:
        """Calculate only at the end of many writes: each record once instead of after every write to a partner."""
        self._put_off = {}
        yield
        put_off, self._put_off = self._put_off, None
        # What companies sum up are calculated values of their deals, so those come first.
        for end, at in sorted(put_off.items(), key=lambda item: item[0].type in ("companies", "contacts")):
            self.touch(self.at_end(end), at)

    def _is_outdated(self, record: Record, at: datetime) -> bool:
        fresh = rolled_up(self, record, at)
        return any(record.properties.get(name, "") != value for name, value in fresh.items())


def end_of(record: Record) -> End:
    """The record as one end of an association."""
    return End(record.kind.name, record.id)
