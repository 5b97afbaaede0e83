"""A connection for exports of no known format: sections told by the names and values of columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.onboard.dealings import billing
from core.onboard.facts import ExportFile
from core.onboard.folder import Folder, sort_out
from core.onboard.notes import Notes
from core.onboard.parties import client_section, contact_beside, contact_section, user_section
from core.onboard.proposal import ConnectionPlan, SectionPlan
from core.onboard.signals import TASK_KEY, TASKS, task_create, task_fields

NAME = "files"


def connection_for(files: Sequence[ExportFile], notes: Notes) -> ConnectionPlan | None:
    """A connection for these files; None when no clients can be told from them."""
    folder = sort_out(files, notes)
    views: dict[str, Any] = {}
    sections = _people(folder, notes, views)
    dealings = billing(folder, notes)
    sections += dealings.sections
    views |= dealings.views
    if not any(section.record_type == "client" for section in sections):
        return None
    sections.append(_task_section(has_users="user" in folder.sources))
    plan = ConnectionPlan(NAME, _settings(sections, views, notes), _options(notes), sections)
    _tell_unknown(folder, sections, notes)
    return plan


def _people(folder: Folder, notes: Notes, views: dict[str, Any]) -> list[SectionPlan]:
    sections: list[SectionPlan | None] = []
    client, user, contact = folder.get("client"), folder.get("user"), folder.get("contact")
    if client is not None:
        sections.append(client_section(client, folder, notes))
        sections.append(contact_section(contact, folder, notes) if contact else contact_beside(client, notes))
    if user is not None:
        section, needed = user_section(user, notes)
        sections.append(section)
        views |= needed
    return [section for section in sections if section is not None]


def _task_section(*, has_users: bool) -> SectionPlan:
    section = SectionPlan("task", TASKS, TASK_KEY, task_fields(has_users=has_users))
    section.create = task_create(has_users=has_users)
    return section


def _settings(sections: Sequence[SectionPlan], views: dict[str, Any], notes: Notes) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if notes.has_decimal_comma:
        names = {view["rows"] for view in views.values()} | {section.stream for section in sections}
        names |= {view["lines"]["rows"] for view in views.values() if "lines" in view}
        settings["files"] = {name: {"decimal_comma": True} for name in sorted(names - set(views) - {TASKS})}
    if views:
        settings["views"] = views
    return settings


def _options(notes: Notes) -> dict[str, Any]:
    options: dict[str, Any] = {"flat": True}
    if notes.date_forms:
        options["dates"] = list(notes.date_forms)
    if notes.has_decimal_comma:
        options["decimal_comma"] = True
    return options


def _tell_unknown(folder: Folder, sections: Sequence[SectionPlan], notes: Notes) -> None:
    has = {section.record_type for section in sections}
    if "invoice" in has and folder.sources["invoice"].column("currency") is None:
        notes.assumed.append("amounts are in the firm's currency: no column names another; set `firm.currency`")
    if "invoice" not in has:
        notes.unknown.append("what clients are billed and pay: no file of invoices, orders or payments")
    notes.unknown.append("calls, mails and meetings with clients: no file of activities")
    if "contract" not in has:
        notes.unknown.append("when contracts end: no file of contracts")
