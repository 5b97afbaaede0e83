"""What people do in Salesforce's own pages: edit, create, delete, restore, merge; no API call is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.saving import create, delete, merge, normal_id, restore, update
from connectors.salesforce.sandbox.site import Site


def edit(site: Site, change: Mapping[str, Any]) -> object:
    """Carry out one edit and return the row as it is then.

    ``{"object", "id", "fields"}`` changes a row and creates one without ``id``; ``"action"`` may be ``delete``,
    ``restore``, ``purge`` or ``merge`` (with ``"into"``); ``"user"`` is the username of who does it.
    """
    org = site.org
    sobject = org.sobject(str(change["object"]))
    actor = org.act(_user_id(site, change.get("user")), sees_all=True)
    fields: Mapping[str, object] = change.get("fields", {})
    with org.all_or_nothing():
        if "id" not in change:
            return org.row(create(org, actor, sobject, fields))
        row_id = normal_id(sobject, change["id"])
        match change.get("action", "edit"):
            case "edit":
                update(org, actor, sobject, row_id, fields)
            case "delete":
                delete(org, actor, sobject, row_id)
            case "restore":
                restore(org, actor, sobject, row_id)
            case "merge":
                merge(org, actor, sobject, normal_id(sobject, change["into"]), row_id)
            case "purge":
                _purge(org, sobject.name, row_id)
            case other:
                raise ValueError(f"unknown action {other!r}")
        return org.row(row_id)


def _purge(org: Org, name: str, row_id: str) -> None:
    """Empty the recycle bin of one row."""
    if not org.tables[name].rows[row_id]["IsDeleted"]:
        raise ValueError(f"{row_id} is not in the recycle bin")
    del org.tables[name].rows[row_id]


def _user_id(site: Site, username: object) -> str:
    """Return who edits: the named user, else the first one, a person of the firm."""
    if username is not None:
        return site.logins.users[str(username)]
    return next(iter(site.logins.users.values()))
