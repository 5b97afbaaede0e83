"""The numbers of the simulated account, of the app installed in it, and of the person who uses it."""

from __future__ import annotations

PORTAL_ID = 26_180_339
APP_ID = 7_110_042
USER_ID = 61_000_001
