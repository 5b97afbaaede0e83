"""SELECT, ORDER BY, LIMIT, OFFSET: what is shown of the rows found, and in which order."""

from __future__ import annotations

import pytest

from tests.connectors.salesforce.orgs import BASE, Api, open_org, small_firm


@pytest.fixture(scope="module")
def api() -> Api:
    """The small firm."""
    return Api(open_org(small_firm()))


def test_a_record_says_what_it_is_and_where_it_lives(api: Api) -> None:
    found = api.get("query", q="SELECT Id, Name FROM Account WHERE Name = 'Acme Bakery Ltd'")
    assert found["totalSize"] == 1
    assert found["done"] is True
    assert "nextRecordsUrl" not in found
    record = found["records"][0]
    assert list(record) == ["attributes", "Id", "Name"]
    assert record["attributes"] == {"type": "Account", "url": f"{BASE}/sobjects/Account/{record['Id']}"}


def test_fields_come_in_the_order_asked_for_and_under_their_own_names(api: Api) -> None:
    record = api.rows("SELECT name, BILLINGCITY, id FROM account LIMIT 1")[0]
    assert list(record) == ["Name", "BillingCity", "Id"]


def test_empty_values_are_null_and_unset_checkboxes_false(api: Api) -> None:
    record = api.rows("SELECT Fax, Site, IsDeleted FROM Account LIMIT 1")[0]
    assert record == {"Fax": None, "Site": None, "IsDeleted": False}


def test_parents_are_shown_as_records_of_their_own(api: Api) -> None:
    found = api.get("query", q="SELECT LastName, Account.Name, Account.Owner.Email, Account.Id FROM Contact")
    record = found["records"][0]
    assert record["Account"]["attributes"]["type"] == "Account"
    assert record["Account"]["Name"] == "Acme Bakery Ltd"
    assert record["Account"]["Owner"]["Email"] == "anna@firm.example"
    assert record["Account"]["Owner"]["attributes"]["type"] == "User"
    assert record["Account"]["Id"] in record["Account"]["attributes"]["url"]


def test_an_empty_parent_is_null(api: Api) -> None:
    record = api.rows("SELECT Name, Parent.Name FROM Account WHERE ParentId = null")[0]
    assert record["Parent"] is None
    assert api.rows("SELECT Parent.Owner.Name FROM Account WHERE ParentId = null")[0] == {"Parent": None}


def test_a_parent_of_several_kinds_is_shown_as_a_name(api: Api) -> None:
    found = api.get("query", q="SELECT What.Name, What.Type, Who.Name, Who.Type FROM Task WHERE TaskSubtype = 'Email'")
    record = found["records"][0]
    assert record["What"]["attributes"]["type"] == "Name"
    assert "/sobjects/Account/" in record["What"]["attributes"]["url"]
    assert record["What"]["Type"] == "Account"
    assert record["Who"]["Name"] == "Maria Lopez"
    assert record["Who"]["Type"] == "Contact"


def test_an_address_is_shown_whole_or_in_parts(api: Api) -> None:
    record = api.rows("SELECT BillingAddress, BillingCity, ShippingAddress FROM Account LIMIT 1")[0]
    assert record["BillingAddress"]["city"] == "London"
    assert record["BillingAddress"]["postalCode"] == "N1 1AA"
    assert record["BillingAddress"].keys() == {
        "city",
        "country",
        "latitude",
        "longitude",
        "postalCode",
        "state",
        "street",
        "geocodeAccuracy",
    }
    assert record["BillingCity"] == "London"
    assert record["ShippingAddress"] is None


def test_children_are_shown_below_their_parent(api: Api) -> None:
    soql = (
        "SELECT Name, (SELECT LastName FROM Contacts), (SELECT Id FROM Cases WHERE IsClosed = false) "
        "FROM Account ORDER BY Name"
    )
    first, second = api.get("query", q=soql)["records"]
    assert first["Contacts"]["totalSize"] == 1
    assert first["Contacts"]["done"] is True
    assert first["Contacts"]["records"][0]["LastName"] == "Lopez"
    assert first["Contacts"]["records"][0]["attributes"]["type"] == "Contact"
    assert first["Cases"] is None
    assert second["Contacts"] is None


def test_children_are_filtered_ordered_and_cut(api: Api) -> None:
    soql = (
        "SELECT (SELECT Subject FROM Tasks WHERE Status = 'Completed' ORDER BY Subject DESC LIMIT 2) "
        "FROM Account WHERE Name = 'Acme Bakery Ltd'"
    )
    shown = api.get("query", q=soql)["records"][0]["Tasks"]["records"]
    assert [one["Subject"] for one in shown] == ["Question", "Call"]


def test_subsidiaries_are_children_too(api: Api) -> None:
    soql = "SELECT Name, (SELECT Name FROM ChildAccounts) FROM Account WHERE ParentId = null"
    record = api.get("query", q=soql)["records"][0]
    assert [one["Name"] for one in record["ChildAccounts"]["records"]] == ["Acme Shops Ltd"]


@pytest.mark.parametrize(
    ("which", "has_custom", "has_standard"), [("ALL", True, True), ("CUSTOM", True, False), ("STANDARD", False, True)]
)
def test_all_fields_of_a_kind_can_be_asked_for(api: Api, which: str, has_custom: bool, has_standard: bool) -> None:
    record = api.rows(f"SELECT FIELDS({which}) FROM Account LIMIT 200")[0]
    assert ("VAT_Number__c" in record) is has_custom
    assert ("Name" in record) is has_standard


@pytest.mark.parametrize("limit", ["", " LIMIT 201"])
def test_all_fields_need_a_small_limit(api: Api, limit: str) -> None:
    code, message = api.refuse_query(f"SELECT FIELDS(ALL) FROM Account{limit}")
    assert code == "MALFORMED_QUERY"
    assert "LIMIT of at most 200" in message


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (
            "Username",
            ["anna@firm.example", "ben@firm.example", "inlay.integration@hartwell.example", "zoe@firm.example"],
        ),
        (
            "Username DESC",
            ["zoe@firm.example", "inlay.integration@hartwell.example", "ben@firm.example", "anna@firm.example"],
        ),
        (
            "Title, Username",
            ["inlay.integration@hartwell.example", "ben@firm.example", "zoe@firm.example", "anna@firm.example"],
        ),
        (
            "Title NULLS LAST, Username DESC",
            ["zoe@firm.example", "ben@firm.example", "anna@firm.example", "inlay.integration@hartwell.example"],
        ),
        (
            "Title DESC, Username",
            ["inlay.integration@hartwell.example", "anna@firm.example", "ben@firm.example", "zoe@firm.example"],
        ),
        (
            "Title DESC NULLS LAST, Username",
            ["anna@firm.example", "ben@firm.example", "zoe@firm.example", "inlay.integration@hartwell.example"],
        ),
        (
            "Title ASC NULLS FIRST, Username",
            ["inlay.integration@hartwell.example", "ben@firm.example", "zoe@firm.example", "anna@firm.example"],
        ),
        (
            "IsActive, Username",
            ["zoe@firm.example", "anna@firm.example", "ben@firm.example", "inlay.integration@hartwell.example"],
        ),
    ],
)
def test_rows_are_ordered(api: Api, order: str, expected: list[str]) -> None:
    assert api.column(f"SELECT Username FROM User ORDER BY {order}") == expected


def test_rows_are_ordered_by_a_parents_field(api: Api) -> None:
    assert api.column("SELECT Subject FROM Task ORDER BY Owner.Name DESC, Subject LIMIT 1") == ["Send letter"]


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ("LIMIT 2", ["anna", "ben"]),
        ("LIMIT 0", []),
        ("LIMIT 100", ["anna", "ben", "inla", "zoe@"]),
        ("OFFSET 1", ["ben", "inla", "zoe@"]),
        ("LIMIT 1 OFFSET 2", ["inla"]),
        ("LIMIT 5 OFFSET 9", []),
    ],
)
def test_rows_are_cut(api: Api, cut: str, expected: list[str]) -> None:
    found = api.get("query", q=f"SELECT Username FROM User ORDER BY Username {cut}")
    assert [record["Username"][:4].rstrip("@") for record in found["records"]] == [
        name.rstrip("@") for name in expected
    ]
    assert found["totalSize"] == len(expected)


def test_an_offset_has_its_limit(api: Api) -> None:
    assert api.refuse_query("SELECT Id FROM User OFFSET 2001")[0] == "NUMBER_OUTSIDE_VALID_RANGE"


def test_an_alias_of_the_object_may_lead_its_fields(api: Api) -> None:
    assert api.column("SELECT a.Name FROM Account a WHERE a.ParentId = null AND Account.Name != null") == [
        "Acme Bakery Ltd"
    ]


def test_a_count_is_a_number_without_rows(api: Api) -> None:
    found = api.get("query", q="SELECT COUNT() FROM Task WHERE Status = 'Completed' AND ActivityDate > 2026-01-01")
    assert found == {"totalSize": 2, "done": True, "records": []}


def test_the_one_row_that_describes_the_org(api: Api) -> None:
    assert api.rows("SELECT Name, IsSandbox, OrganizationType FROM Organization LIMIT 1") == [
        {"Name": "The Firm", "IsSandbox": False, "OrganizationType": "Enterprise Edition"}
    ]


def test_the_currencies_of_the_org_and_which_is_its_own(api: Api) -> None:
    found = api.rows(
        "SELECT IsoCode, ConversionRate FROM CurrencyType WHERE IsActive = true ORDER BY IsCorporate DESC, IsoCode"
    )
    assert [row["IsoCode"] for row in found] == ["GBP", "EUR", "USD"]
    assert found[0]["ConversionRate"] == 1.0


def test_activities_older_than_a_year_are_archived_and_need_query_all(api: Api) -> None:
    assert "Note" not in api.column("SELECT Subject FROM Task")
    assert "Note" in api.column("SELECT Subject FROM Task ALL ROWS")
    found = api.rows("SELECT Subject, IsArchived FROM Task WHERE Subject IN ('Note', 'Call')", api="queryAll")
    assert {row["Subject"]: row["IsArchived"] for row in found} == {"Note": True, "Call": False}
