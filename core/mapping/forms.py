"""What the model says about a field: the form of its values, told from its annotation."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from core.model import RECORD_TYPES, Address, EmailAddress, Money, Participant, Phone, RecordRef
from core.model.values import Form

_COMPOUND = {
    Money: "money",
    Address: "addresses",
    EmailAddress: "emails",
    Phone: "phones",
    Participant: "participants",
    RecordRef: "related",
}


@dataclass(frozen=True)
class Shape:
    """The form of a field's value by name, and for enumerations what is allowed.

    ``form`` is one of the forms of ``core.model.values``, ``text``, ``choice``, ``money``, ``texts``, ``references``,
    ``addresses``, ``emails``, ``phones``, ``participants``, ``related``, ``names`` or, where nothing of a mapping file
    can fill the field yet, ``unmapped``.
    """

    form: str
    choices: tuple[str, ...] = field(default=())

    @property
    def is_list(self) -> bool:
        """Tell whether the value is made of several elements, each with a rule of its own."""
        return self.form in {"addresses", "emails", "phones", "participants", "related"}


@cache
def shapes(record_type: str) -> dict[str, Shape]:
    """The shape of every field of a record type, ``custom_fields`` left out."""
    model = RECORD_TYPES[record_type]
    return {
        name: _shape(info.annotation, info.metadata)
        for name, info in model.model_fields.items()
        if name != "custom_fields"
    }


def _shape(annotation: Any, metadata: list[Any]) -> Shape:
    named = next((one.name for one in metadata if isinstance(one, Form)), None)
    if named is not None:
        return Shape(named)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return _shape(next(arg for arg in get_args(annotation) if arg is not NoneType), [])
    if hasattr(annotation, "__metadata__"):
        return _shape(annotation.__origin__, list(annotation.__metadata__))
    generic = {Literal: Shape("choice", get_args(annotation)), dict: Shape("names")}.get(origin)
    if generic is not None:
        return generic
    return _list_shape(get_args(annotation)[0]) if origin is list else _plain_shape(annotation)


def _plain_shape(annotation: Any) -> Shape:
    return Shape("text" if annotation is str else _COMPOUND.get(annotation, "unmapped"))


def _list_shape(item: Any) -> Shape:
    inner = _shape(item, [])
    return Shape({"text": "texts", "source_id": "references"}.get(inner.form, inner.form), inner.choices)
