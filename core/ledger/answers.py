"""Which row each answer speaks of: never believed by its place alone.

An update names its record, and so does its answer. A new record has no id yet: its answer is told by the key that the
row carried, where the connector passes it on; where it does not, the records are read back and asked for their key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.connector import Outcome
from core.errors import AuthError, ConfigError, RetryLater, UnknownOutcome
from core.ledger.parcel import Parcel

MIXED_UP = "the answers came in another order than the rows, and none of them speaks of this one"
UNSURE = "the new records could not be read back"
Keys = Callable[[str, Sequence[str]], Mapping[str, str]]
"""Reads what records hold in their key field: (field, ids) -> id -> key; may raise as connectors do."""


def credible(parcels: Sequence[Parcel], outcomes: Sequence[Outcome], keys: Keys) -> list[Outcome]:
    """One outcome per parcel; what does not fit the question, or cannot be told apart, is unknown."""
    if len(outcomes) != len(parcels):
        what = f"{len(outcomes)} results came back for {len(parcels)} rows"
        return [Outcome("unknown", message=what)] * len(parcels)
    if parcels[0].row.key is None:
        return _updated(parcels, outcomes)
    if any(one.key for one in outcomes):
        outcomes = _at_their_rows([_key(one) for one in parcels], [one.key for one in outcomes], outcomes)
    outcomes = _read_back(parcels, outcomes, keys)
    return [_own(parcel, outcome) for parcel, outcome in zip(parcels, outcomes, strict=True)]


def _updated(parcels: Sequence[Parcel], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Answers on updates; one that names another row's record shows that none may be believed by its place."""
    asked = [one.row.external_id for one in parcels]
    said = [one.external_id if one.external_id in asked else None for one in outcomes]
    return [_own(*pair) for pair in zip(parcels, _at_their_rows(asked, said, outcomes), strict=True)]


def _at_their_rows(
    asked: Sequence[str | None], said: Sequence[str | None], outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """Each answer at the row that it names; those that name none stay in their place if none was mixed up."""
    told: dict[str | None, Outcome] = {name: one for name, one in zip(said, outcomes, strict=True) if name}
    is_mixed_up = any(name not in (None, mine) for mine, name in zip(asked, said, strict=True))
    unsaid = _unsaid(outcomes, MIXED_UP)
    rows = zip(asked, said, outcomes, strict=True)
    return [told.get(mine) or (unsaid if is_mixed_up or name else one) for mine, name, one in rows]


def _read_back(parcels: Sequence[Parcel], outcomes: Sequence[Outcome], keys: Keys) -> Sequence[Outcome]:
    """Ask the new records of a batch for their keys, where the answers did not tell; one read for all of them.

    By id, which vendors show at once, while a search for the key may lag behind.
    """
    made = [one for one in outcomes if one.state == "applied" and one.external_id and not one.key]
    if len(parcels) < 2 or not made:
        return outcomes
    try:
        held = _by_key_held(parcels, made, keys)
    except (RetryLater, UnknownOutcome, AuthError, ConfigError) as trouble:
        doubted = _unsaid(outcomes, f"{UNSURE}: {trouble.what}")
        return [one if one.key else doubted for one in outcomes]
    pairs = list(zip(parcels, outcomes, strict=True))
    if all(_fits(parcel, outcome, held) for parcel, outcome in pairs):
        return outcomes
    unsaid = _unsaid(outcomes, MIXED_UP)
    return [outcome if _names(outcome, at) else held.get(_key(at)) or unsaid for at, outcome in pairs]


def _by_key_held(parcels: Sequence[Parcel], made: Sequence[Outcome], keys: Keys) -> dict[str, Outcome]:
    """Key -> the answer that speaks of the record with it."""
    field = parcels[0].row.key[0] if parcels[0].row.key else ""
    named = {str(one.external_id): one for one in made}
    return {key: named[record] for record, key in keys(field, list(named)).items() if record in named}


def _fits(parcel: Parcel, outcome: Outcome, held: Mapping[str, Outcome]) -> bool:
    """Whether the record that an answer names by its place is the one that carries the row's key, or neither is."""
    known = held.get(_key(parcel))
    named = outcome.external_id if outcome.state == "applied" and not outcome.key else None
    return (known.external_id if known else None) == named


def _names(outcome: Outcome, parcel: Parcel) -> bool:
    return outcome.key is not None and outcome.key == _key(parcel)


def _unsaid(outcomes: Sequence[Outcome], why: str) -> Outcome:
    """What is known of a row that no answer can be told to speak of; if one was told to wait, it may have been this."""
    told = [one.retry_at for one in outcomes if one.retry_at is not None]
    return Outcome("unknown", message=why, retry_at=max(told, default=None))


def _key(parcel: Parcel) -> str:
    return parcel.row.key[1] if parcel.row.key else ""


def _own(parcel: Parcel, outcome: Outcome) -> Outcome:
    asked = parcel.row.external_id
    if outcome.state != "applied" or (asked is not None and outcome.external_id in (None, asked)):
        return outcome
    if asked is None and outcome.external_id:
        return outcome
    return Outcome("unknown", message=f"the answer speaks of {outcome.external_id}, not of {asked or 'a new record'}")
