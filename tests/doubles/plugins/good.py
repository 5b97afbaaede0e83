"""Does what a plugin should: settings, one signal, one proposal."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.sdk import Finding, hookimpl


class Settings(BaseModel):
    """Settings of the well-behaved plugin."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(30, ge=1, description="days to look back")


@hookimpl
def register_settings() -> type[BaseModel]:
    return Settings


@hookimpl
def register_signals(settings: Settings) -> list[Any]:
    return [f"signal for {settings.days} days"]


@hookimpl
def propose(portfolio: Any, context: Any) -> list[Any]:
    return [f"a task for {portfolio} at {context}"]


@hookimpl
def check(portfolio: Any, context: Any) -> list[Finding]:
    there = Finding("code", "warning", f"{portfolio} at {context}", "crm/Account/1", "mend it")
    return [there, Finding("code", "warning", "too few days", "settings.days", "raise it")]
