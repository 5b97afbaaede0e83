"""The SOAP address: finds the call in the envelope, checks the session, answers with a result or a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.salesforce.sandbox.envelope import Element, FaultError, answered, fault, read_envelope, tag
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.oauth import ORGANIZATION_ID
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.soap.merging import merge_records
from connectors.salesforce.sandbox.soap.metadata_service import METADATA, METADATA_CALLS
from connectors.salesforce.sandbox.soap.recycle_bin import empty_recycle_bin, undelete

Calls = Mapping[str, Callable[[Site, str, Element], list[str]]]

_NEWEST_LOGIN = 64
"""SOAP login is absent from version 65 on."""

_SESSION_LOST = "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session hash"


def serve_soap(site: Site, version: str, text: str, instance_url: str) -> tuple[int, str]:
    """Answer one SOAP call of the partner API with status and envelope."""

    def answer(envelope: Element) -> str:
        """Log in, or serve who has."""
        call = _call_in(envelope)
        if call.name == "login":
            return answered("login", [_login(site, version, call, instance_url)])
        return answered(call.name, _serve(site, envelope, call, _CALLS))

    return _guarded(answer, text)


def serve_metadata(site: Site, text: str) -> tuple[int, str]:
    """Answer one SOAP call of the Metadata API with status and envelope."""

    def answer(envelope: Element) -> str:
        """Serve who has logged in."""
        call = _call_in(envelope)
        return answered(call.name, _serve(site, envelope, call, METADATA_CALLS), METADATA)

    return _guarded(answer, text)


def _guarded(answer: Callable[[Element], str], text: str) -> tuple[int, str]:
    try:
        return 200, answer(read_envelope(text))
    except FaultError as problem:
        return 500, fault(problem.code, problem.message)
    except Refusal as refusal:
        return 500, fault(refusal.code, refusal.message)


def _call_in(envelope: Element) -> Element:
    body = envelope.first("Body")
    if body is None or not body.children:
        raise FaultError("UNKNOWN_EXCEPTION", "the envelope holds no call")
    return body.children[0]


def _serve(site: Site, envelope: Element, call: Element, calls: Calls) -> list[str]:
    user_id = site.sessions.user_of(envelope.value("Header", "SessionHeader", "sessionId") or "")
    if user_id is None:
        raise FaultError("INVALID_SESSION_ID", _SESSION_LOST)
    handler = calls.get(call.name)
    if handler is None:
        raise FaultError("UNKNOWN_EXCEPTION", f"No operation available for request {call.name}")
    site.quota.spend()
    return handler(site, user_id, call)


def _login(site: Site, version: str, call: Element, instance_url: str) -> str:
    """Answer the legacy login."""
    number = version.partition(".")[0]
    if not number.isdigit() or int(number) > _NEWEST_LOGIN:
        raise FaultError("UNSUPPORTED_API_VERSION", "login is not available in this API version")
    username, password = call.value("username"), call.value("password")
    if username is None:
        raise FaultError("UNKNOWN_EXCEPTION", "the body is no login request")
    if password is None or site.logins.passwords.get(username) != password:
        message = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
        raise FaultError("INVALID_LOGIN", message)
    user_id = site.logins.users[username]
    found = {
        "metadataServerUrl": f"{instance_url}/services/Soap/m/{version}/{ORGANIZATION_ID[:15]}",
        "passwordExpired": False,
        "sandbox": False,
        "serverUrl": f"{instance_url}/services/Soap/u/{version}/{ORGANIZATION_ID[:15]}",
        "sessionId": site.sessions.issue(user_id),
        "userId": user_id,
    }
    (user_info,) = _user_info(site, user_id, call)
    return "".join(tag(name, value) for name, value in found.items()) + f"<userInfo>{user_info}</userInfo>"


def _user_info(site: Site, user_id: str, _call: Element) -> list[str]:
    """Tell who the session belongs to."""
    user = site.org.tables["User"].rows[user_id]
    found = {
        "organizationId": ORGANIZATION_ID,
        "userEmail": user.get("Email"),
        "userFullName": user.get("Name"),
        "userId": user_id,
        "userName": user.get("Username"),
    }
    return ["".join(tag(name, value) for name, value in found.items())]


_CALLS: Calls = {
    "merge": merge_records,
    "undelete": undelete,
    "emptyRecycleBin": empty_recycle_bin,
    "getUserInfo": _user_info,
}
