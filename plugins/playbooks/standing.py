"""How a play stands for one client or contract, and how that moves on: it begins, takes its steps, and ends.

The standing is kept as a signal. Each evaluation starts from what the last one left, so that nothing is begun, handed
to somebody or ended twice, however often a day Inlay runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from core.sdk import Context, iso, spoken_date
from plugins.playbooks.asked import Asked
from plugins.playbooks.people import Keeper
from plugins.playbooks.play import Play

KeeperOf = Callable[[int], Keeper]
NOT_YET = "-"


@dataclass(frozen=True)
class Standing:
    """One occurrence: when it began, how many steps were taken, when and by whom the last one, and when it ended."""

    began: datetime
    step: int = 0
    at: datetime | None = None
    ended: datetime | None = None
    owner: str = ""

    def __str__(self) -> str:
        """As the store keeps it."""
        state = f"ended {iso(self.ended)}" if self.ended else f"open {NOT_YET}"
        return f"{state} began {iso(self.began)} step {self.step} {iso(self.at) if self.at else NOT_YET} {self.owner}"

    @classmethod
    def read(cls, written: str) -> Standing:
        """From what the store keeps."""
        _, ended, _, began, _, step, at, owner = written.split(" ", 7)
        return cls(datetime.fromisoformat(began), int(step), _instant(at), _instant(ended), owner)

    @staticmethod
    def is_open(written: str) -> bool:
        """Whether what the store keeps speaks of a play that runs."""
        return written.startswith("open")

    @property
    def told(self) -> str:
        """The same in a sentence."""
        steps = f", step {self.step} on {spoken_date(self.at)}" if self.at else ""
        ended = f", ended on {spoken_date(self.ended)}" if self.ended else ""
        return f"began on {spoken_date(self.began)}{steps}{ended}"


@dataclass(frozen=True)
class Now:
    """What is known of one subject at this evaluation; ``over`` where the play is to end."""

    holds: bool
    over: bool
    asked: Asked | None
    keeper: KeeperOf


def moved_on(play: Play, standing: Standing | None, now: Now, context: Context) -> Standing | None:
    """How the play stands after this evaluation; None while it never began."""
    if standing is None or standing.ended:
        if not now.holds or _is_asked(now) or (standing and _rests(play, standing, context)):
            return standing
        standing = Standing(_instant_of(context))
    elif now.over:
        return replace(standing, ended=_instant_of(context))
    elif now.holds and not _is_asked(now) and _is_old(play, standing, context):
        standing = Standing(_instant_of(context))
    return _stepped(play, standing, now, context)


def _stepped(play: Play, standing: Standing, now: Now, context: Context) -> Standing:
    """One step further where its day has come and nothing speaks against it."""
    if standing.step >= len(play.steps):
        return standing
    keeper = now.keeper(standing.step)
    today = context.as_of.astimezone(keeper.zone).date()
    if today < _day_of_next(play, standing, keeper, context) or _is_held_back(standing, now.asked, today):
        return standing
    return replace(standing, step=standing.step + 1, at=_instant_of(context), owner=keeper.id)


def _day_of_next(play: Play, standing: Standing, keeper: Keeper, context: Context) -> date:
    """The working day of the next step: so many after the beginning, and as many after the last step as planned."""
    days = context.working_days
    day = days.after(standing.began.astimezone(keeper.zone).date(), play.steps[standing.step].after)
    if standing.at is None:
        return day
    gaps = [late.after - early.after for early, late in pairwise(play.steps)]
    return max(day, days.after(standing.at.astimezone(keeper.zone).date(), gaps[standing.step - 1]))


def _is_held_back(standing: Standing, asked: Asked | None, today: date) -> bool:
    """Whether an earlier task is done since the play began, or is not due yet because somebody moved it."""
    if asked is None or standing.step == 0:
        return False
    return asked.day >= today if asked.what == "open" else asked.day >= standing.began.date()


def _is_asked(now: Now) -> bool:
    """Whether a task of the play is still open, so that there is nothing to ask for again."""
    return now.asked is not None and now.asked.what == "open"


def _rests(play: Play, standing: Standing, context: Context) -> bool:
    """Whether the play ended so lately that it does not begin again."""
    return standing.ended is not None and context.as_of < standing.ended + timedelta(days=play.cool_down_days)


def _is_old(play: Play, standing: Standing, context: Context) -> bool:
    """Whether a play that repeats has run for its time."""
    return play.repeat_days is not None and context.as_of >= standing.began + timedelta(days=play.repeat_days)


def _instant_of(context: Context) -> datetime:
    return context.as_of.astimezone(UTC)


def _instant(written: str) -> datetime | None:
    return None if written == NOT_YET else datetime.fromisoformat(written)
