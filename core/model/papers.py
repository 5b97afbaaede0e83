"""What is signed and filed."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.model.record import Record
from core.model.values import Count, Date, Instant, Recipient, RecordRef, SourceId


class Envelope(Record):
    """Documents sent out for signature."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("envelope_id",),)

    provider: str | None = None
    envelope_id: str | None = None
    subject: str | None = None
    status: Literal["created", "sent", "delivered", "completed", "declined", "voided", "expired"] | None = None
    sent_at: Instant | None = None
    delivered_at: Instant | None = None
    completed_at: Instant | None = None
    declined_at: Instant | None = None
    voided_at: Instant | None = None
    voided_reason: str | None = None
    expires_at: Instant | None = None
    client_id: SourceId | None = None
    contract_id: SourceId | None = None
    deal_id: SourceId | None = None
    document_ids: list[SourceId] | None = None
    recipients: list[Recipient] | None = None


class Document(Record):
    """A file about a client; ``size_bytes`` in bytes, ``sha256`` in hexadecimal."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("name",),)

    name: str | None = None
    kind: str | None = None
    mime_type: str | None = None
    size_bytes: Count | None = None
    sha256: str | None = None
    storage_ref: str | None = None
    visibility: Literal["internal", "client"] | None = None
    client_id: SourceId | None = None
    related: list[RecordRef] | None = None
    version: str | None = None
    retention_until: Date | None = None
