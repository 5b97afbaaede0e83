"""From a function to a signal: its inputs are its parameters, and what is wrong with them is said at once."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import PluginError
from core.signals import Column, Context, Signal, signal
from core.signals.tables import Clients, Invoices


@signal("demo.count", unit="clients", version="3", digits=1)
def count(clients: Clients) -> Column:
    """How many."""
    return Column(np.ones(len(clients)))


def test_a_signal_is_what_its_decorator_says() -> None:
    assert isinstance(count, Signal)
    assert (count.name, count.unit, count.version, count.digits) == ("demo.count", "clients", "3", 1)
    assert (count.kind, count.subject, count.keep) == ("number", "client", "history")
    assert count.doc == "How many."


def test_a_signal_is_still_callable() -> None:
    assert count(Clients(["a", "b"], {})).values.tolist() == [1, 1]


def test_inputs_are_named_by_the_parameters() -> None:
    @signal("demo.mixed")
    def mixed(invoices: Invoices, payments_days_late: Column, context: Context, clients: Clients) -> Column:
        """All kinds of input."""
        raise NotImplementedError

    assert mixed.tables == ["invoices", "clients"]
    assert mixed.inputs == ["payments_days_late"]
    assert dict(mixed.needs) == {name: name for name in ("invoices", "payments_days_late", "context", "clients")}


def test_annotations_may_be_left_out() -> None:
    @signal("demo.bare")
    def bare(invoices, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  the point of the test
        """Bare."""

    assert bare.tables == ["invoices"]


def test_a_docstring_is_demanded() -> None:
    with pytest.raises(PluginError, match=r"signal `demo\.mute` has no docstring") as caught:

        @signal("demo.mute")
        def mute(clients: Clients) -> Column:
            return Column(np.ones(len(clients)))

    assert caught.value.facts == {"signal": "demo.mute"}


def test_a_table_under_the_wrong_name_is_told() -> None:
    with pytest.raises(PluginError, match="`bills` is annotated Invoices, but its name means a Column"):

        @signal("demo.bills")
        def bills(bills: Invoices) -> Column:
            """Wrongly named."""
            raise NotImplementedError


@pytest.mark.parametrize("annotation", ["Column", "Clients"])
def test_a_table_annotated_as_something_else_is_told(annotation: str) -> None:
    def wrong(invoices):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  annotated below
        """Wrong."""

    wrong.__annotations__["invoices"] = annotation
    with pytest.raises(PluginError, match=f"annotated {annotation}, but its name means a Invoices"):
        signal("demo.wrong")(wrong)


def test_a_context_annotated_as_a_column_is_told() -> None:
    with pytest.raises(PluginError, match="`context` is annotated Column"):

        @signal("demo.context")
        def misled(context: Column) -> Column:
            """Misled."""
            return context


def test_open_ended_parameters_are_refused() -> None:
    with pytest.raises(PluginError, match=r"takes \*inputs"):

        @signal("demo.open")
        def open_ended(*inputs: Column) -> Column:
            """Open."""
            return inputs[0]
