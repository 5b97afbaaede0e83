"""Tasks and events: two objects whose custom fields are defined together, on ``Activity``."""

from __future__ import annotations

from connectors.salesforce.sandbox.builders import (
    create_only,
    currency_code,
    defaulted,
    firm_owned,
    flag,
    lookup,
    moment,
    naming,
    number,
    owner,
    picklist,
    read_only,
    restricted,
    sobject,
    text,
)
from connectors.salesforce.sandbox.schema import Field, SObject

SUBJECTS = ("Call", "Email", "Send Letter", "Send Quote", "Other")
TASK_STATUSES = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
ABOUT = ("Account", "Case", "Contract", "Opportunity")
"""What an activity can be related to in this org; the people in it are contacts only (leads are not in use)."""


def _common() -> tuple[Field, ...]:
    return (
        lookup("WhoId", "Name ID", "Contact", "Lead"),
        lookup("WhatId", "Related To ID", *ABOUT),
        naming(Field("Subject", "Subject", "combobox", length=255, options=SUBJECTS)),
        owner("User", "Group"),
        text("Description", "Description", 32000, "textarea"),
        read_only(flag("IsArchived", "Archived")),
        moment("ReminderDateTime", "Reminder Date/Time", "datetime"),
        flag("IsReminderSet", "Reminder Set"),
        currency_code(),
        # The firm's mail add-in notes who began: neither tasks nor events say so of themselves.
        firm_owned(picklist("Direction__c", "Direction", ("Inbound", "Outbound"))),
    )


def task() -> SObject:
    """Return Task: to-dos, and calls and mails once they are done."""
    return sobject(
        "Task",
        ("Task", "Tasks"),
        "00T",
        *_common(),
        read_only(lookup("AccountId", "Account ID", "Account", children="Tasks")),
        moment("ActivityDate", "Due Date Only"),
        defaulted(picklist("Status", "Status", TASK_STATUSES, "Not Started"), "Not Started"),
        defaulted(picklist("Priority", "Priority", ("High", "Normal", "Low"), "Normal"), "Normal"),
        read_only(flag("IsHighPriority", "High Priority")),
        read_only(flag("IsClosed", "Closed")),
        picklist("Type", "Type", ("Call", "Meeting", "Other", "Prep")),
        number("CallDurationInSeconds", "Call Duration", "int", 8),
        restricted(picklist("CallType", "Call Type", ("Internal", "Inbound", "Outbound"))),
        text("CallDisposition", "Call Result", 255),
        text("CallObject", "Call Object Identifier", 255),
        create_only(restricted(picklist("TaskSubtype", "Task Subtype", ("Task", "Email", "ListEmail", "Call")))),
        read_only(moment("CompletedDateTime", "Completed Date/Time", "datetime")),
    )


def event() -> SObject:
    """Return Event: meetings; the end, the duration and the two "activity" dates follow from one another."""
    return sobject(
        "Event",
        ("Event", "Events"),
        "00U",
        *_common(),
        read_only(lookup("AccountId", "Account ID", "Account", children="Events")),
        text("Location", "Location", 255),
        flag("IsAllDayEvent", "All-Day Event"),
        moment("ActivityDateTime", "Due Date Time", "datetime"),
        moment("ActivityDate", "Due Date Only"),
        number("DurationInMinutes", "Duration", "int", 8),
        moment("StartDateTime", "Start Date Time", "datetime"),
        moment("EndDateTime", "End Date Time", "datetime"),
        read_only(moment("EndDate", "End Date")),
        picklist("Type", "Type", ("Call", "Email", "Meeting", "Other")),
        flag("IsPrivate", "Private"),
        restricted(picklist("ShowAs", "Show Time As", ("Busy", "OutOfOffice", "Free"), "Busy")),
        read_only(flag("IsChild", "Is Child")),
        read_only(flag("IsGroupEvent", "Is Group Event")),
        create_only(restricted(picklist("EventSubtype", "Event Subtype", ("Event",)))),
    )
