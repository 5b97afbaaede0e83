from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from rich.console import Console

from core.cli.app import App, inlay, run_command
from core.errors import (
    AuthError,
    BugError,
    ConfigError,
    ConfigErrors,
    InlayError,
    PluginError,
    RejectedError,
    RetryLater,
    UnknownOutcome,
    raise_all,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("no such field", where="a.yaml:3", remedy="remove it"), 2),
        (AuthError("refused", where="crm", remedy="reconnect"), 3),
        (RetryLater("busy", where="crm", remedy="wait"), 4),
        (UnknownOutcome("lost", where="crm"), 4),
        (RejectedError("too long", where="crm/Account/1"), 5),
        (PluginError("raised", where="health.propose"), 6),
        (BugError("broken promise"), 70),
        (ZeroDivisionError("3/0"), 70),
        (KeyboardInterrupt(), 130),
        (click.UsageError("no such option"), 2),
    ],
)
def test_every_error_has_its_exit_code_and_one_clear_line(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command("fail")
    def fail() -> None:
        raise error

    monkeypatch.setitem(inlay.commands, "fail", fail)
    err = io.StringIO()
    assert run_command(["fail"], App(Path("inlay.yaml"), err=Console(file=err, width=200))) == code
    if isinstance(error, InlayError):
        (line,) = err.getvalue().splitlines()
        assert error.what in line
        assert error.where in line
        assert error.remedy in line


def test_a_bug_shows_where_it_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("fail")
    def fail() -> None:
        raise ZeroDivisionError("3/0")

    monkeypatch.setitem(inlay.commands, "fail", fail)
    err = io.StringIO()
    run_command(["fail"], App(Path("inlay.yaml"), err=Console(file=err, width=200)))
    assert "test_boundary.py" in err.getvalue()
    assert "please report" in err.getvalue()


def test_errors_carry_facts_that_nobody_can_change() -> None:
    error = RetryLater("busy", facts={"status": 429}, retry_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert error.facts["status"] == 429
    with pytest.raises(TypeError):
        error.facts["status"] = 200  # type: ignore[index]  # the very thing that must fail


def test_several_mistakes_are_raised_together() -> None:
    one, two = ConfigError("a"), ConfigError("b", where="x.yaml:2", remedy="c")
    raise_all([])
    with pytest.raises(ConfigError, match=r"^a$"):
        raise_all([one])
    with pytest.raises(ConfigErrors) as caught:
        raise_all([one, two])
    assert str(caught.value) == "a\nb [x.yaml:2] -> c"


def test_the_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for code in ("1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "10 ", "70 ", "130 "):
        assert code in text
