"""What the README calls the least scopes is enough for all that is read and written, and nothing of it is too much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import connectors.hubspot
from connectors.hubspot.sandbox import TOKEN
from connectors.hubspot.settings import LEAST_SCOPES
from tests.connectors.hubspot.hub import Hub

README = Path(connectors.hubspot.__file__).parent / "README.md"
CHANGE = {"inputs": [{"id": "1", "properties": {"city": "York"}}]}
GROUP = {"name": "x", "label": "X"}
CALLS: list[tuple[str, str, Any]] = [
    *[
        ("GET", f"/crm/v3/objects/{kind}", None)
        for kind in ("companies", "contacts", "deals", "tickets", "tasks", "notes")
    ],
    *[("GET", f"/crm/v3/properties/{kind}", None) for kind in ("companies", "contacts", "deals", "tickets", "tasks")],
    *[("POST", f"/crm/v3/objects/{kind}/batch/update", CHANGE) for kind in ("companies", "contacts", "tasks")],
    *[("POST", f"/crm/v3/properties/{kind}/groups", GROUP) for kind in ("companies", "contacts", "tasks")],
    ("POST", "/crm/v4/associations/contacts/companies/batch/read", {"inputs": [{"id": "1"}]}),
    ("GET", "/crm/v3/owners", None),
]


def refused(hub: Hub) -> list[str]:
    """The paths of calls that lack a scope."""
    return [path for method, path, body in CALLS if hub.ask(method, path, body).status_code == 403]


def test_they_open_everything_that_is_read_and_written(hub: Hub) -> None:
    hub.configure(scopes={TOKEN: list(LEAST_SCOPES)})
    assert refused(hub) == []


@pytest.mark.parametrize("scope", [scope for scope in LEAST_SCOPES if scope != "oauth"])
def test_none_of_them_can_be_spared(hub: Hub, scope: str) -> None:
    hub.configure(scopes={TOKEN: [one for one in LEAST_SCOPES if one != scope]})
    assert refused(hub)


@pytest.mark.parametrize("scope", [scope for scope in LEAST_SCOPES if scope != "oauth"])
def test_the_readme_names_each(scope: str) -> None:
    assert f"`{scope}`" in README.read_text(encoding="utf-8")
