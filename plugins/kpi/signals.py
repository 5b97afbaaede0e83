"""All that kpi publishes."""

from __future__ import annotations

from core.sdk import Signal
from plugins.kpi.business import DEFINITIONS as BUSINESS
from plugins.kpi.business import SIGNALS as OF_BUSINESS
from plugins.kpi.concentration import DEFINITIONS as CONCENTRATION
from plugins.kpi.concentration import SIGNALS as OF_CONCENTRATION
from plugins.kpi.fees import SIGNALS as OF_FEES
from plugins.kpi.figure import Definition
from plugins.kpi.retention import DEFINITIONS as RETENTION
from plugins.kpi.revisions import DEFINITIONS as REVISIONS
from plugins.kpi.revisions import SIGNALS as OF_REVISIONS
from plugins.kpi.settings import KpiSettings
from plugins.kpi.standing import SIGNALS as OF_STANDING
from plugins.kpi.voice import DEFINITIONS as VOICE
from plugins.kpi.voice import SIGNALS as OF_VOICE
from plugins.kpi.worth import DEFINITIONS as WORTH
from plugins.kpi.worth import SIGNALS as OF_WORTH

DEFINITIONS: list[Definition] = [*RETENTION, *BUSINESS, *VOICE, *REVISIONS, *CONCENTRATION, *WORTH]


def kpi_signals(settings: KpiSettings) -> list[Signal]:
    """The facts per client, what compares clients, and four signals per figure of the firm."""
    per_client = [*OF_STANDING, *OF_FEES, *OF_BUSINESS, *OF_VOICE, *OF_REVISIONS]
    figures = [signal for definition in DEFINITIONS for signal in definition.signals(settings)]
    return [*per_client, *OF_CONCENTRATION, *OF_WORTH, *figures]
