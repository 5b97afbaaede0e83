"""How generated functions put values down: in a group, field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.mapping.emit import Writer
from core.mapping.scalars import Fast

Careful = Callable[[str], str]
"""The line that puts ``v`` into a group of this name by the careful road."""


@dataclass(frozen=True)
class Target:
    """Where a value goes: a name inside the record or another group; empty parts of list elements are left out."""

    name: str
    out: str = "out"
    is_part: bool = False

    @property
    def place(self) -> str:
        """The expression of the place."""
        return f"{self.out}[{self.name!r}]"


class Groups:
    """The words for putting values down; every method writes lines."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def store(self, target: Target, fast: Fast, careful: Careful) -> None:
        """What the fast road yields, or where it misses after all, the careful one; an empty part is left out."""
        line, place = self._writer.line, target.place
        if fast.may_miss:
            with self._writer.block("try:"):
                line(f"{place} = {fast.result}")
            with self._writer.block("except (KeyError, TypeError):"):
                line(careful(target.out))
        elif target.is_part and fast.may_be_none:
            line("seen = True")
            with self._writer.block(f"if w := ({fast.result}):"):
                line(f"{place} = w")
        else:
            line(f"{place} = {fast.result}")

    def null(self, target: Target) -> None:
        """None, or in an element nothing."""
        self._writer.line("seen = True" if target.is_part else f"{target.place} = None")

    def careful(self, target: Target, careful: Careful) -> None:
        """The careful road sets the key itself, or does not."""
        self._writer.line(careful(target.out))
        if target.is_part:
            self._writer.line("seen = True")

    def const(self, target: Target, value: Any) -> None:
        """A value of the mapping's own."""
        self._writer.line(f"{target.place} = {value!r}")

    def default(self, target: Target, value: Any) -> None:
        """A value of the mapping's own where nothing else was found."""
        with self._writer.block(f"if {target.out}.get({target.name!r}) is None:"):
            self.const(target, value)
