"""What is written and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from core.config import load_config
from core.errors import ConfigError
from core.mapping import Mapping
from core.onboard import render, write_proposal
from core.onboard.yamltext import block, flow
from tests.core.onboard.exports import CLIENTS, INVOICES, STAFF, proposed

FILES = {"clients.csv": CLIENTS, "staff.csv": STAFF, "invoices.csv": INVOICES, "products.csv": "id,name\n1,Tea\n"}


def test_the_files_load_as_they_are(tmp_path: Path) -> None:
    written = write_proposal(proposed(tmp_path / "in", FILES), tmp_path / "out")
    assert [path.name for path in written] == ["inlay.yaml", "files-mapping.yaml"]
    config = load_config(tmp_path / "out" / "inlay.yaml", {})
    settings = config.settings.connections["files"]
    assert (settings.connector, settings.mapping) == ("csv", "files-mapping.yaml")
    assert set(config.settings.plugins) == {"health", "renewals"}
    mapping = Mapping.load("csv", "files", tmp_path / "out" / "files-mapping.yaml", currency="GBP", region="GB")
    assert list(mapping.streams) == ["clients.csv", "people", "invoices.csv", "inlay_tasks"]
    assert set(mapping.creates) == {"task"}


def test_the_folder_is_found_from_where_the_configuration_lies(tmp_path: Path) -> None:
    write_proposal(proposed(tmp_path / "in", FILES), tmp_path / "deep" / "out")
    config = load_config(tmp_path / "deep" / "out" / "inlay.yaml", {})
    folder = config.folder / config.settings.connections["files"].options["folder"]
    assert folder.resolve() == (tmp_path / "in").resolve()


def test_nothing_is_replaced_unless_told(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "in", FILES)
    out = tmp_path / "out"
    out.mkdir()
    (out / "files-mapping.yaml").write_text("mine")
    with pytest.raises(ConfigError, match=r"files-mapping\.yaml is there already .* --force"):
        write_proposal(proposal, out)
    assert [path.name for path in out.iterdir()] == ["files-mapping.yaml"]
    assert (out / "files-mapping.yaml").read_text() == "mine"
    write_proposal(proposal, out, force=True)
    assert (out / "files-mapping.yaml").read_text() != "mine"


def test_old_data_sets_the_day_and_fresh_data_only_mentions_it(tmp_path: Path) -> None:
    old = {name: content.replace("/2026", "/2006") for name, content in FILES.items()}
    write_proposal(proposed(tmp_path / "old", old), tmp_path / "a")
    assert str(load_config(tmp_path / "a" / "inlay.yaml", {}).settings.as_of) == "2006-04-29"
    fresh = {name: content.replace("/04/2026", "/06/2026") for name, content in FILES.items()}
    write_proposal(proposed(tmp_path / "fresh", fresh), tmp_path / "b")
    assert load_config(tmp_path / "b" / "inlay.yaml", {}).settings.as_of is None
    assert "# as_of: 2026-06-29" in (tmp_path / "b" / "inlay.yaml").read_text()


def test_what_might_be_meant_is_offered_as_a_comment(tmp_path: Path) -> None:
    orders = "order_id,client_id,order_date,required_date,amount\n" + "".join(
        f"{n},C{n},2026-01-0{n},2026-02-0{n},5.00\n" for n in range(1, 8)
    )
    write_proposal(proposed(tmp_path / "in", {"clients.csv": CLIENTS, "orders.csv": orders}), tmp_path / "out")
    text = (tmp_path / "out" / "files-mapping.yaml").read_text()
    assert "# due_date: required_date   # only if this is when payment was due" in text
    assert "without it nobody counts as a late payer" in text


def test_the_rendering_tells_all(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "in", FILES)
    text = render(proposal)
    for one in proposal.recognised:
        assert one.file in text
        assert one.how in text
    for left in proposal.left_out:
        assert left.what in text
        assert left.why in text
    for sentence in (*proposal.assumed, *proposal.unknown):
        assert sentence in text
    assert "Newest date in the data: 2026-04-29" in text


def test_the_rendering_is_aligned(tmp_path: Path) -> None:
    rows = render(proposed(tmp_path / "in", FILES)).splitlines()
    head = next(row for row in rows if row.lstrip().startswith("file"))
    column = head.index("because")
    table = rows[rows.index(head) + 1 :][:3]
    assert all(row[column - 1] == " " and row[column] != " " for row in table)


SCALAR = st.one_of(st.none(), st.booleans(), st.integers(-1000, 1000), st.text(max_size=20))
TREE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)),
    max_leaves=8,
)


def clean(text: str) -> bool:
    """Whether YAML can hold the text at all."""
    return all(char.isprintable() or char in "\t\n" for char in text) and "\ufeff" not in text


def cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(char for char in value if clean(char))
    if isinstance(value, dict):
        return {cleaned(key): cleaned(one) for key, one in value.items()}
    return [cleaned(one) for one in value] if isinstance(value, list) else value


@given(TREE)
def test_one_line_yaml_reads_back_as_what_was_meant(value: Any) -> None:
    value = cleaned(value)
    assert YAML(typ="safe", pure=True).load(f"x: {flow(value)}") == {"x": value}


@given(st.dictionaries(st.text(min_size=1, max_size=10), TREE, min_size=1, max_size=4))
def test_blocks_read_back_as_what_was_meant(data: dict[str, Any]) -> None:
    data = cleaned(data)
    assert YAML(typ="safe", pure=True).load("\n".join(block(data))) == data


@pytest.mark.parametrize(
    "text",
    ["no", "Yes", "null", "12", "1.5", "2026-01-01", "a: b", "a #b", "- x", "", " x", "x ", "{a}", "@x", "*y", "a, b"],
)
def test_texts_that_yaml_would_read_otherwise_stay_texts(text: str) -> None:
    assert YAML(typ="safe", pure=True).load(f"x: {flow({'k': text, 'l': [text]})}") == {"x": {"k": text, "l": [text]}}
