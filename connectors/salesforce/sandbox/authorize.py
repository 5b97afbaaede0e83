"""The page a browser is sent to for approval: it approves, or declines, at once and sends the browser back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from connectors.salesforce.sandbox.calls import Result
from connectors.salesforce.sandbox.logins import Code, ConnectedApp
from connectors.salesforce.sandbox.site import Site

_CODE_LIFETIME = timedelta(minutes=15)


def authorize(site: Site, asked: Mapping[str, str]) -> Result:
    """Answer with a redirect that carries a code, or an OAuth error; 400 where the browser must not be sent back."""
    app = site.logins.apps.get(asked.get("client_id", ""))
    if app is None:
        return _page("invalid_client_id", "client identifier invalid")
    redirect_uri = asked.get("redirect_uri", "")
    if redirect_uri not in app.callbacks:
        return _page("redirect_uri_mismatch", "redirect_uri must match configuration")
    problem = _problem(site, app, asked)
    answer = {"error": problem[0], "error_description": problem[1]} if problem else {"code": _code(site, app, asked)}
    if "state" in asked:
        answer["state"] = asked["state"]
    sign = "&" if "?" in redirect_uri else "?"
    return Result(302, headers={"Location": f"{redirect_uri}{sign}{urlencode(answer)}"})


def _problem(site: Site, app: ConnectedApp, asked: Mapping[str, str]) -> tuple[str, str] | None:
    if asked.get("response_type") != "code":
        return "unsupported_response_type", "response type not supported"
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method", "S256")
    if (app.requires_pkce and not challenge) or method != "S256":
        return "invalid_request", "missing required code challenge"
    if site.logins.approver is None:
        return "access_denied", "end-user denied authorization"
    return None


def _code(site: Site, app: ConnectedApp, asked: Mapping[str, str]) -> str:
    text = site.logins.new_secret("aPrx")
    site.logins.codes[text] = Code(
        app.consumer_key,
        site.logins.users[str(site.logins.approver)],
        asked["redirect_uri"],
        asked.get("code_challenge"),
        asked.get("scope") or "api refresh_token",
        site.org.clock.now() + _CODE_LIFETIME,
    )
    return text


def _page(error: str, description: str) -> Result:
    text = f"<!DOCTYPE html><html><body><p>error={error}&amp;error_description={description}</p></body></html>"
    return Result(400, text, media="text/html;charset=UTF-8")
