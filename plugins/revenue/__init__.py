"""Revenue: what clients have agreed to pay, what is likely to come, what was billed and how it is paid."""

from __future__ import annotations

from pydantic import BaseModel

from core.sdk import Context, Finding, Portfolio, Signal, hookimpl
from plugins.revenue.billing import SIGNALS as BILLING
from plugins.revenue.check import look_over
from plugins.revenue.contracts import SIGNALS as CONTRACTS
from plugins.revenue.findings import SIGNALS as FINDINGS
from plugins.revenue.forecast import SIGNALS as FORECAST
from plugins.revenue.outlook import SIGNALS as OUTLOOK
from plugins.revenue.recurring import SIGNALS as RECURRING
from plugins.revenue.settings import RevenueSettings


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return RevenueSettings


@hookimpl
def register_signals() -> list[Signal]:
    """Contract values, recurring fees, forecast and billing of each client."""
    return [*CONTRACTS, *RECURRING, *OUTLOOK, *FORECAST, *BILLING, *FINDINGS]


@hookimpl
def check(portfolio: Portfolio, context: Context) -> list[Finding]:
    """What an admin should mend and only the records can tell."""
    return list(look_over(portfolio, context))
