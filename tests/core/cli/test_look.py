"""``inlay status`` on what is left in peace."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson

from core.ledger.breaker import Admission, fail, succeed
from core.store import Store
from tests.core.cli.conftest import Inlay

NOW = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
UNTIL = datetime(2026, 6, 30, 9, 30, tzinfo=UTC)
RESTING = "left in peace for now"


def test_a_connection_that_rests_is_shown_with_its_cause_and_when_it_is_tried_again(books: Path, inlay: Inlay) -> None:
    assert inlay("sync").code == 0
    assert orjson.loads(inlay("status", "--json").out)[RESTING] == []
    assert RESTING not in inlay("status").out
    with Store.open(f"sqlite:///{books / 'inlay.db'}") as store:
        with store.begin() as conn:
            fail(conn, "crm", "503 Service Unavailable", NOW, UNTIL)
        said = inlay("status")
        (row,) = orjson.loads(inlay("status", "--json").out)[RESTING]
        with store.begin() as conn:
            succeed(conn, "crm", Admission("probe", 1))
    assert (row["connection"], row["failed in a row"], row["cause"]) == ("crm", 1, "503 Service Unavailable")
    assert row["tries again at"].startswith("2026-06-30T09:30:00")
    assert RESTING in said.out
    assert "503 Service Unavailable" in said.out
    assert orjson.loads(inlay("status", "--json").out)[RESTING] == []
