"""Mappings made on the spot, for tests that need only a line or two of one."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import orjson

from core.mapping import Issue, Mapping, StreamMapping
from core.mapping.streams import is_plain
from core.store.raw import encode

HEAD = """
connector: crm
id: Id
"""


def load(
    folder: Path, text: str, overlay: str | None = None, *, currency: str | None = None, region: str | None = None
) -> Mapping:
    """Compile a mapping written in the test; its file is ``ours.yaml``, that of the overlay ``overlay.yaml``."""
    path, over = folder / "ours.yaml", folder / "overlay.yaml"
    path.write_text(dedent(text).lstrip(), "utf-8")
    if overlay is None:
        return Mapping.load(path, "crm", currency=currency, region=region)
    over.write_text(dedent(overlay).lstrip(), "utf-8")
    return Mapping.load(path, "crm", over, currency=currency, region=region)


def with_fields(
    folder: Path, fields: str, *, top: str = "", currency: str | None = None, region: str | None = None
) -> StreamMapping:
    """A mapping of one record type with these fields (and a name), and a user to refer to."""
    text = HEAD + dedent(top) + "client:\n  stream: Account\n  fields:\n    name: Name\n"
    text += indent(dedent(fields).strip("\n"), "    ") + "\nuser: {stream: User, fields: {name: Name}}\n"
    return load(folder, text, currency=currency, region=region).streams["Account"]


def normalised(stream: StreamMapping, raw: dict[str, Any], issues: list[Issue]) -> list[tuple[str, dict[str, Any]]]:
    """What normalising yields; that it is also what the road of plain payloads writes is checked on the way."""
    made, again = stream.normalise(raw, issues), list[Issue]()
    if is_plain(encode(raw)):
        expected = [(kind, orjson.dumps(data).decode(), data.get("client_id")) for kind, data in made]
        assert stream.written([(raw, encode(raw))], again) == [expected]
        assert again == issues
    return made


def read(stream: StreamMapping, raw: dict[str, Any]) -> dict[str, Any]:
    """The canonical data of a record of which only the fields under test are given; nothing may be wrong with it."""
    issues: list[Issue] = []
    (_, data), *more = normalised(stream, {"Id": "1", "Name": "Hill", **raw}, issues)
    assert not more
    assert not issues
    del data["name"]
    return data


def problems(stream: StreamMapping, raw: dict[str, Any]) -> tuple[dict[str, Any], list[Issue]]:
    """Like ``read``, with what was wrong."""
    issues: list[Issue] = []
    ((_, data),) = normalised(stream, {"Id": "1", "Name": "Hill", **raw}, issues)
    del data["name"]
    return data, issues
