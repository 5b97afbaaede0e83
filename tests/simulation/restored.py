"""What a merge that was taken back has to look like: both records as they were, and what belonged to each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.ledger.operations import Operation
from core.ledger.unmerge import remade_by
from tests.simulation.firm import Firm, same

PEOPLES_OWN = ("Name", "Domain")
"""Fields that Inlay never writes."""


def not_restored(firm: Firm, merge: Operation) -> Iterator[str]:
    """What is not as it was before a merge that has been taken back, to the byte; nothing when all is well."""
    crm = firm.crms[0]
    there = crm.records["Account"]
    survivor, [loser] = merge.external_id or "", merge.after["losers"]
    with firm.store.read() as conn:
        remade = remade_by(conn, merge).get(loser, "")
    kept: dict[str, Any] = (merge.before or {}).get("fields", {})
    if survivor not in there:
        return
    if remade not in there:
        yield f"I3 the merge of {loser} into {survivor} was taken back, and {loser} is nowhere"
        return
    for now, then in ((survivor, survivor), (remade, loser)):
        for name in PEOPLES_OWN:
            was = kept.get(then, {}).get(name)
            if (crm.name, now, name) not in firm.truth.people and not same(there[now].get(name), was):
                yield f"I3 {then}.{name} was {was} before the merge, and is {there[now].get(name)} after it was undone"
    for stream, field, _, ids in merge.before["children"]:
        for one in ids:
            held = crm.records[stream].get(one, {}).get(field, remade)
            if held != remade:
                yield f"I3 {stream} {one} belonged to {loser}, and belongs to {held} now"
