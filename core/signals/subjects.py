"""What the subject of a message tells: whether a machine wrote it, and which messages are one and the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from core.signals.columns import Mask, Values

AUTOMATIC = (
    "automatic reply", "auto reply", "auto-reply", "autoreply", "auto:", "out of office", "out of the office",
    "abwesenheit", "automatische antwort", "réponse automatique", "respuesta automática", "risposta automatica",
    "automatisch antwoord", "undeliverable", "undelivered", "delivery status notification", "mail delivery",
    "returned mail", "accepted:", "declined:", "tentative:", "read:", "not read:",
)  # fmt: skip
"""How the subjects of mail begin that no person wrote: absence notes, bounces, receipts, answers to invitations."""

# "Email: " is what Salesforce puts before the subject of a mail it logs; "[External]" what mail servers put there.
ADDED = re.compile(r"^(?:\s*(?:email:|\[ext(?:ernal)?\]|\*+ext(?:ernal)?\*+))+", re.IGNORECASE)
REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|vs|tr|rv|antw)\s*(?:\[\d+\])?:\s*)+")
SPACES = re.compile(r"\s+")


def plain_subjects(subjects: Values) -> Values:
    """Subjects without case, surplus space and what systems put before them; empty where there is none."""
    return _each(subjects, _plain)


def threads(plain: Values) -> Values:
    """What the mails of one conversation share: their plain subject without marks of reply and forward."""
    return _each(plain, lambda subject: REPLY.sub("", subject))


def begins_with(subjects: Values, words: tuple[str, ...]) -> Mask:
    """Where a plain subject begins with one of some words."""
    return _each(subjects, lambda subject: subject.startswith(words)).astype(np.bool_)


def contains(subjects: Values, words: tuple[str, ...]) -> Mask:
    """Where a plain subject contains one of some words."""
    return _each(subjects, lambda subject: any(word in subject for word in words)).astype(np.bool_)


def numbered(words: Iterable[object]) -> Values:
    """The words as numbers, equal words by the same one."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(word, len(known)) for word in words], np.int64)


def _plain(subject: str | None) -> str:
    return SPACES.sub(" ", ADDED.sub("", subject or "")).strip().casefold()


def _each(subjects: Values, rule: Callable[[str], object]) -> Values:
    """A rule applied to every subject; each different one is looked at once."""
    known: dict[str, object] = {}
    found = np.empty(len(subjects), "O")
    for row, subject in enumerate(subjects.tolist()):
        if subject not in known:
            known[subject] = rule(subject)
        found[row] = known[subject]
    return found
