"""Sends each row to an automation, one signed request a row, and believes its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from connectors.webhook.message import body_of, id_of
from connectors.webhook.outcomes import outcome_of, shut_out
from connectors.webhook.settings import WebhookSettings
from core.sdk import (
    ConfigError,
    Connector,
    ConnectorContext,
    Cursor,
    Finding,
    Line,
    Outcome,
    Page,
    Stream,
    Verb,
    WriteRow,
    beat,
    read_target,
    sign,
)

AT_ONCE = 20


class WebhookConnector(Connector):
    """Writes, and reads nothing: another connection shows what came of it (``through:`` in inlay.yaml)."""

    kind: ClassVar[str] = "webhook"
    settings_model: ClassVar[type[WebhookSettings]] = WebhookSettings
    writes: ClassVar[bool] = True

    def __init__(self, settings: WebhookSettings, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        self._seconds = settings.seconds
        self._secrets = [secret.get_secret_value() for secret in settings.secrets]
        self._line = Line(read_target(settings.url, may_be_private=settings.private))

    def check(self) -> list[Finding]:
        """Say whether somebody listens there; nothing is sent."""
        trouble = self._line.obstacle()
        if not trouble:
            return []
        remedy = "look whether the automation is on, and whether `url:` is its address"
        return [Finding("unreachable", "error", f"the automation: {trouble}", self.context.connection, remedy)]

    def streams(self) -> Mapping[str, Stream]:
        """None: an automation cannot be asked."""
        return {}

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Refuse: see ``streams``."""
        del fields, since
        raise ConfigError(f"an automation has nothing to read, such as {stream}", where=self.context.connection)

    def batch_size(self, stream: str, verb: Verb) -> int:
        """So many rows, one after the other: what a lease lasts for."""
        del stream, verb
        return AT_ONCE

    def calls_for(self, stream: str, verb: Verb, rows: int) -> int:
        """One call a row."""
        del stream, verb
        return rows

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Send row after row; after one that has to come again, or whose answer was lost, the rest waits with it."""
        outcomes: list[Outcome] = []
        for row in rows:
            beat()
            outcome = self._send(stream, verb, row, is_first=not outcomes)
            outcomes.append(outcome)
            if outcome.state in ("retry", "unknown"):
                break
        waiting = Outcome("retry", code="WAITS", message="not sent: the one before did not pass")
        return outcomes + [waiting] * (len(rows) - len(outcomes))

    def _send(self, stream: str, verb: Verb, row: WriteRow, *, is_first: bool) -> Outcome:
        now = self.context.clock.now()
        body = body_of(stream, verb, row, now)
        reply = self._line.post(sign(self._secrets, id_of(stream, verb, row), now, body), body, self._seconds)
        problem = shut_out(reply, self.context.connection)
        if problem is None:
            return outcome_of(reply, row, now)
        if is_first:
            raise problem
        return Outcome("retry", code=str(reply.status), message=problem.what)
