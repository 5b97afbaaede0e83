"""The order of signals, and what is said of those that have none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.signals import Column, Signal, arrange
from tests.core.signals.book import publisher

LAW = settings(max_examples=40, deadline=None)  # a slow machine breaks no law


def node(name: str, *needs: str, optional: tuple[str, ...] = ()) -> Signal:
    """A signal that needs others, by their names with underscores."""

    def compute(**inputs: Any) -> Column:
        return Column(np.zeros(len(inputs)))

    return Signal(name, compute, {need: need for need in (*needs, *optional)}, "A node.", optional=frozenset(optional))


def order(*signals: Signal) -> list[str]:
    return list(arrange([publisher(*signals)]).signals)


def test_a_signal_comes_after_its_inputs() -> None:
    assert order(node("c.top", "b_mid", "a_low"), node("b.mid", "a_low"), node("a.low")) == ["a.low", "b.mid", "c.top"]


def test_inputs_are_known_by_full_name_afterwards() -> None:
    arranged = arrange([publisher(node("b.mid", "a_low"), node("a.low"))])
    assert arranged.signals["b.mid"].inputs == ["a.low"]


def test_dots_and_underscores_are_told_apart_by_position() -> None:
    assert order(node("x.y_z"), node("w.v", "x_y_z")) == ["x.y_z", "w.v"]


def test_signals_of_several_plugins_meet() -> None:
    first, second = publisher(node("b.mid", "a_low"), plugin="second"), publisher(node("a.low"), plugin="first")
    assert [(p.plugin, p.signal.name) for p in arrange([first, second]).order] == [
        ("first", "a.low"),
        ("second", "b.mid"),
    ]


def test_tables_and_context_are_no_signals() -> None:
    assert order(node("a.low", "clients", "context")) == ["a.low"]


@pytest.mark.parametrize(
    ("signals", "loop"),
    [
        ([node("a.one", "a_one")], "a.one -> a.one"),
        ([node("a.one", "a_two"), node("a.two", "a_one")], "a.one -> a.two"),
        ([node("a.one", "a_three"), node("a.two", "a_one"), node("a.three", "a_two")], "a.three"),
    ],
)
def test_a_circle_is_named(signals: list[Signal], loop: str) -> None:
    with pytest.raises(ConfigError, match="circle") as caught:
        arrange([publisher(*signals)])
    assert loop in caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("payment_days_late", "payments_days_late"),
        ("invoice", "invoices"),
        ("contex", "context"),
        ("qqqqq", "a record table, a signal or `context`"),
    ],
)
def test_an_unknown_input_is_told_with_the_nearest_name(asked: str, near: str) -> None:
    arranged = arrange([publisher(node("payments.days_late"), node("a.b", asked), plugin="mine")])
    assert list(arranged.signals) == ["payments.days_late"]
    [fault] = arranged.faults
    assert f"parameter `{asked}`" in fault.what
    assert fault.where == "mine.a.b"
    assert near in fault.remedy
    assert fault.facts["plugin"] == "mine"


def test_an_optional_input_may_be_missing() -> None:
    arranged = arrange([publisher(node("a.b", optional=("c_d",)))])
    assert list(arranged.signals) == ["a.b"]
    assert not arranged.faults


def test_an_optional_input_that_is_there_comes_first() -> None:
    assert order(node("a.b", optional=("c_d",)), node("c.d")) == ["c.d", "a.b"]


def test_a_signal_whose_input_is_left_out_still_stands() -> None:
    arranged = arrange([publisher(node("b.bad", "nothing_here"), node("c.good", "b_bad"))])
    assert list(arranged.signals) == ["c.good"]
    assert len(arranged.faults) == 1


def test_a_name_published_twice_stays_with_the_first() -> None:
    mine, yours = node("a.b"), node("a.b")
    arranged = arrange([publisher(mine, plugin="first"), publisher(yours, plugin="second")])
    assert [p.plugin for p in arranged.order] == ["first"]
    [fault] = arranged.faults
    assert "second" in fault.what
    assert "first" in fault.what


@LAW
@given(st.permutations(["a.one", "b.two", "c.three", "d.four", "e.five"]))
def test_the_order_does_not_depend_on_who_came_first(names: list[str]) -> None:
    needs = {"a.one": [], "b.two": ["a_one"], "c.three": [], "d.four": ["b_two", "c_three"], "e.five": ["a_one"]}
    assert order(*(node(name, *needs[name]) for name in names)) == ["a.one", "c.three", "b.two", "e.five", "d.four"]
