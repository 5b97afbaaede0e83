"""What has become of an office's work, counted in the CRMs themselves, past everything of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import select

from core.store.anchors import AnchorFile
from core.store.sources import read_sources
from core.store.tables import inbox, operation
from core.vault import Vault
from tests.end_to_end import crms
from tests.end_to_end.killing import Office
from tests.end_to_end.loadmaker import score_of


def assert_all_there_once(here: Office) -> None:
    """What was accepted has arrived, and nothing arrived twice: counted in the CRMs, the inbox and the audit log."""
    at = here.fleet.endpoints()
    ours, theirs = crms.salesforce(at["salesforce"]), crms.hubspot(at["hubspot"])
    tasks = [task["Inlay_Key__c"] for task in crms.inlay_tasks(ours)]
    made = Counter([*tasks, *(str(task["inlay_key"]) for task in crms.hubspot_tasks(theirs))])
    assert set(made) == here.keys()
    assert set(made.values()) == {1}
    held = {f"crm/Account/{id_}": row["Inlay_Health_Score__c"] for id_, row in crms.accounts(ours).items()}
    companies = crms.companies(theirs).items()
    held |= {f"marketing/companies/{id_}": float(row["inlay_health_score"] or "nan") for id_, row in companies}
    expected = {source: score_of(golden, here.number) for source, golden in here.clients().items()}
    assert {source: held[source] for source in expected} == expected
    with here.store.read() as conn:
        states = set(conn.execute(select(operation.c.state)).scalars())
        events = [orjson.loads(body)["propertyValue"] for body in conn.execute(select(inbox.c.body)).scalars()]
        stored = {row.id: row.raw for row in read_sources(conn, list(here.phones))}
        verdict = AnchorFile(here.folder / "inlay-audit.anchors", Vault(here.folder, {}).mark).verify(conn)
    assert states == {"applied"}
    assert here.tally.events <= set(events)
    assert max(Counter(events).values(), default=1) == 1
    assert {source: phone_in(stored[source]) for source in here.phones} == here.phones
    assert verdict.problem is None


def phone_in(raw: Mapping[str, Any]) -> str:
    """The telephone number in a payload of either CRM."""
    return str(raw.get("Phone") or raw["properties"]["phone"])
