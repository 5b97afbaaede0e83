"""A proposal as files: inlay.yaml, and one mapping per connection, commented, to be edited."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from core.onboard.proposal import ConnectionPlan, Proposal, SectionPlan
from core.onboard.yamltext import block, flow, scalar

CONFIG = "inlay.yaml"


def write_proposal(proposal: Proposal, target: Path, *, force: bool = False) -> list[Path]:
    """Write the files into a folder and return them.

    Nothing is written, and ``ConfigError`` raised, when one of them is there already, unless forced.
    """
    texts = {target / CONFIG: _config_text(proposal, target)}
    texts |= {target / plan.mapping_file: mapping_text(plan) for plan in proposal.connections}
    there = [path.name for path in texts if path.exists()]
    if there and not force:
        raise ConfigError(
            f"{', '.join(there)} is there already",
            where=str(target),
            remedy="use --force to replace, or another folder",
        )
    target.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)


def _config_text(proposal: Proposal, target: Path) -> str:
    return "\n".join(_config_lines(proposal, target)) + "\n"


def _config_lines(proposal: Proposal, target: Path) -> Iterator[str]:
    yield "# Proposed by `inlay init --from`; look it over, it is yours."
    yield "firm: {name: Our firm, time_zone: Europe/London, currency: GBP}"
    yield "store: sqlite:///inlay.db"
    if proposal.as_of is not None:
        line = f"as_of: {proposal.as_of.isoformat()}"
        yield (
            f"{line}   # the newest date in the data; remove it when the exports are fresh"
            if proposal.is_past
            else f"# {line}"
        )
    yield ""
    yield "connections:"
    for plan in proposal.connections:
        yield f"  {plan.name}:"
        settings = {"connector": "csv", "folder": _relative(proposal.folder, target), "mapping": plan.mapping_file}
        yield from block(settings | plan.settings, 4)
    yield ""
    yield "plugins:   # observe: only show; propose: write what somebody approves; auto: write"
    yield "  health: {mode: propose}"
    yield "  renewals: {mode: propose}"


def _relative(folder: Path, target: Path) -> str:
    return os.path.relpath(folder.resolve(), target.resolve())


def mapping_text(plan: ConnectionPlan) -> str:
    """The mapping file of one connection."""
    if plan.overlay is not None:
        return "\n".join(_overlay_lines(plan.overlay)) + "\n"
    return "\n".join(_mapping_lines(plan)) + "\n"


def _overlay_lines(overlay: dict[str, Any]) -> Iterator[str]:
    yield "# Only what differs from the mapping that comes with Inlay; `null` takes a section or field out."
    for key, value in overlay.items():
        if key == "extends":
            yield f"extends: {scalar(value)}"
        elif value is None:
            yield f"{key}: null   # no file holds these"
        else:
            yield from block({key: value})


def _mapping_lines(plan: ConnectionPlan) -> Iterator[str]:
    yield "# How the columns of these exports become Inlay's records: left the record's field, right the column."
    yield "# `inlay config check` checks this file; `inlay remap` applies a change to what was read already."
    yield "connector: csv"
    yield from block(plan.options)
    for section in plan.sections:
        yield ""
        yield from _section_lines(section)


def _section_lines(section: SectionPlan) -> Iterator[str]:
    yield f"{section.name}:"
    yield f"  stream: {scalar(section.stream)}"
    row = "   # the rows have no id of their own; they are named by their content" if section.id == "__row__" else ""
    yield f"  id: {scalar(section.id)}{row}"
    yield "  fields:"
    yield from block(section.fields, 4, section.comments)
    yield from (f"    # {hint}" for hint in section.hints)
    if section.custom_fields:
        yield from block({"custom_fields": section.custom_fields}, 2)
    if section.writes:
        yield "  writes:   # columns for the CRM's import wizard"
        yield from (f"    {scalar(name)}: {flow(rule)}" for name, rule in section.writes.items())
    if section.create:
        yield from block({"create": section.create}, 2)
