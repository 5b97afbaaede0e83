"""What an admin may decide about playbooks: which plays run, who takes their steps, how much is asked of one person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from core.sdk import nearest
from plugins.playbooks.conditions import Part
from plugins.playbooks.handout import LEAST
from plugins.playbooks.play import Rival, same_title
from plugins.playbooks.reading import Listed, listed_plays

STANDING_ROLES = ("account_manager", "owner", "contract_owner")
Days = Annotated[int, Field(ge=1, le=3660)]


class Absence(Part):
    """Days on which somebody is away, the last included."""

    person: str
    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Absence:
        if self.last < self.first:
            raise ValueError(f"the absence ends on {self.last}, before it begins on {self.first}")
        return self


class PlaybookSettings(Part):
    """The settings of the playbooks plugin."""

    file: str | None = Field(None, description="the firm's own plays, a YAML file beside inlay.yaml")
    off: tuple[str, ...] = Field((), description="plays that are not wanted, by name")
    takes_over: tuple[Rival, ...] = Field(
        (), description="plugins whose own tasks are switched off there, so that the plays for the same thing run here"
    )
    roles: dict[str, tuple[str, ...]] = Field({}, description="people by role, the first who is there takes the step")
    deputies: dict[str, str] = Field({}, description="who stands in for whom, both by user id")
    absences: tuple[Absence, ...] = Field((), description="who is away, from the first to the last day")
    fallback: str | None = Field(None, description="who takes what nobody else is there for, by user id")
    tasks_per_owner_and_day: Annotated[int, Field(ge=LEAST, le=100)] = Field(
        5, description="at most so many tasks of plays for one person on one day; what is more comes in one digest"
    )
    review_words: tuple[str, ...] = Field(
        ("quarterly review", "qbr"), description="a meeting with one of these in its subject was a business review"
    )
    review_every_days: Days = Field(91, description="days from one business review to the next")
    review_days_by_tier: dict[str, Days] = Field({}, description="the same for clients of a tier, such as A: 91")
    _listed: tuple[Listed, ...] = PrivateAttr(())

    @field_validator("roles")
    @classmethod
    def _own_roles(cls, roles: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, people in roles.items():
            if name in STANDING_ROLES:
                raise ValueError(f"the role `{name}` is read from the CRM; call yours something else")
            if not people:
                raise ValueError(f"nobody has the role `{name}`; name at least one user id")
        return roles

    @model_validator(mode="after")
    def _with_plays(self, info: ValidationInfo) -> PlaybookSettings:
        beside: Mapping[str, Any] = info.context or {}
        folder: Path = beside.get("folder", Path())
        listed = listed_plays(folder / self.file if self.file else None)
        for one in listed:
            _check_templates(one, beside.get("templates"))
        names = [one.name for one in listed]
        for name in self.off:
            if name not in names:
                raise ValueError(f"off: there is no play `{name}`; {nearest(name, names)}")
        for one in listed:
            self._check_roles(one)
        self._listed = tuple(listed)
        clash = same_title([(one.name, one.play) for one in self.plays])
        if clash:
            raise ValueError("the plays `{}` and `{}` both ask to “{}”; change `do` in one of them".format(*clash))
        return self

    @property
    def plays(self) -> list[Listed]:
        """The plays that run: not switched off, and not for what another plugin does by itself."""
        wanted = [one for one in self._listed if one.name not in self.off]
        return [one for one in wanted if one.play.instead_of in (None, *self.takes_over)]

    def _check_roles(self, one: Listed) -> None:
        known = [*STANDING_ROLES[: 3 if one.play.subject == "contract" else 2], *self.roles]
        for role in one.play.roles:
            if role not in known:
                raise ValueError(
                    f"the play `{one.name}` is for the owner `{role}`, whom nobody is; {nearest(role, known)}"
                )


def _check_templates(one: Listed, templates: Mapping[str, Collection[str]] | None) -> None:
    """Refuse a message whose template inlay.yaml does not have, or that brings other fields than it has."""
    for step in one.play.steps:
        if step.send is None or not step.send.template or templates is None:
            continue
        name = step.send.template
        if name not in templates:
            known = nearest(name, list(templates)) if templates else "write it under `messages: templates:`"
            raise ValueError(f"the play `{one.name}` sends the template `{name}`, which is not there; {known}")
        wrong = sorted({*step.send.values} ^ {*templates[name]})
        if wrong:
            what = f"the play `{one.name}` and the template `{name}` disagree on the field `{wrong[0]}`"
            raise ValueError(f"{what}; its fields are: {', '.join(templates[name]) or 'none'}")
