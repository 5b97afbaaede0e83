"""Short words for the kinds of field that standard objects are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from connectors.salesforce.sandbox.schema import Field, SObject

Kind = Literal["plain", "mergeable", "kept", "setup", "kept setup", "tooling"]

CURRENCIES = ("GBP", "EUR", "USD")


def text(name: str, label: str, length: int, kind: str = "string") -> Field:
    """Return a text field of ``length`` characters; ``kind`` may be url, phone, email, combobox or textarea."""
    return Field(name, label, kind, length=length)


def picklist(name: str, label: str, options: tuple[str, ...], default: str | None = None) -> Field:
    """Return an unrestricted picklist, as standard ones are: other values are stored as well."""
    return Field(name, label, "picklist", length=255, options=options, default=default)


def number(name: str, label: str, kind: str, precision: int = 18, scale: int = 0) -> Field:
    """Return a number of ``precision`` digits in all, ``scale`` of them behind the point."""
    if kind == "int":
        return Field(name, label, kind, digits=precision)
    return Field(name, label, kind, precision=precision, scale=scale)


def flag(name: str, label: str) -> Field:
    """Return a checkbox: never null, false by default."""
    return Field(name, label, "boolean", nillable=False, defaulted_on_create=True, default=False)


def moment(name: str, label: str, kind: str = "date") -> Field:
    """Return a date, or a datetime."""
    return Field(name, label, kind)


def lookup(name: str, label: str, *targets: str, children: str | None = None) -> Field:
    """Return a reference to records of ``targets``; from a parent its rows are reached as ``children``."""
    path = name.removesuffix("Id")
    return Field(
        name, label, "reference", length=18, reference_to=targets, relationship_name=path, child_relationship=children
    )


def required(field: Field) -> Field:
    """Return ``field`` without which no record can be saved."""
    return replace(field, nillable=False)


def defaulted(field: Field, default: object = None) -> Field:
    """Return ``field`` that is never empty because the vendor fills it in."""
    return replace(field, nillable=False, defaulted_on_create=True, default=default)


def read_only(field: Field, calculated: bool = False) -> Field:
    """Return ``field`` that only the vendor sets."""
    return replace(field, createable=False, updateable=False, calculated=calculated)


def create_only(field: Field) -> Field:
    """Return ``field`` that cannot change after the record is made."""
    return replace(field, updateable=False)


def restricted(field: Field) -> Field:
    """Return the picklist ``field`` that refuses values outside its options."""
    return replace(field, restricted=True)


def naming(field: Field) -> Field:
    """Return ``field`` as the one people know the record by."""
    return replace(field, name_field=True, id_lookup=False)


def firm_owned(field: Field) -> Field:
    """Return ``field`` as one that the firm's own administrator added."""
    return replace(field, custom=True)


def address(prefix: str) -> tuple[Field, ...]:
    """Return the parts of one address and the compound field that shows them together."""
    compound = f"{prefix}Address"
    parts = (
        text(f"{prefix}Street", f"{prefix} Street", 255, "textarea"),
        text(f"{prefix}City", f"{prefix} City", 40),
        text(f"{prefix}State", f"{prefix} State/Province", 80),
        text(f"{prefix}PostalCode", f"{prefix} Zip/Postal Code", 20),
        text(f"{prefix}Country", f"{prefix} Country", 80),
        number(f"{prefix}Latitude", f"{prefix} Latitude", "double", 18, 15),
        number(f"{prefix}Longitude", f"{prefix} Longitude", "double", 18, 15),
    )
    return (
        *(replace(part, compound_of=compound) for part in parts),
        read_only(Field(compound, f"{prefix} Address", "address")),
    )


def person_name(last_name_length: int = 80) -> tuple[Field, ...]:
    """Return the parts of a person's name and the ``Name`` joined from them."""
    parts = (
        required(text("LastName", "Last Name", last_name_length)),
        text("FirstName", "First Name", 40),
        picklist("Salutation", "Salutation", ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx.")),
    )
    full = replace(naming(read_only(text("Name", "Full Name", 121))), nillable=False)
    return (*(replace(part, compound_of="Name") for part in parts), full)


def owner(*targets: str) -> Field:
    """Return ``OwnerId``: the person who saves, unless the call names somebody else."""
    return defaulted(lookup("OwnerId", "Owner ID", *(targets or ("User",))))


def currency_code() -> Field:
    """Return the ISO code that every record of a multi-currency org carries."""
    return restricted(
        Field(
            "CurrencyIsoCode",
            "Currency ISO Code",
            "picklist",
            length=3,
            nillable=False,
            defaulted_on_create=True,
            options=CURRENCIES,
            default=CURRENCIES[0],
        )
    )


def last_activity() -> tuple[Field, ...]:
    """Return the date of the latest finished activity and the two dates of the user's own viewing."""
    return (
        read_only(moment("LastActivityDate", "Last Activity")),
        read_only(moment("LastViewedDate", "Last Viewed Date", "datetime")),
        read_only(moment("LastReferencedDate", "Last Referenced Date", "datetime")),
    )


def sobject(
    name: str,
    labels: tuple[str, str],
    key_prefix: str,
    *fields: Field,
    kind: Kind = "plain",
    replicateable: bool = True,
) -> SObject:
    """Return an object of ``fields`` between the system fields that every object has.

    ``kind`` is ``mergeable``, ``kept`` (never deleted), ``setup`` (cannot be saved in one call with other objects),
    ``kept setup`` or ``tooling`` (known to the Tooling API only).
    """
    head = [read_only(Field("Id", f"{labels[0]} ID", "id", length=18, nillable=False, defaulted_on_create=True))]
    if "kept" not in kind:
        head.append(read_only(flag("IsDeleted", "Deleted")))
    tail = [
        read_only(required(moment("CreatedDate", "Created Date", "datetime"))),
        read_only(required(lookup("CreatedById", "Created By ID", "User"))),
        read_only(required(moment("LastModifiedDate", "Last Modified Date", "datetime"))),
        read_only(required(lookup("LastModifiedById", "Last Modified By ID", "User"))),
        read_only(required(moment("SystemModstamp", "System Modstamp", "datetime"))),
    ]
    return SObject(
        name,
        *labels,
        key_prefix,
        {f.name: f for f in (*head, *fields, *tail)},
        deletable="kept" not in kind,
        mergeable=kind == "mergeable",
        replicateable=replicateable,
        is_setup="setup" in kind,
        is_tooling=kind == "tooling",
    )
