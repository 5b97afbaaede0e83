"""Makes Inlay's fields exist and lets the integration user see them: Tooling API first, then a permission set.

A custom field is invisible to everybody, its maker included, until field-level security grants it. Inlay grants its
fields through one permission set of its own, so that removing the set takes everything back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.metadata import DESCRIBED_AS, TYPES, definition, field_metadata, lacking_options
from connectors.salesforce.refusals import VendorRefusal, as_promised, told_text
from connectors.salesforce.removal import Remover
from core.sdk import BugError, Finding, ProvisionStep, WantedField

PERMISSION_SET = "Inlay_Fields"
CREATE, EXTEND, GRANT, ADMIT = "create_field", "extend_field", "grant_field", "admit_user"


class Provisioner:
    """Plans and carries out the changes of the org's schema that Inlay needs."""

    def __init__(self, client: SalesforceClient, discovery: Discovery) -> None:
        self._client = client
        self._discovery = discovery
        self._remover = Remover(client, discovery, PERMISSION_SET)
        self._steps: Mapping[str, Callable[[WantedField], None]] = {
            CREATE: self._create,
            EXTEND: self._extend,
            GRANT: self._grant,
        }

    def plan(self, wanted: Sequence[WantedField]) -> list[ProvisionStep]:
        """Return the steps still needed, in the order in which they must be taken."""
        missing = [one for one in wanted if self._is_missing(one)]
        extensions = [step for one in wanted if one not in missing for step in self._extension(one)]
        if not missing:
            return extensions
        existing = self._existing(missing)
        creates = [_create_step(one) for one in missing if definition(one) not in existing]
        unique = list({step.name: step for step in creates}.values())
        return [*unique, *extensions, *self._admission(), *[_grant_step(one) for one in missing]]

    def carry_out(self, step: ProvisionStep) -> None:
        """Take one step; one that was taken before changes nothing."""
        if step.kind == ADMIT:
            self._admit()
        elif step.kind not in self._steps:
            self._remover.carry_out(step)
        elif step.field is None:
            raise BugError(f"a provision step of kind {step.kind} names no field", where=step.name)
        else:
            self._steps[step.kind](step.field)

    def plan_removal(self, fields: Sequence[WantedField]) -> list[ProvisionStep]:
        """Return the steps that take Inlay's own fields and their permission set away."""
        return self._remover.plan(fields)

    def _is_missing(self, wanted: WantedField) -> bool:
        facts = self._discovery.object(wanted.stream).fields.get(wanted.name)
        if facts is None or not facts.can_update:
            return True
        if facts.type not in DESCRIBED_AS[wanted.type]:
            self._discovery.notice(_retyped(wanted, facts.type), wanted.stream, wanted.name)
        return False

    def _extension(self, wanted: WantedField) -> list[ProvisionStep]:
        """The step that adds options to a picklist of the org which lacks some that Inlay writes."""
        known = self._discovery.object(wanted.stream).fields[wanted.name]
        lacking = lacking_options(wanted, known)
        if not lacking:
            return []
        name = definition(wanted)
        summary = f"add {', '.join(f'“{one}”' for one in lacking)} to the options of {name}"
        return [ProvisionStep(f"extend {name}", EXTEND, summary, 3, wanted)]

    def _existing(self, wanted: Sequence[WantedField]) -> set[str]:
        """Return the fields that exist though the integration user does not see them, as ``Account.Name__c``."""
        names = sorted({one.name.removesuffix("__c") for one in wanted})
        found: set[str] = set()
        for batch in soql.batches(names):
            columns = ["DeveloperName", "TableEnumOrId"]
            query = soql.select(columns, "CustomField", [soql.in_list("DeveloperName", batch)])
            rows = self._client.tooling_rows(query)
            with as_promised("tooling/query"):
                found.update(f"{row['TableEnumOrId']}.{row['DeveloperName']}__c" for row in rows)
        return found

    def _admission(self) -> list[ProvisionStep]:
        if self._permission_set_id() and self._is_admitted():
            return []
        summary = f"make the permission set {PERMISSION_SET} and assign it to the integration user"
        return [ProvisionStep("permission set", ADMIT, summary, calls=5)]

    def _create(self, wanted: WantedField) -> None:
        body = {"FullName": definition(wanted), "Metadata": field_metadata(wanted)}
        try:
            self._client.create("tooling/sobjects/CustomField", body)
        except VendorRefusal as refusal:
            if refusal.code != "DUPLICATE_DEVELOPER_NAME":
                raise
        self._discovery.forget(wanted.stream)

    def _extend(self, wanted: WantedField) -> None:
        """Add the options that are lacking; those of the org stay, in their order."""
        field_id = self._remover.field_id(wanted)
        if field_id is None:
            raise BugError("a field is extended before it exists", where=wanted.name)
        path = f"tooling/sobjects/CustomField/{field_id}"
        answer = self._client.get(path)
        with as_promised(path):
            metadata = answer["Metadata"]
            values = metadata["valueSet"]["valueSetDefinition"]["value"]
            held = {told_text(value.get("valueName") or value.get("fullName")) for value in values}
            values += [{"valueName": one, "label": one, "default": False} for one in wanted.options if one not in held]
        self._client.send("PATCH", path, {"FullName": definition(wanted), "Metadata": metadata})
        self._discovery.forget(wanted.stream)

    def _admit(self) -> None:
        set_id = self._permission_set_id()
        if set_id is None:
            label = {"Name": PERMISSION_SET, "Label": "Inlay fields", "Description": "Fields that Inlay fills in."}
            set_id = self._client.create("sobjects/PermissionSet", label)
        if not self._is_admitted():
            row = {"PermissionSetId": set_id, "AssigneeId": self._client.user_id()}
            self._client.create("sobjects/PermissionSetAssignment", row)

    def _grant(self, wanted: WantedField) -> None:
        set_id = self._permission_set_id()
        if set_id is None:
            raise BugError("fields are granted before their permission set exists", where=wanted.name)
        full_name = f"{wanted.stream}.{wanted.name}"
        of_this = [soql.equals("ParentId", set_id), soql.equals("Field", full_name)]
        held = self._client.ids(soql.select(["Id"], "FieldPermissions", of_this))
        rights = {"PermissionsRead": True, "PermissionsEdit": True}
        if held:
            self._client.send("PATCH", f"sobjects/FieldPermissions/{held[0]}", rights)
        else:
            row = {"ParentId": set_id, "SobjectType": wanted.stream, "Field": full_name, **rights}
            self._client.create("sobjects/FieldPermissions", row)
        self._discovery.forget(wanted.stream)

    def _permission_set_id(self) -> str | None:
        found = self._client.ids(soql.select(["Id"], "PermissionSet", [soql.equals("Name", PERMISSION_SET)]))
        return found[0] if found else None

    def _is_admitted(self) -> bool:
        ours = soql.equals("PermissionSet.Name", PERMISSION_SET)
        conditions = [soql.equals("AssigneeId", self._client.user_id()), ours]
        return bool(self._client.ids(soql.select(["Id"], "PermissionSetAssignment", conditions)))


def _create_step(wanted: WantedField) -> ProvisionStep:
    name = definition(wanted)
    kind = TYPES[wanted.type]["type"]
    return ProvisionStep(f"create {name}", CREATE, f"create the field {name} ({kind}, “{wanted.label}”)", 1, wanted)


def _grant_step(wanted: WantedField) -> ProvisionStep:
    name = f"{wanted.stream}.{wanted.name}"
    return ProvisionStep(f"grant {name}", GRANT, f"let the integration user read and edit {name}", 3, wanted)


def _retyped(wanted: WantedField, found: str) -> Finding:
    return Finding(
        "field_retyped",
        "error",
        f"{wanted.stream}.{wanted.name} is of type {found} in Salesforce, but Inlay writes {wanted.type} into it",
        where=f"{wanted.stream}.{wanted.name}",
        remedy="map the signal to another field, or delete this one and run `inlay provision`",
    )
