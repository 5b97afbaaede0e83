"""`inlay detach`: nothing of Inlay's is left in the CRM, and no value is lost by that."""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.hubspot.sandbox import TOKEN, sandbox
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import serve
from core.clock import FixedClock
from core.connector import WriteRow
from core.detach import detach, removal_steps
from core.hub import Hub
from core.provision import missing_fields, provision_field
from core.store.bulk import insert_new
from core.store.tables import audit, removed_value, written_value
from tests.connectors.hubspot.hub import Hub as Account

STREAM, FIELD = "companies", "inlay_health_score"
WRITTEN = ("connection", "stream", "external_id", "field", "value", "operation_id", "written_at")


@pytest.fixture
def account() -> Iterator[Account]:
    app = sandbox(empty_firm(), SandboxClock(AS_OF))
    with serve(app) as running:
        yield Account(app, running)


@pytest.fixture
def hub(tmp_path: Path, account: Account) -> Iterator[Hub]:
    """A CRM in which Inlay has made its fields."""
    (tmp_path / "inlay.yaml").write_text(
        f"connections:\n  crm: {{connector: hubspot, token: {TOKEN}, base_url: '{account.url}'}}\n", encoding="utf-8"
    )
    opened = Hub.open(tmp_path / "inlay.yaml", {}, FixedClock(AS_OF))
    for step in missing_fields(opened.setups[0]):
        provision_field(opened, "crm", step)
    yield opened
    opened.close()


def write_value(hub: Hub, account: Account, name: str, value: str) -> str:
    """A company with a value that Inlay wrote; returns its id."""
    company = account.make(STREAM, name=name)
    [outcome] = hub.setups[0].connector.write(STREAM, "update", [WriteRow({FIELD: value}, external_id=company)])
    assert outcome.state == "applied"
    with hub.store.begin() as conn:
        insert_new(conn, written_value, WRITTEN, [("crm", STREAM, company, FIELD, f'"{value}"', "op", "2026")])
    return company


def inlay_properties(account: Account) -> list[str]:
    found = account.get(f"/crm/v3/properties/{STREAM}")["results"]
    return [one["name"] for one in found if one["name"].startswith("inlay_")]


def detach_all(hub: Hub, tmp_path: Path) -> None:
    [setup] = hub.setups
    detach(hub, setup, removal_steps(setup), tmp_path / "kept.csv")


def test_planning_changes_nothing(hub: Hub, account: Account) -> None:
    before = inlay_properties(account)
    steps = removal_steps(hub.setups[0])
    assert len(before) > 1
    assert {step.field.name for step in steps if step.field} >= set(before)
    assert inlay_properties(account) == before


def test_every_field_of_inlay_goes_and_no_other(hub: Hub, account: Account, tmp_path: Path) -> None:
    account.post(
        f"/crm/v3/properties/{STREAM}",
        {"name": "their_own", "label": "Own", "type": "string", "fieldType": "text", "groupName": "companyinformation"},
        201,
    )
    detach_all(hub, tmp_path)
    assert inlay_properties(account) == []
    assert account.get(f"/crm/v3/properties/{STREAM}/their_own")["label"] == "Own"
    assert removal_steps(hub.setups[0]) == []


def test_values_are_kept_in_the_store_and_in_a_file_of_the_owner(hub: Hub, account: Account, tmp_path: Path) -> None:
    company = write_value(hub, account, "Alfa", "71")
    account.make(STREAM, name="Beta")
    detach_all(hub, tmp_path)
    with (tmp_path / "kept.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["stream"], row["field"], row["external_id"], row["value"]) == (STREAM, FIELD, company, "71")
    assert stat.S_IMODE((tmp_path / "kept.csv").stat().st_mode) == 0o600
    with hub.store.read() as conn:
        [kept] = conn.execute(select(removed_value)).all()
    assert (kept.connection, kept.external_id, kept.value) == ("crm", company, '"71"')


def test_value_that_a_person_changed_since_is_kept_as_it_stands(hub: Hub, account: Account, tmp_path: Path) -> None:
    company = write_value(hub, account, "Alfa", "71")
    account.ask("PATCH", f"/crm/v3/objects/{STREAM}/{company}", {"properties": {FIELD: "99"}})
    detach_all(hub, tmp_path)
    assert "99" in (tmp_path / "kept.csv").read_text(encoding="utf-8")


def test_no_file_is_written_when_there_is_no_value(hub: Hub, tmp_path: Path) -> None:
    detach_all(hub, tmp_path)
    assert not (tmp_path / "kept.csv").exists()


def test_field_made_again_is_written_anew(hub: Hub, account: Account, tmp_path: Path) -> None:
    write_value(hub, account, "Alfa", "71")
    detach_all(hub, tmp_path)
    with hub.store.read() as conn:
        assert conn.execute(select(written_value)).all() == []


def test_each_step_is_in_the_audit_log(hub: Hub, tmp_path: Path) -> None:
    steps = removal_steps(hub.setups[0])
    detach_all(hub, tmp_path)
    with hub.store.read() as conn:
        subjects = [row.subject for row in conn.execute(select(audit).where(audit.c.action == "detach"))]
    assert subjects == [f"crm/{step.name}" for step in steps]


def test_detaching_that_was_cut_off_goes_on_where_it_stood(hub: Hub, account: Account, tmp_path: Path) -> None:
    company = write_value(hub, account, "Alfa", "71")
    [setup] = hub.setups
    steps = removal_steps(setup)
    detach(hub, setup, steps[: len(steps) // 2], tmp_path / "first.csv")
    detach(hub, setup, removal_steps(setup), tmp_path / "second.csv")
    assert inlay_properties(account) == []
    kept = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.csv")]
    assert sum(company in text for text in kept) == 1
