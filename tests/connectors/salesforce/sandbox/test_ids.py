"""Record ids: the suffix that survives case-folding, both lengths, key prefixes."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox.ids import make_id, serial_of, suffix_of, to_18
from tests.connectors.salesforce.orgs import Api


@pytest.mark.parametrize(
    ("id15", "suffix"),
    [
        ("000000000000000", "AAA"),
        ("AAAAA0000000000", "5AA"),
        ("00000AAAAA00000", "A5A"),
        ("0000000000AAAAA", "AA5"),
        ("A0000A0000A0000", "BBB"),
        ("0A0000A0000A000", "CCC"),
        ("00A0000A0000A00", "EEE"),
        ("000A0000A0000A0", "III"),
        ("0000A0000A0000A", "QQQ"),
        ("aaaaaaaaaaaaaaa", "AAA"),
        # Published examples of real organisations.
        ("00D300000000QMf", "EAM"),
        ("0017000000hOMCh", "AAO"),
        ("005A0000000Wiws", "IAC"),
    ],
)
def test_the_suffix_tells_which_letters_are_capitals(id15: str, suffix: str) -> None:
    assert suffix_of(id15) == suffix


@pytest.mark.parametrize("prefix", ["001", "003", "006", "00T", "500", "0PS", "a0B"])
@pytest.mark.parametrize("serial", [1, 61, 62, 3843, 999_999])
def test_a_made_id_has_its_prefix_and_a_valid_suffix(prefix: str, serial: int) -> None:
    made = make_id(prefix, serial)
    assert len(made) == 18
    assert made.startswith(prefix)
    assert made[15:] == suffix_of(made[:15])


def test_made_ids_never_repeat_and_keep_their_order() -> None:
    made = [make_id("001", serial) for serial in range(1, 5000)]
    assert len(set(made)) == len(made)
    assert sorted(made) == made


def test_ids_that_differ_in_case_only_have_different_suffixes() -> None:
    assert to_18("0015g00000000AB") != to_18("0015g00000000ab")
    assert str(to_18("0015g00000000AB")).lower() != str(to_18("0015g00000000ab")).lower()


def test_fifteen_characters_become_eighteen() -> None:
    made = make_id("001", 4711)
    assert to_18(made[:15]) == made
    assert to_18(made) == made


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "001",
        "0015g0000000001AAB",
        "0015g0000000001AA",
        "0015g000000000 ",
        "0015g000000000!AAA",
        "0015g00000000-1",
        "x" * 19,
        None,
        15,
        15.0,
        True,
        ["0015g0000000001AAA"],
    ],
)
def test_what_is_no_id_is_told(wrong: object) -> None:
    assert to_18(wrong) is None


def test_answers_hold_eighteen_characters_and_questions_may_hold_fifteen(api: Api) -> None:
    row_id = api.create("Account", Name="Acme")
    assert len(row_id) == 18
    assert api.row("Account", row_id[:15])["Id"] == row_id
    assert api.column(f"SELECT Id FROM Account WHERE Id = '{row_id[:15]}'") == [row_id]
    child = api.create("Contact", LastName="Lopez", AccountId=row_id[:15])
    assert api.row("Contact", child)["AccountId"] == row_id


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Account", "001"),
        ("Contact", "003"),
        ("Opportunity", "006"),
        ("Contract", "800"),
        ("Case", "500"),
        ("Task", "00T"),
        ("Event", "00U"),
        ("User", "005"),
    ],
)
def test_each_object_has_its_own_prefix(api: Api, name: str, prefix: str) -> None:
    assert api.get(f"sobjects/{name}/describe")["keyPrefix"] == prefix


@pytest.mark.parametrize("serial", [0, 1, 61, 62, 3843, 3844, 1_000_000, 62**9 - 1])
def test_the_number_can_be_read_back_from_the_id(serial: int) -> None:
    assert serial_of("001", make_id("001", serial)) == serial
    assert make_id("001", serial)[15:] == suffix_of(make_id("001", serial)[:15])


@pytest.mark.parametrize("text", ["", "0015g0000000001", make_id("003", 1), "0015g000000-001AAA", "001XX0000000001AAA"])
def test_an_id_that_is_not_made_here_has_no_number(text: str) -> None:
    assert serial_of("001", text) is None
