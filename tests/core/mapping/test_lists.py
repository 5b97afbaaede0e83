"""Fields made of several elements: addresses, e-mails, phones, participants and references."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.core.mapping.made import load, problems, read, with_fields

ADDRESS = """
addresses:
  - {kind: billing, street1: Street, street2: Street2, city: City, region: State, postal_code: Zip, country: Country}
  - {kind: shipping, city: ShipCity, country: ShipCountry}
"""
LEEDS = {"Street": "1 High Street", "City": "Leeds", "Zip": "LS1", "Country": "United Kingdom"}


@pytest.mark.parametrize(
    ("raw", "addresses"),
    [
        (
            LEEDS,
            [{"kind": "billing", "street1": "1 High Street", "city": "Leeds", "postal_code": "LS1", "country": "GB"}],
        ),
        ({"City": "Leeds", "Country": "gb"}, [{"kind": "billing", "city": "Leeds", "country": "GB"}]),
        ({"City": "Leeds", "Country": None}, [{"kind": "billing", "city": "Leeds"}]),
        ({"City": "Leeds", "Country": "Atlantis"}, [{"kind": "billing", "city": "Leeds", "country_name": "Atlantis"}]),
        ({"Street": "1 High Street\nFloor 2"}, [{"kind": "billing", "street1": "1 High Street\nFloor 2"}]),
        ({"City": " Zürich ", "Country": "Switzerland"}, [{"kind": "billing", "city": "Zürich", "country": "CH"}]),
        ({"ShipCity": "Cork"}, [{"kind": "shipping", "city": "Cork"}]),
        (
            {"City": "Leeds", "ShipCity": "Cork", "ShipCountry": "IE"},
            [{"kind": "billing", "city": "Leeds"}, {"kind": "shipping", "city": "Cork", "country": "IE"}],
        ),
    ],
)
def test_addresses_hold_what_is_known(tmp_path: Path, raw: dict[str, Any], addresses: list[dict[str, str]]) -> None:
    assert read(with_fields(tmp_path, ADDRESS), raw) == {"addresses": addresses}


@pytest.mark.parametrize(
    "raw", [{"City": None}, {"City": ""}, {"City": " "}, {"Country": None}, {"Country": ""}, {"ShipCity": None}]
)
def test_addresses_that_are_all_empty_are_null(tmp_path: Path, raw: dict[str, Any]) -> None:
    assert read(with_fields(tmp_path, ADDRESS), raw) == {"addresses": None}


def test_addresses_nobody_speaks_of_are_absent(tmp_path: Path) -> None:
    assert read(with_fields(tmp_path, ADDRESS), {"Other": 1}) == {}


def test_a_bad_part_is_left_out_of_the_address_and_told(tmp_path: Path) -> None:
    data, issues = problems(with_fields(tmp_path, ADDRESS), {**LEEDS, "City": {"name": "Leeds"}, "Country": ["GB"]})
    assert data == {"addresses": [{"kind": "billing", "street1": "1 High Street", "postal_code": "LS1"}]}
    assert [issue.field for issue in issues] == ["City", "Country"]


def test_a_single_address_needs_no_list(tmp_path: Path) -> None:
    stream = with_fields(tmp_path, "addresses: {kind: mailing, city: A.city}")
    assert read(stream, {"A": {"city": "Leeds"}}) == {"addresses": [{"kind": "mailing", "city": "Leeds"}]}
    assert read(stream, {"A": None}) == {"addresses": None}
    assert read(stream, {}) == {}


EMAILS = "emails: [{address: Email, kind: work}, {address: Others, kind: other}]"


@pytest.mark.parametrize(
    ("raw", "emails"),
    [
        ({"Email": "ada@hill.example"}, [("ada@hill.example", "work", True)]),
        ({"Email": " Ada@Hill.example "}, [("ada@hill.example", "work", True)]),
        ({"Email": None, "Others": "b@hill.example"}, [("b@hill.example", "other", True)]),
        (
            {"Email": "a@hill.example", "Others": "b@hill.example;a@hill.example; C@hill.example"},
            [("a@hill.example", "work", True), ("b@hill.example", "other", False), ("c@hill.example", "other", False)],
        ),
        (
            {"Others": ["b@hill.example", "c@hill.example"]},
            [("b@hill.example", "other", True), ("c@hill.example", "other", False)],
        ),
    ],
)
def test_emails_in_order_the_first_is_primary(
    tmp_path: Path, raw: dict[str, Any], emails: list[tuple[str, str, bool]]
) -> None:
    expected = [{"address": address, "kind": kind, "is_primary": primary} for address, kind, primary in emails]
    assert read(with_fields(tmp_path, EMAILS), raw) == {"emails": expected}


@pytest.mark.parametrize("raw", [{"Email": None}, {"Email": ""}, {"Others": []}, {"Email": None, "Others": None}])
def test_no_emails(tmp_path: Path, raw: dict[str, Any]) -> None:
    assert read(with_fields(tmp_path, EMAILS), raw) == {"emails": None}


def test_a_bad_address_is_told_and_the_others_kept(tmp_path: Path) -> None:
    data, (issue,) = problems(with_fields(tmp_path, EMAILS), {"Email": "nobody", "Others": "b@hill.example"})
    assert data == {"emails": [{"address": "b@hill.example", "kind": "other", "is_primary": True}]}
    assert issue.field == "Email"
    assert issue.value_excerpt == "nobody"


@pytest.mark.parametrize("declared", ["emails: Email", "emails: [Email]", "emails: {address: Email}"])
def test_short_forms_of_emails(tmp_path: Path, declared: str) -> None:
    expected = [{"address": "a@hill.example", "kind": "work", "is_primary": True}]
    assert read(with_fields(tmp_path, declared), {"Email": "a@hill.example"}) == {"emails": expected}


PHONES = "phones: [{number: Phone, kind: work}, {number: Mobile, kind: mobile}]"


@pytest.mark.parametrize(
    ("raw", "region", "phones"),
    [
        (
            {"Phone": "+44 20 7946 0000"},
            None,
            [{"number": "+44 20 7946 0000", "e164": "+442079460000", "kind": "work"}],
        ),
        ({"Phone": "+442079460000"}, None, [{"number": "+442079460000", "e164": "+442079460000", "kind": "work"}]),
        (
            {"Phone": " +44 (0)20 7946 0000 "},
            None,
            [{"number": "+44 (0)20 7946 0000", "e164": "+442079460000", "kind": "work"}],
        ),
        ({"Phone": "020 7946 0000"}, "GB", [{"number": "020 7946 0000", "e164": "+442079460000", "kind": "work"}]),
        ({"Phone": "020 7946 0000"}, None, [{"number": "020 7946 0000", "kind": "work"}]),
        ({"Phone": "ask Ada"}, "GB", [{"number": "ask Ada", "kind": "work"}]),
        ({"Phone": 442079460000}, "GB", [{"number": "442079460000", "e164": "+442079460000", "kind": "work"}]),
        (
            {"Phone": "+442079460000", "Mobile": "+447700900123"},
            None,
            [
                {"number": "+442079460000", "e164": "+442079460000", "kind": "work"},
                {"number": "+447700900123", "e164": "+447700900123", "kind": "mobile"},
            ],
        ),
        ({"Phone": None, "Mobile": ""}, None, None),
    ],
)
def test_phones_as_shown_and_in_international_form(
    tmp_path: Path, raw: dict[str, Any], region: str | None, phones: list[dict[str, str]] | None
) -> None:
    assert read(with_fields(tmp_path, PHONES, region=region), raw) == {"phones": phones}


def test_the_region_of_a_file_wins_over_the_firms(tmp_path: Path) -> None:
    stream = with_fields(tmp_path, PHONES, top="region: DE\n", region="GB")
    (phone,) = read(stream, {"Phone": "030 123456"})["phones"]
    assert phone["e164"] == "+4930123456"


def test_a_bad_phone_is_told(tmp_path: Path) -> None:
    data, (issue,) = problems(with_fields(tmp_path, PHONES), {"Phone": {"number": 1}, "Mobile": "+447700900123"})
    assert [phone["kind"] for phone in data["phones"]] == ["mobile"]
    assert issue.field == "Phone"


MEETING = """
connector: crm
id: Id
interaction:
  stream: Event
  fields:
    kind: {const: meeting}
    started_at: Start
    participants:
      - {type: user, role: organizer, id: {from: Owner, ref: user}}
      - {type: contact, role: attendee, id: {from: Who, ref: {prefix: {"003": contact}}}}
      - {role: recipient, email: To}
contact: {stream: Contact, fields: {last_name: Name}}
user: {stream: User, fields: {name: Name}}
task:
  stream: Task
  fields:
    subject: S
    related:
      - {from: What, ref: {prefix: {"001": contact, "005": user}}}
      - {from: Owner, ref: user}
"""


@pytest.mark.parametrize(
    ("raw", "participants"),
    [
        (
            {"Owner": "005a", "Who": "003b", "To": "C@hill.example"},
            [
                {"type": "user", "role": "organizer", "id": "crm/User/005a"},
                {"type": "contact", "role": "attendee", "id": "crm/Contact/003b"},
                {"role": "recipient", "email": "c@hill.example"},
            ],
        ),
        ({"Owner": "005a", "Who": "00Qb"}, [{"type": "user", "role": "organizer", "id": "crm/User/005a"}]),
        ({"Owner": None, "Who": None}, None),
    ],
)
def test_participants_by_record_and_by_address(tmp_path: Path, raw: dict[str, Any], participants: Any) -> None:
    stream = load(tmp_path, MEETING).streams["Event"]
    ((_, data),) = stream.normalise({"Id": "1", "Start": "2026-06-30", **raw}, [])
    assert data["participants"] == participants


@pytest.mark.parametrize(
    ("raw", "related"),
    [
        ({"What": "001x"}, [{"type": "contact", "id": "crm/Contact/001x"}]),
        ({"What": "005x"}, [{"type": "user", "id": "crm/User/005x"}]),
        ({"What": "006x"}, None),
        (
            {"What": "001x", "Owner": "9"},
            [{"type": "contact", "id": "crm/Contact/001x"}, {"type": "user", "id": "crm/User/9"}],
        ),
    ],
)
def test_related_records_know_their_type(tmp_path: Path, raw: dict[str, Any], related: Any) -> None:
    ((_, data),) = load(tmp_path, MEETING).streams["Task"].normalise({"Id": "1", **raw}, [])
    assert data["related"] == related
