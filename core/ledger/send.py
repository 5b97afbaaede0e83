"""One batch, one call, one outcome per row; a batch refused as a whole is taken apart to find the guilty rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.connector import Connector, Outcome, Verb
from core.errors import AuthError, ConfigError, InlayError, RetryLater, UnknownOutcome
from core.ledger.answers import Keys, credible
from core.ledger.parcel import Parcel

# A vendor that judges a batch as a whole refuses every half with a guilty row in it; one that judges row by row refuses
# each single row too. After so many single refusals in a row without one row passing, it is the second kind.
SINGLES_BEFORE_GIVING_UP = 8


@dataclass
class Sent:
    """The outcome of every parcel, in order; None for those not handed over because of ``trouble``."""

    outcomes: list[Outcome | None]
    trouble: InlayError | None = None


def send(connector: Connector, stream: str, verb: Verb, parcels: Sequence[Parcel], keys: Keys) -> Sent:
    """Send a batch in one call, in several where it has to be taken apart; ``keys`` reads new records back."""
    sender = _Sender(connector, stream, verb, keys)
    outcomes = sender.send(list(parcels))
    return Sent(outcomes, sender.trouble)


class _Sender:
    """Sends parcels and halves what is refused as a whole."""

    def __init__(self, connector: Connector, stream: str, verb: Verb, keys: Keys) -> None:
        self._connector = connector
        self._stream = stream
        self._verb = verb
        self._keys = keys
        self._single_refusals = 0
        self.trouble: InlayError | None = None

    def send(self, parcels: list[Parcel]) -> list[Outcome | None]:
        """One outcome per parcel."""
        outcomes = self._call(parcels)
        if any(outcome and outcome.state == "applied" for outcome in outcomes):
            self._single_refusals = 0
        elif len(parcels) == 1:
            self._single_refusals += 1
        if not self._is_worth_splitting(outcomes):
            return list(outcomes)
        middle = len(parcels) // 2
        return self.send(parcels[:middle]) + self.send(parcels[middle:])

    def _is_worth_splitting(self, outcomes: Sequence[Outcome | None]) -> bool:
        refusals = {(one.code, one.message) for one in outcomes if one and one.state == "rejected"}
        alike = len(refusals) == 1 and all(one and one.state == "rejected" for one in outcomes)
        return alike and len(outcomes) > 1 and self._single_refusals < SINGLES_BEFORE_GIVING_UP

    def _call(self, parcels: list[Parcel]) -> Sequence[Outcome | None]:
        if self.trouble is not None:
            return [None] * len(parcels)
        try:
            outcomes = self._connector.write(self._stream, self._verb, [parcel.row for parcel in parcels])
        except UnknownOutcome as lost:
            return [Outcome("unknown", message=lost.what)] * len(parcels)
        except (RetryLater, AuthError, ConfigError) as trouble:
            self.trouble = trouble
            return [None] * len(parcels)
        return credible(parcels, outcomes, self._asking)

    def _asking(self, field: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Read new records back; a vendor that sends this call away has sent the next ones away too."""
        try:
            return self._keys(field, ids)
        except (RetryLater, AuthError, ConfigError) as trouble:
            self.trouble = trouble
            raise
