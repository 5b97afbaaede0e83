"""What an event tells of, to be asked for again, and a digest that tells a repeat of it from a contradiction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns; of events kept before nothing is known, so that their connections are read whole."""
    op.add_column("inbox", sa.Column("digest", sa.LargeBinary(), nullable=True))
    op.add_column("inbox", sa.Column("touches", Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drop them; the events stay."""
    op.drop_column("inbox", "touches")
    op.drop_column("inbox", "digest")
