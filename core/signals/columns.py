"""A signal's values for all subjects at once, each with the reason for it, and their form in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray

Values = NDArray[Any]
Mask = NDArray[np.bool_]
Reasons = str | Sequence[str] | Callable[[int], str]
Kind = Literal["number", "text", "flag", "date", "instant"]

SMALL, LARGE = 1e-4, 1e15
DTYPES: dict[Kind, str] = {"number": "f8", "text": "O", "flag": "O", "date": "M8[D]", "instant": "M8[s]"}
UNKNOWN: dict[Kind, Any] = {"number": np.nan, "text": None, "flag": None, "date": "NaT", "instant": "NaT"}


@dataclass(frozen=True)
class Column:
    """One value per subject, and why.

    ``values`` are floats (NaN unknown), days or instants (NaT unknown), or objects: text or booleans (None unknown).
    ``reasons`` is one sentence for all, one per subject, or a function of the row that is asked where a value changed.
    """

    values: Values
    reasons: Reasons = ""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known(self) -> Mask:
        """Where there is a value."""
        return is_known(self.values)

    def reason(self, row: int) -> str:
        """Why the value of this row is what it is, or why it is unknown."""
        if isinstance(self.reasons, str):
            return self.reasons
        return self.reasons(row) if callable(self.reasons) else self.reasons[row]

    def reasons_of(self, rows: Sequence[int]) -> list[str]:
        """The reasons of some rows."""
        if isinstance(self.reasons, str):
            return [self.reasons] * len(rows)
        return list(map(self.reasons if callable(self.reasons) else self.reasons.__getitem__, rows))

    @classmethod
    def unknown(cls, size: int, reason: str, kind: Kind = "number") -> Column:
        """A column without any value."""
        return cls(np.full(size, UNKNOWN[kind], dtype=DTYPES[kind]), reason)


def is_known(values: Values) -> Mask:
    """Where an array holds a value: neither NaN nor NaT nor None."""
    if values.dtype.kind == "f":
        return np.asarray(~np.isnan(values))
    if values.dtype.kind == "M":
        return np.asarray(~np.isnat(values))
    if values.dtype.kind == "O":
        return np.fromiter((value is not None for value in values), np.bool_, len(values))
    return np.ones(len(values), np.bool_)


def encode(values: Values, digits: int) -> list[str]:
    """Write values as the store keeps them: JSON scalars, numbers rounded, whole ones without a point."""
    if values.dtype.kind == "b":
        return ["true" if value else "false" for value in values.tolist()]
    if values.dtype.kind in "iuf":
        return _numbers(np.round(values.astype("f8"), digits) + 0.0)  # no zero has a sign
    if values.dtype.kind == "M":
        zone = "Z" if values.dtype != np.dtype("M8[D]") else ""
        texts = np.datetime_as_string(values).tolist()
        return ["null" if text == "NaT" else f'"{text}{zone}"' for text in texts]
    memo: dict[Any, str] = {}
    return [memo.get(value) or memo.setdefault(value, orjson.dumps(value).decode()) for value in values.tolist()]


def decode(texts: Sequence[str | None], kind: Kind) -> Values:
    """Read stored JSON scalars back into an array; None stands for a subject that has no row."""
    plain = orjson.loads(f"[{','.join(['null' if text is None else text for text in texts])}]")
    if kind == "number":
        return np.array(plain, "f8")  # None becomes NaN
    if kind in ("date", "instant"):
        return np.array([str(value).removesuffix("Z") if value else "NaT" for value in plain], DTYPES[kind])
    values = np.empty(len(plain), "O")
    values[:] = plain
    return values


def fits(values: Values, kind: Kind) -> bool:
    """Whether an array is of the type a signal of this kind must have."""
    if kind == "number":
        return values.dtype.kind in "iuf"
    if kind == "flag":
        return values.dtype.kind in "bO"
    return values.dtype.kind == np.dtype(DTYPES[kind]).kind


def _numbers(values: Values) -> list[str]:
    """Numbers as JSON; all at once where none is so large or small that its digits are followed by an exponent."""
    sizes = np.abs(values[values != 0])
    if np.any((sizes < SMALL) | (sizes > LARGE)):  # no NaN is either
        return [_number(value) for value in values.tolist()]
    texts = orjson.dumps(values.tolist())[1:-1].decode().split(",") if len(values) else []
    return [text.removesuffix(".0") for text in texts]


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124  NaN is the one value that differs from itself; isnan costs a call per value
        return "null"
    return str(int(value)) if value.is_integer() else repr(value)
