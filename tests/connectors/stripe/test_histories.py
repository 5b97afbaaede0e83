"""Whatever happens in an account: reading the changes step by step ends where reading everything anew ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from connectors.sandbox.server import RunningSandbox
from connectors.stripe.connector import StripeConnector
from core.sdk import Cursor
from tests.connectors.stripe.conftest import Raw
from tests.connectors.stripe.test_connector import FULL_PAYMENT, connect

FIELDS = ("tax_ids.data", *FULL_PAYMENT)
Kept = dict[str, dict[str, Any]]


class Reader:
    """A small stand-in for the store: keeps each stream's records and cursor."""

    def __init__(self, connector: StripeConnector) -> None:
        self.connector = connector
        self.kept: dict[str, Kept] = {stream: {} for stream in connector.streams()}
        self.cursors: dict[str, Cursor | None] = dict.fromkeys(self.kept)

    def sync(self, pages: int | None = None) -> None:
        """Read all streams; with ``pages`` stop in the middle, as a killed process would."""
        for stream, kept in self.kept.items():
            for number, page in enumerate(self.connector.read(stream, FIELDS, self.cursors[stream]), 1):
                kept.update({str(record["id"]): dict(record) for record in page.records})
                for stone in page.tombstones:
                    kept.pop(stone.external_id, None)
                self.cursors[stream] = page.cursor or self.cursors[stream]
                if number == pages:
                    break


def pick(raw: Raw, roll: Random, path: str, **filters: str) -> str | None:
    found = raw.get(f"/v1/{path}", limit="100", **filters).json()["data"]
    return str(roll.choice(found)["id"]) if found else None


def create(raw: Raw, roll: Random) -> None:
    raw.post("/v1/customers", {"name": f"Client {roll.randrange(1000)}", "metadata[tier]": "new"})


def rename(raw: Raw, roll: Random) -> None:
    raw.post(f"/v1/customers/{pick(raw, roll, 'customers')}", {"name": f"Name {roll.randrange(1000)}"})


def annotate(raw: Raw, roll: Random) -> None:
    note = {f"metadata[k{roll.randrange(3)}]": roll.choice(("", "a", "b"))}
    raw.post(f"/v1/customers/{pick(raw, roll, 'customers')}", note)


def delete(raw: Raw, roll: Random) -> None:
    created = raw.post("/v1/customers", {"name": "Short Lived"}).json()["id"]
    if roll.random() < 0.5:
        raw.post(f"/v1/customers/{created}", {"name": "Still Here"})
    raw.delete(f"/v1/customers/{created}")


def pay(raw: Raw, roll: Random) -> None:
    raw.post(f"/v1/invoices/{pick(raw, roll, 'invoices', status='open')}/pay")


def void(raw: Raw, roll: Random) -> None:
    raw.post(f"/v1/invoices/{pick(raw, roll, 'invoices', status='open')}/void")


def give_up(raw: Raw, roll: Random) -> None:
    raw.post(f"/v1/invoices/{pick(raw, roll, 'invoices', status='open')}/mark_uncollectible")


def credit(raw: Raw, roll: Random) -> None:
    raw.post("/v1/credit_notes", {"invoice": str(pick(raw, roll, "invoices", status="open")), "amount": "100"})


def give_back(raw: Raw, roll: Random) -> None:
    raw.post("/v1/refunds", {"charge": str(pick(raw, roll, "charges")), "amount": str(roll.randrange(1, 90))})


def leave(raw: Raw, roll: Random) -> None:
    raw.post(f"/v1/subscriptions/{pick(raw, roll, 'subscriptions')}", {"cancel_at_period_end": "true"})


def cancel(raw: Raw, roll: Random) -> None:
    raw.delete(f"/v1/subscriptions/{pick(raw, roll, 'subscriptions')}")


DEEDS: tuple[Callable[[Raw, Random], None], ...] = (
    create,
    rename,
    annotate,
    delete,
    pay,
    void,
    give_up,
    credit,
    give_back,
    leave,
    cancel,
)


def anew(base_url: str) -> dict[str, Kept]:
    fresh = Reader(connect(base_url))
    fresh.sync()
    return fresh.kept


@pytest.mark.parametrize("seed", range(5))
def test_changes_add_up_to_the_whole(running: RunningSandbox, seed: int) -> None:
    raw, roll = Raw(running.base_url), Random(seed)
    reader = Reader(connect(running.base_url))
    reader.sync()
    for _ in range(4):
        for _ in range(roll.randrange(1, 7)):
            roll.choice(DEEDS)(raw, roll)
        if roll.random() < 0.3:
            running.app.clock.advance(timedelta(hours=roll.randrange(1, 200)))
        reader.sync()
    assert reader.kept == anew(running.base_url)


@pytest.mark.parametrize("pages", [1, 2])
def test_a_reader_killed_again_and_again_loses_nothing(running: RunningSandbox, pages: int) -> None:
    raw, roll = Raw(running.base_url), Random(pages)
    reader = Reader(connect(running.base_url))
    for deed in DEEDS:
        reader.sync(pages)
        deed(raw, roll)
    reader.sync()
    assert reader.kept == anew(running.base_url)


@pytest.mark.parametrize("deed", DEEDS)
def test_every_single_deed_is_seen(running: RunningSandbox, deed: Callable[[Raw, Random], None]) -> None:
    reader = Reader(connect(running.base_url))
    reader.sync()
    deed(Raw(running.base_url), Random(3))
    reader.sync()
    assert reader.kept == anew(running.base_url)
