"""Commands about subscribers: who is told what, how it went, and sending again."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

import click
import orjson

from core.cli.app import App, as_json, pass_app
from core.clock import iso
from core.errors import ConfigError, RetryLater
from core.hub import Hub
from core.outbound.line import Line
from core.outbound.signing import new_key_pair, new_secret
from core.store import events, findings
from core.store.audit import append
from core.yamlfile import nearest
from webhooks.outgoing.catalogue import CATALOGUE, openapi
from webhooks.outgoing.courier import DISABLED, FAILED, Courier
from webhooks.outgoing.subscribers import Subscriber, subscribers_of

NAME = click.argument("name")
AS = click.option("--as", "actor", default=getpass.getuser, help="Who does it; default: the user of this machine.")


@click.group()
def webhooks() -> None:
    """Systems that are told what Inlay finds and does: `subscribers:` of inlay.yaml."""


@webhooks.command("list")
@as_json
@pass_app
def list_subscribers(app: App, as_json: bool) -> None:
    """List subscribers, what they want, and how they do."""
    with _subscribed(app) as (hub, subscribers), hub.store.read() as conn:
        counts = events.counts(conn)
        rows = [_row(one, events.standing(conn, name), counts.get(name, {})) for name, one in subscribers.items()]
    if as_json:
        app.json(rows)
        return
    for row in rows:
        app.out.print(f"{row['name']:20} {row['state']:12} {row['host']}  {row['counts']}", markup=False)
    if not rows:
        app.out.print("no subscribers; name them in inlay.yaml under `subscribers:`")


@webhooks.command()
@click.argument("name", required=False)
@click.option("--state", type=click.Choice(["waiting", "delivered", "failed"]), help="Only these.")
@click.option("--limit", default=50, show_default=True, help="At most so many, the newest first.")
@as_json
@pass_app
def log(app: App, name: str | None, state: str | None, limit: int, as_json: bool) -> None:
    """Show the latest deliveries, to one subscriber or to all."""
    with _subscribed(app) as (hub, _), hub.store.read() as conn:
        found = list(events.log(conn, name, state, limit))
    if as_json:
        app.json([asdict(one) for one in found])
        return
    for one in found:
        said = one.trouble or (str(one.status) if one.status else "")
        line = (
            f"{one.occurred_at}  {one.event_id}  {one.type:24} {one.subscriber:16} {one.state:9} {one.attempts} {said}"
        )
        app.out.print(line, markup=False)


@webhooks.command()
@click.argument("event")
@as_json
@pass_app
def show(app: App, event: str, as_json: bool) -> None:
    """Show one event: its body as it is sent, and every attempt with the answer."""
    with _subscribed(app) as (hub, _), hub.store.read() as conn:
        found, attempts = events.read_event(conn, event), events.attempts_of(conn, event)
    if found is None:
        raise ConfigError(f"there is no event {event}", where="webhooks", remedy="see `inlay webhooks log`")
    body = orjson.loads(found.body)
    if as_json:
        app.json({"id": found.id, "body": body, "attempts": [asdict(one) for one in attempts]})
        return
    app.out.print_json(orjson.dumps(body).decode())
    for one in attempts:
        said = one.trouble or f"{one.status} {one.reply[:200]}"
        app.out.print(f"{one.at}  {one.subscriber} #{one.number}  {one.milliseconds} ms  {said}", markup=False)


@webhooks.command()
@NAME
@pass_app
def test(app: App, name: str) -> None:
    """Send a test event to a subscriber now, and tell its answer."""
    with _courier(app, name) as (_, courier):
        reply = courier.ping(name)
    if not reply.is_success:
        what = reply.trouble or f"answered {reply.status}: {reply.text[:200]}"
        raise RetryLater(
            f"{name} did not take it: {what}", where=f"subscribers.{name}", remedy="mend it and test again"
        )
    app.out.print(f"{name} answered {reply.status} in {reply.seconds * 1000:.0f} ms", style="green")


@webhooks.command()
@NAME
@click.argument("ids", nargs=-1, metavar="[EVENT]...")
@click.option("--failed", is_flag=True, help="All that were given up.")
@click.option("--since", type=click.DateTime(), help="All that happened from this instant on, UTC.")
@click.option("--until", type=click.DateTime(), help="With --since: and before this one.")
@AS
@pass_app
def resend(
    app: App,
    name: str,
    ids: tuple[str, ...],
    failed: bool,
    since: datetime | None,
    until: datetime | None,
    actor: str,
) -> None:
    """Send events again: some by id, all that failed, or all of a time; `inlay run` sends them."""
    wanted = {"ids": ids, "state": "failed" if failed else "", "since": _zulu(since), "until": _zulu(until)}
    chosen = {key: value for key, value in wanted.items() if value}
    if not chosen:
        raise ConfigError("nothing was chosen", where="resend", remedy="name events, or use --failed or --since")
    with _courier(app, name) as (hub, _), hub.store.begin() as conn:
        at = iso(hub.clock.now())
        count = events.resend(conn, name, at, chosen)
        append(conn, at, actor, "resend_events", name, {"count": count})
        findings.settle(conn, FAILED, f"subscribers/{name}")
    app.out.print(f"{count} wait to be sent again")


@webhooks.command()
@NAME
@AS
@pass_app
def enable(app: App, name: str, actor: str) -> None:
    """Send to a subscriber again that was given up; what has waited is sent."""
    with _courier(app, name) as (hub, _), hub.store.begin() as conn:
        at = iso(hub.clock.now())
        events.set_standing(conn, name, events.Standing())
        findings.settle(conn, DISABLED, f"subscribers/{name}")
        append(conn, at, actor, "enable_subscriber", name, {})
    app.out.print(f"{name} is sent to again", style="green")


@webhooks.command()
@click.option("--key-pair", is_flag=True, help="ed25519: the receiver gets only a public key.")
@pass_app
def secret(app: App, key_pair: bool) -> None:
    """Make a secret for a subscriber; shown once, kept nowhere."""
    if not key_pair:
        app.out.print(new_secret(), markup=False)
        return
    private, public = new_key_pair()
    app.out.print(f"for inlay.yaml:    {private}\nfor the receiver:  {public}", markup=False)


@webhooks.command()
@click.option("--openapi", "as_openapi", is_flag=True, help="As an OpenAPI 3.1 document.")
@pass_app
def catalogue(app: App, as_openapi: bool) -> None:
    """List the events there are, and what they say."""
    if as_openapi:
        app.json(openapi())
        return
    for name, data in CATALOGUE.items():
        app.out.print(f"{name:24} {data.__doc__}", markup=False)


@contextmanager
def _subscribed(app: App) -> Iterator[tuple[Hub, dict[str, Subscriber]]]:
    with app.hub() as hub:
        yield hub, subscribers_of(hub.config)


@contextmanager
def _courier(app: App, name: str) -> Iterator[tuple[Hub, Courier]]:
    """The hub and what sends, once it is known that there is such a subscriber."""
    with _subscribed(app) as (hub, subscribers):
        if name not in subscribers:
            remedy = nearest(name, list(subscribers))
            raise ConfigError(f"there is no subscriber {name}", where="subscribers", remedy=remedy)
        yield hub, Courier(hub.store, hub.clock, subscribers, lambda one: Line(one.target))


def _row(one: Subscriber, standing: events.Standing, counts: dict[str, int]) -> dict[str, object]:
    state = "disabled" if standing.disabled_at else "failing" if standing.failing_since else "well"
    return {
        "name": one.name,
        "host": one.target.host,
        "events": list(one.events),
        "state": state,
        "cause": standing.cause,
        "counts": counts,
    }


def _zulu(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.isoformat()}Z"
