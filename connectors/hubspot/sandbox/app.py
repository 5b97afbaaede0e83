"""The simulator as one WSGI application: every route of the API in one table, served under each version's path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wrappers import Request

from connectors.hubspot.sandbox.access import Access, Grant
from connectors.hubspot.sandbox.calls import Answer, Call, shown
from connectors.hubspot.sandbox.crm import Crm, end_of
from connectors.hubspot.sandbox.drift import change_property
from connectors.hubspot.sandbox.numbers import USER_ID
from connectors.hubspot.sandbox.oauth_api import OAUTH_ROUTES, OAuthHandler
from connectors.hubspot.sandbox.property_api import shown_property
from connectors.hubspot.sandbox.records import Author, Record
from connectors.hubspot.sandbox.refusals import Refusal, lacking_scopes, machinery, missing
from connectors.hubspot.sandbox.routes import INSIDE, ROUTES, Handler, Need, unversioned
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.webhooks_api import WEBHOOKS_PATH, WEBHOOKS_ROUTES, Webhooks, WebhooksHandler
from connectors.hubspot.sandbox.writing import (
    Write,
    archive,
    carry_out,
    new_links,
    plan_create,
    plan_update,
    restore,
)
from connectors.sandbox.web import Reply, SandboxApp, View, empty_response, json_response

_OPEN_PATHS = ("/oauth/", WEBHOOKS_PATH)
_IS_OAUTH = "inlay.sandbox.is_oauth"
_KIND_NAMES = ("kind", "from_kind", "to_kind")


class HubSpotSandbox(SandboxApp):
    """One HubSpot account behind its API."""

    harmless_posts = re.compile(r"^/oauth/|/(?:search|batch/read)$")

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm.clock)
        self.crm = crm
        self.access = Access(crm.clock)
        self.webhooks = Webhooks(crm.clock)
        self._answered = 0

    def start_anew(self, crm: Crm) -> None:
        """Hold another account from now on, as if just started; only address and routes stay."""
        with self.lock:
            self.clock, self.crm, self.access = crm.clock, crm, Access(crm.clock)
            self.webhooks = Webhooks(crm.clock)
            self.log.clear()
            self.faults.clear()
            self._answered = 0

    def rules(self) -> Iterator[Rule]:
        """Every route of the table, and the OAuth endpoints that need no token."""
        for method, path, handler, need in ROUTES:
            yield Rule(path, endpoint=self._view(handler, need), methods=[method])
        for method, path, oauth_handler in OAUTH_ROUTES:
            yield Rule(path, endpoint=self._open_view(oauth_handler), methods=[method])
        for method, path, webhooks_handler in WEBHOOKS_ROUTES:
            yield Rule(path, endpoint=self._webhooks_view(webhooks_handler), methods=[method])
        yield Rule(INSIDE + "/appinstalls/external-install", endpoint=self._uninstall, methods=["DELETE"])

    def _view(self, handler: Handler, need: Need | None) -> View:
        def answer(request: Request, **values: str) -> Reply:
            """Check the scope, handle, and answer or refuse."""
            try:
                found = {key: self._value(key, text) for key, text in values.items()}
                self._refuse_without_scope(self._grant(request), need, found)
                _refuse_read_only(need, found.get("kind"))
                return _reply(handler(self.crm, Call(request), **found))
            except Refusal as refusal:
                return self._refused(refusal)

        return answer

    def _open_view(self, handler: OAuthHandler) -> View:
        return self._answering(lambda call, **values: handler(self.access, call, **values))

    def _webhooks_view(self, handler: WebhooksHandler) -> View:
        return self._answering(lambda call, **values: handler(self.webhooks, call, **values))

    def _answering(self, handle: Callable[..., Answer]) -> View:
        def answer(request: Request, **values: str) -> Reply:
            """Handle, and answer or refuse."""
            try:
                return _reply(handle(Call(request), **values))
            except Refusal as refusal:
                return self._refused(refusal)

        return answer

    def _value(self, key: str, text: str) -> ObjectType | str:
        return self.crm.schema.find(text) if key in _KIND_NAMES else text

    def _grant(self, request: Request) -> Grant:
        return self.access.grant_of(request.headers.get("Authorization", ""))

    def _refuse_without_scope(self, grant: Grant, need: Need | None, values: Mapping[str, Any]) -> None:
        for alternatives in _scopes(need, values.values()):
            if grant.scopes.isdisjoint(alternatives):
                raise lacking_scopes(alternatives)

    def admit(self, request: Request) -> Reply | None:
        """Refuse unknown tokens first, then calls beyond the quota."""
        if request.path.startswith(_OPEN_PATHS):
            return None
        try:
            is_oauth = self._grant(request).is_oauth
        except Refusal as refusal:
            return self._refused(refusal)
        if len(str(request.environ.get("REQUEST_URI", ""))) > self.crm.behaviour.longest_address:
            return self._refused(machinery(414))
        request.environ[_IS_OAUTH] = is_oauth
        request.environ["PATH_INFO"] = unversioned(request.path)
        over = self.crm.limits.admit(
            is_search=_is_search(request), is_oauth=is_oauth, is_association="/associations/" in request.path
        )
        return self._refused(over) if over else None

    def refuse(self, _request: Request, problem: HTTPException) -> Reply:
        """Routes that do not exist answer 404, wrong methods 405, both in the vendor's shape."""
        text = {404: "resource not found", 405: "HTTP 405 Method Not Allowed"}.get(problem.code or 500)
        return self._refused(Refusal(problem.code or 500, text or str(problem.description)))

    def finish(self, request: Request, reply: Reply) -> Reply:
        """Tell the time, and the quotas too, but not on searches."""
        reply.headers["Date"] = format_datetime(self.clock.now().astimezone(UTC), usegmt=True)
        if not request.path.startswith(_OPEN_PATHS) and not _is_search(request):
            reply.headers.update(self.crm.limits.headers(is_oauth=request.environ.get(_IS_OAUTH, False)))
        return reply

    def _refused(self, refusal: Refusal) -> Reply:
        return json_response(refusal.body(self._correlation()), refusal.status, headers=refusal.headers)

    def _correlation(self) -> str:
        self._answered += 1
        return f"{self._answered:08x}-0000-4000-8000-5a5db0c00000"

    def _uninstall(self, request: Request) -> Reply:
        """The installed app takes itself out of the account: 204; a private app cannot."""
        if not self._grant(request).is_oauth:
            return self._refused(Refusal(403, "This endpoint can only be called by an installed app.", "BANNED"))
        self.access.uninstall()
        return empty_response()

    def words_for(self, status: int) -> str:
        """What HubSpot's machinery says with a status; empty where that is not known."""
        refusal = machinery(status)
        return json.dumps(refusal.body(self._correlation())) if refusal.message else ""

    def end_sessions(self) -> None:
        """Let the installed app's access tokens be over; it has to fetch a new one."""
        self.access.expire_all()

    def state(self) -> dict[str, object]:
        """Every record with its values and associations, by object type and id."""
        return {
            name: [self._dump(record) for record in shelf.all()] for name, shelf in sorted(self.crm.shelves.items())
        }

    def _dump(self, record: Record) -> dict[str, object]:
        partners = self.crm.links.partners(end_of(record))
        links = sorted((end.type, int(end.id), kind.name) for end, kinds in partners for kind in kinds)
        return {
            "id": record.id,
            "archived": record.archived_at is not None,
            "properties": dict(sorted(record.properties.items())),
            "associations": [f"{kind} {other}" for _, other, kind in links],
        }

    def edit(self, change: Mapping[str, Any]) -> object:
        """A person's edit ``{"type", "id", "properties"}``; no id creates a record.

        Instead of ``properties``: ``"archive": true``, ``"restore": true``, ``"erase": true`` (for good), ``"lock":
        seconds`` (in use elsewhere). With ``"property"`` it is an administrator's change of the schema, as ``drift``
        tells.
        """
        write = Write(self.clock.tick(), Author("CRM_UI", f"userId:{USER_ID}", USER_ID))
        try:
            kind = self.crm.schema.find(change["type"])
            if "property" in change:
                return shown_property(self.crm, kind, change_property(self.crm, kind, change))
            return self._edited(kind, change, write)
        except Refusal as refusal:
            raise ValueError(refusal.message) from refusal

    def _edited(self, kind: ObjectType, change: Mapping[str, Any], write: Write) -> object:
        given = change.get("properties", {})
        if "id" not in change:
            links = new_links(self.crm, kind, change.get("associations", []))
            record = carry_out(self.crm, plan_create(self.crm, kind, given, links), write)
        else:
            record = self._kept(kind, str(change["id"]))
            deed = next((name for name in _DEEDS if name in change), None)
            if deed is not None:
                _DEEDS[deed](self.crm, record, write, change[deed])
            else:
                carry_out(self.crm, plan_update(self.crm, record, given), write)
        return shown(record, record.properties)

    def _kept(self, kind: ObjectType, record_id: str) -> Record:
        """A record, archived or not, as the account's own pages find it."""
        record = self.crm.shelf(kind).get(record_id)
        if record is None:
            raise missing()
        return record

    def configure(self, options: Mapping[str, Any]) -> None:
        """Switch behaviours; ``scopes`` restricts and ``revoke`` ends a token (``{token: [scopes]}``, ``[tokens]``).

        ``uninstall`` takes the installed app out of the account; ``stock`` (``{"companies": 1000000}``) adds that many
        records which cost nothing until they change, imported over ``stock_days`` (900; 0 gives all one stamp).
        """
        rest = dict(options)
        for token, scopes in rest.pop("scopes", {}).items():
            self.access.restrict(token, scopes)
        for token in rest.pop("revoke", []):
            self.access.revoke(token)
        days = float(rest.pop("stock_days", 900))
        for name, count in rest.pop("stock", {}).items():
            self.crm.shelf(self.crm.schema.types[name]).fill(int(count), self.clock.now(), days)
        if rest.pop("uninstall", False):
            self.access.uninstall()
        self.crm.behaviour.switch(rest)


def _erase(crm: Crm, record: Record, write: Write, _told: Any) -> None:
    if record.archived_at is None:
        archive(crm, record, write)
    crm.shelf(record.kind).drop(record)


_DEEDS: Mapping[str, Callable[[Crm, Record, Write, Any], None]] = {
    "archive": lambda crm, record, write, _: archive(crm, record, write),
    "restore": lambda crm, record, write, _: restore(crm, record, write),
    "erase": _erase,
    "lock": lambda crm, record, _, seconds: crm.lock(record, float(seconds)),
}


# What calls about no object type in particular need: one of these.
_SCOPES: Mapping[Need | None, tuple[str, ...]] = {
    "owners": ("crm.objects.owners.read",),
    "schemas": ("crm.schemas.custom.read", "crm.objects.custom.read"),
    "new schema": ("crm.schemas.custom.write",),
    "lists.read": ("crm.lists.read",),
    "lists.write": ("crm.lists.write",),
    "files": ("files",),
}


def _is_search(request: Request) -> bool:
    return request.method == "POST" and "/objects/" in request.path and request.path.endswith("/search")


def _scopes(need: Need | None, values: Iterable[Any]) -> Iterator[tuple[str, ...]]:
    """The scopes a call needs: by object type, but tickets have one for all and owners one of their own."""
    if need in _SCOPES:
        yield _SCOPES[need]
        return
    for kind in values:
        if need is None or not isinstance(kind, ObjectType):
            continue
        if kind.scope == "tickets":
            yield ("tickets",)
        elif need.startswith("schema."):
            yield (kind.scope.replace("objects", "schemas") + need.removeprefix("schema"),)
        else:
            yield (f"{kind.scope}.{need}",)


def _refuse_read_only(need: Need | None, kind: ObjectType | str | None) -> None:
    """Of some types the API only reads: there is no method that writes them."""
    if need == "write" and isinstance(kind, ObjectType) and kind.is_read_only:
        raise Refusal(405, "HTTP 405 Method Not Allowed")


def _reply(answer: Answer) -> Reply:
    if answer.body is None:
        return empty_response(answer.status, rows=answer.rows, headers=answer.headers)
    if isinstance(answer.body, bytes):
        return Reply(answer.body, answer.status, answer.headers, content_type="application/octet-stream")
    return json_response(answer.body, answer.status, rows=answer.rows, headers=answer.headers)
