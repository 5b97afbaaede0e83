"""The org in memory: names, ids, and blocks that happen whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connectors.salesforce.sandbox import saving
from connectors.salesforce.sandbox.access import Access
from connectors.salesforce.sandbox.cursors import MOST_PER_USER, Cursors
from connectors.salesforce.sandbox.errors import Refusal, not_found, session_expired
from connectors.salesforce.sandbox.ids import make_id
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.quota import Quota
from connectors.salesforce.sandbox.rowfaults import RowFault, RowFaults
from connectors.salesforce.sandbox.sessions import Sessions
from connectors.salesforce.sandbox.soql.run import Answer
from connectors.salesforce.sandbox.table import Row
from connectors.sandbox.clock import SandboxClock
from tests.connectors.salesforce.orgs import AS_OF, open_org

USER = make_id("005", 1)


@pytest.fixture
def org() -> Org:
    """An org with its users."""
    return open_org().site.org


def names(org: Org) -> list[object]:
    """Return the names of all accounts."""
    return [row["Name"] for row in org.tables["Account"].live()]


def make(org: Org, name: str) -> str:
    """Create an account as a person does."""
    return saving.create(org, org.act(USER, sees_all=True), org.schema["Account"], {"Name": name})


class StopError(Exception):
    """Ends a block."""


@pytest.mark.parametrize("name", ["Account", "account", "ACCOUNT"])
def test_objects_are_found_in_any_letter_case(org: Org, name: str) -> None:
    assert org.sobject(name).name == "Account"


def test_an_unknown_object_is_none_or_refused(org: Org) -> None:
    assert org.find("Nope") is None
    with pytest.raises(Refusal) as caught:
        org.sobject("Nope")
    assert (caught.value.status, caught.value.code) == (404, "NOT_FOUND")


@pytest.mark.parametrize(("row_id", "name"), [("001x", "Account"), ("00Tx", "Task"), ("005x", "User"), ("zzzx", None)])
def test_the_prefix_tells_the_object(org: Org, row_id: str, name: str | None) -> None:
    assert org.object_of(row_id) == name


def test_a_row_is_found_by_its_id_alone(org: Org) -> None:
    row_id = make(org, "a")
    found = org.row(row_id)
    assert found is not None
    assert found["Name"] == "a"
    assert org.row(None) is None
    assert org.row(make_id("001", 99)) is None
    assert org.row("zzz") is None


def test_time_moves_with_every_act(org: Org) -> None:
    first, second = org.act(USER), org.act(USER)
    assert first.at < second.at
    assert first.at.endswith(".000+0000")


def test_a_block_that_ends_well_is_kept(org: Org) -> None:
    with org.all_or_nothing():
        make(org, "a")
        make(org, "b")
    assert names(org) == ["a", "b"]


def fail_after(org: Org, *deeds: Callable[[], object]) -> None:
    """Do something in a block that fails then."""
    with org.all_or_nothing():
        for deed in deeds:
            deed()
        raise StopError


def test_a_block_that_fails_is_taken_back(org: Org) -> None:
    kept = make(org, "kept")
    accounts = org.schema["Account"]
    with pytest.raises(StopError):
        fail_after(
            org,
            lambda: make(org, "a"),
            lambda: saving.update(org, org.act(USER), accounts, kept, {"Name": "changed"}),
            lambda: saving.delete(org, org.act(USER), accounts, kept),
        )
    assert names(org) == ["kept"]
    assert org.tables["Account"].delete_log == []


def test_an_inner_block_falls_alone(org: Org) -> None:
    with org.all_or_nothing():
        make(org, "outer")
        with pytest.raises(StopError):
            fail_after(org, lambda: make(org, "inner"))
        make(org, "after")
    assert names(org) == ["outer", "after"]


def test_an_outer_block_takes_the_inner_with_it(org: Org) -> None:
    def inner() -> None:
        with org.all_or_nothing():
            make(org, "inner")

    with pytest.raises(StopError):
        fail_after(org, inner)
    assert names(org) == []


def test_the_next_block_starts_clean(org: Org) -> None:
    make(org, "before")
    for _ in range(2):
        with pytest.raises(StopError):
            fail_after(org, lambda: make(org, "lost"))
    make(org, "after")
    assert names(org) == ["before", "after"]


def test_grants_are_looked_up_anew_after_a_block_is_taken_back(org: Org) -> None:
    field = org.schema["Account"].fields["VAT_Number__c"]
    stranger = saving.insert(
        org,
        Actor(USER, "2026-01-01T00:00:00.000+0000", sees_all=True),
        org.schema["PermissionSet"],
        {"Name": "x", "Label": "x"},
    )
    assert stranger.startswith("0PS")
    assert org.access.can_read(USER, "Account", field)
    org.access.withheld = {"Account.VAT_Number__c"}
    assert not org.access.can_read(USER, "Account", field)


def test_standard_fields_are_open_to_all(org: Org) -> None:
    field = org.schema["Account"].fields["Name"]
    access: Access = org.access
    assert access.can_read(USER, "Account", field)
    assert access.can_edit(USER, "Account", field)


# refusals


def test_a_refusal_is_told_in_two_shapes() -> None:
    refusal = Refusal("CODE", "words", ("Name",), extra={"more": 1})
    assert refusal.as_call_error() == {"message": "words", "errorCode": "CODE", "more": 1, "fields": ["Name"]}
    assert refusal.as_row_error() == {"statusCode": "CODE", "message": "words", "fields": ["Name"]}
    assert "fields" not in Refusal("CODE", "words").as_call_error()
    assert Refusal("CODE", "words").as_row_error()["fields"] == []


def test_the_two_commonest_refusals() -> None:
    assert (not_found().status, not_found().code) == (404, "NOT_FOUND")
    assert (session_expired().status, session_expired().code) == (401, "INVALID_SESSION_ID")


# row faults


@pytest.mark.parametrize(
    ("fault", "row", "struck"),
    [
        (RowFault("Account", "C", "m"), {}, True),
        (RowFault("Contact", "C", "m"), {}, False),
        (RowFault("Account", "C", "m", "Name", "x"), {"Name": "x"}, True),
        (RowFault("Account", "C", "m", "Name", "x"), {"Name": "y"}, False),
        (RowFault("Account", "C", "m", times=0), {}, False),
        (RowFault("Account", "C", "m", times=None), {}, True),
    ],
)
def test_which_rows_a_fault_strikes(fault: RowFault, row: dict[str, str], struck: bool) -> None:
    assert fault.strikes("Account", row) is struck


def test_a_fault_is_used_up(org: Org) -> None:
    faults = RowFaults()
    faults.add(RowFault("Account", "C", "m", times=2))
    for _ in range(2):
        with pytest.raises(Refusal):
            faults.check("Account", {})
    faults.check("Account", {})
    faults.add(RowFault("Account", "C", "m", times=None))
    faults.clear()
    faults.check("Account", {})
    assert org.row_faults is not faults


# quota, sessions, cursors


def test_a_quota_forgets_what_is_a_day_old() -> None:
    clock = SandboxClock(AS_OF)
    quota = Quota(clock, 3)
    for hours in (0, 1, 2):
        quota.spend()
        clock.advance(timedelta(hours=1))
        assert quota.used == hours + 1
    with pytest.raises(Refusal, match="REQUEST_LIMIT_EXCEEDED"):
        quota.spend()
    assert quota.header() == {"Sforce-Limit-Info": "api-usage=3/3"}
    clock.advance(timedelta(hours=21))
    assert quota.used == 2
    quota.spend()
    clock.advance(timedelta(days=2))
    assert quota.used == 0


def test_tokens_differ_and_end() -> None:
    clock = SandboxClock(AS_OF)
    sessions = Sessions(clock)
    sessions.lifetime = timedelta(minutes=15)
    first, second = sessions.issue("a"), sessions.issue("b")
    sessions.admit("fixed", "c")
    assert first != second
    assert [sessions.user_of(token) for token in (first, second, "fixed", "x")] == ["a", "b", "c", None]
    clock.advance(timedelta(minutes=15))
    assert [sessions.user_of(token) for token in (first, "fixed")] == [None, "c"]
    sessions.expire_all()
    assert sessions.user_of("fixed") is None


def test_a_cursor_is_kept_only_while_there_is_more() -> None:
    cursors = Cursors(SandboxClock(AS_OF))
    rows: list[Row] = [{"Id": str(number)} for number in range(5)]
    small = cursors.open("u", Answer(5, rows, dict, has_long_text=False), 5)
    with pytest.raises(Refusal):
        cursors.find("u", f"{small.id}-0")
    big = cursors.open("u", Answer(5, rows, dict, has_long_text=False), 4)
    assert cursors.find("u", f"{big.id}-4") == (big, 4)
    cursors.close(big)
    with pytest.raises(Refusal, match="INVALID_QUERY_LOCATOR"):
        cursors.find("u", f"{big.id}-4")


def test_each_user_has_so_many_cursors() -> None:
    cursors = Cursors(SandboxClock(AS_OF))
    answer = Answer(2, [{"Id": "a"}, {"Id": "b"}], dict, has_long_text=False)
    opened = [cursors.open("u", answer, 1) for _ in range(MOST_PER_USER + 2)]
    other = cursors.open("v", answer, 1)
    alive = []
    for cursor in (*opened, other):
        try:
            alive.append(cursors.find(cursor.user_id, f"{cursor.id}-1")[0])
        except Refusal:
            continue
    assert alive == [*opened[2:], other]
