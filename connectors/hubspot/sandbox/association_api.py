"""The association endpoints of version 4."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.hubspot.sandbox.calls import Answer, Call, batch, field, objects, paged, whole_number
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.links import USER_DEFINED, End, LinkType
from connectors.hubspot.sandbox.refusals import Refusal, conflict, malformed, missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType

PAGE = 500
MOST_READ = 1_000
MOST_WRITTEN = 2_000

Row = Mapping[str, Any]


def list_links(crm: Crm, call: Call, from_kind: ObjectType, record_id: str, to_kind: ObjectType) -> Answer:
    """One page of a record's associations with one object type, in the order of ids."""
    source = _end(crm, from_kind, record_id)
    limit = call.limit(PAGE, PAGE)
    first = call.start()
    rows = [row for row in _rows(crm, source, to_kind) if int(row["toObjectId"]) >= first]
    after = str(rows[limit]["toObjectId"]) if len(rows) > limit else None
    return Answer(paged(rows[:limit], after, call), rows=len(rows[:limit]))


def _rows(crm: Crm, source: End, to_kind: ObjectType) -> list[dict[str, Any]]:
    partners = sorted(crm.links.of(source, to_kind.name).items(), key=lambda item: int(item[0]))
    return [{"toObjectId": other, "associationTypes": [kind.shown() for kind in kinds]} for other, kinds in partners]


def _end(crm: Crm, kind: ObjectType, record_id: Any) -> End:
    return End(kind.name, crm.live(kind, str(record_id)).id)


def batch_read_links(crm: Crm, call: Call, from_kind: ObjectType, to_kind: ObjectType) -> Answer:
    """The associations of up to a thousand records; those without any are one error row."""
    results, bare = [], []
    for row in call.inputs(MOST_READ):
        record_id = str(field(row, "id"))
        found = _rows(crm, End(from_kind.name, record_id), to_kind)
        first = whole_number(row.get("after") or 0, "after")
        page = [each for each in found if int(each["toObjectId"]) >= first]
        if not page:
            bare.append(record_id)
            continue
        more = {"paging": {"next": {"after": page[PAGE]["toObjectId"]}}} if len(page) > PAGE else {}
        results.append({"from": {"id": record_id}, "to": page[:PAGE], **more})
    errors = [_no_links(from_kind, to_kind, bare).row({})] if bare else []
    return batch(results, errors, crm.clock.now(), moved=sum(len(each["to"]) for each in results))


def _no_links(from_kind: ObjectType, to_kind: ObjectType, ids: Sequence[str]) -> Refusal:
    message = f"No {to_kind.singular} is associated with {from_kind.singular} {', '.join(ids)}."
    extra = {"fromObjectId": list(ids), "fromObjectType": [from_kind.type_id], "toObjectType": [to_kind.type_id]}
    found = Refusal(404, message, "OBJECT_NOT_FOUND", context=extra)
    found.sub_category = "crm.associations.NO_ASSOCIATIONS_FOUND"
    return found


def set_labels(
    crm: Crm, call: Call, *, from_kind: ObjectType, record_id: str, to_kind: ObjectType, other_id: str
) -> Answer:
    """Associate two records with these labels, in place of the account's own labels they had: 201."""
    source, target = _end(crm, from_kind, record_id), _end(crm, to_kind, other_id)
    displaced = crm.links.relabel(source, target, _specs(crm, source, target, call.json()))
    _touch(crm, [source, target, *displaced])
    return Answer(_labels(crm, source, target, from_kind, to_kind), 201, 1)


def _specs(crm: Crm, source: End, target: End, given: Any) -> list[LinkType]:
    if not isinstance(given, list) or not given:
        raise malformed("at least one association type is needed")
    specs = [
        (str(field(row, "associationCategory")), whole_number(field(row, "associationTypeId"), "associationTypeId"))
        for row in given
    ]
    return [crm.links.known(source.type, target.type, category, type_id) for category, type_id in specs]


def _labels(crm: Crm, source: End, target: End, from_kind: ObjectType, to_kind: ObjectType) -> dict[str, Any]:
    kinds = crm.links.of(source, target.type).get(target.id, [])
    return {
        "fromObjectTypeId": from_kind.type_id,
        "fromObjectId": source.id,
        "toObjectTypeId": to_kind.type_id,
        "toObjectId": target.id,
        "labels": [kind.label for kind in kinds if kind.label],
    }


def set_default(
    crm: Crm, _call: Call, *, from_kind: ObjectType, record_id: str, to_kind: ObjectType, other_id: str
) -> Answer:
    """Associate two records without a label: 200."""
    source, target = _end(crm, from_kind, record_id), _end(crm, to_kind, other_id)
    displaced = crm.links.add(source, target, crm.links.plain(source.type, target.type))
    at = _touch(crm, [source, target, *displaced])
    return batch(_default_rows(crm, source, target), [], at)


def _default_rows(crm: Crm, source: End, target: End) -> list[dict[str, Any]]:
    """Both directions of an unlabelled association, as the vendor lists them."""
    plain = crm.links.plain(source.type, target.type)
    directions = ((source, target, plain), (target, source, crm.links.inverse(plain)))
    return [
        {
            "from": {"id": near.id},
            "to": {"id": far.id},
            "associationSpec": {"associationCategory": kind.category, "associationTypeId": kind.type_id},
        }
        for near, far, kind in directions
    ]


def remove_links(
    crm: Crm, _call: Call, *, from_kind: ObjectType, record_id: str, to_kind: ObjectType, other_id: str
) -> Answer:
    """End every association of two records: 204, whether or not there was one."""
    source, target = _end(crm, from_kind, record_id), _end(crm, to_kind, other_id)
    if crm.links.remove(source, target):
        _touch(crm, [source, target])
    return Answer(status=204, rows=1)


def batch_create_links(crm: Crm, call: Call, from_kind: ObjectType, to_kind: ObjectType) -> Answer:
    """Associate up to two thousand pairs: 201, or 207 where some could not be."""

    def make(row: Row) -> tuple[list[dict[str, Any]], list[End]]:
        """Label one pair."""
        source, target = _pair(crm, row, from_kind, to_kind)
        displaced = crm.links.relabel(source, target, _specs(crm, source, target, row.get("types")))
        return [_labels(crm, source, target, from_kind, to_kind)], [source, target, *displaced]

    return _each_pair(crm, call, make, status=201)


def batch_default_links(crm: Crm, call: Call, from_kind: ObjectType, to_kind: ObjectType) -> Answer:
    """Associate up to two thousand pairs without a label: 200, with the errors of those that could not be in it."""

    def make(row: Row) -> tuple[list[dict[str, Any]], list[End]]:
        """Associate one pair without a label."""
        source, target = _pair(crm, row, from_kind, to_kind)
        displaced = crm.links.add(source, target, crm.links.plain(source.type, target.type))
        return _default_rows(crm, source, target), [source, target, *displaced]

    return replace(_each_pair(crm, call, make, status=200), status=200)


def _each_pair(
    crm: Crm, call: Call, make: Callable[[Row], tuple[list[dict[str, Any]], list[End]]], *, status: int
) -> Answer:
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    touched: list[End] = []
    inputs = call.inputs(MOST_WRITTEN)
    for row in inputs:
        try:
            made, ends = make(row)
        except Refusal as refusal:
            errors.append(refusal.row({"fromObjectId": [str(field(field(row, "from"), "id"))]}))
            continue
        results.extend(made)
        touched.extend(ends)
    at = _touch(crm, touched)
    return batch(results, errors, at, status=status, moved=len(inputs) - len(errors))


def _pair(crm: Crm, row: Row, from_kind: ObjectType, to_kind: ObjectType) -> tuple[End, End]:
    return _end(crm, from_kind, field(field(row, "from"), "id")), _end(crm, to_kind, field(field(row, "to"), "id"))


def batch_archive_links(crm: Crm, call: Call, from_kind: ObjectType, to_kind: ObjectType) -> Answer:
    """End every association of the pairs: 204."""
    touched: list[End] = []
    inputs = call.inputs(MOST_WRITTEN)
    for row in inputs:
        source = _end(crm, from_kind, field(field(row, "from"), "id"))
        for each in objects(row, "to"):
            target = _end(crm, to_kind, field(each, "id"))
            if crm.links.remove(source, target):
                touched.extend((source, target))
    _touch(crm, touched)
    return Answer(status=204, rows=len(inputs))


def batch_archive_labels(crm: Crm, call: Call, from_kind: ObjectType, to_kind: ObjectType) -> Answer:
    """End some types of the pairs' associations: 204; ending the unlabelled one ends all."""
    touched: list[End] = []
    inputs = call.inputs(MOST_WRITTEN)
    for row in inputs:
        source, target = _pair(crm, row, from_kind, to_kind)
        crm.links.remove_types(source, target, _specs(crm, source, target, row.get("types")))
        touched.extend((source, target))
    _touch(crm, touched)
    return Answer(status=204, rows=len(inputs))


def list_labels(crm: Crm, _call: Call, from_kind: ObjectType, to_kind: ObjectType) -> Answer:
    """The association types that lead from one object type to another."""
    kinds = crm.links.between(from_kind.name, to_kind.name)
    return Answer({"results": [kind.shown() for kind in kinds]}, rows=len(kinds))


def update_label(crm: Crm, call: Call, from_kind: ObjectType, to_kind: ObjectType) -> Answer:
    """Another text for a label of the account's own: 204."""
    body = call.body()
    kind = _own_label(crm, from_kind, to_kind, field(body, "associationTypeId"))
    inverse = body.get("inverseLabel")
    crm.links.rename_label(kind, str(field(body, "label")), None if inverse is None else str(inverse))
    return Answer(status=204, rows=1)


def delete_label(crm: Crm, _call: Call, from_kind: ObjectType, to_kind: ObjectType, type_id: str) -> Answer:
    """Take a label of the account's own away: 204; records stay associated without it."""
    crm.links.delete_label(_own_label(crm, from_kind, to_kind, type_id))
    return Answer(status=204, rows=1)


def _own_label(crm: Crm, from_kind: ObjectType, to_kind: ObjectType, type_id: Any) -> LinkType:
    number = whole_number(type_id, "associationTypeId")
    kind = crm.links.known(from_kind.name, to_kind.name, USER_DEFINED, number)
    if kind.label is None:
        raise rejected(f"Association type {number} is not a label", code="INVALID_ASSOCIATION_TYPE")
    return kind


def create_label(crm: Crm, call: Call, from_kind: ObjectType, to_kind: ObjectType) -> Answer:
    """A label of the account's own."""
    body = call.body()
    field(body, "name")
    crm.links.plain(from_kind.name, to_kind.name)
    label, inverse = str(field(body, "label")), body.get("inverseLabel")
    if any(kind.label == label for kind in crm.links.between(from_kind.name, to_kind.name)):
        raise conflict(f"An association label '{label}' already exists.")
    made = crm.links.define_label(from_kind.name, to_kind.name, label, inverse)
    return Answer({"results": [kind.shown() for kind in made]}, rows=1)


def _touch(crm: Crm, ends: Sequence[End]) -> Any:
    """Move the stamps of both sides, each once, all at one instant."""
    at = crm.clock.tick()
    for end in dict.fromkeys(ends):
        record = crm.shelves[end.type].get(end.id)
        if record is None:
            raise missing()
        crm.touch(record, at)
    return at
