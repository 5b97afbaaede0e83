"""The ledger's tables: operations, the outbox, what a person keeps, and what Inlay remembers of its writes."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from core.store.schema import Text, metadata

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

written_over = Table(
    "written_over",  # what people wrote between our look and our write, as the vendor's history tells
    metadata,
    Column("operation_id", Text, primary_key=True),  # the write that replaced it
    Column("value", Text, nullable=False),  # JSON, as the vendor keeps it
    Column("edited_at", Text, nullable=False),
    Column("found_at", Text, nullable=False),
)
