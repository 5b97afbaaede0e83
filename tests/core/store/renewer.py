"""A process of its own that renews a grant once: the vendor is a folder in which each renewal leaves a file."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from core.clock import SystemClock
from core.grants import Grant
from core.store import Store
from core.store.grants import StoreGrants
from core.vault import Vault

FIRST = Grant("access-0", "refresh-0", "https://acme.my.salesforce.com", datetime(2026, 6, 30, 11, tzinfo=UTC))


def vendor(folder: Path, seconds: float, known: Grant | None) -> Grant:
    """A refresh token is good once: asking with a spent one leaves a file that no test wants to see."""
    number = len(list(folder.glob("renewal-*"))) + 1
    (folder / f"asked-{time.monotonic_ns()}").touch()
    time.sleep(seconds)
    spent = f"refresh-{number - 1}"
    if known is None or known.refresh_token != spent:
        (folder / "reuse").touch()
    (folder / f"renewal-{number}").touch()
    return Grant(f"access-{number}", f"refresh-{number}", None)


if __name__ == "__main__":
    url, folder, seconds, lease = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    grants = StoreGrants(Store.open(url), Vault(folder, {}), SystemClock(), "crm", lease_seconds=lease)
    while not (folder / "go").exists():
        time.sleep(0.002)
    found = grants.renew(FIRST, lambda known: vendor(folder, seconds, known))
    sys.stdout.write(found.access_token)
