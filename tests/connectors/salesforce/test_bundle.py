"""The deployable project: well formed, complete, and made of metadata that the org accepts."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from simple_salesforce.api import Salesforce

from connectors.salesforce.bundle import NAMESPACE, VIEWS, write_bundle
from connectors.salesforce.sandbox import TOKEN
from connectors.salesforce.sandbox.metadata import field_from
from connectors.sandbox.server import RunningSandbox
from core.mapping import Mapping
from core.sdk import WantedField
from tests.connectors.salesforce.links import KEY, SCORE, Link
from tests.connectors.salesforce.orgs import Api, loopback_session
from tests.connectors.salesforce.test_provision import BAND, EVERY_TYPE


def shipped() -> list[WantedField]:
    """Every field that the shipped mapping writes, and Inlay's key."""
    writes = Mapping.load("salesforce", "crm").writes
    return [*(WantedField(w.stream, w.field, w.label, w.type, w.help, tuple(w.options)) for w in writes), KEY]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_bundle(tmp_path, shipped())
    return tmp_path


def read(path: Path) -> dict[str, Any]:
    """Return a metadata file as plain values; repeated elements are lists."""
    return plain(ET.parse(path).getroot())


def plain(element: ET.Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element:
        name = child.tag.removeprefix(f"{{{NAMESPACE}}}")
        value: Any = plain(child) if len(child) else child.text
        found[name] = value if name not in found else [*as_list(found[name]), value]
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def part(project: Path, file: str, element: str, name: str) -> Any:
    """Return one component out of its object's file."""
    return next(one for one in as_list(read(project / "objects" / file)[element]) if one["fullName"] == name)


def test_every_file_is_metadata_in_the_vendors_namespace(project: Path) -> None:
    roots = {path.relative_to(project).as_posix(): ET.parse(path).getroot().tag for path in project.rglob("*.*")}
    kinds = {name: tag.removeprefix(f"{{{NAMESPACE}}}") for name, tag in roots.items()}
    assert kinds == {
        "package.xml": "Package",
        "objects/Account.object": "CustomObject",
        "objects/Activity.object": "CustomObject",
        "layouts/Account-Inlay Client Health.layout": "Layout",
        "permissionsets/Inlay_Read.permissionset": "PermissionSet",
        "permissionsets/Inlay_Admin.permissionset": "PermissionSet",
    }


def test_the_list_names_every_component_and_nothing_else(project: Path) -> None:
    package = read(project / "package.xml")
    named = {(one["name"], member) for one in package["types"] for member in as_list(one["members"])}
    account = read(project / "objects" / "Account.object")
    held = [one for element in ("fields", "listViews", "compactLayouts") for one in as_list(account[element])]
    assert len(named) == len(held) + 1 + 1 + 2  # the task's key, the page, two permission sets
    assert ("CustomField", "Account.Inlay_Health_Score__c") in named
    assert ("CustomField", "Activity.Inlay_Key__c") in named
    assert package["version"] == "64.0"


def zipped(project: Path) -> io.BytesIO:
    """The package as deployments take it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(project.rglob("*.*")):
            archive.writestr(path.relative_to(project).as_posix(), path.read_text(encoding="utf-8"))
    packed.seek(0)
    return packed


def test_an_org_deploys_it_and_then_needs_no_provisioning_but_the_integration_users_own(
    api: Api, served: RunningSandbox, project: Path
) -> None:
    session = loopback_session(served.base_url)
    sf = Salesforce(
        session=session, session_id=TOKEN, instance_url="https://hartwell.my.salesforce.com", version="64.0"
    )
    envelope = deploy_envelope(zipped(project))
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "deploy"}
    answer = session.post(sf.metadata_url, data=envelope, headers=headers)
    assert answer.status_code == 200, answer.text
    (deployment,) = api.app.site.deployments.values()
    assert deployment.problems == {}
    assert ("CompactLayout", "Account.Inlay_Client_Health") in api.app.site.deployed
    made = api.rows("SELECT DeveloperName FROM CustomField", api="tooling/query")
    assert {f"{row['DeveloperName']}__c" for row in made} == {one.name for one in shipped()}
    granted = api.column("SELECT Field FROM FieldPermissions WHERE Parent.Name = 'Inlay_Read'")
    assert set(granted) == {f"{one.stream}.{one.name}" for one in shipped()}
    steps = Link(served.base_url).connector.plan_fields(shipped())
    assert {step.kind for step in steps} == {"admit_user", "grant_field"}


def deploy_envelope(packed: io.BytesIO) -> str:
    content = base64.b64encode(packed.read()).decode()
    options = "<DeployOptions><checkOnly>false</checkOnly><rollbackOnError>true</rollbackOnError></DeployOptions>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<e:Header><SessionHeader xmlns="{NAMESPACE}"><sessionId>{TOKEN}</sessionId></SessionHeader></e:Header>'
        f'<e:Body><deploy xmlns="{NAMESPACE}"><ZipFile>{content}</ZipFile>{options}</deploy></e:Body></e:Envelope>'
    )


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_an_org_accepts_a_field_of_every_type_as_it_is_in_the_file(tmp_path: Path, kind: Any) -> None:
    wanted = WantedField(
        "Account", "Inlay_New__c", "New & <old>", kind, "Why?", ("Good", "Bad") if kind == "picklist" else ()
    )
    write_bundle(tmp_path, [wanted])
    told = part(tmp_path, "Account.object", "fields", "Inlay_New__c")
    counted, flagged = {"length", "precision", "scale", "visibleLines"}, {"unique", "externalId", "caseSensitive"}
    metadata: dict[str, object] = {
        name: int(value) if name in counted else value == "true" if name in flagged else value
        for name, value in told.items()
    }
    field = field_from("Inlay_New__c", metadata)
    assert (field.type, field.label, field.help_text) == (EVERY_TYPE[kind][0], "New & <old>", "Why?")
    assert field.unique is (kind == "key")
    if kind == "picklist":
        assert field.options == ("Good", "Bad")
        assert told["valueSet"]["restricted"] == "true"


def test_people_see_the_fields_and_admins_may_correct_them(project: Path) -> None:
    for name, editable in (("Inlay_Read", "false"), ("Inlay_Admin", "true")):
        told = read(project / "permissionsets" / f"{name}.permissionset")
        rights = {one["field"]: (one["readable"], one["editable"]) for one in told["fieldPermissions"]}
        assert rights.keys() == {f"{one.stream}.{one.name}" for one in shipped()}
        assert set(rights.values()) == {("true", editable)}
        assert told["label"] == name.replace("_", " ")


def test_the_page_has_one_section_that_nobody_types_into(project: Path) -> None:
    layout = read(project / "layouts" / "Account-Inlay Client Health.layout")
    sections = {one["label"]: one for one in layout["layoutSections"]}
    items = [
        item for column in sections["Client health (Inlay)"]["layoutColumns"] for item in as_list(column["layoutItems"])
    ]
    assert {item["behavior"] for item in items} == {"Readonly"}
    assert {item["field"] for item in items} == {one.name for one in shipped() if one.stream == "Account"}


def test_the_top_of_the_page_shows_health_renewal_contact_and_owner(project: Path) -> None:
    assert part(project, "Account.object", "compactLayouts", "Inlay_Client_Health")["fields"] == [
        "Name",
        "Inlay_Health_Band__c",
        "Inlay_Health_Score__c",
        "Inlay_Renewal_Date__c",
        "Inlay_Contact_Days_Since__c",
        "OwnerId",
    ]


@pytest.mark.parametrize("view", VIEWS)
def test_a_list_view_filters_by_a_field_that_is_shipped_and_shows_it(project: Path, view: Any) -> None:
    told = part(project, "Account.object", "listViews", view.name)
    assert told["filters"] == {"field": view.field, "operation": view.operation, "value": view.value}
    assert view.field in told["columns"]
    assert len(set(told["columns"])) == len(told["columns"])
    wanted = {one.name: one for one in shipped()}[view.field]
    assert view.operation != "equals" or wanted.type != "picklist" or view.value in wanted.options


def test_only_what_the_mapping_writes_is_shipped(tmp_path: Path) -> None:
    write_bundle(tmp_path, [SCORE])
    account = read(tmp_path / "objects" / "Account.object")
    assert account["fields"]["fullName"] == SCORE.name
    assert "listViews" not in account


def test_writing_it_again_gives_the_same_files(tmp_path: Path) -> None:
    first = {path: path.read_text() for path in write_bundle(tmp_path, [SCORE, BAND, KEY])}
    assert {path: path.read_text() for path in write_bundle(tmp_path, [SCORE, BAND, KEY])} == first


def test_the_connector_writes_it_for_its_own_version(link: Link, tmp_path: Path) -> None:
    files = link.connector.write_bundle(tmp_path, [SCORE])
    assert tmp_path / "package.xml" in files
    assert link.calls() == []
