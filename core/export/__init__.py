"""The way out for firms without an API: files for the CRM's import wizard; and proof that nothing got lost."""

from __future__ import annotations

from core.export.importable import ExportedFile, ExportReport, export_csv
from core.export.reconcile import AmountLine, Line, reconcile

__all__ = ["AmountLine", "ExportReport", "ExportedFile", "Line", "export_csv", "reconcile"]
