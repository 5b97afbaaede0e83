"""Only loopback: what a test may connect to, and which names it may look up."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

# RFC 2606 promises that these never exist, so tests of "unknown host" may use them and get the true answer.
NEVER_EXISTS = (".invalid", ".test", ".example")


class NetworkRefusedError(Exception):
    """A test tried to leave this machine. Not an OSError, so that no retry takes it for an outage."""


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, by name or by number."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_other_hosts(patch: pytest.MonkeyPatch) -> None:
    """Let sockets reach 127.0.0.0/8, ::1 and unix sockets, and let names resolve only where no server is asked."""
    real_connect, real_connect_ex, real_lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        _check(self, address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return real_connect_ex(self, address)

    def getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        _check_name(host)
        return real_lookup(host, *rest, **options)

    patch.setattr(socket.socket, "connect", connect)
    patch.setattr(socket.socket, "connect_ex", connect_ex)
    patch.setattr(socket, "getaddrinfo", getaddrinfo)


def _check(sock: socket.socket, address: Any) -> None:
    if sock.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
        raise NetworkRefusedError(f"a test may only connect to loopback, not to {address[0]}:{address[1]}")


def _check_name(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if not name or is_loopback(name) or _is_number(name):
        return
    if name.rstrip(".").endswith(NEVER_EXISTS):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    raise NetworkRefusedError(f"a test may not look up {name}")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
