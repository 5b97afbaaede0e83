"""What a plan costs in API calls: distinct records per stream and verb, cut into the vendor's batches or jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.ledger.operations import Act, Operation
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
    records: dict[tuple[str, str, Act], set[str | None]] = {}
    for planned in operations:
        group = (planned.connection, planned.stream, planned.verb)
        records.setdefault(group, set()).add(planned.external_id or planned.key)
    calls: dict[str, int] = {}
    for (name, stream, verb), touched in records.items():
        asked = targets[name].calls(stream, verb, len(touched)) if name in targets else len(touched)
        calls[name] = calls.get(name, 0) + asked
    return calls


def batch_sizes(operations: Iterable[Operation], targets: Mapping[str, Target]) -> dict[str, int]:
    """How many records one call carries, for every ``connection/stream/verb`` that operations need."""
    records: dict[tuple[str, str, Act], set[str | None]] = {}
    for one in operations:
        if one.connection in targets:
            records.setdefault((one.connection, one.stream, one.verb), set()).add(one.external_id or one.key)
    return {
        group_of(*group): _per_call(targets[group[0]], *group[1:], len(touched)) for group, touched in records.items()
    }


def _per_call(target: Target, stream: str, verb: Act, records: int) -> int:
    """A full call's records; where a batch takes several calls, as a job does, so many as that comes to per call."""
    full = target.batch_size(stream, verb)
    if target.calls(stream, verb, full) == 1:
        return full
    rows = min(full, records)
    return max(1, rows // target.calls(stream, verb, rows))


def shares(operations: Sequence[Operation], sizes: Mapping[str, int]) -> list[float]:
    """What each operation costs: its share of a full batch's call, divided among the fields of one record."""
    fields = Counter((one.verb, one.record) for one in operations)
    return [
        round(1 / sizes.get(group_of(one.connection, one.stream, one.verb), 1) / fields[one.verb, one.record], 6)
        for one in operations
    ]


def group_of(connection: str, stream: str, verb: Act) -> str:
    """The name of what travels in the same batches."""
    return f"{connection}/{stream}/{verb}"
