from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import requests

from connectors.sandbox.fleet import Fleet
from tests.end_to_end import crms
from tests.end_to_end.conftest import Inlay


def test_the_whole_job_from_provision_to_undo(fleet: Fleet, inlay: Inlay, folder: Path) -> None:
    sf = crms.salesforce(fleet.endpoints()["salesforce"])
    hs = crms.hubspot(fleet.endpoints()["hubspot"])

    assert inlay("provision").code == 0
    assert "Inlay_Health_Score__c" not in {field["name"] for field in crms.described(sf, "Account")["fields"]}
    assert inlay("provision", "--yes").code == 0
    assert "Inlay_Health_Score__c" in {field["name"] for field in crms.described(sf, "Account")["fields"]}
    assert "all of Inlay's fields are there" in inlay("provision").out

    assert inlay("sync").code == 0
    planned = orjson.loads(inlay("plan", "--json").out)
    assert planned == orjson.loads(inlay("plan", "--json").out)
    assert inlay("plan", "--check").code == 10
    assert all(row["Inlay_Health_Score__c"] is None for row in crms.accounts(sf).values())

    applied = orjson.loads(inlay("apply", "--approve", "all", "--json").out)
    writable = [one for one in planned["operations"] if one["verdict"].split(":")[0] in {"apply", "needs approval"}]
    assert applied["applied"] == len(writable)
    assert applied["rejected"] == applied["unknown"] == 0

    scores = {id_: row["Inlay_Health_Score__c"] for id_, row in crms.accounts(sf).items()}
    assert sum(score is not None for score in scores.values()) > 50
    assert all(0 <= score <= 100 for score in scores.values() if score is not None)
    bands = Counter(row["inlay_health_band"] for row in crms.companies(hs).values())
    assert set(bands) - {None, ""} >= {"Fair", "Good", "Excellent"}
    tasks = crms.inlay_tasks(sf) + crms.hubspot_tasks(hs)
    keys = Counter(task.get("Inlay_Key__c") or task.get("inlay_key") for task in tasks)
    assert len(tasks) > 10
    assert set(keys.values()) == {1}

    assert inlay("sync").code == 0
    assert inlay("plan", "--check").code == 0
    assert orjson.loads(inlay("apply", "--approve", "all", "--json").out)["run"] is None

    assert inlay("plan", "--html", str(folder / "report.html")).code == 0
    assert "Marlow" in (folder / "report.html").read_text(encoding="utf-8")

    edited = _edit_in_salesforce(fleet, next(id_ for id_, score in scores.items() if score is not None))
    undone = inlay("undo", applied["run"])
    assert undone.code == 0
    assert "left alone" in undone.out
    after = crms.accounts(sf)
    assert after[edited]["Inlay_Health_Score__c"] == 99
    assert {row["Inlay_Health_Score__c"] for id_, row in after.items() if id_ != edited} == {None}
    assert crms.inlay_tasks(sf) == []


def _edit_in_salesforce(fleet: Fleet, account: str) -> str:
    """A person corrects the score by hand."""
    url = fleet.endpoints()["salesforce"]["base_url"] + "/__sandbox__/edit"
    edit = {"object": "Account", "id": account, "fields": {"Inlay_Health_Score__c": 99}}
    answer = requests.post(url, json=edit, timeout=10)
    assert answer.ok, answer.text
    return account


def test_one_client_in_two_crms_has_one_score(fleet: Fleet, inlay: Inlay) -> None:
    inlay("provision", "--yes")
    inlay("sync")
    inlay("plan")
    inlay("apply", "--approve", "all")
    by_name = {row["Name"]: row for row in crms.accounts(crms.salesforce(fleet.endpoints()["salesforce"])).values()}
    pairs = [
        (by_name[row["name"]]["Inlay_Health_Score__c"], float(row["inlay_health_score"] or "nan"))
        for row in crms.companies(crms.hubspot(fleet.endpoints()["hubspot"])).values()
        if row["name"] in by_name and row.get("inlay_health_score")
    ]
    assert len(pairs) >= 5
    assert [one for one, other in pairs] == [other for one, other in pairs]
