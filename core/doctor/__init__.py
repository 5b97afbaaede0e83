"""The doctor: all that an admin should look at, in connections, plugins, the store and the installation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from core.checking import findings_of_plugins
from core.connector import Finding
from core.doctor.crm import examine_connections
from core.doctor.tidiness import untidiness
from core.hub import Hub
from core.store.findings import read_findings
from core.store.parked import read_parked

ROOMS = ("core", "connectors", "plugins", "webhooks", "mappings")


def examine(hub: Hub) -> list[Finding]:
    """Look at everything; calls each connected system, changes nothing."""
    return [*_installation(), *examine_connections(hub), *untidiness(hub), *_plugins(hub), *_store(hub)]


def _installation() -> Iterator[Finding]:
    roots = {room: str(Path(spec.origin).parent.parent) for room in ROOMS if (spec := find_spec(room)) and spec.origin}
    if len(set(roots.values())) > 1 or len(roots) < len(ROOMS):
        yield Finding(
            "foreign_package", "error", f"the packages {', '.join(ROOMS)} do not come from one installation",
            "installation", "install Inlay in a virtual environment of its own",
        )  # fmt: skip


def _plugins(hub: Hub) -> Iterator[Finding]:
    hub.publishers()  # asks every plugin, so that one which cannot name its signals is found
    yield from findings_of_plugins(hub.host, hub.config, hub.store, hub.clock)
    yield from hub.host.findings()


def _store(hub: Hub) -> Iterator[Finding]:
    with hub.store.read() as conn:
        for stored in read_findings(conn):
            yield Finding(stored.code, stored.severity, stored.message, stored.place, stored.remedy, stored.count)
        parked = Counter((row.problem, row.remedy) for row in read_parked(conn))
        verdict = hub.anchors.verify(conn)
    for (problem, remedy), count in parked.items():
        yield Finding("parked", "warning", f"records set aside: {problem}", "store", remedy, count)
    if verdict.problem is not None:
        yield Finding(
            "audit", "error", f"the audit log was changed from outside: {verdict.problem}", "store.audit",
            "restore the store from a back-up and find out who can write to it",
        )  # fmt: skip
