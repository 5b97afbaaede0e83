"""The endpoints of single records: list, read, create, update, archive, merge, search."""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

from connectors.hubspot.sandbox.calls import Answer, Call, field, names_in, paged, properties_of, shown
from connectors.hubspot.sandbox.crm import Crm, end_of
from connectors.hubspot.sandbox.merging import merge
from connectors.hubspot.sandbox.records import Record
from connectors.hubspot.sandbox.refusals import missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.search import search
from connectors.hubspot.sandbox.writing import (
    Write,
    archive,
    carry_out,
    find_record,
    new_links,
    plan_create,
    plan_update,
    to_update,
)

PAGE = 100
PAGE_WITH_HISTORY = 50


def list_records(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """One page in the order of ids; ``after`` is the id that the next page starts with."""
    history = call.names("propertiesWithHistory")
    limit = call.limit(10, PAGE_WITH_HISTORY if history else PAGE)
    first = call.start()
    archived = call.flag("archived")
    candidates = (record for record in crm.shelf(kind).all(first) if (record.archived_at is not None) is archived)
    found = list(islice(candidates, limit + 1))
    after = found[limit].id if len(found) > limit else None
    view = _view(call)
    rows = [_whole(crm, view, record) for record in found[:limit]]
    return Answer(paged(rows, after, call), rows=len(rows))


def read_record(crm: Crm, call: Call, kind: ObjectType, record_id: str) -> Answer:
    """One record by id, by the id it had before a merge, or by a unique property."""
    if call.flag("archived"):
        record = crm.shelf(kind).get(record_id)
        if record is None or record.archived_at is None:
            raise missing()
    else:
        record = to_update(crm, kind, record_id, call.text("idProperty"))
    return Answer(_whole(crm, _view(call), record), rows=1)


def create_record(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """A new record with its associations: 201."""
    body = call.body()
    links = new_links(crm, kind, body.get("associations") or [])
    properties = properties_of(body)
    plan = plan_create(crm, kind, properties, links)
    record = carry_out(crm, plan, Write(crm.clock.tick()))
    return Answer(shown(record, properties), 201, 1)


def update_record(crm: Crm, call: Call, kind: ObjectType, record_id: str) -> Answer:
    """Change one record: 200."""
    properties = properties_of(call.body())
    if not properties:
        raise rejected("No properties found to update, please provide at least one.")
    record = to_update(crm, kind, record_id, call.text("idProperty"))
    plan = plan_update(crm, record, properties)
    carry_out(crm, plan, Write(crm.clock.tick()))
    return Answer(shown(record, properties), rows=1)


def archive_record(crm: Crm, _call: Call, kind: ObjectType, record_id: str) -> Answer:
    """To the recycle bin: 204, also for what is there already."""
    record = crm.shelf(kind).get(record_id)
    if record is None:
        raise missing()
    if record.archived_at is None:
        archive(crm, record, Write(crm.clock.tick()))
    return Answer(status=204, rows=1)


def merge_records(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Merge two records: 200 with the one that lives on."""
    body = call.body()
    primary = to_update(crm, kind, str(field(body, "primaryObjectId")), None)
    other = to_update(crm, kind, str(field(body, "objectIdToMerge")), None)
    return Answer(shown(merge(crm, primary, other, Write(crm.clock.tick()))), rows=2)


def erase_record(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Delete a contact for good, as the law on privacy asks: 204."""
    body = call.body()
    record = find_record(crm, kind, str(field(body, "objectId")), body.get("idProperty"))
    if record is not None:
        archive(crm, record, Write(crm.clock.tick()))
        crm.shelf(kind).drop(record)
    return Answer(status=204, rows=1)


def search_records(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """One page of hits, with how many there are in all."""
    body = call.body()
    found = search(crm, kind, body)
    rows = [shown(record, names_in(body, "properties")) for record in found.records]
    page = paged(rows, None if found.after is None else str(found.after), call)
    return Answer({"total": found.total, **page}, rows=len(rows))


class _View(NamedTuple):
    """What a query asks to see of each record."""

    properties: list[str]
    history: list[str]
    associations: list[str]


def _view(call: Call) -> _View:
    return _View(call.names("properties"), call.names("propertiesWithHistory"), call.names("associations"))


def _whole(crm: Crm, view: _View, record: Record) -> dict[str, Any]:
    body = shown(record, view.properties, view.history)
    links = {name: _links(crm, record, name) for name in view.associations}
    present = {name: {"results": rows} for name, rows in links.items() if rows}
    return {**body, "associations": present} if present else body


def _links(crm: Crm, record: Record, type_name: str) -> list[dict[str, str]]:
    """One entry per type of link, so that a partner with a label is listed twice."""
    partners = crm.links.of(end_of(record), crm.schema.find(type_name).name)
    return [{"id": other, "type": kind.name} for other, kinds in partners.items() for kind in kinds]
