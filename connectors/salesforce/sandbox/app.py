"""The simulator as a WSGI application: credentials, versions and quota first, then the resources."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from connectors.salesforce.sandbox.authorize import authorize
from connectors.salesforce.sandbox.calls import CSV, JSON, Call, Result, refused
from connectors.salesforce.sandbox.edits import edit
from connectors.salesforce.sandbox.errors import Refusal, not_found, session_expired
from connectors.salesforce.sandbox.moments import write_http_date
from connectors.salesforce.sandbox.oauth import TokenRequest, is_active, revoke, token, userinfo
from connectors.salesforce.sandbox.options import configure
from connectors.salesforce.sandbox.origin import change_origin
from connectors.salesforce.sandbox.resources import NEWEST_VERSION, OLDEST_KNOWN_VERSION, OLDEST_LIVE_VERSION, versions
from connectors.salesforce.sandbox.routes import dispatch
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.soap.service import serve_metadata, serve_soap
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.web import Reply, Request, Rule, SandboxApp, empty_response, json_response

LONGEST_ADDRESS = 16_384

_WORDS: Mapping[int, tuple[str, str]] = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    500: ("UNKNOWN_EXCEPTION", "An unexpected error occurred. If this continues, contact support with the error id."),
    503: ("SERVER_UNAVAILABLE", "Server unavailable. Try again later."),
}
"""What is said with a status of trouble; gateways in front (429, 502, 504) say nothing of the vendor's."""


def nobody_told(_origin: str) -> None:
    """Tell nobody of what was done by this door."""


class SalesforceSandbox(SandboxApp):
    """One org behind the addresses that Salesforce serves."""

    harmless_posts = re.compile(r"/services/oauth2/|/composite/sobjects/\w+$|/jobs/query$")

    def __init__(self, clock: SandboxClock, site: Site) -> None:
        super().__init__(clock)
        self.site = site
        self.committed: Callable[[str], None] = nobody_told
        """Called after everything that may have changed rows, with the door by which it came."""

        self._logins: dict[tuple[str, str], Callable[[Request], Reply]] = {
            ("POST", "token"): self._token,
            ("GET", "authorize"): lambda request: _reply(authorize(self.site, request.args)),
            ("POST", "revoke"): lambda request: _reply(revoke(self.site, request.form)),
            ("GET", "userinfo"): self._userinfo,
        }

    def start_anew(self, clock: SandboxClock, site: Site) -> None:
        """Hold another org from now on, as if just started; only the address stays."""
        with self.lock:
            self.clock, self.site = clock, site
            self.log.clear()
            self.faults.clear()

    def rules(self) -> Iterable[Rule]:
        """Return one route for all: the addresses are told apart here, where an encoded slash is still one."""
        return (Rule("/", endpoint=self._serve_any), Rule("/<path:_path>", endpoint=self._serve_any))

    def state(self) -> dict[str, object]:
        """Return all rows by object, deleted ones marked, and the custom fields."""
        tables = self.site.org.tables
        return {name: list(tables[name].rows.values()) for name in sorted(tables)}

    def edit(self, change: Mapping[str, Any]) -> object:
        """Carry out a person's edit in the vendor's own pages; what the org refuses them is a ``ValueError``."""
        try:
            edited = edit(self.site, change)
        except Refusal as refusal:
            raise ValueError(f"{refusal.code}: {refusal.message}") from refusal
        self.committed("")
        return edited

    def configure(self, options: Mapping[str, Any]) -> None:
        """Switch quotas, page sizes, session and locator ends, hidden fields, rules, the schema and so on."""
        configure(self.site, options)

    def words_for(self, status: int) -> str:
        """Return the body that Salesforce sends with a status of trouble."""
        found = _WORDS.get(status)
        return json.dumps([{"message": found[1], "errorCode": found[0]}]) if found else ""

    def finish(self, request: Request, reply: Reply) -> Reply:
        """Tell the org's time, as every answer of the vendor does, and pack what is long for whoever can unpack it."""
        self.committed(change_origin(request))
        reply.headers["Date"] = write_http_date(self.clock.now())
        if reply.mimetype == CSV.partition(";")[0] and request.accept_encodings.quality("gzip") > 0:
            reply.set_data(gzip.compress(reply.get_data(), compresslevel=1, mtime=0))
            reply.headers["Content-Encoding"] = "gzip"
        return reply

    def end_sessions(self) -> None:
        """End every session that somebody has logged in for; the fixed token stays."""
        self.site.sessions.expire_issued()

    def _serve_any(self, request: Request, _path: str = "") -> Reply:
        match (request.method, *(part for part in request.path.split("/") if part)):
            case (method, "services", "oauth2", name) if (method, name) in self._logins:
                return self._logins[method, name](request)
            case ("POST", "services", "Soap", "u", version, *_):
                found = serve_soap(self.site, version, request.get_data(as_text=True), _instance_url(request))
                return _soap(*found)
            case ("POST", "services", "Soap", "m", _version, *_):
                return _soap(*serve_metadata(self.site, request.get_data(as_text=True)))
            case ("GET", "services", "data"):
                return _reply(versions())
            case (_, "services", "data", version, *_):
                return self._call(request, version)
            case _:
                return _reply(refused(not_found()))

    def _call(self, request: Request, version: str) -> Reply:
        try:
            _check_version(version)
            call = self._admitted(request, version)
            self.site.quota.spend()
            result = dispatch(self.site, call, _address(request))
        except Refusal as refusal:
            result = refused(refusal)
        return _reply(replace(result, headers={**result.headers, **self.site.quota.header()}))

    def _admitted(self, request: Request, version: str) -> Call:
        self.site.sessions.count_call()
        user_id = self._user_of(request)
        if user_id is None:
            raise session_expired()
        if len(_address(request)) > LONGEST_ADDRESS:
            raise Refusal("URI_TOO_LONG", "URI Too Long", status=414)
        return Call(request.method, version, (), {}, dict(request.headers), request.get_data(), user_id)

    def _token(self, request: Request) -> Reply:
        login = request.authorization
        basic = None
        if login is not None and login.type == "basic":
            basic = (str(login.username), str(login.password))
        found = token(self.site, TokenRequest(request.form, basic, _instance_url(request)))
        return _reply(found)

    def _userinfo(self, request: Request) -> Reply:
        user_id = self._user_of(request)
        return _reply(userinfo(self.site, user_id) if user_id else Result(403, "Bad_OAuth_Token"))

    def _user_of(self, request: Request) -> str | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        found = self.site.sessions.user_of(token.strip()) if scheme in {"Bearer", "OAuth"} else None
        return found if found and is_active(self.site, found) else None


def _check_version(version: str) -> None:
    number = version[1:].removesuffix(".0")
    if not version.startswith("v") or not version.endswith(".0") or not number.isdigit():
        raise not_found()
    if OLDEST_KNOWN_VERSION <= int(number) < OLDEST_LIVE_VERSION:
        raise Refusal("GONE", "The requested resource is no longer available", status=410)
    if not OLDEST_LIVE_VERSION <= int(number) <= NEWEST_VERSION:
        raise not_found()


def _address(request: Request) -> str:
    """Return path and query as they were sent, because an encoded slash in an external id must stay one."""
    path = str(request.environ.get("REQUEST_URI") or quote(request.path)).partition("?")[0]
    query = request.query_string.decode("latin-1")
    return f"{path}?{query}" if query else path


def _instance_url(request: Request) -> str:
    """Return the org's own host: a login host is common to all orgs and serves no data."""
    host = request.host
    if host in {"login.salesforce.com", "test.salesforce.com"}:
        return "https://hartwell.my.salesforce.com"
    return f"https://{host}" if host.endswith("salesforce.com") else f"http://{host}"


def _soap(status: int, envelope: str) -> Reply:
    return Reply(envelope, status, content_type="text/xml;charset=UTF-8")


def _reply(result: Result) -> Reply:
    if result.body is None:
        return empty_response(result.status, rows=result.rows, headers=result.headers)
    if result.media != JSON:
        body = result.body if isinstance(result.body, bytes) else str(result.body)
        reply = Reply(body, result.status, result.headers, content_type=result.media)
        reply.rows = result.rows
        return reply
    return json_response(result.body, result.status, rows=result.rows, headers=result.headers)
