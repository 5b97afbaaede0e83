"""A plan for the terminal: per client and record the fields before and after, why, and what may not go and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import orjson
from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree
from sqlalchemy import Connection

from core.ledger.operations import Operation
from core.ledger.plan import Plan
from core.ledger.policy import APPLY, BLOCKED, NEEDS_APPROVAL
from core.store.golden import lookup

STYLES = ((APPLY, "green"), (NEEDS_APPROVAL, "yellow"), (BLOCKED, "red"), ("", "dim"))
MARKS = {"set_field": "~", "create_record": "+", "delete_record": "-", "merge_records": ">"}
LONGEST_VALUE = 60
Names = Mapping[str, str]


def client_names(conn: Connection, plan: Plan) -> dict[str, str]:
    """The names of all clients that a plan touches, by golden id."""
    ids = sorted({one.client_id for one in plan.operations if one.client_id})
    found = lookup(conn, "client", ids)
    return {client: str(orjson.loads(row.data).get("name") or client) for client, row in found.items()}


def render_plan(plan: Plan, names: Names | None = None, limit: int | None = None) -> RenderableType:
    """The whole plan, or its first ``limit`` clients, with a summary at the end."""
    groups = list(_by_client(plan.operations))
    shown = groups if limit is None else groups[:limit]
    parts: list[RenderableType] = [_client(client, operations, names or {}) for client, operations in shown]
    if len(shown) < len(groups):
        parts.append(Text(f"… and {len(groups) - len(shown)} more clients", "dim"))
    return Group(*parts, *_summary(plan))


def _by_client(operations: Sequence[Operation]) -> Iterator[tuple[str, list[Operation]]]:
    ordered = sorted(operations, key=lambda one: one.client_id or "")
    for client, group in groupby(ordered, key=lambda one: one.client_id or ""):
        yield client, list(group)


def _client(client: str, operations: Sequence[Operation], names: Names) -> Tree:
    tree = Tree(Text.assemble((names.get(client, client or "no client"), "bold"), ("  " + client, "dim")))
    for record, group in groupby(operations, key=lambda one: (one.connection, one.stream, one.external_id)):
        branch = tree.add(Text("/".join(part or "new" for part in record), "cyan"))
        for one in group:
            branch.add(_line(one))
    return tree


def _line(one: Operation) -> Text:
    style = next(style for verdict, style in STYLES if one.verdict.startswith(verdict))
    text = Text(f"{MARKS[one.kind]} ", style)
    text.append_text(_change(one))
    if one.verdict != APPLY:
        text.append(f"  [{one.verdict}]", style)
    text.append(f"  {one.plugin}: {one.reason}", "dim")
    return text


def _change(one: Operation) -> Text:
    if one.kind != "set_field":
        if one.kind == "merge_records":
            return Text(f"takes in {', '.join(one.after['losers'])}")
        record = one.after or one.before
        told = ", ".join(f"{name}: {short(value)}" for name, value in record["values"].items())
        return Text(told)
    return Text.assemble(
        f"{one.field}: ",
        (short(one.before), "red" if one.before is not None else "dim"),
        " → ",
        (short(one.after), "green"),
    )


def short(value: object) -> str:
    """A vendor value as one short line; nothing is said in words."""
    if value in (None, ""):
        return "(empty)"
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _summary(plan: Plan) -> Iterator[Text]:
    if not plan.operations and not plan.refused:
        yield Text("Nothing to change: the CRMs hold what they should.", "green")
    else:
        counts = f"{len(plan.ready)} to apply, {len(plan.awaiting)} awaiting approval, {len(plan.blocked)} blocked, "
        counts = f"{counts}{len(plan.observed)} only observed"
        beyond = f", {len(plan.simulated)} only simulated, outside a pilot" if plan.simulated else ""
        yield Text(f"{plan.id}: {counts}{beyond}", "bold")
    for connection, calls in plan.calls.items():
        more = f", {calls['needs approval']} more once approved" if calls["needs approval"] else ""
        yield Text(f"  {connection}: {calls['apply']} API calls{more}")
    if plan.in_flight:
        yield Text(
            f"  {plan.in_flight} operations of earlier runs are still on their way; `inlay apply` carries on", "yellow"
        )
    for refusal in plan.refused:
        yield Text(f"  refused: {refusal.plugin} {refusal.subject}: {refusal.why}", "red")
    for note in plan.notes:
        yield Text(f"  note: {note}", "yellow")
