"""A firm's book of clients, written straight into a real store as sync would leave it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from pydantic import BaseModel
from sqlalchemy import select

from core.clock import FixedClock
from core.config import FirmSettings
from core.model import RECORD_TYPES
from core.proposals import Proposal, open_desk
from core.signals import EvaluationReport, Explanation, Publisher, Signal, arrange, evaluate, explain
from core.store import Store
from core.store.bulk import upsert_rows
from core.store.tables import crosswalk, golden_record, signal_history, signal_value

AS_OF = datetime(2026, 6, 15, 7, 30, tzinfo=UTC)  # a Monday, 08:30 in London
FIRM = FirmSettings(name="Hartwell & Co", time_zone="Europe/London", currency="GBP", holidays="GB-ENG")
GOLDEN = ("record_type", "id", "client_ref", "data", "provenance", "changed_at", "gone")
CROSSWALK = ("record_type", "source_id", "golden_id", "rule", "evidence", "decided_at")
SYNCED = "2026-06-15T07:00:00Z"


class NoSettings(BaseModel):
    """Settings of plugins that have none."""


class Book:
    """Records by the dozen; each is checked against the canonical model before it is written."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._golden: list[tuple[Any, ...]] = []
        self._joined: list[tuple[Any, ...]] = []
        self._count = 0

    def client(self, key: str, **data: Any) -> str:
        """Add a client of the connection ``crm``; its name is its key unless given."""
        return self.add("client", f"crm/Account/{key}", None, **({"name": key, "status": "active"} | data))

    def add(
        self, record_type: str, id_: str | None, client: str | None, *, gone: str | None = None, **data: Any
    ) -> str:
        """Add one record of any type; without an id it gets the next number."""
        self._count += 1
        id_ = id_ or f"crm/{record_type}/{self._count:05d}"
        if client and "client_id" in RECORD_TYPES[record_type].model_fields:
            data["client_id"] = client
        RECORD_TYPES[record_type].model_validate_json(orjson.dumps(data))
        provenance = orjson.dumps({"*": [id_, SYNCED]}).decode()
        self._golden.append((record_type, id_, client, orjson.dumps(data).decode(), provenance, SYNCED, gone))
        self._joined.append((record_type, id_, id_, "own", None, SYNCED))
        return id_

    def join(self, record_type: str, source: str, golden: str) -> None:
        """Say that a source record is part of another golden record."""
        self._joined = [row for row in self._joined if row[:2] != (record_type, source)]
        self._joined.append((record_type, source, golden, "domain", "example.org", SYNCED))

    def invoice(self, client: str, due: str, *, paid: str | None = None, total: str = "100.00", **data: Any) -> str:
        """Add an invoice: open unless paid on a day."""
        money = {"amount": total, "currency": data.pop("currency", "GBP")}
        due_now = {"amount": "0.00" if paid else total, "currency": money["currency"]}
        settled = {"status": "paid", "paid_at": f"{paid}T12:00:00Z"} if paid else {"status": "open"}
        return self.add(
            "invoice", None, client, **({"due_date": due, "total": money, "amount_due": due_now} | settled | data)
        )

    def talk(self, client: str, at: str, kind: str = "call", **data: Any) -> str:
        """Add an interaction."""
        started = at if "T" in at else f"{at}T10:00:00Z"
        return self.add("interaction", None, client, kind=kind, started_at=started, **data)

    def save(self) -> None:
        """Write all that was added."""
        with self.store.begin() as conn:
            upsert_rows(conn, golden_record, GOLDEN, self._golden)
            upsert_rows(conn, crosswalk, CROSSWALK, self._joined)
        self._golden, self._joined = [], []


class Desk:
    """Evaluates signals of some plugins on a book and reads the results back."""

    def __init__(self, store: Store, *publishers: Publisher, firm: FirmSettings = FIRM) -> None:
        self.store = store
        self.publishers = publishers
        self.firm = firm

    def evaluate(self, as_of: datetime = AS_OF) -> EvaluationReport:
        """Evaluate everything as of an instant."""
        return evaluate(self.store, self.publishers, self.firm, FixedClock(as_of))

    def value(self, subject: str, name: str) -> Any:
        """The stored value; raises KeyError when there is none."""
        return self._stored()[subject, name][0]

    def reason(self, subject: str, name: str) -> str:
        """The stored reason."""
        return self._stored()[subject, name][1]

    def explain(self, subject: str, name: str, as_of: datetime = AS_OF) -> Explanation:
        """The explanation of a stored value."""
        return explain(self.store, self.publishers, subject, name, firm=self.firm, as_of=as_of)

    def proposals(self, propose: Any, settings: BaseModel, as_of: datetime = AS_OF) -> list[Proposal]:
        """What a plugin's hook proposes."""
        with open_desk(self.store, arrange(self.publishers), self.firm, as_of) as desk:
            return list(propose(desk.portfolio, desk.context(settings)))

    def _stored(self) -> dict[tuple[str, str], tuple[Any, str]]:
        with self.store.read() as conn:
            rows = conn.execute(select(signal_value)).all()
        return {(row.subject_id, row.name): (orjson.loads(row.value), row.reason) for row in rows}


def dump(store: Store) -> list[tuple[Any, ...]]:
    """Every row of both signal tables, sorted: what must be equal byte for byte."""
    with store.read() as conn:
        values = [("value", *row) for row in conn.execute(select(signal_value))]
        history = [("history", *row) for row in conn.execute(select(signal_history))]
    return sorted(values + history)


def publisher(*signals: Signal, plugin: str = "demo", settings: BaseModel | None = None) -> Publisher:
    """A plugin made of these signals."""
    return Publisher(plugin, settings or NoSettings(), list(signals))


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)


def by_name(report: EvaluationReport) -> dict[str, Any]:
    """The outcomes of an evaluation by signal."""
    return {outcome.name: outcome for outcome in report.outcomes}


def names(signals: Sequence[Signal]) -> list[str]:
    """The names of signals, in order."""
    return [signal.name for signal in signals]
