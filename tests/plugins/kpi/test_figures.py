"""Every figure of the firm, worked out by hand; and what it is worth: its interval, its n, and when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.kpi.settings import KpiSettings
from plugins.kpi.signals import DEFINITIONS, kpi_signals
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import clinic
from tests.plugins.kpi.ledger import FIRM, billed, evaluated, figure, kpi_publisher

A_YEAR_AGO, LATELY = "2025-01-10", "2026-02-10"


def fill(book: Book) -> None:
    """Five clients: three from before, of whom one left; two new ones, of whom one was sent by another.

    Fees of the year before and of the last one: ash 100, 150; birch 200, 120; cedar 100, 0; dogwood and elm -, 30.
    """
    ash, birch, cedar, dogwood, elm = (book.client(name) for name in ("ash", "birch", "cedar", "dogwood", "elm"))
    billed(book, ash, (A_YEAR_AGO, "100.00"), (LATELY, "100.00"), ("2026-03-10", "50.00"))
    billed(book, birch, (A_YEAR_AGO, "200.00"), (LATELY, "120.00"))
    billed(book, cedar, (A_YEAR_AGO, "100.00"))
    book.add("contract", None, cedar, status="expired", start_date="2024-01-01", end_date="2025-12-31")
    for client in (dogwood, elm):
        billed(book, client, (LATELY, "30.00"))
    book.add("referral", None, None, referrer_id=ash, referred_client_id=elm, received_at="2026-01-01T00:00:00Z")


@pytest.fixture
def firm(book: Book) -> Book:
    """The book, still to be added to."""
    fill(book)
    return book


@pytest.fixture(scope="module")
def computed(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The same book, computed once for all who only look."""
    with clinic(migrated_file, tmp_path_factory.mktemp("figures"), fill, kpi_publisher()) as desk:
        yield desk


@pytest.mark.parametrize(
    ("name", "value", "n"),
    [
        ("logo_retention", 2 / 3, 3),  # ash and birch of ash, birch and cedar
        ("gross_retention", (100 + 120 + 0) / 400, 3),  # nobody counts for more than before
        ("net_retention", (150 + 120 + 0) / 400, 3),
        ("repeat_business", 1 / 4, 4),  # ash gave two jobs; cedar gave none in the year
        ("old_client_fees", 270 / 330, 4),
        ("referral_rate", 1 / 2, 2),  # elm of dogwood and elm
        ("referring_clients", 1 / 4, 4),
        ("fees_per_client", 330 / 4, 4),
        ("fee_concentration", (150**2 + 120**2 + 30**2 + 30**2) / 330**2, 4),
        ("top_ten_fees", 1.0, 4),
        ("largest_client_fees", 150 / 330, 4),
        # 82.5 a client and year, half of it left, for 1 / (1 - 2/3) = 3 years
        ("lifetime_value", 330 / 4 * 0.5 * 3, 4),
    ],
)
def test_a_figure_is_what_its_definition_says(computed: Desk, name: str, value: float, n: int) -> None:
    told, low, high, of = figure(computed, name)
    assert told == pytest.approx(value, abs=0.005)
    assert of == n
    assert low <= told <= high
    assert f"definition {next(one.id for one in DEFINITIONS if one.name == name)}" in computed.reason(
        FIRM, f"kpi.{name}"
    )


def test_reasons_are_sentences_with_numbers(computed: Desk) -> None:
    assert computed.reason(FIRM, "kpi.logo_retention") == (
        "2 of the 3 clients of a year ago are still clients; 95 % interval 0.208 to 0.939, n 3, definition R1"
    )
    assert computed.reason(FIRM, "kpi.net_retention").startswith("GBP 400 a year before became GBP 270; ")
    assert computed.reason(FIRM, "kpi.fee_concentration").startswith("as 3 equal clients would be; ")


def test_a_figure_of_too_few_is_refused_and_says_so(firm: Book) -> None:
    desk = evaluated(firm, least=20)
    told = [figure(desk, definition.name) for definition in DEFINITIONS]
    assert {one[:3] for one in told} == {(None, None, None)}
    assert figure(desk, "logo_retention")[3] == 3
    explained = desk.explain(FIRM, "kpi.logo_retention.n")
    assert explained.value == 3
    assert explained.reason.startswith("refused: 3 of the 20 it takes (")


def test_no_fee_without_a_rate_is_summed(firm: Book) -> None:
    foreign = firm.client("fir")
    billed(firm, foreign, (LATELY, "1000.00"), currency="EUR")
    desk = evaluated(firm)
    assert figure(desk, "fees_per_client")[0] == pytest.approx(330 / 4)
    assert desk.explain(foreign, "fees.last_year").reason == "there is no rate from EUR to GBP"


def test_with_a_rate_it_is(firm: Book) -> None:
    foreign = firm.client("fir")
    billed(firm, foreign, (LATELY, "100.00"), currency="EUR")
    desk = evaluated(firm, rates={"EUR": {"2026-01-01": 0.8}})
    assert desk.value(foreign, "fees.last_year") == 80
    assert figure(desk, "fees_per_client")[0] == pytest.approx(410 / 5)


def test_credit_notes_are_taken_off(firm: Book) -> None:
    note: dict[str, Any] = {"amount": {"amount": "50.00", "currency": "GBP"}, "issued_at": "2026-02-20T00:00:00Z"}
    firm.add("credit_note", None, "crm/Account/ash", status="issued", **note)
    firm.add("credit_note", None, "crm/Account/ash", status="void", **note)
    assert evaluated(firm).value("crm/Account/ash", "fees.last_year") == 100


# --- answers to surveys ---------------------------------------------------------------------------------------------


def answer(book: Book, client: str, score: float, at: str = "2026-03-01", **data: Any) -> None:
    asked: dict[str, Any] = {"type": "nps", "scale_min": 0, "scale_max": 10, "responded_at": f"{at}T09:00:00Z"}
    book.add("survey_response", None, client, score=score, **(asked | data))


def test_nps_is_promoters_less_detractors(book: Book) -> None:
    ash, birch = book.client("ash"), book.client("birch")
    for score in (10, 9, 9, 8, 7, 6):
        answer(book, ash, score)
    for score in (0, 10, 5, 9):
        answer(book, birch, score)
    desk = evaluated(book)
    value, low, high, n = figure(desk, "nps")
    assert (value, n) == (100 * (5 - 3) / 10, 10)
    assert (low, high) == (pytest.approx(-30.3, abs=0.1), pytest.approx(61.1, abs=0.1))  # 5.75 and 3.75 of 13
    assert desk.reason(FIRM, "kpi.nps").startswith("5 promoters and 3 detractors; ")


def test_the_latest_answer_of_a_person_counts(book: Book) -> None:
    ash = book.client("ash")
    answer(book, ash, 2, "2026-02-01", contact_id="crm/Contact/1")
    answer(book, ash, 10, "2026-03-01", contact_id="crm/Contact/1")
    answer(book, ash, 9, "2026-03-02", contact_id="crm/Contact/2")
    answer(book, ash, 0, "2025-03-02", contact_id="crm/Contact/3")  # more than a year ago
    assert figure(evaluated(book), "nps")[0::3] == (100, 2)


def test_other_scales_are_read_as_what_they_are(book: Book) -> None:
    ash = book.client("ash")
    for score in (5, 5, 3, 1):
        answer(book, ash, score, scale_min=1, scale_max=5)
    assert figure(evaluated(book), "nps")[0::3] == (
        0,
        4,
    )  # two of five and two of three or less


def test_csat_counts_the_two_best_answers(book: Book) -> None:
    ash = book.client("ash")
    for score in (5, 4, 4, 3, 1):
        answer(book, ash, score, type="csat", scale_min=1, scale_max=5)
    value, low, high, n = figure(evaluated(book), "csat")
    assert (value, n) == (0.6, 5)
    assert (low, high) == (pytest.approx(0.231, abs=0.001), pytest.approx(0.882, abs=0.001))  # Wilson


def test_without_surveys_there_is_no_score(computed: Desk) -> None:
    assert figure(computed, "nps") == (None, None, None, 0)


# --- form -----------------------------------------------------------------------------------------------------------


def test_every_figure_has_an_id_of_its_own_and_four_signals() -> None:
    ids = [definition.id for definition in DEFINITIONS]
    assert len(set(ids)) == len(ids)
    signals = {signal.name: signal for signal in kpi_signals(KpiSettings())}
    for definition in DEFINITIONS:
        for part in ("", ".low", ".high", ".n"):
            found = signals[f"kpi.{definition.name}{part}"]
            assert (found.subject, found.version) == ("firm", definition.id)
            assert found.doc.endswith(".")
            assert found.unit


def test_every_signal_has_a_unit_or_a_kind_that_needs_none() -> None:
    for signal in kpi_signals(KpiSettings()):
        assert signal.unit or signal.kind != "number", signal.name


def test_the_same_book_gives_the_same_bytes(firm: Book) -> None:
    desk = evaluated(firm)
    first = desk._stored()
    assert desk.evaluate().changed == 0
    assert desk._stored() == first


@pytest.mark.parametrize(
    "wrong",
    [{"tier_a": 0.9, "tier_b": 0.8}, {"least": 1}, {"work": "guesses"}, {"fixed_tiers": {"x": "D"}}, {"margin": 1.2}],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        KpiSettings(**wrong)
