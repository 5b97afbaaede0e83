"""Queries as text, and the vendor's refusals as our errors."""

from __future__ import annotations

from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceError, SalesforceGeneralError

from connectors.salesforce import soql
from connectors.salesforce.refusals import OutOfQuota, VendorRefusal, to_our_error, without_values
from core.sdk import AuthError, ConfigError, InlayError, RetryLater
from tests.connectors.salesforce.orgs import AS_OF, Api


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", "'plain'"),
        ("", "''"),
        ("O'Neil", r"'O\'Neil'"),
        ("a\\b", r"'a\\b'"),
        ("two\nlines", r"'two\nlines'"),
        ("back\rward", r"'back\rward'"),
        ("' OR Name != '", r"'\' OR Name != \''"),
        ("北京", "'北京'"),
        ('"', "'\"'"),
    ],
)
def test_a_value_is_quoted(value: str, literal: str) -> None:
    assert soql.quoted(value) == literal


@pytest.mark.parametrize(
    "value", ["O'Neil", "a\\b", "two\nlines", "' OR Name != '", "100%", "_", "北京 🏦", "\\'", "a\tb"]
)
def test_a_quoted_value_finds_exactly_its_record(api: Api, value: str) -> None:
    api.create("Account", Name=f"x{value}x")
    api.create("Account", Name="bystander")
    assert api.column(soql.select(["Name"], "Account", [soql.equals("Name", f"x{value}x")])) == [f"x{value}x"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((["Id"], "Account"), "SELECT Id FROM Account"),
        ((["Id", "Name"], "Account", ["A = 1"]), "SELECT Id, Name FROM Account WHERE A = 1"),
        ((["Id"], "Account", ["A = 1", "B = 2"], "Id"), "SELECT Id FROM Account WHERE A = 1 AND B = 2 ORDER BY Id"),
    ],
)
def test_a_query_is_put_together(arguments: tuple[Any, ...], text: str) -> None:
    assert soql.select(*arguments) == text


@pytest.mark.parametrize(
    ("stamp", "literal"),
    [
        ("2026-06-30T09:00:00.000+0000", "2026-06-30T09:00:00.000Z"),
        ("2026-06-30T09:00:00Z", "2026-06-30T09:00:00.000Z"),
        ("2026-06-30T10:00:00.250+01:00", "2026-06-30T09:00:00.250Z"),
    ],
)
def test_a_stamp_becomes_a_literal(stamp: str, literal: str) -> None:
    assert soql.literal(stamp) == literal
    assert soql.literal(soql.literal(stamp)) == literal


def test_the_overlap_reaches_back() -> None:
    assert soql.earlier("2026-06-30T00:01:00.000Z", 300) == "2026-06-29T23:56:00.000Z"
    assert soql.earlier("2026-06-30T00:01:00.000Z", 0) == "2026-06-30T00:01:00.000Z"


@pytest.mark.parametrize("count", [0, 1, 250, 251, 1000])
def test_long_lists_are_cut_to_what_an_address_holds(count: int) -> None:
    values = [f"{number:018d}" for number in range(count)]
    batches = list(soql.batches(values))
    assert [value for batch in batches for value in batch] == values
    assert all(len(soql.in_list("Id", batch)) < 6_100 for batch in batches)
    assert all(batches)


def test_one_huge_value_has_a_batch_of_its_own() -> None:
    assert list(soql.batches(["a", "x" * 9_000, "b"])) == [["a"], ["x" * 9_000], ["b"]]


def refused(status: int, content: Any) -> InlayError:
    """Return our error for an answer of the vendor."""
    error: SalesforceError = SalesforceGeneralError("https://x", status, "query", content)
    return to_our_error(error, "crm: query", AS_OF)


def body(code: str, message: str = "words") -> list[dict[str, str]]:
    """Return a list-shaped error body."""
    return [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (401, body("INVALID_SESSION_ID"), AuthError),
        (401, "Unauthorized", AuthError),
        (403, body("API_DISABLED_FOR_ORG"), AuthError),
        (403, body("INSUFFICIENT_ACCESS"), AuthError),
        (403, body("REQUEST_LIMIT_EXCEEDED"), OutOfQuota),
        (410, body("GONE"), ConfigError),
        (500, body("UNKNOWN_EXCEPTION"), RetryLater),
        (503, "down", RetryLater),
        (400, body("UNABLE_TO_LOCK_ROW"), RetryLater),
        (500, body("UNABLE_TO_LOCK_ROW"), RetryLater),
        (400, body("QUERY_TIMEOUT"), RetryLater),
        (400, body("INVALID_FIELD"), VendorRefusal),
        (400, body("MALFORMED_QUERY"), VendorRefusal),
        (404, body("NOT_FOUND"), VendorRefusal),
        (414, "too long", VendorRefusal),
        # half a body, or a proxy's
        (400, [], RetryLater),
        (400, '[{"message":"invalid query loc', RetryLater),
        (400, {"error": "odd"}, RetryLater),
        (403, "<html>forbidden</html>", RetryLater),
        (404, "<html>not found</html>", RetryLater),
    ],
)
def test_a_refusal_becomes_what_the_reader_can_do_about_it(status: int, content: Any, kind: type[InlayError]) -> None:
    error = refused(status, content)
    assert type(error) is kind
    assert error.where == "crm: query"


def test_times_to_try_again_are_told() -> None:
    quota, busy = refused(403, body("REQUEST_LIMIT_EXCEEDED")), refused(503, "down")
    assert isinstance(quota, RetryLater)
    assert isinstance(busy, RetryLater)
    assert quota.retry_at is not None
    assert busy.retry_at is not None
    assert (quota.retry_at - AS_OF).total_seconds() == 3600
    assert (busy.retry_at - AS_OF).total_seconds() == 30


def test_the_vendors_code_is_kept() -> None:
    error = refused(400, body("INVALID_FIELD", "No such column 'X'"))
    assert isinstance(error, VendorRefusal)
    assert (error.code, error.words, error.facts["code"]) == ("INVALID_FIELD", "No such column 'X'", "INVALID_FIELD")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (
            "Account Name: data value too large: Maria Lopez (max length=10)",
            "Account Name: data value too large (max length=10)",
        ),
        ("Name: data value too large: (a) (b) (max length=10)", "Name: data value too large (max length=10)"),
        ("Email: invalid email address: maria@acme", "Email: invalid email address"),
        (
            "Employees: value outside of valid range on numeric field: 99",
            "Employees: value outside of valid range on numeric field",
        ),
        ("Band: bad value for restricted picklist field: Nope", "Band: bad value for restricted picklist field: Nope"),
        ("\nSELECT x\n       ^\nERROR", "SELECT x ^ ERROR"),
        ("x" * 900, "x" * 500),
    ],
)
def test_a_records_own_values_are_not_repeated(words: str, shown: str) -> None:
    assert without_values(words) == shown
