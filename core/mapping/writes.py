"""The write direction: which signal goes into which vendor field, and how a proposed record becomes a vendor's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.connector import FieldType, Link
from core.mapping.rules import SectionReader
from core.yamlfile import nearest

Policy = Literal["owned", "fill_if_empty", "newest_wins", "ask", "never"]


@dataclass(frozen=True)
class FieldWrite:
    """One vendor field that takes a signal's value, and under which policy."""

    record_type: str
    stream: str
    field: str
    signal: str
    label: str
    type: FieldType
    policy: Policy
    options: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class VendorValue:
    """How one vendor field of a new record is filled from a canonical one."""

    source: str | None = None
    reference: str | None = None
    const: Any = None
    form: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    otherwise: Any = None


@dataclass(frozen=True)
class CreateRule:
    """How a proposed record (a task, a note) becomes one of the vendor's.

    ``key_field`` is the vendor's unique field for Inlay's idempotency key; the key itself travels beside the values.
    """

    record_type: str
    stream: str
    key_field: str
    fields: Mapping[str, VendorValue]
    links: tuple[tuple[str, str], ...] = ()

    def to_vendor(self, record: Mapping[str, Any], refs: Mapping[str, str]) -> tuple[dict[str, Any], list[Link]]:
        """Return vendor values and links of a canonical record.

        ``refs`` gives, per canonical reference field (``client_id``), the id of that record in this connection; a field
        or link whose reference is not among them is left out, as is a field without value.
        """
        values = {name: value for name, one in self.fields.items() if (value := _value(one, record, refs)) is not None}
        return values, [Link(stream, refs[reference]) for reference, stream in self.links if refs.get(reference)]


def _value(declared: VendorValue, record: Mapping[str, Any], refs: Mapping[str, str]) -> Any:
    if declared.reference is not None:
        return refs.get(declared.reference)
    if declared.source is None:
        return declared.const
    value = record.get(declared.source)
    if value is None:
        return declared.const
    if declared.values:
        value = declared.values.get(str(value), declared.otherwise)
    return _formed(value, declared.form)


def _formed(value: Any, form: str | None) -> Any:
    """Write a date or instant as the vendor's field wants it; ``noon`` puts a date at noon UTC, safe in every zone."""
    text = str(value)
    if form == "date":
        return text[:10]
    if form == "noon":
        return f"{text[:10]}T12:00:00Z"
    if form == "instant":
        return text if "T" in text else f"{text}T00:00:00Z"
    return value


def read_writes(reader: SectionReader, section: str, entry: Mapping[str, Any]) -> list[FieldWrite]:
    """Read the ``writes:`` of one section."""
    writes = []
    for name, one in entry.get("writes", {}).items():
        reader.demand((section, "writes", name), "signal", "type", "policy")
        options = tuple(one.get("options", ()))
        if (one["type"] == "picklist") != bool(options):
            what = (
                "a picklist needs `options:`"
                if not options
                else "`options:` has no place in a field that is no picklist"
            )
            remedy = "list what the field may hold" if not options else "remove it, or write `type: picklist`"
            raise reader.error((section, "writes", name), f"`{section}.writes.{name}`: {what}", remedy)
        writes.append(
            FieldWrite(
                record_type=section.partition(":")[0],
                stream=entry["stream"],
                field=name,
                signal=one["signal"],
                label=one.get("label", name),
                type=one["type"],
                policy=one["policy"],
                options=options,
                help=one.get("help", ""),
            )
        )
    return writes


def read_create(
    reader: SectionReader, section: str, entry: Mapping[str, Any], known: Sequence[str], streams: Mapping[str, str]
) -> CreateRule:
    """Read the ``create:`` of one section; its canonical names must exist."""
    reader.demand((section, "create"), "key", "fields")
    declared = entry["create"]
    fields = {name: _vendor_value(one) for name, one in declared["fields"].items()}
    for name, one in fields.items():
        for used in (one.source, one.reference):
            if used is not None and used not in known:
                trail = (section, "create", "fields", name)
                raise reader.error(
                    trail, f"`{'.'.join(trail)}`: there is no field `{used}`", nearest(used, list(known))
                )
    links = []
    for index, link in enumerate(declared.get("links", ())):
        if link["to"] not in streams:
            raise reader.error(
                (section, "create", "links", index),
                f"`to: {link['to']}` is a record type this mapping has no section for",
                nearest(link["to"], list(streams)),
            )
        links.append((link.get("ref", f"{link['to']}_id"), streams[link["to"]]))
    return CreateRule(section.partition(":")[0], entry["stream"], declared["key"], fields, tuple(links))


def _vendor_value(declared: Any) -> VendorValue:
    if isinstance(declared, str):
        return VendorValue(source=declared)
    return VendorValue(
        source=declared.get("from"),
        reference=declared.get("ref"),
        const=declared.get("const"),
        form=declared.get("as"),
        values=declared.get("values", {}),
        otherwise=declared.get("otherwise"),
    )
