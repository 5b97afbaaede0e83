"""The resources of one org, each as one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from io import BufferedReader, RawIOBase, TextIOWrapper
from typing import Any, TextIO, cast

from requests import Response
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceGeneralError, SalesforceRefusedRequest
from simple_salesforce.util import call_salesforce

from connectors.salesforce.refusals import as_promised, told_text
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.wire import Wire
from core.sdk import ConnectorContext, Lane

Json = Any
NOT_MODIFIED = 304


@dataclass(frozen=True)
class QueryPage:
    """One page of a query; ``next_url`` is None on the last."""

    records: list[dict[str, Any]]
    total: int
    next_url: str | None


@dataclass(frozen=True)
class Sheet:
    """The text of a CSV, unpacked as it is read, where its next part is, and how many rows it is said to hold."""

    text: TextIO
    locator: str | None
    rows: int | None = None


class SalesforceClient:
    """Calls to one org; may raise ``AuthError``, ``RetryLater``, ``ConfigError`` or ``VendorRefusal``.

    ``lane`` tells whether a person waits for them.
    """

    def __init__(self, wire: Wire, version: str, lane: Lane = "bulk") -> None:
        self._wire = wire
        self._lane = lane
        self.access = wire.access
        self.version = version

    def for_a_person(self) -> SalesforceClient:
        """The same org, asked because a person waits: such calls may use a reserve that other work leaves."""
        return SalesforceClient(self._wire, self.version, "interactive")

    def vendors_time(self) -> datetime:
        """Return the time of the latest answer, by the vendor's clock."""
        return self._wire.vendors_time()

    def query(self, soql: str, with_deleted: bool = False) -> QueryPage:
        """Run a query and return its first page; ``with_deleted`` adds deleted and archived rows."""
        return self._wire.ask("query", lambda sf: _page(sf.query(soql, include_deleted=with_deleted)), self._lane)

    def more(self, url: str) -> QueryPage:
        """Return the next page of a query."""
        return self._wire.ask("query", lambda sf: _page(sf.query_more(url, identifier_is_url=True)), self._lane)

    def ids(self, soql: str, with_deleted: bool = False) -> list[str]:
        """Return the ids of what a query finds, all pages of it."""
        page, found = self.query(soql, with_deleted), list[str]()
        while True:
            with as_promised("query"):
                found += [told_text(record["Id"]) for record in page.records]
            if page.next_url is None:
                return found
            page = self.more(page.next_url)

    def tooling_rows(self, soql: str) -> list[dict[str, Any]]:
        """Return what a query of the Tooling API finds, a few rows of the org's schema."""
        answer = self.get("tooling/query", {"q": soql})
        with as_promised("tooling/query"):
            return [_bare(one) for one in answer["records"]]

    def create(self, path: str, body: Json) -> str:
        """Make something below the version's address and return its id."""
        made = self.send("POST", path, body)
        with as_promised(path):
            return told_text(made["id"])

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        """Read a resource below the version's address."""
        return self._wire.ask(path, lambda sf: sf.restful(path, params=dict(params or {})), self._lane)

    def get_if_changed(self, path: str, since: datetime) -> Json:
        """Read a resource; None when it is as it was at ``since``, which costs a call but hardly a byte."""
        headers = {"If-Modified-Since": http_date(since)}

        def ask(sf: Salesforce) -> Json:
            """Take a 304 for an answer."""
            try:
                return sf.restful(path, headers=headers)
            except SalesforceGeneralError as error:
                if error.status == NOT_MODIFIED:
                    return None
                raise

        return self._wire.ask(path, ask, self._lane)

    def send(self, method: str, path: str, body: Json = None, params: Mapping[str, str] | None = None) -> Json:
        """Write to a resource below the version's address."""
        sent = {"params": dict(params or {}), "method": method, "json": body}
        return self._wire.ask(path, lambda sf: sf.restful(path, **sent), self._lane)

    def download(self, path: str, params: Mapping[str, str] | None = None) -> Sheet:
        """Read a CSV resource below the version's address; it is here, packed as it came, when this returns."""
        return self._wire.ask(path, lambda sf: _sheet(_raw(sf, "GET", path, params=params)), self._lane)

    def upload(self, path: str, content: bytes) -> None:
        """Put CSV below the version's address."""
        self._wire.ask(path, lambda sf: _raw(sf, "PUT", path, data=content), self._lane)

    def soap(self, path: str, envelope: str) -> bytes:
        """Post a SOAP call of the Partner API; ``{session}`` in the envelope stands for the session's id.

        A fault (status 500) is an answer too, but for those that concern no single record.
        """

        def ask(sf: Salesforce) -> bytes:
            """Post it with the session that is good now."""
            headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
            body = envelope.replace("{session}", sf.session_id).encode()
            answer = sf.session.post(f"https://{sf.sf_instance}{path}", data=body, headers=headers)
            return _spoken(path, bytes(answer.content))

        return self._wire.ask("soap", ask, self._lane)

    def user_id(self) -> str:
        """Return the id of the user whom Inlay is logged in as."""
        found: Json = self._wire.ask("userinfo", lambda sf: sf.oauth2("userinfo"), self._lane)
        with as_promised("userinfo"):
            return told_text(found["user_id"])


def open_client(settings: SalesforceSettings, context: ConnectorContext) -> SalesforceClient:
    """Return a client for the org that the settings name; nothing is asked yet."""
    # Reading records by a list of ids; without the object's name the same address creates records.
    context.transport.mark_safe("POST", r"/composite/sobjects/\w+$")
    return SalesforceClient(Wire(settings, context), settings.api_version)


def http_date(instant: datetime) -> str:
    """Write an instant the way conditional headers want it: whole seconds, in GMT."""
    return format_datetime(instant, usegmt=True)


def _raw(
    sf: Salesforce, method: str, path: str, params: Mapping[str, str] | None = None, data: bytes | None = None
) -> Response:
    """Make a call whose body or answer is CSV, which the library's own methods would take for JSON."""
    headers = {**sf.headers, "Content-Type": "text/csv; charset=UTF-8" if data else "application/json"}
    sent = {"params": dict(params or {}), "data": data, "stream": method == "GET"}
    return call_salesforce(f"{sf.base_url}{path}", method, sf.session, {**headers, "Accept": "text/csv"}, **sent)


def _spoken(path: str, content: bytes) -> bytes:
    """Return a SOAP answer; raise what the REST API would say with a status of its own."""
    if b">sf:INVALID_SESSION_ID<" in content:
        raise SalesforceExpiredSession(path, 401, "soap", content)
    if b">sf:REQUEST_LIMIT_EXCEEDED<" in content:
        error: Json = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
        raise SalesforceRefusedRequest(path, 403, "soap", error)
    return content


def _sheet(answer: Response) -> Sheet:
    """Read an answer with CSV; the last part's locator is the word ``null``."""
    locator = answer.headers.get("Sforce-Locator") or "null"
    rows = answer.headers.get("Sforce-NumberOfRecords", "")
    packed = answer.raw
    packed.decode_content, packed.auto_close = True, False
    text = TextIOWrapper(BufferedReader(cast("RawIOBase", packed)), encoding="utf-8", newline="")
    return Sheet(text, None if locator == "null" else locator, int(rows) if rows.isdigit() else None)


def _page(found: Mapping[str, Any]) -> QueryPage:
    next_url = None if found["done"] else str(found["nextRecordsUrl"])
    return QueryPage([_bare(record) for record in found["records"]], int(found["totalSize"]), next_url)


def _bare(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without ``attributes``, whose address would change with every API version."""
    return {
        name: _bare(value) if isinstance(value, Mapping) else value
        for name, value in record.items()
        if name != "attributes"
    }
