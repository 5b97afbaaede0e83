"""The score against what clients and partners say: where they disagree, and how often they agree in the whole firm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plugins.health.settings import HealthSettings
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import clinic, health_publisher, renewals_publisher
from tests.plugins.health.test_score import bad_client, good_client

SAID = {"client": "crm/Account/Elm", "band": "Excellent", "reason": "they told me", "author": "Jo",
        "made_on": date(2026, 6, 1), "until": date(2026, 6, 30)}  # fmt: skip
SETTINGS = HealthSettings.model_validate({"overrides": [SAID], "feedback_least": 3})


def answer(book: Book, client: str, score: int, day: str = "2026-05-01", **data: Any) -> None:
    told: dict[str, Any] = {
        "type": "nps",
        "score": score,
        "scale_min": 0,
        "scale_max": 10,
        "responded_at": f"{day}T09:00:00Z",
    }
    book.add("survey_response", None, client, **(told | data))


def fill(book: Book) -> None:
    """Ash and Birch say what the score says; Cedar is well but angry; Elm's partner contradicts; nobody asked Fir."""
    ash, birch, cedar = good_client(book, "Ash"), bad_client(book, "Birch"), good_client(book, "Cedar")
    bad_client(book, "Elm")
    good_client(book, "Fir")
    answer(book, ash, 9)
    answer(book, ash, 10, "2026-04-01")
    answer(book, birch, 1)
    answer(book, cedar, 2)
    answer(book, cedar, 10, "2025-11-01")  # too long ago
    answer(book, cedar, 2, type="csat", scale_min=1, scale_max=5)


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("feedback")
    with clinic(migrated_file, folder, fill, health_publisher(SETTINGS), renewals_publisher()) as made:
        yield made


def told(desk: Desk, client: str, name: str) -> Any:
    return desk._stored().get((f"crm/Account/{client}", name), (None, ""))[0]


def test_the_rating_is_the_mean_of_the_answers_of_the_last_months(desk: Desk) -> None:
    ratings = {name: told(desk, name, "feedback.rating") for name in ("Ash", "Birch", "Cedar", "Elm", "Fir")}
    assert ratings == {"Ash": 95, "Birch": 10, "Cedar": 22, "Elm": None, "Fir": None}  # Cedar: 20 of 100, and 25


def test_the_gap_is_told_with_both_sides(desk: Desk) -> None:
    score = told(desk, "Cedar", "health.score")
    assert told(desk, "Cedar", "feedback.gap") == pytest.approx(22.5 - score, abs=0.6)
    assert desk.reason("crm/Account/Cedar", "feedback.gap") == f"the client says 22, the score is {score:.0f}"


def test_clients_and_partners_who_see_it_differently_disagree(desk: Desk) -> None:
    apart = {name: told(desk, name, "feedback.disagrees") for name in ("Ash", "Birch", "Cedar", "Elm", "Fir")}
    assert apart == {"Ash": False, "Birch": False, "Cedar": True, "Elm": True, "Fir": None}
    assert desk.reason("crm/Account/Elm", "feedback.disagrees") == "a partner says Excellent, the score At Risk"


def test_the_firms_agreement_has_its_n_and_its_interval(desk: Desk) -> None:
    value, low, high, n = (
        desk.value("firm", f"health.agreement{part}") for part in ("", ".low", ".high", ".n")
    )  # two of four agree; Wilson's interval for them
    assert (value, n) == (0.5, 4)
    assert (low, high) == (pytest.approx(0.15, abs=0.01), pytest.approx(0.85, abs=0.01))
    assert "2 of 4 clients disagree" in desk.reason("firm", "health.agreement")


def test_of_too_few_no_agreement_is_told(book: Book) -> None:
    answer(book, good_client(book, "Ash"), 9)
    book.save()
    found = Desk(book.store, health_publisher(), renewals_publisher())
    found.evaluate()
    assert found._stored().get(("firm", "health.agreement"), (None, ""))[0] is None
    assert found.value("firm", "health.agreement.n") == 1
    assert found.reason("firm", "health.agreement.n") == "refused: 1 of the 10 clients it takes"
