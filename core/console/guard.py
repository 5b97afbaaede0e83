"""Who may see the pages, and what browsers are told about them.

The console has no login yet, so it answers nobody but people at this very machine: requests over loopback, for a name
of loopback (a page elsewhere could else reach it through a name that resolves here), and not passed on by a proxy.
"""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import Forbidden

NEAR = frozenset({"127.0.0.1", "::1"})
NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def refuse_strangers() -> None:
    """Let through only people at this machine; everybody else gets 403 with the way in."""
    name = request.host.rpartition(":")[0] if ":" in request.host.rpartition("]")[2] else request.host
    is_near = request.remote_addr in NEAR and name.lower() in NAMES
    if not is_near or any(header in request.headers for header in PASSED_ON):
        raise Forbidden("The console has no login yet. Open it on the machine itself, or through `ssh -L 8080:…`.")


def add_headers(response: Response) -> Response:
    """Tell browsers to load nothing from elsewhere, show the page in no frame and keep no copy."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
