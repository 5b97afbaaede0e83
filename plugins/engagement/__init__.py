"""Engagement: what goes on between firm and client, how much of it, and when the next touch is due."""

from __future__ import annotations

from pydantic import BaseModel

from core.sdk import Signal, hookimpl
from plugins.engagement.cadence import SIGNALS as CADENCE
from plugins.engagement.contact import SIGNALS as CONTACT
from plugins.engagement.habits import SIGNALS as HABITS
from plugins.engagement.score import SIGNALS as SCORE
from plugins.engagement.settings import EngagementSettings


@hookimpl
def register_settings() -> type[BaseModel]:
    """The settings of this plugin."""
    return EngagementSettings


@hookimpl
def register_signals() -> list[Signal]:
    """Activity, score, habits and cadence of each client."""
    return [*CONTACT, *SCORE, *HABITS, *CADENCE]
