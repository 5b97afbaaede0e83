"""Records that stand alone: no row in the crosswalk, no words of provenance; and digests of another make."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

LEAVE_OUT = """
DELETE FROM crosswalk WHERE rule = 'own' AND evidence IS NULL AND golden_id = source_id AND NOT EXISTS (
  SELECT 1 FROM linked_record AS m WHERE m.record_type = crosswalk.record_type AND m.source_id = crosswalk.source_id)
"""
SAY_NOTHING = """
UPDATE golden_record SET provenance = '' WHERE substr(provenance, 1, length(id) + 9) = '{"*":["' || id || '",'
AND NOT EXISTS (
  SELECT 1 FROM linked_record AS m WHERE m.record_type = golden_record.record_type AND m.source_id = golden_record.id)
"""
ENTER_AGAIN = """
INSERT INTO crosswalk (record_type, source_id, golden_id, rule, decided_at)
SELECT record_type, id, id, 'own', changed_at FROM golden_record WHERE NOT EXISTS (
  SELECT 1 FROM crosswalk AS c WHERE c.record_type = golden_record.record_type AND c.source_id = golden_record.id)
"""


def upgrade() -> None:
    """Leave out what is understood: a record is its own golden one, and its fields come from itself.

    Payloads are compared by what they say the next time each is read, and get a digest of today's make then.
    """
    op.execute(LEAVE_OUT)
    op.execute(SAY_NOTHING)
    op.get_bind().execute(sa.text("UPDATE source_record SET raw_hash = :unknown"), {"unknown": b""})


def downgrade() -> None:
    """Enter the records again; an empty provenance meant the same before."""
    op.execute(ENTER_AGAIN)
