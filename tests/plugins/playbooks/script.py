"""A firm whose signals are written down: what each says of whom on which day, and a CRM that keeps the tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from core.model import RECORD_TYPES
from core.proposals import CreateTask, Proposal
from core.signals import Publisher, Signal
from core.signals.columns import DTYPES, UNKNOWN, Column, Kind
from core.signals.context import Context
from plugins import playbooks
from plugins.playbooks.settings import PlaybookSettings
from tests.core.signals.book import AS_OF, FIRM, Book, Desk, NoSettings

EVERYTHING = PlaybookSettings(takes_over=("health", "renewals", "sla"))
KINDS: dict[str, Kind] = {
    "health.score": "number", "revenue.days_late": "number", "health.trend_30d": "number",
    "contact.next_due": "date", "term.latest_send": "date", "term.notice_deadline": "date", "term.end": "date",
    "flag.payment": "flag", "contract.overlap": "flag",
}  # fmt: skip
Says = Mapping[str, Any] | Callable[[datetime], Mapping[str, Any]]


@dataclass
class Script:
    """What signals say: by name, then by the key of a client or contract; a function is asked for the day's values."""

    says: dict[str, Says] = field(default_factory=dict)

    def publisher(self) -> Publisher:
        """A plugin that publishes it."""
        return Publisher("script", NoSettings(), [self._signal(name) for name in self.says])

    def _signal(self, name: str) -> Signal:
        kind, subject = KINDS.get(name, "text"), "contract" if name.startswith("term.") else "client"
        table = f"{subject}s"

        def _compute(context: Context, **tables: Any) -> Column:
            said = self.says[name]
            today = said(context.as_of) if callable(said) else said
            ids = [id_.rpartition("/")[2] for id_ in tables[table].ids]
            values = np.array([today.get(key, UNKNOWN[kind]) for key in ids] or [], DTYPES[kind])
            return Column(values, lambda row: f"{name} of {ids[row]} is {values[row]}")

        return Signal(
            name,
            _compute,
            {"context": "context", table: table},
            f"{name} as written.",
            kind=kind,
            subject="contract" if subject == "contract" else "client",
        )


class Firm:
    """A book, a script, and playbooks over both."""

    def __init__(
        self, book: Book, says: Mapping[str, Says] | None = None, settings: PlaybookSettings = EVERYTHING
    ) -> None:
        self.book = book
        self.script = Script(dict(says or {}))
        self.settings = settings

    @property
    def desk(self) -> Desk:
        """The signals as they are now."""
        own = Publisher("playbooks", self.settings, playbooks.register_signals(self.settings))
        return Desk(self.book.store, self.script.publisher(), own, firm=FIRM)

    def day(self, as_of: datetime = AS_OF) -> list[Proposal]:
        """Evaluate, and ask what is proposed."""
        self.book.save()
        desk = self.desk
        report = desk.evaluate(as_of)
        assert not report.faults, report.faults
        return desk.proposals(playbooks.propose, self.settings, as_of)

    def tasks(self, as_of: datetime = AS_OF) -> list[CreateTask]:
        """The tasks among what is proposed."""
        return [one for one in self.day(as_of) if isinstance(one, CreateTask)]

    def made(self, task: CreateTask, number: int, **changes: Any) -> None:
        """Let the CRM hold a task as it was made, or as somebody changed it since."""
        data: dict[str, Any] = {
            "subject": task.subject, "status": "not_started", "due_date": f"{task.due}", "external_key": task.key,
        }  # fmt: skip
        assert set(changes) <= set(RECORD_TYPES["task"].model_fields)
        self.book.add("task", f"crm/Task/{number}", task.client_id, **(data | changes))


def team(book: Book, *people: str, zones: Mapping[str, str] | None = None, gone: Iterable[str] = ()) -> None:
    """People of the firm, in London unless said otherwise."""
    for name in people:
        zone = (zones or {}).get(name, "Europe/London")
        book.add("user", f"crm/User/{name}", None, name=name.title(), is_active=name not in gone, time_zone=zone)


def subjects(tasks: Iterable[CreateTask]) -> list[str]:
    """What tasks are called."""
    return [task.subject for task in tasks]
