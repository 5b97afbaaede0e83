"""How a simulator answers, and the ways in which a fault prevents or spoils an answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson
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
    reply = Reply(
        orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS),
        status,
        headers,
        content_type="application/json;charset=utf-8",
    )
    reply.rows = rows
    return reply


def empty_response(status: int = 204, *, rows: int = 0, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer without a body."""
    reply = Reply(b"", status, headers)
    reply.rows = rows
    return reply


def prevented(fault: Fault | None, words: str = "") -> Reply | None:
    """The answer of a fault that keeps the request from being carried out; ``words`` where the fault has no own."""
    if fault is None or not fault.prevents:
        return None
    if fault.do == "drop":
        raise ConnectionCutError
    if fault.do == "html":
        return Reply(MAINTENANCE_PAGE, 200, content_type="text/html;charset=utf-8")
    return Reply(fault.body or words, fault.status, {"Content-Type": "application/json", **fault.headers})


def spoiled(fault: Fault, reply: Reply, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Hand out the answer of a request that was carried out, in the broken way that ``fault`` wants."""
    if fault.do == "apply_then_cut":
        raise ConnectionCutError
    if fault.do == "hang":
        time.sleep(fault.seconds)
    body = reply.get_data()
    if fault.do in _DISTORTIONS:
        reply.set_data(_DISTORTIONS[fault.do](body))
    if fault.do in ("empty", "wrong_json"):
        reply.status_code = 200
    whole = reply(environ, start_response)
    if fault.do == "drip":
        return _drip(body, fault)
    return _half(body) if fault.do == "cut" else whole


def _with_lists(body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    """Change every list of results in an answer: the answer itself, or the lists of objects right inside it."""
    try:
        data = json.loads(body)
    except ValueError:  # nothing to change in an answer without a body
        return body
    if isinstance(data, dict):
        data = {key: change(value) if _is_results(value) else value for key, value in data.items()}
    elif _is_results(data):
        data = change(data)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _is_results(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


_DISTORTIONS: Mapping[str, Callable[[bytes], bytes]] = {
    "truncate": lambda body: body[: len(body) // 2],
    "empty": lambda _: b"",
    "wrong_json": lambda _: b'{"ok":true}',
    "shuffle": lambda body: _with_lists(body, lambda results: results[::-1]),
    "lose": lambda body: _with_lists(body, lambda results: results[:-1]),
}


def _half(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionCutError


def _drip(body: bytes, fault: Fault) -> Iterator[bytes]:
    for position in range(0, len(body), fault.piece):
        time.sleep(fault.seconds)
        yield body[position : position + fault.piece]
