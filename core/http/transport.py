"""What a connector is handed to speak HTTP with: a requests session and a urllib3 pool under one discipline."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager

from core.clock import Clock, SystemClock
from core.http.calls import CallLog
from core.http.discipline import Discipline, HttpLimits
from core.http.pool import disciplined_manager
from core.http.safety import SafeCalls

CONNECTIONS = 8


class DisciplinedAdapter(HTTPAdapter):
    """The requests adapter over disciplined pools; sends everything to ``redirect`` when that is set.

    simple-salesforce builds https addresses whatever it is told, so a sandbox on plain HTTP is reached only by
    rewriting the address here; the original host travels in the Host header.
    """

    def __init__(self, discipline: Discipline, redirect: str | None = None) -> None:
        self._discipline = discipline
        self._redirect = redirect.rstrip("/") if redirect else None
        super().__init__(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """Build the pools; called by the base class."""
        self.poolmanager = disciplined_manager(
            self._discipline, num_pools=connections, maxsize=maxsize, block=block, **options
        )

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send one prepared request, redirected if so configured."""
        if self._redirect:
            request.headers["Host"] = urlsplit(str(request.url)).netloc
            request.url = self._redirect + request.path_url
        return super().send(request, *args, **options)


class Transport:
    """One connection's way to its vendor.

    ``redirect`` sends every session call to another base address (a sandbox or a recording proxy). ``calls`` holds
    what was asked. Declare POSTs that only read with ``mark_safe``; all others are never sent twice by themselves.
    """

    def __init__(
        self, *, clock: Clock | None = None, limits: HttpLimits | None = None, redirect: str | None = None
    ) -> None:
        self.clock = clock or SystemClock()
        self.calls = CallLog()
        self.redirect = redirect
        self._safe = SafeCalls()
        self._discipline = Discipline(self.clock, limits or HttpLimits(), self._safe, self.calls)
        self._pool: PoolManager | None = None

    @property
    def pool(self) -> PoolManager:
        """A urllib3 pool manager, for libraries that speak urllib3 themselves."""
        if self._pool is None:
            self._pool = disciplined_manager(self._discipline, num_pools=CONNECTIONS, maxsize=CONNECTIONS)
        return self._pool

    def session(self) -> requests.Session:
        """A requests session, for libraries that take one; it ignores proxies and .netrc of the environment."""
        session = requests.Session()
        session.trust_env = False  # .netrc would replace the vendor's Authorization header
        adapter = DisciplinedAdapter(self._discipline, self.redirect)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def mark_safe(self, method: str, path_pattern: str) -> None:
        """Declare requests that only read although their method does not say so (regex on the path)."""
        self._safe.declare(method, path_pattern)

    def leave_to_caller(self, status: int) -> None:
        """Hand answers with this status over at once: this vendor's own words tell when to come back, HTTP does not."""
        self._discipline.left_to_caller.add(status)
