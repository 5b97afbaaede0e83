"""Parents with their children: each family all or nothing, in as few calls as they fit into."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.salesforce.refusals import OutOfQuota
from core.sdk import BugError, Child, Family, WriteRow
from tests.connectors.salesforce.links import KEY, Link
from tests.connectors.salesforce.orgs import Api


def family(name: str, *contacts: str, **values: Any) -> Family:
    """An account with contacts."""
    children = [Child("Contact", "AccountId", WriteRow({"LastName": contact})) for contact in contacts]
    return Family(WriteRow({"Name": name, **values}), children)


def states(outcomes: list[list[Any]]) -> list[list[str]]:
    return [[outcome.state for outcome in one] for one in outcomes]


def names(api: Api, name: str = "Account", field: str = "Name") -> list[Any]:
    return api.column(f"SELECT {field} FROM {name} ORDER BY {field}")


def test_a_family_is_saved_with_its_children_in_one_call(api: Api, link: Link) -> None:
    outcomes = link.connector.write_families("Account", [family("Acme", "Reid", "Okoro")])
    assert states(outcomes) == [["applied"] * 3]
    parent, *children = [outcome.external_id for outcome in outcomes[0]]
    assert all(outcome.created for outcome in outcomes[0])
    assert api.rows("SELECT Id, LastName, AccountId FROM Contact ORDER BY LastName") == [
        {"Id": children[1], "LastName": "Okoro", "AccountId": parent},
        {"Id": children[0], "LastName": "Reid", "AccountId": parent},
    ]
    assert link.calls() == [("POST", "composite/graph")]


def test_an_existing_parent_is_changed_and_its_children_join_it(api: Api, link: Link) -> None:
    row_id = api.create("Account", Name="Acme")
    joined = Family(WriteRow({"Site": "S"}, row_id), [Child("Contact", "AccountId", WriteRow({"LastName": "Reid"}))])
    outcomes = link.connector.write_families("Account", [joined])[0]
    assert (outcomes[0].external_id, outcomes[0].created) == (row_id, False)
    assert api.column("SELECT AccountId FROM Contact") == [row_id]
    assert api.row("Account", row_id)["Site"] == "S"


@pytest.mark.parametrize("key", ["k1", "a/b c", "a|b?c=d&e#f%", "Ü'\"", "a+b"])
def test_a_key_makes_the_parent_once_whatever_is_in_it(api: Api, link: Link, key: str) -> None:
    link.provision(KEY)
    account = api.create("Account", Name="Acme")
    keyed = Family(WriteRow({"Subject": "Call", "WhatId": account}, key=("Inlay_Key__c", key)))
    first = link.connector.write_families("Task", [keyed])[0][0]
    again = link.connector.write_families("Task", [keyed])[0][0]
    assert (first.state, first.created, again.state, again.created) == ("applied", True, "applied", False)
    assert first.external_id == again.external_id
    assert api.column("SELECT Inlay_Key__c FROM Task") == [key]


def test_a_refused_child_takes_its_whole_family_back_and_no_other(api: Api, link: Link) -> None:
    outcomes = link.connector.write_families(
        "Account", [family("Good", "Reid"), family("Bad", "Okoro", "x" * 200), family("Fine")]
    )
    assert states(outcomes) == [["applied"] * 2, ["rejected"] * 3, ["applied"]]
    assert [outcome.code for outcome in outcomes[1]] == ["STRING_TOO_LONG"] * 3
    assert [outcome.fields for outcome in outcomes[1]] == [(), (), ("LastName",)]
    assert "another record of its family" in outcomes[1][0].message
    assert names(api) == ["Fine", "Good"]
    assert names(api, "Contact", "LastName") == ["Reid"]


def test_a_lock_lets_the_family_be_sent_again(api: Api, link: Link) -> None:
    api.options(row_faults=[{"sobject": "Contact", "code": "UNABLE_TO_LOCK_ROW", "message": "locked"}])
    outcomes = link.connector.write_families("Account", [family("Acme", "Reid")])
    assert states(outcomes) == [["retry", "retry"]]
    assert all(outcome.retry_at for outcome in outcomes[0])
    assert states(link.connector.write_families("Account", [family("Acme", "Reid")])) == [["applied", "applied"]]
    assert names(api) == ["Acme"]


def test_families_left_alone_after_fourteen_failures_are_to_be_sent_again(api: Api, link: Link) -> None:
    families = [family("x" * 300) for _ in range(14)] + [family(f"n{number}", "Reid") for number in range(3)]
    outcomes = link.connector.write_families("Account", families)
    assert states(outcomes[:14]) == [["rejected"]] * 14
    assert states(outcomes[14:]) == [["retry", "retry"]] * 3
    assert states(link.connector.write_families("Account", families[14:])) == [["applied", "applied"]] * 3
    assert names(api) == ["n0", "n1", "n2"]


@pytest.mark.parametrize(("families", "children", "calls"), [(75, 0, 1), (76, 0, 2), (10, 49, 1), (11, 49, 2)])
def test_as_many_families_go_in_a_call_as_fit(api: Api, link: Link, families: int, children: int, calls: int) -> None:
    wanted = [family(f"n{n:03d}", *(f"c{c}" for c in range(children))) for n in range(families)]
    outcomes = link.connector.write_families("Account", wanted)
    assert {state for one in states(outcomes) for state in one} == {"applied"}
    assert [len(one) for one in outcomes] == [1 + children] * families
    assert len(link.calls()) == calls
    assert len(names(api)) == families


def test_no_families_are_no_call(link: Link) -> None:
    assert link.connector.write_families("Account", []) == []
    assert link.calls() == []


def test_a_family_that_fits_into_no_call_is_a_bug(link: Link) -> None:
    with pytest.raises(BugError):
        link.connector.write_families("Account", [family("Acme", *(f"c{c}" for c in range(500)))])


@pytest.mark.parametrize("deed", ["cut", "apply_then_cut", "html"])
def test_a_lost_answer_is_unknown_and_sent_only_once(api: Api, link: Link, deed: str) -> None:
    api.control("POST", "faults", [{"do": deed, "path": "composite/graph", "times": None}])
    assert states(link.connector.write_families("Account", [family("Acme", "Reid")])) == [["unknown"] * 2]
    assert len(link.calls()) == 1


@pytest.mark.parametrize("body", ['{"graphs": []}', '{"odd": 1}', '{"graphs": [{"graphId": "7"}]}'])
def test_an_answer_of_another_shape_is_unknown(api: Api, link: Link, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    api.control("POST", "faults", [{"do": "status", "status": 200, "path": "graph", "headers": headers, "body": body}])
    assert states(link.connector.write_families("Account", [family("Acme", "Reid")])) == [["unknown"] * 2]


def test_a_used_up_day_stops_before_anything_is_sent(api: Api, link: Link) -> None:
    api.options(daily_limit=0)
    with pytest.raises(OutOfQuota):
        link.connector.write_families("Account", [family("Acme")])
    api.options(daily_limit=100)
    assert names(api) == []
