"""Lines are data, carry the ids they belong to, and never a secret."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import structlog

from core.logs import CUT, configure_logs, log_context


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    yield stream
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_each_line_is_an_object_with_time_level_and_ids(written: io.StringIO) -> None:
    configure_logs("info", written)
    with log_context(job="sync:crm", connection="crm"):
        structlog.get_logger("x").info("read", records=12)
    structlog.get_logger("x").warning("done")
    first, second = lines(written)
    assert (first["event"], first["level"], first["job"], first["connection"], first["records"]) == (
        "read", "info", "sync:crm", "crm", 12,
    )  # fmt: skip
    assert first["timestamp"].endswith("Z")
    assert "job" not in second


def test_a_command_that_is_not_a_service_says_only_what_is_wrong(written: io.StringIO) -> None:
    configure_logs("warning", written)
    structlog.get_logger("x").info("chatter")
    assert lines(written) == []


@pytest.mark.parametrize("key", ["client_secret", "access_token", "Authorization", "password", "webhook_signature"])
def test_what_is_called_a_secret_is_cut(written: io.StringIO, key: str) -> None:
    configure_logs("info", written)
    structlog.get_logger("x").info("connected", **{key: "s3cr3t"})
    assert lines(written)[0][key] == CUT
    assert "s3cr3t" not in written.getvalue()


def test_a_bug_leaves_its_traceback_in_the_line(written: io.StringIO) -> None:
    configure_logs("info", written)
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        structlog.get_logger("x").exception("broke")
    assert "ZeroDivisionError" in lines(written)[0]["exception"]


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, f"No space left on device, {len(text)} characters were lost")

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_full_disk_costs_the_line_and_not_the_work() -> None:
    configure_logs("info", FullDisk())
    try:
        structlog.get_logger("x").warning("store does not answer")
    finally:
        structlog.reset_defaults()


def test_room_again_means_lines_again(written: io.StringIO) -> None:
    full = FullDisk()
    configure_logs("info", full)
    structlog.get_logger("x").info("lost")
    configure_logs("info", written)
    structlog.get_logger("x").info("kept")
    assert [line["event"] for line in lines(written)] == ["kept"]
