"""On the wire: kept connections, several clients at once, big bodies, odd bytes, faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from connectors.salesforce.sandbox import TOKEN
from connectors.sandbox.server import RunningSandbox
from tests.connectors.salesforce.orgs import BASE, Api

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def post(session: requests.Session, served: RunningSandbox, path: str, body: Any) -> requests.Response:
    """Send one POST."""
    return session.post(f"{served.base_url}{BASE}/{path}", json=body, headers=HEADERS, timeout=30)


def test_one_connection_serves_many_calls(served: RunningSandbox) -> None:
    with requests.Session() as session:
        for _ in range(20):
            assert session.get(f"{served.base_url}{BASE}/limits", headers=HEADERS, timeout=10).status_code == 200
        adapter: Any = session.get_adapter(served.base_url)
        pool = next(iter(adapter.poolmanager.pools._container.values()))
        assert pool.num_connections == 1


def test_answers_are_utf8_json(served: RunningSandbox) -> None:
    answer = requests.get(f"{served.base_url}{BASE}/limits", headers=HEADERS, timeout=10)
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"


@pytest.mark.parametrize(
    "value", ["Zażółć", "北京", "🏦", "é\u0301", "\u202eabc", "a\u0000b", "\\u0041", "<b>&amp;</b>"]
)
def test_text_survives_the_wire(served: RunningSandbox, value: str) -> None:
    with requests.Session() as session:
        made = post(session, served, "sobjects/Account", {"Name": f"x{value}x"}).json()
        read = session.get(f"{served.base_url}{BASE}/sobjects/Account/{made['id']}", headers=HEADERS, timeout=10)
        assert read.json()["Name"] == f"x{value}x"


def test_a_field_of_five_megabytes_is_refused_and_the_connection_lives_on(served: RunningSandbox) -> None:
    with requests.Session() as session:
        answer = post(session, served, "sobjects/Account", {"Name": "x", "Description": "y" * 5_000_000})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "STRING_TOO_LONG")
        assert post(session, served, "sobjects/Account", {"Name": "x"}).status_code == 201


def test_several_clients_at_once_lose_nothing(api: Api, served: RunningSandbox) -> None:
    def work(number: int) -> list[str]:
        with requests.Session() as session:
            return [
                post(session, served, "sobjects/Account", {"Name": f"{number}-{turn}"}).json()["id"]
                for turn in range(25)
            ]

    with ThreadPoolExecutor(8) as pool:
        ids = [row_id for made in pool.map(work, range(8)) for row_id in made]
    assert len(set(ids)) == 200
    assert api.get("query", q="SELECT COUNT() FROM Account")["totalSize"] == 200
    stamps = api.column("SELECT SystemModstamp FROM Account ORDER BY Id")
    assert sorted(stamps) == stamps


def test_several_upserts_of_one_key_make_one_record(api: Api, served: RunningSandbox) -> None:
    api.add_field("Activity.Key__c", unique=True, externalId=True)

    def work(number: int) -> int:
        url = f"{served.base_url}{BASE}/sobjects/Task/Key__c/same"
        return requests.patch(url, json={"Subject": str(number)}, headers=HEADERS, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(work, range(24)))
    assert sorted(statuses) == [200] * 23 + [201]
    assert api.get("query", q="SELECT COUNT() FROM Task")["totalSize"] == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"do": "status", "status": 503, "body": "down"}, 503),
        ({"do": "status", "status": 429, "headers": {"Retry-After": "3"}}, 429),
        ({"do": "html"}, 200),
    ],
)
def test_a_fault_that_prevents_changes_nothing(
    api: Api, served: RunningSandbox, fault: dict[str, Any], status: int
) -> None:
    api.control("POST", "faults", [{**fault, "method": "POST"}])
    with requests.Session() as session:
        assert post(session, served, "sobjects/Account", {"Name": "x"}).status_code == status
        assert api.get("query", q="SELECT COUNT() FROM Account")["totalSize"] == 0
        assert post(session, served, "sobjects/Account", {"Name": "x"}).status_code == 201


@pytest.mark.parametrize("deed", ["cut", "apply_then_cut"])
def test_a_fault_that_cuts_leaves_the_write_done(api: Api, served: RunningSandbox, deed: str) -> None:
    api.control("POST", "faults", [{"do": deed, "method": "POST"}])
    with requests.Session() as session, pytest.raises(requests.RequestException):
        post(session, served, "sobjects/Account", {"Name": "x"})
    assert api.get("query", q="SELECT COUNT() FROM Account")["totalSize"] == 1


def test_every_call_is_in_the_log_with_its_query(api: Api, served: RunningSandbox) -> None:
    params = {"q": "SELECT Id FROM User WHERE Name LIKE 'A%'"}
    requests.get(f"{served.base_url}{BASE}/query", params=params, headers=HEADERS, timeout=10)
    entry = api.control("GET", "requests")[1][0]
    assert (entry["method"], entry["path"], entry["status"], entry["rows"]) == ("GET", f"{BASE}/query", 200, 1)
    assert "SELECT Id FROM User WHERE Name LIKE 'A%'" in entry["query"]


def test_a_call_is_known_by_its_raw_address(api: Api, served: RunningSandbox) -> None:
    api.add_field("Account.Key__c", unique=True, externalId=True)
    url = f"{served.base_url}{BASE}/sobjects/Account/Key__c/a%2Fb%3Fc%23d%25"
    assert requests.patch(url, json={"Name": "x"}, headers=HEADERS, timeout=10).status_code == 201
    assert api.column("SELECT Key__c FROM Account") == ["a/b?c#d%"]
