"""Commands about what the ledger keeps: letters that came back, pinned fields, and the audit log."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from itertools import islice
from typing import Any

import click
import orjson

from core.cli.app import App, as_json, pass_app
from core.cli.progress import delivery_progress
from core.errors import ConfigError, RejectedError
from core.hub import Hub
from core.ledger import (
    ApplyReport,
    Chosen,
    LeftAlone,
    dead_letters,
    decline,
    dismiss,
    edit,
    list_pins,
    lost_values,
    pin,
    plan_undo,
    replay,
    unpin,
)
from core.store.audit import read_audit

AS = click.option("--as", "actor", default=getpass.getuser, help="Who does it; default: the user of this machine.")
ALL = click.option("--all", "everything", is_flag=True, help="All of them.")


@click.group()
def letters() -> None:
    """What the vendors have refused for good: look, mend, try again, or give up."""


@letters.command("list")
@as_json
@pass_app
def list_letters(app: App, as_json: bool) -> None:
    """List dead letters with their cause."""
    with app.hub() as hub:
        found = dead_letters(hub.store)
    if as_json:
        app.json([{"operation": one.operation.id, "place": one.operation.place, "cause": one.cause} for one in found])
        return
    for one in found:
        app.out.print(f"{one.operation.id}  {one.operation.place}: {one.cause}", markup=False)
    if not found:
        app.out.print("no dead letters", style="green")


@letters.command("replay")
@click.argument("operations", nargs=-1)
@ALL
@AS
@pass_app
def replay_letters(app: App, operations: tuple[str, ...], everything: bool, actor: str) -> None:
    """Try OPERATIONS again, or all of them."""
    with app.hub() as hub:
        chosen = _chosen(hub, operations, everything)
        with delivery_progress(app.err) as show:
            report = replay(hub.store, hub.setups, hub.clock, chosen, actor=actor, progress=show)
        show_delivery(app, report, as_json=False)


@letters.command("dismiss")
@click.argument("operations", nargs=-1)
@ALL
@AS
@pass_app
def dismiss_letters(app: App, operations: tuple[str, ...], everything: bool, actor: str) -> None:
    """Give OPERATIONS up, or all of them; the same change comes back only with approval."""
    with app.hub() as hub:
        count = dismiss(hub.store, hub.clock, _chosen(hub, operations, everything), actor=actor)
    app.out.print(f"{count} dismissed")


@letters.command("edit")
@click.argument("operation")
@click.argument("field")
@click.argument("value")
@AS
@pass_app
def edit_letter(app: App, operation: str, field: str, value: str, actor: str) -> None:
    """Change what OPERATION would write into FIELD, as JSON or text; then replay it. The field is pinned."""
    with app.hub() as hub:
        changed = edit(hub.store, hub.clock, operation, field, _value(value), actor=actor)
    app.out.print(f"{changed.id} was changed; `inlay letters replay {changed.id}` sends it", markup=False)


@click.group()
def pins() -> None:
    """Fields and records that people keep for themselves."""


@pins.command("list")
@pass_app
def show_pins(app: App) -> None:
    """List what is pinned."""
    with app.hub() as hub:
        for one in list_pins(hub.store):
            app.out.print(f"{one.place}  {one.pinned_by}  {one.pinned_at}  {one.reason}", markup=False)


@pins.command("add")
@click.argument("record", metavar="CONNECTION/STREAM/ID")
@click.argument("field", required=False, default="")
@click.option("--reason", default="", help="Why.")
@AS
@pass_app
def add_pin(app: App, record: str, field: str, reason: str, actor: str) -> None:
    """Keep Inlay from writing FIELD of a record, or any of its fields."""
    with app.hub() as hub:
        made = pin(hub.store, hub.clock, record, field, actor=actor, reason=reason)
    app.out.print(f"{made.place} is pinned", markup=False)


@pins.command("remove")
@click.argument("record", metavar="CONNECTION/STREAM/ID")
@click.argument("field", required=False, default="")
@AS
@pass_app
def remove_pin(app: App, record: str, field: str, actor: str) -> None:
    """Let Inlay write it again."""
    with app.hub() as hub:
        unpin(hub.store, hub.clock, record, field, actor=actor)


@click.group()
def edits() -> None:
    """What people wrote in the moment between Inlay's look and its write, and that was written over."""


@edits.command("list")
@as_json
@pass_app
def list_edits(app: App, as_json: bool) -> None:
    """List such edits; the plan offers to give each of them back."""
    with app.hub() as hub, hub.store.read() as conn:
        found = lost_values(conn)
    if as_json:
        app.json([{"write": one.operation.id, "place": one.operation.place, "edited": one.edited_at} for one in found])
        return
    for one in found:
        app.out.print(f"{one.operation.id}  {one.operation.place}  edited {one.edited_at}", markup=False)


@edits.command("decline")
@click.argument("write")
@AS
@pass_app
def decline_edit(app: App, write: str, actor: str) -> None:
    """Let Inlay's value stand: what WRITE has replaced is not offered any more, and the field is Inlay's again."""
    with app.hub() as hub:
        decline(hub.store, hub.clock, write, actor=actor)
    app.out.print(f"what {write} wrote stands", markup=False)


@click.group()
def audit() -> None:
    """The log of who did what, which nobody can change unnoticed."""


@audit.command("verify")
@pass_app
def verify_audit(app: App) -> None:
    """Look for entries that were changed, removed, put in or cut off; exit with 1 when there are any."""
    with app.hub() as hub:
        with hub.store.read() as conn:
            verdict = hub.anchors.verify(conn)
        if verdict.problem is None:
            hub.drop_anchor()
    app.out.print(f"{verdict.entries} entries, {verdict.anchors} anchors: {verdict.problem or 'whole'}", markup=False)
    if verdict.problem is not None:
        raise click.exceptions.Exit(1)


@audit.command("show")
@click.option("--since", type=int, default=0, help="Only entries after this number.")
@click.option("--limit", type=int, default=100, show_default=True, help="At most so many.")
@as_json
@pass_app
def show_audit(app: App, since: int, limit: int, as_json: bool) -> None:
    """Show entries in their order."""
    with app.hub() as hub, hub.store.read() as conn:
        found = list(islice(read_audit(conn, since), limit))
    if as_json:
        app.json([{"seq": e.seq, "at": e.at, "actor": e.actor, "action": e.action, "subject": e.subject,
                   "facts": e.facts} for e in found])  # fmt: skip
        return
    for one in found:
        app.out.print(f"{one.seq}  {one.at}  {one.actor}  {one.action}  {one.subject}", markup=False)


def show_delivery(app: App, report: ApplyReport, as_json: bool) -> None:
    """What became of a delivery; raises ``RejectedError`` when a vendor has refused something."""
    counts = {name: getattr(report, name) for name in ("applied", "rejected", "skipped", "waiting", "unknown")}
    if as_json:
        app.json({"run": report.run_id, **counts, "stopped": report.stopped})
    else:
        said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        app.out.print(f"{report.run_id or 'no run'}: {said or 'nothing to do'}")
        for connection, why in report.stopped.items():
            app.out.print(f"{connection} stopped: {why}", style="yellow", markup=False)
    if report.rejected:
        remedy = "`inlay letters list` shows them with the vendor's words"
        raise RejectedError(f"{report.rejected} operations were rejected", where="apply", remedy=remedy)


def show_left_alone(app: App, left: Iterable[LeftAlone]) -> None:
    """One line per operation that undo does not take back, with the reason."""
    for one in left:
        place = one.operation.field or one.operation.kind
        record = f"{one.operation.connection}/{one.operation.external_id}"
        app.out.print(f"left alone: {record} {place}: {one.why}", markup=False)


def show_undo(app: App, hub: Hub, chosen: Chosen) -> None:
    """What undoing would do next."""
    planned = plan_undo(hub.store, hub.setups, chosen)
    for one in planned.operations:
        app.out.print(f"{one.kind} {one.place}: {one.reason}", markup=False)
    show_left_alone(app, planned.left_alone)


def _chosen(hub: Hub, operations: tuple[str, ...], everything: bool) -> list[str]:
    if everything:
        return [one.operation.id for one in dead_letters(hub.store)]
    if not operations:
        raise ConfigError("no operation was named", remedy="name some, as `inlay letters list` shows them, or --all")
    return list(operations)


def _value(text: str) -> Any:
    """JSON where it is JSON (a number, null, a text in quotes), else the text itself."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
