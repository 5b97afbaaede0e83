"""Jobs: work that is wanted, and how it went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "job",
        sa.Column("name", Text, nullable=False),
        sa.Column("wanted_at", Text),
        sa.Column("wishes", sa.Integer(), nullable=False),
        sa.Column("begun_at", Text),
        sa.Column("ended_at", Text),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rest_until", Text),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Drop it: what is wanted is found out anew."""
    op.drop_table("job")
