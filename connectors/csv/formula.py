"""Exact decimal arithmetic on columns: ``unit_price * quantity * (1 - discount)``.

A column whose name is no plain word stands in square brackets: ``[Unit price] * Quantity``. Amounts stay exact decimals
until somebody rounds them, so that sums agree with the input to the last digit.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_BRACKETED = re.compile(r"\[([^\[\]]+)\]")
_DECORATION = re.compile(r"[\s\u00a0\u202f'$€£¥]")
_PLAIN = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_OPERATORS: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: EXACT.add,
    ast.Sub: EXACT.subtract,
    ast.Mult: EXACT.multiply,
    ast.Div: EXACT.divide,
}
Columns = Mapping[str, Decimal]


class FormulaError(ValueError):
    """A formula cannot be read, or a value in it is no number; the message says which."""


@dataclass(frozen=True)
class Formula:
    """A formula that was read: the columns it needs, and its value for one row."""

    columns: tuple[str, ...]
    _value: Callable[[Columns], Decimal]

    @classmethod
    def parse(cls, text: str) -> Formula:
        """Read a formula of columns, numbers, ``+ - * /`` and brackets; raises ``FormulaError``."""
        names: dict[str, str] = {}
        try:
            tree = ast.parse(_BRACKETED.sub(lambda found: _alias(found[1], names), text).strip(), mode="eval")
            value = _compiled(tree.body, names, 0)
        except (SyntaxError, ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, FormulaError) else "it is no formula"
            raise FormulaError(f"`{text[:80]}`: {reason}; write it as `price * quantity - [Discount sum]`") from error
        words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        return cls(tuple(sorted(names.get(word, word) for word in words)), value)

    def of(self, row: Mapping[str, str], *, decimal_comma: bool = False) -> Decimal | None:
        """Its value for a row of texts; None when a column is empty, ``FormulaError`` when one is no number."""
        numbers: dict[str, Decimal] = {}
        for name in self.columns:
            number = amount(row.get(name, ""), decimal_comma=decimal_comma)
            if number is None:
                return None
            numbers[name] = number
        try:
            return self._value(numbers)
        except DecimalException as error:
            raise FormulaError("this cannot be computed (a division by zero?)") from error


def amount(text: str, *, decimal_comma: bool = False) -> Decimal | None:
    """A number as people and spreadsheets write it, exactly; None when blank, ``FormulaError`` when it is none."""
    bare = _DECORATION.sub("", text)
    if decimal_comma:
        bare = bare.replace(".", "").replace(",", ".")
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if _GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    if not bare:
        return None
    if not _PLAIN.fullmatch(bare):
        raise FormulaError(f"`{text[:40]}` is no number")
    return Decimal(bare)


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Round half up, as invoices do."""
    return value.quantize(Decimal(1).scaleb(-decimals), context=EXACT)


def _alias(name: str, names: dict[str, str]) -> str:
    alias = f"column_in_brackets_{len(names)}"
    names[alias] = name.strip()
    return alias


def _compiled(node: ast.expr, names: Mapping[str, str], depth: int) -> Callable[[Columns], Decimal]:
    if depth > 20:
        raise FormulaError("it is nested too deeply")
    if isinstance(node, ast.Name):
        return operator.itemgetter(names.get(node.id, node.id))
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return _constant(Decimal(str(node.value)))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _compiled(node.operand, names, depth + 1)
        return lambda row: EXACT.minus(inner(row))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _binary(
            _OPERATORS[type(node.op)], _compiled(node.left, names, depth + 1), _compiled(node.right, names, depth + 1)
        )
    raise FormulaError("only columns, numbers, + - * / and brackets have a place in it")


def _constant(value: Decimal) -> Callable[[Columns], Decimal]:
    return lambda _row: value


def _binary(
    apply: Callable[[Decimal, Decimal], Decimal],
    left: Callable[[Columns], Decimal],
    right: Callable[[Columns], Decimal],
) -> Callable[[Columns], Decimal]:
    return lambda row: apply(left(row), right(row))
