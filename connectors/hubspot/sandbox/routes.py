"""Every route of the API in one table, written without version, and how versioned paths lead to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from connectors.hubspot.sandbox.account_api import (
    account_details,
    company_currency,
    current_rates,
    daily_usage,
    list_owners,
    read_owner,
)
from connectors.hubspot.sandbox.association_api import (
    batch_archive_labels,
    batch_archive_links,
    batch_create_links,
    batch_default_links,
    batch_read_links,
    create_label,
    delete_label,
    list_labels,
    list_links,
    remove_links,
    set_default,
    set_labels,
    update_label,
)
from connectors.hubspot.sandbox.batch_api import (
    batch_archive,
    batch_create,
    batch_read,
    batch_update,
    batch_upsert,
)
from connectors.hubspot.sandbox.calls import Answer
from connectors.hubspot.sandbox.custom_objects import (
    associate_schema,
    batch_read_schemas,
    create_schema,
    delete_schema,
    disassociate_schema,
    list_schemas,
    read_schema,
    update_schema,
)
from connectors.hubspot.sandbox.file_api import delete_file, download_file, read_file, signed_url, upload_file
from connectors.hubspot.sandbox.list_api import (
    add_and_remove_members,
    add_members,
    create_list,
    delete_list,
    list_lists,
    list_members,
    lists_of_record,
    read_list,
    read_named_list,
    remove_all_members,
    remove_members,
    rename_list,
    restore_list,
    search_lists,
)
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
from connectors.hubspot.sandbox.pipeline_api import (
    audit_pipeline,
    audit_stage,
    create_pipeline,
    create_stage,
    delete_pipeline,
    delete_stage,
    list_pipelines,
    list_stages,
    read_pipeline,
    read_stage,
    replace_pipeline,
    replace_stage,
    update_pipeline,
    update_stage,
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
    update_group,
    update_property,
)
from connectors.hubspot.sandbox.validations import list_all_rules, list_rules, put_rule, read_rule

Handler = Callable[..., Answer]
Need = Literal[
    "read",
    "write",
    "schema.write",
    "owners",
    "schemas",
    "new schema",
    "lists.read",
    "lists.write",
    "files",
]

INSIDE = "/-"
# The vendor serves dated paths beside the numbered versions, with the same meaning.
_DATED = r"(?:2025-09|2026-03|2026-09)"
_VERSIONED = (
    re.compile(r"/crm/v3(/(?:objects|properties|pipelines|owners)(?!.*/associations/)(?:/.*)?)"),
    re.compile(r"/crm(/associations)/v4((?:/.*)?)"),
    re.compile(r"/crm/v4(/(?:associations/.*|objects/[^/]+/[^/]+/associations/.*))"),
    re.compile(rf"/crm(/(?:objects|properties|property-validations|pipelines|owners|associations))/{_DATED}((?:/.*)?)"),
    re.compile(rf"(/account-info)/(?:v3|{_DATED})(/.*)"),
    re.compile(r"/crm/v3(/property-validations/.*)"),
    re.compile(r"/crm(?:-object-schemas)?/v3(/schemas(?:/.*)?)"),
    re.compile(rf"/crm(?:-object-schemas)?(/schemas)/{_DATED}((?:/.*)?)"),
    re.compile(rf"/settings(?:/v3)?(/currencies)(?:/{_DATED})?(/.*)"),
    re.compile(r"/crm/v3(/lists(?:/.*)?)"),
    re.compile(rf"/crm(/lists)/{_DATED}((?:/.*)?)"),
    re.compile(rf"/files/(?:v3|{_DATED})(/files(?:/.*)?)"),
    re.compile(r"(/appinstalls)/v3(/.*)"),
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
_RULES = INSIDE + "/property-validations/<kind>"
_LIST = INSIDE + "/lists/<list_id>"
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
    ("PUT", _PAIRS + "/labels", update_label, "write"),
    ("DELETE", _PAIRS + "/labels/<type_id>", delete_label, "write"),
    ("GET", INSIDE + "/schemas", list_schemas, "schemas"),
    ("POST", INSIDE + "/schemas", create_schema, "new schema"),
    ("POST", INSIDE + "/schemas/batch/read", batch_read_schemas, "schemas"),
    ("GET", INSIDE + "/schemas/<kind>", read_schema, "schemas"),
    ("PATCH", INSIDE + "/schemas/<kind>", update_schema, "schema.write"),
    ("DELETE", INSIDE + "/schemas/<kind>", delete_schema, "schema.write"),
    ("POST", INSIDE + "/schemas/<kind>/associations", associate_schema, "schema.write"),
    ("DELETE", INSIDE + "/schemas/<kind>/associations/<link>", disassociate_schema, "schema.write"),
    ("GET", INSIDE + "/currencies/company-currency", company_currency, None),
    ("GET", INSIDE + "/currencies/exchange-rates/current", current_rates, None),
    ("GET", INSIDE + "/properties/<kind>", list_properties, "read"),
    ("POST", INSIDE + "/properties/<kind>", create_property, "schema.write"),
    ("POST", INSIDE + "/properties/<kind>/batch/create", batch_create_properties, "schema.write"),
    ("POST", INSIDE + "/properties/<kind>/batch/read", batch_read_properties, "read"),
    ("POST", INSIDE + "/properties/<kind>/batch/archive", batch_archive_properties, "schema.write"),
    ("GET", INSIDE + "/properties/<kind>/groups", list_groups, "read"),
    ("POST", INSIDE + "/properties/<kind>/groups", create_group, "schema.write"),
    ("GET", INSIDE + "/properties/<kind>/groups/<name>", read_group, "read"),
    ("PATCH", INSIDE + "/properties/<kind>/groups/<name>", update_group, "schema.write"),
    ("DELETE", INSIDE + "/properties/<kind>/groups/<name>", archive_group, "schema.write"),
    ("GET", INSIDE + "/properties/<kind>/<name>", read_property, "read"),
    ("PATCH", INSIDE + "/properties/<kind>/<name>", update_property, "schema.write"),
    ("DELETE", INSIDE + "/properties/<kind>/<name>", archive_property, "schema.write"),
    ("GET", _RULES, list_all_rules, "read"),
    ("GET", _RULES + "/<name>", list_rules, "read"),
    ("GET", _RULES + "/<name>/rule-type/<rule>", read_rule, "read"),
    ("PUT", _RULES + "/<name>/rule-type/<rule>", put_rule, "schema.write"),
    ("GET", INSIDE + "/pipelines/<kind>", list_pipelines, "read"),
    ("POST", INSIDE + "/pipelines/<kind>", create_pipeline, "write"),
    ("GET", _PIPELINE, read_pipeline, "read"),
    ("DELETE", _PIPELINE, delete_pipeline, "write"),
    ("PATCH", _PIPELINE, update_pipeline, "write"),
    ("PUT", _PIPELINE, replace_pipeline, "write"),
    ("GET", _PIPELINE + "/audit", audit_pipeline, "read"),
    ("GET", _PIPELINE + "/stages", list_stages, "read"),
    ("GET", _PIPELINE + "/stages/<stage_id>", read_stage, "read"),
    ("PATCH", _PIPELINE + "/stages/<stage_id>", update_stage, "write"),
    ("PUT", _PIPELINE + "/stages/<stage_id>", replace_stage, "write"),
    ("GET", _PIPELINE + "/stages/<stage_id>/audit", audit_stage, "read"),
    ("DELETE", _PIPELINE + "/stages/<stage_id>", delete_stage, "write"),
    ("POST", _PIPELINE + "/stages", create_stage, "write"),
    ("POST", INSIDE + "/lists", create_list, "lists.write"),
    ("POST", INSIDE + "/lists/", create_list, "lists.write"),
    ("GET", INSIDE + "/lists", list_lists, "lists.read"),
    ("GET", INSIDE + "/lists/", list_lists, "lists.read"),
    ("POST", INSIDE + "/lists/search", search_lists, "lists.read"),
    ("GET", INSIDE + "/lists/object-type-id/<kind>/name/<name>", read_named_list, "lists.read"),
    ("GET", INSIDE + "/lists/records/<kind>/<record_id>/memberships", lists_of_record, "lists.read"),
    ("GET", _LIST, read_list, "lists.read"),
    ("DELETE", _LIST, delete_list, "lists.write"),
    ("PUT", _LIST + "/restore", restore_list, "lists.write"),
    ("PUT", _LIST + "/update-list-name", rename_list, "lists.write"),
    ("GET", _LIST + "/memberships", list_members, "lists.read"),
    ("DELETE", _LIST + "/memberships", remove_all_members, "lists.write"),
    ("PUT", _LIST + "/memberships/add", add_members, "lists.write"),
    ("PUT", _LIST + "/memberships/remove", remove_members, "lists.write"),
    ("PUT", _LIST + "/memberships/add-and-remove", add_and_remove_members, "lists.write"),
    ("POST", INSIDE + "/files", upload_file, "files"),
    ("GET", INSIDE + "/files/<file_id>", read_file, "files"),
    ("DELETE", INSIDE + "/files/<file_id>", delete_file, "files"),
    ("GET", INSIDE + "/files/<file_id>/signed-url", signed_url, "files"),
    ("GET", INSIDE + "/files/<file_id>/download", download_file, "files"),
    ("GET", INSIDE + "/owners", list_owners, "owners"),
    ("GET", INSIDE + "/owners/", list_owners, "owners"),
    ("GET", INSIDE + "/owners/<owner_id>", read_owner, "owners"),
    ("GET", INSIDE + "/account-info/details", account_details, None),
    ("GET", INSIDE + "/account-info/api-usage/daily/private-apps", daily_usage, None),
)
