"""The worlds of the ledger's tests: a plan needs something that was planned."""

from __future__ import annotations

from tests.core.ledger.conftest import begun, crm, empty_store, store, world

__all__ = ["begun", "crm", "empty_store", "store", "world"]
