"""Switches of the simulated org, for tests and rehearsals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any

from connectors.salesforce.sandbox.drift import change_schema
from connectors.salesforce.sandbox.duplicates import DuplicateRule
from connectors.salesforce.sandbox.growth import add_formula, add_object
from connectors.salesforce.sandbox.jobs.job import JobFault
from connectors.salesforce.sandbox.relations import begin_relations
from connectors.salesforce.sandbox.rowfaults import RowFault
from connectors.salesforce.sandbox.seeding import sow_accounts, touch_accounts
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
    """Hide fields (``Account.AnnualRevenue``): a list hides them from everybody, ``{username: list}`` from some."""
    if isinstance(fields, Mapping):
        users = site.logins.users
        site.org.access.withheld_from = {users[name]: {str(one) for one in listed} for name, listed in fields.items()}
    else:
        site.org.access.withheld = {str(field) for field in fields}
    site.org.note_change()


def _read_only(site: Site, fields: Any) -> None:
    """Let everybody see fields and nobody write them."""
    site.org.access.read_only = {str(field) for field in fields}
    site.org.note_change()


def _may_customize(site: Site, value: Any) -> None:
    site.may_customize = bool(value)


def _row_faults(site: Site, faults: Any) -> None:
    site.org.row_faults.clear()
    for fault in faults:
        site.org.row_faults.add(RowFault(**fault))


def _expire_sessions_after(site: Site, calls: Any) -> None:
    """End every session after so many further calls, as happens between two pages."""
    site.sessions.calls_left = None if calls is None else int(calls)


def _app(site: Site, wanted: Any) -> None:
    """Set up the connected app: ``callbacks``, ``requires_secret``, ``requires_pkce``, ``rotates_refresh_tokens``."""
    unknown = sorted(set(wanted) - _APP)
    if unknown:
        raise ValueError(f"unknown settings of the app {unknown}; known are {sorted(_APP)}")
    for app in site.logins.apps.values():
        for name, value in wanted.items():
            setattr(app, name, value)


def _approver(site: Site, username: Any) -> None:
    """Set who approves at the browser; None declines."""
    if username is not None and username not in site.logins.users:
        raise ValueError(f"no user is called {username}")
    site.logins.approver = username


def _duplicate_rules(site: Site, rules: Any) -> None:
    """Set the org's duplicate rules: ``{sobject, fields, action}`` with ``alert`` or ``block``."""
    site.org.duplicate_rules = [DuplicateRule(**{**rule, "fields": tuple(rule["fields"])}) for rule in rules]


def _schema(site: Site, changes: Any) -> None:
    """Change the schema under everybody's feet: a list of changes, as ``drift`` describes them."""
    for change in changes:
        change_schema(site.org, change)


def _add_objects(site: Site, wanted: Any) -> None:
    for one in wanted:
        add_object(site.org, one)


def _add_formulas(site: Site, wanted: Any) -> None:
    for one in wanted:
        add_formula(site.org, one)


def _contacts_to_multiple_accounts(site: Site, value: Any) -> None:
    """Switch the feature on; the vendor cannot switch it off while there are relations, nor can we."""
    if value:
        begin_relations(site.org)


def _short_pages(site: Site, seed: Any) -> None:
    """Give every page fewer rows than it could hold, how many by seed; None: full pages."""
    site.cursors.short_pages = None if seed is None else Random(int(seed))


def _may_hard_delete(site: Site, value: Any) -> None:
    site.may_hard_delete = bool(value)


def _seed_accounts(site: Site, wanted: Any) -> None:
    """Add made-up accounts: a count, or ``{"count", "seed"}``; they take memory only once they are touched."""
    asked = wanted if isinstance(wanted, Mapping) else {"count": wanted}
    sow_accounts(site.org, site.org.tables["Account"], int(asked["count"]), int(asked.get("seed", 0)))


def _touch_accounts(site: Site, wanted: Any) -> None:
    """Change every n-th account by a mass edit: n, or ``{"every", "offset"}``."""
    asked = wanted if isinstance(wanted, Mapping) else {"every": wanted}
    touch_accounts(site.org, int(asked["every"]), int(asked.get("offset", 0)))


def _bulk(site: Site, wanted: Any) -> None:
    """Set how jobs behave: what each look and each second does, how long they wait, their sizes, and their faults."""
    unknown = sorted(set(wanted) - _BULK)
    if unknown:
        raise ValueError(f"unknown settings of bulk jobs {unknown}; known are {sorted(_BULK)}")
    for name, value in wanted.items():
        setattr(site.bulk, name, [JobFault(**one) for one in value] if name == "faults" else int(value))


_BULK = frozenset({"extra_polls", "rows_per_look", "rows_per_second", "rows_per_page", "most_upload_bytes", "faults"})
_APP = frozenset({"callbacks", "requires_secret", "requires_pkce", "rotates_refresh_tokens"})
_SWITCHES: dict[str, Callable[[Site, Any], None]] = {
    "daily_limit": _daily_limit,
    "session_seconds": _session_seconds,
    "page_size": _page_size,
    "expire_sessions": _expire_sessions,
    "expire_sessions_after": _expire_sessions_after,
    "app": _app,
    "approver": _approver,
    "expire_locators": _expire_locators,
    "withhold": _withhold,
    "read_only": _read_only,
    "may_customize": _may_customize,
    "row_faults": _row_faults,
    "duplicate_rules": _duplicate_rules,
    "schema": _schema,
    "add_objects": _add_objects,
    "add_formulas": _add_formulas,
    "contacts_to_multiple_accounts": _contacts_to_multiple_accounts,
    "short_pages": _short_pages,
    "may_hard_delete": _may_hard_delete,
    "seed_accounts": _seed_accounts,
    "touch_accounts": _touch_accounts,
    "bulk": _bulk,
}
