"""One connection looked at: may we in, are the fields there that we read and write, and how far the quota has gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from core.budgets import Meter
from core.connector import Finding
from core.errors import InlayError
from core.hub import Hub
from core.provision import missing_fields, wanted_fields
from core.store.grants import Broken, broken_connections
from core.sync import ConnectionSetup

SHORT = 0.75
BUDGET = "quota"


def examine_connections(hub: Hub) -> Iterator[Finding]:
    """What is to be said of each connection; one that is shut out is not asked."""
    with hub.store.read() as conn:
        broken = {one.connection: one for one in broken_connections(conn)}
    for setup in hub.setups:
        if setup.name in broken:
            yield _reconnect(broken[setup.name])
            continue
        try:
            yield from _examine(setup)
        except InlayError as error:
            yield Finding("connection", "error", error.what, error.where or setup.name, error.remedy)


def _reconnect(broken: Broken) -> Finding:
    message = f"shut out since {broken.since}: {broken.cause}"
    return Finding("reconnect", "error", message, broken.connection, f"run `inlay connect {broken.connection}`")


def _examine(setup: ConnectionSetup) -> Iterator[Finding]:
    found = setup.connector.check()
    yield from found
    if any(finding.severity == "error" for finding in found):
        return
    missing = missing_fields(setup)
    if missing:
        yield Finding(
            "fields_missing", "warning", f"{len(missing)} of Inlay's fields do not exist there yet", setup.name,
            "`inlay provision` shows them, `inlay provision --yes` makes them", len(missing),
        )  # fmt: skip
    yield from _unknown_fields(setup)
    yield from setup.connector.findings()
    if not any(finding.code == BUDGET for finding in found):
        yield from (_meter(setup.name, meter) for meter in setup.connector.quota() if meter.allowed)


def _unknown_fields(setup: ConnectionSetup) -> Iterator[Finding]:
    """Fields that the mapping reads and the system lacks, or hides from this user; Inlay's own are told above.

    What several streams ask for and no description knows is the vendor's wrapping of every record (``createdAt``).
    """
    absent = {name: fields for name in setup.mapping.streams if (fields := _absent(setup, name))}
    asked = Counter(field for fields in absent.values() for field in fields)
    for name, fields in absent.items():
        missing = sorted(field for field in fields if asked[field] == 1)
        if missing:
            yield Finding(
                "field_unknown", "warning", f"the mapping reads fields that are not there: {', '.join(missing)}",
                f"{setup.name}/{name}", "correct the mapping, or let the integration user see them", len(missing),
            )  # fmt: skip


def _absent(setup: ConnectionSetup, name: str) -> list[str]:
    """The plain fields of one stream that its description does not know; none where nothing is described."""
    stream = setup.connector.streams().get(name)
    known = setup.connector.describe(name) if stream else {}
    if not known or stream is None:
        return []
    fine = {stream.id_field, stream.stamp_field, *known}
    fine.update(field.name for field in wanted_fields(setup) if field.stream == name)
    return [field for field in setup.mapping.streams[name].fields if _is_plain(field) and field not in fine]


def _is_plain(path: str) -> bool:
    return path.isidentifier()


def _meter(connection: str, meter: Meter) -> Finding:
    share = meter.used / meter.allowed
    message = f"{meter.used} of {meter.allowed} calls of the {meter.name} are used ({share:.0%})"
    if share < SHORT:
        return Finding(BUDGET, "info", message, connection)
    return Finding(BUDGET, "warning", message, connection, "spread the load, lower quota_share, or buy more calls")
