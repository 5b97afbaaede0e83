"""Refusals that an org's own machinery causes row by row: locks, validation rules, triggers, duplicate rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.values import Value


@dataclass
class RowFault:
    """Refuse writes of ``sobject`` rows whose ``field`` holds ``value`` (any row when no field is given).

    ``times`` counts down; None refuses for ever, as a validation rule does. ``at`` are the fields that the refusal
    names, ``status`` is what a call for a single record answers with.
    """

    sobject: str
    code: str
    message: str
    field: str | None = None
    value: Value = None
    times: int | None = 1
    at: tuple[str, ...] = ()
    status: int = 400

    def strikes(self, sobject: str, row: Mapping[str, Value]) -> bool:
        """Tell whether this write is refused, and use one of ``times`` up if so."""
        if self.times == 0 or sobject != self.sobject or (self.field and row.get(self.field) != self.value):
            return False
        if self.times is not None:
            self.times -= 1
        return True


class RowFaults:
    """All row refusals that are switched on."""

    def __init__(self) -> None:
        self._faults: list[RowFault] = []

    def add(self, fault: RowFault) -> None:
        """Switch one on."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Switch all off."""
        self._faults.clear()

    def check(self, sobject: str, row: Mapping[str, Value]) -> None:
        """Raise the refusal of the first fault that strikes this row."""
        for fault in self._faults:
            if fault.strikes(sobject, row):
                raise Refusal(fault.code, fault.message, tuple(fault.at), fault.status)
