"""Switches of the simulated org, for tests and rehearsals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from connectors.salesforce.sandbox.rowfaults import RowFault
from connectors.salesforce.sandbox.site import Site


def configure(site: Site, options: Mapping[str, Any]) -> None:
    """Apply each option; ``ValueError`` for an unknown one."""
    unknown = sorted(set(options) - set(_SWITCHES))
    if unknown:
        raise ValueError(f"unknown options {unknown}; known are {sorted(_SWITCHES)}")
    for name, value in options.items():
        _SWITCHES[name](site, value)


def _daily_limit(site: Site, calls: Any) -> None:
    site.quota.limit = int(calls)


def _session_seconds(site: Site, seconds: Any) -> None:
    site.sessions.lifetime = timedelta(seconds=float(seconds))


def _page_size(site: Site, rows: Any) -> None:
    site.cursors.most_rows_per_page = int(rows)


def _expire_sessions(site: Site, _value: Any) -> None:
    site.sessions.expire_all()


def _expire_locators(site: Site, _value: Any) -> None:
    site.cursors.expire_all()


def _withhold(site: Site, fields: Any) -> None:
    """Take read and edit rights on fields (``Account.AnnualRevenue``) away from everybody."""
    site.org.access.withheld = {str(field) for field in fields}


def _may_customize(site: Site, value: Any) -> None:
    site.may_customize = bool(value)


def _row_faults(site: Site, faults: Any) -> None:
    site.org.row_faults.clear()
    for fault in faults:
        site.org.row_faults.add(RowFault(**fault))


_SWITCHES: dict[str, Callable[[Site, Any], None]] = {
    "daily_limit": _daily_limit,
    "session_seconds": _session_seconds,
    "page_size": _page_size,
    "expire_sessions": _expire_sessions,
    "expire_locators": _expire_locators,
    "withhold": _withhold,
    "may_customize": _may_customize,
    "row_faults": _row_faults,
}
