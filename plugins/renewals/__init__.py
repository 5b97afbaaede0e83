"""Renewals: how contracts stand, when notice must be given, and a task at every stage on the way."""

from __future__ import annotations

from pydantic import BaseModel

from core.sdk import Context, Finding, Portfolio, Proposal, Signal, hookimpl
from plugins.renewals.check import look_over
from plugins.renewals.clients import SIGNALS as PER_CLIENT
from plugins.renewals.deals import renewal_deals
from plugins.renewals.lineage import SIGNALS as LINEAGE
from plugins.renewals.messages import renewal_messages
from plugins.renewals.progress import SIGNALS as PROGRESS
from plugins.renewals.settings import RenewalSettings
from plugins.renewals.tasks import renewal_tasks
from plugins.renewals.terms import SIGNALS as PER_CONTRACT


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return RenewalSettings


@hookimpl
def register_signals() -> list[Signal]:
    """The signals per contract and per client."""
    return [*PER_CONTRACT, *LINEAGE, *PROGRESS, *PER_CLIENT]


@hookimpl
def propose(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """For contracts that have reached a stage: a task, a deal and a message, as far as the settings want them."""
    parts = (renewal_tasks, renewal_deals, renewal_messages)
    return [one for part in parts for one in part(portfolio, context)]


@hookimpl
def check(portfolio: Portfolio, context: Context) -> list[Finding]:
    """What an admin should mend and only the records can tell."""
    return list(look_over(portfolio, context))
