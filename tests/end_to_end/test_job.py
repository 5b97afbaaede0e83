"""The whole job on the demo firm, done once; every test below looks at another side of what was seen on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from simple_salesforce.api import Salesforce

from connectors.sandbox.fleet import Fleet, start_fleet
from core.cli.samples import DEMO, write_sample
from tests.end_to_end import crms
from tests.end_to_end.conftest import Inlay, Said, environment, runner
from tests.end_to_end.thrift import mappings_parsed_once

Rows = dict[str, dict[str, Any]]
SCORE = "Inlay_Health_Score__c"
UNSAID = Said(1, "", "")


@dataclass
class Seen:
    """What the CRMs held and what the commands said, in the order in which it happened."""

    folder: Path
    fields_at_first: set[str] = field(default_factory=set)
    fields_made: set[str] = field(default_factory=set)
    provisioned: Said = UNSAID
    planned: dict[str, Any] = field(default_factory=dict)
    planned_again: dict[str, Any] = field(default_factory=dict)
    accounts_before: Rows = field(default_factory=dict)
    applied: dict[str, Any] = field(default_factory=dict)
    accounts: Rows = field(default_factory=dict)
    companies: Rows = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    enriched: list[Rows] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    applied_again: dict[str, Any] = field(default_factory=dict)
    edited: str = ""
    undone: Said = UNSAID
    accounts_after: Rows = field(default_factory=dict)
    tasks_after: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)


def do_the_job(fleet: Fleet, inlay: Inlay, folder: Path) -> Seen:
    """Provision, sync, plan, apply, sync and plan again, report, undo; a person edits one score before the undo."""
    sf, hs = crms.salesforce(fleet.endpoints()["salesforce"]), crms.hubspot(fleet.endpoints()["hubspot"])
    seen = Seen(folder)

    def done(name: str, *arguments: str) -> Said:
        """Run one command and keep its exit code under a name."""
        said = inlay(*arguments)
        seen.codes[name] = said.code
        return said

    done("show what is missing", "provision")
    seen.fields_at_first = fields_of(sf)
    done("make the fields", "provision", "--yes")
    seen.fields_made = fields_of(sf)
    seen.provisioned = inlay("provision")
    done("sync", "sync")
    seen.planned = orjson.loads(inlay("plan", "--json").out)
    seen.planned_again = orjson.loads(done("check", "plan", "--json", "--check").out)
    seen.accounts_before = crms.accounts(sf)
    seen.applied = orjson.loads(done("apply", "apply", "--approve", "all", "--json").out)
    seen.accounts, seen.companies = crms.accounts(sf), crms.companies(hs)
    seen.tasks = [*crms.inlay_tasks(sf), *crms.hubspot_tasks(hs)]
    seen.enriched = [
        {row["Name"]: row for row in crms.enriched_accounts(sf)},
        {str(row["name"]): row for row in crms.enriched_companies(hs)},
    ]
    seen.people = crms.people(sf, hs)
    done("sync again", "sync")
    done("check again", "plan", "--check", "--html", str(folder / "report.html"))
    seen.applied_again = orjson.loads(inlay("apply", "--approve", "all", "--json").out)
    seen.edited = edit_in_salesforce(fleet, next(key for key, row in seen.accounts.items() if row[SCORE] is not None))
    seen.undone = done("undo", "undo", seen.applied["run"])
    seen.accounts_after, seen.tasks_after = crms.accounts(sf), crms.inlay_tasks(sf)
    return seen


def fields_of(client: Salesforce) -> set[str]:
    return {one["name"] for one in crms.described(client, "Account")["fields"]}


def edit_in_salesforce(fleet: Fleet, account: str) -> str:
    """A person corrects the score by hand."""
    url = fleet.endpoints()["salesforce"]["base_url"] + "/__sandbox__/edit"
    answer = requests.post(url, json={"object": "Account", "id": account, "fields": {SCORE: 99}}, timeout=10)
    assert answer.ok, answer.text
    return account


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """The job, done."""
    folder = tmp_path_factory.mktemp("job")
    write_sample(folder, force=True, text=DEMO)
    with pytest.MonkeyPatch.context() as patch, mappings_parsed_once(), start_fleet() as fleet:
        for name, value in environment(fleet).items():
            patch.setenv(name, value)
        yield do_the_job(fleet, runner(folder / "inlay.yaml"), folder)


def test_every_command_ends_as_it_should(seen: Seen) -> None:
    expected = dict.fromkeys(seen.codes, 0) | {"check": 10}
    assert seen.codes == expected


def test_fields_are_shown_first_and_made_only_when_told(seen: Seen) -> None:
    assert SCORE not in seen.fields_at_first
    assert SCORE in seen.fields_made
    assert "all of Inlay's fields are there" in seen.provisioned.out


def test_two_plans_of_one_state_are_the_same_and_change_nothing(seen: Seen) -> None:
    first, second = (
        {name: told for name, told in one.items() if name != "quota"} for one in (seen.planned, seen.planned_again)
    )
    assert first == second
    assert all(row[SCORE] is None for row in seen.accounts_before.values())


def test_a_plan_tells_its_calls_against_what_is_left_of_the_day(seen: Seen) -> None:
    told = {one["connection"]: one for one in seen.planned["quota"]}
    assert told.keys() == {"crm", "marketing"}
    for name, one in told.items():
        cost = seen.planned["calls"][name]
        assert (one["now"], one["approved"]) == (cost["apply"], cost["needs approval"])
        assert one["left"] == one["allowed"] - one["used"] > one["now"] + one["approved"]
        assert one["is_short"] is False


def test_all_that_may_be_written_is_written(seen: Seen) -> None:
    writable = [
        one for one in seen.planned["operations"] if one["verdict"].split(":")[0] in {"apply", "needs approval"}
    ]
    assert seen.applied["applied"] == len(writable)
    assert seen.applied["rejected"] == seen.applied["unknown"] == 0
    scores = [row[SCORE] for row in seen.accounts.values() if row[SCORE] is not None]
    assert len(scores) > 50
    assert all(0 <= score <= 100 for score in scores)
    bands = {row["inlay_health_band"] for row in seen.companies.values()}
    assert bands - {None, ""} >= {"Fair", "Good", "Excellent"}


def test_every_task_is_there_once(seen: Seen) -> None:
    keys = Counter(task.get("Inlay_Key__c") or task.get("inlay_key") for task in seen.tasks)
    assert len(seen.tasks) > 10
    assert set(keys.values()) == {1}


def test_one_client_in_two_crms_has_one_score(seen: Seen) -> None:
    by_name = {row["Name"]: row for row in seen.accounts.values()}
    pairs = [
        (by_name[row["name"]][SCORE], float(row["inlay_health_score"]))
        for row in seen.companies.values()
        if row["name"] in by_name and row.get("inlay_health_score")
    ]
    assert len(pairs) >= 5
    assert [one for one, other in pairs] == [other for one, other in pairs]


def test_it_has_every_value_in_both_under_the_names_of_each(seen: Seen) -> None:
    ours, theirs = seen.enriched
    both = sorted(ours.keys() & theirs.keys())
    fields = {name for row in ours.values() for name in row if name.startswith("Inlay_")}
    compared = Counter[str]()
    for client in both:
        for name in fields:
            there = theirs[client].get(name.removesuffix("__c").lower())
            assert alike(ours[client][name], there), (client, name, ours[client][name], there)
            compared[name] += there not in (None, "")
    assert len(both) >= 5
    assert {name.removesuffix("__c").lower() for name in fields} <= set(theirs[both[0]])
    told = {name for name in compared if compared[name]}
    assert told >= {
        "Inlay_Engagement_Score__c", "Inlay_SLA_Attainment_90d__c", "Inlay_Contract_ACV__c", "Inlay_Tier__c",
        "Inlay_CLV__c", "Inlay_QBR_Next__c", "Inlay_Health_Profile__c", "Inlay_Revenue_Forecast_12m__c",
    }  # fmt: skip


def alike(one: Any, other: str | None) -> bool:
    """Whether the two CRMs say the same, each in its own way of writing numbers and instants."""
    if one in (None, ""):
        return other in (None, "")
    if isinstance(one, float):
        return float(other or "nan") == one
    return str(one).replace(".000+0000", "Z") == other


def asked_by(seen: Seen, plugin: str, verb: str) -> set[str]:
    """The clients for whom a plugin wants something done: in a task of its own, or as a line of a digest."""
    made = [one for one in seen.planned["operations"] if one["kind"] == "create_record" and one["plugin"] == plugin]
    texts = [value for one in made for value in one["after"]["values"].values() if isinstance(value, str)]
    lines = [line.removeprefix("[Inlay] ").removeprefix("- ") for text in texts for line in text.splitlines()]
    return {line.removeprefix(verb).partition(":")[0].strip() for line in lines if line.startswith(verb)}


def named(seen: Seen, holds: Callable[[Mapping[str, Any]], bool]) -> set[str]:
    """The clients of which the values in a CRM say so, read through the vendors' libraries."""
    ours, theirs = seen.enriched
    spelt = {name: {key.removesuffix("__c").lower(): value for key, value in row.items()} for name, row in ours.items()}
    return {name for name, row in (dict(theirs) | spelt).items() if holds(row)}


def clients_called(seen: Seen, names: Iterable[str]) -> set[str]:
    """The clients that either CRM calls so; one that no CRM knows is left out, its tasks are refused."""
    clients = {one["external_id"]: one["client_id"] for one in seen.planned["operations"] if one["kind"] == "set_field"}
    ids = {name: row.get("Id") or row["hs_object_id"] for rows in seen.enriched for name, row in rows.items()}
    return {clients[ids[name]] for name in names if name in ids}


def test_each_play_fires_for_the_right_clients_and_for_no_other(seen: Seen) -> None:
    expected = {
        ("health", "Call "): named(seen, lambda row: row["inlay_health_band"] == "At Risk"),
        ("playbooks", "Review "): named(seen, lambda row: row["inlay_health_band"] == "Fair"),
        ("playbooks", "Ask "): named(seen, lambda row: float(row["inlay_revenue_days_late"] or 0) > 14),
        ("playbooks", "Hold the quarterly review with "): named(
            seen, lambda row: bool(row["inlay_qbr_next"]) and row["inlay_qbr_next"] <= "2026-07-14"
        ),
    }
    for (plugin, verb), clients in expected.items():
        found = {name.removesuffix(" about its unpaid invoice") for name in asked_by(seen, plugin, verb)}
        assert found, verb
        assert clients_called(seen, found) == clients_called(seen, clients), verb


def test_nobody_gets_more_than_a_days_budget_in_both_crms_together(seen: Seen) -> None:
    owned = Counter(seen.people[task.get("OwnerId") or task["hubspot_owner_id"]] for task in seen.tasks)
    assert max(owned.values()) == 10
    waiting = [one for one in seen.planned["operations"] if "cap of 10 tasks" in one["verdict"]]
    assert len(waiting) > 10


def test_what_waits_for_another_day_is_less_urgent_than_what_went(seen: Seen) -> None:
    ranks = {"High": 0, "HIGH": 0, "Normal": 1, "MEDIUM": 1, "Low": 2, "LOW": 2}
    went: dict[str, int] = {}
    waits: dict[str, int] = {}
    for one in (one for one in seen.planned["operations"] if one["kind"] == "create_record" and one["after"]["owner"]):
        values = one["after"]["values"]
        rank = ranks[values.get("Priority") or values["hs_task_priority"]]
        kept, pick = (waits, min) if "cap of 10" in one["verdict"] else (went, max)
        person = one["after"]["person"]
        kept[person] = pick(kept.get(person, rank), rank)
    assert waits
    assert all(went[person] <= rank for person, rank in waits.items())


def test_afterwards_there_is_nothing_left_to_do(seen: Seen) -> None:
    assert seen.applied_again["run"] is None


def test_the_report_names_the_clients(seen: Seen) -> None:
    assert "Marlow" in (seen.folder / "report.html").read_text(encoding="utf-8")


def test_undo_takes_back_all_but_what_a_person_has_touched(seen: Seen) -> None:
    assert "left alone" in seen.undone.out
    assert seen.accounts_after[seen.edited][SCORE] == 99
    assert {row[SCORE] for key, row in seen.accounts_after.items() if key != seen.edited} == {None}
    assert seen.tasks_after == []
