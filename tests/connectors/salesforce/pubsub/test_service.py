"""The simulated Pub/Sub API, as any client meets it: one made by hand from the vendor's published description."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import fastavro
import grpc
import pytest

from connectors.salesforce.sandbox import TOKEN
from connectors.salesforce.sandbox.pubsub.server import RunningPubSub
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.pubsub.by_hand import CUSTOM, EARLIEST, Client, Event, Subscription, names, refusal

ALL, ACCOUNTS = "/data/ChangeEvents", "/data/AccountChangeEvent"


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return refusal(caught.value)


def headers(client: Client, events: list[Event]) -> list[dict[str, Any]]:
    return [client.read(one)["ChangeEventHeader"] for one in events]


def listen(client: Client, topic: str = ALL, number: int = 100) -> Subscription:
    """Subscribe, and wait until the subscription stands: it gives a sign of life."""
    opened = client.subscribe(topic, number)
    assert opened.next().events == []
    return opened


# --- who may come in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("token", "org_id"), [("00D!else", ""), (TOKEN, "00D5g0000000009AAA")])
def test_a_call_without_a_good_session_is_refused(client: Client, token: str, org_id: str) -> None:
    with Client(client.url, org_id or client.org, token) as stranger:
        assert refused(lambda: stranger.topic(ALL)) == ("UNAUTHENTICATED", "service.auth.error")
        assert refused(lambda: stranger.schema("x")) == ("UNAUTHENTICATED", "service.auth.error")
        assert refused(stranger.subscribe(ALL, 1).next) == ("UNAUTHENTICATED", "service.auth.error")


@pytest.mark.parametrize("missing", ["token", "org", "instance"])
def test_each_of_the_three_headers_is_needed(client: Client, missing: str) -> None:
    told = {"org": client.org, "token": TOKEN, "instance": client.instance, missing: ""}
    with Client(client.url, told["org"], told["token"], told["instance"]) as nobody:
        assert refused(lambda: nobody.topic(ALL)) == ("UNAUTHENTICATED", "service.auth.headers.invalid")


def test_a_session_that_ends_ends_the_stream(client: Client, api: Api) -> None:
    opened = listen(client)
    api.app.site.sessions.expire_all()
    assert refused(lambda: [opened.next() for _ in range(100)]) == ("UNAUTHENTICATED", "service.auth.error")


def test_a_topic_tells_what_may_be_done_with_it(client: Client, org: str) -> None:
    told = client.topic(ACCOUNTS)
    assert (told[1], told[2], told[4]) == ([ACCOUNTS.encode()], [org.encode()], [1])
    assert 3 not in told  # nobody may publish changes


def test_a_topic_that_is_none_is_refused(client: Client) -> None:
    assert refused(lambda: client.topic("/data/NoSuchChangeEvent")) == ("NOT_FOUND", "topic.not.found")
    assert refused(client.subscribe("/data/ProfileChangeEvent", 1).next) == ("NOT_FOUND", "topic.not.found")
    assert refused(lambda: client.topic("")) == ("INVALID_ARGUMENT", "topic.validation.empty")


def test_a_schema_that_nobody_has_is_refused(client: Client) -> None:
    assert refused(lambda: client.schema("nonsense")) == ("NOT_FOUND", "schema.meta.permission")
    assert refused(lambda: client.schema("")) == ("INVALID_ARGUMENT", "schema.validation.failed")


# --- what is told -----------------------------------------------------------------------------------------------------


def test_every_kind_of_change_is_an_event(client: Client, api: Api) -> None:
    opened = listen(client, ACCOUNTS)
    made = api.create("Account", Name="Alfa", BillingCity="Leeds", AnnualRevenue=1200)
    api.update("Account", made, Name="Alfa Joinery")
    api.call("DELETE", f"sobjects/Account/{made}")
    api.app.edit({"object": "Account", "id": made, "action": "restore"})
    told = headers(client, opened.events(4))
    assert [one["changeType"] for one in told] == ["CREATE", "UPDATE", "DELETE", "UNDELETE"]
    assert {(one["entityName"], *one["recordIds"]) for one in told} == {("Account", made)}
    assert len({one["transactionKey"] for one in told}) == 4
    assert [one["commitNumber"] for one in told] == sorted(one["commitNumber"] for one in told)


def test_a_new_record_is_told_whole_and_compound_fields_hold_their_parts(client: Client, api: Api) -> None:
    opened = listen(client)
    api.create("Account", Name="Alfa", BillingCity="Leeds", AnnualRevenue=1200, NumberOfEmployees=7)
    api.create("Contact", LastName="Lee", FirstName="Ann", Birthdate="1980-02-03")
    account, contact = map(client.read, opened.events(2))
    assert (account["Name"], account["AnnualRevenue"], account["NumberOfEmployees"]) == ("Alfa", 1200.0, 7)
    assert account["BillingAddress"]["City"] == "Leeds"
    assert account["ShippingAddress"] is None
    assert {"Id", "IsDeleted", "SystemModstamp", "BillingCity"}.isdisjoint(account)
    assert account["CreatedDate"] == account["ChangeEventHeader"]["commitTimestamp"]
    assert contact["Name"] == {"FirstName": "Ann", "LastName": "Lee", "Salutation": None}
    assert contact["Birthdate"] == 318_384_000_000
    assert account["ChangeEventHeader"]["changedFields"] == []


def test_bitmaps_name_the_changed_fields_by_their_place_in_the_schema(client: Client, api: Api) -> None:
    made = api.create("Account", Name="Alfa", Phone="1", BillingCity="Leeds")
    opened = listen(client)
    api.update("Account", made, Name="Beta", Phone=None, BillingCity="York", BillingPostalCode="Y1")
    (event,) = opened.events(1)
    header, schema = client.read(event)["ChangeEventHeader"], client.schema(event.schema_id)
    order = list(names(schema))
    plain, nested = header["changedFields"]
    assert {order[bit] for bit in range(len(order)) if int(plain, 16) >> bit & 1} == {
        "Name", "Phone", "LastModifiedDate",
    }  # fmt: skip
    place, bits = nested.split("-")
    assert order[int(place)] == "BillingAddress"
    (address,) = [kind for kind in schema["fields"][int(place)]["type"] if kind != "null"]
    parts = list(names(address))
    assert {parts[bit] for bit in range(len(parts)) if int(bits, 16) >> bit & 1} == {"City", "PostalCode"}
    assert [order[bit] for bit in range(len(order)) if int(header["nulledFields"][0], 16) >> bit & 1] == ["Phone"]
    assert all(len(one.partition("0x")[2]) % 2 == 0 for one in header["changedFields"])


def test_who_made_a_change_is_told_by_the_name_its_call_gave(client: Client, api: Api) -> None:
    opened = listen(client, ACCOUNTS)
    api.raw("POST", "sobjects/Account", {"Name": "Named"}, {"Sforce-Call-Options": "client=inlay"})
    api.create("Account", Name="Nameless")
    api.app.edit({"object": "Account", "fields": {"Name": "In the browser"}})
    origins = [one["changeOrigin"] for one in headers(client, opened.events(3))]
    assert origins == ["com/salesforce/api/rest/64.0;client=inlay", "com/salesforce/api/rest/64.0", ""]


def test_all_rows_of_one_call_are_one_transaction(client: Client, api: Api) -> None:
    opened = listen(client, ACCOUNTS)
    records = [{"attributes": {"type": "Account"}, "Name": f"Firm {number}"} for number in range(3)]
    api.call("POST", "composite/sobjects", {"records": records})
    told = headers(client, opened.events(3))
    assert len({one["transactionKey"] for one in told}) == 1
    assert [one["sequenceNumber"] for one in told] == [1, 2, 3]


def test_what_was_taken_back_is_told_to_nobody(client: Client, api: Api) -> None:
    opened = listen(client, ACCOUNTS)
    records = [{"attributes": {"type": "Account"}, "Name": "Fine"}, {"attributes": {"type": "Account"}}]
    api.call("POST", "composite/sobjects", {"allOrNone": True, "records": records})
    api.create("Account", Name="After")
    assert client.read(opened.events(1)[0])["Name"] == "After"


def test_a_merge_deletes_the_losers_and_touches_the_winner(client: Client, api: Api) -> None:
    kept, lost = api.create("Account", Name="Alfa"), api.create("Account", Name="Alpha")
    opened = listen(client, ACCOUNTS)
    api.app.edit({"object": "Account", "id": lost, "action": "merge", "into": kept})
    told = {one["recordIds"][0]: one["changeType"] for one in headers(client, opened.events(2))}
    assert told == {kept: "UPDATE", lost: "DELETE"}


def test_a_changed_field_gives_events_another_schema_and_the_old_one_stays_readable(client: Client, api: Api) -> None:
    opened = listen(client, ACCOUNTS)
    made = api.create("Account", Name="Alfa")
    (before,) = opened.events(1)
    api.app.configure({"schema": [{"do": "rename", "field": "Account.Site", "name": "Tier__c"}]})
    api.app.edit({"object": "Account", "id": made, "fields": {"Tier__c": "gold"}})
    (after,) = opened.events(1)
    assert before.schema_id != after.schema_id
    assert client.read(after)["Tier__c"] == "gold"
    assert "Tier__c" not in client.read(before)


def test_every_schema_is_one_that_avro_takes(client: Client, api: Api, events: RunningPubSub) -> None:
    told = [name for name in api.app.site.org.schema if f"/data/{name}ChangeEvent" in events.bus.topics()]
    assert {"Account", "Contact", "Opportunity", "Contract", "Case", "Task", "Event", "User", "Lead"} <= set(told)
    for name in told:
        schema = client.schema(events.bus.shape(name).id)
        assert fastavro.parse_schema(schema)
        assert next(names(schema)) == "ChangeEventHeader"


def test_changes_made_behind_the_servers_are_told_as_gaps(client: Client, api: Api, events: RunningPubSub) -> None:
    opened = listen(client, ACCOUNTS)
    events.bus.tells_gaps = True
    made = api.create("Account", Name="Alfa")
    api.call("DELETE", f"sobjects/Account/{made}")
    told = [client.read(one) for one in opened.events(2)]
    assert [one["ChangeEventHeader"]["changeType"] for one in told] == ["GAP_CREATE", "GAP_DELETE"]
    assert told[0]["ChangeEventHeader"]["recordIds"] == [made]
    assert told[0]["Name"] is None


def test_a_transaction_of_too_many_changes_ends_in_one_overflow_per_object(
    client: Client, api: Api, events: RunningPubSub
) -> None:
    opened = listen(client, ACCOUNTS)
    events.bus.most_changes = 2
    records = [{"attributes": {"type": "Account"}, "Name": f"Firm {number}"} for number in range(5)]
    api.call("POST", "composite/sobjects", {"records": records})
    told = headers(client, opened.events(3))
    assert [one["changeType"] for one in told] == ["CREATE", "CREATE", "GAP_OVERFLOW"]
    assert told[2]["recordIds"] == ["000000000000000AAA"]


# --- flow -------------------------------------------------------------------------------------------------------------


def make(api: Api, number: int) -> list[str]:
    return [api.create("Account", Name=f"Firm {one}") for one in range(number)]


def test_no_more_is_sent_than_was_asked_for(client: Client, api: Api) -> None:
    opened = listen(client, ACCOUNTS, 2)
    made = make(api, 5)
    first = opened.events(2)
    assert opened.requests.empty()
    opened.ask(1)
    last = opened.next()
    assert [one["recordIds"][0] for one in headers(client, [*first, *last.events])] == made[:3]
    assert last.pending == 0


def test_what_is_asked_for_adds_up_to_a_hundred_and_no_further(client: Client, api: Api) -> None:
    opened = listen(client, ACCOUNTS, 80)
    opened.ask(70)
    pending = 0
    while pending < 80:  # until the second wish has arrived, which goes its own way
        make(api, 1)
        pending = opened.next().pending
    assert pending in (99, 100)


def test_asking_for_nothing_or_for_another_topic_ends_the_stream(client: Client) -> None:
    nothing = listen(client)
    nothing.ask(0)
    invalid = ("INVALID_ARGUMENT", "subscription.fetch.requested.events.invalid")
    assert refused(lambda: [nothing.next() for _ in range(50)]) == invalid
    other = listen(client)
    other.ask(1, ACCOUNTS)
    mismatch = ("INVALID_ARGUMENT", "subscription.fetch.topic.mismatch")
    assert refused(lambda: [other.next() for _ in range(50)]) == mismatch


def test_signs_of_life_move_the_place_on(client: Client) -> None:
    opened = listen(client)
    first, second = opened.next(), opened.next()
    assert (first.events, second.events) == ([], [])
    assert first.latest < second.latest
    assert second.pending == 100


def test_a_client_that_asks_for_no_more_is_hung_up_on(client: Client, api: Api, events: RunningPubSub) -> None:
    events.manners.patience = 0.1
    opened = listen(client, ACCOUNTS, 1)
    make(api, 1)
    opened.events(1)
    with pytest.raises(StopIteration):
        opened.next()


# --- going on ---------------------------------------------------------------------------------------------------------


def test_one_may_go_on_after_any_event_and_after_a_sign_of_life(client: Client, api: Api) -> None:
    place = listen(client).next().latest
    made = make(api, 3)
    all_of_them = client.subscribe(ACCOUNTS, 100, CUSTOM, place).events(3)
    rest = client.subscribe(ACCOUNTS, 100, CUSTOM, all_of_them[0].replay_id).events(2)
    assert [one["recordIds"][0] for one in headers(client, rest)] == made[1:]
    assert rest == all_of_them[1:]


def test_the_earliest_place_is_before_all_that_is_kept_for_three_days(client: Client, api: Api) -> None:
    make(api, 1)
    api.app.clock.advance(timedelta(hours=71))
    later = make(api, 1)
    assert len(client.subscribe(ACCOUNTS, 100, EARLIEST).events(2)) == 2
    api.app.clock.advance(timedelta(hours=2))
    (left,) = client.subscribe(ACCOUNTS, 100, EARLIEST).events(1)
    assert client.read(left)["ChangeEventHeader"]["recordIds"] == later


def test_a_place_that_is_too_old_or_none_of_ours_is_refused(client: Client, api: Api, events: RunningPubSub) -> None:
    corrupted = ("INVALID_ARGUMENT", "subscription.fetch.replayid.corrupted")
    place = listen(client).next().latest
    for wrong in (b"\0" * 10, b"nonsense", place[:-1], place + b"\0"):
        assert refused(client.subscribe(ALL, 1, CUSTOM, wrong).next) == corrupted
    assert refused(client.subscribe(ALL, 1, CUSTOM).next)[1] == "subscription.fetch.replayid.validation.failed"
    client.subscribe(ALL, 1, CUSTOM, place).next()
    api.app.clock.advance(timedelta(hours=73))
    assert refused(client.subscribe(ALL, 1, CUSTOM, place).next) == corrupted
    newer = listen(client).next().latest
    events.bus.forget()
    assert refused(client.subscribe(ALL, 1, CUSTOM, newer).next) == corrupted


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_streams_can_be_cut_refused_and_told_twice(client: Client, api: Api, events: RunningPubSub) -> None:
    opened = listen(client, ACCOUNTS)
    made = make(api, 2)
    opened.events(2)
    events.tell_again(1)
    assert [one["recordIds"][0] for one in headers(client, opened.events(1))] == made[1:]
    events.cut()
    assert refused(lambda: [opened.next() for _ in range(50)])[0] == "UNAVAILABLE"
    events.refuse(1, "RESOURCE_EXHAUSTED", "subscription.limit.exceeded")
    assert refused(client.subscribe(ALL, 1).next) == ("RESOURCE_EXHAUSTED", "subscription.limit.exceeded")
    listen(client)
