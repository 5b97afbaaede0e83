"""What each system said of its fields when it was last read: to tell, in whatever process, what has changed since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "description",
        sa.Column("connection", Text, nullable=False),
        sa.Column("stream", Text, nullable=False),
        sa.Column("asked", Text, nullable=False),
        sa.Column("seen_at", Text, nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "stream"),
    )


def downgrade() -> None:
    """Drop it: the next sync writes down anew what is there, and tells no change from before."""
    op.drop_table("description")
