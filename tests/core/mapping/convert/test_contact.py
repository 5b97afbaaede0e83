"""E-mail addresses, phone numbers, web addresses and countries, as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from core.mapping.convert.contact import country, country_of, domain, e164, email, url
from core.mapping.issues import BadValueError
from core.model.values import Domain, Email, Url


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada@Example.COM", "ada@example.com"),
        ("  ada@example.com ", "ada@example.com"),
        ("Ada Lovelace <ada@example.com>", "ada@example.com"),
        ('"Lovelace, Ada" <Ada@Example.com>', "ada@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("o'neil+tax@mail.example.co.uk", "o'neil+tax@mail.example.co.uk"),
        ("ada+tax@mail.example.co.uk", "ada+tax@mail.example.co.uk"),
        ("ada@example.com.", "ada@example.com"),
        ("ada@müller.example", "ada@müller.example"),
        ("", None),
    ],
)
def test_addresses(value: str, expected: str | None) -> None:
    assert email(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "ada",
        "@example.com",
        "ada@",
        "a@b@c",
        "ada lovelace@example.com",
        "n/a",
        "-",
        "ada@exa mple.com",
        "x" * 400 + "@a.example",
        17,
        ["ada@example.com"],
        {"email": "ada@example.com"},
        "a@b;c@d",
    ],
)
def test_what_is_no_address_is_refused_with_a_remedy(value: Any) -> None:
    with pytest.raises(BadValueError, match=r"no e-mail|where text") as bad:
        email(value)
    assert bad.value.remedy


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("http://example.com/a?b=c#d", "http://example.com/a?b=c#d"),
        ("HTTPS://Example.com", "https://Example.com"),
        ("www.example.com", "https://www.example.com"),
        (" example.com/path ", "https://example.com/path"),
        ("", None),
    ],
)
def test_web_addresses(value: str, expected: str | None) -> None:
    assert url(value) == expected


@pytest.mark.parametrize("value", ["ftp://example.com", "https://", "two words", "https://a b", ["x"], {}])
def test_what_is_no_web_address_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        url(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("https://www.Example.com/path?x=1", "example.com"),
        ("http://example.com:8080/", "example.com"),
        ("https://user:secret@example.com/", "example.com"),
        ("office@example.co.uk", "example.co.uk"),
        ("EXAMPLE.COM.", "example.com"),
        ("shop.example.com", "shop.example.com"),
        ("münchen.example", "münchen.example"),
        ("", None),
    ],
)
def test_domains(value: str, expected: str | None) -> None:
    assert domain(value) == expected


@pytest.mark.parametrize(
    "value", ["example", "n/a", "-", "two words", "http://", "a" * 300 + ".com", ["x"], 7, "..", "a..b"]
)
def test_what_is_no_domain_is_refused(value: Any) -> None:
    with pytest.raises(BadValueError):
        domain(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("GB", "GB"),
        ("gb", "GB"),
        ("GBR", "GB"),
        ("United Kingdom", "GB"),
        ("united kingdom", "GB"),
        ("UK", "GB"),
        ("England", "GB"),
        ("Great Britain", "GB"),
        ("United States", "US"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("Ireland", "IE"),
        ("Republic of Ireland", "IE"),
        ("Deutschland", "DE"),
        ("Germany", "DE"),
        ("France", "FR"),
        ("The Netherlands", "NL"),
        ("Holland", "NL"),
        (" Switzerland ", "CH"),
        ("", None),
    ],
)
def test_countries(value: str, expected: str | None) -> None:
    assert country(value) == expected


@pytest.mark.parametrize("value", ["Atlantis", "XX", "EU", "Europe", "123", "ZZ"])
def test_unknown_countries_are_refused(value: str) -> None:
    with pytest.raises(BadValueError, match="no known country"):
        country(value)
    assert country_of(value) is None


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("+442079460000", None, "+442079460000"),
        ("+44 20 7946 0000", None, "+442079460000"),
        ("+44-20-7946-0000", None, "+442079460000"),
        ("+44 (20) 7946.0000", None, "+442079460000"),
        ("+44 (0)20 7946 0000", "GB", "+442079460000"),
        ("020 7946 0000", "GB", "+442079460000"),
        ("(020) 7946 0000", "GB", "+442079460000"),
        ("01632 960123", "GB", "+441632960123"),
        ("0044 20 7946 0000", "GB", "+442079460000"),
        ("(555) 010-9999", "US", "+15550109999"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("030 123456", "DE", "+4930123456"),
        ("020 7946 0000", None, None),
        ("ext. 12", "GB", None),
        ("call the office", "GB", None),
        ("", "GB", None),
        ("+", "GB", None),
        ("+0123456789", None, None),
        ("7" * 60, "GB", None),
    ],
)
def test_phone_numbers_in_international_form(number: str, region: str | None, expected: str | None) -> None:
    assert e164(number, region) == expected


@given(st.text(max_size=60))
def test_whatever_is_taken_for_an_address_is_one(value: str) -> None:
    for read, kind in ((email, Email), (domain, Domain), (url, Url)):
        try:
            found = read(value)
        except BadValueError:
            continue
        if found is not None:
            TypeAdapter(kind).validate_python(found)


@given(st.text(max_size=30))
def test_no_number_breaks_the_reader_of_phone_numbers(value: str) -> None:
    found = e164(value, "GB")
    assert found is None or found.startswith("+")
