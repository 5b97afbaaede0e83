"""Versions, sessions, quota, and the answers of an org that is closed or exhausted."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox import TOKEN
from tests.connectors.salesforce.orgs import Api

EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


# versions


def test_versions_are_listed_without_a_session_and_without_cost(api: Api) -> None:
    listed = Api(api.app, "").get("/services/data/")
    assert [one["version"] for one in listed] == [f"{number}.0" for number in range(31, 69)]
    assert listed[0] == {"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"}
    assert listed[-1]["version"] == "68.0"
    assert api.app.site.quota.used == 0


@pytest.mark.parametrize(
    ("number", "label"),
    [
        (31, "Summer '14"),
        (32, "Winter '15"),
        (33, "Spring '15"),
        (59, "Winter '24"),
        (64, "Summer '25"),
        (65, "Winter '26"),
    ],
)
def test_a_version_has_its_season(api: Api, number: int, label: str) -> None:
    listed = {one["version"]: one["label"] for one in api.get("/services/data/")}
    assert listed[f"{number}.0"] == label


@pytest.mark.parametrize("number", [31, 45, 59, 68])
def test_a_live_version_answers(api: Api, number: int) -> None:
    assert api.call("GET", f"/services/data/v{number}.0/limits")[0] == 200


@pytest.mark.parametrize("number", [21, 25, 30])
def test_a_retired_version_is_gone(api: Api, number: int) -> None:
    assert api.refusal("GET", f"/services/data/v{number}.0/limits") == (410, "GONE")


@pytest.mark.parametrize("version", ["v69.0", "v20.0", "v1.0", "59.0", "v59", "v59.5", "vX.0", "latest"])
def test_a_version_that_never_was_is_not_found(api: Api, version: str) -> None:
    assert api.refusal("GET", f"/services/data/{version}/limits") == (404, "NOT_FOUND")


# sessions


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", "Basic abc", TOKEN, f"bearer {TOKEN}", f"Token {TOKEN}"]
)
def test_without_a_session_nothing_is_told(api: Api, header: str) -> None:
    response = api.raw("GET", "limits", None, {"Authorization": header})
    assert response.status_code == 401
    assert response.get_json() == EXPIRED


@pytest.mark.parametrize("scheme", ["Bearer", "OAuth"])
def test_both_schemes_are_accepted(api: Api, scheme: str) -> None:
    assert api.raw("GET", "limits", None, {"Authorization": f"{scheme} {TOKEN}"}).status_code == 200


def test_a_session_ends_after_its_lifetime_whatever_is_being_read(api: Api) -> None:
    api.options(session_seconds=900)
    guest = Api(api.app, api.app.site.sessions.issue(api.me()))
    api.wait(899)
    assert guest.call("GET", "limits")[0] == 200
    api.wait(1)
    assert guest.call("GET", "limits") == (401, EXPIRED)


def test_sessions_can_be_ended_by_hand(api: Api) -> None:
    api.options(expire_sessions=True)
    assert api.call("GET", "limits") == (401, EXPIRED)


def test_a_token_says_whose_it_is(api: Api) -> None:
    found = api.get("/services/oauth2/userinfo")
    assert found["preferred_username"] == "inlay.integration@hartwell.example"
    assert found["user_id"].startswith("005")
    assert Api(api.app, "wrong").call("GET", "/services/oauth2/userinfo") == (403, "Bad_OAuth_Token")


# quota


def test_every_call_is_counted_in_a_header(api: Api) -> None:
    for number in range(1, 4):
        api.get("limits")
        assert api.last_headers["Sforce-Limit-Info"] == f"api-usage={number}/100000"


def test_refused_calls_count_but_not_those_without_a_session(api: Api) -> None:
    api.call("GET", "sobjects/Nope/describe")
    assert api.last_headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    Api(api.app, "wrong").call("GET", "limits")
    api.get("limits")
    assert api.last_headers["Sforce-Limit-Info"] == "api-usage=2/100000"


def test_limits_tell_what_is_left(api: Api) -> None:
    api.get("limits")
    assert api.get("limits")["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_998}


def test_a_used_up_day_refuses_everything_with_403(api: Api) -> None:
    api.options(daily_limit=3)
    row_id = api.create("Account", Name="Acme")
    api.get("limits")
    api.get("limits")
    status, body = api.call("PATCH", f"sobjects/Account/{row_id}", {"Name": "x"})
    assert status == 403
    assert body == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    assert api.last_headers["Sforce-Limit-Info"] == "api-usage=3/3"
    api.options(daily_limit=10)
    assert api.row("Account", row_id)["Name"] == "Acme"


def test_the_day_is_a_rolling_one(api: Api) -> None:
    api.options(daily_limit=2)
    api.get("limits")
    api.wait(3600)
    api.get("limits")
    assert api.refusal("GET", "limits") == (403, "REQUEST_LIMIT_EXCEEDED")
    api.wait(23 * 3600 - 1)
    assert api.refusal("GET", "limits") == (403, "REQUEST_LIMIT_EXCEEDED")
    api.wait(1)
    assert api.call("GET", "limits")[0] == 200
    assert api.refusal("GET", "limits") == (403, "REQUEST_LIMIT_EXCEEDED")


def test_the_control_plane_costs_nothing_and_is_not_logged(api: Api) -> None:
    for name in ("state", "requests", "clock", "faults"):
        assert api.control("GET", name)[0] == 200
    assert api.app.site.quota.used == 0
    assert api.control("GET", "requests")[1] == []


def test_an_unknown_option_is_refused(api: Api) -> None:
    status, body = api.control("POST", "options", {"daily_limits": 3})
    assert status == 400
    assert "daily_limit" in body["error"]


def test_a_field_may_be_hidden_from_one_user_only(api: Api) -> None:
    row_id = api.create("Account", Name="a", AnnualRevenue=5)
    anna = Api(api.app, api.app.site.sessions.issue(api.app.site.logins.users["anna@firm.example"]))
    api.options(withhold={"anna@firm.example": ["Account.AnnualRevenue"]})
    assert api.row("Account", row_id)["AnnualRevenue"] == 5
    assert "AnnualRevenue" not in anna.row("Account", row_id)
    assert anna.refuse_query("SELECT AnnualRevenue FROM Account")[0] == "INVALID_FIELD"
    names = {field["name"] for field in anna.get("sobjects/Account/describe")["fields"]}
    assert "AnnualRevenue" not in names
    assert anna.refusal("PATCH", f"sobjects/Account/{row_id}", {"AnnualRevenue": 6}) == (400, "INVALID_FIELD")


def test_a_read_only_field_is_seen_and_not_written(api: Api) -> None:
    row_id = api.create("Account", Name="a", Site="x")
    api.options(read_only=["Account.Site"])
    assert api.row("Account", row_id)["Site"] == "x"
    site = next(field for field in api.get("sobjects/Account/describe")["fields"] if field["name"] == "Site")
    assert (site["createable"], site["updateable"]) == (False, False)
    path = f"sobjects/Account/{row_id}"
    assert api.refusal("PATCH", path, {"Site": "y"}) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    api.person_edits("Account", row_id, Site="by hand")


def test_a_validation_rule_refuses_for_ever_and_names_its_field(api: Api) -> None:
    rule = {
        "sobject": "Account",
        "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "message": "Customers need a site",
        "field": "Type",
        "value": "Customer",
        "times": None,
        "at": ["Site"],
    }
    api.options(row_faults=[rule])
    for _ in range(2):
        status, body = api.call("POST", "sobjects/Account", {"Name": "a", "Type": "Customer"})
        assert (status, body[0]["errorCode"], body[0]["fields"]) == (400, rule["code"], ["Site"])
    assert api.create("Account", Name="b", Type="Prospect")


def test_a_row_may_be_closed_to_the_user(api: Api) -> None:
    row_id = api.create("Account", Name="closed")
    words = "insufficient access rights on object id"
    closed = {"sobject": "Account", "code": "INSUFFICIENT_ACCESS_OR_READONLY", "message": words, "status": 403}
    api.options(row_faults=[{**closed, "field": "Name", "value": "closed", "times": None}])
    path = f"sobjects/Account/{row_id}"
    assert api.refusal("PATCH", path, {"Site": "x"}) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    assert api.refusal("DELETE", path) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    records = [{"attributes": {"type": "Account"}, "Id": row_id, "Site": "x"}]
    _, body = api.call("PATCH", "composite/sobjects", {"records": records})
    assert body[0]["errors"][0]["statusCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
