"""A link in a message, a button behind it, and what the tap leaves in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.messages.acknowledge import Acknowledgements, acknowledged
from core.store import Store
from core.store.inbox import read_events, waiting
from webhooks.acknowledge import acknowledger

LINKS = Acknowledgements("https://inlay.firm.example", ("secret",))


@pytest.fixture
def browser(store: Store, clock: FixedClock) -> FlaskClient:
    app = Flask("test")
    app.register_blueprint(acknowledger(store, clock, LINKS))
    return app.test_client()


def path(clock: FixedClock, key: str = "inlay-1", days: float = 7) -> str:
    return LINKS.link(key, clock.now() + timedelta(days=days)).removeprefix(LINKS.url)


def seen(store: Store) -> dict[str, str]:
    with store.read() as conn:
        return acknowledged(conn, {"inlay-1", "inlay-2"})


def test_looking_at_the_link_changes_nothing(browser: FlaskClient, store: Store, clock: FixedClock) -> None:
    answer = browser.get(path(clock))
    assert (answer.status_code, seen(store)) == (200, {})
    assert '<button type="submit">I have seen it</button>' in answer.text
    assert browser.head(path(clock)).status_code == 200
    assert seen(store) == {}


def test_the_tap_is_kept_with_its_time_and_only_for_its_message(
    browser: FlaskClient, store: Store, clock: FixedClock
) -> None:
    answer = browser.post(path(clock))
    assert (answer.status_code, "Thank you" in answer.text) == (200, True)
    assert seen(store) == {"inlay-1": "2026-06-30T09:00:00Z"}
    assert "button" not in browser.get(path(clock)).text


def test_a_second_tap_changes_nothing(browser: FlaskClient, store: Store, clock: FixedClock) -> None:
    browser.post(path(clock))
    clock.sleep(60)
    assert browser.post(path(clock)).status_code == 200
    assert seen(store) == {"inlay-1": "2026-06-30T09:00:00Z"}


def test_no_worker_is_asked_to_do_anything_about_it(browser: FlaskClient, store: Store, clock: FixedClock) -> None:
    browser.post(path(clock))
    with store.read() as conn:
        assert waiting(conn) == {}
        assert [event.event_type for event in read_events(conn, "done")] == ["acknowledged"]


@pytest.mark.parametrize("token", ["x", "a.b", "..%2f..", "x" * 5000, "WyJrIiwxXQ.AAAA"])
def test_a_forged_link_shows_nothing_and_keeps_nothing(browser: FlaskClient, store: Store, token: str) -> None:
    for answer in (browser.get(f"/acknowledge/{token}"), browser.post(f"/acknowledge/{token}")):
        assert answer.status_code == 404
        assert "button" not in answer.text
    assert seen(store) == {}


def test_an_old_link_is_as_good_as_none(browser: FlaskClient, store: Store, clock: FixedClock) -> None:
    old = path(clock, days=1)
    clock.sleep(86_400)
    assert browser.get(old).status_code == browser.post(old).status_code == 404
    assert seen(store) == {}


def test_a_store_that_is_away_lets_the_reader_try_again(clock: FixedClock, store: Store) -> None:
    app = Flask("test")
    app.register_blueprint(acknowledger(store, clock, LINKS))
    with store.begin() as conn:
        conn.exec_driver_sql("DROP TABLE inbox")
    assert app.test_client().post(path(clock)).status_code == 503
