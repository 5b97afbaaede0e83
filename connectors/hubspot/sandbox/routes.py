"""Every route of the API in one table, written without version, and how versioned paths lead to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from connectors.hubspot.sandbox.account_api import (
    account_details,
    create_pipeline,
    create_stage,
    daily_usage,
    delete_pipeline,
    list_owners,
    list_pipelines,
    list_stages,
    read_owner,
    read_pipeline,
)
from connectors.hubspot.sandbox.association_api import (
    batch_archive_labels,
    batch_archive_links,
    batch_create_links,
    batch_default_links,
    batch_read_links,
    create_label,
    list_labels,
    list_links,
    remove_links,
    set_default,
    set_labels,
)
from connectors.hubspot.sandbox.batch_api import (
    batch_archive,
    batch_create,
    batch_read,
    batch_update,
    batch_upsert,
)
from connectors.hubspot.sandbox.calls import Answer
from connectors.hubspot.sandbox.object_api import (
    archive_record,
    create_record,
    erase_record,
    list_records,
    merge_records,
    read_record,
    search_records,
    update_record,
)
from connectors.hubspot.sandbox.property_api import (
    archive_group,
    archive_property,
    batch_archive_properties,
    batch_create_properties,
    batch_read_properties,
    create_group,
    create_property,
    list_groups,
    list_properties,
    read_group,
    read_property,
    update_property,
)

Handler = Callable[..., Answer]
Need = Literal["read", "write", "schema.read", "schema.write", "owners"]

INSIDE = "/-"
# The vendor serves dated paths beside the numbered versions, with the same meaning.
_VERSIONED = (
    re.compile(r"/crm/v3(/(?:objects|properties|pipelines|owners)(?!.*/associations/)(?:/.*)?)"),
    re.compile(r"/crm/v4(/(?:associations/.*|objects/[^/]+/[^/]+/associations/.*))"),
    re.compile(r"/crm(/(?:objects|properties|pipelines|owners|associations))/2026-0[39]((?:/.*)?)"),
    re.compile(r"(/account-info)/(?:v3|2026-0[39])(/.*)"),
)


def unversioned(path: str) -> str:
    """The path as the table has it; one that no version has leads nowhere."""
    for versioned in _VERSIONED:
        if found := versioned.fullmatch(path):
            return INSIDE + "".join(found.groups())
    return "/"


_ONE = INSIDE + "/objects/<kind>/<record_id>"
_LINKS = INSIDE + "/objects/<from_kind>/<record_id>/associations/<to_kind>"
_LINK = _LINKS + "/<other_id>"
_DEFAULT_LINK = INSIDE + "/objects/<from_kind>/<record_id>/associations/default/<to_kind>/<other_id>"
_PAIRS = INSIDE + "/associations/<from_kind>/<to_kind>"
_PIPELINE = INSIDE + "/pipelines/<kind>/<pipeline_id>"

# method, path, handler, what the token needs
ROUTES: tuple[tuple[str, str, Handler, Need | None], ...] = (
    ("GET", INSIDE + "/objects/<kind>", list_records, "read"),
    ("POST", INSIDE + "/objects/<kind>", create_record, "write"),
    ("POST", INSIDE + "/objects/<kind>/search", search_records, "read"),
    ("POST", INSIDE + "/objects/<kind>/merge", merge_records, "write"),
    ("POST", INSIDE + "/objects/<kind>/gdpr-delete", erase_record, "write"),
    ("POST", INSIDE + "/objects/<kind>/batch/read", batch_read, "read"),
    ("POST", INSIDE + "/objects/<kind>/batch/create", batch_create, "write"),
    ("POST", INSIDE + "/objects/<kind>/batch/update", batch_update, "write"),
    ("POST", INSIDE + "/objects/<kind>/batch/upsert", batch_upsert, "write"),
    ("POST", INSIDE + "/objects/<kind>/batch/archive", batch_archive, "write"),
    ("GET", _ONE, read_record, "read"),
    ("PATCH", _ONE, update_record, "write"),
    ("DELETE", _ONE, archive_record, "write"),
    ("GET", _LINKS, list_links, "read"),
    ("PUT", _DEFAULT_LINK, set_default, "write"),
    ("PUT", _LINK, set_labels, "write"),
    ("DELETE", _LINK, remove_links, "write"),
    ("POST", _PAIRS + "/batch/read", batch_read_links, "read"),
    ("POST", _PAIRS + "/batch/create", batch_create_links, "write"),
    ("POST", _PAIRS + "/batch/associate/default", batch_default_links, "write"),
    ("POST", _PAIRS + "/batch/archive", batch_archive_links, "write"),
    ("POST", _PAIRS + "/batch/labels/archive", batch_archive_labels, "write"),
    ("GET", _PAIRS + "/labels", list_labels, "read"),
    ("POST", _PAIRS + "/labels", create_label, "write"),
    ("GET", INSIDE + "/properties/<kind>", list_properties, "read"),
    ("POST", INSIDE + "/properties/<kind>", create_property, "schema.write"),
    ("POST", INSIDE + "/properties/<kind>/batch/create", batch_create_properties, "schema.write"),
    ("POST", INSIDE + "/properties/<kind>/batch/read", batch_read_properties, "read"),
    ("POST", INSIDE + "/properties/<kind>/batch/archive", batch_archive_properties, "schema.write"),
    ("GET", INSIDE + "/properties/<kind>/groups", list_groups, "read"),
    ("POST", INSIDE + "/properties/<kind>/groups", create_group, "schema.write"),
    ("GET", INSIDE + "/properties/<kind>/groups/<name>", read_group, "read"),
    ("DELETE", INSIDE + "/properties/<kind>/groups/<name>", archive_group, "schema.write"),
    ("GET", INSIDE + "/properties/<kind>/<name>", read_property, "read"),
    ("PATCH", INSIDE + "/properties/<kind>/<name>", update_property, "schema.write"),
    ("DELETE", INSIDE + "/properties/<kind>/<name>", archive_property, "schema.write"),
    ("GET", INSIDE + "/pipelines/<kind>", list_pipelines, "read"),
    ("POST", INSIDE + "/pipelines/<kind>", create_pipeline, "write"),
    ("GET", _PIPELINE, read_pipeline, "read"),
    ("DELETE", _PIPELINE, delete_pipeline, "write"),
    ("GET", _PIPELINE + "/stages", list_stages, "read"),
    ("POST", _PIPELINE + "/stages", create_stage, "write"),
    ("GET", INSIDE + "/owners", list_owners, "owners"),
    ("GET", INSIDE + "/owners/", list_owners, "owners"),
    ("GET", INSIDE + "/owners/<owner_id>", read_owner, "owners"),
    ("GET", INSIDE + "/account-info/details", account_details, None),
    ("GET", INSIDE + "/account-info/api-usage/daily/private-apps", daily_usage, None),
)
