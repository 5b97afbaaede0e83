"""Single records: read, create, change, delete, and upsert by an external id."""

from __future__ import annotations

from connectors.salesforce.sandbox.acting import actor_of
from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.computed import value_of
from connectors.salesforce.sandbox.conditional import check_conditions, validators_of
from connectors.salesforce.sandbox.errors import Refusal, not_found
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.saving import create, delete, normal_id, update
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.soql.run import Record, attributes
from connectors.salesforce.sandbox.table import Row
from connectors.salesforce.sandbox.values import Value, read_value


def post_row(site: Site, call: Call, name: str) -> Result:
    """Create a record: 201 with its id."""
    sobject = rest_object(site.org, name)
    row_id = create(site.org, actor_of(site.org, call), sobject, call.body())
    return _created(call, sobject, row_id)


def get_row(site: Site, call: Call, name: str, row_id: str) -> Result:
    """Read a record, whole or the ``fields`` asked for."""
    sobject = rest_object(site.org, name)
    return _shown(site, call, sobject, site.org.live_row(sobject.name, _id_in_path(sobject, row_id)))


def patch_row(site: Site, call: Call, name: str, row_id: str) -> Result:
    """Change a record: 204."""
    sobject = rest_object(site.org, name)
    full_id = _id_in_path(sobject, row_id)
    verdict = check_conditions(call, sobject, site.org.live_row(sobject.name, full_id))
    if verdict is not None:
        return verdict
    update(site.org, actor_of(site.org, call), sobject, full_id, call.body())
    return Result(204, rows=1)


def delete_row(site: Site, call: Call, name: str, row_id: str) -> Result:
    """Move a record to the recycle bin: 204."""
    sobject = rest_object(site.org, name)
    with site.org.all_or_nothing():
        delete(site.org, actor_of(site.org, call), sobject, _id_in_path(sobject, row_id))
    return Result(204, rows=1)


def get_by_key(site: Site, call: Call, name: str, key: str, value: str) -> Result:
    """Read the record whose external id is ``value``; 300 with the addresses when there are several."""
    sobject = rest_object(site.org, name)
    found = site.org.tables[sobject.name].matching(*_key(site.org, call, sobject, key, value))
    if len(found) > 1:
        return _ambiguous(call, sobject, found)
    if not found:
        raise not_found()
    return _shown(site, call, sobject, site.org.live_row(sobject.name, found[0]))


def patch_by_key(site: Site, call: Call, name: str, key: str, value: str) -> Result:
    """Create or change the record whose external id is ``value``."""
    sobject = rest_object(site.org, name)
    field, wanted = _key(site.org, call, sobject, key, value)
    body = call.body()
    if any(one.lower() == field.name.lower() for one in body):
        message = f"The {field.name} field should not be specified in the sobject data."
        raise Refusal("INVALID_FIELD", message, (field.name,))
    found = site.org.tables[sobject.name].matching(field, wanted)
    if len(found) > 1:
        return _ambiguous(call, sobject, found)
    if not found:
        return _insert_by_key(site, call, sobject, field, wanted)
    verdict = check_conditions(call, sobject, site.org.live_row(sobject.name, found[0]))
    if verdict is not None:
        return verdict
    update(site.org, actor_of(site.org, call), sobject, found[0], body)
    if call.version_number < 46:  # until then an upsert that found its record said nothing, as PATCH does
        return Result(204, rows=1)
    return Result(200, {"id": found[0], "success": True, "errors": [], "created": False}, rows=1)


def rest_object(org: Org, name: str) -> SObject:
    """Return an object of the REST API; those of the Tooling API are not found here."""
    sobject = org.sobject(name)
    if sobject.is_tooling:
        raise not_found()
    return sobject


def key_field(org: Org, user_id: str, sobject: SObject, name: str) -> Field:
    """Return a field that records can be found by; 404 for any other."""
    field = sobject.find(name)
    if (
        field is None
        or not (field.external_id or field.name == "Id")
        or not org.access.can_read(user_id, sobject.name, field)
    ):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def show_row(org: Org, call: Call, sobject: SObject, row: Row, fields: list[Field]) -> Record:
    """Return a record as the row resources show it."""
    record: Record = {"attributes": attributes(call.version, sobject.name, row)}
    record.update((field.name, value_of(org, field, row)) for field in fields)
    return record


def fields_asked_for(org: Org, call: Call, sobject: SObject, names: list[str] | None) -> list[Field]:
    """Return the fields named, or all that the user may read; 400 for one that is not there."""
    if names is None:
        return [f for f in sobject.fields.values() if org.access.can_read(call.user_id, sobject.name, f)]
    found: list[Field] = []
    for name in names:
        field = sobject.find(name.strip())
        if field is None or not org.access.can_read(call.user_id, sobject.name, field):
            raise Refusal("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
        found.append(field)
    return found


def _shown(site: Site, call: Call, sobject: SObject, row: Row) -> Result:
    names = call.query["fields"].split(",") if call.query.get("fields") else None
    record = show_row(site.org, call, sobject, row, fields_asked_for(site.org, call, sobject, names))
    verdict = check_conditions(call, sobject, row)
    return verdict or Result(200, record, validators_of(sobject, row), rows=1)


def _id_in_path(sobject: SObject, text: str) -> str:
    try:
        return normal_id(sobject, text)
    except Refusal:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {text}") from None


def _key(org: Org, call: Call, sobject: SObject, name: str, text: str) -> tuple[Field, Value]:
    field = key_field(org, call.user_id, sobject, name)
    return field, read_value(field, text)


def _insert_by_key(site: Site, call: Call, sobject: SObject, field: Field, wanted: Value) -> Result:
    if field.name == "Id" or call.flag("updateOnly"):
        raise not_found()
    body = {**call.body(), field.name: wanted}
    return _created(call, sobject, create(site.org, actor_of(site.org, call), sobject, body), upserted=True)


def _created(call: Call, sobject: SObject, row_id: str, upserted: bool = False) -> Result:
    body: Record = {"id": row_id, "success": True, "errors": []}
    if upserted:
        body["created"] = True
    return Result(201, body, {"Location": f"/services/data/{call.version}/sobjects/{sobject.name}/{row_id}"}, rows=1)


def _ambiguous(call: Call, sobject: SObject, found: list[str]) -> Result:
    return Result(300, [f"/services/data/{call.version}/sobjects/{sobject.name}/{row_id}" for row_id in found])
