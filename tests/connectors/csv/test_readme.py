"""The examples of the page are configurations that work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors.csv.connector import BATCH, CsvConnector
from connectors.csv.settings import CsvSettings, FileOptions, Lines, View
from tests.connectors.csv.folder import connector, read_all, write

FOLDER = Path(__file__).resolve().parents[3] / "connectors" / "csv"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")


def examples() -> list[dict[str, Any]]:
    """The settings in each YAML block, whatever they are indented by."""
    blocks = [YAML(typ="safe", pure=True).load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    found = []
    for block in blocks:
        settings = block.get("connections", {}).get("files", block)
        kept = {key: value for key, value in settings.items() if key not in ("connector", "mapping")}
        found.append(kept if set(kept) <= set(CsvSettings.model_fields) else {"views": kept})
    return found


@pytest.mark.parametrize("settings", examples())
def test_examples_are_valid_settings(settings: dict[str, Any]) -> None:
    assert CsvSettings.model_validate(settings).model_dump(exclude_unset=True).keys() == settings.keys()


def test_there_are_examples_of_everything() -> None:
    together = [key for settings in examples() for key in settings]
    assert {"folder", "files", "views"} <= set(together)


def test_the_view_of_the_page_computes_what_it_says(tmp_path: Path) -> None:
    views = next(settings["views"] for settings in examples() if "invoices" in settings.get("views", {}))
    write(
        tmp_path,
        {
            "orders.csv": "order_id,freight\n1,2.50\n",
            "order_details.csv": "order_id,unit_price,quantity,discount\n1,10,2,0.1\n1,1.25,2,0\n",
        },
    )
    records, _ = read_all(connector(tmp_path, views={"invoices": views["invoices"]}), "invoices")
    assert records[0]["total"] == "23.00"


@pytest.mark.parametrize("setting", sorted(CsvSettings.model_fields))
def test_every_setting_is_on_the_page(setting: str) -> None:
    assert f"| `{setting}` |" in PAGE


@pytest.mark.parametrize("key", sorted({*FileOptions.model_fields, *View.model_fields, *Lines.model_fields}))
def test_every_key_of_files_and_views_is_on_the_page(key: str) -> None:
    assert re.search(rf"\b{key}:|`{key}:`", PAGE)


@pytest.mark.parametrize("model", [CsvSettings, FileOptions, View, Lines])
def test_every_setting_has_a_description(model: type[CsvSettings]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def test_the_manifest_tells_the_truth() -> None:
    manifest = YAML(typ="safe", pure=True).load((FOLDER / "manifest.yaml").read_text(encoding="utf-8"))
    assert (manifest["name"], manifest["batch"]) == (CsvConnector.kind, BATCH)
