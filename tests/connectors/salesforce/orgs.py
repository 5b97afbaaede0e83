"""What the Salesforce tests share: a small firm, an org that holds it, and a short way to call its API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from werkzeug.test import Client, TestResponse

from connectors.salesforce.sandbox import TOKEN, SalesforceSandbox, sandbox
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.firm import Chore, Colleague, Engagement, Firm, Opening, Party, Person, SupportCase, Touch

AS_OF = datetime(2026, 6, 30, 9, tzinfo=UTC)
BASE = "/services/data/v64.0"
Json = Any


def small_firm() -> Firm:
    """Two people at work and one who left, one client with everything, one prospect with nothing."""
    anna = Colleague("anna", "Anna", "Reid", "anna@firm.example", "Partner")
    ben = Colleague("ben", "Ben", "Okoro", "ben@firm.example", "Manager")
    zoe = Colleague("zoe", "Zoe", "Left", "zoe@firm.example", "Manager", is_active=False)
    client = Party(
        "acme",
        "Acme Bakery Ltd",
        "acme.example",
        "Retail",
        12,
        "active",
        "GBP",
        "anna",
        "+44 20 7946 0100",
        "1 Mill Lane",
        "London",
        "N1 1AA",
        "GB",
        date(2024, 1, 10),
        ("salesforce",),
        vat_number="GB123456789",
    )
    child = replace(client, key="shop", name="Acme Shops Ltd", parent_key="acme", owner_key="zoe", vat_number=None)
    elsewhere = replace(client, key="away", name="Away Ltd", homes=("hubspot",))
    person = Person(
        "p1", "acme", "Maria", "Lopez", "maria@acme.example", "+44 20 7946 0101", "Owner", ("salesforce",), True
    )
    return Firm(
        "The Firm",
        AS_OF,
        (anna, ben, zoe),
        (client, child, elsewhere),
        (person,),
        (
            Opening(
                "o1",
                "acme",
                "anna",
                "Payroll",
                "won",
                Decimal("1200.50"),
                "GBP",
                _at(2026, 3, 1),
                date(2026, 4, 1),
                "salesforce",
            ),
        ),
        (
            Engagement(
                "e1", "acme", "ENG-1", "active", date(2025, 8, 1), 12, 60, True, Decimal(2400), "GBP", "salesforce"
            ),
        ),
        (
            SupportCase(
                "k1", "acme", "p1", "VAT question", "urgent", "closed", _at(2026, 5, 1), _at(2026, 5, 3), "salesforce"
            ),
        ),
        (
            Touch("t1", "acme", "p1", "anna", "email", "inbound", "Question", _at(2026, 6, 1), 0, "salesforce"),
            Touch("t2", "acme", "p1", "anna", "call", "outbound", "Call", _at(2026, 6, 2), 15, "salesforce"),
            Touch("t3", "acme", "p1", "anna", "meeting", "outbound", "Review", _at(2026, 6, 3), 60, "salesforce"),
            Touch("t4", "acme", None, "anna", "note", "outbound", "Note", _at(2025, 5, 1), 0, "salesforce"),
        ),
        (Chore("h1", "acme", "ben", "Send letter", date(2026, 7, 20), False, "salesforce"),),
        (),
        (),
    )


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 10, 30, tzinfo=UTC)


def bare_firm() -> Firm:
    """The same people and no clients."""
    firm = small_firm()
    return replace(firm, parties=(), people=(), openings=(), engagements=(), cases=(), touches=(), chores=())


def open_org(firm: Firm | None = None) -> SalesforceSandbox:
    """Return the simulator of an org; without a firm it holds only its users."""
    return sandbox(firm or bare_firm(), SandboxClock(AS_OF))


@dataclass
class Api:
    """Calls an org's API in this process, as the integration user unless ``token`` says otherwise."""

    app: SalesforceSandbox
    token: str = TOKEN
    last_headers: Mapping[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, body: Json = None, headers: Mapping[str, str] | None = None, **query: str
    ) -> tuple[int, Json]:
        """Return status and body of one call; ``path`` is below the version, or whole when it begins with a slash."""
        response = self.raw(method, path, body, headers, **query)
        return response.status_code, json.loads(response.get_data()) if response.get_data() else None

    def raw(
        self, method: str, path: str, body: Json = None, headers: Mapping[str, str] | None = None, **query: str
    ) -> TestResponse:
        """Return the whole answer of one call."""
        where = path if path.startswith("/") else f"{BASE}/{path}"
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        data = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        response = Client(self.app).open(
            where, method=method, data=data, headers=sent, query_string=query or None, content_type="application/json"
        )
        self.last_headers = dict(response.headers)
        return response

    def get(self, path: str, **query: str) -> Json:
        """Return the body of a GET that succeeds."""
        status, body = self.call("GET", path, None, None, **query)
        assert status == 200, body
        return body

    def create(self, name: str, /, **values: Json) -> str:
        """Create a record and return its id."""
        status, body = self.call("POST", f"sobjects/{name}", values)
        assert status == 201, body
        return str(body["id"])

    def row(self, name: str, row_id: str) -> Json:
        """Return a record, whole."""
        return self.get(f"sobjects/{name}/{row_id}")

    def update(self, name: str, row_id: str, /, **values: Json) -> None:
        """Change a record."""
        status, body = self.call("PATCH", f"sobjects/{name}/{row_id}", values)
        assert status == 204, body

    def delete(self, name: str, row_id: str) -> None:
        """Delete a record."""
        status, body = self.call("DELETE", f"sobjects/{name}/{row_id}")
        assert status == 204, body

    def rows(self, soql: str, api: str = "query") -> list[Json]:
        """Return the records of a query's first page, without their attributes."""
        return [_bare(record) for record in self.get(api, q=soql)["records"]]

    def column(self, soql: str) -> list[Json]:
        """Return the values of a query's single column."""
        return [next(iter(record.values())) for record in self.rows(soql)]

    def refusal(self, method: str, path: str, body: Json = None, **query: str) -> tuple[int, str]:
        """Return status and code of a call that is refused."""
        status, answer = self.call(method, path, body, None, **query)
        assert isinstance(answer, list), answer
        return status, str(answer[0]["errorCode"])

    def refuse_query(self, soql: str, api: str = "query") -> tuple[str, str]:
        """Return code and message of a query that is refused."""
        status, answer = self.call("GET", api, None, None, q=soql)
        assert status == 400, answer
        return str(answer[0]["errorCode"]), str(answer[0]["message"])

    def add_field(self, full_name: str, kind: str = "Text", grant: bool = True, **metadata: Json) -> str:
        """Add a custom field and, unless told otherwise, let the integration user have it."""
        plain = {"Text": {"length": 80}, "Number": {"precision": 18, "scale": 2}}
        wanted = {"label": full_name.partition(".")[2], "type": kind, **plain.get(kind, {}), **metadata}
        status, body = self.call("POST", "tooling/sobjects/CustomField", {"FullName": full_name, "Metadata": wanted})
        assert status == 201, body
        if grant:
            self.grant(full_name)
        return str(body["id"])

    def grant(self, full_name: str, edit: bool = True) -> None:
        """Let everybody with the integration profile read, and perhaps edit, a field."""
        object_name = full_name.partition(".")[0]
        for target in {"Activity": ("Task", "Event")}.get(object_name, (object_name,)):
            self.create(
                "FieldPermissions",
                ParentId=self.permission_set(),
                SobjectType=target,
                Field=f"{target}.{full_name.partition('.')[2]}",
                PermissionsRead=True,
                PermissionsEdit=edit,
            )

    def permission_set(self) -> str:
        """Return the id of a permission set that the integration user holds, made when first asked for."""
        found = self.column("SELECT Id FROM PermissionSet WHERE Name = 'Test_Fields'")
        if found:
            return str(found[0])
        set_id = self.create("PermissionSet", Name="Test_Fields", Label="Test fields")
        self.create("PermissionSetAssignment", PermissionSetId=set_id, AssigneeId=self.me())
        return set_id

    def me(self) -> str:
        """Return the integration user's id."""
        return str(self.get("/services/oauth2/userinfo")["user_id"])

    def control(self, method: str, name: str, body: Json = None) -> tuple[int, Json]:
        """Call the control plane."""
        return self.call(method, f"/__sandbox__/{name}", body)

    def person_edits(self, name: str, row_id: str, /, **fields: Json) -> Json:
        """Let a person change a record in the vendor's own pages."""
        status, row = self.control("POST", "edit", {"object": name, "id": row_id, "fields": fields})
        assert status == 200, row
        return row

    def person_does(self, action: str, name: str, row_id: str, **more: Json) -> Json:
        """Let a person delete, restore, merge or purge a record."""
        status, row = self.control("POST", "edit", {"object": name, "id": row_id, "action": action, **more})
        assert status == 200, row
        return row

    def options(self, **options: Json) -> None:
        """Switch behaviours of the org."""
        status, body = self.control("POST", "options", options)
        assert status == 204, body

    def wait(self, seconds: float) -> None:
        """Let the org's time pass."""
        assert self.control("POST", "clock", {"advance_seconds": seconds})[0] == 200


def _bare(record: Mapping[str, Json]) -> dict[str, Json]:
    return {
        name: _bare(value) if isinstance(value, Mapping) and "attributes" in value else value
        for name, value in record.items()
        if name != "attributes"
    }


class ToLoopback(HTTPAdapter):
    """Sends what is meant for any Salesforce host to one address, keeping the Host header."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send one request there."""
        assert request.url is not None
        request.headers["Host"] = request.url.split("/")[2]
        request.url = self._base_url + request.path_url
        return super().send(request, *args, **options)


def loopback_session(base_url: str) -> requests.Session:
    """Return a session for simple-salesforce, which insists on https whatever it is told."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", ToLoopback(base_url))
    return session
