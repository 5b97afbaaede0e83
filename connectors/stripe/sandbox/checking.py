"""Checks the parameters of writes, as strictly as the vendor does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.stripe.sandbox.books import Record
from connectors.stripe.sandbox.form import Params
from connectors.stripe.sandbox.problems import invalid_parameter, unknown_parameter
from connectors.stripe.sandbox.reading import whole_number

Check = Callable[[str, Any], Any]

METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ADDRESS_FIELDS = ("city", "country", "line1", "line2", "postal_code", "state")


def checked(params: Params, checks: Mapping[str, Check]) -> Record:
    """The parameters with their values converted; an empty string stands for "unset"."""
    for name in params:
        if name not in checks and name != "expand":
            raise unknown_parameter(name)
    return {name: checks[name](name, value) for name, value in params.items() if name != "expand"}


def text(most: int) -> Check:
    """A text of at most so many characters; empty becomes null."""

    def check(name: str, value: Any) -> str | None:
        """Measure one text."""
        if not isinstance(value, str):
            raise invalid_parameter(name, f"Invalid string: {name} must be a string")
        if len(value) > most:
            message = f"Invalid string: must be at most {most} characters"
            raise invalid_parameter(name, message, "parameter_invalid_string_max_length")
        return value or None

    return check


def email(name: str, value: Any) -> str | None:
    """An address, or null for an empty one."""
    address = text(512)(name, value)
    if address is not None and not _EMAIL.fullmatch(address):
        raise invalid_parameter(name, f"Invalid email address: {address}", "email_invalid")
    return str(address) if address else None


def integer(name: str, value: Any) -> int:
    """A whole number."""
    return whole_number(value, name)


def boolean(name: str, value: Any) -> bool:
    """``true`` or ``false``."""
    if value not in ("true", "false"):
        raise invalid_parameter(name, f"Invalid boolean: {value}")
    return bool(value == "true")


def choice(*options: str) -> Check:
    """One of a few words."""

    def check(name: str, value: Any) -> str:
        """Look one word up."""
        if value not in options:
            raise invalid_parameter(name, f"Invalid {name}: must be one of {', '.join(options)}")
        return str(value)

    return check


def address(_name: str, value: Any) -> Record | None:
    """A postal address; an empty text clears it."""
    if value == "":
        return None
    parts = checked(value, dict.fromkeys(_ADDRESS_FIELDS, text(5000)))
    return {**dict.fromkeys(_ADDRESS_FIELDS), **parts}


def metadata(name: str, value: Any) -> dict[str, str] | None:
    """Changes to the metadata; None clears all of it."""
    if value == "":
        return None
    if not isinstance(value, dict):
        raise invalid_parameter(name, "Invalid metadata: metadata must be a set of key-value pairs")
    for key, entry in value.items():
        if len(key) > METADATA_KEY_LENGTH:
            raise invalid_parameter(name, f"Metadata keys must be at most {METADATA_KEY_LENGTH} characters: {key}")
        if not isinstance(entry, str) or len(entry) > METADATA_VALUE_LENGTH:
            message = f"Metadata values must be texts of at most {METADATA_VALUE_LENGTH} characters: {key}"
            raise invalid_parameter(f"{name}[{key}]", message)
    return dict(value)


def merged_metadata(current: Mapping[str, str], changes: Mapping[str, str] | None) -> dict[str, str]:
    """The metadata after the changes: a key set to an empty text goes away; at most fifty stay."""
    if changes is None:
        return {}
    merged = {key: value for key, value in {**current, **changes}.items() if value != ""}
    if len(merged) > METADATA_KEYS:
        raise invalid_parameter("metadata", f"Metadata can have at most {METADATA_KEYS} keys")
    return merged
