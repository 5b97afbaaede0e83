"""A mail server on loopback that speaks TLS and wants a login, with a certificate made for it on the spot."""

from __future__ import annotations

import base64
import socketserver
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "inlay", "correct horse"


@dataclass
class SecureServer:
    """What it took: the commands of each line with whether it came encrypted, and the texts of mails."""

    port: int = 0
    logins: list[str] = field(default_factory=list)
    heard: list[tuple[str, bool]] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)


def make_certificate(folder: Path, host: str = "127.0.0.1") -> Path:
    """A certificate with its key in one file, valid for an address of this machine and signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.firm.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "mail.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Handler(socketserver.StreamRequestHandler):
    """One conversation."""

    server: Server
    is_encrypted = False

    def setup(self) -> None:
        if self.server.implicit:
            self.encrypt()
        else:
            super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        self.say("220 mail.firm.example ESMTP")
        while line := self.rfile.readline():
            command = line.decode().strip()
            verb = command.split(" ")[0].upper()
            self.server.state.heard.append((verb, self.is_encrypted))
            ANSWERS.get(verb, Handler.agree)(self, command)
            if verb == "QUIT":
                return

    def greet(self, _: str) -> None:
        offers = "250-AUTH PLAIN" if self.is_encrypted else "250-STARTTLS"
        self.say(f"250-mail.firm.example\r\n{offers}\r\n250 8BITMIME")

    def start(self, _: str) -> None:
        self.say("220 go ahead")
        self.encrypt()

    def encrypt(self) -> None:
        """Go on over TLS; the streams of before are of no use any more."""
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()
        self.is_encrypted = True

    def login(self, command: str) -> None:
        said = base64.b64decode(command.split(" ")[2]).decode().split("\0")
        if said[1:] == [USER, PASSWORD]:
            self.server.state.logins.append(said[1])
            self.say("235 welcome")
        else:
            self.say("535 5.7.8 authentication credentials invalid")

    def begin(self, command: str) -> None:
        if self.server.state.logins:
            self.agree(command)
        else:
            self.say("530 5.7.0 authentication required")

    def take(self, _: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.server.state.mails.append(b"".join(lines))
        self.say("250 taken")

    def agree(self, _: str) -> None:
        self.say("250 ok")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


ANSWERS: dict[str, Callable[[Handler, str], None]] = {
    "EHLO": Handler.greet,
    "STARTTLS": Handler.start,
    "AUTH": Handler.login,
    "MAIL": Handler.begin,
    "DATA": Handler.take,
}


class Server(socketserver.ThreadingTCPServer):
    """Listens; ``implicit`` speaks TLS from the first byte on, else after STARTTLS (RFC 3207)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, certificate: Path, *, implicit: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.implicit = implicit
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.state = SecureServer(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up on a certificate that it does not know is what some tests want."""
        del client_address
        request.close()


@contextmanager
def secure_server(certificate: Path, *, implicit: bool) -> Iterator[SecureServer]:
    """Serve until the block ends."""
    with Server(certificate, implicit=implicit) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.state
        server.shutdown()
        thread.join()
