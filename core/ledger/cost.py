"""What a plan costs in API calls: distinct records per stream and verb, cut into the vendor's batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil

from core.connector import Verb
from core.ledger.operations import Operation
from core.ledger.target import Target

Calls = Mapping[str, Mapping[str, int]]


def calls_of(ready: Iterable[Operation], awaiting: Iterable[Operation], targets: Mapping[str, Target]) -> Calls:
    """Calls per connection: ``apply`` for what goes now, ``needs approval`` for what approval of the rest would add."""
    now = list(ready)
    alone = _calls(now, targets)
    together = _calls([*now, *awaiting], targets)
    return {
        name: {"apply": alone.get(name, 0), "needs approval": calls - alone.get(name, 0)}
        for name, calls in sorted(together.items())
    }


def _calls(operations: Iterable[Operation], targets: Mapping[str, Target]) -> dict[str, int]:
    records: dict[tuple[str, str, Verb], set[str | None]] = {}
    for planned in operations:
        group = (planned.connection, planned.stream, planned.verb)
        records.setdefault(group, set()).add(planned.external_id or planned.key)
    calls: dict[str, int] = {}
    for (name, stream, verb), touched in records.items():
        size = targets[name].connector.batch_size(stream, verb) if name in targets else 1
        calls[name] = calls.get(name, 0) + ceil(len(touched) / size)
    return calls
