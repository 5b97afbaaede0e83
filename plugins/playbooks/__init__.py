"""Playbooks: what is to be done when a signal says so, written as plays that anybody can read and change."""

from __future__ import annotations

from pydantic import BaseModel

from core.sdk import Context, Finding, Portfolio, Proposal, Signal, hookimpl
from plugins.playbooks.check import look_over
from plugins.playbooks.settings import PlaybookSettings
from plugins.playbooks.signals import playbook_signals
from plugins.playbooks.wishes import play_wishes


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return PlaybookSettings


@hookimpl
def register_signals(settings: PlaybookSettings) -> list[Signal]:
    """How every play stands, and what that is told from."""
    return playbook_signals(settings)


@hookimpl
def propose(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """The steps that have come, and the plays that have ended."""
    return play_wishes(portfolio, context)


@hookimpl
def check(portfolio: Portfolio, context: Context) -> list[Finding]:
    """What an admin should mend and only the records can tell."""
    return list(look_over(portfolio, context))
