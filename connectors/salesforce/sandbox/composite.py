"""Several calls in one: composite (up to 25, with references) and composite graph (all-or-nothing each)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.site import Site

Dispatch = Callable[[Call, str], Result]
Json = dict[str, object]

MOST_SUBREQUESTS = 25
MOST_GRAPHS = 75
MOST_NODES = 500
DEEPEST = 15
MOST_NODE_KINDS = 15
GRAPHS_BEFORE_HALT = 14
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)\.([A-Za-z0-9_.\[\]]+)\}")
_ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."


def composite(site: Site, call: Call, dispatch: Dispatch) -> Result:
    """Carry out subrequests in order; with ``allOrNone`` a failed one takes the others back."""
    body = call.body()
    requests = _requests(body, "compositeRequest", MOST_SUBREQUESTS)
    responses, _ = _run(site, call, requests, dispatch, body.get("allOrNone") is True)
    return Result(200, {"compositeResponse": responses}, rows=len(responses))


def graph(site: Site, call: Call, dispatch: Dispatch) -> Result:
    """Carry out graphs of subrequests, each as a whole or not at all; after 14 failed ones the rest is left alone."""
    graphs = _requests(call.body(), "graphs", MOST_GRAPHS)
    nodes = [_requests(one, "compositeRequest", MOST_NODES) for one in graphs]
    if sum(map(len, nodes)) > MOST_NODES:
        raise _malformed(f"a payload holds at most {MOST_NODES} nodes")
    for requests in nodes:
        _check_graph(requests)
    answers: list[Json] = []
    failed = 0
    for one, requests in zip(graphs, nodes, strict=True):
        if failed >= GRAPHS_BEFORE_HALT:
            responses, succeeded = [_halted(request, "Processing halted") for request in requests], False
        else:
            responses, succeeded = _run(site, call, requests, dispatch, all_or_none=True)
        failed += not succeeded
        answers.append(
            {
                "graphId": one.get("graphId"),
                "graphResponse": {"compositeResponse": responses},
                "isSuccessful": succeeded,
            }
        )
    return Result(200, {"graphs": answers}, rows=sum(map(len, nodes)))


def _check_graph(requests: list[Json]) -> None:
    """Refuse a graph whose nodes hang on each other too deeply or are of too many kinds (method and object)."""
    depths: dict[str, int] = {}
    for request in requests:
        above = {match[1] for match in _REFERENCE.finditer(json.dumps([request.get("url"), request.get("body")]))}
        depths[str(request.get("referenceId"))] = 1 + max((depths.get(name, 0) for name in above), default=0)
    if max(depths.values()) > DEEPEST:
        raise _malformed(f"a graph is at most {DEEPEST} nodes deep")
    kinds = {(str(one.get("method")), _object_in(str(one.get("url")))) for one in requests}
    if len(kinds) > MOST_NODE_KINDS:
        raise _malformed(f"a graph has at most {MOST_NODE_KINDS} different nodes")


def _object_in(url: str) -> str:
    return url.partition("/sobjects/")[2].partition("/")[0]


class _FailedError(Exception):
    """Ends a block whose changes must be taken back."""


def _run(
    site: Site, call: Call, requests: list[Json], dispatch: Dispatch, all_or_none: bool
) -> tuple[list[Json], bool]:
    bodies: dict[str, object] = {}
    responses: list[Json] = []
    try:
        with site.org.all_or_nothing():
            for request in requests:
                responses.append(_one(call, request, bodies, dispatch))
                if all_or_none:
                    _check(responses[-1])
    except _FailedError:
        failed = responses[-1]
        return [
            failed if one is requests[len(responses) - 1] else _halted(one, _ROLLED_BACK) for one in requests
        ], False
    return responses, all(_succeeded(one) for one in responses)


def _one(call: Call, request: Json, bodies: dict[str, object], dispatch: Dispatch) -> Json:
    reference = str(request.get("referenceId"))
    try:
        url = _resolved(str(request.get("url")), bodies, quoted=True)
        body = json.dumps(_resolved_deep(request.get("body"), bodies)) if "body" in request else ""
    except KeyError as missing:
        message = f"Invalid reference specified. No value for {missing.args[0]} found"
        return _halted(request, message)
    headers = request.get("httpHeaders")
    inner = replace(
        call,
        method=str(request.get("method", "GET")).upper(),
        raw_body=body,
        headers={str(k): str(v) for k, v in headers.items()} if isinstance(headers, dict) else {},
    )
    result = dispatch(inner, url)
    if result.status < 300:
        bodies[reference] = result.body
    return {
        "body": result.body,
        "httpHeaders": dict(result.headers),
        "httpStatusCode": result.status,
        "referenceId": reference,
    }


def _check(response: Json) -> None:
    if not _succeeded(response):
        raise _FailedError


def _succeeded(response: Json) -> bool:
    status = response["httpStatusCode"]
    return isinstance(status, int) and status < 300


def _halted(request: Json, message: str) -> Json:
    refusal = Refusal("PROCESSING_HALTED", message)
    return {
        "body": [refusal.as_call_error()],
        "httpHeaders": {},
        "httpStatusCode": 400,
        "referenceId": request.get("referenceId"),
    }


def _resolved(text: str, bodies: dict[str, object], quoted: bool = False) -> str:
    """Put values of earlier answers in place of ``@{reference.field}``; ``KeyError`` when there is none."""

    def value(match: re.Match[str]) -> str:
        """Return what one reference stands for."""
        here = bodies.get(match[1])
        for step in re.findall(r"[A-Za-z0-9_]+", match[2]):
            here = _child(here, step)
        if here is None:
            raise KeyError(f"{match[1]}.{match[2]}")
        return quote(str(here), safe="") if quoted else str(here)

    return _REFERENCE.sub(value, text)


def _child(here: object, step: str) -> object:
    if isinstance(here, list) and step.isdigit() and int(step) < len(here):
        return here[int(step)]
    return here.get(step) if isinstance(here, dict) else None


def _resolved_deep(value: object, bodies: dict[str, object]) -> object:
    if isinstance(value, str):
        return _resolved(value, bodies)
    if isinstance(value, list):
        return [_resolved_deep(one, bodies) for one in value]
    if isinstance(value, dict):
        return {key: _resolved_deep(one, bodies) for key, one in value.items()}
    return value


def _requests(body: Json, name: str, most: int) -> list[Json]:
    requests = body.get(name)
    if not isinstance(requests, list) or not all(isinstance(one, dict) for one in requests):
        raise Refusal("JSON_PARSER_ERROR", f"{name} must be a list of objects", is_of_whole_call=True)
    if not 0 < len(requests) <= most:
        raise _malformed(f"{name} must hold between 1 and {most} entries")
    return requests


def _malformed(message: str) -> Refusal:
    return Refusal("INVALID_INPUT", message, is_of_whole_call=True)
