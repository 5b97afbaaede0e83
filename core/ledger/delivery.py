"""How a delivery goes about its work: its patience, its care, how its lanes run, and who is told of every step.

All of it is handed in, so that a simulation decides what runs when and dies where it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Literal

Lane = Callable[[], None]
Lanes = Callable[[Sequence[Lane]], None]
Step = Literal["claimed", "looked", "snapshot kept", "sent", "written down", "settled"]
Guard = Literal["shared", "all", "nothing"]
STEPS: tuple[Step, ...] = ("claimed", "looked", "snapshot kept", "sent", "written down", "settled")
"""The moments of a batch's way at which a process may die and something different is left behind, in their order."""


def one_after_another(lanes: Sequence[Lane]) -> None:
    """Run lanes in their order, in this thread."""
    for lane in lanes:
        lane()


def side_by_side(lanes: Sequence[Lane]) -> None:
    """Run lanes in a thread each; the first error is raised when all have ended."""
    if len(lanes) < 2:
        one_after_another(lanes)
        return
    with ThreadPoolExecutor(len(lanes), "inlay-lane") as pool:
        running = [pool.submit(copy_context().run, lane) for lane in lanes]  # with the ids of the log
    for lane in running:
        lane.result()


def ignore(_: Step) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Delivery:
    """How patient and how careful a delivery is.

    ``lease_seconds``: how long a batch belongs to the worker that claimed it; longer than any call may take.
    ``patience_seconds``: how long to wait, all in all, for a busy system before leaving the rest in the outbox.
    ``attempts``: how often the vendor may send one row back before it becomes a dead letter.
    ``fresh_seconds``: what was read longer ago is read again before it is written over.
    ``guard``: which fields are written only if the vendor says that nobody has changed the record since that look
    (where it can): those people share with Inlay, all, or none; it costs the vendor's large batches.
    ``lanes`` runs the connections' work; ``reached`` is told of every step that a batch has taken.
    """

    lease_seconds: float = 60.0
    patience_seconds: float = 120.0
    attempts: int = 8
    fresh_seconds: float = 300.0
    guard: Guard = "shared"
    lanes: Lanes = one_after_another
    reached: Callable[[Step], None] = ignore

    def guards(self, policy: str) -> bool:
        """Whether a field under this policy is written conditionally."""
        return self.guard == "all" or (self.guard == "shared" and policy != "owned")
