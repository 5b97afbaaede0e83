"""The page a partner reads: clients by risk, what Inlay would change, what was joined, and what needs a person."""

from __future__ import annotations

from core.report.figures import Report, gather
from core.report.page import render_report, write_report

__all__ = ["Report", "gather", "render_report", "write_report"]
