"""Clients who send others to the firm."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Referrals, counted, signal

MONTHS_24 = np.timedelta64(730, "D")


@signal("referral.made", unit="referrals")
def made(referrals: Referrals, context: Context) -> Column:
    """How many clients this one sent to the firm in two years."""
    recent = referrals.received_at > context.now - MONTHS_24
    found = referrals.by_client.count(recent & (referrals.status != "declined"))
    found[found == 0] = np.nan  # a client that referred nobody has done nothing wrong
    return Column(
        found, lambda i: "no referral" if np.isnan(found[i]) else f"sent {counted(found[i], 'client')} to the firm"
    )


SIGNALS = [made]
