"""Every event Inlay sends, with the shape of its data: the one place from which schemas and documentation are made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Scalar = str | int | float | bool | None


class EventData(BaseModel):
    """What an event says; fields may be added later, none is taken away or changes its meaning."""

    model_config = ConfigDict(frozen=True)


class SignalChanged(EventData):
    """A signal of a client, contact or contract has another value."""

    subject: str = Field(description="id of the client, contact or contract, as Inlay names it")
    subject_type: str
    signal: str = Field(description="its name, such as revenue.overdue")
    value: Scalar = Field(description="null when it is no longer known")
    previous: Scalar = Field(description="null when it was not known before")
    reason: str = Field(description="why, in a sentence")
    since: datetime


class HealthChanged(EventData):
    """A client's health moved into another band."""

    client: str
    name: str | None = Field(description="the client's name, as its CRM spells it")
    band: Scalar = Field(description="the band now")
    previous: Scalar
    score: Scalar = Field(description="the score now")
    reason: str
    since: datetime


class NoticeDue(EventData):
    """A contract has come one stage nearer to its end or notice deadline."""

    contract: str
    client: str | None
    name: str | None = Field(description="the contract's number or title")
    stage: Scalar = Field(description="days left that were reached: 180, 90, … 7")
    notice_deadline: Scalar = Field(description="last working day on which notice can arrive")
    end: Scalar
    reason: str


class OperationEnded(EventData):
    """A change of the ledger was carried out, refused for good, or taken back."""

    operation: str = Field(description="its id in the ledger; of an undoing: the id of what was taken back")
    kind: str
    connection: str
    stream: str
    record: str | None = Field(description="the CRM's own id")
    field: str | None
    client: str | None
    plugin: str
    reason: str
    before: Any = None
    after: Any = None
    error: str | None = Field(None, description="the CRM's own words")
    run: str | None = None


class ConnectionState(EventData):
    """A connection or a job stands still, or works again."""

    place: str = Field(description="connection/stream, or the job")
    code: str
    message: str
    remedy: str
    since: datetime


class Ping(EventData):
    """A test, sent by hand: it says nothing but that the way is open."""

    subscriber: str
    note: str = "sent by hand to test this endpoint"


CATALOGUE: Mapping[str, type[EventData]] = MappingProxyType(
    {
        "client.health_changed": HealthChanged,
        "contract.notice_due": NoticeDue,
        "signal.changed": SignalChanged,
        "operation.applied": OperationEnded,
        "operation.rejected": OperationEnded,
        "operation.undone": OperationEnded,
        "connection.failing": ConnectionState,
        "connection.recovered": ConnectionState,
        "endpoint.test": Ping,
    }
)


def schema_of(event_type: str) -> dict[str, Any]:
    """The JSON Schema of one event's whole body."""
    data = CATALOGUE[event_type].model_json_schema()
    definitions = data.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event_type,
        "description": CATALOGUE[event_type].__doc__,
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": event_type},
            "timestamp": {"type": "string", "format": "date-time", "description": "when it happened, UTC"},
            "data": data,
        },
        **({"$defs": definitions} if definitions else {}),
    }


def openapi() -> dict[str, Any]:
    """All events as the ``webhooks`` of an OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Inlay's webhooks", "version": "1", "description": "Signed as Standard Webhooks 1.0.0."},
        "webhooks": {name: {"post": _operation(name)} for name in CATALOGUE},
    }


def _operation(event_type: str) -> dict[str, Any]:
    schema = {key: value for key, value in schema_of(event_type).items() if key != "$schema"}
    headers = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
        for name, what in (
            ("webhook-id", "the same for every attempt: keep it to know a repetition"),
            ("webhook-timestamp", "Unix seconds of this attempt: refuse what is five minutes off"),
            ("webhook-signature", "one per secret, with a blank between them: v1 (HMAC-SHA256) or v1a (ed25519)"),
        )
    ]
    return {
        "operationId": event_type.replace(".", "_"),
        "summary": CATALOGUE[event_type].__doc__,
        "parameters": headers,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "taken; anything else is sent again"},
            "410": {"description": "wanted no more: nothing further is sent"},
        },
    }
