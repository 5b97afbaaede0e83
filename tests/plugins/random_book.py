"""Books of random but reproducible records: what no example thinks of."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.core.signals.book import Book

TODAY = date(2026, 6, 15)
CURRENCIES = ("GBP", "GBP", "GBP", "EUR")
Entry = Callable[[Book], object]


def entries(seed: int, clients: int) -> list[Entry]:
    """Everything that is in the book, as steps that can be taken in any order."""
    dice = random.Random(seed)
    steps: list[Entry] = []
    for number in range(clients):
        client = f"crm/Account/k{number:03d}"
        steps += [_client(client, dice), *(_invoice(client, at, dice) for at in range(dice.randrange(6)))]
        steps += [_talk(client, at, dice) for at in range(dice.randrange(8))]
        steps += [_ticket(client, at, dice) for at in range(dice.randrange(4))]
        steps += [_contract(client, at, dice) for at in range(dice.randrange(3))]
    return steps


def fill(book: Book, seed: int, clients: int = 30, order: int = 0) -> None:
    """Take all steps, in an order of one's choice, and save."""
    steps = entries(seed, clients)
    for step in random.Random(order).sample(steps, len(steps)):
        step(book)
    book.save()


def _day(dice: random.Random, back: int = 500, ahead: int = 300) -> str:
    return str(TODAY + timedelta(days=dice.randint(-back, ahead)))


def _add(kind: str, id_: str, client: str | None, data: dict[str, Any]) -> Entry:
    known = {field: value for field, value in data.items() if value is not None}
    return lambda book: book.add(kind, id_, client, **known)


def _client(client: str, dice: random.Random) -> Entry:
    data = {"name": client[-4:], "status": dice.choice(["active", "active", "prospect", None])}
    return _add("client", client, None, data | {"created_at": f"{_day(dice, 2000, 0)}T00:00:00Z"})


def _invoice(client: str, at: int, dice: random.Random) -> Entry:
    currency = dice.choice(CURRENCIES)
    total = {"amount": f"{dice.randint(-500, 90000) / 100:.2f}", "currency": currency}
    status = dice.choice(["draft", "open", "paid", "paid", "partially_paid", "void", "uncollectible"])
    paid = f"{_day(dice, 500, 0)}T12:00:00Z" if status == "paid" and dice.random() < 0.9 else None
    due = _day(dice) if dice.random() < 0.9 else None
    data = {"status": status, "total": total, "due_date": due, "issue_date": _day(dice), "paid_at": paid}
    return _add("invoice", f"books/invoices/{client[-4:]}-{at}", client, data)


def _talk(client: str, at: int, dice: random.Random) -> Entry:
    kinds = ["call", "email", "email", "meeting", "note", "sms", "visit"]
    data = {
        "kind": dice.choice(kinds),
        "direction": dice.choice(["inbound", "outbound", None]),
        "started_at": f"{_day(dice, 300, 30)}T{dice.randrange(24):02d}:{dice.randrange(60):02d}:00Z",
        "outcome": dice.choice([None, None, "Canceled", "Connected"]),
        "external_key": dice.choice([None, None, None, "renewal:c:30"]),
    }
    return _add("interaction", f"crm/Event/{client[-4:]}-{at}", client, data)


def _ticket(client: str, at: int, dice: random.Random) -> Entry:
    data = {
        "status": dice.choice(["new", "open", "pending", "solved", "closed"]),
        "priority": dice.choice(["low", "normal", "high", "urgent", None]),
        "opened_at": f"{_day(dice, 400, 0)}T09:00:00Z" if dice.random() < 0.9 else None,
        "reopened_count": dice.choice([None, 0, 2]),
    }
    return _add("ticket", f"crm/Case/{client[-4:]}-{at}", client, data)


def _contract(client: str, at: int, dice: random.Random) -> Entry:
    data = {
        "status": dice.choice(["draft", "active", "active", "active", "expired", "terminated", None]),
        "start_date": _day(dice, 1500, 60) if dice.random() < 0.8 else None,
        "term_months": dice.choice([None, 1, 3, 12, 12, 36]),
        "end_date": _day(dice, 700, 700) if dice.random() < 0.6 else None,
        "notice_period_days": dice.choice([None, 0, 14, 30, 90, 180]),
        "auto_renew": dice.choice([None, True, False]),
        "number": dice.choice([None, f"C-{at}"]),
    }
    return _add("contract", f"crm/Contract/{client[-4:]}-{at}", client, data)
