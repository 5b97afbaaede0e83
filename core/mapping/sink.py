"""What compiled functions leave behind, in two ways of writing it: a group of values, or canonical JSON at once.

The rules of a mapping are the same for both; a sink only words how a value is put down. ``Groups`` is right for every
payload. ``Texts`` saves building a group only to dump it again, and serves *plain* payloads: their JSON form holds no
backslash, so that none of their texts has a character that JSON escapes, a NUL or half a surrogate pair, and it is
short, so that none has to be cut. Whatever is not as it should be takes the same careful road in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from core.mapping.emit import Writer
from core.mapping.scalars import Fast

Careful = Callable[[str], str]
"""The line that puts ``v`` into a group of this name by the careful road."""


@dataclass(frozen=True)
class Target:
    """Where a value goes: a name inside the record or another group; empty parts of list elements are left out.

    ``out`` is the group's name in the generated function or, for ``Texts``, that of the piece of JSON.
    """

    name: str
    out: str = "out"
    is_part: bool = False


class Sink(Protocol):
    """The words for putting values down; every method writes lines."""

    def begin(self) -> None:
        """What stands before the first field."""
        ...

    def field(self, name: str) -> Target:
        """The target of one field of the record."""
        ...

    def condition(self, fast: Fast) -> str:
        """When the fast road may be taken."""
        ...

    def store(self, target: Target, fast: Fast, careful: Careful) -> None:
        """What the fast road yields; where it misses after all, the careful one."""
        ...

    def null(self, target: Target) -> None:
        """The vendor has the field, and it is empty."""
        ...

    def careful(self, target: Target, careful: Careful) -> None:
        """What the careful road yields."""
        ...

    def const(self, target: Target, value: Any) -> None:
        """A value of the mapping's own."""
        ...

    def absent(self, target: Target) -> None:
        """The block for a field that the vendor does not have, where it needs one."""
        ...

    def default(self, target: Target, value: Any) -> None:
        """A value of the mapping's own where nothing else was found."""
        ...

    def lacks(self, name: str) -> str:
        """The condition that a field of the record is absent or null."""
        ...

    def finish(self) -> None:
        """Return what was put down."""
        ...


class Groups:
    """Canonical data as a group: field -> value."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def begin(self) -> None:
        """Open the group."""
        self._writer.line("out = {}")

    def field(self, name: str) -> Target:
        """The record itself is the group."""
        return Target(name)

    def condition(self, fast: Fast) -> str:
        """As the road itself has it."""
        return fast.condition

    def store(self, target: Target, fast: Fast, careful: Careful) -> None:
        """Set the key; an empty part of an element is left out."""
        line, place = self._writer.line, f"{target.out}[{target.name!r}]"
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
        self._writer.line("seen = True" if target.is_part else f"{target.out}[{target.name!r}] = None")

    def careful(self, target: Target, careful: Careful) -> None:
        """The careful road sets the key itself, or does not."""
        self._writer.line(careful(target.out))
        if target.is_part:
            self._writer.line("seen = True")

    def const(self, target: Target, value: Any) -> None:
        """Set the key."""
        self._writer.line(f"{target.out}[{target.name!r}] = {value!r}")

    def absent(self, target: Target) -> None:
        """What is not set is absent."""

    def default(self, target: Target, value: Any) -> None:
        """Set the key unless it has a value."""
        with self._writer.block(f"if {target.out}.get({target.name!r}) is None:"):
            self.const(target, value)

    def lacks(self, name: str) -> str:
        """None and absent are the same to ``get``."""
        return f"out.get({name!r}) is None"

    def finish(self) -> None:
        """Return the group."""
        self._writer.line("return out")


class Texts:
    """Canonical data as JSON: each field is a piece of text such as ``"name":"Hill",``, empty where it is absent."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._pieces: dict[str, str] = {}

    def begin(self) -> None:
        """Nothing: every piece is set in one of the branches of its field."""

    def field(self, name: str) -> Target:
        """Every field is a piece of its own."""
        self._pieces[name] = self._writer.local("t")
        return Target(name, self._pieces[name])

    def condition(self, fast: Fast) -> str:
        """In a plain payload less has to be looked at."""
        return fast.plain or fast.condition

    def store(self, target: Target, fast: Fast, careful: Careful) -> None:
        """The value in its JSON form behind the field's name."""
        line, written = self._writer.line, fast.written or fast.result
        if target.is_part:
            line("seen = True")
        if fast.may_miss:
            with self._writer.block("try:"):
                line(f"w = {written}")
                line(f"{target.out} = {self._worded(target, fast)}")
            with self._writer.block("except (KeyError, TypeError):"):
                self._carefully(target, careful)
            return
        if written != "w":
            line(f"w = {written}")
        line(f"{target.out} = {self._worded(target, fast)}")

    def _worded(self, target: Target, fast: Fast) -> str:
        value = piece(target.name, fast.json)
        if not fast.may_be_none:
            return value
        return f"{value} if w else {'' if target.is_part else null_of(target.name)!r}"

    def null(self, target: Target) -> None:
        """Null, or in an element nothing."""
        if target.is_part:
            self._writer.line("seen = True")
        self._writer.line(f"{target.out} = {'' if target.is_part else null_of(target.name)!r}")

    def careful(self, target: Target, careful: Careful) -> None:
        """The careful road fills a group of its own, which is dumped."""
        self._carefully(target, careful)
        if target.is_part:
            self._writer.line("seen = True")

    def _carefully(self, target: Target, careful: Careful) -> None:
        self._writer.line("w = {}")
        self._writer.line(careful("w"))
        self.dump(target.out, "w")

    def dump(self, piece_name: str, group: str) -> None:
        """Make a piece of all that a group holds."""
        self._writer.line(f"{piece_name} = {self._writer.bind(inside, 'inside')}({group})")

    def const(self, target: Target, value: Any) -> None:
        """The value's JSON, known beforehand."""
        self._writer.line(f"{target.out} = {inside({target.name: value})!r}")

    def absent(self, target: Target) -> None:
        """An empty piece."""
        with self._writer.block("else:"):
            self._writer.line(f"{target.out} = ''")

    def default(self, target: Target, value: Any) -> None:
        """Put it in the place of an empty piece or of null."""
        with self._writer.block(f"if {self._is_empty(target)}:"):
            self.const(target, value)

    def lacks(self, name: str) -> str:
        """The piece is empty or says null; a field that no rule fills is never there."""
        return self._is_empty(Target(name, self._pieces[name])) if name in self._pieces else "True"

    def _is_empty(self, target: Target) -> str:
        return f"({target.out} == '' or {target.out} == {null_of(target.name)!r})"

    def finish(self) -> None:
        """Return the JSON and the client that the record names."""
        client = "None"
        if "client_id" in self._pieces:
            found = self._writer.bind(client_of, "client_of")
            client = f"None if {self.lacks('client_id')} else {found}({self._pieces['client_id']})"
        pieces = "".join(f"{{{name}}}" for name in self._pieces.values())
        self._writer.line(f"text = f'{{{{{pieces}'")
        self._writer.line(f"return (text[:-1] + '}}' if len(text) > 1 else '{{}}'), ({client})")


def piece(name: str, json: str) -> str:
    """An f-string of a field's name and its value, whose JSON form is ``json`` with expressions in braces."""
    return f"f'{literal(orjson.dumps(name).decode())}:{json},'"


def null_of(name: str) -> str:
    """The piece of a field that is null."""
    return inside({name: None})


def client_of(found: str) -> str:
    """What a piece of ``client_id`` says."""
    client: str = orjson.loads("{" + found[:-1] + "}")["client_id"]
    return client


def inside(group: Any) -> str:
    """What a group or a list holds, as JSON without the braces, a comma at its end; nothing for an empty one."""
    return orjson.dumps(group)[1:-1].decode() + "," if group else ""


def literal(text: str) -> str:
    """A text as it may stand between the quotes and outside the braces of an f-string."""
    return "".join(
        char if char.isalnum() or char in ' "_-.,:;/()[]' else 2 * char if char in "{}" else f"\\U{ord(char):08x}"
        for char in text
    )
