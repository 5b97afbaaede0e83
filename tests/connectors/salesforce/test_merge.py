"""Merging records over SOAP: it cannot be taken back, so it is never sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.salesforce.merge import envelope
from connectors.salesforce.refusals import OutOfQuota
from connectors.salesforce.sandbox.ids import make_id
from connectors.sandbox.server import RunningSandbox
from core.sdk import AuthError
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.test_login import FLOWS
from tests.connectors.salesforce.test_read import fill


def soap_calls(link: Link) -> int:
    return sum("/Soap/u/" in path for _, path in link.calls())


def upset(api: Api, **fault: Any) -> None:
    assert api.control("POST", "faults", [{"path": "/services/Soap/u/", **fault}])[0] == 200


def masters(api: Api, ids: list[str]) -> list[Any]:
    rows = api.app.site.org.tables["Account"].rows
    return [rows[one].get("MasterRecordId") for one in ids]


def test_losers_are_merged_and_their_children_move(api: Api, link: Link) -> None:
    survivor, loser = fill(api, 2)
    person = api.create("Contact", LastName="Reid", AccountId=loser)
    outcome = link.connector.merge("Account", survivor, [loser])
    assert (outcome.state, outcome.external_id) == ("applied", survivor)
    assert masters(api, [loser]) == [survivor]
    assert api.row("Contact", person)["AccountId"] == survivor


@pytest.mark.parametrize(("losers", "calls"), [(1, 1), (2, 1), (3, 2), (5, 3)])
def test_two_losers_go_in_one_call(api: Api, link: Link, losers: int, calls: int) -> None:
    survivor, *others = fill(api, losers + 1)
    assert link.connector.merge("Account", survivor, others).state == "applied"
    assert masters(api, others) == [survivor] * losers
    assert soap_calls(link) == calls


def test_repeating_a_merge_sends_nothing(api: Api, link: Link) -> None:
    survivor, loser = fill(api, 2)
    link.connector.merge("Account", survivor, [loser])
    link.calls()
    assert link.connector.merge("Account", survivor, [loser]).state == "applied"
    assert soap_calls(link) == 0


def test_a_lost_answer_to_a_merge_that_happened_is_settled_by_looking(api: Api, link: Link) -> None:
    survivor, loser = fill(api, 2)
    upset(api, do="apply_then_cut", times=None)
    outcome = link.connector.merge("Account", survivor, [loser])
    assert (outcome.state, outcome.external_id) == ("applied", survivor)
    assert soap_calls(link) == 1


def test_a_lost_answer_to_a_merge_that_did_not_happen_is_unknown_and_not_sent_again(api: Api, link: Link) -> None:
    """The request may still be on its way."""
    survivor, loser = fill(api, 2)
    upset(api, do="status", status=502, body="<html>bad gateway</html>", times=None)
    assert link.connector.merge("Account", survivor, [loser]).state == "unknown"
    assert soap_calls(link) == 1
    api.control("DELETE", "faults")
    assert link.connector.merge("Account", survivor, [loser]).state == "applied"
    assert masters(api, [loser]) == [survivor]


@pytest.mark.parametrize(
    ("stream", "survivor", "losers", "code"),
    [
        ("Account", 0, ["unknown"], "ENTITY_IS_DELETED|INVALID_CROSS_REFERENCE_KEY"),
        ("Account", 0, [0], "INVALID_MERGE_RECORD"),
        ("Opportunity", 0, [1], "INVALID_TYPE|INVALID_FIELD"),
    ],
)
def test_a_refused_merge_says_why(
    api: Api, link: Link, stream: str, survivor: int, losers: list[Any], code: str
) -> None:
    ids = fill(api, 2)
    named = [make_id("001", 999) if one == "unknown" else ids[one] for one in losers]
    outcome = link.connector.merge(stream, ids[survivor], named)
    assert outcome.state == "rejected"
    assert outcome.code in code.split("|")
    assert outcome.message


def test_a_locked_record_may_be_merged_later(api: Api, link: Link) -> None:
    survivor, loser = fill(api, 2)
    fault = (
        "<soapenv:Fault><faultcode>sf:UNABLE_TO_LOCK_ROW</faultcode><faultstring>locked</faultstring></soapenv:Fault>"
    )
    names = 'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    body = f"<soapenv:Envelope {names}><soapenv:Body>{fault}</soapenv:Body></soapenv:Envelope>"
    upset(api, do="status", status=500, body=body, headers={"Content-Type": "text/xml"})
    outcome = link.connector.merge("Account", survivor, [loser])
    assert (outcome.state, outcome.code) == ("retry", "UNABLE_TO_LOCK_ROW")
    assert outcome.retry_at is not None
    assert link.connector.merge("Account", survivor, [loser]).state == "applied"


def test_a_session_that_ended_before_the_merge_is_renewed(api: Api, served: RunningSandbox) -> None:
    survivor, loser = fill(api, 2)
    link = Link(served.base_url, auth=FLOWS["client_credentials"])
    link.connector.describe("Account")
    api.app.site.sessions.expire_all()
    assert link.connector.merge("Account", survivor, [loser]).state == "applied"


def test_a_given_token_that_has_ended_needs_a_person(api: Api, link: Link) -> None:
    survivor, loser = fill(api, 2)
    api.options(expire_sessions=True)
    with pytest.raises(AuthError, match="ended"):
        link.connector.merge("Account", survivor, [loser])


def test_a_used_up_day_stops_the_merge(api: Api, link: Link) -> None:
    survivor, loser = fill(api, 2)
    api.options(daily_limit=api.app.site.quota.used + 1)
    with pytest.raises(OutOfQuota):
        link.connector.merge("Account", survivor, [loser])
    assert masters(api, [loser]) == [None]


def test_what_is_sent_is_escaped() -> None:
    text = envelope("A&B", "<1>", ["2&"])
    assert "A&amp;B" in text
    assert "&lt;1&gt;" in text
    assert "2&amp;" in text
    assert text.count("{session}") == 1
