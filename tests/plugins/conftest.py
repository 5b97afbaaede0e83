"""The stores of the signals' tests serve the plugins' tests too."""

from __future__ import annotations

from tests.core.signals.conftest import book, each_store, migrated_file, store, twin

__all__ = ["book", "each_store", "migrated_file", "store", "twin"]
