"""Payloads of the vendor's shape, as they are and as the vendor may send them tomorrow."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError, SalesforceGeneralError

from connectors.salesforce import oauth
from connectors.salesforce.facts import object_facts
from connectors.salesforce.merge import Merger
from connectors.salesforce.outcomes import told
from connectors.salesforce.refusals import to_our_error
from core.sdk import Child, Cursor, Family, FixedClock, InlayError, Outcome, WriteRow
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import AS_OF, Api

FOLDER = Path(__file__).parent / "fixtures"
ID, LOSER = "0015g00000ABCDEAA4", "0015g00000ABCDFAA4"
CLOCK = FixedClock(AS_OF)


def fixture(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def serve(api: Api, path: str, body: Any, status: int = 200) -> None:
    """Let the org answer so, once."""
    api.control("DELETE", "faults")
    headers = {"Content-Type": "application/json"}
    fault = {"do": "status", "status": status, "path": path, "headers": headers, "body": json.dumps(body)}
    assert api.control("POST", "faults", [fault])[0] == 200


# as they are


def test_every_file_names_its_source() -> None:
    sources = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    files = sorted(path.name for path in FOLDER.iterdir() if path.name != "SOURCES.md")
    assert len(files) >= 12
    assert [name for name in files if f"`{name}`" not in sources] == []


def test_a_page_of_a_query(api: Api, link: Link) -> None:
    link.connector.describe("Account")
    serve(api, "queryAll", fixture("query_page"))
    page = link.pages("Account", "Name", "Owner.Name", since=Cursor("2026-05-01T00:00:00.000Z"))[0]
    assert [(record["Name"], record["Owner"]) for record in page.records] == [
        ("Acme Bakery Ltd", {"Name": "Anna Reid"})
    ]
    assert [(stone.external_id, stone.reason, stone.merged_into) for stone in page.tombstones] == [
        (LOSER, "merged", ID)
    ]
    assert page.cursor == Cursor("2026-05-01T07:25:38.000Z", LOSER)


def test_a_description() -> None:
    facts = object_facts(fixture("describe"))
    assert (facts.is_mergeable, facts.is_replicated, facts.relationships) == (True, True, {"Owner": ("User",)})
    fields = facts.fields
    assert [name for name, field in fields.items() if field.is_required] == ["Name"]
    assert [name for name, field in fields.items() if field.is_calculated] == ["Margin__c"]
    assert (fields["Type"].options, fields["Region__c"].options) == (None, ("North", "South"))
    assert fields["City__c"].valid_for == {"North": frozenset({"Leeds"}), "South": frozenset({"Exeter"})}


def test_results_of_a_collection() -> None:
    rows = [WriteRow({}, row_id) for row_id in (ID, "2", "3", "4", LOSER)]
    outcomes = told(CLOCK, fixture("save_results"), rows)
    assert [(one.state, one.code, tuple(one.fields)) for one in outcomes] == [
        ("applied", "", ()),
        ("rejected", "REQUIRED_FIELD_MISSING", ("Name",)),
        ("retry", "UNABLE_TO_LOCK_ROW", ()),
        ("rejected", "FIELD_CUSTOM_VALIDATION_EXCEPTION", ("Region__c",)),
        ("rejected", "ENTITY_IS_DELETED", ()),
    ]


def test_results_of_an_upsert() -> None:
    outcomes = told(CLOCK, fixture("upsert_results"), [WriteRow({}, key=("Inlay_Key__c", k)) for k in "abc"])
    assert [(one.state, one.created) for one in outcomes] == [
        ("applied", True),
        ("applied", False),
        ("rejected", False),
    ]
    assert outcomes[2].code == "DUPLICATE_EXTERNAL_ID"


def test_a_composite_response(api: Api, link: Link) -> None:
    assert [(one.state, one.code) for one in conditional(api, link, fixture("composite_response"))] == [
        ("applied", ""),
        ("rejected", "CHANGED_MEANWHILE"),
        ("rejected", "REQUIRED_FIELD_MISSING"),
    ]


def test_a_graph_response(api: Api, link: Link) -> None:
    outcomes = families(api, link, fixture("graph_response"))
    assert [[(one.state, one.code) for one in family] for family in outcomes] == [
        [("applied", ""), ("applied", "")],
        [("rejected", "STRING_TOO_LONG"), ("rejected", "STRING_TOO_LONG")],
    ]


def test_a_token() -> None:
    grant = oauth.granted(200, fixture("token"), None)
    assert (grant.refresh_token, grant.address) == ("made.up", "https://acme.my.salesforce.com")
    assert "made.up" not in repr(grant)


def test_a_merge_response(link: Link) -> None:
    answer = (FOLDER / "merge_response.xml").read_bytes()
    assert Merger(link.connector._client, CLOCK)._read(answer, ID) == Outcome("applied", ID)


@pytest.mark.parametrize("code", fixture("errors"))
def test_an_error(code: str) -> None:
    status, body, kind = fixture("errors")[code]
    error: SalesforceError = SalesforceGeneralError("https://x", status, "query", body)
    assert type(to_our_error(error, "crm: query", AS_OF)).__name__ == kind


# as they may be tomorrow


def variants(value: Any) -> Iterator[Any]:
    """Yield the payload with an unknown member in every object, and each of its values null or unheard of."""
    for path, here in list(places(value)):
        if isinstance(here, dict):
            yield changed(value, [*path, "ofNextYear"], {"unheard": [1, None]})
        elif path:
            yield changed(value, path, None)
            yield changed(value, path, "UnheardOf" if isinstance(here, str) else 7_000_000_000)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[list[Any], Any]]:
    yield list(path), value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def changed(value: Any, path: list[Any], new: Any) -> Any:
    """Return a copy with one value replaced."""
    whole = copy.deepcopy(value)
    here = whole
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = new
    return whole


def conditional(api: Api, link: Link, body: Any) -> list[Outcome]:
    link.connector.describe("Account")
    serve(api, "composite$", body)
    rows = [WriteRow({"Site": "S"}, row_id, unmodified_since="2026-06-30T09:00:00.000Z") for row_id in (ID, LOSER, "x")]
    return link.connector.write("Account", "update", rows)


def families(api: Api, link: Link, body: Any) -> list[list[Outcome]]:
    serve(api, "composite/graph", body)
    one = Family(WriteRow({"Name": "A"}), [Child("Contact", "AccountId", WriteRow({"LastName": "B"}))])
    return link.connector.write_families("Account", [one, one])


def pages(api: Api, link: Link, body: Any) -> None:
    link.connector.describe("Account")
    serve(api, "queryAll", body)
    link.pages("Account", "Name", "Owner.Name")


def description(api: Api, link: Link, body: Any) -> None:
    link.connector._discovery.forget("Account")
    serve(api, "describe", body)
    link.connector.describe("Account")


def limits(api: Api, link: Link, body: Any) -> None:
    serve(api, "limits", body)
    link.connector.check()


def deleted(api: Api, link: Link, body: Any) -> None:
    link.connector.describe("Account")
    serve(api, "deleted", body)
    link.connector._reader._looks.clear()
    link.pages("Account", "Name", since=Cursor("2026-06-30T08:00:00.000Z"))


def results(_api: Api, _link: Link, body: Any) -> None:
    assert all(isinstance(one, Outcome) for one in told(CLOCK, body, [WriteRow({}, ID)] * len(body)))


def token(_api: Api, link: Link, body: Any) -> None:
    link.connector._client.access._guarded(lambda: oauth.granted(200, body, None))


READERS: dict[str, Callable[[Api, Link, Any], Any]] = {
    "query_page": pages,
    "describe": description,
    "limits": limits,
    "deleted": deleted,
    "save_results": results,
    "upsert_results": results,
    "composite_response": conditional,
    "graph_response": families,
    "token": token,
}


@pytest.mark.parametrize("name", READERS)
def test_what_nobody_has_heard_of_raises_nothing_but_our_own_errors(api: Api, link: Link, name: str) -> None:
    payload = fixture(name)
    wanted = list(variants(payload))
    step = max(1, len(wanted) // 60)
    for variant in wanted[::step]:
        try:
            READERS[name](api, link, variant)
        except InlayError:
            link.clock.sleep(120)


@pytest.mark.parametrize("error", [None, "", "unheard_of", 7, ["x"]])
def test_an_unheard_of_refusal_of_the_login_is_one_of_our_errors(link: Link, error: Any) -> None:
    def refuse() -> Any:
        raise SalesforceAuthenticationFailed(error, None)

    with pytest.raises(InlayError):
        link.connector._client.access._guarded(refuse)
