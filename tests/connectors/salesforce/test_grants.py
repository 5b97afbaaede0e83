"""One session for all workers: renewed once, kept for the others, and given up for good when a person is needed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.salesforce.oauth import challenge, granted
from connectors.salesforce.sandbox import CONSUMER_KEY, REFRESH_TOKEN, TOKEN
from connectors.sandbox.server import RunningSandbox
from core.sdk import AuthError, ConfigError, FixedClock, Grant, Grants, LocalGrants, RetryLater
from core.store import Store
from core.store.grants import StoreGrants
from core.vault import Vault
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import AS_OF, Api
from tests.connectors.salesforce.test_login import APP, FLOWS

WEB: dict[str, Any] = {"flow": "refresh_token", "client_id": CONSUMER_KEY, "domain": "hartwell.my"}
CALLBACK = "http://localhost:8765/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with Store.open(sqlite_url) as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def workers(store: Store, served: RunningSandbox, tmp_path: Path) -> Callable[[], Link]:
    """Makes connectors as processes of their own have them: nothing in common but the store."""

    def worker() -> Link:
        grants = StoreGrants(store, Vault(tmp_path, {}), FixedClock(AS_OF), "crm")
        return Link(served.base_url, auth=FLOWS["refresh_token"], grants=grants)

    return worker


def token_calls(*links: Link) -> int:
    return sum(path.endswith("oauth2/token") for link in links for _, path in link.calls())


# what the address and the forms say


def test_the_challenge_is_that_of_the_standards_own_example() -> None:
    assert challenge(VERIFIER) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_page_to_open_asks_for_a_code_and_the_two_scopes_that_are_needed(served: RunningSandbox) -> None:
    connector = Link(served.base_url, auth=WEB).connector
    address = urlsplit(connector.web_login("http://localhost:8765/callback", "st/te", VERIFIER))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    assert f"{address.scheme}://{address.netloc}" == served.base_url
    assert address.path == "/services/oauth2/authorize"
    assert asked == {
        "response_type": "code",
        "client_id": CONSUMER_KEY,
        "redirect_uri": "http://localhost:8765/callback",
        "state": "st/te",
        "scope": "api refresh_token",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert VERIFIER not in address.query


def test_without_a_simulator_the_page_is_on_the_orgs_own_host() -> None:
    link = Link("http://127.0.0.1:9", auth=WEB)
    link.connector._client.access._site = f"https://{WEB['domain']}.salesforce.com"
    assert link.connector.web_login("http://localhost/", "s", VERIFIER).startswith(
        "https://hartwell.my.salesforce.com/services/oauth2/authorize?"
    )


@pytest.mark.parametrize("flow", ["client_credentials", "password", "jwt"])
def test_a_flow_that_lets_itself_in_needs_no_browser(served: RunningSandbox, flow: str) -> None:
    with pytest.raises(ConfigError, match="without a browser"):
        Link(served.base_url, auth=FLOWS[flow]).connector.web_login("http://localhost/", "s", VERIFIER)


def test_a_code_that_nobody_was_given_is_refused(served: RunningSandbox) -> None:
    with pytest.raises(AuthError, match="refused the login") as caught:
        Link(served.base_url, auth=WEB).connector.web_grant("made-up", "http://localhost/", VERIFIER)
    assert "`inlay connect crm`" in caught.value.remedy
    assert "made-up" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [({"refresh_token": "new"}, "new"), ({}, "old"), ({"refresh_token": None}, "old"), ({"unknown": 1}, "old")],
)
def test_a_rotated_refresh_token_replaces_the_old_one(answer: dict[str, Any], kept: str) -> None:
    told = {"access_token": "a", "instance_url": "https://acme.my.salesforce.com", **answer}
    assert granted(200, told, "old") == Grant("a", kept, "https://acme.my.salesforce.com")


# the whole way through a browser


@pytest.fixture
def browser(api: Api) -> Callable[[str, str], str]:
    """A person who opens an address and lets Inlay in; the code that came back."""
    api.options(app={"callbacks": [CALLBACK], "requires_pkce": True, "rotates_refresh_tokens": True})

    def open_page(address: str, state: str) -> str:
        answer = requests.get(address, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["Location"])
        found = {name: values[0] for name, values in parse_qs(back.query).items()}
        assert answer.headers["Location"].startswith(CALLBACK)
        assert found["state"] == state
        return found["code"]

    return open_page


def test_a_person_lets_inlay_in_and_the_refresh_token_rotates_ever_after(
    api: Api, served: RunningSandbox, store: Store, tmp_path: Path, browser: Callable[[str, str], str]
) -> None:
    api.create("Account", Name="Acme")
    grants = StoreGrants(store, Vault(tmp_path, {}), FixedClock(AS_OF), "crm")
    link = Link(served.base_url, auth={**WEB, **APP}, grants=grants)
    code = browser(link.connector.web_login(CALLBACK, "s1", VERIFIER), "s1")
    grant = link.connector.web_grant(code, CALLBACK, VERIFIER)
    grants.put(grant)
    tokens = [grant.refresh_token]
    for _ in range(3):
        assert [record["Name"] for record in link.records("Account", "Name")] == ["Acme"]
        api.app.site.sessions.expire_all()
        link.records("Contact", "LastName")
        newest = grants.current()
        assert newest is not None
        tokens.append(newest.refresh_token)
    assert len(set(tokens)) == 4
    another = Link(served.base_url, auth={**WEB, **APP}, grants=grants)
    assert [record["Name"] for record in another.records("Account", "Name")] == ["Acme"]


@pytest.mark.parametrize("spoilt", ["code", "verifier", "callback"])
def test_a_code_is_worth_nothing_without_what_belongs_to_it(
    served: RunningSandbox, browser: Callable[[str, str], str], spoilt: str
) -> None:
    connector = Link(served.base_url, auth={**WEB, **APP}).connector
    code = browser(connector.web_login(CALLBACK, "s1", VERIFIER), "s1")
    given = {"code": code, "verifier": VERIFIER, "callback": CALLBACK}
    given[spoilt] = given[spoilt][::-1]
    with pytest.raises(AuthError):
        connector.web_grant(given["code"], given["callback"], given["verifier"])


def test_a_code_is_good_once(served: RunningSandbox, browser: Callable[[str, str], str]) -> None:
    connector = Link(served.base_url, auth={**WEB, **APP}).connector
    code = browser(connector.web_login(CALLBACK, "s1", VERIFIER), "s1")
    assert connector.web_grant(code, CALLBACK, VERIFIER).refresh_token
    with pytest.raises(AuthError, match="invalid_grant"):
        connector.web_grant(code, CALLBACK, VERIFIER)


def test_a_spent_refresh_token_is_not_offered_again_after_a_crash(
    api: Api, served: RunningSandbox, browser: Callable[[str, str], str]
) -> None:
    """The newest grant is stored before anybody uses it, so a worker that died left nothing to lose."""
    grants = LocalGrants()
    link = Link(served.base_url, auth={**WEB, **APP}, grants=grants)
    first = link.connector.web_grant(
        browser(link.connector.web_login(CALLBACK, "s", VERIFIER), "s"), CALLBACK, VERIFIER
    )
    grants = LocalGrants(first)
    link = Link(served.base_url, auth={**WEB, **APP, "refresh_token": first.refresh_token}, grants=grants)
    for _ in range(3):
        api.app.site.sessions.expire_all()
        assert link.records("Account", "Name") == []


# who has let Inlay in


def test_before_anybody_has_connected_the_admin_is_told_how(served: RunningSandbox) -> None:
    link = Link(served.base_url, auth=WEB)
    with pytest.raises(AuthError) as caught:
        link.records("Account", "Name")
    assert caught.value.remedy == "run `inlay connect crm`"
    assert link.calls() == []


def test_what_a_browser_brought_is_used_and_the_orgs_host_is_known(api: Api, served: RunningSandbox) -> None:
    api.create("Account", Name="Acme")
    grant = Grant(TOKEN, "unused", "https://hartwell.my.salesforce.com")
    link = Link(served.base_url, auth={**WEB, "domain": "login"}, grants=LocalGrants(grant))
    assert [record["Name"] for record in link.records("Account", "Name")] == ["Acme"]
    assert (
        link.connector.record_url("Account", "001") == "https://hartwell.my.salesforce.com/lightning/r/Account/001/view"
    )
    assert token_calls(link) == 0


def test_the_refresh_token_of_the_grant_counts_more_than_the_one_written_down(served: RunningSandbox) -> None:
    """The one written down may have been spent by rotation long ago."""
    grant = Grant("ended", REFRESH_TOKEN, "https://hartwell.my.salesforce.com")
    auth = {**WEB, **APP, "refresh_token": "spent"}
    link = Link(served.base_url, auth=auth, grants=LocalGrants(grant))
    assert link.records("Account", "Name") == []
    assert token_calls(link) == 1


# many workers


def test_one_worker_renews_and_the_others_use_what_it_got(api: Api, workers: Callable[[], Link]) -> None:
    links = [workers() for _ in range(6)]
    links[0].records("Account", "Name")
    api.app.site.sessions.expire_all()
    with ThreadPoolExecutor(len(links)) as pool:
        found = list(pool.map(lambda link: link.records("Account", "Name"), links))
    assert found == [[]] * 6
    assert token_calls(*links) == 2  # the first login and one renewal


def test_a_worker_started_later_does_not_log_in_again(workers: Callable[[], Link]) -> None:
    first, second = workers(), workers()
    first.records("Account", "Name")
    second.records("Account", "Name")
    assert (token_calls(first), token_calls(second)) == (1, 0)


def test_a_session_that_ends_between_pages_costs_one_login_for_all(api: Api, workers: Callable[[], Link]) -> None:
    for number in range(6):
        api.create("Account", Name=f"n{number}")
    api.options(page_size=2)
    links = [workers(), workers()]
    readers = [link.connector.read("Account", ["Name"], None) for link in links]
    names = [[record["Name"] for record in next(reader).records] for reader in readers]
    api.app.site.sessions.expire_all()
    for found, reader in zip(names, readers, strict=True):
        found += [record["Name"] for page in reader for record in page.records]
    assert names == [[f"n{number}" for number in range(6)]] * 2
    assert token_calls(*links) == 2


def test_revoked_access_is_asked_about_once_by_all_workers_together(api: Api, workers: Callable[[], Link]) -> None:
    links = [workers() for _ in range(4)]
    links[0].records("Account", "Name")
    api.app.site.logins.refresh_tokens.clear()
    api.app.site.sessions.expire_all()
    token_calls(*links)
    for link in links * 3:
        with pytest.raises(AuthError) as caught:
            link.records("Contact", "LastName")
        assert "inlay connect" in caught.value.remedy
    assert token_calls(*links) == 1


# refusals of the login that are not for a person to mend


def trouble(api: Api, **fault: Any) -> None:
    assert api.control("POST", "faults", [{"path": "oauth2/token", "times": None, **fault}])[0] == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, '{"error": "rate_limit_exceeded", "error_description": "login rate exceeded"}'),
        (400, '{"error": "server_error"}'),
        (400, "<html>maintenance</html>"),
        (200, '{"access_token": "a"}'),
        (200, "[]"),
        (503, "down"),
    ],
)
@pytest.mark.parametrize("flow", ["refresh_token", "client_credentials"])
def test_a_login_in_trouble_is_tried_again_later(
    api: Api, served: RunningSandbox, flow: str, status: int, body: str
) -> None:
    kind = "application/json" if body[0] in "{[" else "text/html"
    trouble(api, do="status", status=status, body=body, headers={"Content-Type": kind})
    grants: Grants = LocalGrants()
    link = Link(served.base_url, auth=FLOWS[flow], grants=grants)
    with pytest.raises(RetryLater) as caught:
        link.records("Account", "Name")
    assert caught.value.retry_at is not None
    api.control("DELETE", "faults")
    link.clock.sleep(60)
    assert link.records("Account", "Name") == []


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_client", "inactive_user", "something_new"])
def test_a_login_refused_for_good_needs_a_person(api: Api, served: RunningSandbox, error: str) -> None:
    trouble(api, do="status", status=400, body=f'{{"error": "{error}"}}', headers={"Content-Type": "application/json"})
    with pytest.raises(AuthError, match=error) as caught:
        Link(served.base_url, auth=FLOWS["refresh_token"]).records("Account", "Name")
    assert caught.value.remedy == "run `inlay connect crm`"


def test_a_soap_login_whose_answer_is_lost_is_sent_once_more(api: Api, served: RunningSandbox) -> None:
    """Merges go to the same address and must not be repeated, so the address is not marked as safe."""
    api.control("POST", "faults", [{"path": "/services/Soap/u/", "do": "cut"}])
    assert Link(served.base_url, auth=FLOWS["password"]).records("Account", "Name") == []
