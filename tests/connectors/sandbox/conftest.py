"""A served shelf and a line to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sandbox.server import RunningSandbox, serve
from tests.connectors.sandbox.toy import Line, Shelf


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def running(shelf: Shelf) -> Iterator[RunningSandbox]:
    with serve(shelf) as served:
        yield served


@pytest.fixture
def line(running: RunningSandbox) -> Iterator[Line]:
    opened = Line(running.base_url)
    yield opened
    opened.close()
