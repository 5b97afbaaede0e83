"""All that health publishes."""

from __future__ import annotations

from core.sdk import Signal
from plugins.health.band import band
from plugins.health.contact import SIGNALS as CONTACT
from plugins.health.factors import factor_signals, profile
from plugins.health.feedback import SIGNALS as FEEDBACK
from plugins.health.feedback import agreement_signals
from plugins.health.flags import SIGNALS as FLAGS
from plugins.health.freshness import freshness_signals
from plugins.health.groups import SIGNALS as GROUPS
from plugins.health.money import SIGNALS as MONEY
from plugins.health.overrides import SIGNALS as OVERRIDES
from plugins.health.referrals import SIGNALS as REFERRALS
from plugins.health.satisfaction import SIGNALS as SATISFACTION
from plugins.health.scope import SIGNALS as SCOPE
from plugins.health.score import cap_signal, score_signals
from plugins.health.sentence import reasons_signal
from plugins.health.settings import HealthSettings
from plugins.health.support import SIGNALS as SUPPORT
from plugins.health.trend import SIGNALS as TREND


def health_signals(settings: HealthSettings) -> list[Signal]:
    """The signals under these settings: facts, factors, and what is made of them."""
    facts = [*CONTACT, *MONEY, *SUPPORT, *REFERRALS, *FLAGS, *SCOPE, *SATISFACTION, *OVERRIDES]
    scored = [
        profile,
        *freshness_signals(settings),
        *factor_signals(settings),
        *score_signals(settings),
        cap_signal(settings),
    ]
    return [*facts, *scored, band, reasons_signal(settings), *TREND, *GROUPS, *FEEDBACK, *agreement_signals()]
