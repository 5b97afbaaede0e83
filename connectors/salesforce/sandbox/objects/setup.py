"""People who log in, what they may see, and the org itself."""

from __future__ import annotations

from connectors.salesforce.sandbox.builders import (
    create_only,
    currency_code,
    defaulted,
    flag,
    last_activity,
    lookup,
    moment,
    naming,
    number,
    person_name,
    picklist,
    read_only,
    required,
    sobject,
    text,
)
from connectors.salesforce.sandbox.schema import Field, SObject


def user() -> SObject:
    """Return User; users are deactivated, never deleted."""
    return sobject(
        "User",
        ("User", "Users"),
        "005",
        required(text("Username", "Username", 80)),
        *person_name(),
        text("CompanyName", "Company Name", 80),
        text("Division", "Division", 80),
        text("Department", "Department", 80),
        text("Title", "Title", 80),
        required(text("Email", "Email", 128, "email")),
        text("Phone", "Phone", 40, "phone"),
        text("MobilePhone", "Mobile", 40, "phone"),
        required(text("Alias", "Alias", 8)),
        flag("IsActive", "Active"),
        required(picklist("TimeZoneSidKey", "Time Zone", ("Europe/London", "Europe/Dublin", "GMT"))),
        required(picklist("LocaleSidKey", "Locale", ("en_GB", "en_IE", "en_US"))),
        required(picklist("EmailEncodingKey", "Email Encoding", ("UTF-8", "ISO-8859-1"))),
        required(picklist("LanguageLocaleKey", "Language", ("en_US", "de", "fr"))),
        required(lookup("ProfileId", "Profile ID", "Profile", children="Users")),
        lookup("UserRoleId", "Role ID", "UserRole"),
        lookup("ManagerId", "Manager ID", "User"),
        read_only(picklist("UserType", "User Type", ("Standard", "PowerPartner", "Guest"), "Standard")),
        read_only(moment("LastLoginDate", "Last Login", "datetime")),
        currency_code(),
        *last_activity()[1:],
        kind="kept",
    )


def profile() -> SObject:
    """Return Profile, read only here."""
    return sobject(
        "Profile",
        ("Profile", "Profile"),
        "00e",
        naming(read_only(text("Name", "Name", 255))),
        read_only(picklist("UserType", "User Type", ("Standard",), "Standard")),
        kind="kept setup",
        replicateable=False,
    )


def organization() -> SObject:
    """Return Organization: the one row that describes the org."""
    return sobject(
        "Organization",
        ("Organization", "Organization"),
        "00D",
        naming(read_only(text("Name", "Name", 80))),
        read_only(text("InstanceName", "Instance Name", 5)),
        read_only(text("OrganizationType", "Edition", 40)),
        read_only(flag("IsSandbox", "Is Sandbox")),
        read_only(text("DefaultLocaleSidKey", "Locale", 40)),
        read_only(text("TimeZoneSidKey", "Time Zone", 40)),
        read_only(text("LanguageLocaleKey", "Language", 40)),
        kind="kept",
        replicateable=False,
    )


def currency_type() -> SObject:
    """Return CurrencyType: the currencies of the org and their rates to the corporate one."""
    return sobject(
        "CurrencyType",
        ("Currency Type", "Currency Type"),
        "01L",
        naming(read_only(text("IsoCode", "Currency ISO Code", 3))),
        read_only(number("ConversionRate", "Conversion Rate", "double", 18, 6)),
        read_only(number("DecimalPlaces", "Decimal Places", "int", 1)),
        read_only(flag("IsActive", "Active")),
        read_only(flag("IsCorporate", "Corporate Currency")),
        kind="kept",
        replicateable=False,
    )


def permission_set() -> SObject:
    """Return PermissionSet; every profile also owns a hidden one."""
    return sobject(
        "PermissionSet",
        ("Permission Set", "Permission Sets"),
        "0PS",
        naming(required(text("Name", "Permission Set Name", 80))),
        required(text("Label", "Permission Set Label", 80)),
        text("Description", "Description", 255),
        create_only(lookup("ProfileId", "Profile ID", "Profile")),
        read_only(flag("IsOwnedByProfile", "Is Owned By Profile")),
        kind="setup",
        replicateable=False,
    )


def permission_set_assignment() -> SObject:
    """Return PermissionSetAssignment: who holds which permission set."""
    return sobject(
        "PermissionSetAssignment",
        ("Permission Set Assignment", "Permission Set Assignments"),
        "0Pa",
        create_only(required(lookup("PermissionSetId", "Permission Set ID", "PermissionSet", children="Assignments"))),
        create_only(required(lookup("AssigneeId", "Assignee ID", "User", children="PermissionSetAssignments"))),
        kind="setup",
        replicateable=False,
    )


def field_permissions() -> SObject:
    """Return FieldPermissions: what a permission set allows with one field (``Field`` reads ``Account.Rating``)."""
    return sobject(
        "FieldPermissions",
        ("Field Permissions", "Field Permissions"),
        "01k",
        create_only(required(_parent())),
        create_only(required(picklist("SobjectType", "Sobject Type", ()))),
        create_only(required(picklist("Field", "Field Name", ()))),
        defaulted(flag("PermissionsRead", "Read Access"), default=False),
        defaulted(flag("PermissionsEdit", "Edit Access"), default=False),
        kind="setup",
        replicateable=False,
    )


def _parent() -> Field:
    return lookup("ParentId", "Parent ID", "PermissionSet", children="FieldPerms")


def custom_field() -> SObject:
    """Return CustomField, which only the Tooling API knows."""
    return sobject(
        "CustomField",
        ("Custom Field", "Custom Fields"),
        "00N",
        naming(read_only(text("DeveloperName", "Developer Name", 40))),
        read_only(text("TableEnumOrId", "Entity Enumeration Or ID", 40)),
        read_only(text("NamespacePrefix", "Namespace Prefix", 15)),
        read_only(text("InlineHelpText", "Inline Help Text", 255)),
        read_only(text("Description", "Description", 255)),
        kind="tooling",
    )
