"""From a folder of exports to a proposal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from core.clock import Clock, SystemClock
from core.errors import ConfigError
from core.onboard.facts import look
from core.onboard.generic import connection_for
from core.onboard.known import known_connections
from core.onboard.notes import Notes
from core.onboard.proposal import Proposal

FRESH = timedelta(days=60)


def propose(folder: Path, clock: Clock | None = None) -> Proposal:
    """Look at every file of a folder and propose connections and mappings for what can be understood.

    ``clock`` decides whether the data is so old that it should be computed as of its own newest date. Raises
    ``ConfigError`` when there are no files, or nothing in them that looks like clients.
    """
    clock = clock or SystemClock()
    notes = Notes()
    plans, others = known_connections(look(folder, clock), notes)
    generic = connection_for(others, notes)
    connections = [*plans, *([generic] if generic else [])]
    if not connections:
        raise ConfigError(
            "no file holds anything that looks like clients",
            where=str(folder),
            remedy="; ".join(f"{one.what}: {one.why}" for one in notes.left_out)[:600],
        )
    is_past = notes.newest is not None and clock.now().date() - notes.newest > FRESH
    return Proposal(
        folder, connections, notes.recognised, notes.left_out, notes.unknown, notes.assumed, notes.newest, is_past
    )
