"""The connector's small parts by themselves: pace, records, outcomes, links, kinds."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from connectors.hubspot import associations
from connectors.hubspot.kinds import Kind, known_kinds, streams_of
from connectors.hubspot.outcomes import TRACE, read_outcomes, traced
from connectors.hubspot.pace import Pace
from connectors.hubspot.records import (
    Links,
    Question,
    merged_away,
    milliseconds,
    modified,
    split_fields,
    to_instant,
    to_raw,
)
from connectors.hubspot.refusals import OutOfQuota, VendorRefusal
from connectors.sandbox.demo import AS_OF
from core.sdk import FixedClock

COMPANY = Kind("companies", "company", can_merge=True)
PREFIX = "X-HubSpot-RateLimit-"


class TestPace:
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock(AS_OF)

    @pytest.mark.parametrize(("searches", "seconds"), [(1, 0), (5, 0), (6, 1), (10, 1), (11, 2), (51, 10)])
    def test_searches_wait_for_a_free_place_in_the_second(self, clock: FixedClock, searches: int, seconds: int) -> None:
        pace = Pace(clock, 5, 90)
        for _ in range(searches):
            pace.before("/crm/v3/objects/deals/search")
        assert clock.monotonic() == pytest.approx(seconds)

    def test_other_calls_do_not_wait_for_searches(self, clock: FixedClock) -> None:
        pace = Pace(clock, 1, 90)
        for path in ("/a/search", "/a", "/b", "/a"):
            pace.before(path)
        assert clock.monotonic() == 0

    def test_searches_spread_by_themselves_do_not_wait(self, clock: FixedClock) -> None:
        pace = Pace(clock, 2, 90)
        for _ in range(10):
            pace.before("/a/search")
            clock.sleep(0.5)
        assert clock.monotonic() == pytest.approx(5.0)

    @pytest.mark.parametrize(("remaining", "waited"), [("1", 0), ("0", 10)])
    def test_an_empty_bucket_holds_up_everything(self, clock: FixedClock, remaining: str, waited: int) -> None:
        pace = Pace(clock, 5, 90)
        pace.after({f"{PREFIX}Remaining": remaining, f"{PREFIX}Interval-Milliseconds": "10000"})
        pace.before("/a")
        assert clock.monotonic() == waited

    @pytest.mark.parametrize(("left", "refused"), [("11", False), ("10", True), ("0", True)])
    def test_the_ceiling_is_the_admins(self, clock: FixedClock, left: str, refused: bool) -> None:
        pace = Pace(clock, 5, 90)
        pace.after({f"{PREFIX}Daily": "100", f"{PREFIX}Daily-Remaining": left})
        assert pace.used_percent() == 100 - int(left)
        if not refused:
            pace.before("/a")
            return
        with pytest.raises(OutOfQuota):
            pace.before("/a")
        clock.sleep(3_600)
        pace.before("/a")

    def test_answers_that_tell_nothing_change_nothing(self, clock: FixedClock) -> None:
        pace = Pace(clock, 5, 90)
        pace.after({})
        pace.before("/a")
        assert pace.used_percent() is None


class TestFields:
    @pytest.mark.parametrize(
        ("fields", "properties", "targets"),
        [
            (["id", "createdAt", "updatedAt", "archived", "archivedAt"], [], []),
            (["name", "id", "name"], ["name"], []),
            (["associations.companies", "x", "associations.contacts"], ["x"], ["companies", "contacts"]),
            ([], [], []),
        ],
    )
    def test_they_are_sorted_out(self, fields: list[str], properties: list[str], targets: list[str]) -> None:
        assert split_fields(fields) == (properties, targets)

    def test_stamp_and_merges_are_always_asked_for(self) -> None:
        assert Question(COMPANY, ["name"], with_merges=True).asked == [
            "name",
            "hs_lastmodifieddate",
            "hs_merged_object_ids",
        ]
        contact = known_kinds()["contacts"]
        assert Question(contact, ["email", "lastmodifieddate"]).asked == ["email", "lastmodifieddate"]


class TestRecords:
    ROW: ClassVar[dict[str, Any]] = {
        "id": "7",
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-02T00:00:00Z",
        "archived": False,
        "url": "https://somewhere",
        "properties": {"name": "Alder", "hs_lastmodifieddate": "2026-01-02T00:00:00.500Z"},
        "associations": {"contacts": {"results": []}},
        "newsFromTheVendor": True,
    }

    def test_what_the_vendor_adds_is_left_out(self) -> None:
        raw = to_raw(self.ROW, Question(COMPANY, ["name"]), Links())
        assert set(raw) == {"id", "createdAt", "updatedAt", "archived", "properties"}

    def test_every_target_is_there_even_without_partners(self) -> None:
        links = Links()
        links.put("7", "contacts", {"12": False, "9": False, "30": True})
        raw = to_raw(self.ROW, Question(COMPANY, ["name"], ["contacts", "deals"]), links)
        assert raw["associations"] == {"contacts": ["30", "9", "12"], "deals": []}

    @pytest.mark.parametrize(
        ("text", "stamp"),
        [
            ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("2026-01-02T00:00:00.500Z", "2026-01-02T00:00:00.500000Z"),
            ("2026-01-02T01:00:00+01:00", "2026-01-02T00:00:00Z"),
        ],
    )
    def test_stamps_are_written_one_way(self, text: str, stamp: str) -> None:
        assert modified({**self.ROW, "properties": {"hs_lastmodifieddate": text}}, COMPANY) == stamp

    def test_without_its_property_the_stamp_is_the_records(self) -> None:
        assert modified({**self.ROW, "properties": {}}, COMPANY) == "2026-01-02T00:00:00Z"

    @pytest.mark.parametrize(
        ("text", "number"), [("1970-01-01T00:00:00Z", 0), ("2026-01-02T00:00:00.5Z", 1_767_312_000_500)]
    )
    def test_searches_want_milliseconds(self, text: str, number: int) -> None:
        assert milliseconds(to_instant(text)) == number

    @pytest.mark.parametrize(("ids", "old"), [(None, []), ("", []), ("3;4", ["3", "4"]), ("3;7", ["3"])])
    def test_old_ids_are_told_by_the_survivor(self, ids: str | None, old: list[str]) -> None:
        stones = merged_away([{**self.ROW, "properties": {"hs_merged_object_ids": ids}}])
        assert [stone.external_id for stone in stones] == old
        assert {stone.merged_into for stone in stones} <= {"7"}


class TestOutcomes:
    INPUTS = (
        {"id": "1", "properties": {"city": "Leeds"}},
        {"id": "2", "properties": {"lifecyclestage": "lead"}},
        {"id": "3", "properties": {}},
    )

    def error(self, **context: list[str]) -> dict[str, Any]:
        return {"category": "VALIDATION_ERROR", "message": "no", "context": context}

    def test_rows_are_traced_by_their_place(self) -> None:
        assert [row[TRACE] for row in traced(self.INPUTS)] == ["0", "1", "2"]

    def test_any_order_will_do(self) -> None:
        results = [{"id": "3", TRACE: "2", "properties": {}}, {"id": "1", TRACE: "0", "properties": {}}]
        answer = {"results": results, "errors": [self.error(objectWriteTraceId=["1"])]}
        outcomes = read_outcomes(answer, self.INPUTS, all_new=False)
        assert [outcome.state for outcome in outcomes] == ["applied", "rejected", "applied"]
        assert [outcome.external_id for outcome in outcomes] == ["1", "2", "3"]

    def test_without_traces_ids_must_do(self) -> None:
        answer = {"results": [{"id": "3", "properties": {}}], "errors": [self.error(ids=["1", "2"])]}
        outcomes = read_outcomes(answer, self.INPUTS, all_new=False)
        assert [outcome.state for outcome in outcomes] == ["rejected", "rejected", "applied"]

    def test_what_is_not_mentioned_is_unknown(self) -> None:
        outcomes = read_outcomes({"results": []}, self.INPUTS, all_new=False)
        assert {outcome.state for outcome in outcomes} == {"unknown"}

    def test_results_nobody_asked_for_are_left_aside(self) -> None:
        outcomes = read_outcomes({"results": [{"id": "99", "properties": {}}]}, self.INPUTS, all_new=False)
        assert {outcome.state for outcome in outcomes} == {"unknown"}

    @pytest.mark.parametrize(
        ("kept", "state"), [("lead", "applied"), ("customer", "rejected"), (None, "applied"), ("", "applied")]
    )
    def test_a_stage_that_was_kept_is_noticed(self, kept: str | None, state: str) -> None:
        result = {"id": "2", TRACE: "1", "properties": {"lifecyclestage": kept}}
        assert read_outcomes({"results": [result]}, self.INPUTS, all_new=False)[1].state == state

    @pytest.mark.parametrize(
        ("new", "all_new", "created"), [(True, False, True), (False, False, False), (None, True, True)]
    )
    def test_new_records_are_told(self, new: bool | None, all_new: bool, created: bool) -> None:
        result: dict[str, Any] = {"id": "1", TRACE: "0", "properties": {}}
        if new is not None:
            result["new"] = new
        assert read_outcomes({"results": [result]}, self.INPUTS, all_new=all_new)[0].created is created


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "code", "words"),
        [
            ({}, "400", "no reason given"),
            ({"message": "  a\n b "}, "400", "a b"),
            ({"category": "CONFLICT", "message": "x"}, "CONFLICT", "x"),
            ({"errorType": "RATE_LIMIT"}, "RATE_LIMIT", "no reason given"),
            ({"errors": [{"message": "m"}], "message": "x"}, "400", "x"),
            (
                {
                    "category": "VALIDATION_ERROR",
                    "message": "Property values were not valid: [secret]",
                    "errors": [
                        {"code": "INVALID_OPTION", "message": "secret", "context": {"propertyName": ["industry"]}}
                    ],
                },
                "INVALID_OPTION",
                "INVALID_OPTION industry",
            ),
        ],
    )
    def test_code_and_words(self, body: dict[str, Any], code: str, words: str) -> None:
        refusal = VendorRefusal(400, body, "here")
        assert (refusal.code, refusal.words) == (code, words)
        assert "secret" not in str(refusal)

    def test_long_messages_are_cut(self) -> None:
        assert len(VendorRefusal(400, {"message": "x" * 5_000}, "here").words) == 300


class TestKinds:
    def test_every_type_is_a_stream_and_owners_too(self) -> None:
        streams = streams_of(known_kinds())
        assert set(streams) == {*known_kinds(), "owners"}
        assert {name for name, stream in streams.items() if stream.mode == "full"} == {"owners"}

    def test_only_contacts_have_a_stamp_of_another_name(self) -> None:
        other = {kind.name for kind in known_kinds().values() if kind.modified != "hs_lastmodifieddate"}
        assert other == {"contacts"}

    def test_own_types_are_named_by_their_id(self) -> None:
        assert known_kinds(["2-123"])["2-123"].type_id == "2-123"


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (3, [3]), (4, [4]), (5, [4, 1]), (9, [4, 4, 1])])
def test_batches_are_cut_to_size(count: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in associations.batches(range(count), 4)] == sizes
