"""The address that Stripe sends its events to: made, mended and taken away through the real library."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from rich.console import Console

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import RunningSandbox, serve
from connectors.stripe.client import API_VERSION
from connectors.stripe.connector import StripeConnector
from connectors.stripe.events import MARK, MEND, WANTED
from connectors.stripe.sandbox import READING_TOKEN, TOKEN, sandbox
from core.cli.app import App, run_command
from core.sdk import AuthError, BugError, ProvisionStep, RejectedError
from tests.connectors.stripe.conftest import Raw, client_of
from tests.connectors.stripe.test_connector import connect

URL = "https://inlay.hartwell.example/webhooks/billing"


@pytest.fixture
def account() -> Iterator[RunningSandbox]:
    with serve(sandbox(empty_firm(), SandboxClock(AS_OF))) as running:
        yield running


@pytest.fixture
def billing(account: RunningSandbox) -> StripeConnector:
    return connect(account.base_url)


@pytest.fixture
def dashboard(account: RunningSandbox) -> stripe.StripeClient:
    return client_of(account)


def carried_out(connector: StripeConnector, url: str = URL) -> list[str | None]:
    return [connector.provision(step) for step in connector.plan_events(url)]


def endpoints(dashboard: stripe.StripeClient) -> list[stripe.WebhookEndpoint]:
    return list(dashboard.v1.webhook_endpoints.list({"limit": 100}).data)


def test_a_missing_address_is_made_and_its_secret_told_once(
    billing: StripeConnector, dashboard: stripe.StripeClient
) -> None:
    [step] = billing.plan_events(URL)
    assert URL in step.summary
    assert endpoints(dashboard) == []
    told = billing.provision(step)
    assert told is not None
    assert "whsec_" in told
    [made] = endpoints(dashboard)
    assert (made.url, made.status, made.api_version, made.description) == (URL, "enabled", API_VERSION, MARK)
    assert sorted(made.enabled_events) == list(WANTED)
    assert "secret" not in made
    assert billing.plan_events(URL) == []


def test_every_kind_of_event_that_a_reading_follows_is_asked_for() -> None:
    assert {"customer.deleted", "invoice.paid", "charge.refunded", "credit_note.created"} <= set(WANTED)


def test_an_address_stripe_has_given_up_on_is_renewed(billing: StripeConnector, dashboard: stripe.StripeClient) -> None:
    carried_out(billing)
    [made] = endpoints(dashboard)
    dashboard.v1.webhook_endpoints.update(made.id, {"disabled": True})
    [step] = billing.plan_events(URL)
    assert "given up" in step.summary
    assert carried_out(billing) == [None]
    assert endpoints(dashboard)[0].status == "enabled"
    assert billing.plan_events(URL) == []


def test_events_that_a_newer_inlay_needs_are_added_to_those_others_chose(
    billing: StripeConnector, dashboard: stripe.StripeClient
) -> None:
    dashboard.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["invoice.paid", "payout.paid"]})
    assert carried_out(billing) == [None]
    [mended] = endpoints(dashboard)
    assert set(mended.enabled_events) == {*WANTED, "payout.paid"}


def test_an_address_that_gets_everything_is_left_alone(
    billing: StripeConnector, dashboard: stripe.StripeClient
) -> None:
    dashboard.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})
    assert billing.plan_events(URL) == []


def test_only_what_inlay_made_is_taken_away(billing: StripeConnector, dashboard: stripe.StripeClient) -> None:
    other = dashboard.v1.webhook_endpoints.create({"url": "https://other.example/x", "enabled_events": ["*"]})
    carried_out(billing)
    for step in billing.plan_removal([]):
        assert billing.provision(step) is None
    assert [one.id for one in endpoints(dashboard)] == [other.id]
    assert billing.plan_removal([]) == []


def test_mending_what_is_gone_meanwhile_does_nothing(billing: StripeConnector, dashboard: stripe.StripeClient) -> None:
    assert billing.provision(ProvisionStep(URL, MEND, "mend", 2)) is None
    assert endpoints(dashboard) == []


def test_a_step_stripe_does_not_know_is_our_own_mistake(billing: StripeConnector) -> None:
    with pytest.raises(BugError):
        billing.provision(ProvisionStep(URL, "dance", "dance", 1))


def test_a_key_that_may_only_read_cannot_make_one(account: RunningSandbox) -> None:
    reader = connect(account.base_url, READING_TOKEN)
    [step] = reader.plan_events(URL)
    with pytest.raises(AuthError, match="webhook"):
        reader.provision(step)


def test_a_key_that_sees_no_addresses_has_none_to_take_away(
    billing: StripeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AuthError("the Stripe key may not do this with webhook_endpoints")

    monkeypatch.setattr(billing.api, "page", refused)
    assert billing.plan_removal([]) == []


def test_an_address_on_this_machine_is_refused_by_stripe(billing: StripeConnector) -> None:
    with pytest.raises(RejectedError, match="publicly"):
        carried_out(billing, "http://127.0.0.1:8080/webhooks/billing")


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"enabled_events[0]": "*"}, "url"),
        ({"url": URL}, "enabled_events"),
        ({"url": "ftp://x", "enabled_events[0]": "*"}, "url"),
        ({"url": URL, "enabled_events[0]": "Not an event"}, "enabled_events"),
        ({"url": URL, "enabled_events": "*"}, "enabled_events"),
        ({"url": URL, "enabled_events[0]": "*", "colour": "red"}, "colour"),
        ({"url": URL, "enabled_events[0]": "*", "disabled": "true"}, "disabled"),
    ],
)
def test_the_sandbox_refuses_what_stripe_refuses(account: RunningSandbox, values: dict[str, str], param: str) -> None:
    answer = Raw(account.base_url).post("/v1/webhook_endpoints", values)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_the_command_makes_the_address_of_the_configuration_and_shows_its_secret(
    account: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "inlay.yaml"
    config.write_text(
        f"""connections:
  billing:
    connector: stripe
    key: "{TOKEN}"
    base_url: "{account.base_url}"
    webhook: {{secrets: ["not known yet"], url: "{URL}"}}
""",
        encoding="utf-8",
    )
    monkeypatch.delenv("INLAY_KEY", raising=False)

    def provision(*arguments: str) -> str:
        out = io.StringIO()
        app = App(config, out=Console(file=out, width=300), err=Console(file=io.StringIO()))
        assert run_command(["--config", str(config), "provision", *arguments], app) == 0
        return out.getvalue()

    assert URL in provision()
    assert "whsec_" in provision("--yes")
    assert URL not in provision()


def test_there_is_room_for_sixteen(account: RunningSandbox, dashboard: stripe.StripeClient) -> None:
    for number in range(16):
        dashboard.v1.webhook_endpoints.create({"url": f"{URL}/{number}", "enabled_events": ["*"]})
    with pytest.raises(stripe.InvalidRequestError, match="maximum of 16"):
        dashboard.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})
    dashboard.v1.webhook_endpoints.delete(endpoints(dashboard)[0].id)
    assert len(endpoints(dashboard)) == 15
    assert Raw(account.base_url).get("/v1/webhook_endpoints/we_none").status_code == 404
