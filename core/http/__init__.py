"""One HTTP discipline under every vendor's client library.

The named libraries wait for ever, never retry, and take a maintenance page for success. Below them lies this package,
and only this one: a total deadline per call, retries of what is safe to repeat, and a look at every 2xx before it is
believed.
"""

from __future__ import annotations

from core.http.calls import Call, CallLog
from core.http.discipline import HttpLimits
from core.http.transport import Transport

__all__ = ["Call", "CallLog", "HttpLimits", "Transport"]
