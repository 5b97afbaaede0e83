"""Source ids: every record of every system has one, and it can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import SourceKey

NAMES = st.text(st.characters(blacklist_characters="/"), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("key", "source_id"),
    [
        (SourceKey("crm", "Account", "0015g00000AbCdEAAV"), "crm/Account/0015g00000AbCdEAAV"),
        (SourceKey("books", "customers.csv", "ALFKI"), "books/customers.csv/ALFKI"),
        (SourceKey("billing", "customers", "cus_1"), "billing/customers/cus_1"),
        (SourceKey("files", "orders.csv", "2024/17"), "files/orders.csv/2024/17"),
        (SourceKey("files", "orders.csv", "a b\nc"), "files/orders.csv/a b\nc"),
    ],
)
def test_a_key_and_its_id_are_the_same_thing(key: SourceKey, source_id: str) -> None:
    assert key.id == source_id
    assert SourceKey.parse(source_id) == key


@pytest.mark.parametrize("text", ["", "crm", "crm/Account", "crm/Account/", "/Account/1", "crm//1", "//"])
def test_what_is_no_source_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no source id"):
        SourceKey.parse(text)


def test_a_refusal_does_not_print_a_novel() -> None:
    with pytest.raises(ValueError, match="is no source id") as refused:
        SourceKey.parse("x" * 10_000)
    assert len(str(refused.value)) < 200


@given(NAMES, NAMES, st.text(min_size=1, max_size=40))
def test_any_external_id_survives_the_way_there_and_back(connection: str, stream: str, external_id: str) -> None:
    key = SourceKey(connection, stream, external_id)
    assert SourceKey.parse(key.id) == key


def test_keys_sort_by_connection_then_stream_then_id() -> None:
    keys = [SourceKey("b", "a", "1"), SourceKey("a", "b", "1"), SourceKey("a", "a", "2"), SourceKey("a", "a", "1")]
    assert [key.id for key in sorted(keys)] == ["a/a/1", "a/a/2", "a/b/1", "b/a/1"]
