"""A plugin that passes on what people write: a client's number becomes its score, and each new one a task."""

from __future__ import annotations

import os
import signal as signals
import time
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from pydantic import BaseModel

from core.sdk import Clients, Column, Context, CreateTask, Portfolio, Proposal, Signal, hookimpl, signal

BEGIN = date(2026, 7, 1)
UNREAD = (
    *("contact", "deal", "contract", "ticket"),
    *("interaction:calls", "interaction:emails", "interaction:meetings", "interaction:notes"),
    *("relationship:contacts", "relationship:companies"),
)
WANTED = (
    "client: {fields: {tier: phone}}",
    "task: {fields: {contact_id: null, deal_id: null}, create: {links: [{to: client}]}}",
)
MAPPING = "\n".join([*WANTED, *(f"{name}: null" for name in UNREAD), ""])
"""What the firm's own mapping says: clients have a number, and of what else HubSpot holds nothing is wanted."""
MARK = "01632 "


class RelaySettings(BaseModel):
    """Whether a new number is a task, too."""

    tasks: bool = True


def number_of(tier: str | None) -> int | None:
    """The number that somebody wrote beside a client; None where it is an ordinary telephone number."""
    return int(tier.removeprefix(MARK)) if tier is not None and tier.startswith(MARK) else None


def key_of(client_id: str, number: int) -> str:
    """The key of the task that a number asks for."""
    return f"{number}/{client_id}"


SEGFAULT, ENDLESS = 9_000_001, 9_000_002


def _poisoned(numbers: Sequence[int | None]) -> None:
    """What a library may do with an input that nobody has thought of."""
    if SEGFAULT in numbers:
        os.kill(os.getpid(), signals.SIGSEGV)
    while ENDLESS in numbers:
        time.sleep(0.01)


@signal("health.score", kind="number")
def score(clients: Clients, context: Context) -> Column:
    """The number itself."""
    del context
    numbers = [number_of(tier) for tier in clients.tier]
    _poisoned(numbers)
    values = np.array([np.nan if one is None else float(one) for one in numbers])
    return Column(values, lambda row: f"somebody wrote {numbers[row]}")


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return RelaySettings


@hookimpl
def register_signals() -> list[Signal]:
    """One signal."""
    return [score]


@hookimpl
def propose(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """One task per client and number."""
    assert isinstance(context.settings, RelaySettings)
    if not context.settings.tasks:
        return []
    found = zip(portfolio.clients.ids, map(number_of, portfolio.clients.tier), strict=True)
    return [
        CreateTask(
            client, f"Number {number}", "body", BEGIN + timedelta(number % 300), "normal", key_of(client, number), "-"
        )
        for client, number in found
        if number is not None
    ]
