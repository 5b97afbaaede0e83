"""The demo firm as it stands in HubSpot."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from connectors.hubspot.sandbox import sandbox
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, demo_firm
from connectors.sandbox.firm import Firm
from tests.connectors.hubspot.hub import Hub, Json


@pytest.fixture(scope="module")
def firm() -> Firm:
    return demo_firm()


def everything(hub: Hub, kind: str, *properties: str) -> list[Json]:
    rows: list[Json] = []
    query = {"limit": "100", "properties": ",".join(properties)}
    while True:
        page = hub.get(f"/crm/v3/objects/{kind}", **query)
        rows += page["results"]
        if "paging" not in page:
            return rows
        query["after"] = page["paging"]["next"]["after"]


def test_every_record_of_the_firm_is_there(demo: Hub, firm: Firm) -> None:
    channels = Counter(touch.channel for touch in firm.touches if touch.home == "hubspot")
    expected = {
        "companies": sum("hubspot" in party.homes for party in firm.parties),
        "contacts": sum("hubspot" in person.homes for person in firm.people),
        "deals": sum(each.home == "hubspot" for each in firm.openings)
        + sum(each.home == "hubspot" for each in firm.engagements),
        "tickets": sum(case.home == "hubspot" for case in firm.cases),
        "tasks": sum(chore.home == "hubspot" for chore in firm.chores),
        "emails": channels["email"],
        "calls": channels["call"],
        "meetings": channels["meeting"],
        "notes": channels["note"],
    }
    assert {kind: demo.post(f"/crm/v3/objects/{kind}/search", {})["total"] for kind in expected} == expected
    assert min(expected.values()) > 20


def test_companies_carry_the_spelling_of_this_system(demo: Hub, firm: Firm) -> None:
    names = {row["properties"]["name"] for row in everything(demo, "companies", "name")}
    respelled = [party for party in firm.parties if "hubspot" in party.homes and "hubspot" in party.spelling]
    assert respelled
    assert {party.spelling["hubspot"] for party in respelled} <= names
    assert all(party.name not in names or party.name == party.spelling["hubspot"] for party in respelled)


def test_contacts_have_a_primary_company(demo: Hub) -> None:
    rows = everything(demo, "contacts", "associatedcompanyid", "email")
    assert all(row["properties"]["associatedcompanyid"] for row in rows)


def test_signed_contracts_are_won_deals_with_dates(demo: Hub, firm: Firm) -> None:
    names = (
        "contract_start_date",
        "contract_end_date",
        "annual_value",
        "auto_renew",
        "notice_period_days",
        "dealstage",
    )
    deals = everything(demo, "deals", *names)
    contracts = [row["properties"] for row in deals if row["properties"]["contract_start_date"]]
    ours = [each for each in firm.engagements if each.home == "hubspot"]
    assert len(contracts) == len(ours)
    assert {row["dealstage"] for row in contracts} == {"closedwon"}
    assert sum(Decimal(row["annual_value"]) for row in contracts) == sum(each.annual_value for each in ours)
    endless = sum(each.term_months == 0 for each in ours)
    assert sum(row["contract_end_date"] is None for row in contracts) == endless
    assert {row["auto_renew"] for row in contracts} == {"true", "false"}


def test_twelve_months_end_the_day_before_the_anniversary(demo: Hub, firm: Firm) -> None:
    deals = everything(demo, "deals", "dealname", "contract_start_date", "contract_end_date")
    by_number = {row["properties"]["dealname"].split()[0]: row["properties"] for row in deals}
    yearly = next(each for each in firm.engagements if each.home == "hubspot" and each.term_months == 12)
    end = by_number[yearly.number]["contract_end_date"]
    assert end.startswith(str(yearly.start_date.year + 1))
    assert end[5:7] == f"{yearly.start_date:%m}" or yearly.start_date.day == 1


def test_closed_tickets_were_closed_when_the_firm_says(demo: Hub, firm: Firm) -> None:
    closed = sorted(
        f"{case.closed_at:%Y-%m-%dT%H:%M:%S}" for case in firm.cases if case.home == "hubspot" and case.closed_at
    )
    rows = everything(demo, "tickets", "closed_date", "hs_is_closed")
    shown = [row["properties"] for row in rows if row["properties"]["hs_is_closed"] == "true"]
    assert sorted(row["closed_date"][:19] for row in shown) == closed


def test_nobody_modified_anything_in_the_future(demo: Hub) -> None:
    for kind in ("companies", "contacts", "deals", "tickets", "tasks", "emails"):
        body = {"sorts": [{"propertyName": "hs_createdate", "direction": "DESCENDING"}], "limit": 1}
        newest = demo.post(f"/crm/v3/objects/{kind}/search", body)["results"][0]
        assert newest["createdAt"] <= newest["updatedAt"] <= "2026-06-30T09:00:00Z"


def test_children_know_their_parent(demo: Hub, firm: Firm) -> None:
    keys = {party.key for party in firm.parties if "hubspot" in party.homes}
    children = [party for party in firm.parties if party.key in keys and party.parent_key in keys]
    rows = everything(demo, "companies", "hs_parent_company_id")
    assert sum(bool(row["properties"]["hs_parent_company_id"]) for row in rows) == len(children)


def test_those_who_opted_out_are_marked(demo: Hub, firm: Firm) -> None:
    expected = sum(person.opted_out for person in firm.people if "hubspot" in person.homes)
    rows = everything(demo, "contacts", "hs_email_optout")
    assert sum(row["properties"]["hs_email_optout"] == "true" for row in rows) == expected > 0


def test_the_same_firm_gives_the_same_account(demo: Hub, firm: Firm) -> None:
    assert sandbox(firm, SandboxClock(AS_OF)).state() == demo.app.state()
