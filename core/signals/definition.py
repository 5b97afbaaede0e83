"""What a signal is, and how a plain function becomes one.

The inputs of a signal are the parameters of its function: a record table by its name (``invoices``), another signal by
its name with underscores for dots (``payments_days_late``), and ``context``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from core.errors import PluginError
from core.signals.columns import Column, Kind
from core.signals.tables import TABLES

CONTEXT = "context"
Subject = Literal["client", "contract", "contact", "firm"]
Keep = Literal["history", "latest", "nothing"]
Compute = Callable[..., Column]


@dataclass(frozen=True)
class Signal:
    """A named value per subject: its type, unit and rule, and what it is computed from.

    ``needs`` says for each parameter of ``compute`` what to hand it: a table's name, ``context``, or a signal's name.
    Those among ``optional`` may be signals that nobody publishes: they are then unknown for every subject. Of these,
    ``wanted`` are named by an admin: that nobody publishes them is told as a fault, and the signal is computed anyway.
    ``keep`` says what the store keeps: all values with their time; only the latest, for what changes by itself every
    day, such as a count of days; or nothing, for steps on the way that only an explanation shows.
    ``across`` says that it compares clients with each other (a rank, a share), as every signal of the firm does: such
    a signal is computed from other signals alone, after those of all clients.
    """

    name: str
    compute: Compute
    needs: Mapping[str, str]
    doc: str
    unit: str = ""
    kind: Kind = "number"
    subject: Subject = "client"
    version: str = "1"
    digits: int = 2
    optional: frozenset[str] = frozenset()
    keep: Keep = "history"
    across: bool = False
    wanted: frozenset[str] = frozenset()

    def __call__(self, *inputs: Any, **named: Any) -> Column:
        """Compute it, as the function it was made of."""
        return self.compute(*inputs, **named)

    @property
    def tables(self) -> list[str]:
        """The record tables it reads."""
        return [need for need in self.needs.values() if need in TABLES]

    @property
    def compares(self) -> bool:
        """Whether its value for one subject depends on the other clients."""
        return self.across or self.subject == "firm"

    @property
    def inputs(self) -> list[str]:
        """The signals it is computed from."""
        return [need for need in self.needs.values() if need not in TABLES and need != CONTEXT]


def signal(
    name: str,
    *,
    unit: str = "",
    kind: Kind = "number",
    subject: Subject = "client",
    version: str = "1",
    digits: int = 2,
    keep: Keep = "history",
    across: bool = False,
) -> Callable[[Compute], Signal]:
    """Make a function a signal; its docstring is the explanation an admin reads.

    Raises ``PluginError`` when the function lacks a docstring or a parameter's name and annotation disagree.
    """

    def _define(function: Compute) -> Signal:
        doc = inspect.getdoc(function)
        if not doc:
            raise _fault(name, "has no docstring", "say in one sentence what it tells; admins read it")
        needs = {
            parameter.name: _need(name, parameter) for parameter in inspect.signature(function).parameters.values()
        }
        return Signal(
            name,
            function,
            MappingProxyType(needs),
            doc,
            unit,
            kind,
            subject,
            version,
            digits,
            keep=keep,
            across=across,
        )

    return _define


def same_parameter(signal_name: str) -> str:
    """The parameter name by which a function asks for a signal: ``payments.days_late`` -> ``payments_days_late``."""
    return signal_name.replace(".", "_")


def _need(signal_name: str, parameter: inspect.Parameter) -> str:
    """What a parameter asks for, after checking that its annotation says the same."""
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise _fault(signal_name, f"takes *{parameter.name}", "name each input as a parameter of its own")
    said = _annotation(parameter)
    meant = TABLES[parameter.name].__name__ if parameter.name in TABLES else "Column"
    meant = "Context" if parameter.name == CONTEXT else meant
    if said and said != meant:
        remedy = f"annotate it {meant}, or name a parameter of type {said} after what it is"
        raise _fault(
            signal_name, f"parameter `{parameter.name}` is annotated {said}, but its name means a {meant}", remedy
        )
    return parameter.name


def _annotation(parameter: inspect.Parameter) -> str:
    """The last name of an annotation, whether a class or text."""
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return ""
    written = annotation if isinstance(annotation, str) else annotation.__name__
    return str(written).rpartition(".")[2]


def _fault(name: str, what: str, remedy: str) -> PluginError:
    return PluginError(f"signal `{name}` {what}", where=name, remedy=remedy, facts={"signal": name})
