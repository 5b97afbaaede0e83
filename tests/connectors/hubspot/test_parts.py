"""The connector's small parts by themselves: pace, records, outcomes, links, kinds."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from connectors.hubspot import associations
from connectors.hubspot.kinds import Kind, Kinds, Streams
from connectors.hubspot.outcomes import TRACE, read_outcomes, traced
from connectors.hubspot.places import ListPlace, SweepMark, is_unfinished
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
from connectors.hubspot.refusals import Refused, VendorRefusal, to_our_error
from connectors.sandbox.demo import AS_OF
from core.sdk import Cursor

COMPANY = Kind("companies", "company", can_merge=True)


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
        contact = Kinds()["contacts"]
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
        outcomes = read_outcomes(answer, self.INPUTS, AS_OF, all_new=False)
        assert [outcome.state for outcome in outcomes] == ["applied", "rejected", "applied"]
        assert [outcome.external_id for outcome in outcomes] == ["1", "2", "3"]

    def test_without_traces_ids_must_do(self) -> None:
        answer = {"results": [{"id": "3", "properties": {}}], "errors": [self.error(ids=["1", "2"])]}
        outcomes = read_outcomes(answer, self.INPUTS, AS_OF, all_new=False)
        assert [outcome.state for outcome in outcomes] == ["rejected", "rejected", "applied"]

    def test_what_is_not_mentioned_is_unknown(self) -> None:
        outcomes = read_outcomes({"results": []}, self.INPUTS, AS_OF, all_new=False)
        assert {outcome.state for outcome in outcomes} == {"unknown"}

    def test_results_nobody_asked_for_are_left_aside(self) -> None:
        outcomes = read_outcomes({"results": [{"id": "99", "properties": {}}]}, self.INPUTS, AS_OF, all_new=False)
        assert {outcome.state for outcome in outcomes} == {"unknown"}

    @pytest.mark.parametrize("named", [{"id": "x1", "idProperty": "inlay_key"}, {}], ids=["upserts", "creates"])
    def test_new_records_without_traces_are_known_by_what_only_one_row_says(self, named: dict[str, str]) -> None:
        """The guide shows results of a batch of new records so: without trace id, and an id is not theirs yet."""
        keys = [{"inlay_key": f"x{number}"} for number in (1, 2, 3)]
        inputs = [{**named, "id": key["inlay_key"], "properties": {"city": "York", **key}} for key in keys]
        inputs = inputs if named else [{"properties": row["properties"]} for row in inputs]
        results = [
            {"id": number, "properties": {"city": "York", "inlay_key": key}}
            for number, key in (("9", "x3"), ("8", "x1"))
        ]
        answer = {"results": results, "errors": [self.error(objectWriteTraceId=["1"])]}
        outcomes = read_outcomes(answer, inputs, AS_OF, all_new=True)
        assert [(one.state, one.external_id) for one in outcomes] == [
            ("applied", "8"),
            ("rejected", None),
            ("applied", "9"),
        ]

    def test_rows_that_are_alike_are_not_told_apart_by_guessing(self) -> None:
        inputs = [{"properties": {"city": "York"}}, {"properties": {"city": "York"}}]
        results = [{"id": number, "properties": {"city": "York"}} for number in ("8", "9")]
        outcomes = read_outcomes({"results": results}, inputs, AS_OF, all_new=True)
        assert [one.state for one in outcomes] == ["unknown", "unknown"]

    def test_what_hubspot_fills_in_by_itself_is_no_mark(self) -> None:
        """The second record has the status of the first by default: only what every row says tells them apart."""
        inputs = [{"properties": {"subject": "Call", "status": "NOT_STARTED"}}, {"properties": {"subject": "Call"}}]
        results = [{"id": "9", "properties": {"subject": "Call", "status": "NOT_STARTED"}}]
        outcomes = read_outcomes({"results": results}, inputs, AS_OF, all_new=True)
        assert [one.state for one in outcomes] == ["unknown", "unknown"]

    def test_a_result_that_speaks_of_two_rows_is_of_neither(self) -> None:
        inputs = [{"properties": {"city": "York", "zip": "YO1"}}, {"properties": {"city": "Leeds", "zip": "LS1"}}]
        results = [{"id": "8", "properties": {"city": "York", "zip": "LS1"}}]
        outcomes = read_outcomes({"results": results}, inputs, AS_OF, all_new=True)
        assert [one.state for one in outcomes] == ["unknown", "unknown"]

    def test_an_update_answered_under_another_id_tells_both(self) -> None:
        result = {"id": "9", TRACE: "0", "properties": {}}
        outcome = read_outcomes({"results": [result]}, self.INPUTS, AS_OF, all_new=False)[0]
        assert (outcome.state, outcome.external_id, outcome.merged_into) == ("applied", "1", "9")

    @pytest.mark.parametrize("trace", ["7", "-1", "x", "", 99])
    def test_traces_that_are_none_of_ours_are_left_aside(self, trace: object) -> None:
        answer: dict[str, Any] = {
            "results": [{"id": "1", TRACE: trace, "properties": {}}],
            "errors": [{"category": "X", "context": {TRACE: [trace]}}],
        }
        assert {outcome.state for outcome in read_outcomes(answer, self.INPUTS, AS_OF, all_new=False)} == {"unknown"}

    def test_one_trace_alone_may_come_as_a_word(self) -> None:
        answer = {"errors": [{"category": "VALIDATION_ERROR", "context": {TRACE: "2"}}]}
        outcomes = read_outcomes(answer, self.INPUTS, AS_OF, all_new=False)
        assert [outcome.state for outcome in outcomes] == ["unknown", "unknown", "rejected"]

    def test_the_properties_at_fault_are_named(self) -> None:
        details = [
            {"code": "INVALID_OPTION", "context": {"propertyName": ["grade"]}},
            {"code": "INVALID_LONG", "context": {"propertyName": ["due", "grade"]}},
            {"message": "without a code", "context": {"propertyName": ["secret"]}},
        ]
        answer = {"errors": [{"category": "VALIDATION_ERROR", "context": {TRACE: ["0"]}, "errors": details}]}
        outcome = read_outcomes(answer, self.INPUTS, AS_OF, all_new=False)[0]
        assert (outcome.code, outcome.fields) == ("INVALID_OPTION", ("grade", "due"))

    def test_a_stage_that_was_kept_stops_no_other_property(self) -> None:
        inputs = [{"id": "2", "properties": {"lifecyclestage": "lead", "city": "York"}}]
        result = {"id": "2", TRACE: "0", "properties": {"lifecyclestage": "customer"}}
        (outcome,) = read_outcomes({"results": [result]}, inputs, AS_OF, all_new=False)
        assert (outcome.state, outcome.code, outcome.fields) == ("applied", "FIELDS_LEFT_OUT", ("lifecyclestage",))

    @pytest.mark.parametrize(
        ("kept", "state"), [("lead", "applied"), ("customer", "rejected"), (None, "applied"), ("", "applied")]
    )
    def test_a_stage_that_was_kept_is_noticed(self, kept: str | None, state: str) -> None:
        result = {"id": "2", TRACE: "1", "properties": {"lifecyclestage": kept}}
        assert read_outcomes({"results": [result]}, self.INPUTS, AS_OF, all_new=False)[1].state == state

    @pytest.mark.parametrize(
        ("new", "all_new", "created"), [(True, False, True), (False, False, False), (None, True, True)]
    )
    def test_new_records_are_told(self, new: bool | None, all_new: bool, created: bool) -> None:
        result: dict[str, Any] = {"id": "1", TRACE: "0", "properties": {}}
        if new is not None:
            result["new"] = new
        assert read_outcomes({"results": [result]}, self.INPUTS, AS_OF, all_new=all_new)[0].created is created


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

    PACKED = (
        'Property values were not valid: [{"isValid":false,"message":"secret was not one of: [A, B]",'
        '"error":"INVALID_OPTION","name":"grade","localizedErrorMessage":"secret","portalId":1},'
        '{"isValid":false,"message":"secret","error":"INVALID_LONG","name":"due"}]'
    )

    @pytest.mark.parametrize(
        "body",
        [
            {"message": PACKED, "category": "VALIDATION_ERROR"},
            {"message": PACKED, "category": "VALIDATION_ERROR", "errors": []},
            {"message": PACKED, "category": "VALIDATION_ERROR", "errors": [{"message": "secret"}]},
            {
                "message": "Property values were not valid",
                "validationResults": [
                    {"isValid": False, "message": "secret", "error": "INVALID_OPTION", "name": "grade"},
                    {"isValid": False, "message": "secret", "error": "INVALID_LONG", "name": "due"},
                ],
            },
        ],
        ids=["no details", "empty details", "details without codes", "as in version 1"],
    )
    def test_what_is_packed_into_the_message_is_understood(self, body: dict[str, Any]) -> None:
        """The guide on object APIs shows errors of a batch so, without any details beside the message."""
        refusal = VendorRefusal(400, body, "here")
        assert (refusal.code, refusal.fields) == ("INVALID_OPTION", ("grade", "due"))
        assert refusal.words == "INVALID_OPTION grade; INVALID_LONG due"

    @pytest.mark.parametrize(
        "rest", [" [{", " secret", ' {"name": "secret"}', ' ["secret"]', ' [{"isValid": false}]', ""]
    )
    def test_what_cannot_be_understood_of_it_is_not_repeated(self, rest: str) -> None:
        refusal = VendorRefusal(400, {"message": f"Property values were not valid:{rest}", "category": "X"}, "here")
        assert (refusal.code, refusal.fields, refusal.words) == ("X", (), "Property values were not valid:")

    def test_what_a_new_record_lacks_is_named_though_only_in_passing(self) -> None:
        message = "Error creating TASK. Some required properties were not set."
        body = {"message": message, "category": "VALIDATION_ERROR", "context": {"properties": ["hs_timestamp"]}}
        refusal = VendorRefusal(400, body, "here")
        assert (refusal.code, refusal.fields) == ("REQUIRED_FIELD", ("hs_timestamp",))
        bare = VendorRefusal(400, {"message": message}, "here")
        assert (bare.code, bare.fields, bare.words) == ("REQUIRED_FIELD", (), message)

    def test_of_scopes_the_plain_ones_are_asked_for(self) -> None:
        """HubSpot names every scope that would do, those for sensitive properties too."""
        named = ["crm.schemas.deals.read", "crm.objects.deals.sensitive.read.v2", "crm.objects.deals.read"]
        body = {"errors": [{"message": "One of these.", "context": {"requiredGranularScopes": named}}]}
        error = to_our_error(Refused(403, {}, json.dumps(body)), "here", AS_OF, "reconnect")
        assert error.remedy == "grant the app crm.objects.deals.read or crm.schemas.deals.read"

    def test_long_messages_are_cut(self) -> None:
        assert len(VendorRefusal(400, {"message": "x" * 5_000}, "here").words) == 300


class TestKinds:
    def test_every_type_is_a_stream_and_owners_too(self) -> None:
        streams = Streams(Kinds())
        assert set(streams) == {*Kinds(), "owners"}
        assert len(streams) == len(list(streams))
        assert {name for name, stream in streams.items() if stream.mode == "full"} == {"owners"}

    def test_only_contacts_have_a_stamp_of_another_name(self) -> None:
        other = {kind.name for kind in Kinds().values() if kind.modified != "hs_lastmodifieddate"}
        assert other == {"contacts"}

    @pytest.mark.parametrize("name", ["2-123", "0-970", "p26180339_vehicles"])
    def test_own_types_are_there_as_soon_as_a_mapping_names_them(self, name: str) -> None:
        assert Kinds()[name].type_id == name
        assert Kinds()[name].is_own
        assert Streams(Kinds())[name].mode == "incremental"

    @pytest.mark.parametrize("name", ["compnies", "2-", "", "contacts_to_compnies", "_to_", "owners_to_companies"])
    def test_what_is_no_type_is_no_stream(self, name: str) -> None:
        assert name not in Streams(Kinds())

    @pytest.mark.parametrize(("near", "far"), [("contacts", "companies"), ("2-1", "deals"), ("quotes", "p1_a_to_b")])
    def test_two_types_make_a_stream_of_relationships(self, near: str, far: str) -> None:
        stream = Streams(Kinds())[f"{near}_to_{far}"]
        assert (stream.mode, stream.stamp_field) == ("full", None)
        pair = Streams(Kinds()).pair(f"{near}_to_{far}")
        assert pair is not None
        assert [kind.name for kind in pair] == [near, far]


class TestPlaces:
    @pytest.mark.parametrize("place", [ListPlace("7", "2026-06-30T09:00:00Z"), ListPlace("7"), ListPlace()])
    def test_a_place_in_a_list_is_read_as_it_was_written(self, place: ListPlace) -> None:
        assert ListPlace.of(place.cursor()) == place
        assert is_unfinished(place.cursor())

    @pytest.mark.parametrize(
        "mark",
        [
            SweepMark(),
            SweepMark("2026-06-30T09:00:00Z"),
            SweepMark("2026-06-30T09:00:00Z", ListPlace("7", "2026-07-07T09:00:00Z")),
            SweepMark("", ListPlace("7", "2026-07-07T09:00:00Z")),
        ],
    )
    @pytest.mark.parametrize("record_id", ["", "9951"])
    def test_a_sweep_is_too_and_replaces_the_one_before(self, mark: SweepMark, record_id: str) -> None:
        cursor = mark.on(Cursor("2026-07-07T09:00:00Z", record_id))
        assert SweepMark.of(cursor) == mark
        assert cursor.id.partition("~")[0] == record_id
        assert SweepMark("other").on(cursor) == Cursor("2026-07-07T09:00:00Z", f"{record_id}~other")


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (3, [3]), (4, [4]), (5, [4, 1]), (9, [4, 4, 1])])
def test_batches_are_cut_to_size(count: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in associations.batches(range(count), 4)] == sizes
