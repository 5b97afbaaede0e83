"""Up to 200 records in one call, each with its own result."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from connectors.salesforce.sandbox.acting import actor_of
from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.ids import to_18
from connectors.salesforce.sandbox.incoming import read_record
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.rows import fields_asked_for, key_field, rest_object, show_row
from connectors.salesforce.sandbox.saving import create, delete, normal_id, update
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.table import Row
from connectors.salesforce.sandbox.values import read_value

Record = dict[str, object]
Save = Callable[[Record], Record]

MOST_RECORDS = 200
MOST_CHUNKS = 10
_ROLLED_BACK = Refusal(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


def post_many(site: Site, call: Call) -> Result:
    """Create records of up to ten runs of object types."""
    actor = actor_of(site.org, call)

    def save(record: Record) -> Record:
        """Create one record."""
        return _success(create(site.org, actor, _type_of(site.org, record), record))

    return _save_all(site.org, actor, call, save)


def patch_many(site: Site, call: Call) -> Result:
    """Change records by their ids."""
    actor = actor_of(site.org, call)
    records = _records(site.org, call)
    twice = _seen_twice([to_18(_id_of(record)) for record in records])

    def save(record: Record) -> Record:
        """Change one record."""
        sobject = _type_of(site.org, record)
        row_id = normal_id(sobject, _id_of(record))
        if row_id in twice:
            raise Refusal("DUPLICATE_VALUE", f"duplicate id specified: {row_id}", ("Id",))
        update(site.org, actor, sobject, row_id, _without_id(record))
        return _success(row_id)

    return _save_all(site.org, actor, call, save)


def upsert_many(site: Site, call: Call, name: str, key: str) -> Result:
    """Create or change records of one object by an external id field."""
    actor = actor_of(site.org, call)
    sobject = rest_object(site.org, name)
    field = key_field(site.org, call.user_id, sobject, key)
    records = _records(site.org, call)
    if any(_type_of(site.org, record) is not sobject for record in records):
        raise _malformed("INVALID_TYPE", f"all records must be of type {sobject.name}")
    twice = _seen_twice([_fold(_value_of(record, field)) for record in records])

    def save(record: Record) -> Record:
        """Create or change one record."""
        return upsert_record(site.org, actor, sobject, field, record, twice)

    return _save_all(site.org, actor, call, save)


def delete_many(site: Site, call: Call) -> Result:
    """Delete the records whose ids are listed in the address."""
    wanted = [one for one in call.query.get("ids", "").split(",") if one]
    if not wanted:
        raise _malformed("MALFORMED_ID", "no ids given")
    _check_count(len(wanted))
    actor = actor_of(site.org, call)

    def remove(record: Record) -> Record:
        """Delete one record."""
        full = to_18(record["id"])
        name = site.org.object_of(full) if full else None
        if full is None or name is None:
            raise Refusal("MALFORMED_ID", f"bad id {record['id']}", ("Id",))
        delete(site.org, actor, site.org.schema[name], full)
        return _success(full)

    return _each(site.org, [{"id": one} for one in wanted], remove, call.flag("allOrNone"))


def get_many(site: Site, call: Call, name: str) -> Result:
    """Read the records whose ids are listed; what is missing is null."""
    return _read_many(site, call, name, call.query.get("ids", "").split(","), call.query.get("fields", "Id").split(","))


def post_read_many(site: Site, call: Call, name: str) -> Result:
    """Read records whose ids, up to 2,000, are listed in the body."""
    body = call.body()
    wanted, fields = body.get("ids"), body.get("fields")
    if not isinstance(wanted, list) or not isinstance(fields, list):
        raise _malformed("JSON_PARSER_ERROR", "ids and fields are required lists")
    if len(wanted) > 2000:
        raise _malformed(
            "EXCEEDED_ID_LIMIT", "record limit reached. cannot retrieve more than 2000 records in this call"
        )
    return _read_many(site, call, name, wanted, fields)


def _read_many(site: Site, call: Call, name: str, wanted: list[object] | list[str], fields: list[str]) -> Result:
    sobject = rest_object(site.org, name)
    shown = fields_asked_for(site.org, call, sobject, [str(one) for one in fields])
    rows = [_live(site.org, sobject, one) for one in wanted]
    records = [show_row(site.org, call, sobject, row, shown) if row else None for row in rows]
    return Result(200, records, rows=len(records))


def _live(org: Org, sobject: SObject, row_id: object) -> Row | None:
    row = org.tables[sobject.name].rows.get(normal_id(sobject, row_id))
    return None if row is None or row["IsDeleted"] else row


def upsert_record(org: Org, actor: Actor, sobject: SObject, field: Field, record: Record, twice: set[object]) -> Record:
    """Create or change one record by its key and return its result; ``twice`` are the keys given more than once."""
    raw = _value_of(record, field)
    if raw in {None, ""}:
        raise Refusal("MISSING_ARGUMENT", f"{field.name} not specified")
    if _fold(raw) in twice:
        raise Refusal("DUPLICATE_VALUE", f"Duplicate external id specified: {raw}", (field.name,))
    found = org.tables[sobject.name].matching(field, read_value(field, raw))
    if len(found) > 1:
        listed = ", ".join(found)
        message = f"{field.label}: more than one record found for external id field: [{listed}]"
        raise Refusal("DUPLICATE_EXTERNAL_ID", message, (field.name,))
    if not found:
        return {**_success(create(org, actor, sobject, record)), "created": True}
    # The key is how the record was found, so it is not written again.
    changes = {k: v for k, v in record.items() if k.lower() != field.name.lower()}
    update(org, actor, sobject, found[0], changes)
    return {**_success(found[0]), "created": False}


def _save_all(org: Org, actor: Actor, call: Call, save: Save) -> Result:
    records = _records(org, call)
    for record in records:
        _check_readable(org, actor, record)
    return _each(org, records, save, call.body().get("allOrNone") is True)


def _check_readable(org: Org, actor: Actor, record: Record) -> None:
    """Refuse the whole call for a record that cannot even be read, before any record is saved."""
    try:
        read_record(org, actor, _type_of(org, record), _without_id(record), "createable")
    except Refusal as refusal:
        if refusal.is_of_whole_call:
            raise


def _without_id(record: Record) -> Record:
    return {key: value for key, value in record.items() if key.lower() != "id"}


class _RollBackError(Exception):
    """Ends a block whose changes must be taken back."""


def _each(org: Org, records: list[Record], save: Save, all_or_none: bool) -> Result:
    results: list[Record] = []
    try:
        with org.all_or_nothing():
            results.extend(_one(org, record, save) for record in records)
            if all_or_none:
                _check_all(results)
    except _RollBackError:
        results = [_failure(result, _ROLLED_BACK) if result["success"] else result for result in results]
    return Result(200, results, rows=len(results))


def _check_all(results: list[Record]) -> None:
    if not all(result["success"] for result in results):
        raise _RollBackError


def _one(org: Org, record: Record, save: Save) -> Record:
    try:
        with org.all_or_nothing():
            return save(record)
    except Refusal as refusal:
        if refusal.is_of_whole_call:
            raise
        known = {"id": _id_of(record)} if _id_of(record) else {}
        return _failure(known, as_row_refusal(refusal))


def as_row_refusal(refusal: Refusal) -> Refusal:
    """Return a refusal as results of many rows word it."""
    if refusal.code == "NOT_FOUND":
        return Refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    return refusal


def _success(row_id: str) -> Record:
    return {"id": row_id, "success": True, "errors": []}


def _failure(result: Record, refusal: Refusal) -> Record:
    kept = {"id": result["id"]} if "id" in result and refusal is not _ROLLED_BACK else {}
    return {**kept, "success": False, "errors": [refusal.as_row_error()]}


def _records(org: Org, call: Call) -> list[Record]:
    records = call.body().get("records")
    if not isinstance(records, list) or not records or not all(isinstance(one, dict) for one in records):
        raise _malformed("JSON_PARSER_ERROR", "The request must have a list of records")
    _check_count(len(records))
    types = [_type_of(org, record) for record in records]
    if len([name for name, _ in groupby(one.name for one in types)]) > MOST_CHUNKS:
        message = "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking."
        raise _malformed("LIMIT_EXCEEDED", message)
    if len({one.is_setup for one in types}) > 1:
        raise _malformed("MIXED_DML_OPERATION", "setup objects and other objects cannot be saved in one call")
    return records


def _check_count(count: int) -> None:
    if count > MOST_RECORDS:
        message = "record limit reached. cannot submit more than 200 records into this call"
        raise _malformed("EXCEEDED_ID_LIMIT", message)


def _type_of(org: Org, record: Record) -> SObject:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    found = org.find(str(name)) if name else None
    if found is None or found.is_tooling:
        raise _malformed("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return found


def _id_of(record: Record) -> object:
    return next((value for key, value in record.items() if key.lower() == "id"), None)


def _value_of(record: Record, field: Field) -> object:
    return next((value for key, value in record.items() if key.lower() == field.name.lower()), None)


def _fold(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _seen_twice(values: list[object] | list[str | None]) -> set[object]:
    return {value for value in values if value is not None and list(values).count(value) > 1}


def _malformed(code: str, message: str) -> Refusal:
    return Refusal(code, message, is_of_whole_call=True)
