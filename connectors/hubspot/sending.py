"""Sends batches of up to a hundred records, with one outcome per record whatever comes back.

Every row carries a trace id, without which HubSpot refuses a whole batch for one bad row. Where it refuses all the
same, the batch is cut in halves until the bad row stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.hubspot.client import OBJECTS, HubSpotClient, Json
from connectors.hubspot.kinds import Kind
from connectors.hubspot.outcomes import known_id, read_outcomes, refused, traced
from connectors.hubspot.refusals import OutOfQuota, ServerFailure, VendorRefusal
from core.sdk import Outcome, RetryLater, UnknownOutcome

BATCH = 100
NO_WORD = Outcome("unknown", message="the answer does not say what became of it")
"""For an answer that is neither a success nor a refusal as the vendor words them."""


def send_rows(client: HubSpotClient, kind: Kind, verb: str, inputs: Sequence[Json]) -> list[Outcome]:
    """One outcome per row, in order."""
    if not inputs:
        return []
    if len(inputs) > BATCH:
        return _in_parts(client, kind, verb, inputs, BATCH)
    try:
        answer = send(client, f"{OBJECTS}/{kind.name}/batch/{verb}", {"inputs": traced(inputs)})
    except VendorRefusal as refusal:
        if len(inputs) == 1:
            return [refused(refusal, known_id(inputs[0]), client.now())]
        return _in_parts(client, kind, verb, inputs, len(inputs) // 2)
    if isinstance(answer, Outcome):
        return [answer] * len(inputs)
    return read_outcomes(answer, inputs, client.now(), all_new=verb == "create")


def _in_parts(client: HubSpotClient, kind: Kind, verb: str, inputs: Sequence[Json], at: int) -> list[Outcome]:
    first = send_rows(client, kind, verb, inputs[:at])
    return first + or_retry(lambda: send_rows(client, kind, verb, inputs[at:]), len(inputs) - at)


def or_retry(ask: Callable[[], list[Outcome]], count: int) -> list[Outcome]:
    """What ``ask`` says of ``count`` rows; if HubSpot takes no more now, they are for later.

    For whatever follows a first sending: raising would lose what that one has brought about.
    """
    try:
        return ask()
    except RetryLater as busy:
        return [Outcome("retry", message=busy.what, retry_at=busy.retry_at)] * count


def send(client: HubSpotClient, path: str, body: Json) -> Json | Outcome:
    """The answer to a write, or the one outcome of all it carries when there is none.

    ``AuthError``, ``ConfigError`` and ``OutOfQuota`` concern everything still to be sent and are raised, and so is
    ``VendorRefusal``.
    """
    try:
        return client.post(path, body).body
    except (UnknownOutcome, ServerFailure) as lost:
        return Outcome("unknown", message=lost.what)
    except OutOfQuota:
        raise
    except RetryLater as busy:
        return Outcome("retry", message=busy.what, retry_at=busy.retry_at)
