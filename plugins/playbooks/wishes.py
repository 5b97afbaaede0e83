"""What playbooks propose: a task or note for each step, a digest where it is too much, a note where a play ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from core.sdk import (
    CompleteTask,
    Context,
    CreateTask,
    LogNote,
    Portfolio,
    Priority,
    Proposal,
    SendMessage,
    Users,
    counted,
    cut,
    proposal_key,
    spoken_date,
)
from plugins.playbooks.handout import Item, Place, hand_out
from plugins.playbooks.people import NOBODY, zone_name
from plugins.playbooks.play import CATCH_UP, Step
from plugins.playbooks.reading import Listed
from plugins.playbooks.settings import PlaybookSettings
from plugins.playbooks.standing import Standing
from plugins.playbooks.telling import Telling

RANKS: dict[Priority, int] = {"high": 0, "normal": 1, "low": 2}
FOOTER = """As of {today}.
To snooze, move the due date: further steps wait for it. Write the outcome down here and complete the task when done."""
DIGEST = """These came on one day, beyond the {budget} tasks that one person is given:
{lines}
As of {today}.

Step expected: look through them and take up what matters; the first step of each makes no other task."""


CLOSED_BY_US = "Its task is completed, unless somebody has changed it."
CLOSED_BY_YOU = "If its task is still open, it can be completed."


@dataclass(frozen=True)
class Wish:
    """One step of one occurrence that may be proposed now."""

    listed: Listed
    place: int
    row: int
    standing: Standing
    at: datetime
    told: Telling

    @property
    def step(self) -> Step:
        """The step as the play says."""
        return self.listed.play.steps[self.standing.step - 1]

    @property
    def key(self) -> str:
        """What no other wish shares: play, subject, occurrence and step."""
        return _key(self.listed, self.told, self.standing, self.standing.step)

    @property
    def priority(self) -> Priority:
        """The step's own, else the play's."""
        return self.step.priority or self.listed.play.priority

    def item(self, zone: ZoneInfo) -> Item:
        """The same for handing out, on the days of its owner."""
        rank = (RANKS[self.priority], self.place, self.told.subject_id)
        return Item(self.at.astimezone(zone).date(), self.at, rank, self.standing.owner, self.key)


def play_wishes(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """All tasks and notes of all plays, those of the last days included: what was made already is not made again."""
    desk = _Desk(portfolio, context)
    notes = [_note(wish) for wish in desk.wishes if wish.step.note]
    messages = [made for wish in desk.messages if (made := _message(wish))]
    return [*desk.tasks(), *desk.digests(), *notes, *messages, *desk.outcomes(), *desk.closings()]


class _Desk:
    """One plan: which steps are fresh, and what is handed out how."""

    def __init__(self, portfolio: Portfolio, context: Context) -> None:
        self._portfolio = portfolio
        self._context = context
        self._settings: PlaybookSettings = context.settings
        self._since = context.as_of - timedelta(days=CATCH_UP, hours=1)  # a day on which clocks change has 25 hours

    @cached_property
    def wishes(self) -> list[Wish]:
        """The last step of every occurrence that took one in the last days, also of those that ended since."""
        return [
            Wish(
                listed,
                place,
                row,
                standing,
                standing.at,
                Telling(self._portfolio, self._context, listed, row, standing),
            )
            for place, listed, row, standing in self._standings
            if standing.at is not None and self._since < standing.at <= self._context.as_of
        ]

    @cached_property
    def _places(self) -> dict[str, Place]:
        items = [wish.item(self._zone(wish.standing.owner)) for wish in self.wishes if wish.step.do]
        next_day = self._context.working_days.after
        return hand_out(items, self._settings.tasks_per_owner_and_day, lambda day: next_day(day, 1))

    def tasks(self) -> list[Proposal]:
        """One task for every step that is handed out by itself."""
        return [self._task(wish, place) for wish, place in self._due() if place.form == "task"]

    def digests(self) -> list[Proposal]:
        """One task per person and day for all the rest, and one for what came late the day before."""
        rest: dict[tuple[Place, str], list[Wish]] = {}
        for wish, place in self._due():
            if place.form != "task":
                rest.setdefault((place, wish.standing.owner), []).append(wish)
        return [self._digest(place, owner, wishes) for (place, owner), wishes in rest.items()]

    @property
    def messages(self) -> list[Wish]:
        """The steps that are messages, of plays that run: what held somebody back ends with them."""
        return [wish for wish in self.wishes if wish.step.send and wish.standing.ended is None]

    def outcomes(self) -> list[Proposal]:
        """A note for every play that ended in the last days after at least one step."""
        return [_outcome(listed, told, standing) for listed, told, standing in self._ended if listed.play.outcome]

    def closings(self) -> list[Proposal]:
        """The tasks of plays that ended in the last days: they have become needless."""
        return [
            _closing(listed, told, standing, step)
            for listed, told, standing in self._ended
            if listed.play.closes
            for step in range(1, standing.step + 1)
            if listed.play.steps[step - 1].do
        ]

    @cached_property
    def _ended(self) -> list[tuple[Listed, Telling, Standing]]:
        """The plays that ended in the last days after at least one step."""
        return [
            (listed, Telling(self._portfolio, self._context, listed, row, standing), standing)
            for _, listed, row, standing in self._standings
            if standing.ended is not None and standing.ended > self._since and standing.step
        ]

    def _due(self) -> Iterator[tuple[Wish, Place]]:
        """Open steps whose day has come, in the order in which they are handed out."""
        ordered = sorted(self.wishes, key=lambda wish: (RANKS[wish.priority], wish.place, wish.told.subject_id))
        for wish in ordered:
            place = self._places.get(wish.key)
            if place is not None and wish.standing.ended is None and self._is_due(wish, place):
                yield wish, place

    def _is_due(self, wish: Wish, place: Place) -> bool:
        """Whether its day has come; of a day so long ago that not all of its items are known any more, nothing is."""
        zone = self._zone(wish.standing.owner)
        today = self._context.as_of.astimezone(zone).date()
        return place.day <= today and (today - wish.at.astimezone(zone).date()).days < CATCH_UP

    @cached_property
    def _standings(self) -> list[tuple[int, Listed, int, Standing]]:
        """Every play that ever began for somebody, with its place in the list and the row of its subject."""
        return [
            (place, listed, row, Standing.read(written))
            for place, listed in enumerate(self._settings.plays)
            for row, written in enumerate(self._portfolio.signal(listed.signal).values.tolist())
            if written is not None
        ]

    def _zone(self, owner: str) -> ZoneInfo:
        users = self._portfolio.table(Users)
        [row] = users.rows_of([owner or None])
        return ZoneInfo(zone_name(users, int(row), self._context))

    def _task(self, wish: Wish, place: Place) -> CreateTask:
        told, step = wish.told, wish.step
        unowned = "" if wish.standing.owner else f"; {NOBODY}"
        footer = FOOTER.format(today=spoken_date(self._context.today))
        return CreateTask(
            client_id=told.client_id,
            subject=cut(f"[Inlay] {told.filled(step.do or '')}: {told.filled(step.why)}"),
            body=f"{told.filled(step.body).strip()}\n\n{footer}",
            due=self._context.working_days.after(place.day, step.due),
            priority=wish.priority,
            key=wish.key,
            reason=f"the play {wish.listed.name} began on {spoken_date(wish.standing.began)}: {told.reasons}{unowned}",
            assignee_id=wish.standing.owner or None,
            inputs=told.inputs,
        )

    def _digest(self, place: Place, owner: str, wishes: list[Wish]) -> CreateTask:
        """One task for many clients, kept on the record of the first; its lines name the others."""
        lines = [f"- {wish.told.filled(wish.step.do or '')}: {wish.told.filled(wish.step.why)}" for wish in wishes]
        budget, today = self._settings.tasks_per_owner_and_day, spoken_date(self._context.today)
        return CreateTask(
            client_id=wishes[0].told.client_id,
            subject=cut(
                f"[Inlay] Look through {counted(len(wishes), 'more step')}: more than {budget} came on one day"
            ),
            body=DIGEST.format(budget=budget, lines="\n".join(lines), today=today),
            due=self._context.working_days.after(place.day, min(wish.step.due for wish in wishes)),
            priority=min((wish.priority for wish in wishes), key=RANKS.__getitem__),
            key=proposal_key(place.form, owner, f"{place.day}"),
            reason=f"{counted(len(wishes), 'step')} beyond the {budget} tasks that one person is given on a day",
            assignee_id=owner,
            inputs=tuple(sorted({wish.listed.signal for wish in wishes})),
        )


def _note(wish: Wish) -> LogNote:
    told = wish.told
    why = f"the play {wish.listed.name}: {told.reasons}"
    return LogNote(told.client_id, told.filled(wish.step.note or ""), wish.key, why, told.inputs)


def _message(wish: Wish) -> SendMessage | None:
    """The message of a step; None where there is nobody to write to."""
    told, message = wish.told, wish.step.send
    if message is None:
        return None
    person = wish.standing.owner if message.to == "owner" else told.main_contact
    if not person:
        return None
    return SendMessage(
        to="user" if message.to == "owner" else "contact",
        key=wish.key,
        reason=f"the play {wish.listed.name}: {told.reasons}",
        client_id=told.client_id,
        recipient_id=person,
        template=message.template,
        subject=told.filled(message.subject),
        text=told.filled(message.text),
        values={name: told.filled(text) for name, text in message.values.items()},
        channels=message.channels,
        purpose=message.purpose,
        urgent=message.urgent,
        inputs=told.inputs,
    )


def _closing(listed: Listed, told: Telling, standing: Standing, step: int) -> CompleteTask:
    why = f"the play {listed.name} {standing.told}: nobody needs to do this any more"
    return CompleteTask(told.client_id, _key(listed, told, standing, step), why, told.inputs)


def _key(listed: Listed, told: Telling, standing: Standing, step: int) -> str:
    return proposal_key("play", listed.name, told.subject_id, f"{standing.began:%Y-%m-%d}", str(step))


def _outcome(listed: Listed, told: Telling, standing: Standing) -> LogNote:
    """What is said when a play has ended, and what becomes of its task."""
    is_task, closes = bool(listed.play.steps[standing.step - 1].do), listed.play.closes
    ending = CLOSED_BY_US if closes else CLOSED_BY_YOU
    ending = ending if is_task else ""
    body = f"{told.filled(listed.play.outcome)}\n{ending}".strip()
    key = proposal_key("outcome", listed.name, told.subject_id, f"{standing.began:%Y-%m-%d}")
    return LogNote(told.client_id, body, key, f"the play {listed.name} {standing.told}", told.inputs)
