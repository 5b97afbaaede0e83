"""The SOAP address of the Metadata API: ``deploy`` and ``checkDeployStatus``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.salesforce.sandbox.bundle import Component, Deployment, read_bundle
from connectors.salesforce.sandbox.deploying.deployment import carry_out
from connectors.salesforce.sandbox.envelope import Element, FaultError, tag
from connectors.salesforce.sandbox.ids import make_id, to_18
from connectors.salesforce.sandbox.site import Site

METADATA = "http://soap.sforce.com/2006/04/metadata"


def deploy(site: Site, user_id: str, call: Element) -> list[str]:
    """Take a zip; what becomes of it is asked for with ``checkDeployStatus``."""
    if not site.may_customize:
        raise FaultError("INSUFFICIENT_ACCESS", "use of the Metadata API requires Modify Metadata")
    components = read_bundle(call.value("ZipFile") or "")
    is_check = call.value("DeployOptions", "checkOnly") == "true"
    actor = site.org.act(user_id)
    found = Deployment(make_id("0Af", len(site.deployments) + 1), components, is_check, user_id, actor.at)
    site.deployments[found.id] = found
    carry_out(site, user_id, found)
    return [tag("done", False) + tag("id", found.id) + tag("state", "Queued")]


def check_deploy_status(site: Site, _user_id: str, call: Element) -> list[str]:
    """Tell what became of a deployment, with every component when ``includeDetails`` is true."""
    found = site.deployments.get(to_18(call.value("asyncProcessId")) or "")
    if found is None:
        raise FaultError("INVALID_ID_FIELD", f"no deployment {call.value('asyncProcessId')}")
    total, wrong = len(found.components), len(found.problems)
    facts: dict[str, object] = {
        "checkOnly": found.is_check,
        "completedDate": found.at,
        "createdBy": found.by,
        "createdByName": site.org.tables["User"].rows[found.by].get("Name"),
        "createdDate": found.at,
        "done": True,
        "id": found.id,
        "ignoreWarnings": False,
        "numberComponentErrors": wrong,
        "numberComponentsDeployed": total if found.succeeded else total - wrong,
        "numberComponentsTotal": total,
        "numberTestErrors": 0,
        "numberTestsCompleted": 0,
        "numberTestsTotal": 0,
        "rollbackOnError": True,
        "runTestsEnabled": False,
        "startDate": found.at,
        "status": "Succeeded" if found.succeeded else "Failed",
        "success": found.succeeded,
    }
    details = f"<details>{''.join(_messages(found))}</details>" if call.value("includeDetails") == "true" else ""
    return [details + "".join(tag(name, value) for name, value in facts.items())]


def _messages(found: Deployment) -> Iterator[str]:
    for component in found.components:
        problem = found.problems.get(component.name)
        name = "componentFailures" if problem else "componentSuccesses"
        yield f"<{name}>{_message(component, problem, found.at)}</{name}>"


def _message(component: Component, problem: str | None, at: str) -> str:
    facts: dict[str, object] = {
        "changed": problem is None,
        "componentType": component.kind,
        "createdDate": at,
        "deleted": component.is_removal,
        "fileName": component.file,
        "fullName": component.name,
        "success": problem is None,
    }
    if problem is not None:
        facts.update(problem=problem, problemType="Error")
    return "".join(tag(name, value) for name, value in facts.items())


METADATA_CALLS: dict[str, Callable[[Site, str, Element], list[str]]] = {
    "deploy": deploy,
    "checkDeployStatus": check_deploy_status,
}
