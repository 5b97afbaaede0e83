"""The whole job on the demo firm, done once; every test below looks at another side of what was seen on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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


def test_afterwards_there_is_nothing_left_to_do(seen: Seen) -> None:
    assert seen.applied_again["run"] is None


def test_the_report_names_the_clients(seen: Seen) -> None:
    assert "Marlow" in (seen.folder / "report.html").read_text(encoding="utf-8")


def test_undo_takes_back_all_but_what_a_person_has_touched(seen: Seen) -> None:
    assert "left alone" in seen.undone.out
    assert seen.accounts_after[seen.edited][SCORE] == 99
    assert {row[SCORE] for key, row in seen.accounts_after.items() if key != seen.edited} == {None}
    assert seen.tasks_after == []
