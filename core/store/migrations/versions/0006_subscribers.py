"""What subscribers are told: events, their deliveries and attempts, and how far happenings have been noticed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WAITING = sa.text("state = 'waiting'")
TABLES = ("noticed", "subscriber", "delivery_attempt", "delivery", "event")


def upgrade() -> None:
    """Make the five tables."""
    _create_deliveries()
    _create_subscribers()


def _create_deliveries() -> None:
    op.create_table(
        "event",
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("type", Text, nullable=False),
        sa.Column("occurred_at", Text, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "delivery",
        sa.Column("subscriber", Text, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("due_at", Text, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("lease_until", Text),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subscriber", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "delivery_waiting", "delivery", ["subscriber", "seq"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("subscriber", Text, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", Text, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("trouble", Text, nullable=False),
        sa.Column("reply", Text, nullable=False),
        sa.PrimaryKeyConstraint("subscriber", "seq", "number"),
    )


def _create_subscribers() -> None:
    op.create_table(
        "subscriber",
        sa.Column("name", Text, nullable=False),
        sa.Column("failing_since", Text),
        sa.Column("disabled_at", Text),
        sa.Column("cause", Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "noticed",
        sa.Column("source", Text, nullable=False),
        sa.Column("position", Text, nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )


def downgrade() -> None:
    """Drop them: what was not sent yet is lost."""
    for table in TABLES:
        op.drop_table(table)
