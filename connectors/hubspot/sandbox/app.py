"""The simulator as one WSGI application: every route of the API in one table, served under each version's path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wrappers import Request

from connectors.hubspot.sandbox.access import Access, Grant
from connectors.hubspot.sandbox.account import USER_ID
from connectors.hubspot.sandbox.calls import Answer, Call, shown
from connectors.hubspot.sandbox.crm import Crm, end_of
from connectors.hubspot.sandbox.records import Author, Record
from connectors.hubspot.sandbox.refusals import Refusal, lacking_scopes
from connectors.hubspot.sandbox.routes import ROUTES, Handler, Need, unversioned
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.writing import Write, archive, carry_out, new_links, plan_create, plan_update
from connectors.sandbox.web import Reply, SandboxApp, View, empty_response, json_response

_OPEN_PATHS = "/oauth/"
_KIND_NAMES = ("kind", "from_kind", "to_kind")


class HubSpotSandbox(SandboxApp):
    """One HubSpot account behind its API."""

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm.clock)
        self.crm = crm
        self.access = Access(crm.clock)
        self._answered = 0

    def start_anew(self, crm: Crm) -> None:
        """Hold another account from now on, as if just started; only address and routes stay."""
        with self.lock:
            self.clock, self.crm, self.access = crm.clock, crm, Access(crm.clock)
            self.log.clear()
            self.faults.clear()
            self._answered = 0

    def rules(self) -> Iterator[Rule]:
        """Every route of the table, and the OAuth endpoints that need no token."""
        for method, path, handler, need in ROUTES:
            yield Rule(path, endpoint=self._view(handler, need), methods=[method])
        yield Rule("/oauth/v1/token", endpoint=self._open_view(self._issue), methods=["POST"])
        yield Rule("/oauth/v1/access-tokens/<token>", endpoint=self._open_view(self._describe), methods=["GET"])

    def _view(self, handler: Handler, need: Need | None) -> View:
        def answer(request: Request, **values: str) -> Reply:
            """Check the scope, handle, and answer or refuse."""
            try:
                found = {key: self._value(key, text) for key, text in values.items()}
                self._refuse_without_scope(self._grant(request), need, found)
                return _reply(handler(self.crm, Call(request), **found))
            except Refusal as refusal:
                return self._refused(refusal)

        return answer

    def _open_view(self, handler: Handler) -> View:
        def answer(request: Request, **values: str) -> Reply:
            """Handle, and answer or refuse."""
            try:
                return _reply(handler(Call(request), **values))
            except Refusal as refusal:
                return self._refused(refusal)

        return answer

    def _value(self, key: str, text: str) -> ObjectType | str:
        return self.crm.schema.find(text) if key in _KIND_NAMES else text

    def _grant(self, request: Request) -> Grant:
        return self.access.grant_of(request.headers.get("Authorization", ""))

    def _refuse_without_scope(self, grant: Grant, need: Need | None, values: Mapping[str, Any]) -> None:
        for scope in _scopes(need, values.values()):
            if scope not in grant.scopes:
                raise lacking_scopes([scope])

    def admit(self, request: Request) -> Reply | None:
        """Refuse unknown tokens first, then calls beyond the quota."""
        if request.path.startswith(_OPEN_PATHS):
            return None
        try:
            self._grant(request)
        except Refusal as refusal:
            return self._refused(refusal)
        request.environ["PATH_INFO"] = unversioned(request.path)
        refusal_of_quota = self.crm.limits.admit(is_search=_is_search(request))
        return self._refused(refusal_of_quota) if refusal_of_quota else None

    def refuse(self, _request: Request, problem: HTTPException) -> Reply:
        """Routes that do not exist answer 404, wrong methods 405, both in the vendor's shape."""
        text = {404: "resource not found", 405: "HTTP 405 Method Not Allowed"}.get(problem.code or 500)
        return self._refused(Refusal(problem.code or 500, text or str(problem.description)))

    def finish(self, request: Request, reply: Reply) -> Reply:
        """Tell the time, and the quotas too, but not on searches."""
        reply.headers["Date"] = format_datetime(self.clock.now().astimezone(UTC), usegmt=True)
        if not request.path.startswith(_OPEN_PATHS) and not _is_search(request):
            reply.headers.update(self.crm.limits.headers())
        return reply

    def _refused(self, refusal: Refusal) -> Reply:
        self._answered += 1
        return json_response(refusal.body(f"{self._answered:08x}-0000-4000-8000-5a5db0c00000"), refusal.status)

    def _issue(self, call: Call) -> Answer:
        return Answer(self.access.issue(call.form()))

    def _describe(self, _call: Call, token: str) -> Answer:
        return Answer(self.access.describe(token))

    def state(self) -> dict[str, object]:
        """Every record with its values and associations, by object type and id."""
        return {
            name: [self._dump(record) for record in sorted(shelf.all(), key=lambda each: int(each.id))]
            for name, shelf in sorted(self.crm.shelves.items())
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
        """A person's edit ``{"type", "id", "properties"}``; ``"archive": true`` archives, no id creates."""
        write = Write(self.clock.tick(), Author("CRM_UI", f"userId:{USER_ID}", USER_ID))
        kind = self.crm.schema.find(change["type"])
        try:
            return self._edited(kind, change, write)
        except Refusal as refusal:
            raise ValueError(refusal.message) from refusal

    def _edited(self, kind: ObjectType, change: Mapping[str, Any], write: Write) -> object:
        given = change.get("properties", {})
        if "id" not in change:
            links = new_links(self.crm, kind, change.get("associations", []))
            record = carry_out(self.crm, plan_create(self.crm, kind, given, links), write)
        else:
            record = self.crm.live(kind, str(change["id"]))
            if change.get("archive"):
                archive(self.crm, record, write)
            else:
                carry_out(self.crm, plan_update(self.crm, record, given), write)
        return shown(record, record.properties)

    def configure(self, options: Mapping[str, Any]) -> None:
        """Switch behaviours; ``scopes`` restricts and ``revoke`` ends a token (``{token: [scopes]}``, ``[tokens]``)."""
        rest = dict(options)
        for token, scopes in rest.pop("scopes", {}).items():
            self.access.restrict(token, scopes)
        for token in rest.pop("revoke", []):
            self.access.revoke(token)
        self.crm.behaviour.switch(rest)


def _is_search(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/search")


def _scopes(need: Need | None, values: Iterable[Any]) -> Iterator[str]:
    """The scopes a call needs: by object type, but tickets have one for all and owners one of their own."""
    if need == "owners":
        yield "crm.objects.owners.read"
    for kind in values:
        if need is None or not isinstance(kind, ObjectType):
            continue
        if kind.scope == "tickets":
            yield "tickets"
        elif need.startswith("schema."):
            yield kind.scope.replace("objects", "schemas") + need.removeprefix("schema")
        else:
            yield f"{kind.scope}.{need}"


def _reply(answer: Answer) -> Reply:
    if answer.body is None:
        return empty_response(answer.status, rows=answer.rows)
    return json_response(answer.body, answer.status, rows=answer.rows)
