"""Deploying a bundle of fields and permission sets through the Metadata API."""

from __future__ import annotations

import base64
import io
import zipfile
from xml.etree import ElementTree

import pytest
from werkzeug.test import Client

from tests.connectors.salesforce.orgs import Api

NAMES = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
META = "{http://soap.sforce.com/2006/04/metadata}"
FIELD = (
    "<fields><fullName>Score__c</fullName><label>Score</label><type>Number</type><precision>5</precision>"
    "<scale>2</scale><inlineHelpText>From 0 to 100</inlineHelpText></fields>"
)
TIER = (
    "<fields><fullName>Tier__c</fullName><label>Tier</label><type>Picklist</type><valueSet><restricted>true</restricted>"
    "<valueSetDefinition><sorted>false</sorted><value><fullName>Gold</fullName><default>false</default></value>"
    "<value><fullName>Tin</fullName><default>false</default><isActive>false</isActive></value></valueSetDefinition>"
    "</valueSet></fields>"
)
SET = (
    "<label>Scores</label><fieldPermissions><editable>true</editable><field>Account.Score__c</field>"
    "<readable>true</readable></fieldPermissions>"
)


def package(**members: str) -> str:
    """Return a package list: kinds with their members, divided by blanks."""
    types = "".join(
        "<types>" + "".join(f"<members>{one}</members>" for one in names.split()) + f"<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    return f"<Package {NAMES}>{types}<version>64.0</version></Package>"


def bundle(files: dict[str, str], folder: str = "") -> str:
    """Return files as a zip in base64."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for path, text in files.items():
            archive.writestr(folder + path, text)
    return base64.b64encode(sink.getvalue()).decode()


def fields(*inner: str) -> str:
    """Return an object's file."""
    return f"<CustomObject {NAMES}>{''.join(inner)}</CustomObject>"


def call(api: Api, body: str, session: str | None = None) -> tuple[int, ElementTree.Element]:
    """Send a call to the Metadata API."""
    soap = 'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    head = f"<s:Header><SessionHeader {NAMES}><sessionId>{session or api.token}</sessionId></SessionHeader></s:Header>"
    text = f"<s:Envelope {soap}>{head}<s:Body>{body}</s:Body></s:Envelope>"
    answer = Client(api.app).post("/services/Soap/m/64.0", data=text, content_type="text/xml")
    return answer.status_code, ElementTree.fromstring(answer.get_data(as_text=True))


def deploy(api: Api, zipped: str, check_only: str = "false") -> dict[str, str]:
    """Deploy a zip and return what became of it, by element name; problems under the component's name."""
    options = f"<DeployOptions><checkOnly>{check_only}</checkOnly></DeployOptions>"
    status, root = call(api, f"<deploy {NAMES}><ZipFile>{zipped}</ZipFile>{options}</deploy>")
    assert status == 200, ElementTree.tostring(root)
    assert next(root.iter(f"{META}state")).text == "Queued"
    deployment_id = next(root.iter(f"{META}id")).text
    asked = f"<asyncProcessId>{deployment_id}</asyncProcessId><includeDetails>true</includeDetails>"
    _, root = call(api, f"<checkDeployStatus {NAMES}>{asked}</checkDeployStatus>")
    result = next(root.iter(f"{META}result"))
    found = {one.tag.removeprefix(META): one.text or "" for one in result if one.tag != f"{META}details"}
    for failure in result.iter(f"{META}componentFailures"):
        found[failure.findtext(f"{META}fullName") or ""] = failure.findtext(f"{META}problem") or ""
    return found


SCORES = {
    "package.xml": package(CustomField="Account.Score__c", PermissionSet="Scores"),
    "objects/Account.object": fields(FIELD),
    "permissionsets/Scores.permissionset": f"<PermissionSet {NAMES}>{SET}</PermissionSet>",
}


@pytest.mark.parametrize("folder", ["", "unpackaged/"])
def test_a_bundle_makes_fields_and_grants_them(api: Api, folder: str) -> None:
    found = deploy(api, bundle(SCORES, folder))
    assert (found["status"], found["success"], found["done"]) == ("Succeeded", "true", "true")
    assert (found["numberComponentsTotal"], found["numberComponentsDeployed"]) == ("2", "2")
    (set_id,) = api.column("SELECT Id FROM PermissionSet WHERE Name = 'Scores'")
    api.create("PermissionSetAssignment", PermissionSetId=set_id, AssigneeId=api.me())
    row_id = api.create("Account", Name="a", Score__c=12.345)
    assert api.row("Account", row_id)["Score__c"] == 12.35
    shown = {one["name"]: one for one in api.get("sobjects/Account/describe")["fields"]}["Score__c"]
    assert (shown["label"], shown["inlineHelpText"]) == ("Score", "From 0 to 100")


def test_a_second_deployment_changes_what_is_there(api: Api) -> None:
    deploy(api, bundle(SCORES))
    changed = {**SCORES, "objects/Account.object": fields(FIELD.replace("<label>Score<", "<label>Health<"))}
    assert deploy(api, bundle(changed))["success"] == "true"
    rows = api.rows("SELECT Id FROM FieldPermissions WHERE Field = 'Account.Score__c'")
    assert len(rows) == 1
    api.create("PermissionSetAssignment", PermissionSetId=_set_id(api), AssigneeId=api.me())
    labels = [one["label"] for one in api.get("sobjects/Account/describe")["fields"] if one["name"] == "Score__c"]
    assert labels == ["Health"]


def _set_id(api: Api) -> str:
    return str(api.column("SELECT Id FROM PermissionSet WHERE Name = 'Scores'")[0])


def test_a_picklist_comes_with_its_options(api: Api) -> None:
    files = {"package.xml": package(CustomField="Account.Tier__c"), "objects/Account.object": fields(TIER)}
    assert deploy(api, bundle(files))["success"] == "true"
    api.grant("Account.Tier__c")
    assert api.create("Account", Name="a", Tier__c="Gold")
    assert api.refusal("POST", "sobjects/Account", {"Name": "b", "Tier__c": "Tin"})[0] == 400


def test_a_field_of_activities_is_one_of_tasks_and_events(api: Api) -> None:
    files = {"package.xml": package(CustomField="Activity.Score__c"), "objects/Activity.object": fields(FIELD)}
    assert deploy(api, bundle(files))["success"] == "true"
    api.grant("Activity.Score__c")
    assert api.create("Task", Subject="a", Score__c=1)


def test_one_wrong_component_keeps_all_out(api: Api) -> None:
    wrong = FIELD.replace("<precision>5</precision>", "").replace("Score__c", "Bad__c")
    files = {
        "package.xml": package(CustomField="Account.Score__c Account.Bad__c Account.Missing__c"),
        "objects/Account.object": fields(FIELD, wrong),
    }
    found = deploy(api, bundle(files))
    assert (found["status"], found["success"], found["numberComponentErrors"]) == ("Failed", "false", "2")
    assert "precision" in found["Account.Bad__c"]
    assert "was not found in zipped directory" in found["Account.Missing__c"]
    assert "Account.Score__c" not in found
    assert api.get("tooling/query", q="SELECT Id FROM CustomField")["totalSize"] == 0


def test_a_grant_of_an_unknown_field_is_refused(api: Api) -> None:
    files = {name: text for name, text in SCORES.items() if not name.startswith("objects/")}
    files["package.xml"] = package(PermissionSet="Scores")
    assert deploy(api, bundle(files))["Scores"] == "In field: field - no CustomField named Account.Score__c found"
    assert api.column("SELECT Id FROM PermissionSet WHERE Name = 'Scores'") == []


def test_a_check_changes_nothing(api: Api) -> None:
    found = deploy(api, bundle(SCORES), check_only="true")
    assert (found["success"], found["checkOnly"]) == ("true", "true")
    assert api.get("tooling/query", q="SELECT Id FROM CustomField")["totalSize"] == 0


def test_what_was_deployed_can_be_taken_away(api: Api) -> None:
    deploy(api, bundle(SCORES))
    files = {
        "package.xml": package(),
        "destructiveChanges.xml": package(CustomField="Account.Score__c", PermissionSet="Scores"),
    }
    assert deploy(api, bundle(files))["success"] == "true"
    assert api.get("tooling/query", q="SELECT Id FROM CustomField")["totalSize"] == 0
    assert api.column("SELECT Id FROM PermissionSet WHERE Name = 'Scores'") == []
    assert deploy(api, bundle(files))["success"] == "true"


def test_pages_and_views_are_taken_as_they_are(api: Api) -> None:
    view = "<listViews><fullName>At_Risk</fullName><label>At risk</label></listViews>"
    files = {
        "package.xml": package(ListView="Account.At_Risk", FlexiPage="Client"),
        "objects/Account.object": fields(view),
        "flexipages/Client.flexipage": f"<FlexiPage {NAMES}/>",
    }
    assert deploy(api, bundle(files))["numberComponentsDeployed"] == "2"
    assert set(api.app.site.deployed) == {("ListView", "Account.At_Risk"), ("FlexiPage", "Client")}


@pytest.mark.parametrize("zipped", ["", "not base64!", base64.b64encode(b"no zip").decode(), bundle({"a.xml": "<a/>"})])
def test_what_is_no_bundle_is_a_fault(api: Api, zipped: str) -> None:
    status, root = call(api, f"<deploy {NAMES}><ZipFile>{zipped}</ZipFile></deploy>")
    assert (status, next(root.iter("faultcode")).text) == (500, "sf:INVALID_ZIP")


def test_deploying_needs_its_right_and_a_session(api: Api) -> None:
    body = f"<deploy {NAMES}><ZipFile>{bundle(SCORES)}</ZipFile></deploy>"
    assert next(call(api, body, session="wrong")[1].iter("faultcode")).text == "sf:INVALID_SESSION_ID"
    api.options(may_customize=False)
    assert next(call(api, body)[1].iter("faultcode")).text == "sf:INSUFFICIENT_ACCESS"


def test_an_unknown_deployment_is_a_fault(api: Api) -> None:
    body = f"<checkDeployStatus {NAMES}><asyncProcessId>0Af5g0000000009AAA</asyncProcessId></checkDeployStatus>"
    status, root = call(api, body)
    assert (status, next(root.iter("faultcode")).text) == (500, "sf:INVALID_ID_FIELD")


def compact(label: str, *names: str) -> dict[str, str]:
    shown = "".join(f"<fields>{name}</fields>" for name in names)
    text = f"{FIELD}<compactLayouts><fullName>Short</fullName>{shown}{label}</compactLayouts>"
    return {
        "package.xml": package(CustomField="Account.Score__c", CompactLayout="Account.Short"),
        "objects/Account.object": fields(text),
    }


def test_a_compact_layout_may_show_standard_fields_and_those_that_come_with_it(api: Api) -> None:
    found = deploy(api, bundle(compact("<label>Short</label>", "Name", "Score__c", "OwnerId")))
    assert (found["success"], found["numberComponentsDeployed"]) == ("true", "2")
    assert ("CompactLayout", "Account.Short") in api.app.site.deployed


@pytest.mark.parametrize(
    ("label", "names", "problem"),
    [
        ("<label>Short</label>", ["Name", "Nowhere__c"], "no CustomField named Account.Nowhere__c found"),
        ("", ["Name"], "label"),
        ("<label>Short</label>", [], "1 to 10 fields"),
        ("<label>Short</label>", ["Name"] * 11, "1 to 10 fields"),
    ],
)
def test_a_wrong_compact_layout_stops_the_whole_deployment(
    api: Api, label: str, names: list[str], problem: str
) -> None:
    found = deploy(api, bundle(compact(label, *names)))
    assert found["success"] == "false"
    assert problem in found["Account.Short"]
    assert api.rows("SELECT Id FROM CustomField", api="tooling/query") == []
