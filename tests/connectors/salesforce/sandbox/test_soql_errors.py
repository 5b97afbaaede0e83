"""Queries that are refused: with which code, and that the message shows the place."""

from __future__ import annotations

import pytest

from tests.connectors.salesforce.orgs import Api, open_org


@pytest.fixture(scope="module")
def api() -> Api:
    """An org without clients."""
    return Api(open_org())


@pytest.mark.parametrize(
    "soql",
    [
        "",
        "   ",
        "SELEC Id FROM Account",
        "SELECT FROM Account",
        "SELECT Id",
        "SELECT Id FROM",
        "SELECT Id Account",
        "SELECT Id, FROM Account",
        "SELECT Id Name FROM Account WHERE",
        "SELECT * FROM Account",
        "SELECT Id FROM Account;",
        "SELECT Id FROM Account WHERE Name",
        "SELECT Id FROM Account WHERE Name =",
        "SELECT Id FROM Account WHERE Name == 'x'",
        "SELECT Id FROM Account WHERE = 'x'",
        "SELECT Id FROM Account WHERE Name = 'x",
        'SELECT Id FROM Account WHERE Name = "x"',
        "SELECT Id FROM Account WHERE Name = 'x' AND",
        "SELECT Id FROM Account WHERE (Name = 'x'",
        "SELECT Id FROM Account WHERE Name = 'x')",
        "SELECT Id FROM Account WHERE Name IN 'x'",
        "SELECT Id FROM Account WHERE Name IN ()",
        "SELECT Id FROM Account WHERE Name IN ('x'",
        "SELECT Id FROM Account WHERE Name NOT LIKE 'x'",
        "SELECT Id FROM Account WHERE Name NOT 'x'",
        "SELECT Id FROM Account WHERE Name BETWEEN 'a' AND 'b'",
        "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
        "SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b' AND Name = 'c'",
        "SELECT Id FROM Account ORDER Name",
        "SELECT Id FROM Account ORDER BY",
        "SELECT Id FROM Account LIMIT",
        "SELECT Id FROM Account LIMIT x",
        "SELECT Id FROM Account LIMIT 1.5",
        "SELECT Id FROM Account LIMIT -1",
        "SELECT Id FROM Account LIMIT 1 WHERE Name = 'x'",
        "SELECT Id FROM Account OFFSET x",
        "SELECT Id FROM Account GROUP Name",
        "SELECT LOWER(Name) FROM Account",
        "SELECT COUNT( FROM Account",
        "SELECT COUNT(), Name FROM Account",
        "SELECT (SELECT Id FROM Contacts FROM Account",
        "INSERT INTO Account VALUES (1)",
        "UPDATE Account SET Name = 'x'",
        r"SELECT Id FROM Account WHERE Name = 'a\qb'",
        "SELECT Id FROM Opportunity WHERE CloseDate = 2026-02-30",
    ],
)
def test_malformed(api: Api, soql: str) -> None:
    assert api.refuse_query(soql)[0] == "MALFORMED_QUERY"


def test_a_call_without_a_query_is_malformed(api: Api) -> None:
    assert api.refusal("GET", "query") == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize(
    ("soql", "row", "column", "text"),
    [
        ("SELEC Id FROM Account", 1, 1, "unexpected token: 'SELEC'"),
        ("SELECT Id FORM Account", 1, 16, "unexpected token: 'Account'"),
        ("SELECT Id FROM Account LIMIT x", 1, 30, "unexpected token: 'x'"),
        ("SELECT Id\nFROM Account\nWHERE Name =", 3, 13, "unexpected end of query"),
        ("SELECT Id FROM Account WHERE Name ! 'x'", 1, 35, "unexpected token: '!'"),
    ],
)
def test_the_message_shows_the_place(api: Api, soql: str, row: int, column: int, text: str) -> None:
    _, message = api.refuse_query(soql)
    assert f"ERROR at Row:{row}:Column:{column}" in message
    assert text in message
    lines = message.split("\n")
    assert lines[2].index("^") == column - 1


@pytest.mark.parametrize(
    ("soql", "name"),
    [
        ("SELECT Nope FROM Account", "Nope"),
        ("SELECT Id, Nope__c FROM Account", "Nope__c"),
        ("SELECT Id FROM Account WHERE Nope = 'x'", "Nope"),
        ("SELECT Id FROM Account ORDER BY Nope", "Nope"),
        ("SELECT Owner.Nope FROM Account", "Nope"),
        ("SELECT Email FROM Account", "Email"),
        ("SELECT What.Industry FROM Task", "Industry"),
        ("SELECT COUNT(Nope) FROM Account", "Nope"),
        ("SELECT COUNT(Id) FROM Account GROUP BY Nope", "Nope"),
        ("SELECT (SELECT Nope FROM Contacts) FROM Account", "Nope"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Nope FROM Contact)", "Nope"),
    ],
)
def test_a_column_that_is_not_there(api: Api, soql: str, name: str) -> None:
    code, message = api.refuse_query(soql)
    assert code == "INVALID_FIELD"
    assert f"No such column '{name}' on entity" in message
    assert "be sure to append the '__c'" in message
    assert "ERROR at Row:1:Column:" in message


@pytest.mark.parametrize("path", ["Nope.Name", "Owner.Nope.Name", "Name.Id", "What.Owner.Name"])
def test_a_relationship_that_is_not_there(api: Api, path: str) -> None:
    code, message = api.refuse_query(f"SELECT {path} FROM Task")
    assert code == "INVALID_FIELD"
    assert "Didn't understand relationship" in message


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM Nope",
        "SELECT Id FROM Accounts",
        "SELECT Id FROM CustomField",
        "SELECT (SELECT Id FROM Nopes) FROM Account",
        "SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Nope)",
    ],
)
def test_an_object_that_is_not_there(api: Api, soql: str) -> None:
    assert api.refuse_query(soql)[0] == "INVALID_TYPE"


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("Name = 5", "must be of type string and should be enclosed in quotes"),
        ("Name = true", "must be of type string and should be enclosed in quotes"),
        ("Name = TODAY", "must be of type string"),
        ("NumberOfEmployees = '5'", "must be of type integer and should not be enclosed in quotes"),
        ("NumberOfEmployees = true", "must be of type integer"),
        ("AnnualRevenue > 'x'", "must be of type currency"),
        ("IsDeleted = 'false'", "must be of type boolean"),
        ("IsDeleted = 0", "must be of type boolean"),
        ("CreatedDate > '2026-01-01T00:00:00Z'", "must be of type dateTime and should not be enclosed in quotes"),
        ("CreatedDate > 2026-01-01", "must be of type dateTime"),
        ("LastActivityDate > 2026-01-01T00:00:00Z", "must be of type date and should not be enclosed in quotes"),
        ("LastActivityDate = SOMEDAY", "must be of type date"),
        ("Name LIKE 5", "must be of type string"),
        ("NumberOfEmployees LIKE '5%'", "invalid operator on integer field"),
        ("Id LIKE '001%'", "invalid operator on id field"),
        ("OwnerId LIKE '005%'", "invalid operator on reference field"),
        ("Name INCLUDES ('x')", "invalid operator on string field"),
        ("Description = 'x'", "field 'Description' can not be filtered in a query call"),
        ("Description LIKE '%x%'", "can not be filtered"),
        ("BillingAddress = 'x'", "can not be filtered"),
        ("NumberOfEmployees > null", "invalid operator on null"),
    ],
)
def test_a_value_or_operator_that_does_not_fit(api: Api, where: str, text: str) -> None:
    code, message = api.refuse_query(f"SELECT Id FROM Account WHERE {where}")
    assert code == "INVALID_FIELD"
    assert text in message


@pytest.mark.parametrize("value", ["foo", "0015g0000000001AAB", "001"])
def test_an_id_that_is_none(api: Api, value: str) -> None:
    code, message = api.refuse_query(f"SELECT Id FROM Account WHERE Id = '{value}'")
    assert code == "INVALID_QUERY_FILTER_OPERATOR"
    assert f"invalid ID field: {value}" in message


@pytest.mark.parametrize("field", ["Description", "BillingAddress"])
def test_a_field_that_cannot_be_sorted(api: Api, field: str) -> None:
    code, message = api.refuse_query(f"SELECT Id FROM Account ORDER BY {field}")
    assert code == "INVALID_FIELD"
    assert "can not be sorted" in message


def test_a_field_named_twice(api: Api) -> None:
    code, message = api.refuse_query("SELECT Name, Id, name FROM Account")
    assert code == "INVALID_FIELD"
    assert "duplicate field selected: Name" in message


def test_a_semi_join_selects_one_field(api: Api) -> None:
    assert (
        api.refuse_query("SELECT Id FROM Account WHERE Id IN (SELECT Id, AccountId FROM Contact)")[0]
        == "MALFORMED_QUERY"
    )


def test_an_address_longer_than_the_vendor_takes(api: Api) -> None:
    names = ", ".join(f"Name{number:04d}" for number in range(2000))
    assert api.refusal("GET", "query", q=f"SELECT {names} FROM Account") == (414, "URI_TOO_LONG")
