from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from connectors.sandbox.faults import Deed, Fault, FaultPlan, storm


def weather(seed: int, requests: int, salt: str = "", until: int | None = None) -> list[str | None]:
    """What happens to so many batch writes."""
    plan = FaultPlan()
    plan.add(*storm(seed, salt, until=until))
    struck = [plan.strike("POST", "/crm/v3/objects/companies/batch/update") for _ in range(requests)]
    return [None if fault is None else fault.do for fault in struck]


def test_the_same_seed_makes_the_same_storm() -> None:
    assert weather(7, 400) == weather(7, 400)
    assert storm(7, "hubspot") == storm(7, "hubspot")


@pytest.mark.parametrize(("other", "salt"), [(8, ""), (7, "stripe")])
def test_another_seed_or_vendor_has_another_weather(other: int, salt: str) -> None:
    assert weather(7, 400) != weather(other, 400, salt)


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_of_fault_comes_within_a_thousand_requests(seed: int) -> None:
    assert set(weather(seed, 1_000)) == {None, *get_args(Deed)}


@pytest.mark.parametrize("seed", range(20))
def test_most_requests_go_well_and_no_spell_outlasts_a_patient_client(seed: int) -> None:
    seen = weather(seed, 2_000)
    assert 0.5 < Counter(seen)[None] / len(seen) < 0.85, "batch writes meet two kinds more than other calls"
    spells = "".join("." if each is None else "x" for each in seen).split(".")
    assert max(map(len, spells)) < 12


@pytest.mark.parametrize("seed", range(5))
def test_reads_never_lose_a_row_that_nobody_could_miss(seed: int) -> None:
    plan = FaultPlan()
    plan.add(*storm(seed))
    seen = {fault.do for _ in range(2_000) if (fault := plan.strike("GET", "/crm/v3/objects/companies"))}
    assert not seen & {"lose", "shuffle"}


def test_after_the_storm_all_is_calm() -> None:
    seen = weather(3, 500, until=200)
    assert any(seen[:200])
    assert not any(seen[200:])


def test_a_busy_answer_tells_how_long_to_wait_or_does_not() -> None:
    told = [fault.headers.get("Retry-After") for fault in storm(1) if fault.status == 429]
    assert sorted(map(bool, told)) == [False, True]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("cut", nth=2, every=3), [2, 5, 8]),
        (Fault("cut", nth=2, times=2, every=4), [2, 3, 6, 7]),
        (Fault("cut", nth=1, every=2, until=4), [1, 3]),
        (Fault("cut", times=None, until=3), [1, 2, 3]),
        (Fault("cut", nth=4, until=3), []),
    ],
)
def test_a_fault_may_come_again_and_end(fault: Fault, expected: list[int]) -> None:
    plan = FaultPlan()
    plan.add(fault)
    assert [number for number in range(1, 9) if plan.strike("GET", "/a")] == expected


@pytest.mark.parametrize("wrong", [{"every": 0}, {"until": 0}, {"piece": 0}, {"times": None, "every": 3}])
def test_impossible_rhythms_are_refused(wrong: dict[str, int | None]) -> None:
    with pytest.raises(ValueError, match=r"count from 1|comes? again"):
        Fault("cut", **wrong)  # type: ignore[arg-type]  # what JSON may bring
