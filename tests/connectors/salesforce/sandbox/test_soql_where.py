"""WHERE: every operator on every kind of field, over one small set of accounts and contacts."""

from __future__ import annotations

import pytest

from tests.connectors.salesforce.orgs import Api, open_org

ACCOUNTS = (
    {
        "Name": "Alpha",
        "Type": "Customer",
        "NumberOfEmployees": 5,
        "AnnualRevenue": 100,
        "BillingCity": "London",
        "Industry": "Retail",
    },
    {"Name": "beta", "Type": "Prospect", "NumberOfEmployees": 50, "AnnualRevenue": 2500, "BillingCity": "Leeds"},
    {"Name": "Gamma_1", "Type": "Customer", "NumberOfEmployees": 500, "BillingCity": "london", "VAT_Number__c": "GB1"},
    {"Name": "Delta 100%", "NumberOfEmployees": 0, "AnnualRevenue": 0, "Industry": "Media"},
    {"Name": "O'Neil \\ Sons", "Type": "Prospect", "Industry": "Retail"},
)
A, B, G, D, N = (str(account["Name"]) for account in ACCOUNTS)


@pytest.fixture(scope="module")
def api() -> Api:
    """Five accounts, the first below the second, each a minute younger than the one before; contacts in two."""
    api = Api(open_org())
    ids = []
    for account in ACCOUNTS:
        api.wait(59)
        ids.append(api.create("Account", **account))
    api.update("Account", ids[0], ParentId=ids[1])
    api.create("Contact", LastName="Lopez", Email="m@alpha.example", AccountId=ids[0], HasOptedOutOfEmail=True)
    api.create("Contact", LastName="Chen", AccountId=ids[1])
    api.create("Contact", LastName="Nobody")
    api.create("Opportunity", Name="Deal", StageName="Closed Won", CloseDate="2026-07-15", AccountId=ids[0])
    api.create("Opportunity", Name="Idea", StageName="Prospecting", CloseDate="2026-12-31", AccountId=ids[1])
    return api


def names(api: Api, where: str) -> list[str]:
    """Return the names of the accounts for which ``where`` holds."""
    return [str(name) for name in api.column(f"SELECT Name FROM Account WHERE {where} ORDER BY CreatedDate")]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        # text: letter case does not matter
        ("Name = 'Alpha'", [A]),
        ("Name = 'ALPHA'", [A]),
        ("name = 'alpha'", [A]),
        ("Name = 'Alph'", []),
        ("Name != 'Alpha'", [B, G, D, N]),
        ("Name <> 'Alpha'", [B, G, D, N]),
        ("Name > 'b'", [B, G, D, N]),
        ("Name >= 'beta' AND Name < 'e'", [B, D]),
        ("Name <= 'alpha'", [A]),
        ("BillingCity = 'London'", [A, G]),
        # quotes and escapes
        (r"Name = 'O\'Neil \\ Sons'", [N]),
        (r"Name LIKE 'O\'%'", [N]),
        ("Name = 'delta 100%'", [D]),
        # empty values
        ("Type = null", [D]),
        ("Type = NULL", [D]),
        ("Type = ''", [D]),
        ("Type != null", [A, B, G, N]),
        ("Type != ''", [A, B, G, N]),
        ("Type != 'Customer'", [B, D, N]),
        ("Type > 'A'", [A, B, G, N]),
        # LIKE
        ("Name LIKE 'a%'", [A]),
        ("Name LIKE '%A'", [A, B]),
        ("Name LIKE '%m%'", [G]),
        ("Name LIKE 'Alph_'", [A]),
        ("Name LIKE 'Alpha_'", []),
        ("Name LIKE '_eta'", [B]),
        ("Name LIKE 'alpha'", [A]),
        (r"Name LIKE '%\_%'", [G]),
        (r"Name LIKE '%\%'", [D]),
        ("Name LIKE '%'", [A, B, G, D, N]),
        ("BillingCity LIKE '%'", [A, B, G]),
        ("NOT Name LIKE 'a%'", [B, G, D, N]),
        ("(NOT Name LIKE '%a')", [G, D, N]),
        ("NOT BillingCity LIKE 'lon%'", [B, D, N]),
        # numbers
        ("NumberOfEmployees = 50", [B]),
        ("NumberOfEmployees > 5", [B, G]),
        ("NumberOfEmployees >= 5", [A, B, G]),
        ("NumberOfEmployees < 5", [D]),
        ("NumberOfEmployees <= 5", [A, D]),
        ("NumberOfEmployees != 5", [B, G, D, N]),
        ("NumberOfEmployees = null", [N]),
        ("NumberOfEmployees = 0", [D]),
        ("AnnualRevenue = 2500.00", [B]),
        ("AnnualRevenue > -1", [A, B, D]),
        ("AnnualRevenue >= 1e2", [A, B]),
        # lists
        ("Name IN ('Alpha', 'BETA', 'nobody')", [A, B]),
        ("Name NOT IN ('Alpha', 'beta')", [G, D, N]),
        ("Type IN ('Customer')", [A, G]),
        ("Type IN ('Customer', null)", [A, G, D]),
        ("Type NOT IN ('Customer')", [B, D, N]),
        ("NumberOfEmployees IN (5, 500)", [A, G]),
        ("NumberOfEmployees NOT IN (5, 500)", [B, D, N]),
        # booleans
        ("IsDeleted = false", [A, B, G, D, N]),
        ("IsDeleted = TRUE", []),
        ("IsDeleted != true", [A, B, G, D, N]),
        # connectives
        ("Type = 'Customer' AND NumberOfEmployees > 5", [G]),
        ("Type = 'Customer' OR NumberOfEmployees = 50", [A, B, G]),
        ("Type = 'Customer' and (NumberOfEmployees = 5 or NumberOfEmployees = 500)", [A, G]),
        ("(Type = 'Customer' AND NumberOfEmployees = 5) OR (Type = 'Prospect' AND NumberOfEmployees = 50)", [A, B]),
        ("NOT (Type = 'Customer' OR Type = 'Prospect')", [D]),
        ("NOT (NOT Type = 'Customer')", [A, G]),
        ("NOT Type = 'Customer' AND NumberOfEmployees = 50", [B]),
        ("((Name = 'Alpha'))", [A]),
        ("Type = 'Customer' OR Type = 'Prospect' OR Type = null", [A, B, G, D, N]),
        # parents
        ("Parent.Name = 'beta'", [A]),
        ("Parent.Name = null", [B, G, D, N]),
        ("Parent.Name != 'beta'", [B, G, D, N]),
        ("Parent.Type = 'Prospect' AND Type = 'Customer'", [A]),
        ("Owner.LastName = 'Inlay Integration'", [A, B, G, D, N]),
        ("Owner.IsActive = true", [A, B, G, D, N]),
        ("Account.Name = 'Alpha'", [A]),
        ("CreatedBy.Username LIKE '%integration%'", [A, B, G, D, N]),
        # custom fields
        ("VAT_Number__c = 'gb1'", [G]),
        ("vat_number__c != null", [G]),
        # semi-joins
        ("Id IN (SELECT AccountId FROM Contact)", [A, B]),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Lopez')", [A]),
        ("Id NOT IN (SELECT AccountId FROM Contact WHERE AccountId != null)", [G, D, N]),
        ("Id IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)", [A]),
        (
            "Type = 'Prospect' AND Id IN (SELECT AccountId FROM Opportunity WHERE IsClosed = false)",
            [B],
        ),
    ],
)
def test_which_accounts_are_found(api: Api, where: str, expected: list[str]) -> None:
    assert names(api, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Email = null", ["Chen", "Nobody"]),
        ("Email = 'M@ALPHA.EXAMPLE'", ["Lopez"]),
        ("Email LIKE '%@alpha.example'", ["Lopez"]),
        ("Account.Name = 'Alpha'", ["Lopez"]),
        ("Account.Parent.Name = 'beta'", ["Lopez"]),
        ("Account.BillingCity IN ('Leeds', 'London')", ["Lopez", "Chen"]),
        ("AccountId = null", ["Nobody"]),
        ("AccountId != null", ["Lopez", "Chen"]),
        ("HasOptedOutOfEmail = true", ["Lopez"]),
        ("HasOptedOutOfEmail = false", ["Chen", "Nobody"]),
        ("Name = 'Lopez'", ["Lopez"]),
        ("Account.IsDeleted = false", ["Lopez", "Chen", "Nobody"]),
    ],
)
def test_which_contacts_are_found(api: Api, where: str, expected: list[str]) -> None:
    assert api.column(f"SELECT LastName FROM Contact WHERE {where} ORDER BY CreatedDate") == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("CloseDate = 2026-07-15", ["Deal"]),
        ("CloseDate != 2026-07-15", ["Idea"]),
        ("CloseDate > 2026-07-15", ["Idea"]),
        ("CloseDate >= 2026-07-15", ["Deal", "Idea"]),
        ("CloseDate IN (2026-07-15, 2026-12-31)", ["Deal", "Idea"]),
        ("CloseDate = THIS_YEAR", ["Deal", "Idea"]),
        ("CloseDate = NEXT_MONTH", ["Deal"]),
        ("CloseDate > NEXT_MONTH", ["Idea"]),
        ("CloseDate <= NEXT_N_DAYS:15", ["Deal"]),
        ("CreatedDate = TODAY", ["Deal", "Idea"]),
        ("CreatedDate < TODAY", []),
        ("CreatedDate >= 2026-06-30T09:00:00Z", ["Deal", "Idea"]),
        ("CreatedDate >= 2026-06-30T11:00:00+01:00", []),
        ("CreatedDate > 2026-06-30T08:00:00.000+0000 AND CreatedDate < 2026-07-01T00:00:00Z", ["Deal", "Idea"]),
        ("CloseDate IN (LAST_MONTH, NEXT_MONTH)", ["Deal"]),
    ],
)
def test_which_opportunities_are_found_by_date(api: Api, where: str, expected: list[str]) -> None:
    assert api.column(f"SELECT Name FROM Opportunity WHERE {where} ORDER BY CreatedDate") == expected


def test_ids_are_found_in_both_lengths_and_ordered(api: Api) -> None:
    ids = [str(one) for one in api.column("SELECT Id FROM Account ORDER BY Id")]
    assert ids == sorted(ids)
    listed = "', '".join(one[:15] for one in ids[1:3])
    assert api.column(f"SELECT Id FROM Account WHERE Id IN ('{listed}') ORDER BY Id") == ids[1:3]
    assert api.column(f"SELECT Id FROM Account WHERE Id > '{ids[2]}' ORDER BY Id") == ids[3:]
    assert api.column(f"SELECT Id FROM Account WHERE Id <= '{ids[2]}' ORDER BY Id") == ids[:3]


def test_a_page_after_a_stamp_and_an_id_has_neither_gap_nor_repetition(api: Api) -> None:
    rows = api.rows("SELECT Id, SystemModstamp FROM Account ORDER BY SystemModstamp, Id")
    for position, row in enumerate(rows):
        stamp = str(row["SystemModstamp"]).replace("+0000", "Z")
        after = f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{row['Id']}'))"
        left = api.column(f"SELECT Id FROM Account WHERE {after} ORDER BY SystemModstamp, Id")
        assert left == [one["Id"] for one in rows[position + 1 :]]


@pytest.mark.parametrize("word", ["SELECT", "select", "Select"])
def test_keywords_are_read_in_any_letter_case(api: Api, word: str) -> None:
    soql = f"{word} Name from Account wHeRe Name liKe 'al%' oRdEr By Name dEsC nulls LAST limit 1"
    assert api.column(soql) == [A]


def test_line_breaks_and_tabs_are_blanks(api: Api) -> None:
    assert api.column("\n SELECT\tName\nFROM Account\n\tWHERE Name = 'Alpha' \n") == [A]
