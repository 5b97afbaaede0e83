"""Health: how well the firm stands with each client, why, and whom to call."""

from __future__ import annotations

from pydantic import BaseModel

from core.sdk import Context, Finding, Portfolio, Proposal, Signal, hookimpl
from plugins.health.check import look_over
from plugins.health.plays import call_clients_at_risk, calls_no_longer_needed
from plugins.health.settings import HealthSettings
from plugins.health.signals import health_signals


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return HealthSettings


@hookimpl
def register_signals(settings: HealthSettings) -> list[Signal]:
    """All signals of health under these settings."""
    return health_signals(settings)


@hookimpl
def propose(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """A call to each client At Risk, unless playbooks take care of that."""
    if not context.settings.tasks:
        return []
    return [*call_clients_at_risk(portfolio, context), *calls_no_longer_needed(portfolio, context)]


@hookimpl
def check(portfolio: Portfolio, context: Context) -> list[Finding]:
    """What an admin should mend and only the records can tell."""
    return list(look_over(portfolio, context))
