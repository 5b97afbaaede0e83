"""What HubSpot refuses for some of its properties is sent again without these, in the same run.

HubSpot refuses a record whole for one property: a number that is none, a rule of the account's own, an owner who left.
Vetting knows of some beforehand; of the rest only HubSpot's answer tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from connectors.hubspot.outcomes import TAKEN
from connectors.hubspot.refusals import WANTING
from connectors.hubspot.sending import or_retry
from connectors.hubspot.vetting import Vetted
from core.sdk import Outcome, WriteRow

Send = Callable[[Sequence[WriteRow]], list[Outcome]]
Told = tuple[Vetted, Outcome]


def send_trimmed(vetted: Sequence[Vetted], send: Send, *, makes_new: bool) -> list[Told]:
    """Each row as it was sent at last, and what became of it."""
    sent = iter(send([one.row for one in vetted if not one.is_empty]))
    told = [(one, one.rejection() if one.is_empty else next(sent)) for one in vetted]
    return _without_refused(told, send, makes_new=makes_new)


def _without_refused(told: list[Told], send: Send, *, makes_new: bool) -> list[Told]:
    """Every round takes properties away, so this comes to an end."""
    trimmed = {at: less for at, one in enumerate(told) if (less := _trimmed(*one, makes_new=makes_new)) is not None}
    if not trimmed:
        return told
    rows = [less.row for less in trimmed.values()]
    outcomes = or_retry(partial(send, rows), len(rows))
    later = _without_refused(list(zip(trimmed.values(), outcomes, strict=True)), send, makes_new=makes_new)
    found = {at: told[at] if _was_needed(one) else one for at, one in zip(trimmed, later, strict=True)}
    return [found.get(at, one) for at, one in enumerate(told)]


def _trimmed(one: Vetted, outcome: Outcome, *, makes_new: bool) -> Vetted | None:
    """The row without what was refused; None where that was not the row's own values, or nothing would be left.

    A new record whose unique value is taken is one that exists: without that value it would be made a second time.
    """
    if outcome.state != "rejected" or one.is_empty or outcome.code == WANTING:
        return None
    if (makes_new and outcome.code in TAKEN) or not outcome.fields or not one.row.values.keys() >= set(outcome.fields):
        return None
    less = one.without(dict.fromkeys(outcome.fields, outcome.code))
    return None if less.is_empty else less


def _was_needed(later: Told) -> bool:
    """Whether a new record cannot do without what was taken away: then the first refusal tells more."""
    return later[1].state == "rejected" and later[1].code == WANTING
