"""The small language of subjects and bodies: text with merge fields in braces, and nothing that could be run."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.sdk import nearest

FIELD = re.compile(r"\{([^{}]*)\}")
NAME = re.compile(r"[a-z][a-z0-9_.-]*")
LASTING = ("client.name", "contract.title")
"""Fields that stay the same while a play runs."""
FIELDS = (*LASTING, "owner.name", "firm.name", "today", "began", "reasons")


def fields_of(text: str) -> tuple[str, ...]:
    """The merge fields of a template, in their order; raises ``ValueError`` for one that cannot be."""
    found = tuple(FIELD.findall(text))
    if set(FIELD.sub("", text)) & set("{}"):
        raise ValueError("a brace has no partner; a merge field is written {client.name}")
    for field in found:
        if not NAME.fullmatch(field):
            raise ValueError(f"`{{{field}}}` is no merge field; write a plain name such as {{client.name}}")
        if field not in FIELDS and "." not in field:
            raise ValueError(f"there is no merge field `{field}`; {nearest(field, FIELDS)}")
    return found


def signals_of(text: str) -> list[str]:
    """The signals among the merge fields of a template."""
    return [field for field in fields_of(text) if field not in FIELDS]


def filled(text: str, value_of: Callable[[str], str]) -> str:
    """The text with every merge field replaced; what a value holds is never read as a field again."""
    return FIELD.sub(lambda match: value_of(match[1]), text)
