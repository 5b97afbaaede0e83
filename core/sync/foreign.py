"""The border to connectors: whatever they raise arrives as an error of this house."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from core.connector import Connector, Cursor, Page, RawRecord
from core.errors import InlayError, PluginError

T = TypeVar("T")


def read_pages(connector: Connector, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
    """The pages of a stream; a fault of the connector is raised as ``PluginError``."""
    pages = _guarded(connector, stream, lambda: iter(connector.read(stream, fields, since)))
    while (page := _guarded(connector, stream, lambda: next(pages, None))) is not None:
        yield page


def fetch_records(
    connector: Connector, stream: str, ids: Sequence[str], fields: Sequence[str]
) -> list[RawRecord] | None:
    """These records as they are now; None where the connector cannot ask for single records."""
    if type(connector).fetch is Connector.fetch:
        return None
    return _guarded(connector, stream, lambda: connector.fetch(stream, ids, fields))


def _guarded(connector: Connector, stream: str, call: Callable[[], T]) -> T:
    try:
        return call()
    except InlayError:
        raise
    except Exception as error:  # the host's boundary: a connector is a plugin and may raise anything
        raise PluginError(
            f"connector `{connector.kind}` failed while reading {stream}: {type(error).__name__}: {error}",
            where=f"{connector.context.connection}/{stream}",
            remedy="the other streams went on; tell the connector's author",
        ) from error
