"""The connector listening to an org: what it hears, how it goes on, and what it makes of refusals."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from connectors.salesforce.pubsub.listener import SILENT_SECONDS
from connectors.salesforce.sandbox import TOKEN
from connectors.salesforce.sandbox.pubsub.server import RunningPubSub
from core.sdk import AuthError, ConfigError, Heard, RetryLater, ToldChange, WriteRow
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import AS_OF, Api
from tests.connectors.salesforce.test_login import FLOWS

Made = Callable[..., Link]


class Ear:
    """What is heard, silence left out, and the place to go on from."""

    def __init__(self, link: Link, since: str | None = None) -> None:
        self.place = since
        self._line: Any = link.connector.listen(since)

    def __enter__(self) -> Ear:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def heard(self) -> Heard:
        """The next that was said."""
        for one in islice(self._line, 20):
            if not one.is_silence:
                self.place = one.position or self.place
                found: Heard = one
                return found
        raise AssertionError("nothing was said")

    def pulse(self) -> Heard:
        """What came within a second, silence too."""
        found: Heard = next(self._line)
        return found

    def begin(self) -> Ear:
        """Wait until the line stands."""
        while self.heard().position is None:
            pass
        return self

    def changes(self, number: int) -> list[ToldChange]:
        """The next so many changes."""
        found: list[ToldChange] = []
        while len(found) < number:
            found += self.heard().changes
        assert len(found) == number
        return found


@pytest.fixture
def ear(listening: Made) -> Iterator[Ear]:
    with Ear(listening()) as opened:
        yield opened


def told(changes: list[ToldChange]) -> list[tuple[str, str]]:
    return [(one.kind.partition(".")[2], one.records[0]) for one in changes]


# --- hearing ----------------------------------------------------------------------------------------------------------


def test_whoever_listens_for_the_first_time_has_missed_everything_so_far(ear: Ear, api: Api) -> None:
    api.create("Account", Name="Before")
    first = ear.heard()
    assert (first.is_gap, first.position, list(first.changes)) == (True, None, [])
    ear.begin()
    made = api.create("Account", Name="After")
    assert told(ear.changes(1)) == [("CREATE", made)]


def test_a_person_changing_creating_and_deleting_is_heard_in_order(ear: Ear, api: Api) -> None:
    ear.begin()
    made = api.create("Account", Name="Alfa")
    api.update("Account", made, Phone="2")
    api.call("DELETE", f"sobjects/Account/{made}")
    changes = ear.changes(3)
    assert told(changes) == [("CREATE", made), ("UPDATE", made), ("DELETE", made)]
    assert [one.gone for one in changes] == [None, None, "deleted"]
    assert changes[1].fields == frozenset({"Phone"})
    assert len({one.id for one in changes}) == 3


def test_a_deleted_record_that_was_merged_says_into_which(ear: Ear, api: Api) -> None:
    kept, lost, gone = (api.create("Account", Name=name) for name in ("Alfa", "Alpha", "Zulu"))
    ear.begin()
    api.app.edit({"object": "Account", "id": lost, "action": "merge", "into": kept})
    api.app.edit({"object": "Account", "id": gone, "action": "delete"})
    deleted = [one for one in ear.changes(3) if one.gone]
    assert [(list(one.records), dict(one.merged)) for one in deleted] == [([lost], {lost: kept}), ([gone], {})]


def test_what_the_connector_itself_writes_is_heard_as_ours(listening: Made, api: Api) -> None:
    link, made = listening(), api.create("Account", Name="Alfa")
    with Ear(link) as ear:
        ear.begin()
        link.connector.write("Account", "update", [WriteRow({"Phone": "1"}, made)])
        api.update("Account", made, Phone="2")
        changes = ear.changes(2)
    assert [(one.is_ours, sorted(one.fields or ())) for one in changes] == [(True, ["Phone"]), (False, ["Phone"])]


def test_gaps_and_overflows_are_heard_as_what_is_to_be_read(ear: Ear, api: Api, events: RunningPubSub) -> None:
    ear.begin()
    events.bus.tells_gaps = True
    made = api.create("Account", Name="Alfa")
    (gap,) = ear.changes(1)
    assert (gap.kind, list(gap.records)) == ("Account.GAP_CREATE", [made])
    events.bus.tells_gaps, events.bus.most_changes = False, 0
    api.create("Contact", LastName="Lee")
    (overflow,) = ear.changes(1)
    assert (overflow.stream, list(overflow.records)) == ("Contact", [])


def test_one_channel_of_the_firms_own_choice(listening: Made, api: Api) -> None:
    with Ear(listening(event_channel="ContactChangeEvent")) as ear:
        ear.begin()
        api.create("Account", Name="Alfa")
        made = api.create("Contact", LastName="Lee")
        assert told(ear.changes(1)) == [("CREATE", made)]


def test_more_than_a_hundred_events_flow_as_they_are_taken(ear: Ear, api: Api) -> None:
    ear.begin()
    made = [api.create("Account", Name=f"Firm {number}") for number in range(130)]
    assert [one.records[0] for one in ear.changes(130)] == made


def test_who_takes_nothing_is_sent_no_more_than_a_hundred(listening: Made, api: Api, events: RunningPubSub) -> None:
    with Ear(listening()) as ear:
        ear.begin()
        for start in (0, 200):
            records = [{"attributes": {"type": "Account"}, "Name": f"Firm {start + one}"} for one in range(200)]
            api.call("POST", "composite/sobjects", {"records": records})
        while events.sent < 100:
            events.pause()
        assert events.sent == 100
        taken = len(ear.heard().changes) + len(ear.heard().changes)
        for _ in range(10):
            events.pause()
        assert (events.sent, taken > 50) == (100, True)  # what was taken last may not be kept yet
        assert len(ear.changes(400 - taken)) == 400 - taken


# --- going on ---------------------------------------------------------------------------------------------------------


def test_nothing_is_lost_between_two_listenings(listening: Made, api: Api) -> None:
    with Ear(listening()) as first:
        first.begin()
        api.create("Account", Name="One")
        first.changes(1)
    made = api.create("Account", Name="Two")
    with Ear(listening(), first.place) as second:
        assert told(second.changes(1)) == [("CREATE", made)]


def test_what_was_heard_and_not_kept_is_heard_again_under_the_same_id(listening: Made, api: Api) -> None:
    with Ear(listening()) as first:
        place = first.begin().place
        api.create("Account", Name="One")
        before = first.changes(1)
    with Ear(listening(), place) as second:
        assert second.changes(1) == before


def test_a_line_that_is_cut_can_be_taken_up_again(listening: Made, api: Api, events: RunningPubSub) -> None:
    with Ear(listening()) as first:
        first.begin()
        events.cut()
        with pytest.raises(RetryLater, match="cut"):
            [first.heard() for _ in range(20)]
    made = api.create("Account", Name="Meanwhile")
    with Ear(listening(), first.place) as second:
        assert told(second.changes(1)) == [("CREATE", made)]


def test_an_event_told_twice_has_the_same_id_twice(ear: Ear, api: Api, events: RunningPubSub) -> None:
    ear.begin()
    api.create("Account", Name="Alfa")
    (first,) = ear.changes(1)
    events.tell_again(1)
    assert ear.changes(1) == [first]


def test_a_place_that_is_kept_no_more_is_a_gap_and_listening_goes_on(listening: Made, api: Api) -> None:
    with Ear(listening()) as first:
        place = first.begin().place
    api.create("Account", Name="Missed")
    api.app.clock.advance(timedelta(hours=73))
    with Ear(listening(), place) as second:
        assert second.heard().is_gap
        second.begin()
        made = api.create("Account", Name="Heard")
        assert told(second.changes(1)) == [("CREATE", made)]


def test_a_place_of_another_instance_is_a_gap_too(listening: Made, events: RunningPubSub) -> None:
    with Ear(listening()) as first:
        place = first.begin().place
    events.bus.forget()
    with Ear(listening(), place) as second:
        assert second.heard().is_gap
        assert second.heard().position != place


def test_a_session_that_ends_is_renewed_and_nothing_is_lost(listening: Made, api: Api) -> None:
    link = listening(auth=FLOWS["client_credentials"])
    with Ear(link) as ear:
        ear.begin()
        before = link.connector.context.grants.current()
        for name in ("One", "Two", "Three"):
            api.app.site.sessions.expire_issued()
            made = api.create("Account", Name=name)
            assert told(ear.changes(1)) == [("CREATE", made)]
        assert link.connector.context.grants.current() != before


def test_a_session_that_ends_before_there_is_a_place_leaves_a_gap(
    listening: Made, api: Api, events: RunningPubSub
) -> None:
    events.manners.sign_of_life = 1000
    with Ear(listening(auth=FLOWS["client_credentials"])) as ear:
        assert ear.heard().is_gap
        assert ear.pulse().is_silence
        api.app.site.sessions.expire_issued()
        assert ear.heard().is_gap
        events.manners.sign_of_life = 0.1
        assert ear.heard().position is not None


def test_a_session_that_nobody_can_renew_is_for_a_person_to_mend(ear: Ear, api: Api) -> None:
    ear.begin()
    api.app.site.sessions.expire_all()
    with pytest.raises(AuthError) as caught:
        [ear.heard() for _ in range(20)]
    assert "inlay connect crm" in caught.value.remedy
    assert TOKEN not in str(caught.value)


def test_a_fresh_session_that_is_refused_too_is_not_renewed_without_end(listening: Made, events: RunningPubSub) -> None:
    link = listening(auth=FLOWS["client_credentials"])
    events.refuse(1000, "UNAUTHENTICATED", "service.auth.error")
    with Ear(link) as ear, pytest.raises(AuthError):
        [ear.heard() for _ in range(20)]
    assert events.manners.refusals == 998


def test_a_line_that_gives_no_sign_of_life_is_given_up(listening: Made, events: RunningPubSub) -> None:
    link = listening()
    with Ear(link) as ear:
        ear.begin()
        events.manners.sign_of_life = 1000
        link.clock.sleep(SILENT_SECONDS + 1)
        with pytest.raises(RetryLater, match="silent"):
            [ear.heard() for _ in range(3)]


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "kind", "minutes"),
    [
        ("RESOURCE_EXHAUSTED", "subscription.limit.exceeded", RetryLater, 60),
        ("RESOURCE_EXHAUSTED", "concurrent.client.limit.exceeded", RetryLater, 5),
        ("UNAVAILABLE", "service.protection.triggered", RetryLater, 1),
        ("UNAVAILABLE", "service.unavailable", RetryLater, None),
        ("INTERNAL", "subscription.internal.error", RetryLater, None),
        ("FAILED_PRECONDITION", "something.new", RetryLater, None),
        ("NOT_FOUND", "topic.not.found", ConfigError, None),
        ("PERMISSION_DENIED", "subscription.topic.cannot.subscribe", ConfigError, None),
        ("PERMISSION_DENIED", "service.tenant.license", ConfigError, None),
        ("INVALID_ARGUMENT", "subscription.fetch.replayid.corrupted", RetryLater, None),
    ],
)
def test_every_documented_refusal_says_who_can_do_something_about_it(
    ear: Ear, events: RunningPubSub, status: str, code: str, kind: type[Any], minutes: int | None
) -> None:
    events.refuse(9, status, code)
    with pytest.raises(kind) as caught:
        [ear.heard() for _ in range(20)]
    error = caught.value
    assert (error.facts["code"], error.facts["rpc_id"]) == (code, "inlay-sandbox-rpc")
    assert error.where == "crm: /data/ChangeEvents"
    if kind is RetryLater:
        assert error.retry_at == (AS_OF + timedelta(minutes=minutes) if minutes else None)
    else:
        assert error.remedy


def test_nobody_there_is_an_outage(listening: Made) -> None:
    with Ear(listening(events_url="http://127.0.0.1:9")) as ear, pytest.raises(RetryLater, match="UNAVAILABLE"):
        [ear.heard() for _ in range(20)]


# --- set up -----------------------------------------------------------------------------------------------------------


def test_a_connection_listens_only_where_it_is_told_to(listening: Made) -> None:
    assert listening().connector.is_listening
    assert not listening(change_events=False).connector.is_listening


def test_a_check_finds_a_channel_that_is_none(listening: Made) -> None:
    assert listening().connector.check() == []
    (finding,) = listening(event_channel="Inlay__chn").connector.check()
    assert (finding.code, finding.severity) == ("no_events", "error")
    assert "Change Data Capture" in finding.remedy
    assert listening(change_events=False, event_channel="Inlay__chn").connector.check() == []


def test_a_missing_library_is_told_with_the_extra_that_brings_it(
    listening: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "connectors.salesforce.pubsub.listener")
    monkeypatch.setitem(sys.modules, "grpc", None)
    (finding,) = listening().connector.check()
    assert "grpc" in finding.message
    assert "`pubsub`" in finding.remedy


@pytest.mark.parametrize("address", ["http://api.example", "ftp://x", "http://127.0.0.1.example:7443", "api:7443"])
def test_an_address_without_encryption_is_taken_on_this_machine_only(listening: Made, address: str) -> None:
    with pytest.raises(ValueError, match="events_url"):
        listening(events_url=address)
