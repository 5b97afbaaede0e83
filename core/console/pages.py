"""The addresses of the console; each reads a view and renders it."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, Response, render_template, request, url_for

from core.console.views import ClientView, client_of, clients_of, current_plan, runs_of, status_of
from core.errors import ConfigError
from core.hub import Hub
from core.ledger import Operation, Plan, client_names
from core.ledger.witness import saw
from core.report.quota import needs
from core.signals import Explanation

VISITOR = "console"  # it has no login yet; whoever looks sits at this machine
FIRST_SIGNAL = "health.score"
CHANGES_SHOWN = 500


def console_blueprint(hub: Hub) -> Blueprint:
    """The pages for the admin of this hub's firm."""
    pages = Blueprint("console", __name__)

    @pages.get("/")
    def status() -> str:
        """Show what was read, what ran and what needs somebody."""
        return render_template("status.html", status=status_of(hub))

    @pages.get("/clients")
    def clients() -> str:
        """Show all clients, those at risk first."""
        text, number = request.args.get("q", ""), request.args.get("page", 1, type=int)
        found = clients_of(hub, text, number)
        saw(hub.store, hub.clock, VISITOR, "clients", f"page {found.number}")
        return render_template("clients.html", page=found, text=text, link=client_address)

    @pages.get("/client")
    def client() -> str:
        """Show one client with its signals and their reasons."""
        view = client_of(hub, request.args.get("id", ""))
        asked = request.args.get("signal") or _first(view)
        saw(hub.store, hub.clock, VISITOR, "client", view.client.id)
        return render_template("client.html", view=view, asked=asked, tree=_tree(hub, view.client.id, asked))

    @pages.get("/plan")
    def plan() -> str:
        """Show what the next delivery would change."""
        current = current_plan(hub)
        groups = _by_client(hub, current) if current else []
        needed = needs(current, hub.setups) if current else []
        if current:
            saw(hub.store, hub.clock, VISITOR, "plan", current.id)
        return render_template("plan.html", plan=current, groups=groups, needs=needed, limit=CHANGES_SHOWN)

    @pages.get("/runs")
    def runs() -> str:
        """Show the runs so far, newest first."""
        return render_template("runs.html", runs=runs_of(hub))

    @pages.get("/style.css")
    def style() -> Response:
        """Serve the one style sheet, so that no page needs the network."""
        return Response(render_template("style.css") + render_template("console.css"), mimetype="text/css")

    return pages


def client_address(client: str) -> str:
    """Where a client's page is; ids may hold anything, so they travel as a parameter."""
    return url_for("console.client", id=client)


def _first(view: ClientView) -> str | None:
    names = [signal.name for signal in view.signals]
    return FIRST_SIGNAL if FIRST_SIGNAL in names else next(iter(names), None)


def _tree(hub: Hub, client: str, signal: str | None) -> Explanation | None:
    if signal is None:
        return None
    try:
        return hub.explain(client, signal)
    except ConfigError:  # nobody publishes it any more: its last value is still in the table above
        return None


def _by_client(hub: Hub, plan: Plan) -> list[tuple[str, list[Operation]]]:
    with hub.store.read() as conn:
        names = client_names(conn, plan)
    named = sorted(
        ((names.get(one.client_id or "", "no client"), one) for one in plan.operations), key=lambda it: it[0]
    )
    return [(name, [one for _, one in group]) for name, group in groupby(named, key=lambda it: it[0])]
