"""The objects of the demo org, as an administrator of an accounting practice has set it up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from connectors.salesforce.sandbox.objects.activity import event, task
from connectors.salesforce.sandbox.objects.content import content_document, content_document_link, content_version
from connectors.salesforce.sandbox.objects.leads import lead
from connectors.salesforce.sandbox.objects.parties import account, contact
from connectors.salesforce.sandbox.objects.relations import account_team_member, dated_conversion_rate
from connectors.salesforce.sandbox.objects.sales import contract, opportunity, opportunity_contact_role
from connectors.salesforce.sandbox.objects.service import case
from connectors.salesforce.sandbox.objects.setup import (
    currency_type,
    custom_field,
    field_permissions,
    organization,
    permission_set,
    permission_set_assignment,
    profile,
    user,
)
from connectors.salesforce.sandbox.schema import SObject

_MAKERS = (
    account,
    contact,
    lead,
    account_team_member,
    content_document,
    content_version,
    content_document_link,
    dated_conversion_rate,
    opportunity,
    opportunity_contact_role,
    contract,
    case,
    task,
    event,
    user,
    profile,
    organization,
    currency_type,
    permission_set,
    permission_set_assignment,
    field_permissions,
    custom_field,
)


def standard_schema() -> dict[str, SObject]:
    """Return a fresh copy of every object by name; custom fields are added to it while the sandbox runs."""
    return {one.name: replace(one, fields=dict(one.fields)) for one in _pristine()}


@cache
def _pristine() -> tuple[SObject, ...]:
    return tuple(make() for make in _MAKERS)
