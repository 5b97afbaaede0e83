"""Where a webhook may go: never into the firm's own network, whatever its address says and whatever its name becomes.

Two looks. The address an admin wrote is read strictly, so that there are no two opinions on which host it names. The
addresses its name stands for are judged at the moment of connecting, and the one connected to is judged again: a name
that meant something harmless a second ago is no way in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from core.errors import ConfigError

LONGEST = 2000
WEB_PORTS = {"https": 443, "http": 80}
FIRST_FREE_PORT = 1024  # below it live mail, databases and shells, which answer to lines of text that are no HTTP

# The IANA registries of special-purpose addresses, July 2026; multicast, and what clouds keep for themselves.
REFUSED_V4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
            *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # Azure's own services answer here, on a public address
        ),
    )
)
# Of version 6 only 2000::/3 is given out for the internet. Outside it lie loopback, link-local, private networks,
# version 4 in disguise (::ffff:0:0/96, 64:ff9b::/96) and multicast; inside it tunnels that carry version 4.
GIVEN_OUT_V6 = IPv6Network("2000::/3")
REFUSED_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))

_URL = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?(/[!-~]*|\?[!-~]*)?", re.IGNORECASE)
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


class RefusedAddressError(Exception):
    """A webhook would have gone where none may go."""


@dataclass(frozen=True)
class Target:
    """An address taken apart; ``host`` is a name in small letters, or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    may_be_private: bool


def read_target(url: str, *, may_be_private: bool = False) -> Target:
    """Take an address apart; raises ``ConfigError`` for all that is not plainly the address of a web server.

    ``may_be_private`` is the admin's word that this one lies in the firm's own network: plain HTTP and private
    addresses are then allowed, for this host alone.
    """
    found = _URL.fullmatch(url) if len(url) <= LONGEST and "\\" not in url and "#" not in url else None
    if found is None:
        raise _odd("not the address of a web server", "write it as https://host/path, without user name or fragment")
    scheme, host = found[1].lower(), found[2].lower()
    if scheme == "http" and not may_be_private:
        raise _odd("sent over plain HTTP, anyone on the way could read it", "use https")
    port = int(found[3]) if found[3] else WEB_PORTS[scheme]
    if not 0 < port < 2**16 or (port < FIRST_FREE_PORT and port not in WEB_PORTS.values()):
        raise _odd(f"no web server listens on port {port}", "use 443, or a port from 1024 on")
    path = found[4] or "/"
    target = Target(scheme, _host(host), port, path if path.startswith("/") else f"/{path}", may_be_private)
    _judge_literal(target)
    return target


def is_public(address: str) -> bool:
    """Whether an IP address belongs to a machine on the internet."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in REFUSED_V4)
    return found in GIVEN_OUT_V6 and not any(found in network for network in REFUSED_V6)


def judge(target: Target, address: str) -> None:
    """Raise ``RefusedAddressError`` unless this host may be reached at this address."""
    if not target.may_be_private and not is_public(address):
        raise RefusedAddressError(f"{target.host} stands for {address}, which is not on the internet")


def _host(written: str) -> str:
    if written.startswith("["):
        return _version_six(written[1:-1])
    labels = written.removesuffix(".").split(".")
    if not all(_NAME.fullmatch(label) for label in labels):
        raise _odd(f"`{written}` is no name of a host", "write names with other letters as xn--…")
    # What ends in a number is an address in one of many spellings (127.1, 0x7f.1, 2130706433): only one is taken.
    if _NUMERIC.fullmatch(labels[-1]) and not _is_plain_quad(labels):
        raise _odd(f"`{written}` is an address in an unusual spelling", "write the host's name")
    return ".".join(labels)


def _version_six(written: str) -> str:
    try:
        return str(IPv6Address(written))
    except ValueError:
        raise _odd(f"`[{written}]` is no address", "write the host's name") from None


def _is_plain_quad(labels: list[str]) -> bool:
    return len(labels) == 4 and all(
        label.isdigit() and (label == "0" or label[0] != "0") and int(label) < 256 for label in labels
    )


def _judge_literal(target: Target) -> None:
    if _is_plain_quad(target.host.split(".")) or ":" in target.host:
        try:
            judge(target, target.host)
        except RefusedAddressError as refused:
            remedy = "use a server on the internet, or set `private: true` if it is the firm's own"
            raise _odd(str(refused), remedy) from refused


def _odd(what: str, remedy: str) -> ConfigError:
    return ConfigError(what, where="url", remedy=remedy)
