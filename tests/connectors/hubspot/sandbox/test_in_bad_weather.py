"""A patient client in a storm: what it asked for is there in the end, once, and the log can tell how it behaved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from connectors.hubspot.sandbox import REFRESH_TOKEN, account_of
from connectors.sandbox.audit import applied_twice, struck, too_early
from connectors.sandbox.clock import ClientClock, SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.faults import storm
from tests.connectors.hubspot.hub import Hub, Json
from tests.connectors.hubspot.sandbox.test_oauth import form

UPSERT = "/crm/v3/objects/companies/batch/upsert"
ROWS = 60


class Patient:
    """A client that tries again until it has a whole answer; ``hasty`` ones do not wait as told."""

    def __init__(self, hub: Hub, clock: ClientClock, *, hasty: bool = False) -> None:
        self.hub, self.clock, self.hasty = hub, clock, hasty
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = ""

    def renew(self) -> None:
        fields = form(grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
        for answer in self.answers("POST", "/oauth/v1/token", data=fields):
            if "access_token" in answer:
                self.token = str(answer["access_token"])
                return

    def ask(self, path: str, body: Json) -> Json:
        for answer in self.answers("POST", path, json=body):
            if answer.get("status") == "error" and answer.get("category") == "EXPIRED_AUTHENTICATION":
                self.renew()
            elif len(answer.get("results", [])) == len(body["inputs"]):
                return answer
        raise AssertionError("answers never end")

    def answers(self, method: str, path: str, **sent: Any) -> Iterator[Json]:
        """Whatever JSON comes back, attempt after attempt."""
        for _ in range(60):
            try:
                headers = {"Authorization": f"Bearer {self.token}"}
                answer = self.session.request(method, self.hub.url + path, headers=headers, timeout=5, **sent)
                wait = answer.headers.get("Retry-After")
                if wait and not self.hasty:
                    self.clock.sleep(float(wait))
                found = answer.json()
            except (requests.RequestException, ValueError):
                continue
            if isinstance(found, dict):
                yield found
        raise AssertionError(f"{path} never went well")


@pytest.fixture
def clock(hub: Hub) -> ClientClock:
    shared = SandboxClock(AS_OF, step=timedelta(milliseconds=1))
    hub.app.start_anew(account_of(empty_firm(), shared))
    own = {"name": "key", "label": "K", "type": "string", "fieldType": "text", "groupName": "companyinformation"}
    hub.post("/crm/v3/properties/companies", {**own, "hasUniqueValue": True}, 201)
    hub.app.log.clear()
    return ClientClock(shared)


def write_all(client: Patient) -> None:
    client.renew()
    for number in range(ROWS):
        row = {"idProperty": "key", "id": str(number), "properties": {"name": f"Firm {number}"}}
        client.ask(UPSERT, {"inputs": [row, {**row, "id": f"twin {number}"}]})


@pytest.mark.parametrize("seed", range(6))
def test_by_a_unique_key_nothing_is_made_twice_and_nothing_is_missing(hub: Hub, clock: ClientClock, seed: int) -> None:
    hub.app.faults.add(*storm(seed, seconds=0.001))
    write_all(Patient(hub, clock))
    keys = sorted(record.properties["key"] for record in hub.app.crm.shelves["companies"].live())
    assert keys == sorted(f"{prefix}{number}" for number in range(ROWS) for prefix in ("", "twin "))
    entries = hub.app.log.entries()
    assert too_early(entries) == []
    assert sum(struck(entries).values()) > 10
    assert len(struck(entries)) >= 5


def test_the_log_finds_a_client_that_does_not_wait(hub: Hub, clock: ClientClock) -> None:
    hub.app.faults.add(*storm(1, seconds=0.001))
    write_all(Patient(hub, clock, hasty=True))
    assert too_early(hub.app.log.entries())


def test_the_log_finds_writes_that_were_sent_again_after_they_were_applied(hub: Hub, clock: ClientClock) -> None:
    hub.app.faults.add(*storm(1, seconds=0.001))
    write_all(Patient(hub, clock))
    repeated = applied_twice(hub.app.log.entries())
    assert repeated, "this client sends again instead of reading back, which only its key makes harmless"
    first = repeated[0][0]
    assert first.fault in ("cut", "apply_then_cut", "empty", "wrong_json", "truncate", "lose")
