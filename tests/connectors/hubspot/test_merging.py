"""Merges, and what bears an id from before one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.ledger.parcel import Parcel
from core.ledger.send import send
from core.sdk import BugError, Link, WriteRow
from tests.connectors.hubspot.connected import calls, connect
from tests.connectors.hubspot.hub import Hub


@pytest.fixture(params=[True, False], ids=["a new id", "the survivor's id"])
def firm(hub: Hub, request: pytest.FixtureRequest) -> list[str]:
    hub.configure(merge_makes_new_id=request.param)
    return hub.make_many("companies", [{"name": name} for name in "ABCD"])


def live(hub: Hub) -> set[str]:
    return {record.id for record in hub.app.crm.shelves["companies"].live()}


def fault(hub: Hub, **what: Any) -> None:
    hub.ask("POST", "/__sandbox__/faults", [{"path": "/merge$", **what}])


def test_the_outcome_tells_what_the_record_is_called_now(hub: Hub, firm: list[str]) -> None:
    outcome = connect(hub).merge("companies", firm[0], [firm[1]])
    assert outcome.state == "applied"
    assert live(hub) == {str(outcome.external_id), firm[2], firm[3]}
    merged = hub.values("companies", str(outcome.external_id), "hs_merged_object_ids")["hs_merged_object_ids"]
    assert set(firm[:2]) <= {*str(merged).split(";"), outcome.external_id}


def test_several_are_merged_one_after_the_other(hub: Hub, firm: list[str]) -> None:
    outcome = connect(hub).merge("companies", firm[0], firm[1:])
    assert live(hub) == {outcome.external_id}
    assert calls(hub).count("POST v3/objects/companies/merge") == 3


@pytest.mark.parametrize("do", ["apply_then_cut", "truncate", "html", "status"])
def test_a_lost_answer_is_settled_by_looking(hub: Hub, firm: list[str], do: str) -> None:
    connector = connect(hub)
    fault(hub, do=do, status=502, body="<html>")
    outcome = connector.merge("companies", firm[0], [firm[1]])
    if do in ("apply_then_cut", "truncate"):
        assert (outcome.state, live(hub)) == ("applied", {str(outcome.external_id), *firm[2:]})
    else:
        assert (outcome.state, live(hub)) == ("retry", set(firm))
        assert outcome.external_id == firm[0]
    assert connector.merge("companies", firm[0], [firm[1]]).state == "applied"
    assert len(live(hub)) == 3, "and repeating it merges nothing twice"


def test_while_nobody_can_look_it_stays_unknown(hub: Hub, firm: list[str]) -> None:
    connector = connect(hub)
    fault(hub, do="apply_then_cut")
    fault(hub, path=f"companies/{firm[0]}$", do="status", status=503, times=None)
    assert connector.merge("companies", firm[0], [firm[1]]).state == "unknown"


def test_who_is_no_more_stops_it_and_what_was_done_stays(hub: Hub, firm: list[str]) -> None:
    hub.ask("DELETE", f"/crm/v3/objects/companies/{firm[2]}")
    outcome = connect(hub).merge("companies", firm[0], [firm[1], firm[2], firm[3]])
    assert (outcome.state, outcome.code) == ("rejected", "OBJECT_NOT_FOUND")
    assert firm[2] in outcome.message
    assert live(hub) == {str(outcome.external_id), firm[3]}


def test_too_many_identities_are_refused_by_name(hub: Hub, firm: list[str]) -> None:
    fault(hub, do="status", status=414, body='{"message":"Cannot have more than 250 identities on a profile"}')
    outcome = connect(hub).merge("companies", firm[0], [firm[1]])
    assert (outcome.state, outcome.code) == ("rejected", "414")
    assert "250 identities" in outcome.message


@pytest.mark.parametrize("stream", ["tasks", "owners", "contacts_to_companies"])
def test_what_cannot_be_merged_is_our_own_mistake(hub: Hub, stream: str) -> None:
    with pytest.raises(BugError):
        connect(hub).merge(stream, "1", ["2"])


class TestOldIds:
    @pytest.fixture(params=[False, True], ids=["batches refuse old ids", "batches follow them"])
    def merged(self, hub: Hub, firm: list[str], request: pytest.FixtureRequest) -> str:
        hub.configure(batches_follow_merges=request.param)
        return str(connect(hub).merge("companies", firm[0], [firm[1]]).external_id)

    def test_an_update_by_an_old_id_reaches_the_merged_record(self, hub: Hub, firm: list[str], merged: str) -> None:
        """Batches do not follow merges, single reads do; the row goes by its own name, which its sender knows."""
        rows = [WriteRow({"city": city}, external_id=each) for city, each in (("Leeds", firm[1]), ("York", firm[2]))]
        old, other = connect(hub).write("companies", "update", rows)
        assert (old.state, old.external_id, old.merged_into) == ("applied", firm[1], merged)
        assert (other.state, other.external_id, other.merged_into) == ("applied", firm[2], None)
        assert hub.values("companies", merged, "city") == {"city": "Leeds"}

    def test_associations_go_to_the_merged_record_too(self, hub: Hub, firm: list[str], merged: str) -> None:
        contact = hub.make("contacts", email="a@x.example")
        row = WriteRow({"city": "Leeds"}, external_id=firm[1], links=[Link("contacts", contact)])
        (outcome,) = connect(hub).write("companies", "update", [row])
        assert (outcome.state, outcome.merged_into) == ("applied", merged)
        found = hub.get(f"/crm/v4/objects/contacts/{contact}/associations/companies")["results"]
        assert [each["toObjectId"] for each in found] == [merged]

    def test_a_lifecycle_stage_is_read_back_from_the_merged_record(
        self, hub: Hub, firm: list[str], merged: str
    ) -> None:
        hub.configure(refuse_backward_lifecycle=False)
        hub.ask("PATCH", f"/crm/v3/objects/companies/{merged}", {"properties": {"lifecyclestage": "customer"}})
        row = WriteRow({"lifecyclestage": "lead", "city": "Leeds"}, external_id=firm[1])
        (outcome,) = connect(hub).write("companies", "update", [row])
        assert (outcome.state, outcome.fields, outcome.merged_into) == ("applied", ("lifecyclestage",), merged)
        assert hub.values("companies", merged, "lifecyclestage", "city") == {
            "lifecyclestage": "customer",
            "city": "Leeds",
        }

    def test_the_ledger_takes_it_for_applied(self, hub: Hub, firm: list[str], merged: str) -> None:
        """It distrusts answers about another record than the row's, which this one is not."""
        parcel = Parcel((), WriteRow({"city": "Leeds"}, external_id=firm[1]))
        sent = send(connect(hub), "companies", "update", [parcel], lambda _field, _ids: {})
        assert [outcome and outcome.state for outcome in sent.outcomes] == ["applied"]
        assert hub.values("companies", merged, "city") == {"city": "Leeds"}

    def test_a_row_refused_there_is_refused_under_its_own_name(self, hub: Hub, firm: list[str], merged: str) -> None:
        row = WriteRow({"numberofemployees": "many"}, external_id=firm[1])
        (outcome,) = connect(hub).write("companies", "update", [row])
        assert (outcome.state, outcome.code, outcome.external_id) == ("rejected", "INVALID_INTEGER", firm[1])
        assert hub.values("companies", merged, "numberofemployees") == {"numberofemployees": None}

    def test_an_answer_about_another_record_is_not_believed(self, hub: Hub, firm: list[str], merged: str) -> None:
        """Only a merge may answer under another id than the row named."""
        body = {"status": "COMPLETE", "results": [{"id": firm[3], "objectWriteTraceId": "0", "properties": {}}]}
        for path, named in (("batch/update$", firm[2]), ("batch/update$", firm[1])):
            fault(hub, path=path, do="status", status=200, body=json.dumps(body))
            (outcome,) = connect(hub).write("companies", "update", [WriteRow({"city": "x"}, external_id=named)])
            assert (outcome.state, outcome.external_id, outcome.merged_into) == ("unknown", None, None)
            assert firm[3] in outcome.message
        assert merged in live(hub)

    def test_one_that_is_gone_for_good_is_refused(self, hub: Hub, firm: list[str]) -> None:
        hub.ask("DELETE", f"/crm/v3/objects/companies/{firm[1]}")
        (outcome,) = connect(hub).write("companies", "update", [WriteRow({"city": "x"}, external_id=firm[1])])
        assert (outcome.state, outcome.code) == ("rejected", "OBJECT_NOT_FOUND")

    def test_when_it_cannot_be_looked_up_only_that_row_waits(self, hub: Hub, firm: list[str]) -> None:
        connector = connect(hub)
        connector.merge("companies", firm[0], [firm[1]])
        fault(hub, path=f"companies/{firm[1]}$", do="status", status=503, times=None)
        rows = [WriteRow({"city": "x"}, external_id=each) for each in (firm[2], firm[1])]
        assert [outcome.state for outcome in connector.write("companies", "update", rows)] == ["applied", "retry"]
