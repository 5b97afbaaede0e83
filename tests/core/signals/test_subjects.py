"""Subjects: which mails belong together, and which no person wrote."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.signals.subjects import AUTOMATIC, begins_with, contains, numbered, plain_subjects, threads


def words(*items: str | None) -> NDArray[Any]:
    found = np.empty(len(items), "O")
    found[:] = items
    return found


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("VAT return", "vat return"),
        ("  VAT   return ", "vat return"),
        ("Email: VAT return", "vat return"),  # as Salesforce logs it
        ("[External] VAT return", "vat return"),
        ("[EXT] Email: VAT return", "vat return"),
        ("Re: VAT return", "re: vat return"),  # an answer is not the mail it answers
        ("Straße", "strasse"),
        ("", ""),
        (None, ""),
    ],
)
def test_subjects_lose_what_systems_add(subject: str | None, plain: str) -> None:
    assert plain_subjects(words(subject)).tolist() == [plain]


@pytest.mark.parametrize(
    "subject", ["VAT", "Re: VAT", "RE: Fwd: VAT", "AW: VAT", "re[2]: vat", "Fw: VAT", "Email: Re: VAT", "SV: VAT"]
)
def test_a_thread_is_what_is_left_without_marks_of_reply(subject: str) -> None:
    assert threads(plain_subjects(words(subject))).tolist() == ["vat"]


@pytest.mark.parametrize("subject", ["Report: VAT", "Regarding VAT", "Return: VAT", "Forward planning"])
def test_words_that_only_look_like_marks_stay(subject: str) -> None:
    assert threads(plain_subjects(words(subject))).tolist() == [subject.lower()]


@pytest.mark.parametrize(
    ("subject", "automatic"),
    [
        ("Automatic reply: VAT return", True),
        ("Out of Office: back on Monday", True),
        ("Abwesenheitsnotiz: bis Montag", True),
        ("Undeliverable: VAT return", True),
        ("Accepted: Year-end planning", True),
        ("Re: Automatic enrolment", False),
        ("VAT return out of office hours", False),
        ("Reading list", False),
        ("", False),
        (None, False),
    ],
)
def test_machines_are_known_by_how_subjects_begin(subject: str | None, automatic: bool) -> None:
    assert begins_with(plain_subjects(words(subject)), AUTOMATIC).tolist() == [automatic]


def test_a_word_anywhere_is_found() -> None:
    plain = plain_subjects(words("Our June Newsletter", "June", None))
    assert contains(plain, ("newsletter", "unsubscribe")).tolist() == [True, False, False]


def test_equal_words_get_one_number() -> None:
    assert numbered(["b", "a", "b", ("a", 1), ("a", 1)]).tolist() == [0, 1, 0, 2, 2]
