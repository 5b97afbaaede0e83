"""What a transaction did to rows, noted while it happens; what is taken back was never noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.salesforce.sandbox.values import Value


@dataclass(frozen=True)
class RowChange:
    """One row of an object before (None: it is new) and after a transaction."""

    object: str
    before: Mapping[str, Value] | None
    after: Mapping[str, Value]

    @property
    def kind(self) -> str:
        """The vendor's word for what happened."""
        if self.before is None:
            return "CREATE"
        return {(False, True): "DELETE", (True, False): "UNDELETE"}.get(
            (bool(self.before["IsDeleted"]), bool(self.after["IsDeleted"])), "UPDATE"
        )


class Notes:
    """The changes of one call, in order; nothing is noted until somebody listens."""

    def __init__(self) -> None:
        self.is_kept = False
        self._noted: list[RowChange] = []

    def add(self, change: RowChange) -> None:
        """Note a change."""
        if self.is_kept:
            self._noted.append(change)

    def mark(self) -> int:
        """Where we are, to come back to."""
        return len(self._noted)

    def back_to(self, mark: int) -> None:
        """Forget what came after a mark."""
        del self._noted[mark:]

    def take(self) -> list[RowChange]:
        """Every changed row once, as it was before and is now, in the order of the first changes."""
        found: dict[str, RowChange] = {}
        for one in self._noted:
            key = str(one.after["Id"])
            found[key] = RowChange(one.object, found[key].before if key in found else one.before, one.after)
        self._noted.clear()
        return list(found.values())
