"""The schema of a CRM changes between two runs, each of which opens everything anew: what an admin is told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import core.cli  # noqa: F401  registers the commands
from connectors.hubspot.sandbox import TOKEN as HUBSPOT_TOKEN
from connectors.hubspot.sandbox import sandbox as hubspot_sandbox
from connectors.salesforce.sandbox import TOKEN as SALESFORCE_TOKEN
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import serve
from core.cli.app import App, run_command
from core.connector import Connector
from core.mapping import Mapping
from core.store import Store
from core.store.findings import StoredFinding, read_findings
from core.store.golden import read_golden
from core.sync import ConnectionSetup, sync_connection
from tests.connectors.hubspot.connected import connect
from tests.connectors.hubspot.hub import Hub
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api, open_org

GRADE = {"name": "grade", "label": "Grade", "type": "enumeration", "fieldType": "select"}
OPTIONS = [{"label": text.upper(), "value": text, "hidden": False} for text in ("a", "b", "c")]
PICKLIST = [{"valueName": name, "label": name, "default": False} for name in ("a", "b", "c")]
DAY = 86_400.0
BESIDE = "[id, createdAt, updatedAt, archived, archivedAt, associations]"
HEADS = {
    "hubspot": f"id: id\nstamp: updatedAt\nunder: properties\nbeside: {BESIDE}",
    "salesforce": "id: Id\nstamp: SystemModstamp\nids: salesforce",
}
MAPPING = """\
connector: {connector}
{head}
client:
  stream: {stream}
  fields:
    name: {name}
    industry: {field}
"""
Spoil = Callable[[str], None]


@dataclass
class Crm:
    """One sandbox: what its people do, how a process is let in, and the field of the mapping that they spoil."""

    kind: str
    url: str
    stream: str
    field: str
    add: Callable[[str], object]
    wait: Callable[[float], object]
    spoil: Spoil
    mend: Callable[[], None]
    connector: Callable[[], Connector]

    def mapping(self, folder: Path) -> Path:
        """The file that maps a name and the field."""
        path = folder / f"our-{self.kind}.yaml"
        name = "Name" if self.kind == "salesforce" else "name"
        head = HEADS[self.kind]
        text = MAPPING.format(connector=self.kind, head=head, stream=self.stream, name=name, field=self.field)
        path.write_text(text, encoding="utf-8")
        return path


def _hubspot(hub: Hub) -> Crm:
    more = {"rename": {"to": "rank"}, "retype": {"to": "string", "fieldType": "text"}, "options": {"value": "b"}}

    def spoil(do: str) -> None:
        deed = {"options": "drop_option"}.get(do, do)
        hub.post("/__sandbox__/edit", {"type": "companies", "property": "grade", "do": deed, **more.get(do, {})})

    def mend() -> None:
        hub.app.crm.schema.types["companies"].properties["grade"].archived_at = None

    hub.post("/crm/v3/properties/companies", {**GRADE, "options": OPTIONS, "groupName": "companyinformation"}, 201)

    def add(name: str) -> object:
        return hub.make("companies", name=name)

    def wait(seconds: float) -> object:
        return hub.app.clock.advance(timedelta(seconds=seconds))

    return Crm("hubspot", hub.url, "companies", "grade", add, wait, spoil, mend, lambda: connect(hub))


def _salesforce(api: Api, url: str) -> Crm:
    options = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": PICKLIST}}
    field_id = api.add_field("Account.Grade__c", "Picklist", label="Grade", valueSet=options)

    def change(kind: str, **metadata: Any) -> None:
        body = {"Metadata": {"label": "Grade", "type": kind, **metadata}}
        assert api.call("PATCH", f"tooling/sobjects/CustomField/{field_id}", body)[0] == 204

    def spoil(do: str) -> None:
        if do == "retype":
            change("Text", length=80)
        elif do == "options":
            fewer = {"sorted": False, "value": PICKLIST[::2]}
            change("Picklist", valueSet={**options, "valueSetDefinition": fewer})
        else:
            assert api.call("DELETE", f"tooling/sobjects/CustomField/{field_id}")[0] == 204
        if do == "rename":
            api.add_field("Account.Rank__c", "Picklist", label="Grade", valueSet=options)

    def mend() -> None:
        api.add_field("Account.Grade__c", "Picklist", label="Grade", valueSet=options)

    def add(name: str) -> object:
        return api.create("Account", Name=name)

    def connector() -> Connector:
        link = Link(url)
        link.clock.sleep(api.app.clock.elapsed())
        return link.connector

    return Crm("salesforce", url, "Account", "Grade__c", add, api.wait, spoil, mend, connector)


@pytest.fixture
def crms() -> Iterator[dict[str, Crm]]:
    hubspot, salesforce = hubspot_sandbox(empty_firm(), SandboxClock(AS_OF)), open_org()
    with serve(hubspot) as marketing, serve(salesforce) as sales:
        both = (_salesforce(Api(salesforce), sales.base_url), _hubspot(Hub(hubspot, marketing)))
        yield {one.kind: one for one in both}


class Runs:
    """Runs of one connection, each with a store opened anew and a connector that knows nothing."""

    def __init__(self, crm: Crm, url: str, folder: Path) -> None:
        self._crm = crm
        self._url = url
        self._mapping = Mapping.load(crm.mapping(folder), "crm")

    def run(self, mapping: Mapping | None = None) -> list[StoredFinding]:
        """One run a day later; returns what the store says of the field, after a look that all else is there."""
        self._crm.wait(DAY)
        connector = self._crm.connector()
        with Store.open(self._url) as store:
            store.migrate()
            setup = ConnectionSetup("crm", connector, mapping or self._mapping)
            assert sync_connection(store, setup, connector.context.clock).complete
            with store.read() as conn:
                place = f"crm/{self._crm.stream}.{self._crm.field}"
                return [one for one in read_findings(conn) if one.place == place]

    def names(self) -> set[str]:
        """The clients by now."""
        with Store.open(self._url) as store, store.read() as conn:
            return {str(json.loads(row.data)["name"]) for row in read_golden(conn, "client")}


@pytest.mark.parametrize("kind", ["salesforce", "hubspot"])
@pytest.mark.parametrize(
    ("do", "code", "words"),
    [
        ("remove", "field_removed", ""),
        ("rename", "field_renamed", "label"),
        ("retype", "field_retyped", "is of type `string` now"),
        ("options", "option_gone", "no longer takes `b`"),
    ],
)
def test_what_changed_between_two_processes_is_one_finding_and_all_else_is_synced(
    crms: dict[str, Crm], kind: str, do: str, code: str, words: str, sqlite_url: str, tmp_path: Path
) -> None:
    crm, runs = crms[kind], Runs(crms[kind], sqlite_url, tmp_path)
    crm.add("Acme")
    assert runs.run() == []
    crm.spoil(do)
    crm.add("Bolt")
    (first,) = runs.run()
    assert (first.code, first.severity) == (code, "warning")
    assert words in first.message
    assert first.remedy
    assert runs.names() == {"Acme", "Bolt"}
    (later,) = runs.run()
    assert (later.code, later.message, later.first_at) == (first.code, first.message, first.first_at)


@pytest.mark.parametrize("kind", ["salesforce", "hubspot"])
def test_what_is_mended_is_told_no_more(crms: dict[str, Crm], kind: str, sqlite_url: str, tmp_path: Path) -> None:
    crm, runs = crms[kind], Runs(crms[kind], sqlite_url, tmp_path)
    crm.add("Acme")
    runs.run()
    crm.spoil("remove")
    assert len(runs.run()) == 1
    crm.mend()
    assert runs.run() == []


@pytest.mark.parametrize("kind", ["salesforce", "hubspot"])
def test_who_maps_another_field_is_told_no_more(
    crms: dict[str, Crm], kind: str, sqlite_url: str, tmp_path: Path
) -> None:
    crm, runs = crms[kind], Runs(crms[kind], sqlite_url, tmp_path)
    crm.add("Acme")
    runs.run()
    crm.spoil("rename")
    assert len(runs.run()) == 1
    heir = "Rank__c" if kind == "salesforce" else "rank"
    path = crm.mapping(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(crm.field, heir), encoding="utf-8")
    assert runs.run(Mapping.load(path, "crm")) == []


def test_status_and_doctor_show_it_and_the_rest_goes_on(
    crms: dict[str, Crm], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands as an admin runs them, both CRMs at once."""
    config = tmp_path / "inlay.yaml"
    auth = f"{{flow: token, token: '{SALESFORCE_TOKEN}', domain: hartwell.my}}"
    lets_in = {"salesforce": f"auth: {auth}", "hubspot": f"token: {HUBSPOT_TOKEN}"}
    files = {kind: crm.mapping(tmp_path).name for kind, crm in crms.items()}
    lines = [
        f"  {kind}: {{connector: {kind}, mapping: {files[kind]}, base_url: '{crm.url}', {lets_in[kind]}}}"
        for kind, crm in crms.items()
    ]
    config.write_text("\n".join(("connections:", *lines, "")), encoding="utf-8")

    def inlay(*arguments: str) -> str:
        quiet = Console(file=io.StringIO(), width=300)
        capsys.readouterr()
        run_command(["--config", str(config), *arguments], App(config, out=quiet, err=quiet))
        return capsys.readouterr().out

    for crm in crms.values():
        crm.add("Acme")
    inlay("sync")
    crms["salesforce"].spoil("rename")
    crms["hubspot"].spoil("options")
    inlay("sync")
    wanted = {"salesforce/Account.Grade__c": "field_renamed", "hubspot/companies.grade": "option_gone"}
    shown = {row["where"]: row for row in json.loads(inlay("status", "--json"))["findings"]}
    told = {row["where"]: row for row in json.loads(inlay("doctor", "--json"))}
    for place, code in wanted.items():
        assert told[place]["code"] == code
        assert told[place]["message"] == shown[place]["what"]
        assert told[place]["remedy"] == shown[place]["remedy"]
