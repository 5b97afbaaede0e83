"""Exports whose format comes with Inlay."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.mapping import Mapping, bundled
from core.onboard import Proposal, write_proposal
from tests.core.onboard.exports import CLIENTS, proposed, recognised

ACCOUNT = (
    '"Id","IsDeleted","Name","Type","ParentId","BillingStreet","BillingCity","BillingPostalCode",'
    '"BillingCountry","Phone","Website","Industry","AnnualRevenue","NumberOfEmployees","OwnerId",'
    '"CreatedDate","LastModifiedDate","SystemModstamp"\n'
    '"0015g00000AbCdEAAV","0","Hartwell","Customer","","1 High St","Leeds","LS1 1AA","United Kingdom",'
    '"+44 113 496 0000","https://hartwell.example","Retail","1200000","12","0055g00000AbCdEAAV","2024-01-01T00:00:00.000Z",'
    '"2026-01-01T00:00:00.000Z","2026-01-01T00:00:00.000Z"\n'
)
USER = (
    '"Id","Name","FirstName","LastName","Email","IsActive","Title","Department","ManagerId","TimeZoneSidKey",'
    '"CreatedDate","LastModifiedDate","SystemModstamp"\n'
    '"0055g00000AbCdEAAV","Anna Lee","Anna","Lee","anna@firm.example","1","Partner","Tax","","Europe/London",'
    '"2024-01-01T00:00:00.000Z","2026-01-01T00:00:00.000Z","2026-01-01T00:00:00.000Z"\n'
)
STRIPE = (
    "id,Description,Email,Name,Created (UTC),Delinquent,Currency\n"
    "cus_1,x,a@b.example,Alpha,2024-01-01 00:00,false,gbp\n"
)


def loaded(proposal: Proposal, target: Path) -> list[Mapping]:
    write_proposal(proposal, target)
    return [
        Mapping.load("csv", plan.name, target / plan.mapping_file, currency="GBP", region="GB")
        for plan in proposal.connections
    ]


def test_a_salesforce_data_export_needs_no_guessing(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "in", {"Account.csv": ACCOUNT, "User.csv": USER})
    assert [(plan.name, (plan.overlay or {})["extends"]) for plan in proposal.connections] == [
        ("salesforce", "csv-salesforce-export")
    ]
    assert recognised(proposal) == {"Account.csv": {"client"}, "User.csv": {"user"}}
    assert {one.confidence > 0.7 for one in proposal.recognised} == {True}


def test_the_overlay_keeps_only_what_there_are_files_for(tmp_path: Path) -> None:
    (mapping,) = loaded(proposed(tmp_path / "in", {"Account.csv": ACCOUNT, "User.csv": USER}), tmp_path / "out")
    assert {"Account.csv", "User.csv"} <= set(mapping.streams)
    assert set(mapping.streams) - {"Account.csv", "User.csv"} <= {"inlay_tasks"}


def test_references_to_records_without_a_file_are_taken_out(tmp_path: Path) -> None:
    (mapping,) = loaded(proposed(tmp_path / "in", {"Account.csv": ACCOUNT}), tmp_path / "out")
    ((record_type, client),) = mapping.streams["Account.csv"].normalise(
        {"Id": "0015g00000AbCdEAAV", "Name": "Hartwell", "OwnerId": "0055g00000AbCdEAAV"}, []
    )
    assert (record_type, client["name"]) == ("client", "Hartwell")
    assert "account_manager_id" not in client


def test_a_file_under_another_name_is_recognised_by_its_columns(tmp_path: Path) -> None:
    (mapping,) = loaded(proposed(tmp_path / "in", {"accounts 2026-06.csv": ACCOUNT}), tmp_path / "out")
    assert "accounts 2026-06.csv" in mapping.streams


def test_exports_of_several_systems_become_several_connections(tmp_path: Path) -> None:
    proposal = proposed(
        tmp_path / "in", {"Account.csv": ACCOUNT, "stripe customers.csv": STRIPE, "clients.csv": CLIENTS}
    )
    assert {plan.name for plan in proposal.connections} == {"salesforce", "stripe", "files"}
    assert [mapping.connection for mapping in loaded(proposal, tmp_path / "out")] == [
        plan.name for plan in proposal.connections
    ]


@pytest.mark.parametrize("name", sorted(name for name in bundled() if name.startswith("csv-")))
def test_every_bundled_format_is_recognised_by_its_own_columns(tmp_path: Path, name: str) -> None:
    mapping = Mapping.load(name, "probe", currency="GBP", region="GB")
    stream = next(iter(mapping.streams))
    columns = list(mapping.streams[stream].fields)
    row = [f"value{at}" for at in range(len(columns))]
    content = ",".join(f'"{one}"' for one in columns) + "\n" + ",".join(row) + "\n"
    (plan,) = proposed(tmp_path / "in", {stream: content}).connections
    assert (plan.overlay or {})["extends"] == name
