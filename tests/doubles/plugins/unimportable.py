"""Fails while it is imported."""

raise RuntimeError("no library of mine here")
