"""All tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make all tables."""
    _create_source_record()
    _create_raw_dictionary()
    _create_crosswalk()
    _create_linked_record()
    _create_golden_record()
    _create_cursor()
    _create_run()
    _create_parked_record()
    _create_finding()
    _create_signal_value()
    _create_signal_history()
    _create_operation()
    _create_outbox()
    _create_written_value()
    _create_inbox()
    _create_lease()
    _create_audit()


def downgrade() -> None:
    """Drop all tables, children first."""
    for table in (
        "audit",
        "lease",
        "inbox",
        "written_value",
        "outbox",
        "operation",
        "signal_history",
        "signal_value",
        "finding",
        "parked_record",
        "run",
        "cursor",
        "golden_record",
        "linked_record",
        "crosswalk",
        "raw_dictionary",
        "source_record",
    ):
        op.drop_table(table)


def _create_source_record() -> None:
    op.create_table(
        "source_record",
        sa.Column("id", Text, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=False),
        sa.Column("stamp", Text, nullable=True),
        sa.Column("synced_at", Text, nullable=False),
        sa.Column("mapping", Text, nullable=False),
        sa.Column("gone", Text, nullable=True),
        sa.Column("gone_at", Text, nullable=True),
        sa.Column("merged_into", Text, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_raw_dictionary() -> None:
    op.create_table(
        "raw_dictionary",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stream", Text, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_crosswalk() -> None:
    op.create_table(
        "crosswalk",
        sa.Column("record_type", Text, nullable=False),
        sa.Column("source_id", Text, nullable=False),
        sa.Column("golden_id", Text, nullable=False),
        sa.Column("rule", Text, nullable=False),
        sa.Column("evidence", Text, nullable=True),
        sa.Column("decided_at", Text, nullable=False),
        sa.PrimaryKeyConstraint("record_type", "source_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "crosswalk_golden",
        "crosswalk",
        ["record_type", "golden_id"],
        unique=False,
        sqlite_where=sa.text("golden_id != source_id"),
        postgresql_where=sa.text("golden_id != source_id"),
    )


def _create_linked_record() -> None:
    op.create_table(
        "linked_record",
        sa.Column("record_type", Text, nullable=False),
        sa.Column("source_id", Text, nullable=False),
        sa.Column("data", Text, nullable=False),
        sa.Column("stamp", Text, nullable=True),
        sa.Column("gone", Text, nullable=True),
        sa.Column("merged", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record_type", "source_id"),
    )
    op.create_index("linked_unmerged", "linked_record", ["merged"], unique=False)


def _create_golden_record() -> None:
    op.create_table(
        "golden_record",
        sa.Column("record_type", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("client_ref", Text, nullable=True),
        sa.Column("data", Text, nullable=False),
        sa.Column("provenance", Text, nullable=False),
        sa.Column("changed_at", Text, nullable=False),
        sa.Column("gone", Text, nullable=True),
        sa.PrimaryKeyConstraint("record_type", "id"),
    )
    op.create_index(
        "golden_client",
        "golden_record",
        ["client_ref"],
        unique=False,
        sqlite_where=sa.text("client_ref IS NOT NULL"),
        postgresql_where=sa.text("client_ref IS NOT NULL"),
    )


def _create_cursor() -> None:
    op.create_table(
        "cursor",
        sa.Column("connection", Text, nullable=False),
        sa.Column("stream", Text, nullable=False),
        sa.Column("stamp", Text, nullable=True),
        sa.Column("id", Text, nullable=True),
        sa.Column("fields", Text, nullable=False),
        sa.Column("mapping", Text, nullable=False),
        sa.Column("updated_at", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection", "stream"),
    )


def _create_run() -> None:
    op.create_table(
        "run",
        sa.Column("id", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("started_at", Text, nullable=False),
        sa.Column("ended_at", Text, nullable=True),
        sa.Column("facts", Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_parked_record() -> None:
    op.create_table(
        "parked_record",
        sa.Column("id", Text, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("problem", Text, nullable=False),
        sa.Column("place", Text, nullable=False),
        sa.Column("remedy", Text, nullable=False),
        sa.Column("mapping", Text, nullable=False),
        sa.Column("run_id", Text, nullable=False),
        sa.Column("parked_at", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_finding() -> None:
    op.create_table(
        "finding",
        sa.Column("code", Text, nullable=False),
        sa.Column("place", Text, nullable=False),
        sa.Column("severity", Text, nullable=False),
        sa.Column("message", Text, nullable=False),
        sa.Column("remedy", Text, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", Text, nullable=False),
        sa.Column("last_at", Text, nullable=False),
        sa.PrimaryKeyConstraint("code", "place"),
    )


def _create_signal_value() -> None:
    op.create_table(
        "signal_value",
        sa.Column("name", Text, nullable=False),
        sa.Column("subject_id", Text, nullable=False),
        sa.Column("subject_type", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("version", Text, nullable=False),
        sa.Column("config_hash", Text, nullable=False),
        sa.Column("as_of", Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "subject_id"),
        sqlite_with_rowid=False,
    )


def _create_signal_history() -> None:
    op.create_table(
        "signal_history",
        sa.Column("name", Text, nullable=False),
        sa.Column("subject_id", Text, nullable=False),
        sa.Column("as_of", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("version", Text, nullable=False),
        sa.Column("config_hash", Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "subject_id", "as_of"),
        sqlite_with_rowid=False,
    )


def _create_operation() -> None:
    op.create_table(
        "operation",
        sa.Column("id", Text, nullable=False),
        sa.Column("plan_id", Text, nullable=False),
        sa.Column("run_id", Text, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("connection", Text, nullable=False),
        sa.Column("stream", Text, nullable=False),
        sa.Column("external_id", Text, nullable=True),
        sa.Column("field", Text, nullable=True),
        sa.Column("key", Text, nullable=True),
        sa.Column("client_id", Text, nullable=True),
        sa.Column("before", Text, nullable=True),
        sa.Column("after", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("plugin", Text, nullable=False),
        sa.Column("inputs", Text, nullable=False),
        sa.Column("policy", Text, nullable=False),
        sa.Column("verdict", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("error", Text, nullable=True),
        sa.Column("approved_by", Text, nullable=True),
        sa.Column("applied_at", Text, nullable=True),
        sa.Column("undo_of", Text, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("operation_key", "operation", ["key"], unique=False)
    op.create_index("operation_plan", "operation", ["plan_id", "position"], unique=False)
    op.create_index("operation_run", "operation", ["run_id"], unique=False)
    op.create_index("operation_state", "operation", ["state"], unique=False)


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("operation_id", Text, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_at", Text, nullable=False),
        sa.Column("lease_until", Text, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", Text, nullable=True),
        sa.PrimaryKeyConstraint("operation_id"),
    )


def _create_written_value() -> None:
    op.create_table(
        "written_value",
        sa.Column("connection", Text, nullable=False),
        sa.Column("stream", Text, nullable=False),
        sa.Column("external_id", Text, nullable=False),
        sa.Column("field", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.Column("operation_id", Text, nullable=False),
        sa.Column("written_at", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection", "stream", "external_id", "field"),
    )


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("connection", Text, nullable=False),
        sa.Column("event_id", Text, nullable=False),
        sa.Column("event_type", Text, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection", "event_id", name="inbox_once"),
    )
    is_new = sa.text("state = 'new'")
    op.create_index("inbox_new", "inbox", ["connection", "id"], sqlite_where=is_new, postgresql_where=is_new)


def _create_lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", Text, nullable=False),
        sa.Column("holder", Text, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("until", Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Text, nullable=False),
        sa.Column("actor", Text, nullable=False),
        sa.Column("action", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("facts", Text, nullable=False),
        sa.Column("previous", Text, nullable=False),
        sa.Column("hash", Text, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
