"""Field-level security: which custom fields a user may see and change."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.salesforce.sandbox.schema import Field
from connectors.salesforce.sandbox.table import Row, Table

Grants = dict[str, tuple[bool, bool]]


class Access:
    """Answers from the rows of PermissionSet, PermissionSetAssignment and FieldPermissions.

    A standard field is open to everybody unless ``withheld`` names it (``Account.AnnualRevenue``) for all or for one
    user; a custom field is closed to everybody, administrators included, until a permission set says otherwise.
    ``read_only`` fields can be seen and not written.
    """

    def __init__(self, tables: dict[str, Table]) -> None:
        self._tables = tables
        self._grants: dict[str, Grants] = {}
        self.withheld: set[str] = set()
        self.withheld_from: dict[str, set[str]] = {}
        """Hidden fields by the id of the user they are hidden from."""
        self.read_only: set[str] = set()

    def forget(self) -> None:
        """Look the grants up anew, because a row they come from has changed."""
        self._grants.clear()

    def can_read(self, user_id: str, object_name: str, field: Field) -> bool:
        """Tell whether the field exists for this user at all."""
        return self._of(user_id, object_name, field)[0]

    def can_edit(self, user_id: str, object_name: str, field: Field) -> bool:
        """Tell whether the user may write the field where the field itself can be written."""
        return self._of(user_id, object_name, field)[1]

    def _of(self, user_id: str, object_name: str, field: Field) -> tuple[bool, bool]:
        full_name = f"{object_name}.{field.name}"
        if full_name in self.withheld or full_name in self.withheld_from.get(user_id, ()):
            return (False, False)
        may_read, may_edit = (True, True) if not field.custom else self._granted(user_id, full_name)
        return may_read, may_edit and full_name not in self.read_only

    def _granted(self, user_id: str, full_name: str) -> tuple[bool, bool]:
        if user_id not in self._grants:
            self._grants[user_id] = self._collect(user_id)
        return self._grants[user_id].get(full_name, (False, False))

    def _collect(self, user_id: str) -> Grants:
        held = {str(row["Id"]) for row in self._permission_sets(user_id)}
        grants: Grants = {}
        for row in self._tables["FieldPermissions"].live():
            if row["ParentId"] in held:
                read, edit = grants.get(str(row["Field"]), (False, False))
                grants[str(row["Field"])] = (read or bool(row["PermissionsRead"]), edit or bool(row["PermissionsEdit"]))
        return grants

    def _permission_sets(self, user_id: str) -> Iterator[Row]:
        profile_id = self._tables["User"].rows[user_id].get("ProfileId")
        assigned = {
            row["PermissionSetId"]
            for row in self._tables["PermissionSetAssignment"].live()
            if row["AssigneeId"] == user_id
        }
        for row in self._tables["PermissionSet"].live():
            if row["Id"] in assigned or (row["IsOwnedByProfile"] and row.get("ProfileId") == profile_id):
                yield row
