"""The contract in bad weather: wait as told, renew once, stop in good time, take no page for data, never loop."""

from __future__ import annotations

import pytest

from core.connector import WriteRow
from core.errors import AuthError, InlayError, RetryLater
from core.testing.bench import Bench, Call, needs

MANY = 12
"""More calls than any connector needs to understand that it is shut out, or that a system is down."""


class TroubleContract:
    """What every connector that speaks over a network has to keep."""

    @needs("trouble")
    def test_no_call_is_made_before_the_time_told(self, bench: Bench) -> None:
        """What is told, such as "come again in five seconds", is kept to, and then the reading goes on."""
        made = bench.add(["alfa"])
        connector = bench.connector()
        connector.check()
        bench.refuse(429, wait=5)
        pages = list(bench.read(connector=connector))
        assert [bench.id_of(row) for page in pages for row in page.records] == made
        assert _too_early(bench) == []
        assert any(call.wait == 5 for call in bench.calls())

    @needs("trouble", "writes")
    def test_no_write_is_made_before_the_time_told(self, bench: Bench) -> None:
        """A refused write may be repeated, after the time told and not before."""
        [record] = bench.add(["before"])
        connector = bench.connector()
        connector.describe(bench.stream)
        bench.refuse(429, wait=5)
        [outcome] = connector.write(bench.stream, "update", [WriteRow({bench.text: "after"}, record)])
        assert outcome.state in ("applied", "retry")
        assert _too_early(bench) == []
        assert bench.truth() == {record: "after" if outcome.state == "applied" else "before"}

    @needs("trouble")
    def test_short_outage_is_sat_out(self, bench: Bench) -> None:
        """Two answers of 503 are no reason to give up reading."""
        made = bench.add(["alfa"])
        bench.refuse(503, times=2)
        assert [bench.id_of(row) for page in bench.read() for row in page.records] == made

    @needs("trouble")
    def test_long_outage_ends_in_retry_later(self, bench: Bench) -> None:
        """A system that is down is left alone after a few calls."""
        bench.add(["alfa"])
        connector, before = bench.connector(), len(bench.calls())
        bench.refuse(503, times=1000)
        with pytest.raises(RetryLater):
            list(bench.read(connector=connector))
        assert len(bench.calls()) - before <= MANY

    @needs("trouble")
    def test_outage_is_told_apart_from_wrong_credentials(self, bench: Bench) -> None:
        """``check`` says what it is, and raises nothing."""
        bench.refuse(503, times=1000)
        down = {one.code for one in bench.connector().check() if one.severity == "error"}
        assert down
        assert "no_access" not in down

    @needs("trouble")
    def test_page_of_a_proxy_is_never_taken_for_data(self, bench: Bench) -> None:
        """200 with HTML is trouble: at most it costs time."""
        made = bench.add(["alfa"])
        bench.answer_with_page()
        try:
            found = [bench.id_of(row) for page in bench.read() for row in page.records]
        except RetryLater:
            found = [bench.id_of(row) for page in bench.read() for row in page.records]
        assert found == made

    @needs("trouble")
    def test_reading_takes_no_answer_of_another_shape_for_data(self, bench: Bench) -> None:
        """200 with JSON that was never promised is a failure, whichever call it strikes: not an empty list."""
        bench.add(["alfa", "beta"])
        for nth in range(1, MANY):
            bench.answer_otherwise(nth)
            try:
                found = {bench.id_of(row): bench.text_of(row) for page in bench.read() for row in page.records}
            except RetryLater:
                continue
            assert found == bench.truth(), f"call {nth}"

    @needs("trouble", "writes", "keys")
    def test_looking_up_takes_no_answer_of_another_shape_for_absence(self, bench: Bench) -> None:
        """Whoever hears "there is none" writes a second one, so nobody may hear it by mistake."""
        rows = [WriteRow({bench.text: "alfa"}, key=(bench.key, "key-alfa"))]
        [made] = [str(one.external_id) for one in bench.connector().write(bench.stream, "upsert", rows)]
        for nth in range(1, MANY):
            bench.answer_otherwise(nth)
            try:
                found = bench.connector().find_by_key(bench.stream, bench.key, ["key-alfa"])
            except RetryLater:
                continue
            assert found == {"key-alfa": made}, f"call {nth}"

    @needs("trouble", "writes")
    def test_fetching_takes_no_answer_of_another_shape_for_absence(self, bench: Bench) -> None:
        """A record that is there is never shown as missing."""
        [made] = bench.add(["alfa"])
        for nth in range(1, MANY):
            bench.answer_otherwise(nth)
            try:
                found = bench.connector().fetch(bench.stream, [made], [bench.text])
            except RetryLater:
                continue
            assert [bench.id_of(row) for row in found] == [made], f"call {nth}"

    @needs("trouble", "writes")
    def test_write_takes_no_answer_of_another_shape_for_success_or_refusal(self, bench: Bench) -> None:
        """A good row is never rejected for it, and is applied only where the vendor holds it."""
        [record] = bench.add(["before"])
        for nth in range(1, MANY):
            bench.answer_otherwise(nth)
            row = WriteRow({bench.text: f"after {nth}"}, record)
            try:
                [outcome] = bench.connector().write(bench.stream, "update", [row])
            except RetryLater:
                continue
            assert outcome.state in ("applied", "retry", "unknown"), f"call {nth}"
            assert outcome.state == "unknown" or (outcome.state == "applied") == (
                bench.truth()[record] == f"after {nth}"
            )

    @needs("renewal")
    def test_token_that_ends_between_two_pages_is_renewed_and_nothing_is_lost(self, bench: Bench) -> None:
        """Expiry in mid-page costs one renewal."""
        bench.add([f"name {number:04d}" for number in range(bench.page_size + 5)])
        reading = bench.read()
        found = [bench.id_of(row) for row in next(reading).records]
        bench.end_sessions()
        found += [bench.id_of(row) for page in reading for row in page.records]
        assert sorted(set(found)) == sorted(bench.truth())

    @needs("renewal")
    def test_revoked_access_is_an_error_to_reconnect_and_no_loop(self, bench: Bench) -> None:
        """A dead session ends the work at once, with the way out."""
        bench.add(["alfa"])
        list(bench.read())
        bench.revoke()
        before = len(bench.calls())
        with pytest.raises(AuthError) as caught:
            list(bench.read())
        assert caught.value.remedy
        assert len(bench.calls()) - before <= MANY

    @needs("quota")
    def test_used_up_quota_stops_the_work_with_the_time_to_come_back(self, bench: Bench) -> None:
        """No call more than it takes to hear it; afterwards the work goes on."""
        made = bench.add(["alfa"])
        bench.use_up_quota()
        connector = bench.connector()
        with pytest.raises(RetryLater) as caught:
            list(bench.read(connector=connector))
        assert caught.value.retry_at is not None
        before = len(bench.calls())
        for _ in range(3):
            with pytest.raises(RetryLater):
                list(bench.read(connector=connector))
        assert len(bench.calls()) == before, "whoever knows the time to come back does not ask earlier"
        bench.free_quota()
        assert [bench.id_of(row) for page in bench.read() for row in page.records] == made

    @needs("trouble")
    def test_errors_tell_no_secret(self, bench: Bench) -> None:
        """Whatever an error says may be logged."""
        bench.refuse(500, times=1000)
        with pytest.raises(InlayError) as caught:
            list(bench.read())
        for secret in bench.secrets():
            assert secret not in f"{caught.value} {caught.value.facts}"


def _too_early(bench: Bench) -> list[Call]:
    """The calls made before the time that an earlier answer told."""
    early, not_before = [], 0.0
    for call in bench.calls():
        if call.at < not_before:
            early.append(call)
        if call.wait is not None:
            not_before = max(not_before, call.at + call.wait)
    return early
