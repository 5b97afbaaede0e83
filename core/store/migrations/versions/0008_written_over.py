"""What people wrote that Inlay has written over unseen: kept, so that it can be given back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "written_over",
        sa.Column("operation_id", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.Column("edited_at", Text, nullable=False),
        sa.Column("found_at", Text, nullable=False),
        sa.PrimaryKeyConstraint("operation_id"),
    )


def downgrade() -> None:
    """Drop it: the values are in the vendor's own history."""
    op.drop_table("written_over")
