"""The endpoints of lists and their memberships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.hubspot.sandbox.calls import Answer, Call, field, names_in, paged, whole_number
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.lists import RecordList, filter_groups
from connectors.hubspot.sandbox.refusals import malformed, missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.search import matching
from connectors.hubspot.sandbox.values import stamp

PAGE = 250
MOST_CHANGED = 100_000


def create_list(crm: Crm, call: Call) -> Answer:
    """A new list: 200; one with a filter is filled at once."""
    body = call.body()
    kind, branch = crm.schema.find(str(field(body, "objectTypeId"))), body.get("filterBranch")
    if branch is not None and not isinstance(branch, Mapping):
        raise malformed("filterBranch must be an object")
    made = crm.lists.create(str(field(body, "name")), kind, str(field(body, "processingType")), crm.clock.now())
    if branch is not None:
        made.filter_branch, made.members = branch, _computed(crm, made, branch)
    elif made.processing_type == "DYNAMIC":
        raise rejected("A DYNAMIC list needs a filterBranch", code="MISSING_FILTER_BRANCH")
    crm.lists.keep(made)
    return Answer({"list": made.shown()}, rows=1)


def _computed(crm: Crm, each: RecordList, branch: Mapping[str, Any]) -> dict[str, Any]:
    found = matching(crm, each.kind, filter_groups(branch))
    return {record.id: each.members.get(record.id, crm.clock.now()) for record in found}


def _current(crm: Crm, list_id: str) -> RecordList:
    """A list with its present members: a dynamic one follows its filter."""
    found = crm.lists.get(list_id)
    if found.processing_type == "DYNAMIC" and found.filter_branch is not None:
        found.members = _computed(crm, found, found.filter_branch)
    return found


def list_lists(crm: Crm, call: Call) -> Answer:
    """The lists of the ids in ``listIds``; unknown ones are left out."""
    wanted = set(call.names("listIds"))
    found = [_current(crm, each.id).shown() for each in crm.lists if each.id in wanted]
    return Answer({"lists": found}, rows=len(found))


def search_lists(crm: Crm, call: Call) -> Answer:
    """Lists whose names hold the words of ``query``, page by page with ``offset`` and ``count``."""
    body = call.body()
    words, types = str(body.get("query") or "").lower(), names_in(body, "processingTypes")
    found = [each for each in crm.lists if words in each.name.lower() and (not types or each.processing_type in types)]
    offset, count = (whole_number(body.get(key) or usual, key) for key, usual in (("offset", 0), ("count", 20)))
    page = [_current(crm, each.id).found() for each in found[offset : offset + count]]
    following = min(offset + count, len(found))
    answer = {"lists": page, "total": len(found), "offset": following, "hasMore": following < len(found)}
    return Answer(answer, rows=len(page))


def read_list(crm: Crm, _call: Call, list_id: str) -> Answer:
    """One list by id."""
    return Answer({"list": _current(crm, list_id).shown()}, rows=1)


def read_named_list(crm: Crm, _call: Call, kind: ObjectType, name: str) -> Answer:
    """One list by object type and name."""
    for each in crm.lists:
        if (each.kind, each.name.lower()) == (kind, name.lower()):
            return Answer({"list": _current(crm, each.id).shown()}, rows=1)
    raise missing(f"List {name} does not exist")


def delete_list(crm: Crm, _call: Call, list_id: str) -> Answer:
    """Delete a list, not its records: 204."""
    crm.lists.get(list_id).deleted_at = crm.clock.now()
    return Answer(status=204, rows=1)


def restore_list(crm: Crm, _call: Call, list_id: str) -> Answer:
    """Take a deleted list back: 204."""
    found = crm.lists.get(list_id, deleted=True)
    crm.lists.refuse_taken(found.name, found.kind)
    found.deleted_at = None
    return Answer(status=204, rows=1)


def rename_list(crm: Crm, call: Call, list_id: str) -> Answer:
    """Give a list another name: 200."""
    found, name = crm.lists.get(list_id), call.text("listName")
    if not name:
        raise rejected("listName is required", code="MISSING_NAME")
    crm.lists.refuse_taken(name, found.kind)
    found.name, found.updated_at = name, crm.clock.now()
    return Answer({"updatedList": found.shown()}, rows=1)


def add_members(crm: Crm, call: Call, list_id: str) -> Answer:
    """Put records into a list: those that do not exist are told, those in it already are passed over."""
    return _change(crm, list_id, _ids(call.json()), [])


def remove_members(crm: Crm, call: Call, list_id: str) -> Answer:
    """Take records out of a list; those that are not in it are passed over."""
    return _change(crm, list_id, [], _ids(call.json()))


def add_and_remove_members(crm: Crm, call: Call, list_id: str) -> Answer:
    """Both at once."""
    body = call.body()
    return _change(crm, list_id, _ids(body.get("recordIdsToAdd", [])), _ids(body.get("recordIdsToRemove", [])))


def remove_all_members(crm: Crm, _call: Call, list_id: str) -> Answer:
    """Empty a list: 204."""
    found = crm.lists.get(list_id)
    found.refuse_by_hand()
    found.members.clear()
    return Answer(status=204, rows=1)


def _ids(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(each, str | int) for each in given):
        raise malformed("the body must be a list of record ids")
    if len(given) > MOST_CHANGED:
        raise rejected(f"At most {MOST_CHANGED} records can be changed at once", code="TOO_MANY_RECORDS")
    return list(dict.fromkeys(map(str, given)))


def _change(crm: Crm, list_id: str, added: Sequence[str], removed: Sequence[str]) -> Answer:
    found = crm.lists.get(list_id)
    found.refuse_by_hand()
    shelf, at = crm.shelf(found.kind), crm.clock.tick()
    alive = [each for each in added if (record := shelf.get(each)) is not None and record.archived_at is None]
    new = [each for each in alive if each not in found.members]
    gone = [each for each in removed if found.members.pop(each, None) is not None]
    found.members.update(dict.fromkeys(new, at))
    found.updated_at = at
    body = {
        "recordsIdsAdded": new,
        "recordIdsRemoved": gone,
        "recordIdsMissing": [each for each in added if each not in alive],
    }
    return Answer(body, rows=len(new) + len(gone))


def list_members(crm: Crm, call: Call, list_id: str) -> Answer:
    """One page of a list's members in the order of their ids, without archived records."""
    found = _current(crm, list_id)
    limit, first, shelf = call.limit(100, PAGE), call.start(), crm.shelf(found.kind)
    alive = [each for each in found.members if (record := shelf.get(each)) is not None and record.archived_at is None]
    ids = sorted((each for each in alive if int(each) >= first), key=int)
    rows = [{"recordId": each, "membershipTimestamp": stamp(found.members[each])} for each in ids[:limit]]
    page = paged(rows, ids[limit] if len(ids) > limit else None, call)
    return Answer({**page, "total": len(alive)}, rows=len(rows))


def lists_of_record(crm: Crm, _call: Call, kind: ObjectType, record_id: str) -> Answer:
    """The lists that a record is in."""
    record = crm.live(kind, record_id)
    current = [_current(crm, each.id) for each in crm.lists if each.kind is kind]
    lists = [each for each in current if record.id in each.members]
    rows = [
        {
            "listId": each.id,
            "listVersion": 1,
            "firstAddedTimestamp": stamp(each.members[record.id]),
            "lastAddedTimestamp": stamp(each.members[record.id]),
        }
        for each in lists
    ]
    return Answer({"results": rows, "total": len(rows)}, rows=len(rows))
