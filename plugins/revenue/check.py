"""What keeps the figures from being whole, for the doctor: the findings of each client, with what to do about each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.sdk import Context, Finding, Portfolio, counted

SHOWN = 20
REMEDIES = (
    ("has no end", "enter its end date in the CRM, or its total value"),
    ("states no value", "enter its yearly value in the CRM"),
    ("is negative", "enter it as a credit note in the billing system"),
    ("currencies", "bill in one, or add dated rates under `plugins.revenue.rates`"),
)
RATES = "add the dated rate under `plugins.revenue.rates`"


def look_over(portfolio: Portfolio, context: Context) -> Iterator[Finding]:
    """The lines of the first clients, and how many clients have more."""
    del context
    told = portfolio.signal("revenue.findings")
    rows = np.flatnonzero(told.known).tolist()
    clients = portfolio.clients
    for row in rows[:SHOWN]:
        for line in str(told.values[row]).splitlines():
            name = clients.name[row] or clients.ids[row]
            yield Finding("revenue", "warning", f"{name}: {line}", clients.ids[row], _remedy(line))
    if len(rows) > SHOWN:
        more = counted(len(rows) - SHOWN, "more client")
        yield Finding("revenue", "warning", f"{more} with such findings", "", "`inlay explain CLIENT revenue.findings`")


def _remedy(line: str) -> str:
    return next((remedy for words, remedy in REMEDIES if words in line), RATES)
