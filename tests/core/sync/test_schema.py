"""What has changed of a stream's fields since it was last as it should be: the comparison alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
import pytest

from core.connector import FieldFacts
from core.sync.schema import CODES, NAMED, Picture, Wanted, compared, finding_of, taken

MONDAY, TUESDAY, FRIDAY = "2026-06-29T09:00:00Z", "2026-06-30T09:00:00Z", "2026-07-03T09:00:00Z"
WANTED = Wanted(frozenset({"name", "grade", "score"}), frozenset({"score"}), creates=True)


def described(*more: FieldFacts, without: str = "") -> dict[str, FieldFacts]:
    """A stream of three used fields and one that nobody uses; ``more`` come in place of those of their names."""
    fields = (
        FieldFacts("name", "text", "Name"),
        FieldFacts("grade", "picklist", "Grade", options=("a", "b", "c"), is_restricted=True),
        FieldFacts("score", "number", "Score"),
        FieldFacts("unused", "text", "Unused"),
    )
    return {one.name: one for one in (*fields, *more) if one.name != without}


def seen(facts: Mapping[str, FieldFacts], wanted: Wanted = WANTED, before: Picture | None = None) -> Picture:
    """Tuesday's look at what was seen on Monday."""
    return compared(before or taken(described(), wanted), facts, wanted, MONDAY, TUESDAY)


def codes(picture: Picture) -> dict[str, str]:
    return {name: change.code for name, change in picture.changes.items()}


def words(picture: Picture) -> Sequence[str]:
    return [finding_of(change, "crm/companies").message for change in picture.changes.values()]


def test_what_is_as_it_was_is_no_change() -> None:
    assert codes(seen(described())) == {}


@pytest.mark.parametrize(
    ("facts", "field", "code", "said"),
    [
        (described(without="grade"), "grade", "field_removed", "grade went away"),
        (
            described(FieldFacts("rank", "picklist", "Grade"), without="grade"),
            "grade",
            "field_renamed",
            "`rank` came with its label",
        ),
        (
            described(FieldFacts("score", "text", "Score")),
            "score",
            "field_retyped",
            "was of type number and is of type",
        ),
        (
            described(FieldFacts("grade", "picklist", "Grade", options=("a",), is_restricted=True)),
            "grade",
            "option_gone",
            "no longer takes `b`, `c`",
        ),
        (
            described(FieldFacts("score", "number", "Score", can_create=False, can_update=False)),
            "score",
            "field_locked",
            "became read-only",
        ),
        (described(FieldFacts("vat", "text", is_required=True)), "vat", "field_required", "new records need vat"),
    ],
)
def test_each_change_is_one_finding_with_its_days_and_a_remedy(
    facts: dict[str, FieldFacts], field: str, code: str, said: str
) -> None:
    picture = seen(facts)
    assert codes(picture) == {field: code}
    finding = finding_of(picture.changes[field], "crm/companies")
    assert (finding.code, finding.where, finding.severity) == (code, f"crm/companies.{field}", "warning")
    assert said in finding.message
    assert "(well on 2026-06-29 09:00, noticed on 2026-06-30 09:00)" in finding.message
    assert finding.remedy
    assert "{" not in finding.message + finding.remedy


@pytest.mark.parametrize(
    "facts",
    [
        described(FieldFacts("name", "text", "Name", can_create=False, can_update=False)),
        described(without="unused"),
        described(FieldFacts("unused", "number", "Unused")),
        described(FieldFacts("new", "text", "New")),
        described(FieldFacts("name", "text", "Company name")),
        described(FieldFacts("grade", "picklist", "Grade", options=("a", "b", "c", "d"), is_restricted=True)),
    ],
    ids=["read only where we only read", "unused", "unused retyped", "new", "relabelled", "more options"],
)
def test_what_concerns_nobody_is_no_finding(facts: dict[str, FieldFacts]) -> None:
    assert codes(seen(facts)) == {}


def test_a_newly_needed_field_concerns_only_who_makes_records() -> None:
    reader = Wanted(WANTED.used, frozenset(), creates=False)
    assert codes(seen(described(FieldFacts("vat", "text", is_required=True)), reader)) == {}


def test_two_fields_with_the_lost_ones_label_name_no_heir() -> None:
    heirs = [FieldFacts(name, "picklist", "Grade") for name in ("rank", "band")]
    assert codes(seen(described(*heirs, without="grade"))) == {"grade": "field_removed"}


def test_a_field_that_was_there_before_is_no_heir() -> None:
    twin = FieldFacts("twin", "picklist", "Grade")
    before = taken(described(twin), WANTED)
    assert codes(seen(described(twin, without="grade"), before=before)) == {"grade": "field_removed"}


def test_what_lasts_keeps_its_time_and_its_heir() -> None:
    facts = described(FieldFacts("rank", "picklist", "Grade"), without="grade")
    first = seen(facts)
    again = compared(first, facts, WANTED, TUESDAY, FRIDAY)
    assert again.changes == first.changes
    assert "noticed on 2026-06-30" in words(again)[0]


def test_a_lasting_change_that_gets_worse_keeps_the_time_of_the_first() -> None:
    first = seen(described(FieldFacts("grade", "picklist", "Grade", options=("a",), is_restricted=True)))
    again = compared(first, described(without="grade"), WANTED, TUESDAY, FRIDAY)
    assert codes(again) == {"grade": "field_removed"}
    assert again.changes["grade"].last_well == MONDAY


@pytest.mark.parametrize(
    "facts",
    [
        described(without="grade"),
        described(FieldFacts("score", "text", "Score")),
        described(FieldFacts("vat", "text", is_required=True)),
    ],
)
def test_what_is_as_before_again_is_no_change_any_more(facts: dict[str, FieldFacts]) -> None:
    after = compared(seen(facts), described(), WANTED, TUESDAY, FRIDAY)
    assert codes(after) == {}
    assert after == taken(described(), WANTED)


def test_what_got_better_is_learnt() -> None:
    more = described(FieldFacts("grade", "picklist", "Grade", options=("a", "b", "c", "d"), is_restricted=True))
    after = compared(seen(more), described(), WANTED, TUESDAY, FRIDAY)
    assert after.changes["grade"].detail == ("d",)


def test_a_field_that_came_later_and_goes_away_is_missed() -> None:
    wanted = Wanted(WANTED.used | {"vat"}, WANTED.written, creates=True)
    first = taken(described(), wanted)
    with_it = compared(first, described(FieldFacts("vat", "text", "VAT")), wanted, MONDAY, TUESDAY)
    assert codes(with_it) == {}
    assert codes(compared(with_it, described(), wanted, TUESDAY, FRIDAY)) == {"vat": "field_removed"}


def test_who_changes_the_mapping_has_seen_what_was_told_and_hears_of_new_things_alone() -> None:
    known = seen(described(FieldFacts("score", "text", "Score"))).accepted()
    after = compared(known, described(FieldFacts("score", "text", "Score"), without="grade"), WANTED, TUESDAY, FRIDAY)
    assert codes(after) == {"grade": "field_removed"}
    assert after.changes["grade"].last_well == TUESDAY


def test_a_field_the_mapping_no_longer_uses_is_forgotten() -> None:
    reader = Wanted(frozenset({"name"}), frozenset(), creates=False)
    assert codes(compared(seen(described(without="grade")), described(without="grade"), reader, TUESDAY, FRIDAY)) == {}


def test_a_needed_field_that_is_accepted_is_told_no_more() -> None:
    facts = described(FieldFacts("vat", "text", is_required=True))
    assert codes(compared(seen(facts).accepted(), facts, WANTED, TUESDAY, FRIDAY)) == {}


def test_many_lost_options_are_counted_and_the_first_named() -> None:
    many = tuple(f"o{number}" for number in range(12))
    before = taken(described(FieldFacts("grade", "picklist", "Grade", options=many, is_restricted=True)), WANTED)
    gone = described(FieldFacts("grade", "picklist", "Grade", options=(), is_restricted=True))
    finding = finding_of(seen(gone, before=before).changes["grade"], "crm/companies")
    assert finding.count == 12
    assert f"and {12 - NAMED} more" in finding.message


def test_a_picture_is_the_same_after_it_was_kept() -> None:
    picture = seen(described(FieldFacts("vat", "text", is_required=True), without="grade"))
    assert Picture.unpacked(orjson.loads(orjson.dumps(picture.packed()))) == picture
    assert set(codes(picture).values()) <= set(CODES)
