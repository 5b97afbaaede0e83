"""Many CSV lines in little memory: packed a thousand at a time, read back from any line on."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator

_LINES = 1000
_FAST = 1


class Blocks:
    """Lines that can only be added, and read in order from any number on."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._ends: list[array[int]] = []
        self._open: list[str] = []

    def __len__(self) -> int:
        return len(self._packed) * _LINES + len(self._open)

    def write(self, line: str, /) -> None:
        """Append one line, its end included."""
        self._open.append(line)
        if len(self._open) == _LINES:
            self._pack()

    def text(self, start: int, count: int) -> str:
        """Return ``count`` lines (or as many as there are) from line ``start`` on, as one text."""
        return "".join(self._pieces(start, min(start + count, len(self))))

    @property
    def size(self) -> int:
        """Bytes held for the packed lines."""
        return sum(map(len, self._packed))

    def _pack(self) -> None:
        ends, position = array("L"), 0
        for line in self._open:
            position += len(line)
            ends.append(position)
        self._packed.append(zlib.compress("".join(self._open).encode("utf-8", "surrogatepass"), _FAST))
        self._ends.append(ends)
        self._open = []

    def _pieces(self, start: int, end: int) -> Iterator[str]:
        for number in range(start // _LINES, -(-end // _LINES)):
            first, last = max(start - number * _LINES, 0), min(end - number * _LINES, _LINES)
            if number == len(self._packed):
                yield "".join(self._open[first:last])
                continue
            text = zlib.decompress(self._packed[number]).decode("utf-8", "surrogatepass")
            ends = self._ends[number]
            yield text[ends[first - 1] if first else 0 : ends[last - 1]]
