"""Writes the source text of one compiled function: lines with indentation, bound objects, and ways into groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.mapping.issues import MISSING
from core.mapping.quick import absent_get, item, null_get
from core.mapping.rules import Path


class Writer:
    """Gathers the body of ``def <name>(raw, issues)``.

    Groups inside the record are opened once, at the top of the function (``prelude``); ``bind`` makes an object of ours
    known to the function under a name of its own.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._prelude: list[str] = []
        self._body: list[str] = []
        self._depth = 1
        self._locals = 0
        self._namespace: dict[str, Any] = {"MISSING": MISSING}
        self._getters: dict[Path, str] = {(): "get"}
        self._nodes: dict[Path, str] = {(): "raw"}

    def line(self, text: str) -> None:
        """Add a line to the body."""
        self._body.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Add a line that opens a block (``if …:``); what is added inside the context stands in it."""
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1

    def bind(self, thing: Any, hint: str) -> str:
        """Make an object known to the function, under its own name if that is still free."""
        if self._namespace.setdefault(hint, thing) is thing:
            return hint
        name = f"{hint}_{len(self._namespace)}"
        self._namespace[name] = thing
        return name

    def hoist(self, hint: str, expression: str) -> str:
        """Compute something once, at the top of the function; returns its name."""
        name = f"{hint}_{len(self._prelude)}"
        self._prelude.append(f"    {name} = {expression}")
        return name

    def local(self, hint: str) -> str:
        """A name for something in the function that no other has."""
        self._locals += 1
        return f"{hint}{self._locals}"

    def read(self, path: Path) -> str:
        """The expression that yields the value at a path, or ``MISSING``."""
        leaf = path[-1]
        if isinstance(leaf, int):
            return f"{self.bind(item, 'item')}({self.node(path[:-1])}, {leaf})"
        return f"{self._getter(path[:-1])}({leaf!r}, MISSING)"

    def node(self, path: Path) -> str:
        """The name of the group or list at a path, opened once."""
        if path not in self._nodes:
            self._nodes[path] = self.hoist("node", self.read(path))
        return self._nodes[path]

    def _getter(self, path: Path) -> str:
        if path not in self._getters:
            node = self.node(path)
            null, absent = self.bind(null_get, "null_get"), self.bind(absent_get, "absent_get")
            self._getters[path] = self.hoist(
                "get", f"{node}.get if isinstance({node}, dict) else {null} if {node} is None else {absent}"
            )
        return self._getters[path]

    def source(self) -> str:
        """The whole text, for people who want to see what a mapping became."""
        head = [f"def {self.name}(raw, issues):", "    get = raw.get", *self._prelude]
        return "\n".join([*head, *self._body, ""])

    def compiled(self) -> Callable[[Any, list[Any]], Any]:
        """The function itself."""
        namespace = dict(self._namespace)
        # The text is made of our own templates; what comes from the mapping file enters as literals only.
        exec(compile(self.source(), f"<mapping {self.name}>", "exec"), namespace)  # noqa: S102 - as dataclasses does it
        function: Callable[[Any, list[Any]], Any] = namespace[self.name]
        return function
