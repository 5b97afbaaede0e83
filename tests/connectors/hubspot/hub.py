"""A HubSpot sandbox on loopback as the tests talk to it: raw requests, the vendor's client, and short cuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from hubspot import HubSpot

from connectors.hubspot.sandbox import TOKEN, HubSpotSandbox
from connectors.sandbox.server import RunningSandbox

Json = dict[str, Any]


class Hub:
    """One running sandbox."""

    def __init__(self, app: HubSpotSandbox, running: RunningSandbox) -> None:
        self.app = app
        self.url = running.base_url
        self.client = HubSpot(access_token=TOKEN, host=self.url)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """Send one raw request."""
        return self.session.request(method, self.url + path, json=body, params=query, timeout=20)

    def get(self, path: str, **query: Any) -> Json:
        """The JSON of a GET that succeeds."""
        return _json(self.ask("GET", path, **query), 200)

    def post(self, path: str, body: Any, status: int = 200) -> Json:
        """The JSON of a POST with the expected status."""
        return _json(self.ask("POST", path, body), status)

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Json]:
        """Status and error body of a request that must fail."""
        answer = self.ask(method, path, body, **query)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()

    def make(self, kind: str, properties: Mapping[str, Any] | None = None, **more: Any) -> str:
        """Create a record and return its id."""
        made = self.post(f"/crm/v3/objects/{kind}", {"properties": {**(properties or {}), **more}}, 201)
        return str(made["id"])

    def make_many(self, kind: str, rows: list[Json]) -> list[str]:
        """Create records in batches of a hundred and return their ids."""
        ids: list[str] = []
        for start in range(0, len(rows), 100):
            inputs = [{"properties": row} for row in rows[start : start + 100]]
            done = self.post(f"/crm/v3/objects/{kind}/batch/create", {"inputs": inputs}, 201)
            ids += [row["id"] for row in done["results"]]
        return ids

    def values(self, kind: str, record_id: str, *names: str) -> dict[str, str | None]:
        """Some properties of a record."""
        found: dict[str, str | None] = self.get(f"/crm/v3/objects/{kind}/{record_id}", properties=",".join(names))[
            "properties"
        ]
        return {name: found.get(name) for name in names}

    def stamp(self, kind: str, record_id: str) -> str:
        """When the record was last modified, as the API shows it."""
        return str(self.get(f"/crm/v3/objects/{kind}/{record_id}")["updatedAt"])

    def link(self, source: str, source_id: str, target: str, target_id: str) -> None:
        """Associate two records without a label."""
        path = f"/crm/v4/objects/{source}/{source_id}/associations/default/{target}/{target_id}"
        assert self.ask("PUT", path).status_code == 200

    def configure(self, **options: Any) -> None:
        """Switch behaviours of the sandbox."""
        assert self.ask("POST", "/__sandbox__/options", options).status_code == 204


def _json(answer: requests.Response, status: int) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found
