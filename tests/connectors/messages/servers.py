"""A mail server and a chat's address on loopback: what they took, and how they misbehave."""

from __future__ import annotations

import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class MailServer:
    """Takes mails by SMTP; ``answers`` replaces an answer by command, and an empty one hangs up."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Serve until the block ends."""
    state = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 mail.firm.example ESMTP")
            while line := self.rfile.readline():
                command = line.decode().strip()
                state.commands.append(command)
                if not self.take(command.split(" ")[0].upper()):
                    return

        def take(self, verb: str) -> bool:
            answer = state.answers.get(verb, {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok"))
            if not answer:
                return False
            self.say(answer)
            return self.take_text() if verb == "DATA" and answer.startswith("354") else verb != "QUIT"

        def take_text(self) -> bool:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            state.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
            answer = state.answers.get("END", "250 taken")
            if answer:
                self.say(answer)
            return bool(answer)

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@dataclass
class Chat:
    """What arrived at a chat's address; ``status`` is what it answers."""

    url: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200


@contextmanager
def chat_server() -> Iterator[Chat]:
    """Serve until the block ends; ``url`` is apprise's for a JSON webhook."""
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            chat.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(chat.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        chat.url = f"json://127.0.0.1:{server.server_address[1]}/hook"
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield chat
        server.shutdown()
        thread.join()
