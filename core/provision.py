"""Which fields Inlay needs in a CRM, and making them: asked of the mapping, carried out by the connector."""

from __future__ import annotations

from core.clock import iso
from core.connector import ProvisionStep, WantedField
from core.hub import Hub
from core.store.audit import append
from core.sync import ConnectionSetup


def wanted_fields(setup: ConnectionSetup) -> list[WantedField]:
    """Every field the mapping writes to, and the key fields by which creates are recognised."""
    written = [
        WantedField(write.stream, write.field, write.label, write.type, write.help, tuple(write.options))
        for write in setup.mapping.writes
    ]
    keys = {(rule.stream, rule.key_field) for rule in setup.mapping.creates.values()}
    keyed = [
        WantedField(stream, field, "Inlay key", "key", "Inlay's own key; it keeps a task from being made twice.")
        for stream, field in sorted(keys)
    ]
    return written + keyed


def missing_fields(setup: ConnectionSetup) -> list[ProvisionStep]:
    """The steps that would make all wanted fields exist; empty for systems Inlay does not write to."""
    wanted = wanted_fields(setup)
    return setup.connector.plan_fields(wanted) if wanted and setup.connector.writes else []


def missing_events(hub: Hub, setup: ConnectionSetup) -> list[ProvisionStep]:
    """The steps that would make the vendor send its events to the address in the configuration, where it names one."""
    wanted = hub.config.settings.connections[setup.name].webhook
    if wanted is None or wanted.url is None:
        return []
    written = {(one.stream, one.name) for one in wanted_fields(setup)}  # we know what we write ourselves
    fields = {
        name: [field for field in stream.fields if (name, field) not in written]
        for name, stream in setup.mapping.streams.items()
    }
    return setup.connector.plan_events(wanted.url, fields)


def provision_field(hub: Hub, connection: str, step: ProvisionStep) -> str | None:
    """Carry out one step and record it in the audit log; returns what the admin has to be told, such as a secret."""
    setup = next(setup for setup in hub.setups if setup.name == connection)
    told = setup.connector.provision(step)
    with hub.store.begin() as conn:
        append(conn, iso(hub.clock.now()), "admin", "provision", f"{connection}/{step.name}", {"summary": step.summary})
    return told
