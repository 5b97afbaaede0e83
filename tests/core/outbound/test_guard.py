"""No address leads into the firm's own network: not as it is written, not as it resolves, not as it is connected."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from core.errors import ConfigError
from core.outbound.guard import RefusedAddressError, Target, is_public, judge, read_target

PRIVATE_V4 = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.254", "127.0.0.1",
    "127.1.2.3", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1",
    "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
]  # fmt: skip
PRIVATE_V6 = [
    "::", "::1", "::7f00:1", "::a00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fd12:3456:789a::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff05::1:3",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.167.0.1",
    "9.255.255.255", "11.0.0.0", "168.63.129.17", "169.253.1.1", "198.17.1.1", "223.255.255.255",
    "2600::1", "2a00:1450:4009::200e",
    "2001:4860:4860::8888", "2003::1",
]  # fmt: skip


def spellings(address: str) -> list[str]:
    """One address of version 4 in all the ways that C libraries and browsers take."""
    number = int(IPv4Address(address))
    a, b, c, d = address.split(".")
    quads = [int(part) for part in (a, b, c, d)]
    return [
        address, f"{number}", f"{number:#x}", f"0{number:o}", f"{number:#X}",
        ".".join(f"{quad:#x}" for quad in quads), ".".join(f"0{quad:o}" for quad in quads),
        ".".join(f"{quad:03d}" for quad in quads), f"{a}.{(quads[1] << 16) + (quads[2] << 8) + quads[3]}",
        f"{a}.{b}.{(quads[2] << 8) + quads[3]}", f"{quads[0]:#x}.{b}.{c}.{d}", f"{a}.{b}.{c}.{d}.",
        f"[::ffff:{address}]", f"[::{address}]", f"[64:ff9b::{address}]",
        f"[2002:{number >> 16:x}:{number & 65535:x}::]",
        f"{address}%00.example", f"{address}\u3002", f"\uff11{address[1:]}",
    ]  # fmt: skip


HOSTILE = [f"https://{spelt}/" for address in PRIVATE_V4 for spelt in spellings(address)]
HOSTILE += [f"https://[{address}]/hook" for address in PRIVATE_V6]
HOSTILE += [f"https://[{IPv6Address(address).exploded}]:8443/" for address in PRIVATE_V6]
HOSTILE += [
    "", " ", "https://", "https:///path", "//hooks.example/", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd",
    "gopher://hooks.example:70/_x", "javascript:alert(1)", "data:text/html,x", "http://hooks.example/", "HTTP://hooks.example",
    "https://user@hooks.example/", "https://user:pass@hooks.example/", "https://hooks.example@127.0.0.1/",
    "https://127.0.0.1#@hooks.example/", "https://hooks.example#.internal/", "https://hooks.example\\@127.0.0.1/",
    "https://hooks.example\\.internal/", "https:\\\\hooks.example/", "https://hooks.example/\r\nHost: x", "https://hooks.example\t/",
    "https://hooks .example/", "https://hooks.example:0/", "https://hooks.example:22/", "https://hooks.example:25/",
    "https://hooks.example:99999/", "https://hooks.example:65536/", "https://hooks.example:-1/", "https://hooks.example:8o/",
    "https://[::1", "https://::1/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[v1.x]/",
    "https://-hooks.example/", "https://hooks-.example/", "https://hooks..example/", "https://.example/", "https://*.example/",
    "https://h\u00f6oks.example/", "https://hooks.example\u2044@127.0.0.1/", "https://\u24db\u24de\u24d2\u24d0\u24db/",
    "https://" + "a" * 64 + ".example/", "https://hooks.example/" + "a" * 2000, "https://0/", "https://0x0/", "https://00/",
    "https://0177.1/", "https://127.1/", "https://0x7f.1/", "https://1.1/", "https://256.256.256.256/", "https://1.2.3.4.5/",
    "https://017700000001/", "https://hooks.example:443:443/", "https://hooks.example:/@127.0.0.1:80",
]  # fmt: skip


def remedy_for(url: str) -> str:
    """What the admin is told to do about an address; empty when it is taken."""
    try:
        read_target(url)
    except ConfigError as refused:
        return refused.remedy
    return ""


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) >= 400


def test_no_hostile_address_is_taken_and_each_gets_a_remedy() -> None:
    assert [url for url in HOSTILE if not remedy_for(url)] == []


@pytest.mark.parametrize("address", PRIVATE_V4 + PRIVATE_V6)
def test_a_name_that_stands_for_it_is_refused_when_connecting(address: str) -> None:
    with pytest.raises(RefusedAddressError, match=r"hooks\.example stands for"):
        judge(Target("https", "hooks.example", 443, "/", may_be_private=False), address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_reachable(address: str) -> None:
    assert is_public(address)
    judge(Target("https", "hooks.example", 443, "/", may_be_private=False), address)
    host = f"[{address}]" if ":" in address else address
    assert read_target(f"https://{host}/").host == address


def test_an_address_is_taken_apart_as_it_is_written() -> None:
    target = read_target("https://Hooks.Example.:8443/inlay/%7Bx%7D?key=a%20b&n=1")
    assert (target.scheme, target.host, target.port) == ("https", "hooks.example", 8443)
    assert target.path == "/inlay/%7Bx%7D?key=a%20b&n=1"


@pytest.mark.parametrize(("url", "path"), [("https://h.example", "/"), ("https://h.example?a=1", "/?a=1")])
def test_an_address_without_path_goes_to_the_root(url: str, path: str) -> None:
    assert read_target(url).path == path


def test_the_admin_may_name_a_machine_of_the_firm() -> None:
    target = read_target("http://10.1.2.3:8080/hook", may_be_private=True)
    judge(target, "10.1.2.3")
    assert target.scheme == "http"


def test_even_then_the_address_has_to_be_plain() -> None:
    for url in ("http://0x7f.1/", "http://user@10.0.0.1/", "http://10.0.0.1:22/"):
        with pytest.raises(ConfigError):
            read_target(url, may_be_private=True)
