"""What does the job: once, or again and again beside the pages and webhooks of the same process."""

from __future__ import annotations

from core.engine.embedded import run_all
from core.engine.worker import run_once

__all__ = ["run_all", "run_once"]
