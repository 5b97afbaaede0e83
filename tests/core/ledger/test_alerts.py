"""Admins hear of a failing connection once when it begins and once when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.clock import iso
from core.connector import Finding
from core.ledger.alerts import ALERTS, alerts
from core.store import findings
from tests.core.ledger.post import PostOffice, settle_in
from tests.core.ledger.world import World


@pytest.fixture
def office(world: World) -> PostOffice:
    return settle_in(world)[1]


def fail(world: World, code: str = "stream_failed", place: str = "crm/Account") -> None:
    finding = Finding(code, "error", "the vendor answers with 503", place, "wait, or look at its status page")
    with world.store.begin() as conn:
        findings.report(conn, [finding], iso(world.clock.now()))


def heal(world: World, code: str = "stream_failed", place: str = "crm/Account") -> None:
    with world.store.begin() as conn:
        findings.settle(conn, code, place)


def tick(world: World) -> None:
    """One round of the job."""
    with world.store.read() as conn:
        world.proposals = {ALERTS: alerts(conn, world.clock.now())}
    world.plan()
    world.apply()
    world.clock.sleep(900)


def test_a_failure_is_told_once_however_often_it_is_found(world: World, office: PostOffice) -> None:
    for _ in range(4):
        fail(world)
        tick(world)
    [told] = office.left
    assert (told["to"], told["subject"]) == ("admin@firm.example", "Inlay: crm/Account cannot be read")
    assert told["text"].splitlines()[0] == "the vendor answers with 503"
    assert told["text"].splitlines()[-1] == "What to do: wait, or look at its status page"


def test_its_end_is_told_once_too(world: World, office: PostOffice) -> None:
    fail(world)
    tick(world)
    heal(world)
    for _ in range(3):
        tick(world)
    assert [one["subject"] for one in office.left][1:] == ["Inlay: crm/Account works again"]


def test_what_fails_again_is_told_again(world: World, office: PostOffice) -> None:
    for _ in range(2):
        fail(world)
        tick(world)
        heal(world)
        tick(world)
    assert len(office.left) == 4


def test_what_is_over_before_it_was_told_is_not_told(world: World, office: PostOffice) -> None:
    fail(world)
    heal(world)
    tick(world)
    assert office.left == []


def test_alerts_come_at_night_and_other_findings_do_not_come_at_all(world: World, office: PostOffice) -> None:
    world.clock.sleep(timedelta(hours=14).total_seconds())
    fail(world, "job_failed", "think")
    fail(world, "unknown_field", "crm/Account/X")
    tick(world)
    assert [one["subject"] for one in office.left] == ["Inlay: think a job fails"]


def test_many_failures_fill_one_day_and_no_more(world: World, office: PostOffice) -> None:
    for number in range(20):
        fail(world, place=f"crm/Stream{number}")
    tick(world)
    tick(world)
    assert len(office.left) == 4
    assert sum(len(one["text"].splitlines()) for one in office.left if one["holds"]) == 17


def test_each_admin_is_told(world: World, office: PostOffice) -> None:
    rules = replace(world.rules.messages, admins=("a@firm.example", "b@firm.example"))
    world.rules = replace(world.rules, messages=rules)
    fail(world)
    tick(world)
    tick(world)
    assert sorted(one["to"] for one in office.left) == ["a@firm.example", "b@firm.example"]
