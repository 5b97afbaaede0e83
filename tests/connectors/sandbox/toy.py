"""The smallest simulator: a shelf of words, so that the shared base can be tried without any vendor."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.web import Reply, Request, Rule, SandboxApp, json_response

START = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)


class Shelf(SandboxApp):
    """Words can be put on the shelf and read from it."""

    def __init__(self) -> None:
        super().__init__(SandboxClock(START))
        self.words: list[str] = []
        self.limit: int | None = None
        self.rows: list[dict[str, int]] = []
        self.is_open = True

    def rules(self) -> Iterable[Rule]:
        return (
            Rule("/words", endpoint=self.read, methods=["GET"]),
            Rule("/words", endpoint=self.add, methods=["POST"]),
            Rule("/words/<path:word>", endpoint=self.one, methods=["GET"]),
            Rule("/rows", endpoint=lambda _: json_response({"results": self.rows, "total": 3}), methods=["GET"]),
            Rule("/rows/bare", endpoint=lambda _: json_response(self.rows), methods=["GET"]),
            Rule("/bug", endpoint=self.bug, methods=["GET"]),
        )

    def state(self) -> dict[str, object]:
        return {"words": self.words}

    def edit(self, change: Mapping[str, Any]) -> object:
        self.words[change["at"]] = change["word"]
        return self.words

    def configure(self, options: Mapping[str, Any]) -> None:
        if set(options) != {"limit"}:
            super().configure(options)
        self.limit = options["limit"]

    def words_for(self, status: int) -> str:
        return f"shelf says {status}"

    def end_sessions(self) -> None:
        self.is_open = False

    def admit(self, _request: Request) -> Reply | None:
        return None if self.is_open else json_response({"error": "session is over"}, 401)

    def read(self, _request: Request) -> Reply:
        return json_response({"words": self.words}, rows=len(self.words))

    def add(self, request: Request) -> Reply:
        word = request.get_data(as_text=True)
        self.clock.tick()
        self.words.append(word)
        return json_response({"added": word}, 201, rows=1)

    def one(self, _request: Request, word: str) -> Reply:
        return json_response({"known": word in self.words, "word": word})

    def bug(self, _request: Request) -> Reply:
        raise ZeroDivisionError("the shelf broke")


class Line:
    """One kept connection to a served simulator."""

    def __init__(self, base_url: str) -> None:
        self.connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=20)

    def ask(self, method: str, path: str, body: str | bytes | None = None) -> tuple[int, bytes]:
        self.connection.request(method, path, body)
        response = self.connection.getresponse()
        return response.status, response.read()

    def json(self, method: str, path: str, body: object = None) -> Any:
        status, text = self.ask(method, path, None if body is None else json.dumps(body))
        assert status < 300, (status, text)
        return json.loads(text) if text else None

    def control(self, method: str, name: str, body: object = None) -> Any:
        return self.json(method, f"/__sandbox__/{name}", body)

    def close(self) -> None:
        self.connection.close()
