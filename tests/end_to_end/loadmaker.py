"""A plugin that never runs out of work: with every round of its settings it wants other scores and some more tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from pydantic import BaseModel

from core.proposals import Portfolio, Proposal
from core.sdk import Clients, Column, Context, CreateTask, Signal, hookimpl, signal

BEGIN = date(2026, 7, 1)
SCORES = 97


class LoadSettings(BaseModel):
    """How often there was new work, and how many tasks each time."""

    round: int = 0
    tasks: int = 6


def score_of(client_id: str, number: int) -> int:
    """The score that a client has in a round."""
    return (sum(client_id.encode()) + 7 * number) % SCORES


def key_of(client_id: str, number: int) -> str:
    """The key of a client's task of a round."""
    return f"{number}/{client_id}"


def chosen(ids: Sequence[str], settings: LoadSettings) -> list[tuple[int, str]]:
    """All tasks wanted up to this round, as (round, client)."""
    ordered = sorted(ids)
    return [
        (number, ordered[(number * settings.tasks + at) % len(ordered)])
        for number in range(1, settings.round + 1)
        for at in range(settings.tasks)
    ]


@signal("health.score", kind="number")
def score(clients: Clients, context: Context) -> Column:
    """A number that no two rounds have in common."""
    settings = context.settings
    assert isinstance(settings, LoadSettings)
    values = np.array([float(score_of(one, settings.round)) for one in clients.ids])
    return Column(values, lambda row: f"round {settings.round}, row {row}")


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return LoadSettings


@hookimpl
def register_signals() -> list[Signal]:
    """One signal."""
    return [score]


@hookimpl
def propose(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """Some tasks per round."""
    settings = context.settings
    assert isinstance(settings, LoadSettings)
    return [
        CreateTask(
            client, f"Round {number}", "body", BEGIN + timedelta(number), "normal", key_of(client, number), "load"
        )
        for number, client in chosen(portfolio.clients.ids, settings)
    ]
