"""Generates the lines that fill one field, or one part of a group, from its rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from core.mapping.convert.money import minor_money, money
from core.mapping.convert.numbers import flag
from core.mapping.emit import Writer
from core.mapping.forms import Shape
from core.mapping.issues import MISSING, BadValueError
from core.mapping.quick import currency_code, quick_currency
from core.mapping.rules import Condition, FieldRules, Path, Rule, Settings
from core.mapping.scalars import FAST, Convert, Fast, choice, converters, epoch, reference
from core.mapping.settle import settle, settle_money, settle_part
from core.mapping.sink import Careful, Sink, Target, literal

_PENNY = frozenset({"GBP", "EUR", "USD", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "NZD"})
_MONEY = Fast(
    "v.__class__ is float and 0.01 <= v < 1e15 and {code} in penny",
    '{{"amount": w + "0" if (w := repr(v))[-2] == "." else w, "currency": {code}}}',
    written='w + "0" if (w := repr(v))[-2] == "." else w',
    json='{{{{"amount":"{{w}}","currency":"{{{code}}}"}}}}',
)


class Filler:
    """Knows the settings, and writes the lines for one rule after the other, in the words of a sink."""

    def __init__(self, writer: Writer, sink: Sink, settings: Settings, connection: str, ids: str) -> None:
        self.writer = writer
        self.sink = sink
        self._own_id = "salesforce_id" if ids == "salesforce" else "source_id"
        self._settings = settings
        self._connection = connection
        self._converters = converters(settings)
        self._codes: dict[Path | str | None, str] = {}

    @property
    def currency(self) -> Path | str | None:
        """Where amounts have their currency unless their rule says otherwise."""
        return self._settings.currency

    def fill(self, target: Target, shape: Shape, declared: FieldRules) -> None:
        """Write the lines that fill one field."""
        if len(declared.rules) == 1 and not declared.rules[0].when and declared.rules[0].path is not None:
            self._single(target, shape, declared.rules[0])
        else:
            self._chain(target, shape, declared.rules)
        if declared.default is not None:
            self.sink.default(target, declared.default)

    def condition(self, conditions: Sequence[Condition]) -> str:
        """The expression that holds when all conditions do."""
        tests = [f"{self.writer.bind(_test(one), 'holds')}({self.writer.read(one.path)})" for one in conditions]
        return " and ".join(tests) or "True"

    def _single(self, target: Target, shape: Shape, rule: Rule) -> None:
        writer = self.writer
        writer.line(f"v = {writer.read(rule.path or ())}")
        fast, careful = self._roads(target, shape, rule)
        if fast is not None:
            with writer.block(f"if {self.sink.condition(fast)}:"):
                self.sink.store(target, fast, careful)
        with writer.block(f"{'elif' if fast else 'if'} v is None:"):
            self.sink.null(target)
        with writer.block("elif v is not MISSING:"):
            self.sink.careful(target, careful)
        self.sink.absent(target)

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
                self.sink.null(target)
        self.sink.absent(target)

    def _take(self, target: Target, shape: Shape, rule: Rule) -> None:
        writer = self.writer
        if rule.path is None:
            self.sink.const(target, rule.const)
            return
        fast, careful = self._roads(target, shape, rule)
        if fast is None:
            self.sink.careful(target, careful)
            return
        with writer.block(f"if {self.sink.condition(fast)}:"):
            self.sink.store(target, fast, careful)
        with writer.block("else:"):
            self.sink.careful(target, careful)

    def _roads(self, target: Target, shape: Shape, rule: Rule) -> tuple[Fast | None, Careful]:
        """The fast road, if there is one, and the line that takes the careful one."""
        source = repr(".".join(str(part) for part in rule.path or ()))
        if shape.form == "money":
            return self._money_roads(target, rule, source)
        fast, convert = self._scalar_roads(shape, rule)
        for name, thing in fast.binds.items() if fast else ():
            self.writer.bind(thing, name)
        settler = settle_part if target.is_part else settle
        name = self.writer.bind(settler, settler.__name__)
        careful = self.writer.bind(convert, "convert")
        return fast, lambda out: f"{name}({out}, {target.name!r}, v, {careful}, issues, {source})"

    def _scalar_roads(self, shape: Shape, rule: Rule) -> tuple[Fast | None, Convert]:
        if rule.values is not None or shape.form == "choice":
            table, convert = choice(shape, rule)
            get = self.writer.bind(table.get, "known")
            words = {key: orjson.dumps(value).decode() for key, value in table.items() if value is not None}
            word = self.writer.bind(words.get, "worded")
            known = "v.__class__ is str and (w := {}(v)) is not None"
            return Fast(known.format(get), plain=known.format(word), json="{w}"), convert
        name = rule.converter or shape.form
        if rule.reference is not None:
            return self._reference_roads(shape, rule, name)
        if name in {"epoch_s", "epoch_ms"}:
            return None, epoch(shape.form, name)
        return FAST.get(name), self._converters[name]

    def _reference_roads(self, shape: Shape, rule: Rule, name: str) -> tuple[Fast | None, Convert]:
        own = self._own_id if name in {"source_id", "references"} else name
        target = rule.reference
        if target is None:
            raise AssertionError("a reference without target passed the checks")
        convert = reference(self._connection, target, self._converters[own])
        if shape.form == "references":
            return None, _each(convert)
        if target.stream is None:
            return None, convert
        test = "len(v) == 18 and v.isalnum()" if own == "salesforce_id" else "v.isalnum()"
        head = f"{self._connection}/{target.stream}/"
        json = f'"{literal(orjson.dumps(head).decode()[1:-1])}{{w}}"'
        return Fast(f"v.__class__ is str and {test}", f"{head!r} + v", written="v", json=json), convert

    def _money_roads(self, target: Target, rule: Rule, source: str) -> tuple[Fast | None, Careful]:
        code = self._currency(rule.currency or self._settings.currency)
        is_minor = rule.converter == "minor_units"
        convert = self.writer.bind(minor_money if is_minor else self._major(), "convert")
        settler = self.writer.bind(settle_money, "settle_money")

        def careful(out: str) -> str:
            """Take the careful road into a group."""
            return f"{settler}({out}, {target.name!r}, v, {code}, {convert}, issues, {source})"

        if is_minor:
            return None, careful
        penny = self.writer.bind(_PENNY, "penny")
        condition = _MONEY.condition.format(code=code).replace("penny", penny)
        fast = Fast(
            condition, _MONEY.result.format(code=code), written=_MONEY.written, json=_MONEY.json.format(code=code)
        )
        return fast, careful

    def _major(self) -> Callable[[Any, str], Any]:
        if not self._settings.decimal_comma:
            return money
        return lambda value, code: money(value, code, decimal_comma=True)

    def _currency(self, declared: Path | str | None) -> str:
        """The name under which the currency of a path is known in the function."""
        if declared not in self._codes:
            read = self.writer.read(declared) if isinstance(declared, tuple) else "None"
            fallback = declared if isinstance(declared, str) else self._settings.firm_currency
            function = self.writer.bind(currency_code, "currency_code")
            code = self.writer.bind(quick_currency, "quick_currency")
            known = f"({code}(c) if (c := {read}).__class__ is str else None) or {function}(c, {fallback!r})"
            self._codes[declared] = self.writer.hoist("code", known)
        return self._codes[declared]


def _each(convert: Convert) -> Convert:
    def convert_all(value: Any) -> list[Any] | None:
        """Convert every element; None where the list itself is null."""
        parts = value if isinstance(value, list) else value.split(";") if isinstance(value, str) else [value]
        return list(dict.fromkeys(found for part in parts if part is not None and (found := convert(part)))) or None

    return convert_all


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
