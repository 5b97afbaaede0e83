"""One Stripe account as Inlay reads and writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from connectors.stripe.changes import read_changes
from connectors.stripe.client import StripeApi
from connectors.stripe.events import carry_out, plan_endpoint, plan_endpoint_removal
from connectors.stripe.listing import read_list
from connectors.stripe.settings import StripeSettings
from connectors.stripe.streams import SOURCES
from connectors.stripe.write import write_row
from core.sdk import (
    AuthError,
    Connector,
    Cursor,
    Finding,
    InlayError,
    Outcome,
    Page,
    ProvisionStep,
    RawRecord,
    RetryLater,
    Stream,
    Verb,
    WantedField,
    WriteRow,
)

_STREAMS: Mapping[str, Stream] = {name: Stream(name, "id") for name in SOURCES}


class StripeConnector(Connector):
    """Reads five streams by list and events; updates the metadata of customers."""

    kind: ClassVar[str] = "stripe"
    settings_model: ClassVar[type[StripeSettings]] = StripeSettings
    writes: ClassVar[bool] = True

    settings: StripeSettings

    @cached_property
    def api(self) -> StripeApi:
        """The client, made when first needed."""
        return StripeApi(self.settings, self.context.transport, self.context.budgets)

    def check(self) -> list[Finding]:
        """Try to read one object of every stream and one event."""
        findings: list[Finding] = []
        for path in (*(source.path for source in SOURCES.values()), "events"):
            try:
                self.api.page(path, {"limit": 1})
            except AuthError as error:
                findings.append(self._finding("refused", error))
            except RetryLater as error:
                return [self._finding("unreachable", error)]
        return findings

    def streams(self) -> Mapping[str, Stream]:
        """Customers, subscriptions, invoices, payments and credit notes."""
        return _STREAMS

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """The whole list at first (newest first, can be resumed), afterwards what the events tell.

        Stripe shows whole objects whatever ``fields`` say, but some of their parts only when asked for.
        """
        question, now = SOURCES[stream].asking_for(fields), self.context.clock.now()
        unfinished = since if since and since.id else None
        changed = read_changes(self.api, question, since, now) if since and not unfinished else None
        yield from read_list(self.api, question, unfinished, now) if changed is None else changed

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """Read these records as they are now; one call each, as Stripe has no batches."""
        question = SOURCES[stream].asking_for(fields)
        found = (self.api.get(question.source.path, object_id, question.object_params()) for object_id in ids)
        return [record for record in found if record is not None]

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Update the metadata of customers, one call per row."""
        return [write_row(self.api, stream, verb, row) for row in rows]

    def plan_events(self, url: str, _fields: Mapping[str, Sequence[str]] | None = None) -> list[ProvisionStep]:
        """Let Stripe send its events to ``url``: made if missing, mended if Stripe has given up or knows too few."""
        return plan_endpoint(self.api, url)

    def plan_removal(self, _fields: Sequence[WantedField]) -> list[ProvisionStep]:
        """Take away the addresses that Inlay made."""
        return plan_endpoint_removal(self.api)

    def provision(self, step: ProvisionStep) -> str | None:
        """Carry out one of these steps; a new address has a secret, which is told once."""
        return carry_out(self.api, step)

    def record_url(self, stream: str, external_id: str) -> str | None:
        """The object's page in the Stripe dashboard."""
        page = SOURCES[stream].dashboard
        mode = "test/" if self.settings.is_test else ""
        return f"https://dashboard.stripe.com/{mode}{page}/{external_id}" if page else None

    def _finding(self, code: str, error: InlayError) -> Finding:
        where = f"{self.context.connection}/{error.where}"
        return Finding(f"stripe_{code}", "error", error.what, where=where, remedy=error.remedy)
