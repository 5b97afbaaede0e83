"""Takes away what Inlay made: its permission set first, so that nobody loses sight of a field that is still used.

Only fields named as Inlay names its own are deleted: what a mapping adopted belongs to the firm. Salesforce keeps
deleted fields, with their values, for 15 days.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.metadata import OWN_PREFIX, definition
from connectors.salesforce.refusals import as_promised, told_text
from core.sdk import BugError, ProvisionStep, WantedField

DELETE, DISMISS = "delete_field", "dismiss_user"


class Remover:
    """Plans and carries out the removal."""

    def __init__(self, client: SalesforceClient, discovery: Discovery, permission_set: str) -> None:
        self._client = client
        self._discovery = discovery
        self._permission_set = permission_set

    def plan(self, fields: Sequence[WantedField]) -> list[ProvisionStep]:
        """Return the steps for what is still there; tasks and events share their fields."""
        own = {definition(one): one for one in fields if one.name.startswith(OWN_PREFIX)}
        deletions = [_delete_step(name, one) for name, one in own.items() if self.field_id(one) is not None]
        if not self._ids("PermissionSet", "Name"):
            return deletions
        summary = f"take the permission set {self._permission_set} away"
        return [ProvisionStep("remove permission set", DISMISS, summary, 4), *deletions]

    def carry_out(self, step: ProvisionStep) -> None:
        """Take one step; what is gone already is left alone."""
        if step.kind == DISMISS:
            self._dismiss()
        elif step.kind == DELETE and step.field is not None:
            self._delete(step.field)
        else:
            raise BugError(f"there is no step of kind {step.kind}", where=step.name)

    def field_id(self, wanted: WantedField) -> str | None:
        """Return the Tooling API's id of a custom field, whether this user sees the field or not."""
        table, _, name = definition(wanted).partition(".")
        named = [soql.equals("DeveloperName", name.removesuffix("__c")), soql.equals("TableEnumOrId", table)]
        rows = self._client.tooling_rows(soql.select(["Id"], "CustomField", named))
        with as_promised("tooling/query"):
            return told_text(rows[0]["Id"]) if rows else None

    def _dismiss(self) -> None:
        """Unassign the permission set, then delete it: Salesforce refuses to delete one that is assigned."""
        for name, path in (("PermissionSetAssignment", "PermissionSet.Name"), ("PermissionSet", "Name")):
            for row_id in self._ids(name, path):
                self._client.send("DELETE", f"sobjects/{name}/{row_id}")

    def _delete(self, wanted: WantedField) -> None:
        field_id = self.field_id(wanted)
        if field_id is not None:
            self._client.send("DELETE", f"tooling/sobjects/CustomField/{field_id}")
            self._discovery.forget(wanted.stream)

    def _ids(self, name: str, path: str) -> list[str]:
        return self._client.ids(soql.select(["Id"], name, [soql.equals(path, self._permission_set)]))


def _delete_step(name: str, wanted: WantedField) -> ProvisionStep:
    return ProvisionStep(f"delete {name}", DELETE, f"delete the field {name} (“{wanted.label}”)", 2, wanted)
