"""Files: a document, its versions, and the records that it is attached to."""

from __future__ import annotations

from connectors.salesforce.sandbox.builders import (
    create_only,
    defaulted,
    flag,
    lookup,
    naming,
    number,
    owner,
    picklist,
    read_only,
    required,
    restricted,
    sobject,
    text,
)
from connectors.salesforce.sandbox.schema import Field, SObject

ATTACHABLE = ("Account", "Contact", "Lead", "Opportunity", "Contract", "Case", "Task", "Event", "User")


def content_document() -> SObject:
    """Return ContentDocument, which comes into being with its first version."""
    return sobject(
        "ContentDocument",
        ("Content Document", "Content Documents"),
        "069",
        naming(required(text("Title", "Title", 255))),
        read_only(lookup("LatestPublishedVersionId", "Latest Published Version ID", "ContentVersion")),
        read_only(text("FileExtension", "File Extension", 40)),
        read_only(number("ContentSize", "Size", "int", 9)),
        owner(),
    )


def content_version() -> SObject:
    """Return ContentVersion: one state of a file; ``VersionData`` is sent as base64."""
    return sobject(
        "ContentVersion",
        ("Content Version", "Content Versions"),
        "068",
        create_only(lookup("ContentDocumentId", "ContentDocument ID", "ContentDocument", children="ContentVersions")),
        read_only(flag("IsLatest", "Is Latest")),
        read_only(text("VersionNumber", "Version Number", 20)),
        naming(text("Title", "Title", 255)),
        text("Description", "Description", 1000, "textarea"),
        create_only(required(text("PathOnClient", "Path On Client", 500))),
        create_only(required(Field("VersionData", "Version Data", "base64", length=50_000_000))),
        read_only(text("FileExtension", "File Extension", 40)),
        read_only(number("ContentSize", "Size", "int", 9)),
        read_only(text("Checksum", "Checksum", 50)),
        create_only(lookup("FirstPublishLocationId", "First Publish Location ID", *ATTACHABLE)),
        owner(),
    )


def content_document_link() -> SObject:
    """Return ContentDocumentLink: one record that a file is attached to; only asked for by file or by record."""
    return sobject(
        "ContentDocumentLink",
        ("Content Document Link", "Content Document Links"),
        "06A",
        create_only(
            required(
                lookup("ContentDocumentId", "ContentDocument ID", "ContentDocument", children="ContentDocumentLinks")
            )
        ),
        create_only(required(lookup("LinkedEntityId", "Linked Entity ID", *ATTACHABLE))),
        restricted(defaulted(picklist("ShareType", "Share Type", ("V", "C", "I"), "V"), "V")),
        restricted(
            defaulted(picklist("Visibility", "Visibility", ("AllUsers", "InternalUsers"), "AllUsers"), "AllUsers")
        ),
        replicateable=False,
    )
