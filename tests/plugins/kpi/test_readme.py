"""The README says of every figure, signal and setting what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from plugins import kpi
from plugins.kpi.settings import KpiSettings
from plugins.kpi.signals import DEFINITIONS, kpi_signals

README = (Path(str(kpi.__file__)).parent / "README.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row[1:] for row in re.findall(r"^\| `([\w.]+)` \| (.*?) \| (.*?) \|(?: (.*) \|)?$", README, re.MULTILINE)
}


def test_every_figure_stands_in_the_readme_with_its_id_and_meaning() -> None:
    for definition in DEFINITIONS:
        assert ROWS[f"kpi.{definition.name}"] == (definition.id, definition.unit, definition.doc)


def test_every_signal_that_is_kept_stands_in_the_readme() -> None:
    kept = [one for one in kpi_signals(KpiSettings()) if one.keep != "nothing" and not one.name.startswith("kpi.")]
    for signal in kept:
        assert ROWS[signal.name] == (signal.subject, signal.unit or signal.kind, signal.doc.splitlines()[0])


def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    for name, setting in KpiSettings.model_fields.items():
        default, meaning, _ = ROWS[name]
        assert meaning == setting.description
        assert default == (f"`{setting.default}`" if setting.default != {} else "none")
