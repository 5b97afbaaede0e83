"""What follows from a saved file version: its document, its number, and where it is attached first."""

from __future__ import annotations

import base64
import hashlib

from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.errors import not_found
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.table import Row


def file_saved(org: Org, actor: Actor, object_name: str, row: Row) -> None:
    """Publish a new version: the first makes the document, a later one takes the place of the latest."""
    if object_name != "ContentVersion" or row.get("VersionNumber") is not None:
        return
    versions = [one for one in org.tables["ContentVersion"].live() if one.get("ContentDocumentId") is not None]
    same = row.get("ContentDocumentId")
    older = [one for one in versions if one["ContentDocumentId"] == same and one["Id"] != row["Id"]]
    for one in older:
        if one["IsLatest"]:
            org.put("ContentVersion", {**one, "IsLatest": False, "SystemModstamp": actor.at})
    facts = _facts(row)
    document_id = str(row.get("ContentDocumentId") or _stored(org, actor, "ContentDocument", {"Title": facts["Title"]}))
    new: Row = {**row, **facts, "ContentDocumentId": document_id, "IsLatest": True}
    org.put("ContentVersion", {**new, "VersionNumber": str(len(older) + 1)})
    document = org.tables["ContentDocument"].rows[document_id]
    latest: Row = {name: facts[name] for name in ("Title", "FileExtension", "ContentSize")}
    latest.update(LatestPublishedVersionId=row["Id"], SystemModstamp=actor.at, LastModifiedDate=actor.at)
    org.put("ContentDocument", {**document, **latest})
    if not older:
        _attach(org, actor, document_id, str(row.get("FirstPublishLocationId") or actor.user_id))


def version_data(site: Site, _call: Call, row_id: str) -> Result:
    """Give the bytes of a version."""
    row = site.org.tables["ContentVersion"].rows.get(row_id)
    if row is None or row["IsDeleted"]:
        raise not_found()
    data = base64.b64decode(str(row["VersionData"]))
    return Result(200, data, rows=1, media="application/octet-stream")


def _facts(row: Row) -> Row:
    """Return what a version's bytes and path say of it."""
    data = base64.b64decode(str(row["VersionData"]))
    name = str(row["PathOnClient"]).replace("\\", "/").rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return {
        "Title": row.get("Title") or (stem if dot else name),
        "FileExtension": extension if dot else None,
        "ContentSize": len(data),
        "Checksum": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }


def _attach(org: Org, actor: Actor, document_id: str, record_id: str) -> None:
    share = "I" if record_id == actor.user_id else "V"
    link: Row = {"ContentDocumentId": document_id, "LinkedEntityId": record_id, "ShareType": share}
    _stored(org, actor, "ContentDocumentLink", {**link, "Visibility": "AllUsers"})


def _stored(org: Org, actor: Actor, object_name: str, values: Row) -> str:
    row_id = org.tables[object_name].next_id()
    row: Row = {"Id": row_id, "IsDeleted": False, "CreatedDate": actor.at, "CreatedById": actor.user_id, **values}
    row.update(LastModifiedDate=actor.at, LastModifiedById=actor.user_id, SystemModstamp=actor.at)
    if object_name == "ContentDocument":
        row["OwnerId"] = actor.user_id
    org.put(object_name, row)
    return row_id
