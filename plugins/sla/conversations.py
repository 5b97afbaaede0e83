"""Which messages of clients ask for a first reply, and when a person of the firm gave it.

A message asks when it begins a conversation: nothing was written in its thread for some days before. What follows in
the same thread is part of it, so that a client's "thank you" starts no clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.sdk import Context, Interactions, Mask, Values, begins_with, numbered, plain_subjects, threads
from plugins.sla.settings import SlaSettings

MESSAGES = ("email", "sms", "chat", "portal")
TALKS = ("call", "meeting", "visit")
SPAN = 10**11  # seconds since 1970 fit below it
DAY = 86_400
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Said:
    """Interactions that count: rows of the table in order of thread and time, their thread and second, and who spoke.

    ``talks`` are the places (client and second) of calls, meetings and visits, sorted.
    """

    rows: Values
    thread: Values
    at: Values
    inbound: Mask
    talks: Values

    def asked(self, settings: SlaSettings) -> Iterator[tuple[int, int]]:
        """Each request as row and second of its first reply, or -1 where there was none."""
        request, thread, last = -1, -1, 0
        for at in range(len(self.rows)):
            if self.thread[at] != thread:
                if request >= 0:
                    yield int(self.rows[request]), -1
                request, thread, last = -1, int(self.thread[at]), -(10**12)
            anew = self.at[at] - last > settings.conversation_days * DAY
            if request >= 0 and (anew or not self.inbound[at]):
                yield int(self.rows[request]), -1 if self.inbound[at] else int(self.at[at])
                request = -1
            if self.inbound[at] and request < 0 and (anew or settings.follow_ups):
                request = at
            last = int(self.at[at])
        if request >= 0:
            yield int(self.rows[request]), -1

    def talk_after(self, client: Values, second: Values) -> Values:
        """The second of each client's next call, meeting or visit after a second; far ahead where there is none."""
        asked = client * SPAN + second
        found = np.append(self.talks, NEVER)[np.searchsorted(self.talks, asked, "right")]
        return np.where(found // SPAN == client, found % SPAN, NEVER)


def said(interactions: Interactions, context: Context, since: np.datetime64) -> Said:
    """All that was said between firm and clients since an instant, but for machines, Inlay and what never happened."""
    settings: SlaSettings = context.settings
    recent = interactions.linked & (interactions.started_at > since) & (interactions.started_at <= context.now)
    happened = ~(interactions.by_inlay | interactions.came_to_nothing | interactions.never_arrived)
    rows = np.flatnonzero(recent & happened)
    plain = plain_subjects(interactions.subject[rows])
    by_person = ~((interactions.kind[rows] == "email") & begins_with(plain, settings.automatic_subjects))
    rows, plain = rows[by_person], plain[by_person]
    seconds = interactions.started_at[rows].astype("M8[s]").astype(np.int64)
    kinds, directions = interactions.kind[rows], interactions.direction[rows]
    is_talk = np.isin(kinds, TALKS)
    talks = np.sort(interactions.client[rows[is_talk]] * SPAN + seconds[is_talk])
    written = np.isin(kinds, MESSAGES) & np.isin(directions, ("inbound", "outbound"))
    thread = _threads(interactions.client[rows], kinds, plain)
    order = np.flatnonzero(written)[np.lexsort((rows[written], seconds[written], thread[written]))]
    return Said(rows[order], thread[order], seconds[order], directions[order] == "inbound", talks)


def _threads(clients: Values, kinds: Values, plain: Values) -> Values:
    """Mails go together by client and subject, other messages by client and kind."""
    about = np.where(kinds == "email", threads(plain), "")
    return numbered(zip(clients.tolist(), kinds.tolist(), about.tolist(), strict=True))
