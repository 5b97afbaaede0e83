"""The report as one HTML file that stands alone: no script, no picture or style from elsewhere, nothing to serve."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from core.config import FirmSettings
from core.ledger import Plan
from core.report.figures import BANDS, Report, gather
from core.report.words import FILTERS, Words
from core.store import Store
from core.sync import ConnectionSetup

# A page a browser still opens at once; whoever has more clients looks the others up in the console.
CLIENTS_SHOWN = 500
CHANGES_SHOWN = 500
JOINS_SHOWN = 60
PROBLEMS_SHOWN = 200


def write_report(
    store: Store,
    setups: Sequence[ConnectionSetup],
    plan: Plan | None,
    path: Path,
    *,
    firm: FirmSettings,
    as_of: datetime,
) -> Path:
    """Gather, render and write; returns the path."""
    path.write_text(render_report(gather(store, setups, plan, firm=firm, as_of=as_of)), encoding="utf-8")
    return path


def render_report(report: Report) -> str:
    """The page as text; every value is escaped by the template engine."""
    limits = {
        "clients": CLIENTS_SHOWN, "changes": CHANGES_SHOWN, "joins": JOINS_SHOWN, "problems": PROBLEMS_SHOWN,
    }  # fmt: skip
    bands = [(band, report.bands.get(band, 0)) for band in BANDS]
    template = pages().get_template("report.html")
    return template.render(report=report, words=Words(report.firm), bands=bands, limits=limits)


def pages() -> Environment:
    """The template engine: everything escaped, a misspelt name an error."""
    environment = Environment(
        loader=PackageLoader("core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment
