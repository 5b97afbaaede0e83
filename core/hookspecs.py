"""Every hook of Inlay, on one page.

Results are values, never side effects. A hook runs in the process that asks (the command line or a worker); each
plugin is called alone and timed, so one that raises loses only its own results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pluggy import HookimplMarker, HookspecMarker

from core.connector import Connector, Finding

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.proposals import Portfolio, Proposal
    from core.signals import Context, Signal

PROJECT = "inlay"

hookspec = HookspecMarker(PROJECT)
hookimpl = HookimplMarker(PROJECT)


@hookspec
def register_connectors() -> list[type[Connector]]:
    """Name the connector classes of this package.

    Called once, when a connection of the configuration names the package. An exception makes those connections
    unusable.
    """
    raise NotImplementedError


@hookspec
def register_settings() -> type[BaseModel]:
    """Name the model of this plugin's settings; its fields and their descriptions are what the admin may write.

    Called once, before any other hook of the plugin; settings that do not fit the model stop Inlay with file and line.
    """
    raise NotImplementedError


@hookspec
def register_signals(settings: BaseModel) -> list[Signal]:
    """Define the signals this plugin publishes, under these settings.

    Called once per evaluation. A signal that raises while it is computed stays unknown, and so do those that need it.
    """
    raise NotImplementedError


@hookspec
def propose(portfolio: Portfolio, context: Context) -> list[Proposal]:
    """Propose tasks and notes from the signals and records of all clients.

    Called once per plan. Proposals are values: whether, where and when they are carried out is the ledger's to decide.
    An exception loses this plugin's proposals of this plan, and is reported with its name.
    """
    raise NotImplementedError


@hookspec
def check(portfolio: Portfolio, context: Context) -> list[Finding]:
    """Say what an admin or partner should mend: settings that name nobody, records that cannot be counted.

    Called by ``inlay doctor``, and by ``inlay config check`` where records were read before. A finding's ``where`` is a
    record's id, or a path in the plugin's own settings that begins with ``settings.``; the host turns it into file and
    line. An exception becomes a finding.
    """
    raise NotImplementedError
