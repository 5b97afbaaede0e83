"""Which records are joined, which are left apart, and what the merged view says."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from core.clock import FixedClock, iso
from core.connector import Tombstone
from core.identity import JoinReport, JoinRules, join_clients
from core.store import Store
from core.store.crosswalk import explain_link, members, resolve
from core.store.findings import read_findings
from core.store.golden import lookup, read_golden, read_provenance
from core.store.runs import read_runs
from core.sync import ConnectionSetup, sync_connection
from tests.core.sync.feed import CrashingStore, Feed, KilledError, commits, content, opened, setup_of

A, B, C = "crm/Account/a", "billing/Account/b", "mail/Account/c"


class World:
    """Three systems, read and joined."""

    def __init__(self, store: Store, clock: FixedClock) -> None:
        self.store, self.clock = store, clock
        self.crm, self.billing, self.mail = (Feed(name) for name in ("crm", "billing", "mail"))
        self.order = [self.crm, self.billing, self.mail]

    @property
    def setups(self) -> list[ConnectionSetup]:
        return [setup_of(feed) for feed in self.order]

    def sync(self) -> None:
        for feed, setup in zip(self.order, self.setups, strict=True):
            filled = [name for name, records in feed.records.items() if records or name in feed.tombstones]
            if filled:
                assert sync_connection(self.store, setup, self.clock, streams=filled).errors == []

    def join(self, rules: JoinRules | None = None) -> JoinReport:
        return join_clients(self.store, self.setups, self.clock, rules or JoinRules())

    def run(self) -> JoinReport:
        self.sync()
        return self.join()

    def golden(self, kind: str = "client") -> dict[str, dict[str, Any]]:
        with self.store.read() as conn:
            return {row.id: orjson.loads(row.data) for row in read_golden(conn, kind)}

    def home(self, source_id: str, kind: str = "client") -> str:
        with self.store.read() as conn:
            return resolve(conn, kind, [source_id])[source_id]

    def why(self, source_id: str, kind: str = "client") -> tuple[str, str | None] | None:
        with self.store.read() as conn:
            return explain_link(conn, kind, source_id)

    def doubts(self) -> dict[str, str]:
        with self.store.read() as conn:
            return {one.place: one.message for one in read_findings(conn) if one.code == "ambiguous_match"}


@pytest.fixture
def world(store: Store, clock: FixedClock) -> World:
    return World(store, clock)


# --- what joins -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ({"crm_id": None}, {"crm_id": "a"}, "id"),
        ({"billing_id": "b"}, {"crm_id": None}, "id"),
        ({"vat": "GB 123 4567 89"}, {"vat": "gb123456789"}, "vat_number"),
        ({"site": "www.acme.example"}, {"site": "https://acme.example/contact"}, "domain"),
        ({"site": "acme.example"}, {"mail": "office@acme.example"}, "domain"),
        ({"mail": "Office@Acme.example"}, {"mail": "office@acme.example"}, "email"),
    ],
)
def test_strong_keys_join(world: World, one: dict[str, Any], other: dict[str, Any], rule: str) -> None:
    world.crm.put("Account", "a", name="Acme", **one)
    world.billing.put("Account", "b", name="ACME Billing", **other)
    report = world.run()
    assert (report.linked, report.doubts, world.doubts()) == (2, 0, {})
    assert world.home(B) == A
    found = world.why(B)
    assert found is not None
    assert found[0] == rule
    assert found[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"site": "acme.example"}, {"site": "acme-two.example"}),
        ({"mail": "jo@gmail.com"}, {"mail": "jo@gmail.com"}),
        ({"mail": "jo@gmail.com"}, {"mail": "al@gmail.com"}),
        ({"vat": "000000000"}, {"vat": "000000000"}),
        ({"vat": "n/a"}, {"vat": "n/a"}),
        ({"site": "facebook.com"}, {"site": "facebook.com"}),
    ],
)
def test_same_name_and_weak_values_never_join(world: World, one: dict[str, Any], other: dict[str, Any]) -> None:
    world.crm.put("Account", "a", name="Acme Ltd", **one)
    world.billing.put("Account", "b", name="Acme Ltd", **other)
    assert world.run().linked == 0
    assert len(world.golden()) == 2


def test_reason_is_told_with_its_support(world: World) -> None:
    world.crm.put("Account", "a", name="Acme Ltd", site="acme.example")
    world.billing.put("Account", "b", name="ACME limited.", site="acme.example")
    world.run()
    assert world.why(B) == ("domain", f"same domain acme.example as {B}; the names agree")


def test_three_systems_become_one(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", site="acme.example", vat="GB123456789")
    world.billing.put("Account", "b", name="Acme", vat="GB123456789")
    world.mail.put("Account", "c", name="Acme", site="acme.example")
    report = world.run()
    assert (report.types["client"].groups, report.linked) == (1, 3)
    with world.store.read() as conn:
        assert members(conn, "client", [A]) == {A: [A, B, C]}
    assert list(world.golden()) == [A]


def test_contacts_and_users_join_by_address(world: World) -> None:
    world.crm.put("Person", "p", name="Lovelace", mail="ada@gmail.com")
    world.billing.put("Person", "q", name="Lovelace", mail="ADA@gmail.com")
    world.crm.put("User", "u", name="Joe", mail="joe@firm.example")
    world.billing.put("User", "v", name="Joe", mail="joe@firm.example")
    world.run()
    assert world.home("billing/Person/q", "contact") == "crm/Person/p"
    assert world.home("billing/User/v", "user") == "crm/User/u"


def test_two_billing_customers_of_one_client(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", site="acme.example")
    world.billing.put("Account", "b", name="Acme one", crm_id="a")
    world.billing.put("Account", "b2", name="Acme two", crm_id="a")
    assert world.run().linked == 3
    assert world.home("billing/Account/b2") == A


def test_salesforce_id_copied_from_a_report_is_recognised(world: World) -> None:
    world.crm.kind = "salesforce"  # type: ignore[misc]  # plays that vendor
    world.crm.put("Account", "0015g00000AbCdEAAV", name="Acme")
    world.billing.put("Account", "b", name="Acme", sf_id="0015g00000AbCdE")
    world.run()
    assert world.home(B) == "crm/Account/0015g00000AbCdEAAV"


# --- what is left apart -----------------------------------------------------------------------------------------------


def test_shared_domain_within_one_system_is_ambiguous(world: World) -> None:
    world.crm.put("Account", "a", name="Acme North", site="acme.example")
    world.crm.put("Account", "a2", name="Acme South", site="acme.example")
    world.billing.put("Account", "b", name="Acme", site="acme.example")
    report = world.run()
    assert (report.linked, report.doubts) == (0, 1)
    [(place, message)] = world.doubts().items()
    assert B in place
    assert "several records of `crm`" in message


def test_twins_of_one_system_alone_are_no_matter_of_joining(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", site="acme.example")
    world.crm.put("Account", "a2", name="Acme", site="acme.example")
    assert (world.run().doubts, world.doubts()) == (0, {})


def test_a_stronger_key_settles_what_a_weaker_leaves_open(world: World) -> None:
    world.crm.put("Account", "a", name="Acme North", site="acme.example", vat="GB123456789")
    world.crm.put("Account", "a2", name="Acme South", site="acme.example")
    world.billing.put("Account", "b", name="Acme", site="acme.example", vat="GB123456789")
    world.run()
    assert (world.home(B), world.home("crm/Account/a2")) == (A, "crm/Account/a2")


def test_same_domain_with_different_tax_numbers_is_left_apart(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", site="acme.example", vat="GB123456789")
    world.billing.put("Account", "b", name="Acme", site="acme.example", vat="GB987654321")
    assert world.run().linked == 0
    [message] = world.doubts().values()
    assert "VAT numbers differ" in message


def test_two_clients_never_become_one_through_a_billing_customer(world: World) -> None:
    world.crm.put("Account", "a", name="Mother", billing_id="b")
    world.crm.put("Account", "a2", name="Daughter", billing_id="b")
    world.billing.put("Account", "b", name="Group billing")
    world.run()
    assert (world.home(B), world.home("crm/Account/a2")) == (A, "crm/Account/a2")
    assert len(world.doubts()) == 1


def test_doubt_that_is_cleared_up_goes(world: World) -> None:
    test_same_domain_with_different_tax_numbers_is_left_apart(world)
    world.billing.put("Account", "b", minute=9, name="Acme", site="acme.example", vat="GB123456789")
    world.run()
    assert (world.home(B), world.doubts()) == (A, {})


def test_address_of_a_person_is_not_repeated_in_doubts(world: World) -> None:
    world.crm.put("Person", "p", name="Ada", mail="ada@acme.example")
    world.crm.put("Person", "p2", name="Ada", mail="ada@acme.example")
    world.billing.put("Person", "q", name="Ada", mail="ada@acme.example")
    world.run()
    [(place, message)] = world.doubts().items()
    assert "ada@" not in place + message


# --- the golden id ----------------------------------------------------------------------------------------------------


def test_first_connection_of_the_configuration_is_the_anchor(world: World) -> None:
    world.order = [world.billing, world.crm]
    world.crm.put("Account", "a", name="Acme", site="acme.example")
    world.billing.put("Account", "b", name="Acme", site="acme.example")
    world.run()
    assert world.home(A) == world.home(B) == B


def test_golden_id_stays_when_an_earlier_system_joins(world: World) -> None:
    world.billing.put("Account", "b", name="Acme", site="acme.example")
    world.mail.put("Account", "c", name="Acme", site="acme.example")
    world.run()
    assert world.home(C) == B
    world.crm.put("Account", "a", name="Acme", site="acme.example")
    world.run()
    assert world.home(A) == world.home(B) == world.home(C) == B


def test_records_that_part_stand_alone_again(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", site="acme.example")
    world.billing.put("Account", "b", name="Acme billing", site="acme.example")
    world.run()
    world.billing.put("Account", "b", minute=5, name="Other", site="other.example")
    world.run()
    assert (world.home(A), world.home(B), world.why(B)) == (A, B, ("own", None))
    assert {key: data["name"] for key, data in world.golden().items()} == {A: "Acme", B: "Other"}


def test_deleted_anchor_hands_over_to_who_lives(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", site="acme.example")
    world.billing.put("Account", "b", name="Acme billing", site="acme.example")
    world.run()
    world.crm.drop("Account", "a")
    world.crm.tombstones["Account"] = [Tombstone("a", "deleted")]
    world.run()
    assert world.home(A) == world.home(B) == B
    assert world.golden()[B]["name"] == "Acme billing"


def test_deleted_member_leaves_the_golden_record_to_the_others(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", site="acme.example")
    world.billing.put("Account", "b", name="Acme", site="acme.example", people=12)
    world.run()
    assert world.golden()[A]["number_of_employees"] == 12
    world.billing.drop("Account", "b")
    world.billing.tombstones["Account"] = [Tombstone("b", "deleted")]
    world.run()
    assert world.home(B) == A
    assert "number_of_employees" not in world.golden()[A]


def test_all_gone_is_gone(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", site="acme.example")
    world.billing.put("Account", "b", name="Acme", site="acme.example")
    world.run()
    for feed, one in ((world.crm, "a"), (world.billing, "b")):
        feed.drop("Account", one)
        feed.tombstones["Account"] = [Tombstone(one, "deleted")]
    world.run()
    assert world.golden() == {}
    with world.store.read() as conn:
        assert lookup(conn, "client", [A])[A].gone == "deleted"


def test_vendor_merge_takes_the_other_systems_along(world: World) -> None:
    world.crm.put("Account", "a", name="Acme old")
    world.crm.put("Account", "a2", name="Acme")
    world.billing.put("Account", "b", name="Acme", crm_id="a")
    world.run()
    assert world.home(B) == A
    world.crm.drop("Account", "a")
    world.crm.tombstones["Account"] = [Tombstone("a", "merged", merged_into="a2")]
    world.run()
    assert {world.home(one) for one in (A, B, "crm/Account/a2")} == {"crm/Account/a2"}


def test_chain_of_merges_ends_at_the_last_survivor(world: World) -> None:
    for one in ("a", "a2", "a3"):
        world.crm.put("Account", one, name=one)
    world.run()
    for loser, winner in (("a", "a2"), ("a2", "a3")):
        world.crm.drop("Account", loser)
        world.crm.tombstones["Account"] = [Tombstone(loser, "merged", merged_into=winner)]
        world.run()
    assert world.home(A) == world.home("crm/Account/a2") == "crm/Account/a3"


# --- what the merged view says ----------------------------------------------------------------------------------------


@pytest.fixture
def pair(world: World) -> World:
    world.crm.put(
        "Account", "a", 1, name="Acme", type="Prospect", site="acme.example", mail="a@acme.example", tags=["vip"]
    )
    world.billing.put(
        "Account", "b", 9, name="Acme Holdings Limited", type="Customer", site="acme.example", mail="b@acme.example",
        tags=["tax", "vip"], people=40, x_terms="30 days",
    )  # fmt: skip
    world.run()
    return world


def test_first_system_speaks_first_and_others_fill_in(pair: World) -> None:
    merged = pair.golden()[A]
    assert (merged["name"], merged["status"], merged["number_of_employees"]) == ("Acme", "prospect", 40)


def test_lists_and_groups_are_united(pair: World) -> None:
    merged = pair.golden()[A]
    assert merged["tags"] == ["vip", "tax"]
    assert [(one["address"], one["is_primary"]) for one in merged["emails"]] == [
        ("a@acme.example", True),
        ("b@acme.example", False),
    ]
    assert merged["custom_fields"] == {"x_terms": "30 days"}


def test_provenance_names_the_source_of_each_field(pair: World) -> None:
    with pair.store.read() as conn:
        origin = read_provenance(conn, "client", A)
    first, second = "2026-06-01T00:01:00Z", "2026-06-01T00:09:00Z"
    assert origin["*"] == [A, first]
    assert origin["number_of_employees"] == [B, second]
    assert origin["tags"] == [A, first, B, second]
    assert "name" not in origin


def test_empty_field_takes_anothers_value(world: World) -> None:
    world.crm.put("Account", "a", name="Acme", type=None, people=None, site="acme.example")
    world.billing.put("Account", "b", name="Acme", type="Customer", people=None, site="acme.example")
    world.run()
    merged = world.golden()[A]
    assert merged["status"] == "active"
    assert merged["number_of_employees"] is None


@pytest.mark.parametrize(
    ("rule", "name", "status"),
    [("order", "Acme", "prospect"), ("newest", "Acme Holdings Limited", "active")],
)
def test_rule_per_field(pair: World, rule: Any, name: str, status: str) -> None:
    report = pair.join(JoinRules({"name": rule, "status": rule}))
    assert not report.skipped
    merged = pair.golden()[A]
    assert (merged["name"], merged["status"]) == (name, status)


def test_longest_text_may_win(pair: World) -> None:
    pair.join(JoinRules({"name": "longest"}))
    assert pair.golden()[A]["name"] == "Acme Holdings Limited"


def test_change_in_a_member_reaches_the_golden_record(pair: World) -> None:
    pair.clock.sleep(3600)
    pair.billing.put("Account", "b", 20, name="Acme", site="acme.example", people=50)
    pair.run()
    assert pair.golden()[A]["number_of_employees"] == 50
    with pair.store.read() as conn:
        assert lookup(conn, "client", [A])[A].changed_at == iso(pair.clock.now())


def test_member_has_no_golden_record_of_its_own(pair: World) -> None:
    pair.billing.put("Account", "b", 20, name="Acme", site="acme.example", people=50)
    pair.sync()
    assert list(pair.golden()) == [A]
    pair.join()
    assert list(pair.golden()) == [A]


# --- again and again --------------------------------------------------------------------------------------------------


def test_second_join_is_skipped_when_nothing_changed(pair: World) -> None:
    pair.clock.sleep(60)
    pair.join()
    pair.clock.sleep(60)
    pair.sync()
    report = pair.join()
    assert (report.skipped, report.run_id) == (True, None)


def test_second_join_over_the_same_records_writes_nothing(pair: World) -> None:
    before = content(pair.store)
    pair.clock.sleep(3600)
    pair.join(JoinRules(telling_nothing=frozenset()))
    assert content(pair.store) == before


def test_join_is_a_run_with_its_numbers(pair: World) -> None:
    with pair.store.read() as conn:
        [run] = read_runs(conn, kind="join")
    assert run.state == "done"
    assert run.facts["types"]["client"] == {"groups": 1, "linked": 2, "merged": 1, "doubts": 0}


def test_order_of_arrival_does_not_matter(store: Store, clock: FixedClock, tmp_path: Any) -> None:
    def filled(world: World, steps: list[int]) -> World:
        for step in steps:
            [world.crm, world.billing, world.mail][step].put(
                "Account", "abc"[step], name="Acme", site="acme.example", vat=["GB123456789", None, "GB123456789"][step]
            )
        return world

    here = filled(World(store, clock), [0, 1, 2])
    here.run()
    with opened(f"sqlite:///{tmp_path / 'other.db'}") as other:
        there = filled(World(other, clock), [2, 1, 0])
        there.run()
        assert there.golden() == here.golden()
        assert there.why(B) == here.why(B)


def test_killed_join_is_completed_by_the_next(sqlite_store: Store, clock: FixedClock, tmp_path: Any) -> None:
    def fill(world: World) -> World:
        for number in range(4):
            world.crm.put("Account", f"a{number}", name="Acme", site=f"acme{number}.example")
            world.billing.put("Account", f"b{number}", name="Acme", site=f"acme{number}.example", people=number)
        world.sync()
        return world

    calm = fill(World(sqlite_store, clock))
    counting, seen = commits(sqlite_store)
    join_clients(counting, calm.setups, clock)
    wanted = content(sqlite_store)
    for number in range(1, len(seen) + 1):
        with opened(f"sqlite:///{tmp_path / f'{number}.db'}") as store:
            world = fill(World(store, clock))
            with pytest.raises(KilledError):
                join_clients(CrashingStore(store, number, after=False), world.setups, clock)
            world.join()
            assert content(store) == wanted
