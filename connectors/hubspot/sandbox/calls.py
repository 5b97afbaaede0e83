"""One request as the handlers see it, and the shapes that several of them answer with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request

from connectors.hubspot.sandbox.numbers import PORTAL_ID
from connectors.hubspot.sandbox.records import Record
from connectors.hubspot.sandbox.refusals import malformed, rejected
from connectors.hubspot.sandbox.values import stamp

MOST_BATCH_INPUTS = 100


@dataclass(frozen=True)
class Answer:
    """What a handler answers; ``rows`` counts the records moved, ``body`` None means an empty answer."""

    body: Any = None
    status: int = 200
    rows: int = 0
    headers: Mapping[str, str] = attribute(default_factory=dict)


class Call:
    """One request, its query and body read as HubSpot reads them."""

    def __init__(self, request: Request) -> None:
        self._request = request

    @property
    def path(self) -> str:
        """The path, for links to the next page."""
        return self._request.path

    def flag(self, name: str) -> bool:
        """A boolean of the query, false when absent."""
        return self._request.args.get(name, "false").lower() == "true"

    def text(self, name: str) -> str | None:
        """A text of the query, None when absent."""
        return self._request.args.get(name)

    def names(self, name: str) -> list[str]:
        """A list of the query, given as repeated parameters or joined by commas."""
        joined = ",".join(self._request.args.getlist(name))
        return [part.strip() for part in joined.split(",") if part.strip()]

    def limit(self, default: int, most: int) -> int:
        """The page size asked for; refuses one out of bounds."""
        text = self._request.args.get("limit", str(default))
        if not text.isdigit() or not 0 < int(text) <= most:
            raise rejected(f"limit must be between 1 and {most}, it was {text}", code="INVALID_LIMIT")
        return int(text)

    def start(self) -> int:
        """The id that a page starts with; refuses what is no number."""
        return whole_number(self.text("after") or "0", "after")

    def query(self) -> dict[str, str]:
        """All parameters of the query, the first of each."""
        return self._request.args.to_dict()

    def form(self) -> dict[str, str]:
        """The fields of a form-encoded body."""
        return self._request.form.to_dict()

    def upload(self, name: str) -> tuple[str, bytes] | None:
        """An uploaded file's name and content, None without one."""
        found = self._request.files.get(name)
        return None if found is None else (found.filename or name, found.read())

    def body(self) -> Mapping[str, Any]:
        """The JSON object of the body; refuses anything else."""
        found = self.json()
        if not isinstance(found, dict):
            raise malformed("the body must be an object")
        return found

    def json(self) -> Any:
        """The JSON of the body; refuses what is none."""
        try:
            return json.loads(self._request.get_data())
        except (ValueError, RecursionError) as problem:
            raise malformed(str(problem)) from problem

    def inputs(self, most: int = MOST_BATCH_INPUTS) -> list[Any]:
        """The inputs of a batch; refuses an empty one and one that is too large."""
        found = objects(self.body(), "inputs")
        if not found:
            raise rejected("inputs is required and must not be empty", code="MISSING_INPUTS")
        if len(found) > most:
            message = f"The maximum number of inputs supported in a batch request is {most}, received {len(found)}"
            raise rejected(message, code="TOO_MANY_INPUTS")
        return found


def field(given: Any, name: str) -> Any:
    """A required entry of a JSON object; refuses its absence."""
    if not isinstance(given, Mapping) or given.get(name) is None:
        raise malformed(f"Some required fields were not set: [{name}]")
    return given[name]


def objects(given: Mapping[str, Any], name: str) -> list[Any]:
    """An entry that is a list of JSON objects, empty when absent; refuses anything else."""
    found = given.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise malformed(f"{name} must be a list of objects")
    return found


def names_in(given: Mapping[str, Any], name: str) -> list[str]:
    """An entry that is a list of texts, empty when absent; refuses anything else."""
    found = given.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise malformed(f"{name} must be a list of strings")
    return found


def whole_number(given: Any, name: str) -> int:
    """A number that may be written as text; refuses what is none."""
    if isinstance(given, bool) or not re.fullmatch(r"-?\d{1,18}", str(given)):
        raise rejected(f"{name} must be an integer, it was {given}", code="INVALID_INTEGER")
    return int(given)


def properties_of(given: Any) -> Mapping[str, Any]:
    """The properties of a write body."""
    found = field(given, "properties")
    if not isinstance(found, Mapping):
        raise malformed("properties must be an object")
    return found


def batch(
    results: Sequence[Any], errors: Sequence[Any], at: datetime, *, status: int = 200, moved: int | None = None
) -> Answer:
    """The envelope of a batch answer: 207 as soon as one row failed."""
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": list(results),
        "startedAt": stamp(at),
        "completedAt": stamp(at),
    }
    if errors:
        body.update({"numErrors": len(errors), "errors": list(errors)})
    return Answer(body, 207 if errors else status, len(results) if moved is None else moved)


def paged(results: Sequence[Any], after: str | None, call: Call) -> dict[str, Any]:
    """The envelope of one page; ``paging`` is there only when more follows."""
    body: dict[str, Any] = {"results": list(results)}
    if after is not None:
        body["paging"] = {"next": {"after": after, "link": f"https://api.hubapi.com{call.path}?after={after}"}}
    return body


def shown(record: Record, asked: Iterable[str] = (), with_history: Iterable[str] = ()) -> dict[str, Any]:
    """A record as the API shows it: the properties asked for or the usual ones, null where without a value."""
    history = [name for name in with_history if record.kind.live(name)]
    wanted = [name for name in asked if record.kind.live(name)]
    standing = ("hs_object_id", record.kind.created, record.kind.modified)
    names = dict.fromkeys((*wanted, *history, *standing) if wanted or history else record.kind.shown)
    body: dict[str, Any] = {
        "id": record.id,
        "properties": {name: record.properties.get(name) for name in sorted(names)},
        "createdAt": stamp(record.created_at),
        "updatedAt": stamp(record.updated_at),
        "archived": record.archived_at is not None,
        "url": f"https://app.hubspot.com/contacts/{PORTAL_ID}/record/{record.kind.type_id}/{record.id}",
    }
    if history:
        body["propertiesWithHistory"] = {name: past(record, name) for name in history}
    if record.archived_at is not None:
        body["archivedAt"] = stamp(record.archived_at)
    return body


def past(record: Record, name: str) -> list[dict[str, Any]]:
    """The history of one property, newest first."""
    return [
        {
            "value": version.value,
            "timestamp": stamp(version.at),
            "sourceType": version.author.source_type,
            **({"sourceId": version.author.source_id} if version.author.source_id else {}),
            **({"updatedByUserId": version.author.user_id} if version.author.user_id else {}),
        }
        for version in record.history.get(name, [])
    ]
