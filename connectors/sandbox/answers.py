"""How a simulator answers, and the ways in which a fault prevents or spoils an answer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from connectors.sandbox.faults import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAINTENANCE_PAGE = "<!DOCTYPE html><html><body><h1>Down for maintenance</h1><p>Back shortly.</p></body></html>"


class ConnectionCutError(Exception):
    """Raised to make the server close the connection at this very point of the answer."""


class Reply(Response):
    """A vendor's answer; ``rows`` tells the request log how many records it moved."""

    rows: int = 0


def json_response(data: object, status: int = 200, *, rows: int = 0, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with ``data`` as JSON; ``rows`` is the number of records read or written."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    reply = Reply(text, status, headers, content_type="application/json;charset=utf-8")
    reply.rows = rows
    return reply


def empty_response(status: int = 204, *, rows: int = 0, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer without a body."""
    reply = Reply(b"", status, headers)
    reply.rows = rows
    return reply


def prevented(fault: Fault | None) -> Reply | None:
    """The answer of a fault that keeps the request from being carried out."""
    if fault is not None and fault.do == "status":
        return Reply(fault.body, fault.status, {"Content-Type": "application/json", **fault.headers})
    if fault is not None and fault.do == "html":
        return Reply(MAINTENANCE_PAGE, 200, content_type="text/html;charset=utf-8")
    return None


def spoiled(fault: Fault, reply: Reply, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Hand out the answer of a request that was carried out, in the broken way that ``fault`` wants."""
    if fault.do == "apply_then_cut":
        raise ConnectionCutError
    if fault.do == "hang":
        time.sleep(fault.seconds)
    body = reply.get_data()
    if fault.do == "truncate":
        reply.set_data(body[: len(body) // 2])
    whole = reply(environ, start_response)
    if fault.do == "drip":
        return _drip(body, fault.seconds)
    return _half(body) if fault.do == "cut" else whole


def _half(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionCutError


def _drip(body: bytes, seconds: float) -> Iterator[bytes]:
    for position in range(len(body)):
        time.sleep(seconds)
        yield body[position : position + 1]
