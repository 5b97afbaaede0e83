"""The resources that describe the API and the org: versions, objects, fields, limits."""

from __future__ import annotations

from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.conditional import is_unmodified
from connectors.salesforce.sandbox.dependencies import controlling_values, valid_for
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rows import rest_object
from connectors.salesforce.sandbox.schema import Describe, Field, SObject, child_relationships
from connectors.salesforce.sandbox.site import Site

OLDEST_LIVE_VERSION, NEWEST_VERSION = 31, 68
OLDEST_KNOWN_VERSION = 21
_SEASONS = ("Spring", "Summer", "Winter")


def versions() -> Result:
    """List the live API versions, oldest first."""
    return Result(200, [_version(number) for number in range(OLDEST_LIVE_VERSION, NEWEST_VERSION + 1)])


def _version(number: int) -> Describe:
    # Three releases a year; version 31 was Summer '14.
    season = _SEASONS[number % 3]
    year = 14 + (number - 31 + 1) // 3 + (season == "Winter")
    return {"label": f"{season} '{year}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def resource_list(_site: Site, call: Call) -> Result:
    """List what an API version offers."""
    names = ("sobjects", "query", "queryAll", "composite", "jobs", "limits", "tooling")
    return Result(200, {name: f"/services/data/{call.version}/{name}" for name in names})


def object_list(site: Site, call: Call) -> Result:
    """List all objects; 304 when nothing that describe tells has changed since the instant asked with."""
    if is_unmodified(call, site.org.described_at):
        return Result(304)
    shown = [one.summary(call.version) for one in site.org.schema.values() if not one.is_tooling]
    return Result(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown}, rows=len(shown))


def object_info(site: Site, call: Call, name: str) -> Result:
    """Tell the basics of one object."""
    sobject = rest_object(site.org, name)
    return Result(200, {"objectDescribe": sobject.summary(call.version), "recentItems": []}, rows=1)


def describe(site: Site, call: Call, name: str) -> Result:
    """Tell everything about one object and the fields that this user can see, or 304 as the list of objects does.

    Changes of other objects and of permissions count too, as the vendor says of the header.
    """
    sobject = rest_object(site.org, name)
    if is_unmodified(call, site.org.described_at):
        return Result(304)
    access = site.org.access
    fields = [
        field.describe(access.can_edit(call.user_id, sobject.name, field), _bits(sobject, field))
        for field in sobject.fields.values()
        if access.can_read(call.user_id, sobject.name, field)
    ]
    body = {
        **sobject.summary(call.version),
        "fields": fields,
        "childRelationships": _children(site.org, sobject),
        "recordTypeInfos": [_master_record_type()],
    }
    return Result(200, body, rows=1)


def limits(site: Site, _call: Call) -> Result:
    """Tell the org's allocations and what is left of them."""
    quota = site.quota
    body = {
        "DailyApiRequests": {"Max": quota.limit, "Remaining": max(0, quota.limit - quota.used)},
        **{
            name: {"Max": most, "Remaining": site.bulk.remaining(name)} for name, most in site.bulk.daily_limits.items()
        },
        "DataStorageMB": {"Max": 10_240, "Remaining": 10_000},
        "FileStorageMB": {"Max": 10_240, "Remaining": 10_000},
    }
    return Result(200, body)


def _bits(sobject: SObject, field: Field) -> dict[str, str | None]:
    controlling = controlling_values(sobject, field)
    return {option: valid_for(field, option, controlling) for option in field.options} if field.controller else {}


def record_count(site: Site, call: Call) -> Result:
    """Tell roughly how many rows objects hold (exactly here): all objects, or those named in ``sObjects``."""
    wanted = [name for name in call.query.get("sObjects", "").split(",") if name]
    found = [site.org.find(name) for name in wanted] if wanted else list(site.org.schema.values())
    counted = [one for one in found if one is not None and not one.is_tooling]
    counts = [{"count": site.org.tables[one.name].live_count(), "name": one.name} for one in counted]
    return Result(200, {"sObjects": counts})


def _children(org: Org, sobject: SObject) -> list[Describe]:
    return [
        {"relationshipName": name, "childSObject": child.name, "field": field.name, "cascadeDelete": False}
        for name, child, field in child_relationships(sobject.name, org.schema)
    ]


def _master_record_type() -> Describe:
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": "012000000000000AAA",
    }
