"""The ``inlay`` command: thin, over ``core.hub``."""

from __future__ import annotations

from core.cli.app import inlay, main
from core.cli.connect import connect
from core.cli.demo import demo
from core.cli.detach import detach
from core.cli.figures import figures
from core.cli.grown import scheduler, web, worker
from core.cli.hooks import webhooks
from core.cli.ledger import audit, edits, letters, pins
from core.cli.look import explain, status
from core.cli.received import received
from core.cli.scores import backtest_command, health
from core.cli.serve import run, sandbox
from core.cli.setup import config, doctor, init, provision
from core.cli.work import apply, plan, remap, sync, undo

for command in (
    init, config, connect, doctor, provision, detach, sync, status, plan, apply, undo, letters, edits, pins, audit,
    explain, figures, health, backtest_command, remap, sandbox, demo, run, worker, scheduler, web, webhooks,
):  # fmt: skip
    inlay.add_command(command)
webhooks.add_command(received)

__all__ = ["inlay", "main"]
