"""What an administrator does to the schema while others are connected: fields go, change name or kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import Field, SObject

Change = Mapping[str, object]


def change_schema(org: Org, change: Change) -> None:
    """Carry out one change: ``{"do", "field": "Account.Site", ...}``; ``ValueError`` when it makes no sense.

    ``remove``; ``rename`` to ``name``; ``retype`` to ``type`` (values that do not fit are emptied); ``deactivate`` or
    ``activate`` an ``option``; ``require`` and ``release``; ``shorten`` to ``length``; ``restrict`` a picklist.
    """
    object_name, _, name = str(change.get("field")).partition(".")
    sobject = org.find(object_name)
    field = sobject.find(name) if sobject else None
    deed = _DEEDS.get(str(change.get("do")))
    if sobject is None or field is None or deed is None:
        raise ValueError(f"no such field or change: {dict(change)}; known changes are {sorted(_DEEDS)}")
    deed(org, sobject, field, change)


def _remove(org: Org, sobject: SObject, field: Field, _change: Change) -> None:
    sobject.remove(field.name)
    org.tables[sobject.name].forget_field(field.name)


def _rename(org: Org, sobject: SObject, field: Field, change: Change) -> None:
    new = replace(field, name=str(change["name"]))
    kept = {str(row["Id"]): row.get(field.name) for row in org.tables[sobject.name].rows.stored()}
    _remove(org, sobject, field, change)
    sobject.add(new)
    for row in org.tables[sobject.name].rows.stored():
        row[new.name] = kept[str(row["Id"])]
    _carry_grants(org, f"{sobject.name}.{field.name}", f"{sobject.name}.{new.name}")


def _carry_grants(org: Org, old: str, new: str) -> None:
    for row in org.tables["FieldPermissions"].rows.stored():
        if row["Field"] == old:
            row["Field"] = new
    org.access.forget()


def _retype(org: Org, sobject: SObject, field: Field, change: Change) -> None:
    kind = str(change["type"])
    sobject.add(replace(field, type=kind, length=255, precision=18, scale=2, options=(), restricted=False))
    org.tables[sobject.name].forget_field(field.name)


def _switch_option(is_active: bool) -> Callable[[Org, SObject, Field, Change], None]:
    def switch(_org: Org, sobject: SObject, field: Field, change: Change) -> None:
        """Switch one option of a picklist on or off."""
        option = str(change["option"])
        if option not in field.options:
            raise ValueError(f"{field.name} has no option {option!r}")
        sobject.add(replace(field, inactive=field.inactive - {option} if is_active else field.inactive | {option}))

    return switch


def _require(_org: Org, sobject: SObject, field: Field, _change: Change) -> None:
    sobject.add(replace(field, nillable=False))


def _release(_org: Org, sobject: SObject, field: Field, _change: Change) -> None:
    sobject.add(replace(field, nillable=True))


def _restrict(_org: Org, sobject: SObject, field: Field, _change: Change) -> None:
    sobject.add(replace(field, restricted=True))


def _shorten(_org: Org, sobject: SObject, field: Field, change: Change) -> None:
    sobject.add(replace(field, length=int(str(change["length"]))))


_DEEDS: dict[str, Callable[[Org, SObject, Field, Change], None]] = {
    "remove": _remove,
    "rename": _rename,
    "retype": _retype,
    "deactivate": _switch_option(is_active=False),
    "activate": _switch_option(is_active=True),
    "require": _require,
    "release": _release,
    "restrict": _restrict,
    "shorten": _shorten,
}
