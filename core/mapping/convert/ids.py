"""Ids of vendor records."""

from __future__ import annotations

import re
from typing import Any

from core.mapping.convert.text import text
from core.mapping.issues import BadValueError

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
NOBODY = "0" * 15  # what the data export writes for an empty reference
_SALESFORCE = re.compile(r"[A-Za-z0-9]{15}|[A-Za-z0-9]{18}", re.ASCII)


def external_id(value: Any) -> str | None:
    """The id of a record, from text, a number, or an expanded object that holds its ``id``."""
    if isinstance(value, dict):
        value = value.get("id")
        if value is None or isinstance(value, dict):
            raise BadValueError("a group of fields where an id is due", "map its `id`")
    return text(value)


def salesforce_id(value: Any) -> str | None:
    """A Salesforce id in 18 characters; of 15 characters (reports show those) the check part is computed.

    The last three characters tell, five bits each, which of the first fifteen are capitals, lowest bit first.
    """
    found = text(value)
    if not found or found.startswith(NOBODY):
        return None
    if not _SALESFORCE.fullmatch(found):
        raise BadValueError("no Salesforce id", "ids have 15 or 18 letters and digits")
    if len(found) == 18:
        return found
    return found + "".join(_check(found[start : start + 5]) for start in (0, 5, 10))


def _check(five: str) -> str:
    return _ALPHABET[sum(1 << place for place, char in enumerate(five) if "A" <= char <= "Z")]
