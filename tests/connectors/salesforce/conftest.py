"""Orgs for the tests: in this process, or served on loopback for real client libraries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sandbox.server import RunningSandbox, serve
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api, open_org, small_firm


@pytest.fixture
def api() -> Api:
    """The API of an org that holds its users and nothing else."""
    return Api(open_org())


@pytest.fixture
def firm_api() -> Api:
    """The API of an org that holds the small firm."""
    return Api(open_org(small_firm()))


@pytest.fixture
def served(api: Api) -> Iterator[RunningSandbox]:
    """The org of ``api``, served on loopback."""
    with serve(api.app) as running:
        yield running


@pytest.fixture
def link(served: RunningSandbox) -> Link:
    """A connector on the org of ``api``."""
    return Link(served.base_url)


@pytest.fixture
def firm_link(firm_api: Api) -> Iterator[Link]:
    """A connector on the org of ``firm_api``."""
    with serve(firm_api.app) as running:
        yield Link(running.base_url)
