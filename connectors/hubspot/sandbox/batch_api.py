"""The batch endpoints: up to a hundred rows, each with an outcome of its own where the vendor gives one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from connectors.hubspot.sandbox.calls import Answer, Call, batch, field, names_in, properties_of, shown
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.records import Record
from connectors.hubspot.sandbox.refusals import Refusal, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.writing import (
    Plan,
    Write,
    archive,
    carry_out,
    find_record,
    new_links,
    not_unique,
    plan_create,
    plan_update,
    refuse_clashes,
)

Row = Mapping[str, Any]


def batch_read(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Records by id or unique property; those that are not there become one error row."""
    body = call.body()
    asked, history = names_in(body, "properties"), names_in(body, "propertiesWithHistory")
    ids = list(dict.fromkeys(str(field(row, "id")) for row in call.inputs()))
    archived = call.flag("archived")
    found = {each: _read(crm, kind, each, _key(body), archived) for each in ids}
    rows = [shown(record, asked, history) for record in found.values() if record is not None]
    absent = [each for each, record in found.items() if record is None]
    return batch(rows, [_absent(kind, absent).row({})] if absent else [], crm.clock.now())


def _read(crm: Crm, kind: ObjectType, record_id: str, id_property: str | None, archived: bool) -> Record | None:
    if not archived:
        return find_record(crm, kind, record_id, id_property)
    record = crm.shelf(kind).get(record_id)
    return record if record is not None and record.archived_at is not None else None


def _key(given: Row) -> str | None:
    """The unique property by which records are named, None for their id."""
    return str(given["idProperty"]) if given.get("idProperty") else None


def _absent(kind: ObjectType, ids: list[str]) -> Refusal:
    message = f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist. Check ids."
    return Refusal(404, message, "OBJECT_NOT_FOUND", context={"ids": ids})


def batch_create(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """New records: 201; one outcome per row only if every row carries a trace id of its own."""

    def plan(row: Row) -> Plan:
        """Check one new record with its associations."""
        links = new_links(crm, kind, row.get("associations") or [])
        return plan_create(crm, kind, properties_of(row), links)

    return _write(crm, call.inputs(), plan, lambda _: {}, status=201)


def batch_update(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Changed records; ids from before a merge are not followed here, unless the account is switched to do that."""
    inputs = call.inputs()
    _refuse_repeated(inputs)

    def plan(row: Row) -> Plan:
        """Check one change; an id that is not there is an error row."""
        key = _key(row)
        if key == "hs_object_id":
            raise not_unique(kind, key)
        record = find_record(crm, kind, str(field(row, "id")), key)
        if record is None and crm.behaviour.batches_follow_merges and not key:
            record = crm.shelf(kind).follow(str(row["id"]))
        if record is None:
            raise _absent(kind, [str(row["id"])])
        return plan_update(crm, record, properties_of(row))

    return _write(crm, inputs, plan, lambda _: {})


def batch_upsert(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """Records found by a unique property and changed, or made; ``new`` tells which."""
    inputs = call.inputs()
    _refuse_repeated(inputs)

    def plan(row: Row) -> Plan:
        """Check one change or new record, whichever the key says."""
        key = _key(row)
        if not key:
            raise rejected("idProperty is required", code="MISSING_ID_PROPERTY")
        if key == "hs_object_id":
            raise not_unique(kind, key)
        value, properties = str(field(row, "id")), properties_of(row)
        record = find_record(crm, kind, value, key)
        if record is None:
            return plan_create(crm, kind, {key: value, **properties})
        return plan_update(crm, record, properties)

    return _write(crm, inputs, plan, lambda plan: {"new": plan.record is None})


def batch_archive(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """To the recycle bin: 204, whether or not the records were there."""
    inputs = call.inputs()
    write = Write(crm.clock.tick())
    for row in inputs:
        record = find_record(crm, kind, str(field(row, "id")), None)
        if record is not None:
            archive(crm, record, write)
    return Answer(status=204, rows=len(inputs))


def _write(
    crm: Crm, inputs: list[Row], plan: Callable[[Row], Plan], extra: Callable[[Plan], Row], *, status: int = 200
) -> Answer:
    """Work off the rows: one by one if all can be told apart by trace ids, else all or none but the absent ones."""
    write = Write(crm.clock.tick())
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []

    def deliver(row: Row, planned: Plan) -> None:
        """Carry out one row and note its result."""
        record = carry_out(crm, planned, write)
        traced = "objectWriteTraceId" in row and crm.behaviour.batches_tell_details
        trace = {"objectWriteTraceId": row["objectWriteTraceId"]} if traced else {}
        results.append({**shown(record, properties_of(row)), **extra(planned), **trace})

    if _has_traces(inputs):
        for row in inputs:
            try:
                deliver(row, plan(row))
            except Refusal as refusal:
                context = {"objectWriteTraceId": [str(row["objectWriteTraceId"])]}
                errors.append(refusal.row(context, in_detail=crm.behaviour.batches_tell_details))
    else:
        planned, errors = _plan_all(inputs, plan)
        for row, each in planned:
            deliver(row, each)
    return batch(results, errors, write.at, status=status)


def _plan_all(inputs: list[Row], plan: Callable[[Row], Plan]) -> tuple[list[tuple[Row, Plan]], list[dict[str, Any]]]:
    """Plan every row; what is not there is an error row, anything else refuses the whole call."""
    planned, errors = [], []
    for row in inputs:
        try:
            planned.append((row, plan(row)))
        except Refusal as refusal:
            if refusal.status != 404:
                raise
            errors.append(refusal.row({}))
    refuse_clashes([each for _, each in planned])
    return planned, errors


def _has_traces(inputs: list[Row]) -> bool:
    traces = [row.get("objectWriteTraceId") for row in inputs]
    return None not in traces and len(set(map(str, traces))) == len(traces)


def _refuse_repeated(inputs: list[Row]) -> None:
    counted = Counter(str(field(row, "id")) for row in inputs)
    repeated = [each for each, count in counted.items() if count > 1]
    if repeated:
        raise rejected(f"Duplicate IDs found in batch input: {repeated}. IDs must be unique", code="DUPLICATE_IDS")
