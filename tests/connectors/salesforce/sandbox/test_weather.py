"""Trouble on the way in the vendor's words, torn results, short pages, a truthful quota."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from werkzeug.test import Client

from connectors.salesforce.sandbox import CONSUMER_KEY, CONSUMER_SECRET, TOKEN
from connectors.sandbox.server import RunningSandbox
from tests.connectors.salesforce.orgs import BASE, Api


def ask(base_url: str, path: str = "limits") -> requests.Response:
    """Send one call over HTTP."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.get(f"{base_url}/services/data/v64.0/{path}", headers=headers, timeout=5)


def fault(api: Api, **wanted: Any) -> None:
    """Let something go wrong with the next call."""
    assert api.control("POST", "faults", [wanted])[0] == 200


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "INVALID_SESSION_ID"),
        (403, "REQUEST_LIMIT_EXCEEDED"),
        (500, "UNKNOWN_EXCEPTION"),
        (503, "SERVER_UNAVAILABLE"),
    ],
)
def test_trouble_is_told_in_the_vendors_words(served: RunningSandbox, api: Api, status: int, code: str) -> None:
    fault(api, do="status", status=status)
    answer = ask(served.base_url)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)
    assert "Retry-After" not in answer.headers
    assert ask(served.base_url).status_code == 200


@pytest.mark.parametrize("status", [429, 502, 504])
def test_gateways_in_front_use_no_words_of_the_vendor(served: RunningSandbox, api: Api, status: int) -> None:
    fault(api, do="status", status=status, headers={"Retry-After": "10"})
    answer = ask(served.base_url)
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (status, b"", "10")


def test_results_of_a_job_may_come_torn(served: RunningSandbox, api: Api) -> None:
    for name in "abc":
        api.create("Account", Name=name)
    body = {"operation": "query", "query": "SELECT Name FROM Account"}
    job_id = api.call("POST", "jobs/query", body)[1]["id"]
    api.get(f"jobs/query/{job_id}")
    whole = ask(served.base_url, f"jobs/query/{job_id}/results").text
    fault(api, do="truncate", path="/results$")
    torn = ask(served.base_url, f"jobs/query/{job_id}/results")
    assert torn.headers["Sforce-NumberOfRecords"] == "3"
    assert whole.startswith(torn.text)
    assert len(torn.text) < len(whole)
    fault(api, do="cut", path="/results$")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask(served.base_url, f"jobs/query/{job_id}/results")


@pytest.mark.parametrize(("deed", "saved"), [("drop", 0), ("apply_then_cut", 1)])
def test_a_lost_answer_may_or_may_not_have_been_carried_out(
    served: RunningSandbox, api: Api, deed: str, saved: int
) -> None:
    fault(api, do=deed, method="POST")
    with pytest.raises(requests.ConnectionError):
        requests.post(
            f"{served.base_url}/services/data/v64.0/sobjects/Account",
            json={"Name": "Acme"},
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=5,
        )
    assert len(api.column("SELECT Id FROM Account")) == saved


def test_sessions_that_were_logged_in_for_end_in_a_storm(api: Api) -> None:
    secrets = {"client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET, "grant_type": "client_credentials"}
    token = Client(api.app).post("/services/oauth2/token", data=secrets).get_json()["access_token"]
    fault(api, do="expire", path="/limits$")
    assert Api(api.app, token).refusal("GET", "limits") == (401, "INVALID_SESSION_ID")
    assert api.get("limits")


def test_the_log_tells_reading_posts_from_writes(api: Api) -> None:
    row_id = api.create("Account", Name="a")
    api.call("POST", "composite/sobjects/Account", {"ids": [row_id], "fields": ["Name"]})
    api.call("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"})
    entries = api.control("GET", "requests")[1]
    written = [one["path"] for one in entries if one["applied"]]
    assert written == [f"{BASE}/sobjects/Account"]
    assert len(entries) == 3


@pytest.mark.parametrize("seed", range(4))
def test_short_pages_lose_and_repeat_nothing(api: Api, seed: int) -> None:
    made = [api.create("Account", Name=f"n{number:02d}") for number in range(20)]
    api.options(page_size=3, short_pages=seed)
    page = api.get("query", q="SELECT Id FROM Account ORDER BY Name")
    sizes: list[int] = []
    found: list[str] = []
    while True:
        sizes.append(len(page["records"]))
        found.extend(record["Id"] for record in page["records"])
        if page["done"]:
            break
        page = api.get(page["nextRecordsUrl"])
    assert found == made
    assert set(sizes) == {1, 2, 3}
    api.options(short_pages=None)
    assert len(api.get("query", q="SELECT Id FROM Account")["records"]) == 3


def test_the_quota_header_tells_the_truth(api: Api) -> None:
    api.options(daily_limit=3)
    seen = []
    for _ in range(4):
        api.call("GET", "sobjects")
        seen.append(api.last_headers["Sforce-Limit-Info"])
    assert seen == ["api-usage=1/3", "api-usage=2/3", "api-usage=3/3", "api-usage=3/3"]
    assert api.refusal("GET", "limits") == (403, "REQUEST_LIMIT_EXCEEDED")
    api.wait(86401)
    assert api.get("limits")["DailyApiRequests"] == {"Max": 3, "Remaining": 2}
