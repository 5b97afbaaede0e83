"""Response times: when the first reply to each client is due, on whose clock, and a task before it is late."""

from __future__ import annotations

from pydantic import BaseModel

from core.sdk import Context, Finding, Portfolio, Proposal, Signal, hookimpl
from plugins.sla.check import look_over
from plugins.sla.settings import SlaSettings
from plugins.sla.signals import SIGNALS
from plugins.sla.tasks import response_tasks


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return SlaSettings


@hookimpl
def register_signals() -> list[Signal]:
    """How the firm keeps its response times, per client."""
    return list(SIGNALS)


@hookimpl
def propose(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """A task for each reply that is due soon or late."""
    return response_tasks(portfolio, context)


@hookimpl
def check(portfolio: Portfolio, context: Context) -> list[Finding]:
    """What an admin should mend and only the records can tell."""
    return list(look_over(portfolio, context))
