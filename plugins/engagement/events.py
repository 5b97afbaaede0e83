"""The activity of all clients: what firm and clients did together, each event once and of a type.

Not activity: what Inlay wrote itself (or its figures would feed on themselves), bulk mail, answers of machines, mail
that never arrived, what came to nothing, what is still ahead, and notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from core.sdk import Context, Interactions, Mask, Values, begins_with, contains, plain_subjects
from plugins.engagement.duplicates import Sightings
from plugins.engagement.settings import EngagementSettings

TYPES: dict[tuple[str, str | None], str] = {
    ("email", "inbound"): "mail_in", ("email", "outbound"): "mail_out", ("email", None): "mail",
    ("sms", "inbound"): "message_in", ("sms", "outbound"): "message_out", ("sms", None): "message_out",
    ("chat", "inbound"): "message_in", ("chat", "outbound"): "message_out", ("chat", None): "message_out",
}  # fmt: skip
SAID = {
    "meeting": ("meeting", "meetings"), "visit": ("visit", "visits"), "call": ("call", "calls"),
    "mail_in": ("mail from the client", "mails from the client"), "mail": ("mail", "mails"),
    "mail_out": ("mail to the client", "mails to the client"),
    "message_in": ("message from the client", "messages from the client"),
    "message_out": ("message to the client", "messages to the client"),
    "portal": ("portal visit", "portal visits"), "ticket": ("ticket", "tickets"),
}  # fmt: skip
REACHING = ("email", "sms", "chat", "call")
BULK = "bulk"
NOTE, AHEAD, UNPLACED = "note", "still ahead", "of no known client or time"
NOT_HAPPENED = (NOTE, AHEAD, UNPLACED)


@dataclass(frozen=True)
class Activity:
    """Row by row of the interactions: ``type`` (None where the row is no event) and the direction as all systems tell.

    ``attempt`` are messages and calls of the firm, answered or not. ``left_out`` says why a row counts for nothing.
    """

    type: Values
    direction: Values
    attempt: Mask
    left_out: Values

    @property
    def stands(self) -> Mask:
        """The rows that are events."""
        return np.fromiter((kind is not None for kind in self.type), np.bool_, len(self.type))

    def of(self, types: tuple[str, ...]) -> Mask:
        """The rows that are events of some types."""
        return np.isin(self.type, types)


_KNOWN: WeakKeyDictionary[Interactions, dict[Any, Activity]] = WeakKeyDictionary()


def activity_of(interactions: Interactions, context: Context) -> Activity:
    """The events among the interactions; worked out once for all signals that look at one table.

    The fields are read at every call, so that an explanation can name them.
    """
    fields = _Fields(interactions)
    known = _KNOWN.setdefault(interactions, {})
    key = (context.settings, context.firm.time_zone, str(context.now))
    if key not in known:
        known[key] = _sorted_out(fields, context)
    return known[key]


class _Fields:
    """What is read of the interactions."""

    def __init__(self, interactions: Interactions) -> None:
        self.kind, self.direction, self.outcome = interactions.kind, interactions.direction, interactions.outcome
        self.came_to_nothing, self.never_arrived = interactions.came_to_nothing, interactions.never_arrived
        self.subject, self.at = interactions.subject, interactions.started_at
        self.by_inlay, self.linked, self.client = interactions.by_inlay, interactions.linked, interactions.client
        self._ids = interactions.ids

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def source(self) -> Values:
        """The connection that tells of each row: the beginning of its id."""
        return np.array([id_.partition("/")[0] for id_ in self._ids], "O")


def _sorted_out(fields: _Fields, context: Context) -> Activity:
    settings: EngagementSettings = context.settings
    subjects = plain_subjects(fields.subject)
    left_out = _left_out(fields, subjects, context)
    direction, nothing = fields.direction.copy(), fields.came_to_nothing.copy()
    at = fields.at.astype("M8[s]").astype(np.int64)
    seen = Sightings(fields.client, fields.kind, at, fields.source, subjects, direction)
    rows = np.flatnonzero(~np.isin(left_out, NOT_HAPPENED))
    for event in seen.first_of_each(rows, settings.same_within_minutes * 60):
        direction[event[0]] = next((direction[row] for row in event if direction[row]), None)
        nothing[event[0]] = nothing[event].any()
        why = next((left_out[row] for row in event if left_out[row]), None)
        left_out[event] = [why, *[why or "told twice"] * (len(event) - 1)]
    once = np.array([why is None for why in left_out], np.bool_)
    attempt = once & np.isin(fields.kind, REACHING) & (direction == "outbound")
    return Activity(_types(fields.kind, direction, once & ~nothing), direction, attempt, left_out)


def _left_out(fields: _Fields, subjects: Values, context: Context) -> Values:
    """Why a row is no activity; None where it may be."""
    settings: EngagementSettings = context.settings
    is_mail = fields.kind == "email"
    is_bulk = (fields.outcome == BULK) | contains(subjects, settings.bulk_subjects)
    reasons = {
        "bulk mail": is_mail & (fields.direction != "inbound") & is_bulk,
        "answer of a machine": is_mail & begins_with(subjects, settings.automatic_subjects),
        "never arrived": fields.never_arrived,
        "written by Inlay": fields.by_inlay,
        NOTE: fields.kind == NOTE,
        AHEAD: fields.at > context.now,
        UNPLACED: ~fields.linked | np.isnat(fields.at),
    }
    found = np.full(len(fields), None, "O")
    for why, rows in reasons.items():
        found[rows] = why
    return found


def _types(kind: Values, direction: Values, held: Mask) -> Values:
    found = kind.copy()
    for (of_kind, of_direction), name in TYPES.items():
        found[(kind == of_kind) & (direction == of_direction)] = name
    found[~held] = None
    return found
