"""Progress bars for long work: on a terminal they move, elsewhere they stay silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import (
    Progress as Bars,
)

from core.ledger import DeliveryProgress
from core.sync import Progress


@contextmanager
def bars(console: Console) -> Iterator[Bars]:
    """Bars that vanish when the work is done."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        yield shown


@contextmanager
def sync_progress(console: Console) -> Iterator[Callable[[Progress], None]]:
    """One bar per stream that is being read."""
    with bars(console) as shown:
        tasks: dict[str, TaskID] = {}

        def show(progress: Progress) -> None:
            """Move the bar of the stream that is being read."""
            name = f"{progress.connection}/{progress.stream}"
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=progress.total)
            shown.update(tasks[name], completed=progress.read, total=progress.total)

        yield show


@contextmanager
def delivery_progress(console: Console) -> Iterator[Callable[[DeliveryProgress], None]]:
    """One bar for all operations on their way."""
    with bars(console) as shown:
        task = shown.add_task("writing", total=None)

        def show(progress: DeliveryProgress) -> None:
            """Move the bar to the operations delivered so far."""
            where = f"writing {progress.connection}/{progress.stream}"
            shown.update(task, description=where, completed=progress.done, total=progress.total)

        yield show
