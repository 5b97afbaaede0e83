"""What only the records can say of the settings of health: overrides of nobody, profiles that fit no client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from core.sdk import Context, Finding, Portfolio
from plugins.health.in_crm import said_in_crm
from plugins.health.profile import ClientField
from plugins.health.settings import HealthSettings

SHOWN = 20


def look_over(portfolio: Portfolio, context: Context) -> Iterator[Finding]:
    """Overrides whose client is not there, and profiles by which nobody is scored."""
    settings: HealthSettings = context.settings
    ids = set(portfolio.clients.ids)
    asked = [one.client for one in settings.overrides]
    for at, (client, row) in enumerate(zip(asked, portfolio.client_rows(asked), strict=True)):
        if client not in ids:
            meant = portfolio.clients.ids[row] if row >= 0 else None
            what = f"the override of {client} counts for nobody: no client has this id"
            remedy = (
                f"it is kept as {meant}: write that" if meant else "write the id as `inlay explain CLIENT` shows it"
            )
            yield Finding("unknown_client", "warning", what, f"settings.overrides.{at}.client", remedy)
    yield from _uncounted(portfolio, context)
    scored = set(portfolio.signal("health.profile").values.tolist())
    for at, profile in enumerate(settings.profiles):
        if profile.when and profile.name not in scored and _is_somebody_scored(portfolio):
            what = f"no client is scored by the profile {profile.name}"
            yield Finding("idle_profile", "info", what, f"settings.profiles.{at}.when", _held(portfolio, profile.when))


def _uncounted(portfolio: Portfolio, context: Context) -> Iterator[Finding]:
    """Judgements in the CRM that do not count, and why."""
    settings: HealthSettings = context.settings
    said = said_in_crm(portfolio.clients, context.today, settings) if settings.overrides_from_crm else {}
    wrong = [(row, why) for row, why in said.items() if isinstance(why, str)]
    for row, why in wrong[:SHOWN]:
        what = f"what is said of {portfolio.clients.name[row]} against its score does not count: {why}"
        yield Finding("judgement", "warning", what, portfolio.clients.ids[row], "complete it in the CRM")
    if len(wrong) > SHOWN:
        yield Finding("judgement", "warning", f"{len(wrong) - SHOWN} more of these", "", "complete them in the CRM")


def _is_somebody_scored(portfolio: Portfolio) -> bool:
    return bool(portfolio.signal("health.profile").known.any())


def _held(portfolio: Portfolio, when: Mapping[ClientField, tuple[str, ...]]) -> str:
    """What the clients hold in the fields that the profile asks for."""
    name = next(iter(when))
    held = sorted({str(value) for value in np.unique(portfolio.clients.columns[name].astype(str)) if value != "None"})
    return f"clients have as {name}: {', '.join(held[:10]) or 'nothing'}"
