"""What clients have asked of the firm: tickets, and messages that begin a conversation; of whom, and when answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import (
    Clients,
    Context,
    Interactions,
    Mask,
    Tickets,
    Users,
    Values,
    begins_with,
    contains,
    plain_subjects,
    threads,
)
from plugins.sla.conversations import NEVER, Said, said
from plugins.sla.settings import SlaSettings

LOOK_BACK = np.timedelta64(200, "D")  # what was asked before cannot have fallen due in the last 90 days
LONGEST_OPEN = np.timedelta64(700, "D")  # the clocks reach two years back
OVER = ("solved", "closed")
NOT_YET = np.datetime64("NaT", "s")
COLUMNS = ("client", "person", "asked", "answered", "urgency", "paused", "is_message")


@dataclass(frozen=True)
class Asked:
    """Requests, row by row: the record, its title, client and person (rows; -1 nobody), when asked and answered."""

    ids: list[str]
    titles: list[str]
    client: Values
    person: Values
    asked: Values
    answered: Values
    urgency: Values
    paused: Mask
    is_message: Mask

    def and_(self, other: Asked) -> Asked:
        """These and others."""
        joined = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in COLUMNS}
        return Asked(self.ids + other.ids, self.titles + other.titles, **joined)


@dataclass(frozen=True)
class Sources:
    """The record tables that requests come from, and the moment and settings they are looked at with."""

    clients: Clients
    tickets: Tickets
    interactions: Interactions
    users: Users
    context: Context

    def asked(self) -> Asked:
        """All requests of the last 200 days: tickets, then messages, each in the order of the records."""
        margin = np.timedelta64(self._settings.conversation_days, "D")  # what came before tells what begins anew
        heard = said(self.interactions, self.context, self.context.now - LOOK_BACK - margin)
        return self._by_ticket().and_(self._by_message(heard))

    @property
    def _settings(self) -> SlaSettings:
        settings: SlaSettings = self.context.settings
        return settings

    def _by_ticket(self) -> Asked:
        tickets = self.tickets
        opened = np.where(np.isnat(tickets.opened_at), tickets.created_at, tickets.opened_at)
        over = np.fmin(tickets.resolved_at, tickets.closed_at)
        answered = self._so_far(np.fmin(np.fmin(tickets.first_response_at, self._first_words()), over))
        is_over = np.isin(tickets.status, OVER)
        since = np.where(is_over, self.context.now - LOOK_BACK, self.context.now - LONGEST_OPEN)
        unclear = is_over & np.isnat(answered)  # closed, and no system says when
        rows = np.flatnonzero(tickets.linked & (opened > since) & (opened <= self.context.now) & ~unclear)
        people = [one or other for one, other in zip(tickets.assignee_id, tickets.owner_id, strict=True)]
        return Asked(
            [tickets.ids[row] for row in rows],
            [tickets.subject[row] or f"ticket {tickets.number[row] or ''}".strip() for row in rows],
            tickets.client[rows],
            self._people([people[row] for row in rows], tickets.client[rows]),
            opened[rows],
            answered[rows],
            self._by_priority()[rows],
            np.isin(tickets.status[rows], self._settings.pause_states),
            np.zeros(len(rows), np.bool_),
        )

    def _by_message(self, heard: Said) -> Asked:
        talks, kinds = self.interactions, self._settings.message_kinds
        pairs = sorted(heard.asked(self._settings))
        since = self.context.now - LOOK_BACK
        counting = np.isin(talks.kind, kinds) & (talks.started_at > since)
        counting &= ~begins_with(threads(plain_subjects(talks.subject)), self._settings.thanks_subjects)
        pairs = [(row, reply) for row, reply in pairs if counting[row] and talks.ticket_id[row] is None]
        rows = np.array([row for row, _ in pairs], np.int64)
        replied = np.array([NOT_YET if reply < 0 else np.datetime64(reply, "s") for _, reply in pairs], "M8[s]")
        asked, client = talks.started_at[rows], talks.client[rows]
        return Asked(
            [talks.ids[row] for row in rows],
            [talks.subject[row] or f"{talks.kind[row]} without subject" for row in rows],
            client,
            self._people(talks.owner_id[rows].tolist(), client),
            asked,
            self._or_talk(replied, client, asked, heard),
            self._by_words(rows),
            np.zeros(len(rows), np.bool_),
            np.ones(len(rows), np.bool_),
        )

    def _by_priority(self) -> Values:
        found = np.full(len(self.tickets), "regular", "O")
        for priority, urgency in self._settings.ticket_priorities.items():
            found[self.tickets.priority == priority] = urgency
        return found

    def _by_words(self, rows: Values) -> Values:
        """The urgency of messages: as a system says, else by words of the subject; regular where nothing is known."""
        plain = plain_subjects(self.interactions.subject[rows])
        found = np.full(len(rows), "regular", "O")
        found[contains(plain, self._settings.important_words)] = "important"
        found[contains(plain, self._settings.urgent_words)] = "urgent"
        told = self.interactions.urgency[rows]
        found[told.astype(np.bool_)] = told[told.astype(np.bool_)]
        return found

    def _first_words(self) -> Values:
        """When somebody of the firm first wrote or spoke about each ticket, by the interactions that name it."""
        talks = self.interactions
        happened = ~(talks.by_inlay | talks.never_arrived | talks.came_to_nothing)
        by_us = np.flatnonzero(happened & (talks.direction == "outbound") & (talks.started_at <= self.context.now))
        row_of = {id_: row for row, id_ in enumerate(self.tickets.ids)}
        rows = np.array([row for row in by_us.tolist() if talks.ticket_id[row] in row_of], np.int64)
        machine = begins_with(plain_subjects(talks.subject[rows]), self._settings.automatic_subjects)
        found = np.full(len(self.tickets), "NaT", "M8[s]")
        for row in rows[~machine].tolist():
            at = row_of[talks.ticket_id[row]]
            found[at] = np.fmin(found[at], talks.started_at[row])
        return found

    def _so_far(self, instants: Values) -> Values:
        """Instants up to now; what an export of a later day tells is not known yet."""
        return np.where(instants > self.context.now, NOT_YET, instants)

    def _or_talk(self, answered: Values, client: Values, asked: Values, heard: Said) -> Values:
        """The first of the reply and the next call, meeting or visit, where these answer."""
        if not self._settings.talk_answers:
            return answered
        second = heard.talk_after(client, asked.astype("M8[s]").astype(np.int64))
        talked = np.where(second == NEVER, NOT_YET, np.where(second == NEVER, 0, second).astype("M8[s]"))
        return np.fmin(answered, talked)

    def _people(self, people: list[str | None], client: Values) -> Values:
        """Whom each request is for: who is named by it, else who looks after the client; -1 for nobody."""
        clients = self.clients
        managers = [one or other for one, other in zip(clients.account_manager_id, clients.owner_id, strict=True)]
        named, minding = self.users.rows_of(people), self.users.rows_of(managers)
        return np.where(named >= 0, named, minding[client] if len(minding) else -1)
