"""Reads one value of a row; some are worked out only now and so change without any stamp moving."""

from __future__ import annotations

from datetime import timedelta

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import Field
from connectors.salesforce.sandbox.table import Row

_ADDRESS_PARTS = ("City", "Country", "Latitude", "Longitude", "PostalCode", "State", "Street")
_THROUGH_CONTACT = {"ContactEmail": "Email", "ContactPhone": "Phone"}

_FILES_VERSION = "64.0"
_ARCHIVED_AFTER = timedelta(days=365)


def is_archived(org: Org, row: Row) -> bool:
    """Tell whether an activity is over a year old, so that plain queries leave it out: no other object has this."""
    day = row.get("ActivityDate") if row.get("IsClosed", True) else None
    return day is not None and str(day) < (org.clock.now() - _ARCHIVED_AFTER).date().isoformat()


def value_of(org: Org, field: Field, row: Row) -> object:
    """Return what the API shows for ``field`` of ``row``."""
    if field.type == "address":
        return _address(field.name.removesuffix("Address"), row)
    if field.type == "base64":
        return f"/services/data/v{_FILES_VERSION}/sobjects/ContentVersion/{row['Id']}/{field.name}"
    if field.name in _THROUGH_CONTACT:
        person = org.row(str(row["ContactId"])) if row.get("ContactId") else None
        return person.get(_THROUGH_CONTACT[field.name]) if person else None
    if field.name == "IsArchived":
        return is_archived(org, row)
    if field.custom and field.calculated:
        formula = org.formulas.get((org.object_of(str(row["Id"])) or "", field.name))
        return formula(org, row) if formula else None
    value = row.get(field.name)
    return False if value is None and field.type == "boolean" else value


def _address(prefix: str, row: Row) -> dict[str, object] | None:
    parts: dict[str, object] = {part[0].lower() + part[1:]: row.get(prefix + part) for part in _ADDRESS_PARTS}
    return {**parts, "geocodeAccuracy": None} if any(value is not None for value in parts.values()) else None
