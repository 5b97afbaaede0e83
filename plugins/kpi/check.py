"""What only the records can say of the settings of kpi: tiers fixed for clients that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from core.sdk import Context, Finding, Portfolio
from plugins.kpi.settings import KpiSettings


def look_over(portfolio: Portfolio, context: Context) -> Iterator[Finding]:
    """Fixed tiers whose client has another id, or none."""
    settings: KpiSettings = context.settings
    ids = set(portfolio.clients.ids)
    for client in settings.fixed_tiers:
        if client not in ids:
            what = f"the tier fixed for {client} counts for nobody: no client has this id"
            remedy = "write the id as `inlay explain CLIENT` shows it"
            yield Finding("unknown_client", "warning", what, f"settings.fixed_tiers.{client}", remedy)
