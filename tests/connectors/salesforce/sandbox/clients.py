"""The real client library on a served org."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simple_salesforce.api import Salesforce

from connectors.salesforce.sandbox import TOKEN
from tests.connectors.salesforce.orgs import loopback_session

HOST = "https://hartwell.my.salesforce.com"


@contextmanager
def client_of(base_url: str, token: str = TOKEN, version: str = "64.0") -> Iterator[Any]:
    """Give simple-salesforce with a ready session."""
    with loopback_session(base_url) as session:
        yield Salesforce(session_id=token, instance_url=HOST, session=session, version=version)
