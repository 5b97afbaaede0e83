"""What all workers of a connection share: its grant, its budgets, and the values of fields that were taken away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "vendor_grant",
        sa.Column("connection", Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("cause", Text, nullable=False),
        sa.Column("settings", Text, nullable=False),
        sa.Column("changed_at", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "vendor_budget",
        sa.Column("connection", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection", "name"),
    )
    op.create_table(
        "vendor_hold",
        sa.Column("connection", Text, nullable=False),
        sa.Column("until", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "removed_value",
        sa.Column("connection", Text, nullable=False),
        sa.Column("stream", Text, nullable=False),
        sa.Column("field", Text, nullable=False),
        sa.Column("external_id", Text, nullable=False),
        sa.Column("removed_at", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.PrimaryKeyConstraint("connection", "stream", "field", "external_id", "removed_at"),
    )


def downgrade() -> None:
    """Drop them; grants have to be made anew afterwards."""
    for table in ("removed_value", "vendor_hold", "vendor_budget", "vendor_grant"):
        op.drop_table(table)
