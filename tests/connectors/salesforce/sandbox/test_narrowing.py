"""What conditions say about ``SystemModstamp``; what they must not be taken to say."""

from __future__ import annotations

import pytest

from connectors.salesforce.sandbox.soql.narrowing import lowest_stamp
from connectors.salesforce.sandbox.soql.parser import parse

EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
EARLY_STAMP, LATE_STAMP = "2026-01-01T00:00:00.000+0000", "2026-02-01T00:00:00.000+0000"


@pytest.mark.parametrize(
    ("where", "lowest"),
    [
        (f"SystemModstamp > {EARLY}", EARLY_STAMP),
        (f"SystemModstamp >= {EARLY}", EARLY_STAMP),
        (f"systemmodstamp = {EARLY}", EARLY_STAMP),
        ("SystemModstamp > 2026-01-01T01:00:00+01:00", EARLY_STAMP),
        (f"Name = 'x' AND SystemModstamp > {EARLY}", EARLY_STAMP),
        (f"SystemModstamp > {EARLY} AND SystemModstamp > {LATE}", LATE_STAMP),
        (f"SystemModstamp > {LATE} OR (SystemModstamp = {EARLY} AND Id > '001')", EARLY_STAMP),
        (f"SystemModstamp < {EARLY}", None),
        (f"SystemModstamp != {EARLY}", None),
        ("SystemModstamp > YESTERDAY", None),
        (f"SystemModstamp > {EARLY} OR Name = 'x'", None),
        (f"NOT SystemModstamp > {EARLY}", None),
        (f"Parent.SystemModstamp > {EARLY}", None),
        (f"CreatedDate > {EARLY}", None),
        (f"SystemModstamp IN ({LATE}, {EARLY})", None),
    ],
)
def test_the_lowest_stamp_that_can_meet_the_conditions(where: str, lowest: str | None) -> None:
    assert lowest_stamp(parse(f"SELECT Id FROM Account WHERE {where}").where) == lowest


def test_no_condition_says_nothing() -> None:
    assert lowest_stamp(parse("SELECT Id FROM Account").where) is None
