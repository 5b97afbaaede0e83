"""A CRM that can only be exported, and its automation: it takes signed changes and has them in its next export.

Written as such tools tell their users to: the public library checks the signature, an id seen before is passed over.
``python -m tests.connectors.webhook.automation FILE SECRET`` serves one file's CRM; the first line told is its port.
"""

from __future__ import annotations

import csv
import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
from standardwebhooks import Webhook, WebhookVerificationError

ID = "Record ID"


@dataclass
class Automation:
    """The records of one file by id, and what was said to each message."""

    file: Path
    secret: str
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    exports_by_itself: bool = True

    def read(self) -> None:
        """Begin with what the file holds."""
        if self.file.exists():
            self.rows = {row[ID]: row for row in csv.DictReader(io.StringIO(self.file.read_text("utf-8")))}

    def export(self) -> None:
        """Write the file anew, as the CRM's scheduled export does."""
        names = list(dict.fromkeys([ID, *(name for row in self.rows.values() for name in row)]))
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, names, restval="")
        writer.writeheader()
        writer.writerows(self.rows.values())
        self.file.write_text(text.getvalue(), encoding="utf-8", newline="")

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Check, carry out once, answer."""
        try:
            change = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            return 401, {}
        name = headers["webhook-id"]
        if name in self.answers:
            status, told = self.answers[name]
            return status, told | ({"created": False} if "created" in told else {})
        self.answers[name] = self._carried_out(change["type"], change["data"])
        if self.exports_by_itself:
            self.export()
        return self.answers[name]

    def _carried_out(self, kind: str, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        values = {name: "" if value is None else str(value) for name, value in data["values"].items()}
        if kind == "record.create":
            return self._made(data["key"], values)
        if data["record"] not in self.rows:
            return 422, {"error": "no such record"}
        if kind == "record.delete":
            del self.rows[data["record"]]
        else:
            self.rows[data["record"]].update(values)
        return 200, {"id": data["record"]}

    def _made(self, key: dict[str, str], values: dict[str, str]) -> tuple[int, dict[str, Any]]:
        known = next((name for name, row in self.rows.items() if row.get(key["field"]) == key["value"]), None)
        name = known or f"N{len(self.rows) + 1:05d}"
        self.rows.setdefault(name, {ID: name, key["field"]: key["value"]}).update(values)
        return 200, {"id": name, "created": known is None}


@contextmanager
def serving(automation: Automation) -> Iterator[str]:
    """Its address on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = automation.take(body, {name.lower(): value for name, value in self.headers.items()})
            told = orjson.dumps(answer)
            self.send_response(status)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main(file: str, secret: str) -> None:
    """Serve until standard input ends."""
    automation = Automation(Path(file), secret)
    automation.read()
    with serving(automation) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
