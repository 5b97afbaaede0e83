"""``inlay health preview``, ``inlay backtest``, ``inlay figures``, and what ``config check`` says of signals."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from core.store import Store
from core.store.bulk import upsert_rows
from core.store.tables import signal_history, signal_value
from tests.core.cli.conftest import Inlay

LATE = """\
plugins:
  health:
    mode: auto
    profiles:
      - name: payers
        groups: {all: {weight: 1, factors: {late: {signal: %s, weight: 1, points: %s}}}}
"""

FALLING = "[[0, 100], [365, 0]]"


def configured(
    books: Path, signal: str = "payments.days_late", points: str = "[[0, 100], [365, 0]]", name: str = "inlay.yaml"
) -> Path:
    """The configuration with health made of one factor, in this file."""
    text = (books / "inlay.yaml").read_text(encoding="utf-8").split("plugins:")[0]
    path = books / name
    path.write_text(text + LATE % (signal, points), encoding="utf-8")
    return path


# --- config check ---------------------------------------------------------------------------------------------------


def test_config_check_names_a_signal_nobody_publishes(books: Path, inlay: Inlay) -> None:
    configured(books, "payments.day_late")
    said = inlay("config", "check")
    assert said.code == 6
    assert "`payments.day_late`, which no plugin publishes" in said.out
    assert "did you mean `payments.days_late`?" in said.out
    configured(books)
    assert inlay("config", "check").code == 0


def test_config_check_names_a_profile_that_is_never_used(books: Path, inlay: Inlay) -> None:
    path = configured(books)
    again = path.read_text(encoding="utf-8").split("profiles:\n")[1].replace("payers", "others")
    path.write_text(path.read_text(encoding="utf-8") + again, encoding="utf-8")
    said = inlay("config", "check")
    assert said.code == 2
    assert "profile others is never used: payers stands before it and fits every client it fits" in said.err


# --- preview --------------------------------------------------------------------------------------------------------


def test_a_preview_counts_who_would_move_and_stores_nothing(books: Path, inlay: Inlay) -> None:
    configured(books)
    assert inlay("sync").code == 0
    before = inlay("status", "--json").out
    said = inlay("health", "preview", str(configured(books, points="[[0, 0], [365, 100]]", name="new.yaml")))
    assert said.code == 0
    assert "1 of 3 clients move (33.3%)" in said.out
    assert "Alfa Joinery Ltd: " in said.out
    assert "-> At Risk (0 is At Risk)" in said.out
    assert inlay("status", "--json").out == before


def test_a_preview_of_the_same_moves_nobody(books: Path, inlay: Inlay) -> None:
    configured(books)
    inlay("sync")
    said = orjson.loads(inlay("health", "preview", str(configured(books, name="same.yaml")), "--json").out)
    assert said["moved"] == []
    assert sum(pair["clients"] for pair in said["matrix"]) == said["clients"] == 3
    assert all(pair["old"] == pair["new"] for pair in said["matrix"])


def test_a_preview_tells_what_is_wrong_with_the_new_configuration(books: Path, inlay: Inlay) -> None:
    configured(books)
    inlay("sync")
    said = inlay("health", "preview", str(configured(books, "payments.day_late", name="new.yaml")))
    assert "`payments.day_late`, which no plugin publishes" in said.err
    broken = books / "broken.yaml"
    broken.write_text(configured(books, points="[[365, 100], [0, 0]]").read_text(encoding="utf-8"), encoding="utf-8")
    assert inlay("health", "preview", str(broken)).code == 2


# --- back-test and figures ------------------------------------------------------------------------------------------


def remember(books: Path, clients: int, lost: int) -> None:
    """Bands and scores of long ago, and losses since: of those At Risk half were lost, of the others one in ten."""
    rows, past = [], []
    for number in range(clients):
        client, risky = f"crm/Account/{number:03d}", number % 4 == 0
        gone = (number % 8 == 0) if risky else number % 10 == 1
        told = "2020-03-01" if gone and lost > 0 else None
        lost -= gone
        for name, value, was in (
            ("health.band", "Good", "At Risk" if risky else "Good"),
            ("health.score", 70, 20 + number % 7 if risky else 60 + number % 7),
        ):
            rows.append(row(name, client, value, "2020-05-01T00:00:00Z"))
            past.append((name, client, "2020-01-01T00:00:00Z", orjson.dumps(was).decode(), "", "1", ""))
        rows.append(row("client.lost_on", client, told, "2020-05-01T00:00:00Z"))
    with Store.open(f"sqlite:///{books / 'inlay.db'}") as store, store.begin() as conn:
        upsert_rows(conn, signal_value, VALUE, rows)
        upsert_rows(conn, signal_history, PAST, past)


VALUE = ("name", "subject_id", "subject_type", "value", "reason", "version", "config_hash", "as_of")
PAST = ("name", "subject_id", "as_of", "value", "reason", "version", "config_hash")


def row(name: str, subject: str, value: object, as_of: str, kind: str = "client") -> tuple[str, ...]:
    return name, subject, kind, orjson.dumps(value).decode(), "as computed", "1", "", as_of


@pytest.fixture
def long_ago(books: Path) -> Path:
    """The books as of 30 April 2020."""
    path = books / "inlay.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("as_of: 2026-05-05", "as_of: 2020-04-30"), encoding="utf-8"
    )
    return books


def test_a_backtest_says_whether_those_at_risk_left(long_ago: Path, inlay: Inlay) -> None:
    assert inlay("sync").code == 0
    remember(long_ago, 200, 200)
    said = inlay("backtest", "--horizon", "60")
    assert said.code == 0
    assert "bands of 2020-01-31, and what happened in the 60 days after: 45 of 200 clients were lost" in said.out
    assert "precision: lost of those At Risk" in said.out
    [told] = orjson.loads(inlay("backtest", "--horizon", "60", "--json").out)
    assert told["precision"]["value"] == 0.5  # 25 of 50 At Risk
    assert told["recall"]["value"] == 25 / 45
    assert told["lift"]["value"] == pytest.approx(0.5 / (20 / 150))
    assert told["precision"]["low"] < 0.5 < told["precision"]["high"]


def test_a_backtest_of_few_losses_says_that_it_says_nothing(long_ago: Path, inlay: Inlay) -> None:
    inlay("sync")
    remember(long_ago, 40, 3)
    assert "too few losses to conclude anything: 3 of the 20 it takes" in inlay("backtest", "--horizon", "60").out


@pytest.mark.usefixtures("books")
def test_without_losses_or_bands_a_backtest_says_what_to_do(inlay: Inlay) -> None:
    inlay("sync")
    said = inlay("backtest")
    assert said.code == 2
    assert "enable the plugin `kpi`" in said.err


def test_figures_are_shown_with_interval_and_n(books: Path, inlay: Inlay) -> None:
    assert "enable the plugin `kpi`" in inlay("figures").out
    stored = (("kpi.logo_retention", 0.9), ("kpi.logo_retention.low", 0.8), ("kpi.logo_retention.high", 0.95))
    rows = [row(name, "firm", value, "2020-05-01T00:00:00Z", "firm") for name, value in stored]
    rows += [
        row(f"kpi.{name}.n", "firm", n, "2020-05-01T00:00:00Z", "firm")
        for name, n in (("logo_retention", 60), ("nps", 3))
    ]
    with Store.open(f"sqlite:///{books / 'inlay.db'}") as store, store.begin() as conn:
        upsert_rows(conn, signal_value, VALUE, rows)
    first, second = orjson.loads(inlay("figures", "--json").out)
    assert first == {
        "figure": "kpi.logo_retention", "value": 0.9, "low": 0.8, "high": 0.95, "n": 60, "made of": "as computed"
    }  # fmt: skip
    assert (second["figure"], second["value"], second["n"]) == ("kpi.nps", None, 3)
    assert "kpi.logo_retention" in inlay("figures").out


# --- feedback -------------------------------------------------------------------------------------------------------


def test_feedback_lists_whose_partner_sees_it_differently(books: Path, inlay: Inlay) -> None:
    path = configured(books)
    assert inlay("sync").code == 0
    assert "no client disagrees with its score, or nobody was asked" in inlay("health", "feedback").out
    [client] = [one for one in inlay("explain", "Alfa Joinery Ltd").out.split() if one.endswith("/ALFA")]
    said = (
        f"    overrides:\n      - {{client: {client}, band: At Risk, reason: they are leaving, author: Jo,"
        " made_on: 2026-05-01, until: 2026-06-30}\n"
    )
    path.write_text(f"{path.read_text(encoding='utf-8')}{said}", encoding="utf-8")
    assert inlay("sync").code == 0
    listed = inlay("health", "feedback")
    assert "Alfa Joinery Ltd" in listed.out
    assert "a partner says At Risk, the score Excellent" in listed.out
    [row] = orjson.loads(inlay("health", "feedback", "--json").out)
    assert (row["client"], row["gap"]) == ("Alfa Joinery Ltd", None)
