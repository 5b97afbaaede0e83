"""Every table of the store, in the order data passes through them.

Instants are text as ``core.clock.iso`` writes it, dates are ``YYYY-MM-DD``: they sort, they compare, and both
databases keep them alike. A source id is ``connection/stream/external_id`` (``core.model.SourceKey``): readable,
stable, and derived from the vendor's own key, so that a run repeated after a crash makes the same rows.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, UniqueConstraint, literal_column
from sqlalchemy import Text as LocaleText

metadata = MetaData()

# Ids and instants are compared byte by byte, whatever locale a PostgreSQL was set up with: a range of ids and "newest
# first" mean the same on both databases, and no index is cheaper.
Text = LocaleText().with_variant(LocaleText(collation="C"), "postgresql")

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

operation = Table(
    "operation",
    metadata,
    Column("id", Text, primary_key=True),  # hash of what it would do: two plans of one state agree
    Column("plan_id", Text, nullable=False),
    Column("run_id", Text),  # the apply (or undo) run that delivered it
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # set_field, create_record, delete_record, merge_records
    Column("connection", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("external_id", Text),  # unknown until a create is applied
    Column("field", Text),  # for set_field
    Column("key", Text),  # idempotency key of a create
    Column("client_id", Text),
    Column("before", Text),  # JSON
    Column("after", Text, nullable=False),  # JSON; for a create: {"values": …, "links": …}
    Column("reason", Text, nullable=False),
    Column("plugin", Text, nullable=False),
    Column("inputs", Text, nullable=False),  # JSON list: signals and records it rests on
    Column("policy", Text, nullable=False),
    Column("verdict", Text, nullable=False),  # apply, needs approval, blocked: …
    Column("state", Text, nullable=False),  # planned, queued, sending, applied, rejected, unknown, skipped, undone
    Column("error", Text),
    Column("approved_by", Text),
    Column("applied_at", Text),
    Column("undo_of", Text),
    Index("operation_plan", "plan_id", "position"),
    Index("operation_state", "state"),
)
# What is only planned has no run, and fields have no key: a plan of a hundred thousand changes pays for neither index.
HAS_RUN, HAS_KEY = operation.c.run_id.isnot(None), operation.c.key.isnot(None)
Index("operation_run", operation.c.run_id, sqlite_where=HAS_RUN, postgresql_where=HAS_RUN)
Index("operation_key", operation.c.key, sqlite_where=HAS_KEY, postgresql_where=HAS_KEY)
WAS_APPLIED = operation.c.applied_at.isnot(None)
Index("operation_applied", operation.c.applied_at, sqlite_where=WAS_APPLIED, postgresql_where=WAS_APPLIED)

outbox = Table(
    "outbox",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("lease_until", Text),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("record", Text, nullable=False, server_default=""),  # connection/stream/id or key: what keeps its order
    Column("verb", Text, nullable=False, server_default=""),
    Column("seq", Integer, nullable=False, server_default="0"),  # goes up with every run that is put in
    Column("priority", Integer, nullable=False, server_default="0"),  # the lowest number goes first
    Index("outbox_record", "record", "seq"),
)

breaker = Table(
    "breaker",  # connections that do not answer: no call but one probe per pause
    metadata,
    Column("connection", Text, primary_key=True),
    Column("failures", Integer, nullable=False),  # one after the other, by whichever worker
    Column("probe_at", Text, nullable=False),  # when the next worker may try
    Column("since", Text, nullable=False),
    Column("cause", Text, nullable=False),
)

pinned_field = Table(
    "pinned_field",  # what a person keeps for themselves; "" as field: the whole record
    metadata,
    Column("connection", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("pinned_by", Text, nullable=False),
    Column("pinned_at", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

looked_back = Table(
    "looked_back",  # up to which write the vendor's history was searched for edits that were written over
    metadata,
    Column("connection", Text, primary_key=True),
    Column("until", Text, nullable=False),
)

written_value = Table(
    "written_value",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON, as the vendor keeps it
    Column("operation_id", Text, nullable=False),
    Column("written_at", Text, nullable=False),
    Column("over", Text, nullable=False, server_default="[]"),  # JSON: the values that were replaced, the latest first
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
