"""Everything a call may touch: the org and, around it, sessions, quota, open query cursors and login secrets."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.salesforce.sandbox.bundle import Deployment
from connectors.salesforce.sandbox.cursors import Cursors
from connectors.salesforce.sandbox.jobs.job import BulkJobs
from connectors.salesforce.sandbox.logins import Logins
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.quota import Quota
from connectors.salesforce.sandbox.sessions import Sessions
from connectors.sandbox.clock import SandboxClock


@dataclass
class Site:
    """One org behind its API."""

    org: Org
    sessions: Sessions
    quota: Quota
    cursors: Cursors
    logins: Logins
    bulk: BulkJobs
    may_customize: bool = True
    may_hard_delete: bool = False
    deployments: dict[str, Deployment] = field(default_factory=dict)
    """What was deployed through the Metadata API, by id."""
    deployed: dict[tuple[str, str], str] = field(default_factory=dict)
    """Pages, layouts and views that are in force: file by kind and name."""


def open_site(clock: SandboxClock) -> Site:
    """Return a site with an org that has no rows yet."""
    return Site(Org(clock), Sessions(clock), Quota(clock), Cursors(clock), Logins(), BulkJobs(clock))
