"""A proposal as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.onboard.proposal import Proposal

GRADES = ((0.75, "sure"), (0.6, "likely"), (0.0, "a guess"))
WIDTH = 118


def render(proposal: Proposal) -> str:
    """What was recognised and how surely, what is left out and why, and what nobody can tell from these files."""
    return "\n".join(_lines(proposal))


def grade(confidence: float) -> str:
    """A confidence in words."""
    return next(word for least, word in GRADES if confidence >= least)


def _lines(proposal: Proposal) -> Iterator[str]:
    rows = [(one.file, one.record_type, f"{one.rows:,}", grade(one.confidence), one.how) for one in proposal.recognised]
    yield f"Recognised in {proposal.folder.name}:"
    yield from _table(("file", "as", "rows", "", "because"), rows, right=2)
    if proposal.left_out:
        yield ""
        yield "Left out:"
        yield from _table(("what", "why"), [(one.what, one.why) for one in proposal.left_out])
    for title, sentences in (("Assumed", proposal.assumed), ("Not known from these files", proposal.unknown)):
        if sentences:
            yield ""
            yield f"{title}:"
            yield from (f"  - {sentence}" for sentence in sentences)
    if proposal.as_of is not None:
        yield ""
        note = "; `as_of` is set to it, since that is long ago" if proposal.is_past else ""
        yield f"Newest date in the data: {proposal.as_of.isoformat()}{note}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], right: int = -1) -> Iterator[str]:
    """Aligned columns, the last one as long as it likes."""
    widths = [min(52, max(map(len, column))) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [
            cell.rjust(width) if at == right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row[:-1], widths, strict=False))
        ]
        yield "  " + "  ".join([*cells, row[-1]]).rstrip()
