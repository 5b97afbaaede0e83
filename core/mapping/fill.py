"""Generates the lines that fill one field, or one part of a group, from its rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.mapping.convert.numbers import flag
from core.mapping.emit import Writer
from core.mapping.forms import Shape
from core.mapping.groups import Careful, Groups, Target
from core.mapping.issues import MISSING, BadValueError
from core.mapping.kernels import PENNY
from core.mapping.quick import currency_code, quick_currency
from core.mapping.roads import Roads
from core.mapping.rules import Condition, FieldRules, Path, Rule
from core.mapping.scalars import FAST, Fast
from core.mapping.settle import settle, settle_money, settle_part

_MONEY = Fast(
    "v.__class__ is float and 0.01 <= v < 1e15 and {code} in penny",
    '{{"amount": w + "0" if (w := repr(v))[-2] == "." else w, "currency": {code}}}',
)


class Filler:
    """Writes the lines for one rule after the other."""

    def __init__(self, writer: Writer, roads: Roads) -> None:
        self.writer = writer
        self.roads = roads
        self._groups = Groups(writer)
        self._codes: dict[tuple[Path | None, str | None], str] = {}

    def fill(self, target: Target, shape: Shape, declared: FieldRules) -> None:
        """Write the lines that fill one field."""
        if len(declared.rules) == 1 and not declared.rules[0].when and declared.rules[0].path is not None:
            self._single(target, shape, declared.rules[0])
        else:
            self._chain(target, shape, declared.rules)
        if declared.default is not None:
            self._groups.default(target, declared.default)

    def condition(self, conditions: Sequence[Condition]) -> str:
        """The expression that holds when all conditions do."""
        tests = [f"{self.writer.bind(_test(one), 'holds')}({self.writer.read(one.path)})" for one in conditions]
        return " and ".join(tests) or "True"

    def _single(self, target: Target, shape: Shape, rule: Rule) -> None:
        writer = self.writer
        writer.line(f"v = {writer.read(rule.path or ())}")
        fast, careful = self._roads(target, shape, rule)
        if fast is not None:
            with writer.block(f"if {fast.condition}:"):
                self._groups.store(target, fast, careful)
        with writer.block(f"{'elif' if fast else 'if'} v is None:"):
            self._groups.null(target)
        with writer.block("elif v is not MISSING:"):
            self._groups.careful(target, careful)

    def _chain(self, target: Target, shape: Shape, rules: Sequence[Rule]) -> None:
        """Write ``if … elif …``: the first rule whose conditions hold and whose source is filled."""
        writer, head, reads = self.writer, "if", False
        for rule in rules:
            tests = [self.condition(rule.when)] if rule.when else []
            if rule.path is not None:
                reads = True
                tests.append(f'(v := {writer.read(rule.path)}) is not MISSING and v is not None and v != ""')
            with writer.block(f"{head} {' and '.join(tests) or 'True'}:"):
                self._take(target, shape, rule)
            head = "elif"
        if reads:
            hidden = [writer.read(rule.path) for rule in rules if rule.path is not None]
            with writer.block(f"elif {' or '.join(f'{one} is not MISSING' for one in hidden)}:"):
                self._groups.null(target)

    def _take(self, target: Target, shape: Shape, rule: Rule) -> None:
        writer = self.writer
        if rule.path is None:
            self._groups.const(target, rule.const)
            return
        fast, careful = self._roads(target, shape, rule)
        if fast is None:
            self._groups.careful(target, careful)
            return
        with writer.block(f"if {fast.condition}:"):
            self._groups.store(target, fast, careful)
        with writer.block("else:"):
            self._groups.careful(target, careful)

    def _roads(self, target: Target, shape: Shape, rule: Rule) -> tuple[Fast | None, Careful]:
        """The fast road, if there is one, and the line that takes the careful one."""
        source = repr(".".join(str(part) for part in rule.path or ()))
        if shape.form == "money":
            return self._money_roads(target, rule, source)
        fast, convert = self._fast(shape, rule), self.roads.convert(shape, rule)
        for name, thing in fast.binds.items() if fast else ():
            self.writer.bind(thing, name)
        settler = settle_part if target.is_part else settle
        name = self.writer.bind(settler, settler.__name__)
        careful = self.writer.bind(convert, "convert")
        return fast, lambda out: f"{name}({out}, {target.name!r}, v, {careful}, issues, {source})"

    def _fast(self, shape: Shape, rule: Rule) -> Fast | None:
        table, ids = self.roads.table(shape, rule), self.roads.ids_of(shape, rule)
        if table is not None:
            return Fast(f"v.__class__ is str and (w := {self.writer.bind(table.get, 'known')}(v)) is not None")
        if ids is not None:
            head, length = ids
            return Fast(
                f"v.__class__ is str and {f'len(v) == {length} and ' if length else ''}v.isalnum()", f"{head!r} + v"
            )
        return None if rule.reference is not None else FAST.get(self.roads.name(shape, rule))

    def _money_roads(self, target: Target, rule: Rule, source: str) -> tuple[Fast | None, Careful]:
        code = self._currency(*self.roads.currency(rule))
        convert = self.writer.bind(self.roads.convert_money(rule), "convert")
        settler = self.writer.bind(settle_money, "settle_money")

        def careful(out: str) -> str:
            """Take the careful road into a group."""
            return f"{settler}({out}, {target.name!r}, v, {code}, {convert}, issues, {source})"

        if rule.converter == "minor_units":
            return None, careful
        self.writer.bind(PENNY, "penny")
        return Fast(_MONEY.condition.format(code=code), _MONEY.result.format(code=code)), careful

    def _currency(self, path: Path | None, fallback: str | None) -> str:
        """The name under which the currency of a path is known in the function."""
        if (path, fallback) not in self._codes:
            read = self.writer.read(path) if path is not None else "None"
            function = self.writer.bind(currency_code, "currency_code")
            code = self.writer.bind(quick_currency, "quick_currency")
            known = f"({code}(c) if (c := {read}).__class__ is str else None) or {function}(c, {fallback!r})"
            self._codes[path, fallback] = self.writer.hoist("code", known)
        return self._codes[path, fallback]


def _test(condition: Condition) -> Callable[[Any], bool]:
    """A function that tells whether a value meets a condition; flags are compared by meaning, all else as text."""
    word_of = _as_flag if any(isinstance(one, bool) for one in condition.wanted) else _as_word
    wanted = frozenset(word_of(one) for one in condition.wanted)
    negated = condition.negated
    return lambda value: (word_of(value) in wanted) is not negated


def _as_flag(value: Any) -> bool | str | None:
    """Flags by meaning: exports write ``1`` or ``TRUE`` for true."""
    try:
        return None if value is None or value is MISSING else flag(value)
    except BadValueError:
        return _as_word(value)


def _as_word(value: Any) -> str | None:
    if value is None or value is MISSING:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if value == value // 1 else str(value)
    if not isinstance(value, str):
        return type(value).__name__
    return value.strip() or None
