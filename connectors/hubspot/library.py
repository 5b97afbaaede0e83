"""The vendor's library as the one thing that is built once per process: it looks up its own version on every building.

Each connector works with a copy that speaks through its own transport; what is shared is never changed.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from urllib3 import PoolManager

Part = Literal["objects", "oauth"]


def api_client(part: Part, base_url: str, pool: PoolManager) -> Any:
    """Return the library's client of generic calls at ``base_url``, sending through ``pool``.

    Each part of the library has a class of its own, which raises that part's exceptions.
    """
    client = copy(_built(part, base_url.rstrip("/")))
    client.rest_client = copy(client.rest_client)
    client.rest_client.pool_manager = pool
    client.default_headers = dict(client.default_headers)
    return client


@cache
def _built(part: Part, host: str) -> Any:
    from hubspot import HubSpot  # noqa: PLC0415 - takes a third of a second to import

    library: Any = HubSpot(host=host)
    return (library.crm.objects.basic_api if part == "objects" else library.oauth.tokens_api).api_client
