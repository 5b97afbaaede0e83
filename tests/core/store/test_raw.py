"""Payloads come back as they were, small, and compare by what they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.errors import BugError
from core.store import Store
from core.store.raw import (
    Packer,
    Unpacker,
    common_text,
    decode,
    digest,
    encode,
    may_be_reordered,
    ordered,
    packer_for,
)
from core.store.tables import raw_dictionary

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def account(number: int) -> dict[str, Any]:
    return {
        "Id": f"001{number:015d}",
        "Name": f"Client number {number}",
        "Industry": ["Legal", "Accounting", "Consulting"][number % 3],
        "BillingAddress": {"street": f"{number} High Street", "city": "Leeds", "country": "GB"},
        "Description": f"What only client {number} is told",
        "Tags": ["vip", f"tag {number}"],
    }


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_any_payload_comes_back(payload: dict[str, Any]) -> None:
    assert decode(encode(payload)) == payload


@given(st.dictionaries(st.text(), st.integers() | st.text(), max_size=6))
def test_order_of_fields_does_not_count(payload: dict[str, Any]) -> None:
    turned = dict(reversed(payload.items()))
    assert ordered(payload) == ordered(turned)
    assert may_be_reordered(digest(encode(payload)), digest(encode(turned)))


@pytest.mark.parametrize(
    ("one", "other"), [({"a": 1}, {"a": "1"}), ({"a": None}, {}), ({"a": ""}, {"a": None}), ({"a": 0}, {"a": False})]
)
def test_different_payloads_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest(encode(one)) != digest(encode(other))
    assert ordered(one) != ordered(other)


def test_packed_payload_comes_back(store: Store) -> None:
    sample = [account(number) for number in range(100)]
    with store.begin() as conn:
        packer = packer_for(conn, "crm/Account", sample)
        packed = [packer.pack(encode(record)) for record in sample]
        unpacker = Unpacker(conn)
        assert [unpacker.unpack(one) for one in packed] == sample


def test_dictionary_makes_payloads_much_smaller(store: Store) -> None:
    sample = [account(number) for number in range(100)]
    with store.begin() as conn:
        shared = packer_for(conn, "crm/Account", sample)
    body = encode(account(4711))
    assert len(shared.pack(body)) < 0.7 * len(Packer().pack(body)) < 0.8 * len(body)


def test_dictionary_is_made_once_and_kept(store: Store) -> None:
    with store.begin() as conn:
        first = packer_for(conn, "crm/Account", [account(number) for number in range(60)]).pack(encode(account(1)))
    with store.begin() as conn:
        again = packer_for(conn, "crm/Account", [account(number) for number in range(900, 999)]).pack(
            encode(account(1))
        )
        assert first == again
        packer_for(conn, "crm/Contact", [account(number) for number in range(60)])
        assert [row[0] for row in conn.execute(select(raw_dictionary.c.stream).order_by(raw_dictionary.c.id))] == [
            "crm/Account",
            "crm/Contact",
        ]


def test_few_records_make_no_dictionary(store: Store) -> None:
    with store.begin() as conn:
        packer = packer_for(conn, "crm/Account", [account(number) for number in range(10)])
        assert conn.execute(raw_dictionary.select()).all() == []
        assert Unpacker(conn).unpack(packer.pack(encode(account(1)))) == account(1)


def test_dictionary_holds_nothing_of_a_single_record() -> None:
    text = common_text([account(number) for number in range(100)]).decode()
    assert "BillingAddress" in text
    assert "Leeds" in text
    assert "Legal" in text
    for number in range(100):
        assert f"client {number} " not in text
        assert f"Client number {number}" not in text
        assert f"{number:015d}" not in text


def test_lost_dictionary_is_a_clear_fault(store: Store) -> None:
    with store.begin() as conn:
        packed = packer_for(conn, "crm/Account", [account(n) for n in range(60)]).pack(encode(account(1)))
        conn.execute(raw_dictionary.delete())
        with pytest.raises(BugError, match="dictionary 1"):
            Unpacker(conn).unpack(packed)
