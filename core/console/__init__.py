"""Pages for the admin: how things stand, each client and why, the plan, the runs. They look and change nothing."""

from __future__ import annotations

from core.console.app import create_app

__all__ = ["create_app"]
