"""What happens to a reader while it reads: changes, drift, lag and lost answers between two pages."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.hubspot.sandbox import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from tests.connectors.hubspot.hub import Hub, Json
from tests.connectors.hubspot.sandbox.test_oauth import form

COMPANIES = "/crm/v3/objects/companies"


@pytest.fixture
def ids(hub: Hub) -> list[str]:
    return hub.make_many("companies", [{"name": f"Firm {number}", "city": "Leeds"} for number in range(6)])


def page(hub: Hub, **query: Any) -> Json:
    return hub.get(COMPANIES, limit=3, **query)


def seen(answer: Json) -> list[str]:
    return [row["id"] for row in answer["results"]]


def test_a_record_made_meanwhile_comes_on_the_last_page(hub: Hub, ids: list[str]) -> None:
    first = page(hub)
    new = hub.make("companies", name="New")
    rest = hub.get(COMPANIES, limit=10, after=first["paging"]["next"]["after"])
    assert seen(first) + seen(rest) == [*ids, new]


def test_a_record_archived_meanwhile_shifts_nobody(hub: Hub, ids: list[str]) -> None:
    first = page(hub)
    hub.ask("DELETE", f"{COMPANIES}/{ids[0]}")
    rest = page(hub, after=first["paging"]["next"]["after"])
    assert seen(rest) == ids[3:], "pages go by id, not by place"


def test_the_record_a_page_begins_with_may_be_gone(hub: Hub, ids: list[str]) -> None:
    first = page(hub)
    hub.ask("DELETE", f"{COMPANIES}/{first['paging']['next']['after']}")
    assert seen(page(hub, after=first["paging"]["next"]["after"])) == ids[4:]


def test_records_merged_meanwhile_appear_again_under_a_new_id(hub: Hub, ids: list[str]) -> None:
    first = page(hub)
    merged = hub.post(f"{COMPANIES}/merge", {"primaryObjectId": ids[0], "objectIdToMerge": ids[5]})["id"]
    rest = hub.get(COMPANIES, limit=10, after=first["paging"]["next"]["after"])
    assert seen(rest) == [ids[3], ids[4], merged]


def test_a_search_page_shifts_when_a_record_changes(hub: Hub, ids: list[str]) -> None:
    body = {"filters": [], "sorts": ["hs_lastmodifieddate"], "limit": 3}
    first = hub.post(f"{COMPANIES}/search", body)
    hub.ask("PATCH", f"{COMPANIES}/{ids[0]}", {"properties": {"city": "York"}})
    rest = hub.post(f"{COMPANIES}/search", {**body, "after": first["paging"]["next"]["after"]})
    assert seen(rest) == [ids[4], ids[5], ids[0]], "the fourth slipped onto the page that was read already"


def test_a_property_removed_meanwhile_is_missing_from_the_next_page(hub: Hub, ids: list[str]) -> None:
    own = {"name": "score", "label": "S", "type": "number", "fieldType": "number", "groupName": "companyinformation"}
    hub.post("/crm/v3/properties/companies", own, 201)
    first = page(hub, properties="name,score")
    hub.post("/__sandbox__/edit", {"type": "companies", "property": "score", "do": "remove"})
    rest = page(hub, properties="name,score", after=first["paging"]["next"]["after"])
    assert all("score" in row["properties"] for row in first["results"])
    assert not any("score" in row["properties"] for row in rest["results"])
    assert seen(first) + seen(rest) == ids


@pytest.mark.parametrize("lag", [0, 30])
def test_a_lagging_index_shows_the_change_later_but_the_record_at_once(hub: Hub, ids: list[str], lag: int) -> None:
    hub.configure(search_lag_seconds=lag)
    hub.ask("PATCH", f"{COMPANIES}/{ids[2]}", {"properties": {"city": "York"}})
    in_york = {"filters": [{"propertyName": "city", "operator": "EQ", "value": "York"}]}
    assert hub.values("companies", ids[2], "city") == {"city": "York"}
    assert hub.post(f"{COMPANIES}/search", in_york)["total"] == (0 if lag else 1)
    hub.ask("POST", "/__sandbox__/clock", {"advance_seconds": lag})
    assert hub.post(f"{COMPANIES}/search", in_york)["total"] == 1


def test_untouched_stock_lags_like_any_record_once_it_changes(hub: Hub) -> None:
    hub.configure(stock={"companies": 100}, search_lag_seconds=30)
    first = hub.get(COMPANIES, limit=1)["results"][0]["id"]
    hub.ask("PATCH", f"{COMPANIES}/{first}", {"properties": {"city": "Exeter"}})
    in_exeter = {"filters": [{"propertyName": "city", "operator": "EQ", "value": "Exeter"}]}
    assert hub.post(f"{COMPANIES}/search", in_exeter)["total"] == 0
    hub.ask("POST", "/__sandbox__/clock", {"advance_seconds": 30})
    assert hub.post(f"{COMPANIES}/search", in_exeter)["total"] == 1


class TestSpoiledBatchAnswers:
    def update(self, hub: Hub, ids: list[str], do: str) -> Any:
        """What the vendor's client makes of a spoiled answer to an update of every record."""
        hub.ask("POST", "/__sandbox__/faults", [{"do": do, "path": "/batch/update$"}])
        inputs = [{"id": each, "properties": {"city": "York"}, "objectWriteTraceId": each} for each in ids]
        return hub.client.crm.companies.batch_api.update({"inputs": inputs})

    def test_results_may_come_in_another_order(self, hub: Hub, ids: list[str]) -> None:
        assert [each.id for each in self.update(hub, ids, "shuffle").results] == ids[::-1]

    def test_results_may_be_too_few_although_all_was_written(self, hub: Hub, ids: list[str]) -> None:
        assert [each.id for each in self.update(hub, ids, "lose").results] == ids[:-1]
        assert hub.values("companies", ids[-1], "city") == {"city": "York"}

    def test_an_answer_may_tell_nothing_although_all_was_written(self, hub: Hub, ids: list[str]) -> None:
        hub.ask("POST", "/__sandbox__/faults", [{"do": "wrong_json", "path": "/batch/update$"}])
        inputs = [{"id": each, "properties": {"city": "York"}} for each in ids]
        answer = hub.ask("POST", f"{COMPANIES}/batch/update", {"inputs": inputs})
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        assert {hub.values("companies", each, "city")["city"] for each in ids} == {"York"}

    def test_the_log_counts_each_write_once(self, hub: Hub, ids: list[str]) -> None:
        hub.app.log.clear()
        self.update(hub, ids, "lose")
        (entry,) = [each for each in hub.app.log.entries() if each.applied]
        assert (entry.path, entry.rows, entry.fault) == (f"{COMPANIES}/batch/update", len(ids), "lose")


def test_searches_batch_reads_and_tokens_are_no_writes(hub: Hub, ids: list[str]) -> None:
    hub.app.log.clear()
    hub.post(f"{COMPANIES}/search", {})
    hub.post(f"{COMPANIES}/batch/read", {"inputs": [{"id": ids[0]}]})
    hub.session.post(f"{hub.url}/oauth/v1/token", data=form(grant_type="refresh_token", refresh_token=REFRESH_TOKEN))
    assert [entry.applied for entry in hub.app.log.entries()] == [False] * 3
    hub.make("companies", name="A")
    assert hub.app.log.entries()[-1].applied is True


def test_an_introspected_token_is_inactive_once_it_is_over(hub: Hub) -> None:
    tokens = hub.client.oauth.tokens_api.create(**form(grant_type="refresh_token", refresh_token=REFRESH_TOKEN))
    ask = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "token": tokens.access_token}
    path = f"{hub.url}/oauth/2026-03/token/introspect"
    assert hub.session.post(path, data=ask, timeout=10).json()["active"] is True
    hub.ask("POST", "/__sandbox__/clock", {"advance_seconds": 1_800})
    assert hub.session.post(path, data=ask, timeout=10).json() == {"active": False}
