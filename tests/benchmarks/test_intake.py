"""The two servers that intake is measured with do what they are said to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.child import MeasurementError
from benchmarks.intake import _durable, _send, _signed, _verifying
from core.engine.server import serving
from core.store import Store
from core.store.inbox import read_events


def test_the_durable_server_keeps_what_it_takes_and_refuses_the_rest(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'inlay.db'}", synchronous="FULL") as store:
        store.migrate()
        with serving(_durable(store), "127.0.0.1", 0) as port:
            assert _send(port, _signed(1)) > 0
            with pytest.raises(MeasurementError, match="401"):
                _send(port, _signed(2).replace(b"v1=", b"v1=0"))
        with store.read() as conn:
            assert [event.event_id for event in read_events(conn)] == ["evt_1"]


def test_the_other_server_only_verifies() -> None:
    with serving(_verifying(), "127.0.0.1", 0) as port:
        assert _send(port, _signed(1)) > 0
        with pytest.raises(MeasurementError, match="401"):
            _send(port, _signed(2).replace(b"v1=", b"v1=0"))
