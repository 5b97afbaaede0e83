"""The console as a browser at this machine sees it, and the trace that every look leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from core.console import create_app
from core.hub import Hub
from core.store.audit import AuditEntry, read_audit, verify
from core.store.leases import take_lease
from tests.core.conftest import START


@pytest.fixture(scope="module")
def browser(hub: Hub) -> FlaskClient:
    """A browser at this machine."""
    return create_app(hub).test_client()


def looks(hub: Hub) -> list[AuditEntry]:
    with hub.store.read() as conn:
        assert verify(conn) is None
        return [entry for entry in read_audit(conn) if entry.action == "saw"]


def seen(hub: Hub, browser: FlaskClient, address: str) -> tuple[str, list[tuple[str, str]]]:
    """A page, and the looks that it left in the audit log as (what, subject)."""
    before = len(looks(hub))
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text, [(entry.facts["what"], entry.subject) for entry in looks(hub)[before:]]


def client_of(hub: Hub, name: str) -> str:
    """The id of a client by its name."""
    with hub.desk() as desk:
        names = dict(zip(desk.portfolio.clients.name.tolist(), desk.portfolio.clients.ids, strict=True))
    return str(names[name])


def test_a_page_before_the_first_plan_says_so_and_leaves_no_trace(hub: Hub, browser: FlaskClient) -> None:
    text, left = seen(hub, browser, "/plan")
    assert "No plan was made yet" in text
    assert left == []


def test_whoever_looks_at_the_plan_is_noted_with_the_very_plan(hub: Hub, browser: FlaskClient) -> None:
    made = hub.plan()
    text, left = seen(hub, browser, "/plan")
    assert made.id in text
    assert left == [("plan", made.id)]
    (entry,) = looks(hub)[-1:]
    assert (entry.actor, entry.at[:10]) == ("console", START.date().isoformat())


def test_whoever_looks_at_a_client_is_noted_with_its_id_and_not_its_name(hub: Hub, browser: FlaskClient) -> None:
    alfa = client_of(hub, "Alfa Joinery Ltd")
    text, left = seen(hub, browser, f"/client?id={alfa}")
    assert "Alfa Joinery Ltd" in text
    assert left == [("client", alfa)]


def test_the_list_is_noted_without_what_was_searched_for(hub: Hub, browser: FlaskClient) -> None:
    text, left = seen(hub, browser, "/clients?q=Alfa")
    assert "Alfa Joinery Ltd" in text
    assert "Beta Brewing Ltd" not in text
    assert left == [("clients", "page 1")]


@pytest.mark.parametrize("address", ["/", "/runs", "/style.css"])
def test_pages_that_show_no_clients_data_leave_no_trace(hub: Hub, browser: FlaskClient, address: str) -> None:
    assert seen(hub, browser, address)[1] == []


def test_a_client_that_is_not_there_was_not_seen(hub: Hub, browser: FlaskClient) -> None:
    before = len(looks(hub))
    answer = browser.get("/client?id=nobody")
    assert answer.status_code == 404
    assert len(looks(hub)) == before


def test_a_stranger_is_refused_before_anything_is_shown_or_noted(hub: Hub, browser: FlaskClient) -> None:
    before = len(looks(hub))
    answer = browser.get("/plan", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 403
    assert "Hartwell" not in answer.text
    assert len(looks(hub)) == before


def test_the_first_page_says_who_is_at_work(hub: Hub, browser: FlaskClient) -> None:
    assert "No worker is at work" in browser.get("/").text
    assert browser.get("/readyz").status_code == 503
    with hub.store.begin() as conn:
        take_lease(conn, "job think", "desk, process 7", START, START + timedelta(seconds=60))
    assert "At work: desk, process 7 (think)." in browser.get("/").text
    assert browser.get("/readyz").text == "ready\n"
