"""By which door a change came, in the words of ``changeOrigin``: ``com/salesforce/api/rest/64.0;client=inlay``."""

from __future__ import annotations

import re

from connectors.sandbox.web import Request

_VERSION = re.compile(r"/services/(data/v|Soap/[um]/)(\d+\.\d)")
_CLIENT = re.compile(r"(?:^|[,;\s])client=([^,;\s]+)")


def change_origin(request: Request) -> str:
    """The API and its version, and the client if the call's options name one; empty for other addresses."""
    asked = _VERSION.match(request.path)
    if asked is None:
        return ""
    api = "rest" if asked[1].startswith("data") else "soap"
    client = _CLIENT.search(request.headers.get("Sforce-Call-Options", ""))
    return f"com/salesforce/api/{api}/{asked[2]}" + (f";client={client[1]}" if client else "")
