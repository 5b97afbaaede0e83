"""All of the contract in one class to inherit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from core.testing.bench import EVERYTHING, NEEDS, Bench, Skill
from core.testing.reading import ReadingContract
from core.testing.trouble import TroubleContract
from core.testing.writing import WritingContract


class ConnectorContract(ReadingContract, WritingContract, TroubleContract):
    """What every connector has to keep, tried on ``bench_type``; what its system cannot do is left out."""

    bench_type: ClassVar[type[Bench]]

    def __init_subclass__(cls) -> None:
        """Leave out the tests that are about what this system cannot do."""
        for name in applying(EVERYTHING) - applying(cls.bench_type.skills):
            setattr(cls, name, None)

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        """A fresh, empty system for each test."""
        with self.bench_type.open() as bench:
            yield bench


def applying(skills: frozenset[Skill]) -> frozenset[str]:
    """The names of the tests that a system with these skills has to pass."""
    tests = {name: getattr(ConnectorContract, name) for name in dir(ConnectorContract) if name.startswith("test_")}
    return frozenset(name for name, test in tests.items() if NEEDS.get(test, frozenset()) <= skills)
