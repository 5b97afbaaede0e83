"""Payloads in HubSpot's shapes, and the same ones tampered with: what is new or missing never raises.

Each is served over HTTP in place of the sandbox's own answer; `fixtures/SOURCES.md` says where its shape comes from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.lookup import SourcedChange
from connectors.hubspot.sandbox import CLIENT_ID, CLIENT_SECRET
from connectors.sandbox.faults import Fault
from core.sdk import (
    Attachment,
    AuthError,
    ConfigError,
    Cursor,
    InlayError,
    Link,
    RejectedError,
    RetryLater,
    WantedField,
    WriteRow,
)  # fmt: skip
from tests.connectors.hubspot.connected import connect, pages, records, stones
from tests.connectors.hubspot.hub import Hub

FOLDER = Path(__file__).parent / "fixtures"
SINCE = Cursor("2019-01-01T00:00:00Z")
DUE = "2026-07-01T09:00:00Z"
APP = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": "r"}
ESSENTIAL = frozenset({"results", "id", "from", "to", "toObjectId", "portalId", "access_token", "timestamp"})
"""Without these an answer is none: Inlay may say so, but has nothing to go on with."""


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def serve(hub: Hub, path: str, body: Any, status: int = 200, method: str = "*") -> None:
    """Answer every such call with this body from now on."""
    hub.app.faults.clear()
    kind = {"Content-Type": "application/json"}
    fault = Fault("status", method, path, times=None, status=status, headers=kind, body=json.dumps(body))
    hub.app.faults.add(fault)


@dataclass(frozen=True)
class Case:
    """A payload, the calls it answers, and what is done with it."""

    fixture: str
    path: str
    use: Callable[[HubSpotConnector], Any]
    status: int = 200


def read_all(stream: str, since: Cursor | None, *fields: str) -> Callable[[HubSpotConnector], Any]:
    return lambda one: pages(one, stream, since, fields)


def update(one: HubSpotConnector) -> Any:
    rows = [WriteRow({"hs_task_subject": "x", "hs_timestamp": DUE}, key=("inlay_key", each)) for each in ("a", "b")]
    return one.write("tasks", "upsert", rows)


def create(one: HubSpotConnector) -> Any:
    link = [Link("companies", "512")]
    rows = [WriteRow({"hs_timestamp": DUE}, key=("inlay_key", each), links=link) for each in ("a", "b")]
    return one.write("tasks", "upsert", rows)


CASES = {
    "a list": Case(
        "list_page", "/objects/companies$", read_all("companies", None, "name", "industry", "associations.contacts")
    ),
    "a search": Case("search_page", "/companies/search$", read_all("companies", SINCE, "name", "city")),
    "the archive": Case("archived_page", "/objects/companies$", read_all("companies", SINCE, "name")),
    "a batch read": Case(
        "batch_read_207", "/batch/read$", lambda one: one.fetch("companies", ["512", "1"], ["name"]), 207
    ),
    "a history": Case("batch_history", "/batch/read$", lambda one: one.history("companies", ["512"], ["city"])),
    "created rows": Case("batch_create_207", "/batch/create$", create, 207),
    "upserted rows": Case("batch_upsert_200", "/batch/upsert$", update),
    "associations": Case("associations_207", "/associations/", read_all("contacts_to_companies", None), 207),
    "properties": Case("properties", "/properties/contacts", lambda one: one.describe("contacts")),
    "a schema": Case("schema", "/schemas/", lambda one: one.describe("contacts")),
    "owners": Case("owners", "/owners$", read_all("owners", None)),
    "an account": Case("account", "/account-info/", lambda one: one.record_url("deals", "7")),
    "a merge": Case("merged", "/companies/(merge|512)$", lambda one: one.merge("companies", "512", ["513"])),
    "a file": Case("file", "/files/", lambda one: one.attach(
        "companies", "512", Attachment("letter.pdf", b"x", "application/pdf", "k"))),
}  # fmt: skip


@pytest.fixture
def keyed(hub: Hub) -> Hub:
    connector = connect(hub)
    for step in connector.plan_fields([WantedField(kind, "inlay_key", "Key", "key") for kind in ("tasks", "notes")]):
        connector.provision(step)
    hub.link("contacts", hub.make("contacts", email="a@x.example"), "companies", hub.make("companies", name="A"))
    return hub


def used(hub: Hub, name: str, body: Any = None) -> Any:
    case = CASES[name]
    serve(hub, case.path, load(case.fixture) if body is None else body, case.status)
    return case.use(connect(hub))


class TestAsPublished:
    def test_a_list_with_an_unknown_option_and_a_merge(self, keyed: Hub) -> None:
        found = used(keyed, "a list")
        first, second = records(found)
        assert first["properties"]["industry"] == "AN_INDUSTRY_OF_TOMORROW"
        assert first["associations"] == {"contacts": ["201", "251"]}
        assert second["properties"]["name"] is None
        assert {(stone.external_id, stone.merged_into) for stone in stones(found)} == {("498", "512"), ("501", "512")}

    def test_ids_above_what_a_float_holds_stay_exact(self, keyed: Hub) -> None:
        assert [record["id"] for record in records(used(keyed, "a search"))] == ["512", "9007199254740993"]

    def test_the_archive(self, keyed: Hub) -> None:
        assert ("777", "archived") in {
            (stone.external_id, stone.reason) for stone in stones(used(keyed, "the archive"))
        }

    def test_what_is_missing_from_a_batch_is_left_out(self, keyed: Hub) -> None:
        assert [record["id"] for record in used(keyed, "a batch read")] == ["512"]

    def test_a_history_with_a_source_of_tomorrow(self, keyed: Hub) -> None:
        found = used(keyed, "a history")
        assert [change.value for change in found] == ["Cambridge", "", "Boston"]
        assert [isinstance(change, SourcedChange) and change.source_type for change in found] == [
            "CRM_UI", "A_SOURCE_OF_TOMORROW", "INTEGRATION",
        ]  # fmt: skip

    def test_rows_by_trace_ids(self, keyed: Hub) -> None:
        good, bad = used(keyed, "created rows")
        assert (good.state, good.external_id, good.created) == ("applied", "615", True)
        assert (bad.state, bad.code, bad.fields) == ("rejected", "INVALID_LONG", ("hs_timestamp",))
        first, second = used(keyed, "upserted rows")
        assert [(one.external_id, one.created) for one in (first, second)] == [("615", False), ("616", True)]

    def test_labels_of_every_category(self, keyed: Hub) -> None:
        (found,) = records(used(keyed, "associations"))
        assert (found["id"], found["label"], found["isPrimary"]) == ("201:512", "Decision maker", True)
        assert found["labels"] == ["Decision maker", "Primary", "A category of tomorrow"]
        assert [kind["category"] for kind in found["types"]].count("WORK") == 1

    def test_properties_of_types_to_come(self, keyed: Hub) -> None:
        facts = used(keyed, "properties")
        assert facts["favorite_food"].options == ("burger",)
        assert (facts["things_to_come"].type, facts["things_to_come"].can_update) == ("object_coordinates", False)
        assert (facts["bare"].label, facts["bare"].can_update) == ("bare", True)

    def test_owners_without_names(self, keyed: Hub) -> None:
        assert [owner["fullName"] for owner in records(used(keyed, "owners"))][:2] == ["Mary", None]

    def test_the_accounts_own_domain(self, keyed: Hub) -> None:
        assert used(keyed, "an account") == "https://app-eu1.hubspot.com/contacts/62515/record/0-3/7"

    def test_the_merged_record(self, keyed: Hub) -> None:
        assert used(keyed, "a merge").external_id == "900"

    def test_a_stored_file(self, keyed: Hub) -> None:
        outcome = used(keyed, "a file")
        assert outcome.state == "rejected", "company 512 is not there, but the file was taken"
        assert len([entry for entry in keyed.app.log.entries() if "/files/" in entry.path]) == 1

    def test_a_token(self, hub: Hub) -> None:
        serve(hub, "/oauth/v1/token$", load("token"))
        grant = connect(hub, oauth=APP).web_grant("code", "http://localhost", "verifier")
        assert grant.refresh_token == "e0fa5a47-0000-4000-8000-000000000002"
        assert "CJeI" not in repr(grant)
        serve(hub, "/oauth/v1/token$", load("token_refused"), 400)
        with pytest.raises(AuthError, match="BAD_REFRESH_TOKEN"):
            pages(connect(hub, oauth=APP), "companies")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError), (401, AuthError), (403, ConfigError), (404, RejectedError), (409, RejectedError),
        (414, RejectedError), (423, RetryLater), (429, RetryLater), (477, RetryLater), (503, RetryLater),
    ],
)  # fmt: skip
def test_every_error_is_told_by_what_can_be_done(hub: Hub, status: int, kind: type[InlayError]) -> None:
    serve(hub, "/owners$", load("errors")[str(status)], status)
    with pytest.raises(kind) as caught:
        pages(connect(hub), "owners")
    told = str(caught.value)
    assert "owners" in told or "localhost" in told or "127.0.0.1" in told
    assert "somebody@example" not in told


def tampered(body: Any) -> Iterator[tuple[str, Any]]:
    """The body with news everywhere, and once for each value that may be missing: with null, and without it."""
    yield "news", _with_news(body)
    for path in _paths(body):
        for what in ("null", "gone"):
            changed = deepcopy(body)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            if what == "null":
                holder[path[-1]] = None
            else:
                del holder[path[-1]]
            yield f"{what} {'.'.join(map(str, path))}", changed


def _with_news(body: Any) -> Any:
    if isinstance(body, dict):
        return {**{key: _with_news(value) for key, value in body.items()}, "newsFromTheVendor": {"deep": [1, None]}}
    return [_with_news(each) for each in body] if isinstance(body, list) else body


def _paths(body: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in steps:
        if isinstance(body, dict) and key not in ESSENTIAL:
            yield (*above, key)
        yield from _paths(value, (*above, key))


@pytest.mark.parametrize("name", CASES)
def test_news_nulls_and_gaps_never_raise(keyed: Hub, name: str) -> None:
    count = 0
    for what, body in tampered(load(CASES[name].fixture)):
        try:
            used(keyed, name, body)
        except Exception as error:  # noqa: BLE001 - whatever it is, it names the change that caused it
            pytest.fail(f"{what}: {type(error).__name__}: {error}")
        count += 1
    assert count > 10
