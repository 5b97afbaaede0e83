"""The demo firm: a seeded, believable accounting practice as of 30 June 2026, 09:00 UTC."""

from __future__ import annotations

from connectors.sandbox.demo.activity import Contacts, cases, chores, touches
from connectors.sandbox.demo.billing import bills, fees
from connectors.sandbox.demo.dealings import engagements, openings
from connectors.sandbox.demo.dice import AS_OF
from connectors.sandbox.demo.parties import cast
from connectors.sandbox.demo.people import colleagues, people
from connectors.sandbox.firm import Firm

__all__ = ["AS_OF", "demo_firm", "empty_firm"]

FIRM_NAME = "Hartwell & Co"


def demo_firm(seed: int = 7) -> Firm:
    """The whole practice; the same seed gives the same firm, value for value, on every machine."""
    staff = colleagues()
    roles = cast(seed, staff)
    persons = people(seed, roles)
    contacts = Contacts(persons)
    return Firm(
        name=FIRM_NAME,
        as_of=AS_OF,
        colleagues=staff,
        parties=tuple(role.party for role in roles),
        people=persons,
        openings=openings(seed, roles),
        engagements=engagements(seed, roles),
        cases=cases(seed, roles, contacts),
        touches=touches(seed, roles, contacts),
        chores=chores(seed, roles),
        fees=fees(seed, roles),
        bills=bills(seed, roles),
    )


def empty_firm() -> Firm:
    """A firm on its first day: one colleague, who owns the systems, and not a single client."""
    return Firm(FIRM_NAME, AS_OF, colleagues()[:1], (), (), (), (), (), (), (), (), ())
