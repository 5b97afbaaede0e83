"""One value for one field: what is stored, or why it is refused."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox.builders import flag, lookup, moment, number, picklist, restricted, text
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.schema import Field
from connectors.salesforce.sandbox.values import read_value

NAME = text("Name", "Account Name", 10)
AREA = text("Description", "Description", 32_000, "textarea")
EMAIL = text("Email", "Email", 80, "email")
COUNT = number("Employees", "Employees", "int", 8)
AMOUNT = number("Amount", "Amount", "currency", 18, 2)
CHANCE = number("Probability", "Probability (%)", "percent", 3, 0)
DAY = moment("CloseDate", "Close Date")
INSTANT = moment("ReminderDateTime", "Reminder", "datetime")
CHECK = flag("IsPrivate", "Private")
OPEN_LIST = picklist("Industry", "Industry", ("Retail", "Media"))
CLOSED_LIST = restricted(picklist("CallType", "Call Type", ("Inbound", "Outbound")))
SEVERAL = Field("Tags__c", "Tags", "multipicklist", length=255, options=("A", "B", "C"), restricted=True)
PARENT = lookup("AccountId", "Account ID", "Account")


@pytest.mark.parametrize(
    ("field", "raw", "stored"),
    [
        (NAME, "Acme", "Acme"),
        (NAME, "  Acme  ", "Acme"),
        (NAME, "Café 北京", "Café 北京"),
        (NAME, "0123456789", "0123456789"),
        (NAME, "", None),
        (NAME, "   ", None),
        (NAME, None, None),
        (NAME, 12, "12"),
        (NAME, True, "true"),
        (AREA, "  two\nlines ", "  two\nlines "),
        (EMAIL, "a.b+c@mail.example", "a.b+c@mail.example"),
        (EMAIL, None, None),
        (EMAIL, "", None),
        (COUNT, 12, 12),
        (COUNT, "12", 12),
        (COUNT, 12.0, 12),
        (COUNT, -3, -3),
        (COUNT, 99_999_999, 99_999_999),
        (COUNT, None, None),
        (AMOUNT, 12, 12.0),
        (AMOUNT, 12.345, 12.35),
        (AMOUNT, 12.344, 12.34),
        (AMOUNT, "0.005", 0.01),
        (AMOUNT, -0.5, -0.5),
        (AMOUNT, "1e3", 1000.0),
        (CHANCE, 75, 75.0),
        (CHANCE, 74.5, 75.0),
        (DAY, "2026-06-30", "2026-06-30"),
        (DAY, "2024-02-29", "2024-02-29"),
        (DAY, "2026-06-30T23:59:00Z", "2026-06-30"),
        (DAY, None, None),
        (INSTANT, "2026-06-30T09:00:00Z", "2026-06-30T09:00:00.000+0000"),
        (INSTANT, "2026-06-30T09:00:00+01:00", "2026-06-30T08:00:00.000+0000"),
        (INSTANT, "2026-06-30T09:00:00.250+0000", "2026-06-30T09:00:00.250+0000"),
        (INSTANT, "2026-01-01T00:30:00+0100", "2025-12-31T23:30:00.000+0000"),
        (CHECK, True, True),
        (CHECK, False, False),
        (CHECK, "true", True),
        (CHECK, "FALSE", False),
        (OPEN_LIST, "Retail", "Retail"),
        (OPEN_LIST, "Something else", "Something else"),
        (CLOSED_LIST, "Inbound", "Inbound"),
        (CLOSED_LIST, None, None),
        (SEVERAL, "A;C", "A;C"),
        (PARENT, "0015g0000000001AAA", "0015g0000000001AAA"),
        (PARENT, "0015g0000000001", "0015g0000000001AAA"),
        (PARENT, None, None),
    ],
)
def test_what_is_stored(field: Field, raw: object, stored: object) -> None:
    found = read_value(field, raw)
    assert found == stored
    assert type(found) is type(stored)


@pytest.mark.parametrize(
    ("field", "raw", "code"),
    [
        (NAME, "01234567890", "STRING_TOO_LONG"),
        (AREA, "x" * 32_001, "STRING_TOO_LONG"),
        (OPEN_LIST, "x" * 256, "STRING_TOO_LONG"),
        (EMAIL, "maria", "INVALID_EMAIL_ADDRESS"),
        (EMAIL, "maria@", "INVALID_EMAIL_ADDRESS"),
        (EMAIL, "@mail.example", "INVALID_EMAIL_ADDRESS"),
        (EMAIL, "maria@mail", "INVALID_EMAIL_ADDRESS"),
        (EMAIL, "maria lopez@mail.example", "INVALID_EMAIL_ADDRESS"),
        (EMAIL, "a@b.example, c@d.example", "INVALID_EMAIL_ADDRESS"),
        (COUNT, 100_000_000, "NUMBER_OUTSIDE_VALID_RANGE"),
        (AMOUNT, 10**16, "NUMBER_OUTSIDE_VALID_RANGE"),
        (CHANCE, 1000, "NUMBER_OUTSIDE_VALID_RANGE"),
        (DAY, "1699-12-31", "NUMBER_OUTSIDE_VALID_RANGE"),
        (DAY, "4001-01-01", "NUMBER_OUTSIDE_VALID_RANGE"),
        (INSTANT, "1600-01-01T00:00:00Z", "NUMBER_OUTSIDE_VALID_RANGE"),
        (CLOSED_LIST, "inbound", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (CLOSED_LIST, "Nope", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (SEVERAL, "A;D", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (PARENT, "0015g0000000001AAB", "MALFORMED_ID"),
        (PARENT, "Acme", "MALFORMED_ID"),
        (PARENT, 12, "MALFORMED_ID"),
        (CHECK, None, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        (CHECK, "", "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ],
)
def test_a_row_is_refused_for(field: Field, raw: object, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_value(field, raw)
    assert caught.value.code == code
    assert caught.value.fields == (field.name,)
    assert field.label in caught.value.message
    assert not caught.value.is_of_whole_call


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        (COUNT, "many"),
        (COUNT, 1.5),
        (COUNT, True),
        (COUNT, "1.5"),
        (AMOUNT, "12,50"),
        (AMOUNT, "NaN"),
        (AMOUNT, "Infinity"),
        (AMOUNT, False),
        (DAY, "30/06/2026"),
        (DAY, "2026-13-01"),
        (DAY, "2026-02-30"),
        (DAY, "tomorrow"),
        (DAY, 20260630),
        (INSTANT, "2026-06-30"),
        (INSTANT, "2026-06-30T09:00:00"),
        (INSTANT, "soon"),
        (CHECK, 1),
        (CHECK, "yes"),
        (NAME, {"a": 1}),
        (NAME, ["a"]),
        (PARENT, {"Id": "0015g0000000001AAA"}),
    ],
)
def test_the_whole_call_is_refused_for_a_value_of_the_wrong_kind(field: Field, raw: object) -> None:
    with pytest.raises(Refusal) as caught:
        read_value(field, raw)
    assert caught.value.code == "JSON_PARSER_ERROR"
    assert caught.value.is_of_whole_call


def test_the_refusal_of_a_long_text_names_the_limit() -> None:
    with pytest.raises(Refusal, match="STRING_TOO_LONG") as caught:
        read_value(NAME, "x" * 11)
    assert caught.value.message == f"Account Name: data value too large: {'x' * 11} (max length=10)"
