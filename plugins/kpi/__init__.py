"""KPI: the figures a firm is led by, each with its definition, of how many it is made, and how far it may be off."""

from __future__ import annotations

from pydantic import BaseModel

from core.sdk import Context, Finding, Portfolio, Signal, hookimpl
from plugins.kpi.check import look_over
from plugins.kpi.settings import KpiSettings
from plugins.kpi.signals import kpi_signals


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return KpiSettings


@hookimpl
def register_signals(settings: KpiSettings) -> list[Signal]:
    """All signals of kpi under these settings."""
    return kpi_signals(settings)


@hookimpl
def check(portfolio: Portfolio, context: Context) -> list[Finding]:
    """What an admin should mend and only the records can tell."""
    return list(look_over(portfolio, context))
