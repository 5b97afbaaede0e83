"""urllib3 pools whose every request goes through the discipline: the level that all client libraries share."""

from __future__ import annotations

import io
from functools import partial
from typing import Any, cast

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager, Retry, Timeout

from core.http.deadline import WatchedHTTPConnection, WatchedHTTPSConnection
from core.http.discipline import Answer, Discipline, Request

NO_RETRIES = Retry(total=False, redirect=False)


class _Disciplined(HTTPConnectionPool):
    """The request method that both kinds of pool share.

    The body is always read whole under the deadline; the caller gets a response over the bytes in memory, to stream or
    decode as it likes.
    """

    discipline: Discipline

    def urlopen(self, method: str, url: str, *args: Any, **options: Any) -> HTTPResponse:
        """Send one request under the discipline; the library's own retries and timeouts are left aside."""
        preload = options.pop("preload_content", True)
        decode = options.pop("decode_content", True)
        options |= self._forced()
        headers = options.get("headers") or {}
        request = Request(method, headers.get("Host", self.host), url.partition("?")[0])
        plain = super().urlopen

        def send() -> Answer:
            """Send the one request under the deadline."""
            raw = plain(method, url, *args, **options)
            return Answer(raw.status, dict(raw.headers), raw.read(decode_content=False))

        answer = self.discipline.carry_out(request, send)
        return HTTPResponse(
            body=io.BytesIO(answer.body),
            headers=answer.headers,
            status=answer.status,
            preload_content=preload,
            decode_content=decode,
            request_method=method,
            request_url=url,
        )

    def _forced(self) -> dict[str, Any]:
        limits = self.discipline.limits
        timeout = Timeout(connect=limits.connect, read=limits.total)
        return {
            "retries": NO_RETRIES,
            "redirect": False,
            "timeout": timeout,
            "preload_content": False,
            "decode_content": False,
        }


class DisciplinedHTTPPool(_Disciplined):
    """Plain HTTP: sandboxes and proxies on loopback."""

    ConnectionCls = WatchedHTTPConnection

    def __init__(self, *args: Any, discipline: Discipline, **options: Any) -> None:
        super().__init__(*args, **options)
        self.discipline = discipline


class DisciplinedHTTPSPool(_Disciplined, HTTPSConnectionPool):
    """TLS, with the certificate store the caller configured."""

    ConnectionCls = WatchedHTTPSConnection

    def __init__(self, *args: Any, discipline: Discipline, **options: Any) -> None:
        super().__init__(*args, **options)
        self.discipline = discipline


def disciplined_manager(discipline: Discipline, **options: Any) -> PoolManager:
    """A pool manager all of whose pools obey ``discipline``; options are urllib3's own."""
    manager = PoolManager(**options)
    classes = {
        "http": partial(DisciplinedHTTPPool, discipline=discipline),
        "https": partial(DisciplinedHTTPSPool, discipline=discipline),
    }
    manager.pool_classes_by_scheme = cast("dict[str, type[HTTPConnectionPool]]", classes)
    return manager
