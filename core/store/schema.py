"""What all tables share: one catalogue, and texts that compare alike on both databases."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy import Text as LocaleText

metadata = MetaData()

# Ids and instants are compared byte by byte, whatever locale a PostgreSQL was set up with: a range of ids and "newest
# first" mean the same on both databases, and no index is cheaper.
Text = LocaleText().with_variant(LocaleText(collation="C"), "postgresql")
