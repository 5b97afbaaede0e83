"""Inlay's hub: records, store, signals, ledger and the engine that runs them."""
