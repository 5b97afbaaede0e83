"""Many CSV lines in little memory."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox.jobs.blocks import Blocks


def filled(count: int) -> tuple[Blocks, list[str]]:
    """Return blocks of lines of many lengths, and the lines."""
    lines = [f'"{number}","{"é" * (number % 7)}\n{number}"\n' for number in range(count)]
    blocks = Blocks()
    for line in lines:
        blocks.write(line)
    return blocks, lines


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_all_lines_come_back_in_order(count: int) -> None:
    blocks, lines = filled(count)
    assert len(blocks) == count
    assert blocks.text(0, count) == "".join(lines)


@pytest.mark.parametrize(
    ("start", "length"), [(0, 1), (999, 1), (999, 2), (1000, 1000), (500, 1700), (2400, 500), (2500, 10), (1, 0)]
)
def test_any_run_of_lines_can_be_read(start: int, length: int) -> None:
    blocks, lines = filled(2500)
    assert blocks.text(start, length) == "".join(lines[start : start + length])


def test_packed_lines_take_less_than_they_say() -> None:
    blocks, lines = filled(10_000)
    assert 0 < blocks.size < len("".join(lines)) / 3


def test_a_broken_character_survives() -> None:
    blocks = Blocks()
    for _ in range(1000):
        blocks.write('"\ud800"\n')
    assert blocks.text(0, 1) == '"\ud800"\n'
