"""Plugins that break one promise each, for the host to survive."""
