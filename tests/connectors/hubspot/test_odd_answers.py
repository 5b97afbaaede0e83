"""A 200 whose JSON is another than promised tells nothing: not that a list is empty, nor that a write was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.sandbox import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from core.sdk import Attachment, Cursor, Link, RetryLater, UnknownOutcome, WantedField, WriteRow
from tests.connectors.hubspot.connected import connect, ids, pages
from tests.connectors.hubspot.hub import Hub

OAUTH = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
LONG_AGO = Cursor("2020-01-01T00:00:00Z")


def odd(hub: Hub, path: str, **more: Any) -> None:
    hub.ask("POST", "/__sandbox__/faults", [{"do": "wrong_json", "path": path, **more}])


@pytest.fixture
def company(hub: Hub) -> str:
    return hub.make("companies", name="Alfa", domain="alfa.example")


READINGS: dict[str, Callable[[HubSpotConnector], object]] = {
    "/objects/companies$": lambda crm: pages(crm, "companies"),
    "/companies/search$": lambda crm: pages(crm, "companies", LONG_AGO),
    "/properties/companies$": lambda crm: pages(crm, "companies"),
    "/owners": lambda crm: pages(crm, "owners"),
    "/batch/read$": lambda crm: crm.find_by_key("companies", "name", ["Alfa"]),
    "/associations/companies/contacts/batch/read$": lambda crm: pages(
        crm, "companies", LONG_AGO, ("associations.contacts",)
    ),
    "/properties/companies/groups": lambda crm: crm.plan_fields([WantedField("companies", "x", "X", "text")]),
}


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("path", READINGS)
def test_no_reading_takes_it_for_an_answer(hub: Hub, path: str) -> None:
    odd(hub, path)
    with pytest.raises(UnknownOutcome, match="promises") as caught:
        READINGS[path](connect(hub))
    assert path.strip("/$") in caught.value.where
    assert "proxy" in caught.value.remedy


def test_account_that_was_not_told_gives_no_wrong_address(hub: Hub, company: str) -> None:
    odd(hub, "/account-info/")
    connector = connect(hub)
    assert connector.record_url("companies", company) is None
    assert str(connector.record_url("companies", company)).endswith(f"/{company}")


def test_live_record_is_never_shown_as_missing(hub: Hub, company: str) -> None:
    connector = connect(hub)
    connector.describe("companies")
    odd(hub, "/batch/read$")
    with pytest.raises(UnknownOutcome):
        connector.fetch("companies", [company], ["name"])
    assert [row["id"] for row in connector.fetch("companies", [company], ["name"])] == [company]


def test_page_in_the_middle_of_a_list_is_not_its_end(hub: Hub) -> None:
    hub.make_many("companies", [{"name": f"C{number}"} for number in range(150)])
    odd(hub, "/objects/companies$", query="after=")
    reading = connect(hub).read("companies", ["name"], None)
    cursor = next(reading).cursor
    with pytest.raises(UnknownOutcome):
        next(reading)
    assert len(ids(pages(connect(hub), "companies", cursor))) == 50


def test_good_row_is_not_refused_for_a_property_that_was_not_told(hub: Hub, company: str) -> None:
    odd(hub, "/properties/companies$")
    (outcome,) = connect(hub).write("companies", "update", [WriteRow({"city": "Bern"}, company)])
    assert outcome.state == "retry"
    assert hub.values("companies", company, "city") == {"city": None}


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_write_of_which_nothing_is_told_is_unknown(hub: Hub, company: str, verb: Any) -> None:
    odd(hub, "/batch/(update|archive)$")
    (outcome,) = connect(hub).write("companies", verb, [WriteRow({"city": "Bern"}, company)])
    assert outcome.state == "unknown"


def test_association_of_which_nothing_is_told_is_unknown(hub: Hub, company: str) -> None:
    contact = hub.make("contacts", email="a@x.example")
    odd(hub, "/batch/associate/default$")
    row = WriteRow({"city": "Bern"}, company, links=[Link("contacts", contact)])
    (outcome,) = connect(hub).write("companies", "update", [row])
    assert outcome.state == "unknown"


def test_merge_of_which_nothing_is_told_is_looked_up(hub: Hub, company: str) -> None:
    loser = hub.make("companies", name="Beta")
    odd(hub, "/merge$")
    outcome = connect(hub).merge("companies", company, [loser])
    assert outcome.state == "applied"
    assert [record.id for record in hub.app.crm.shelves["companies"].live()] == [outcome.external_id]


def test_options_that_were_not_told_are_not_overwritten(hub: Hub) -> None:
    connector = connect(hub)
    for step in connector.plan_fields([WantedField("companies", "band", "Band", "picklist", options=("Good", "Bad"))]):
        connector.provision(step)
    wanted = WantedField("companies", "band", "Band", "picklist", options=("Good", "Bad", "Ugly"))
    (step,) = connector.plan_fields([wanted])
    odd(hub, "/properties/companies/band$", method="GET")
    with pytest.raises(UnknownOutcome):
        connector.provision(step)
    connector.provision(step)
    options = hub.get("/crm/v3/properties/companies/band")["options"]
    assert [option["value"] for option in options] == ["Good", "Bad", "Ugly"]


def test_token_that_was_not_told_is_asked_for_again_later(hub: Hub, company: str) -> None:
    odd(hub, "/oauth/")
    connector = connect(hub, oauth=OAUTH)
    with pytest.raises(RetryLater):
        pages(connector, "companies")
    assert ids(pages(connector, "companies")) == [company]


def test_file_of_which_nothing_is_told_comes_again_and_is_one(hub: Hub, company: str) -> None:
    connector = connect(hub)
    for step in connector.plan_fields([WantedField("notes", "inlay_key", "Key", "key")]):
        connector.provision(step)
    attachment = Attachment("a.pdf", b"%PDF", "application/pdf", "key-1")
    odd(hub, "/files/v3/files$")
    assert connector.attach("companies", company, attachment).state == "retry"
    assert connector.attach("companies", company, attachment).state == "applied"
    assert len(list(hub.app.crm.shelves["notes"].live())) == 1


class TestLockedRows:
    """A record in use elsewhere costs its own row a little time, and the others nothing."""

    @pytest.fixture
    def locked(self, hub: Hub, company: str) -> str:
        hub.post("/__sandbox__/edit", {"type": "companies", "id": company, "lock": 30})
        return company

    @pytest.mark.parametrize("with_others", [True, False])
    def test_locked_row_is_for_later(self, hub: Hub, locked: str, with_others: bool) -> None:
        others = hub.make_many("companies", [{"name": "B"}, {"name": "C"}]) if with_others else []
        connector = connect(hub)
        outcomes = connector.write(
            "companies", "update", [WriteRow({"city": "Bern"}, each) for each in [*others, locked]]
        )
        assert [one.state for one in outcomes] == [*["applied"] * len(others), "retry"]
        assert (outcomes[-1].code, outcomes[-1].external_id) == ("LOCKED", locked)
        told = outcomes[-1].retry_at
        assert told is not None
        assert (told - hub.app.clock.now()).total_seconds() >= 2
        assert hub.values("companies", locked, "city") == {"city": None}

    def test_it_passes_once_the_record_is_free(self, hub: Hub, locked: str) -> None:
        connector = connect(hub)
        row = WriteRow({"city": "Bern"}, locked)
        assert connector.write("companies", "update", [row])[0].state == "retry"
        connector.context.clock.sleep(31)
        assert connector.write("companies", "update", [row])[0].state == "applied"
        assert hub.values("companies", locked, "city") == {"city": "Bern"}
