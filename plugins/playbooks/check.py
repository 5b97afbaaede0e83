"""What only the records can say of the settings of playbooks: people who are not there, clients without anybody."""

from __future__ import annotations

from collections.abc import Iterator

from core.sdk import Context, Finding, Portfolio, counted
from plugins.playbooks.settings import PlaybookSettings

GONE = "names nobody who works here"
REMEDY = "write the id of a user as `inlay status` and the CRM show it, such as crm/User/005A1"


def look_over(portfolio: Portfolio, context: Context) -> Iterator[Finding]:
    """People in the settings whom no system knows or who have left, and clients for whom nobody would take a step."""
    settings: PlaybookSettings = context.settings
    named = list(_named(settings))
    unknown = set(portfolio.unknown_people(person for _, person in named))
    for place, person in named:
        if person in unknown:
            yield Finding("unknown_person", "warning", f"{person} {GONE}", f"settings.{place}", REMEDY)
    if settings.fallback is None or settings.fallback in unknown:
        alone = sum(person is None for person in portfolio.assignees())
        if alone:
            what = f"{counted(alone, 'client')} without an owner who works here: nobody takes the steps of their plays"
            yield Finding(
                "nobody", "warning", what, "settings.fallback", "name a `fallback`, or give them owners", alone
            )


def _named(settings: PlaybookSettings) -> Iterator[tuple[str, str]]:
    """Every person in the settings, with the place."""
    for role, people in settings.roles.items():
        yield from ((f"roles.{role}.{at}", person) for at, person in enumerate(people))
    for person, deputy in settings.deputies.items():
        yield f"deputies.{person}", person
        yield f"deputies.{person}", deputy
    for at, absence in enumerate(settings.absences):
        yield f"absences.{at}", absence.person
    if settings.fallback is not None:
        yield "fallback", settings.fallback
