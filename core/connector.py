"""What a connector is: how one kind of system is read, written and prepared, and the values it exchanges with core.

A connector moves vendor records and knows the vendor's manners; it knows nothing of canonical records (mappings do),
of plans (the ledger does) or of the store. It speaks through the vendor's own client library over ``Transport``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel

from core.budgets import Budgets, LocalBudgets, Meter
from core.grants import Grant, Grants, LocalGrants

if TYPE_CHECKING:
    from core.clock import Clock
    from core.http import Transport

RawRecord = Mapping[str, Any]
Verb = Literal["update", "upsert", "delete"]
GoneReason = Literal["deleted", "archived", "merged", "access_lost"]
Severity = Literal["info", "warning", "error"]
FieldType = Literal[
    "text", "long_text", "number", "percent", "currency", "date", "datetime", "picklist", "checkbox", "url", "key"
]


@dataclass(frozen=True, order=True)
class Cursor:
    """A keyset position in a stream: every record up to ``(stamp, id)`` has been stored."""

    stamp: str
    id: str = ""


@dataclass(frozen=True)
class Tombstone:
    """A record that the vendor no longer shows, and why."""

    external_id: str
    reason: GoneReason
    at: str | None = None
    merged_into: str | None = None


@dataclass(frozen=True)
class BrokenRow:
    """A piece of input that is no record (a torn line of a file): kept as found, with its place, to be mended."""

    text: str
    file: str
    line: int
    problem: str
    remedy: str = ""


@dataclass(frozen=True)
class Page:
    """One answer of the vendor: records in stream order, and where to go on once they are stored.

    ``broken`` is what stood between the records and is none; it is parked, and the run goes on.
    """

    records: Sequence[RawRecord]
    cursor: Cursor | None = None
    tombstones: Sequence[Tombstone] = ()
    total: int | None = None
    broken: Sequence[BrokenRow] = ()


@dataclass(frozen=True)
class InputTally:
    """What an input holds, counted from the input alone: records, broken rows, and exact sums of columns of amounts.

    ``unread`` counts, per column, filled values that are no number and so are in no sum.
    """

    rows: int
    broken: int
    sums: Mapping[str, Decimal]
    unread: Mapping[str, int]


@dataclass(frozen=True)
class Stream:
    """One vendor object type: its name, where its id and modification stamp are, and how it can be read.

    ``mode`` is ``incremental`` when reading since a cursor is possible, ``full`` when every read shows every record
    (so that what is missing from it is gone).
    """

    name: str
    id_field: str
    stamp_field: str | None = None
    mode: Literal["incremental", "full"] = "incremental"


@dataclass(frozen=True)
class Link:
    """An association to be made together with a record, for systems that keep associations apart."""

    stream: str
    external_id: str


@dataclass(frozen=True)
class WriteRow:
    """One record to write, in vendor field names and vendor values.

    ``external_id`` names the record of an update or delete. ``key`` is ``(field, value)`` of the unique field by
    which an upsert finds or creates it. ``unmodified_since`` (its modification stamp when it was read) asks for a write
    only if nobody has changed it since, where the vendor can. ``operations``: the ledger's ids, the same when resent.
    """

    values: Mapping[str, Any]
    external_id: str | None = None
    key: tuple[str, str] | None = None
    links: Sequence[Link] = ()
    unmodified_since: str | None = None
    operations: Sequence[str] = field(default=(), compare=False)


@dataclass(frozen=True)
class Child:
    """A record to be created together with its parent; ``parent_field`` takes the parent's id."""

    stream: str
    parent_field: str
    row: WriteRow


@dataclass(frozen=True)
class Family:
    """A parent and its children, written all or none."""

    parent: WriteRow
    children: Sequence[Child] = ()


@dataclass(frozen=True)
class Attachment:
    """A file to be put on a record; ``key`` names it, so that it is not put there twice."""

    name: str
    content: bytes = field(repr=False)
    media_type: str
    key: str


@dataclass(frozen=True)
class Outcome:
    """What the vendor said of one row.

    ``applied`` with the record's id; ``rejected`` for good, with the vendor's code and words; ``retry`` when the
    same row may pass later (lock, quota, outage before sending), at ``retry_at`` if the vendor told; ``unknown``
    when the answer was lost. ``fields`` are the vendor fields at fault, where the vendor names them. A record that
    somebody changed meanwhile is rejected with code ``CHANGED_MEANWHILE``.

    An ``applied`` row may name ``fields`` too: it went through without these. If its record has been merged away,
    ``external_id`` is what the row called it, ``merged_into`` the one that has the values. ``key``: that of a new
    record, where the vendor's answer itself tells it.
    """

    state: Literal["applied", "rejected", "retry", "unknown"]
    external_id: str | None = None
    created: bool = False
    code: str = ""
    message: str = ""
    retry_at: datetime | None = None
    fields: Sequence[str] = ()
    merged_into: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class FieldChange:
    """One entry of a vendor's own history: since ``at`` (an instant in UTC) the field held ``value``."""

    external_id: str
    field: str
    value: Any
    at: str


@dataclass(frozen=True)
class WantedField:
    """A field that Inlay needs to exist on a vendor object.

    ``key`` fields hold Inlay's idempotency key: unique, external id, text of 80 characters.
    """

    stream: str
    name: str
    label: str
    type: FieldType
    help: str = ""
    options: Sequence[str] = ()


@dataclass(frozen=True)
class ProvisionStep:
    """One change of the vendor's schema, described for the admin before it is made.

    ``name`` is stable and unique inside one plan; ``kind`` is the connector's own word for what ``provision`` has to
    do.
    """

    name: str
    kind: str
    summary: str
    calls: int
    field: WantedField | None = None


@dataclass(frozen=True)
class FieldFacts:
    """What discovery learnt about one vendor field, for this connection's user.

    ``options`` are the picklist's values; ``is_restricted`` ones take nothing else. A dependent picklist names its
    ``controller`` and, per value of that, the options ``valid_for`` it. ``is_required`` fields must be given on create.
    """

    name: str
    type: str
    label: str = ""
    can_create: bool = True
    can_update: bool = True
    is_custom: bool = False
    is_unique: bool = False
    length: int | None = None
    options: Sequence[str] | None = None
    is_required: bool = False
    is_calculated: bool = False
    is_restricted: bool = False
    controller: str | None = None
    valid_for: Mapping[str, frozenset[str]] | None = None


@dataclass(frozen=True)
class Finding:
    """Something an admin should know: what, where, and what to do."""

    code: str
    severity: Severity
    message: str
    where: str = ""
    remedy: str = ""
    count: int = 1


@dataclass(frozen=True)
class ConnectorContext:
    """What a connector is handed beside its settings: its connection's name, time, HTTP, and a folder.

    All workers of the connection share ``grants`` (tokens that get replaced) and ``budgets`` (calls allowed).
    """

    connection: str
    clock: Clock
    transport: Transport
    folder: Path = field(default_factory=Path)
    grants: Grants = field(default_factory=LocalGrants)
    shared_budgets: Budgets | None = None

    @cached_property
    def budgets(self) -> Budgets:
        """The shared budgets; where none are shared, this process's own."""
        return self.shared_budgets or LocalBudgets(self.clock, self.connection)


class Connector(ABC):
    """One configured account of one kind of system.

    Every method may raise ``AuthError`` (reconnect), ``RetryLater`` (outage, quota) or ``ConfigError``. Methods of
    connectors that cannot write keep the defaults here.
    """

    kind: ClassVar[str]
    settings_model: ClassVar[type[BaseModel]]
    writes: ClassVar[bool] = False

    def __init__(self, settings: Any, context: ConnectorContext) -> None:
        self.settings = settings
        self.context = context

    @abstractmethod
    def check(self) -> list[Finding]:
        """Say whether the system is reachable and lets us in; wrong credentials and outages are findings too."""

    def web_login(self, redirect_uri: str, state: str, verifier: str) -> str:
        """The vendor's address at which a person lets Inlay in with a browser; no network.

        ``state`` comes back unchanged with the browser. ``verifier`` is the PKCE secret (RFC 7636): the address holds
        its S256 challenge. Connectors whose way in needs no browser keep the default.
        """
        raise NotImplementedError

    def web_grant(self, code: str, redirect_uri: str, verifier: str) -> Grant:
        """The grant for a code that the browser brought back; raises ``AuthError`` when the vendor refuses it."""
        raise NotImplementedError

    @abstractmethod
    def streams(self) -> Mapping[str, Stream]:
        """All streams this connection can read, by name; no network."""

    @abstractmethod
    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Read a stream from a cursor on (None: from the beginning), oldest change first.

        ``fields`` are the vendor paths the mapping needs; unknown or forbidden ones are left out and reported by
        ``findings``. The overlap window is the connector's: it re-reads what the vendor may have shown late.
        """

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """Read these records as they are now, in as few calls as possible; missing ones are not in the answer."""
        raise NotImplementedError

    def tally(self, stream: str, columns: Sequence[str]) -> InputTally | None:
        """Count a stream's input anew, apart from any mapping, for reconciliation; None where the input is no file."""
        return None

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        """The vendor ids of records whose unique ``field`` holds one of ``values``: value -> id."""
        raise NotImplementedError

    def history(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[FieldChange]:
        """The values that these fields had, as far as the vendor remembers; empty where it keeps no history."""
        return []

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        """The fields of a stream as this connection's user may use them, discovered once per run."""
        return {}

    def findings(self) -> list[Finding]:
        """What discovery and reading noticed since the last call (fields unknown, forbidden or retyped)."""
        return []

    def batch_size(self, stream: str, verb: Verb) -> int:
        """How many rows one call may carry."""
        return 1

    def calls_for(self, stream: str, verb: Verb, rows: int) -> int:
        """About how many calls it takes to write one batch of so many rows; a bulk job takes several however many."""
        return 1

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Send one batch in one call and return one outcome per row, in order; never raises for a row's fault.

        A lost answer is ``unknown`` for all rows; a call that surely did not reach the vendor is ``retry``.
        """
        raise NotImplementedError

    def write_families(self, stream: str, families: Sequence[Family]) -> list[list[Outcome]]:
        """Create or update parents with their children, each family all or none; outcomes parent first."""
        raise NotImplementedError

    def merge(self, stream: str, survivor: str, losers: Sequence[str]) -> Outcome:
        """Merge into ``survivor``, for good (keep a snapshot first); the outcome's ``external_id`` is its name now."""
        raise NotImplementedError

    def attach(self, stream: str, external_id: str, attachment: Attachment) -> Outcome:
        """Put a file on a record; repeating it with the same key adds nothing."""
        raise NotImplementedError

    def write_bundle(self, folder: Path, wanted: Sequence[WantedField]) -> list[Path]:
        """Write a package that an admin deploys by other tools, instead of ``provision``; empty where there is none."""
        return []

    def plan_removal(self, fields: Sequence[WantedField]) -> list[ProvisionStep]:
        """The steps that would take away what Inlay once made for these fields; ``provision`` carries them out."""
        return []

    def quota(self) -> list[Meter]:
        """Where the vendor's budgets stand, as of its latest answers; no call of its own."""
        return self.context.budgets.meters()

    def plan_fields(self, wanted: Sequence[WantedField]) -> list[ProvisionStep]:
        """The steps that would make the wanted fields exist and writable; empty when they do. Reads only."""
        return []

    def plan_events(self, url: str, fields: Mapping[str, Sequence[str]] | None = None) -> list[ProvisionStep]:
        """Steps by which the vendor tells ``url`` (again) of streams and ``fields``; none where only a person can."""
        return []

    def provision(self, step: ProvisionStep) -> str | None:
        """Carry out one step; repeating it changes nothing. Returns what the admin has to be told once, if anything."""
        raise NotImplementedError

    def record_url(self, stream: str, external_id: str) -> str | None:
        """Where a person sees this record in a browser."""
        return None
