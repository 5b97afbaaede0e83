"""The ledger's own: order and priority in the outbox, breakers, pinned fields, and how far history was looked back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
APPLIED = sa.text("applied_at IS NOT NULL")


def upgrade() -> None:
    """Add the columns, the index and the tables."""
    op.add_column("outbox", sa.Column("record", Text, nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("verb", Text, nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("seq", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("written_value", sa.Column("over", Text, nullable=False, server_default="[]"))
    op.create_index("outbox_record", "outbox", ["record", "seq"])
    op.create_index("operation_applied", "operation", ["applied_at"], sqlite_where=APPLIED, postgresql_where=APPLIED)
    for name, column in (("operation_run", "run_id"), ("operation_key", "key")):
        filled = sa.text(f"{column} IS NOT NULL")
        op.drop_index(name, "operation")
        op.create_index(name, "operation", [column], sqlite_where=filled, postgresql_where=filled)
    op.create_table(
        "breaker",
        sa.Column("connection", Text, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("probe_at", Text, nullable=False),
        sa.Column("since", Text, nullable=False),
        sa.Column("cause", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "pinned_field",
        sa.Column("connection", Text, nullable=False),
        sa.Column("stream", Text, nullable=False),
        sa.Column("external_id", Text, nullable=False),
        sa.Column("field", Text, nullable=False),
        sa.Column("pinned_by", Text, nullable=False),
        sa.Column("pinned_at", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection", "stream", "external_id", "field"),
    )
    op.create_table(
        "looked_back",
        sa.Column("connection", Text, nullable=False),
        sa.Column("until", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )


def downgrade() -> None:
    """Drop them; what waits in the outbox keeps its place."""
    for table in ("looked_back", "pinned_field", "breaker"):
        op.drop_table(table)
    for name, column in (("operation_run", "run_id"), ("operation_key", "key")):
        op.drop_index(name, "operation")
        op.create_index(name, "operation", [column])
    op.drop_index("operation_applied", "operation")
    op.drop_index("outbox_record", "outbox")
    op.drop_column("written_value", "over")
    for column in ("priority", "seq", "verb", "record"):
        op.drop_column("outbox", column)
