"""What leaves Inlay for an address that an admin names: signed, never into the firm's own network, bounded in time."""

from __future__ import annotations

from core.outbound.guard import RefusedAddressError, Target, read_target
from core.outbound.line import Line, Reply
from core.outbound.signing import check_secret, sign

__all__ = ["Line", "RefusedAddressError", "Reply", "Target", "check_secret", "read_target", "sign"]
