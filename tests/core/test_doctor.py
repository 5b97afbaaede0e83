"""The doctor's audit of a CRM: what it counts, what it leaves out, and what it advises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.hubspot.sandbox import TOKEN, sandbox
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import RunningSandbox, serve
from core.clock import FixedClock
from core.connector import Finding
from core.doctor import examine
from core.doctor.tidiness import untidiness
from core.errors import AuthError
from core.grants import Grant
from core.hub import Hub
from core.store.golden import save_golden

ANN, BOB = "crm/owners/1", "crm/owners/2"


@pytest.fixture(scope="module")
def vendor() -> Iterator[RunningSandbox]:
    with serve(sandbox(empty_firm(), SandboxClock(AS_OF))) as running:
        yield running


def hub_of(folder: Path, vendor: RunningSandbox, overlay: str = "") -> Hub:
    mapping = ""
    if overlay:
        (folder / "ours.yaml").write_text(overlay, encoding="utf-8")
        mapping = ", mapping: ours.yaml"
    (folder / "inlay.yaml").write_text(
        f"connections:\n  crm: {{connector: hubspot, token: {TOKEN}, base_url: '{vendor.base_url}'{mapping}}}\n",
        encoding="utf-8",
    )
    return Hub.open(folder / "inlay.yaml", {}, FixedClock(AS_OF))


@pytest.fixture
def hub(tmp_path: Path, vendor: RunningSandbox) -> Iterator[Hub]:
    opened = hub_of(tmp_path, vendor)
    yield opened
    opened.close()


def keep(hub: Hub, record_type: str, records: dict[str, dict[str, Any]], gone: str | None = None) -> None:
    """Put golden records into the store as a join would leave them."""
    rows = [(record_type, key, None, orjson.dumps(data).decode(), "{}", "2026", gone) for key, data in records.items()]
    with hub.store.begin() as conn:
        save_golden(conn, rows)


def companies(**changes: Any) -> dict[str, dict[str, Any]]:
    """Four tidy companies, of which one is changed."""
    names = ("Alfa", "Beta", "Gamma", "Delta")
    tidy = {
        f"crm/companies/{at}": {"name": name, "domain": f"{name.lower()}.example", "owner_id": ANN}
        for at, name in enumerate(names, 1)
    }
    tidy["crm/companies/1"].update(changes)
    return tidy


def told(hub: Hub) -> dict[str, Finding]:
    return {finding.code: finding for finding in untidiness(hub)}


# --- tidiness ---------------------------------------------------------------------------------------------------------


def test_tidy_crm_has_nothing_to_tell(hub: Hub) -> None:
    keep(hub, "user", {ANN: {"name": "Ann", "is_active": True}})
    keep(hub, "client", companies(updated_at="2026-06-01T00:00:00Z"))
    assert told(hub) == {}


def test_records_without_owner_are_counted(hub: Hub) -> None:
    keep(hub, "client", companies(owner_id=None))
    found = told(hub)["owner_missing"]
    assert found.message == "1 of 4 clients have no owner (25.0 %)"
    assert (found.where, found.severity) == ("crm: clients", "warning")
    assert "tasks" in found.remedy


def test_field_that_the_system_does_not_tell_is_no_missing_owner(hub: Hub) -> None:
    keep(hub, "client", {"crm/companies/1": {"name": "Alfa"}})
    assert "owner_missing" not in told(hub)


@pytest.mark.parametrize("user", [{"name": "Bob", "is_active": False}, {"name": "Bob"}])
def test_records_of_people_who_left_are_counted(hub: Hub, user: dict[str, Any]) -> None:
    keep(hub, "user", {BOB: user}, gone=None if "is_active" in user else "archived")
    keep(hub, "client", companies(owner_id=BOB))
    assert told(hub)["owner_inactive"].message.startswith("1 of 4 clients belong to people who may not log in")


def test_records_long_untouched_are_counted_for_information(hub: Hub) -> None:
    keep(hub, "client", companies(updated_at="2025-06-01T00:00:00Z", last_activity_at="2025-06-02T00:00:00Z"))
    found = told(hub)["stale"]
    assert (found.severity, found.message.split(" were")[0]) == ("info", "1 of 4 clients")


def test_activity_of_this_year_keeps_a_record_fresh(hub: Hub) -> None:
    keep(hub, "client", companies(updated_at="2025-06-01T00:00:00Z", last_activity_at="2026-06-02T00:00:00Z"))
    assert "stale" not in told(hub)


@pytest.mark.parametrize("status", ["won", "lost"])
def test_deal_that_has_ended_may_lie(hub: Hub, status: str) -> None:
    old = {"name": "Audit", "owner_id": ANN, "updated_at": "2020-01-01T00:00:00Z"}
    keep(hub, "deal", {"crm/deals/1": {**old, "status": status}})
    assert told(hub) == {}
    keep(hub, "deal", {"crm/deals/1": {**old, "status": "open"}})
    assert "1 of 1 deals" in told(hub)["stale"].message


@pytest.mark.parametrize(
    ("changes", "doubles"),
    [
        ({"domain": "beta.example"}, 2),
        ({"name": "BETA Ltd."}, 2),
        ({"domain": "gmail.com"}, 0),
        ({"domain": None}, 0),
    ],
)
def test_clients_that_share_what_identifies_them_are_counted(hub: Hub, changes: dict[str, Any], doubles: int) -> None:
    keep(hub, "client", companies(**changes))
    found = told(hub).get("duplicates")
    assert (found.message.split()[0] if found else "0") == str(doubles)


def test_contacts_that_share_an_address_are_counted_but_namesakes_are_not(hub: Hub) -> None:
    def person(name: str, mail: str) -> dict[str, Any]:
        return {"first_name": name, "last_name": "Ash", "owner_id": ANN, "emails": [{"address": mail}]}

    keep(hub, "contact", {f"crm/contacts/{at}": person("Ann", f"ann{at % 3}@x.example") for at in range(5)})
    assert told(hub)["duplicates"].message == "4 of 5 contacts share an e-mail address with another one (80.0 %)"


def test_records_of_systems_inlay_does_not_write_to_are_left_out(hub: Hub) -> None:
    keep(hub, "client", {"billing/customers/1": {"name": "Alfa", "owner_id": None}})
    assert told(hub) == {}


# --- connections ------------------------------------------------------------------------------------------------------


def codes(hub: Hub) -> dict[str, Finding]:
    return {finding.code: finding for finding in examine(hub)}


def test_quota_is_told_even_while_there_is_plenty(hub: Hub) -> None:
    found = codes(hub)["quota"]
    assert found.severity == "info"
    assert " calls of the " in found.message


def test_scarce_quota_is_a_warning_with_a_remedy(hub: Hub) -> None:
    hub.setups[0].connector.context.budgets.learn("month", 800, 1000)
    found = [one for one in examine(hub) if one.code == "quota" and "month" in one.message and "800" in one.message]
    assert [one.severity for one in found] == ["warning"]
    assert "80%" in found[0].message


def test_field_of_the_mapping_that_the_crm_lacks_is_named(tmp_path: Path, vendor: RunningSandbox) -> None:
    hub = hub_of(tmp_path, vendor, "client:\n  fields:\n    tier: customer_grade\n")
    found = [(one.where, one.message) for one in examine(hub) if one.code == "field_unknown"]
    hub.close()
    assert found == [("crm/companies", "the mapping reads fields that are not there: customer_grade")]


def test_connection_that_was_shut_out_is_told_and_not_asked(hub: Hub, vendor: RunningSandbox) -> None:
    def refuse(_known: Grant | None) -> Grant:
        raise AuthError("the app was removed")

    with pytest.raises(AuthError):
        hub.grants["crm"].renew(None, refuse)
    vendor.app.log.clear()
    found = codes(hub)["reconnect"]
    assert (found.severity, found.remedy) == ("error", "run `inlay connect crm`")
    assert "the app was removed" in found.message
    assert not vendor.app.log.entries()


# --- the audit log ----------------------------------------------------------------------------------------------------


def told_of_audit(hub: Hub) -> list[str]:
    return [one.message for one in examine(hub) if one.code == "audit"]


def test_a_whole_log_is_no_news(hub: Hub) -> None:
    hub.drop_anchor()
    assert told_of_audit(hub) == []


def test_a_log_whose_end_was_cut_off_is_found_by_its_anchor(hub: Hub) -> None:
    hub.plan()
    hub.plan()
    hub.drop_anchor()
    with hub.store.begin() as conn:
        conn.exec_driver_sql("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    (said,) = told_of_audit(hub)
    assert said.startswith("the audit log was changed from outside: the log ends at entry")


def test_an_anchor_that_was_changed_is_found(hub: Hub) -> None:
    hub.drop_anchor()
    hub.anchors.path.write_text(hub.anchors.path.read_text().replace('"seq":1', '"seq":2'))
    (said,) = told_of_audit(hub)
    assert "was changed, removed or put in, or sealed with another key" in said
