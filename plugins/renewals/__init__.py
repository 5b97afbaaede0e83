"""Renewals: how contracts stand, when notice must be given, and a task at every stage on the way."""

from __future__ import annotations

from pydantic import BaseModel

from core.sdk import Context, Portfolio, Proposal, Signal, hookimpl
from plugins.renewals.clients import SIGNALS as PER_CLIENT
from plugins.renewals.lineage import SIGNALS as LINEAGE
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
    """A task for every contract that has reached a stage."""
    return renewal_tasks(portfolio, context)
