"""How each request stands: when its first reply is due on the stated clock, and whether that is near or past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import Context, Mask, Users, Values
from plugins.sla.asked import Asked, Sources
from plugins.sla.clocks import Offices, due_at, soon_at
from plugins.sla.settings import SlaSettings

IN_TIME, DUE_SOON, BREACHED = "In time", "Due soon", "Breached"
PAUSED, FORGOTTEN, ANSWERED = "Paused", "Forgotten", "Answered"
WAITING = (IN_TIME, DUE_SOON, BREACHED)
WINDOW = np.timedelta64(90, "D")
HOUR = 3600


@dataclass(frozen=True)
class Requests:
    """Requests with the instant by which each is due, its state now, and the office hours it took (NaN: no reply)."""

    of: Asked
    due: Values
    state: Values
    hours: Values

    @property
    def waiting(self) -> Mask:
        """Those that somebody has to answer."""
        return np.isin(self.state, WAITING)

    @property
    def in_time(self) -> Mask:
        """Those answered by the time they were due."""
        return np.asarray(self.of.answered <= self.due)

    def judged(self, now: np.datetime64) -> Mask:
        """Those that fell due in the last 90 days; an open one counts as failed, a paused one not at all."""
        return np.asarray((self.due <= now) & (self.due > now - WINDOW) & (self.state != PAUSED))


def requests_of(sources: Sources) -> Requests:
    """All requests, each on the clock of the person it is for."""
    asked, context = sources.asked(), sources.context
    due, soon, hours = _counted(asked, sources.users, context)
    state = np.full(len(due), IN_TIME, "O")
    state[soon <= context.now] = DUE_SOON
    state[due < context.now] = BREACHED
    forgotten = context.now - np.timedelta64(context.settings.forget_days, "D")
    state[asked.is_message & (due < forgotten)] = FORGOTTEN
    state[asked.paused] = PAUSED
    state[~np.isnat(asked.answered)] = ANSWERED
    return Requests(asked, due, state, hours)


def _counted(asked: Asked, users: Users, context: Context) -> tuple[Values, Values, Values]:
    """Due, due soon, and office hours to the reply, clock by clock."""
    settings: SlaSettings = context.settings
    offices = Offices(users, context)
    due, soon = np.full(len(asked.ids), "NaT", "M8[s]"), np.full(len(asked.ids), "NaT", "M8[s]")
    hours = np.full(len(asked.ids), np.nan)
    for person in np.unique(asked.person).tolist():
        clock, mine = offices.clock(person), asked.person == person
        hours[mine] = clock.between(asked.asked[mine], asked.answered[mine]) / HOUR
        for urgency, target in settings.targets.model_dump().items():
            rows = np.flatnonzero(mine & (asked.urgency == urgency))
            due[rows] = due_at(clock, asked.asked[rows], target, settings.clock)
            soon[rows] = soon_at(clock, asked.asked[rows], due[rows], settings.due_soon_share)
    return due, soon, hours
