"""The reading half of the contract: everything, once, in order, from any point on, whatever happened meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from core.connector import Page
from core.testing.bench import Bench, last_cursor, needs, stones


class ReadingContract:
    """What every connector that reads has to keep."""

    def test_streams_are_named_without_a_call(self, bench: Bench) -> None:
        """The streams are known before anybody is asked, each under its own name."""
        found = bench.connector().streams()
        assert bench.stream in found
        assert all(name == stream.name for name, stream in found.items())

    def test_system_that_lets_us_in_has_nothing_to_complain_about(self, bench: Bench) -> None:
        """``check`` of a healthy system holds no error."""
        assert [one for one in bench.connector().check() if one.severity == "error"] == []

    def test_full_read_shows_every_record_as_it_is(self, bench: Bench) -> None:
        """More than a page of records arrives whole."""
        bench.add([f"name {number:04d}" for number in range(bench.page_size + 3)])
        assert _texts(bench, list(bench.read())) == bench.truth()

    def test_empty_stream_is_read_as_empty(self, bench: Bench) -> None:
        """No record, no error, no tombstone."""
        pages = list(bench.read())
        assert (_texts(bench, pages), stones(pages)) == ({}, {})

    @needs("discovery")
    def test_field_that_does_not_exist_is_told_and_the_rest_is_read(self, bench: Bench) -> None:
        """A wrong mapping costs its field and nothing else."""
        [made] = bench.add(["alfa"])
        connector = bench.connector()
        pages = list(connector.read(bench.stream, [bench.text, "no_such_field__c"], None))
        assert _texts(bench, pages) == {made: "alfa"}
        told = [one for one in connector.findings() if "no_such_field__c" in f"{one.where} {one.message}"]
        assert told, "the field has to become a finding"
        assert connector.findings() == [], "a finding is told once"

    @needs("writes")
    def test_records_are_fetched_by_id_and_missing_ones_left_out(self, bench: Bench) -> None:
        """``fetch`` shows records as they are now."""
        made = bench.add(["alfa", "beta"])
        found = bench.connector().fetch(bench.stream, made, [bench.text])
        assert {bench.id_of(row): bench.text_of(row) for row in found} == dict(zip(made, ["alfa", "beta"], strict=True))

    @needs("incremental")
    def test_only_what_changed_is_needed_again(self, bench: Bench) -> None:
        """An incremental read shows every change, and not the whole stream."""
        made = bench.add([f"name {number}" for number in range(12)])
        bench.wait(3600)
        bench.add(["much later"])
        cursor = last_cursor(list(bench.read()))
        bench.wait(3600)
        for record in made[3:6]:
            bench.edit(record, f"changed {record}")
        found = _texts(bench, list(bench.read(cursor)))
        assert {record: f"changed {record}" for record in made[3:6]}.items() <= found.items()
        assert len(found) < len(made)

    @needs("incremental")
    def test_record_added_later_is_found(self, bench: Bench) -> None:
        """A record that is new since the cursor is read."""
        bench.add(["old"])
        cursor = last_cursor(list(bench.read()))
        bench.wait(60)
        [new] = bench.add(["new"])
        assert _texts(bench, list(bench.read(cursor)))[new] == "new"

    @needs("incremental")
    def test_records_of_one_instant_are_all_read(self, bench: Bench) -> None:
        """More records than a page holds, all with the same stamp: a reader by stamp alone would lose some."""
        bench.add(["first"])
        cursor = last_cursor(list(bench.read()))
        bench.wait(3600)
        bench.add([f"flood {number}" for number in range(bench.page_size + 5)], at_once=True)
        found = _texts(bench, list(bench.read(cursor)))
        assert {key: value for key, value in bench.truth().items() if value != "first"}.items() <= found.items()

    @needs("incremental")
    def test_reading_cut_off_after_any_page_goes_on_without_loss(self, bench: Bench) -> None:
        """Each page's cursor is a place to go on from, for a process that knows nothing else."""
        bench.add([f"name {number:04d}" for number in range(2 * bench.page_size + 5)], at_once=True)
        read: dict[str, str | None] = {}
        cursor = None
        for _ in range(6):
            page = next(iter(bench.read(cursor)), None)
            if page is None:
                break
            read |= _texts(bench, [page])
            cursor = page.cursor or cursor
        for page in bench.read(cursor):
            read |= _texts(bench, [page])
        assert read == bench.truth()

    @needs("deletes")
    def test_deleted_record_leaves_a_tombstone(self, bench: Bench) -> None:
        """What people delete is told, with a reason."""
        gone, kept = bench.add(["gone", "kept"])
        cursor = last_cursor(list(bench.read()))
        bench.wait(60)
        bench.delete(gone)
        pages = list(bench.read(cursor))
        assert stones(pages)[gone].reason in ("deleted", "archived")
        assert kept not in stones(pages)
        assert gone not in _texts(bench, pages)

    @needs("merges")
    def test_merged_record_points_at_what_remains(self, bench: Bench) -> None:
        """A merge is told as one: everything that pointed at the loser can be re-pointed."""
        survivor, loser = bench.add(["survivor", "loser"])
        cursor = last_cursor(list(bench.read()))
        bench.wait(60)
        remains = bench.merge(survivor, loser)
        found = stones(list(bench.read(cursor)))
        assert (found[loser].reason, found[loser].merged_into) == ("merged", remains)

    @needs("discovery", "writes")
    def test_description_knows_what_may_be_written(self, bench: Bench) -> None:
        """Discovery: the fields with their rights, before anybody writes."""
        facts = bench.connector().describe(bench.stream)
        assert facts[bench.text].can_update
        assert not bench.key or facts[bench.key].is_unique


def _texts(bench: Bench, pages: Sequence[Page]) -> dict[str, str | None]:
    return {bench.id_of(record): bench.text_of(record) for page in pages for record in page.records}
