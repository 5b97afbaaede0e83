"""The bench of a CRM that is read by its exports and written through its automation, which checks every signature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from connectors.webhook.connector import WebhookConnector
from connectors.webhook.settings import WebhookSettings
from core.clock import FixedClock, SystemClock
from core.connector import Connector, ConnectorContext, WriteRow
from core.http import Transport
from core.testing import Bench, Skill
from core.testing.bench import BadRow
from core.through import joined
from tests.connectors.csv.folder import connector as connect
from tests.connectors.webhook.automation import ID, Automation, serving
from tests.webhooks.outgoing.receiver import SECRET

FILE = "companies.csv"


class ThroughBench(Bench):
    """A folder with one export, and the automation that writes it."""

    skills: ClassVar[frozenset[Skill]] = frozenset({"writes", "keys"})
    stream, text, key, page_size = FILE, "name", "Inlay Key", 1000

    def __init__(self, automation: Automation, url: str) -> None:
        self._automation = automation
        self._url = url

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Bench]:
        """Make a folder and let the automation listen."""
        with TemporaryDirectory() as folder:
            automation = Automation(Path(folder, FILE), SECRET, {"R0": {ID: "R0", cls.text: "", cls.key: ""}})
            del automation.rows["R0"]
            automation.export()
            with serving(automation) as url:
                yield cls(automation, url)

    def connector(self) -> Connector:
        """Both sides as one."""
        settings = WebhookSettings.model_validate({"url": self._url, "secrets": [SECRET], "private": True})
        clock = FixedClock(SystemClock().now())  # the public library compares with the machine's own clock
        context = ConnectorContext("automation", clock, Transport(clock=clock))
        return joined(connect(self._automation.file.parent), WebhookConnector(settings, context))

    def add(self, texts: Sequence[str], *, at_once: bool = False) -> list[str]:
        """Records are made in the CRM and exported."""
        del at_once  # an export has no stamps
        first = len(self._automation.rows)
        made = {f"R{first + number:05d}": text for number, text in enumerate(texts)}
        self._automation.rows |= {name: {ID: name, self.text: text, self.key: ""} for name, text in made.items()}
        self._automation.export()
        return list(made)

    def truth(self) -> dict[str, str | None]:
        """What the CRM holds."""
        return {name: row.get(self.text) for name, row in self._automation.rows.items()}

    def bad_rows(self) -> Mapping[str, BadRow]:
        """A record that is not there."""
        return {"unknown record": BadRow(WriteRow({self.text: "x"}, "R99999"))}
