"""Every table of the store, in the order data passes through them.

Instants are text as ``core.clock.iso`` writes it, dates are ``YYYY-MM-DD``: they sort, they compare, and both
databases keep them alike. A source id is ``connection/stream/external_id`` (``core.model.SourceKey``): readable,
stable, and derived from the vendor's own key, so that a run repeated after a crash makes the same rows.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, UniqueConstraint, literal_column

from core.store.ledger_tables import (
    WAS_APPLIED,
    breaker,
    looked_back,
    operation,
    outbox,
    pinned_field,
    written_over,
    written_value,
)
from core.store.schema import Text, metadata

__all__ = [
    "WAS_APPLIED",
    "breaker",
    "looked_back",
    "metadata",
    "operation",
    "outbox",
    "pinned_field",
    "written_over",
    "written_value",
]

source_record = Table(
    "source_record",
    metadata,
    Column("id", Text, primary_key=True),
    Column("raw", LargeBinary, nullable=False),  # JSON as the vendor sent it, packed by core.store.raw
    Column("raw_hash", LargeBinary, nullable=False),  # of the uncompressed payload: change detection
    Column("stamp", Text),  # the vendor's own modification instant
    Column("synced_at", Text, nullable=False),  # as-of of the run that last saw it change
    Column("mapping", Text, nullable=False),  # hash of the mapping its canonical form was made with
    Column("gone", Text),  # deleted, archived, merged, access_lost
    Column("gone_at", Text),
    Column("merged_into", Text),
)

raw_dictionary = Table(
    "raw_dictionary",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("stream", Text, nullable=False),  # connection/stream
    Column("data", LargeBinary, nullable=False),  # names and common values that payloads are packed against
)

crosswalk = Table(
    "crosswalk",
    metadata,
    Column("record_type", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("golden_id", Text, nullable=False),
    Column("rule", Text, nullable=False),  # the key that linked it, "merged" by its vendor, or "own"
    Column("evidence", Text),
    Column("decided_at", Text, nullable=False),
    sqlite_with_rowid=False,
)
# Most records stand alone, and those have no row: none means that the record is its own golden one, by rule "own".
# `core.store.crosswalk.HOMES` reads both. The way back from a golden record to its other members is this index.
OTHERS = crosswalk.c.golden_id != crosswalk.c.source_id
Index("crosswalk_golden", crosswalk.c.record_type, crosswalk.c.golden_id, sqlite_where=OTHERS, postgresql_where=OTHERS)

linked_record = Table(
    "linked_record",
    metadata,
    Column("record_type", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("data", Text, nullable=False),  # canonical form of one of several members of a golden record
    Column("stamp", Text),
    Column("gone", Text),
    Column("merged", Integer, nullable=False),  # 0 until the golden record has been merged anew with it
    Index("linked_unmerged", "merged"),
)

golden_record = Table(
    "golden_record",
    metadata,
    Column("record_type", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # the source id of its anchor record
    Column("client_ref", Text),  # source id of the client it belongs to, as the vendor said; resolved by the crosswalk
    Column("data", Text, nullable=False),  # canonical JSON; an absent field is not in it, a cleared one is null
    Column("provenance", Text, nullable=False),  # JSON: field -> [source id, instant], "*" for others; "": all its own
    Column("changed_at", Text, nullable=False),
    Column("gone", Text),
)
BELONGS = golden_record.c.client_ref.isnot(None)
Index("golden_client", golden_record.c.client_ref, sqlite_where=BELONGS, postgresql_where=BELONGS)

description = Table(
    "description",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("asked", Text, nullable=False),  # digest of what the mapping wants of the stream
    Column("seen_at", Text, nullable=False),
    Column("facts", LargeBinary, nullable=False),  # packed by core.store.descriptions
)

cursor = Table(
    "cursor",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("stamp", Text),  # with id: the keyset position; both NULL for a stream that is always read whole
    Column("id", Text),
    Column("fields", Text, nullable=False),  # JSON: the vendor paths asked for; a new one makes the stream be read anew
    Column("mapping", Text, nullable=False),  # hash of the mapping all its records were normalised with
    Column("updated_at", Text, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),  # kind-000001
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),  # running, done, failed, interrupted
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text),
    Column("facts", Text, nullable=False),
)

parked_record = Table(
    "parked_record",
    metadata,
    Column("id", Text, primary_key=True),  # source id, or connection/stream/row:n where the record has none
    Column("raw", LargeBinary, nullable=False),
    Column("problem", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("mapping", Text, nullable=False),  # hash of the mapping that refused it: another one tries again
    Column("run_id", Text, nullable=False),
    Column("parked_at", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, replayed, dismissed
)

finding = Table(
    "finding",
    metadata,
    Column("code", Text, primary_key=True),
    Column("place", Text, primary_key=True),  # connection/stream/field or whatever the code speaks of
    Column("severity", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
)

signal_value = Table(
    "signal_value",
    metadata,
    Column("name", Text, primary_key=True),  # first in the key: one signal of all subjects is read and written at once
    Column("subject_id", Text, primary_key=True),
    Column("subject_type", Text, nullable=False),
    Column("value", Text, nullable=False),  # JSON scalar
    Column("reason", Text, nullable=False),
    Column("version", Text, nullable=False),  # of the rule
    Column("config_hash", Text, nullable=False),
    Column("as_of", Text, nullable=False),  # since when it holds
    sqlite_with_rowid=False,
)

signal_history = Table(
    "signal_history",  # the values that held before: each moves here when another takes its place
    metadata,
    Column("name", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("as_of", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("config_hash", Text, nullable=False),
    sqlite_with_rowid=False,
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("connection", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("state", Text, nullable=False),  # new, done, ignored, dead, conflict
    Column("digest", LargeBinary),  # of what the event says, without what changes from one attempt to the next
    Column("touches", Text, nullable=False, server_default=""),  # JSON: the records it is about; "" when it names none
    UniqueConstraint("connection", "event_id", name="inbox_once"),
)
# Spelt out, not bound: neither database uses a partial index for a parameter. The worker looks here every second.
IS_NEW = inbox.c.state == literal_column("'new'")
Index("inbox_new", inbox.c.connection, inbox.c.id, sqlite_where=IS_NEW, postgresql_where=IS_NEW)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),  # of the work that only one process may do at a time
    Column("holder", Text, nullable=False),  # for people: machine and process
    Column("fence", Integer, nullable=False),  # goes up with each holder: an older one is known by it
    Column("until", Text, nullable=False),
)

job = Table(
    "job",  # work that is wanted, whoever does it
    metadata,
    Column("name", Text, primary_key=True),  # such as read:crm or think
    Column("wanted_at", Text),  # since when it is; NULL when nothing is to be done
    Column("wishes", Integer, nullable=False),  # goes up whenever somebody wants it
    Column("begun_at", Text),  # when somebody began it last
    Column("ended_at", Text),  # when it came to a good end last
    Column("attempts", Integer, nullable=False),  # begun since then: those that failed, and those that died
    Column("rest_until", Text),  # not before: it has failed
)

vendor_grant = Table(
    "vendor_grant",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # the grant, encrypted by core.vault
    Column("version", Integer, nullable=False),  # goes up with every change: who changes it names the one he knew
    Column("state", Text, nullable=False),  # good, reconnect
    Column("cause", Text, nullable=False),  # the vendor's refusal, of a grant that is good no more
    Column("settings", Text, nullable=False),  # mark of the settings it was refused under: new ones start afresh
    Column("changed_at", Text, nullable=False),
)

vendor_budget = Table(
    "vendor_budget",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),  # JSON: calls handed out and until when they count; what the vendor told
)

vendor_hold = Table(
    "vendor_hold",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("until", Text, nullable=False),  # no call before this instant: the vendor said so
)

removed_value = Table(
    "removed_value",  # what fields held that `inlay detach` took away
    metadata,
    Column("connection", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("removed_at", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON, as the vendor kept it
)

event = Table(
    "event",  # what subscribers are told: made from rows that say the same, once each
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),  # the same for the same happening, whoever notices it
    Column("type", Text, nullable=False),
    Column("occurred_at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # as it is signed and sent
)

delivery = Table(
    "delivery",  # one event for one subscriber
    metadata,
    Column("subscriber", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # waiting, delivered, failed
    Column("due_at", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("base", Integer, nullable=False),  # attempts made before somebody asked to send it again
    Column("lease_until", Text),
    Column("fence", Integer, nullable=False),
    sqlite_with_rowid=False,
)
IS_WAITING = delivery.c.state == literal_column("'waiting'")
Index("delivery_waiting", delivery.c.subscriber, delivery.c.seq, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    Column("subscriber", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("status", Integer, nullable=False),  # 0: no answer
    Column("milliseconds", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("reply", Text, nullable=False),  # the beginning of it
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("name", Text, primary_key=True),
    Column("failing_since", Text),  # the first failure since the last success
    Column("disabled_at", Text),
    Column("cause", Text, nullable=False),
)

noticed = Table(
    "noticed",  # how far each kind of happening has been made into events
    metadata,
    Column("source", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
