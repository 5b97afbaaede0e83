"""One call to the REST API and what is answered, free of the web server, so that composite calls can nest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.salesforce.sandbox.errors import Refusal


@dataclass(frozen=True)
class Call:
    """One call: ``path`` is what follows ``/services/data/vXX.0/``, cut at the slashes and then decoded."""

    method: str
    version: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw_body: bytes | str
    user_id: str

    @property
    def version_number(self) -> int:
        """The API version as a whole number."""
        return int(self.version[1:].split(".")[0])

    def header(self, name: str) -> str | None:
        """Return a header's value; names are found in any letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)

    def body(self) -> dict[str, object]:
        """Return the JSON object in the body; 400 when there is none."""
        try:
            data = json.loads(self.raw_body)
        except ValueError:
            raise _unreadable("Unexpected character or end of input at [line:1, column:1]") from None
        if not isinstance(data, dict):
            raise _unreadable("The HTTP entity body is required to be a JSON object, but this request has none.")
        return data

    def flag(self, name: str) -> bool:
        """Tell whether a query parameter says true."""
        return self.query.get(name, "").lower() == "true"


JSON, CSV = "application/json;charset=UTF-8", "text/csv"


@dataclass(frozen=True)
class Result:
    """What is answered: a body or none (JSON unless ``media`` says that it is text), how many records were moved."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    media: str = JSON


def refused(refusal: Refusal) -> Result:
    """Return the list-shaped answer of a refused call."""
    return Result(refusal.status, [refusal.as_call_error()])


def _unreadable(message: str) -> Refusal:
    return Refusal("JSON_PARSER_ERROR", message, is_of_whole_call=True)
