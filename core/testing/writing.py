"""The writing half of the contract: each row once, each row's own outcome, nothing guessed."""

from __future__ import annotations

from core.connector import WriteRow
from core.testing.bench import Bench, last_cursor, needs


class WritingContract:
    """What every connector that writes has to keep."""

    @needs("writes")
    def test_written_value_is_what_the_vendor_holds(self, bench: Bench) -> None:
        """An update does what it says, and says so."""
        first, second = bench.add(["one", "two"])
        rows = [WriteRow({bench.text: "ONE"}, first), WriteRow({bench.text: "TWO"}, second)]
        outcomes = bench.connector().write(bench.stream, "update", rows)
        assert [(one.state, one.external_id) for one in outcomes] == [("applied", first), ("applied", second)]
        assert bench.truth() == {first: "ONE", second: "TWO"}

    @needs("writes", "keys")
    def test_full_batch_is_written_in_order(self, bench: Bench) -> None:
        """As many rows as the connector says it takes."""
        connector = bench.connector()
        size = min(connector.batch_size(bench.stream, "update"), 200)
        assert size >= 1
        made = bench.add([f"name {number}" for number in range(size)])
        rows = [WriteRow({bench.text: f"new {record}"}, record) for record in made]
        outcomes = connector.write(bench.stream, "update", rows)
        assert [one.external_id for one in outcomes] == made
        assert bench.truth() == {record: f"new {record}" for record in made}

    @needs("keys")
    def test_writing_by_key_twice_makes_one_record(self, bench: Bench) -> None:
        """The key is what keeps a repeated create from making a second record."""
        rows = [WriteRow({bench.text: "once"}, key=(bench.key, "key a/b?c=1&d"))]
        [first] = bench.connector().write(bench.stream, "upsert", rows)
        [second] = bench.connector().write(bench.stream, "upsert", rows)
        assert (first.state, first.created) == ("applied", True)
        assert (second.state, second.created, second.external_id) == ("applied", False, first.external_id)
        assert list(bench.truth()) == [first.external_id]

    @needs("keys")
    def test_records_are_found_by_their_key(self, bench: Bench) -> None:
        """What was made can be found again by the key alone, and what was not, is not."""
        rows = [WriteRow({bench.text: name}, key=(bench.key, f"key-{name}")) for name in ("a", "b")]
        made = [one.external_id for one in bench.connector().write(bench.stream, "upsert", rows)]
        found = bench.connector().find_by_key(bench.stream, bench.key, ["key-b", "key-a", "key-none"])
        assert found == {"key-a": made[0], "key-b": made[1]}

    @needs("keys", "trouble")
    def test_lost_answer_is_unknown_and_reading_back_settles_it(self, bench: Bench) -> None:
        """A write whose answer was lost is never taken for a failure."""
        connector = bench.connector()
        connector.describe(bench.stream)
        connector.find_by_key(bench.stream, bench.key, ["warm-up"])
        bench.lose_answer()
        rows = [WriteRow({bench.text: "lost"}, key=(bench.key, "key-lost"))]
        [outcome] = connector.write(bench.stream, "upsert", rows)
        assert outcome.state in ("unknown", "applied")
        found = bench.connector().find_by_key(bench.stream, bench.key, ["key-lost"])
        assert list(found.values()) == list(bench.truth())
        bench.connector().write(bench.stream, "upsert", rows)
        assert len(bench.truth()) == 1

    @needs("writes")
    def test_every_kind_of_bad_row_fails_alone(self, bench: Bench) -> None:
        """Good rows between bad ones are written; each bad one has the vendor's code and words."""
        for name, bad in bench.bad_rows().items():
            good = bench.add([f"before {name}", f"after {name}"])
            rows = [WriteRow({bench.text: f"{name} 1"}, good[0]), bad.row, WriteRow({bench.text: f"{name} 2"}, good[1])]
            outcomes = bench.connector().write(bench.stream, "update", rows)
            assert [one.state for one in outcomes] == ["applied", bad.state, "applied"], name
            assert outcomes[1].code, f"{name}: the vendor's code is part of the outcome"
            assert outcomes[1].message, f"{name}: the vendor's words are part of the outcome"
            assert not bad.field or bad.field in outcomes[1].fields, name
            truth = bench.truth()
            assert (truth[good[0]], truth[good[1]]) == (f"{name} 1", f"{name} 2"), name

    @needs("writes", "deletes")
    def test_write_to_a_deleted_record_is_rejected(self, bench: Bench) -> None:
        """What is gone meanwhile is no reason to stop, and no success."""
        [gone] = bench.add(["gone"])
        bench.delete(gone)
        [outcome] = bench.connector().write(bench.stream, "update", [WriteRow({bench.text: "late"}, gone)])
        assert outcome.state == "rejected"
        assert gone not in bench.truth()

    @needs("writes", "incremental")
    def test_own_write_is_recognised_when_it_comes_back(self, bench: Bench) -> None:
        """Echo: the value read after a write equals the value written, so nothing seems to have changed."""
        [record] = bench.add(["before"])
        cursor = last_cursor(list(bench.read()))
        bench.wait(60)
        text = "Ünïcode & <tags> 'quotes' \u2603"
        bench.connector().write(bench.stream, "update", [WriteRow({bench.text: text}, record)])
        again = [row for page in bench.read(cursor) for row in page.records if bench.id_of(row) == record]
        assert [bench.text_of(row) for row in again[-1:]] == [text]
        [fetched] = bench.connector().fetch(bench.stream, [record], [bench.text])
        assert bench.text_of(fetched) == text

    @needs("writes")
    def test_repeated_write_changes_nothing(self, bench: Bench) -> None:
        """The same update twice leaves the same record."""
        [record] = bench.add(["before"])
        for _ in range(2):
            [outcome] = bench.connector().write(bench.stream, "update", [WriteRow({bench.text: "after"}, record)])
            assert outcome.state == "applied"
        assert bench.truth() == {record: "after"}

    @needs("conflicts")
    def test_record_changed_since_it_was_read_is_left_alone(self, bench: Bench) -> None:
        """A person who was faster wins."""
        [record] = bench.add(["read"])
        stamp_field = str(bench.connector().streams()[bench.stream].stamp_field)
        [seen] = bench.connector().fetch(bench.stream, [record], [bench.text, stamp_field])
        stamp = str(seen[stamp_field])
        bench.wait(60)
        bench.edit(record, "a person's")
        row = WriteRow({bench.text: "ours"}, record, unmodified_since=stamp)
        [outcome] = bench.connector().write(bench.stream, "update", [row])
        assert (outcome.state, outcome.code) == ("rejected", "CHANGED_MEANWHILE")
        assert bench.truth() == {record: "a person's"}
