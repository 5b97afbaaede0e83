"""Which contract took the place of which: amendments and successors, from the first to the newest."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Contracts, Mask, signal
from plugins.renewals.naming import number_of

UNSIGNED = ("draft", "in_approval", "sent")


@signal("term.lineage", kind="text", subject="contract")
def lineage(contracts: Contracts) -> Column:
    """The contracts in whose line it stands, the oldest first; none for one that was not replaced and replaced none."""
    after = _successors(contracts)
    before = {later: earlier for earlier, later in reversed(after.items())}
    values = np.full(len(contracts), None, "O")
    for row in {*after, *before}:
        line = [*reversed(_walk(before, row)[1:]), *_walk(after, row)]
        values[row] = " → ".join(number_of(contracts, one) for one in line)
    return Column(values, lambda i: "as the contracts say what replaced them" if values[i] else "it stands alone")


def replaced_by_signed(contracts: Contracts) -> Mask:
    """Where another contract took its place: a draft does not yet, and contracts that replace each other never do."""
    after = _successors(contracts)
    replaced = np.array([other is not None for other in contracts.replaced_by_id], np.bool_)
    for row, later in after.items():
        is_ring = row in _walk(after, later)
        replaced[row] = contracts.status[later] not in UNSIGNED and not is_ring
    return replaced


def _successors(contracts: Contracts) -> dict[int, int]:
    """The row of the contract that replaced each, where it is known."""
    row_of = {id_: row for row, id_ in enumerate(contracts.ids)}
    named = enumerate(contracts.replaced_by_id.tolist())
    return {row: row_of[other] for row, other in named if other in row_of and row_of[other] != row}


def _walk(links: dict[int, int], row: int) -> list[int]:
    """The row and all that follow it, each once."""
    line = [row]
    while (following := links.get(line[-1])) is not None and following not in line:
        line.append(following)
    return line


SIGNALS = [lineage]
