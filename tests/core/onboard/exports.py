"""Made-up folders of exports, and what is proposed for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.clock import FixedClock
from core.mapping.document import read_document
from core.onboard import Proposal, propose, write_proposal

CLOCK = FixedClock(datetime(2026, 6, 30, 12, tzinfo=UTC))
CLIENTS = "Client ID,Company name,E-mail,City,Postcode,Account manager\n" + "".join(
    f"C{n},Company {n},office@company{n}.example,Leeds,LS1 {n}AA,{n % 2 + 1}\n" for n in range(1, 9)
)
STAFF = "Employee ID,First name,Last name,Job title,Reports to\n1,Anna,Lee,Partner,\n2,Ben,Ray,Manager,1\n"
INVOICES = "Invoice No,Client ID,Invoice date,Due date,Total,Paid on\n" + "".join(
    f"{1000 + n},C{n % 8 + 1},{n:02}/03/2026,{n:02}/04/2026,{n * 100}.50,{f'{n + 2:02}/04/2026' if n % 2 else ''}\n"
    for n in range(1, 29)
)


def proposed(folder: Path, files: Mapping[str, str]) -> Proposal:
    """The proposal for these files."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return propose(folder, CLOCK)


def mapping_of(proposal: Proposal, target: Path) -> dict[str, Any]:
    """The first mapping file as data, after it has been written and read."""
    write_proposal(proposal, target)
    return read_document(target / proposal.connections[0].mapping_file).data


def recognised(proposal: Proposal) -> dict[str, set[str]]:
    """File -> what it was taken for."""
    found: dict[str, set[str]] = {}
    for one in proposal.recognised:
        found.setdefault(one.file, set()).add(one.record_type)
    return found


def left_out(proposal: Proposal) -> dict[str, str]:
    """What is not used -> why."""
    return {one.what: one.why for one in proposal.left_out}
