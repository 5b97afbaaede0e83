"""What all commands share: the options before them, the open hub, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from core.clock import Clock, SystemClock
from core.errors import BugError, InlayError
from core.hub import Hub
from core.logs import configure_logs

CONFIG = "inlay.yaml"
INTERRUPTED = 130


@dataclass
class App:
    """The settings of one invocation: where the configuration is, what tells the time, where to write."""

    config: Path
    clock: Clock = field(default_factory=SystemClock)
    out: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False, soft_wrap=True))

    @contextmanager
    def hub(self) -> Iterator[Hub]:
        """Open everything the configuration names, for the length of a command."""
        hub = Hub.open(self.config, os.environ, self.clock)
        for failure in hub.host.failures:
            self.err.print(f"[yellow]{failure.title}:[/] {failure}", markup=True)
        try:
            yield hub
        finally:
            hub.close()

    def json(self, value: Any) -> None:
        """Write one JSON document to standard output."""
        sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")
        sys.stdout.flush()


as_json = click.option("--json", "as_json", is_flag=True, help="Write JSON for scripts instead of text for people.")
pass_app = click.make_pass_decorator(App)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=CONFIG,
    envvar="INLAY_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
@click.version_option(package_name="inlay")
@click.pass_context
def inlay(context: click.Context, path: Path) -> None:
    """Inlay reads a firm's CRMs and billing, computes what they do not know, and writes it back into them.

    Exit codes: 0 done; 1 a check found errors; 2 the configuration or the command line needs an edit; 3 a system
    refused our credentials; 4 a system is unreachable or out of quota, try again later; 5 records were rejected and
    need a look; 6 a plugin failed; 10 `plan --check` found changes; 70 a bug in Inlay; 130 interrupted.
    """
    context.obj = context.obj or App(path)


def main() -> None:
    """Run the command line; every error becomes one clear line and an exit code."""
    configure_logs()
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str], app: App | None = None) -> int:
    """Run one command and return its exit code; the outermost boundary of the program."""
    console = app.err if app else Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        code = inlay.main(arguments, prog_name="inlay", standalone_mode=False, obj=app)
    except click.ClickException as mistake:
        mistake.show()
        return mistake.exit_code
    except (click.Abort, KeyboardInterrupt):
        console.print("interrupted; start the command again and it goes on from here")
        return INTERRUPTED
    except InlayError as error:
        console.print(f"{error.title}: {error}", style="red", markup=False)
        return error.exit_code
    except Exception as error:  # the outermost boundary: what arrives here is our own fault
        console.print_exception(max_frames=6, suppress=[click])
        bug = BugError(f"{type(error).__name__}: {error}", remedy="please report it with the lines above")
        console.print(f"{bug.title}: {bug}", style="red", markup=False)
        return bug.exit_code
    return code if isinstance(code, int) else 0
