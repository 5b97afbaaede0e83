"""Reading, joining and computing as one step, and how the result is shown: for ``sync``, ``remap`` and the demo."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from core.cli.app import App
from core.cli.progress import sync_progress
from core.hub import Hub
from core.identity import JoinReport
from core.signals import EvaluationReport
from core.sync import StreamReport, SyncReport


@dataclass(frozen=True)
class Reading:
    """What one round of reading brought."""

    reports: Sequence[SyncReport]
    joined: JoinReport
    evaluated: EvaluationReport

    def facts(self) -> dict[str, object]:
        """The same for a script."""
        return {
            "connections": {
                report.connection: [stream.facts() for stream in report.streams] for report in self.reports
            },
            "joined": self.joined.linked,
            "ambiguous": self.joined.doubts,
            "signals_changed": self.evaluated.changed,
        }


def read_everything(app: App, hub: Hub, *, full: bool = False, accept_vanished: Collection[str] = ()) -> Reading:
    """Read all connections, join, and compute, with progress on standard error."""
    with sync_progress(app.err) as show:
        reports = hub.sync(show, full=full, accept_vanished=accept_vanished)
    return Reading(reports, hub.join(), hub.evaluate())


def show_reading(app: App, reading: Reading) -> None:
    """One line per stream with what went wrong, then what was joined and computed."""
    if reading.reports:
        app.out.print(_streams(reading.reports))
    joined = reading.joined
    app.out.print(f"joined: {joined.linked} records with another system's; {joined.doubts} left for a person")
    show_computed(app, reading.evaluated)


def show_computed(app: App, evaluated: EvaluationReport) -> None:
    """How many signal values changed, and which signals failed."""
    app.out.print(f"signals: {evaluated.changed} values changed")
    for fault in evaluated.faults:
        app.err.print(f"{fault.title}: {fault}", style="yellow", markup=False)


def _streams(reports: Sequence[SyncReport]) -> Table:
    table = Table("stream", "read", "changed", "set aside", "gone", "", box=None, header_style="dim")
    for report in reports:
        for stream in report.streams:
            counts = (stream.read, stream.changed, stream.parked, stream.gone)
            name = f"{report.connection}/{stream.stream}"
            table.add_row(escape(name), *map(str, counts), escape(_trouble(name, stream)))
    return table


def _trouble(name: str, stream: StreamReport) -> str:
    if stream.state == "held":
        return (
            f"{stream.vanished} records vanished at once; nothing was marked as gone. "
            f"If that is true: inlay sync --accept-vanished {name}"
        )
    return str(stream.error) if stream.error else ""
