"""What plugins tell the doctor: settings that name nobody, and records that an admin or partner should mend."""

from __future__ import annotations

from datetime import date
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from core.connector import Finding
from plugins import health, kpi, playbooks, renewals, revenue, sla
from plugins.health.settings import HealthSettings
from plugins.kpi.settings import KpiSettings
from plugins.playbooks.settings import PlaybookSettings
from plugins.renewals.settings import RenewalSettings
from plugins.revenue.settings import RevenueSettings
from plugins.sla.settings import SlaSettings
from tests.core.signals.book import FIRM, Book, Desk
from tests.plugins.clinic import publisher_of
from tests.plugins.playbooks.script import team

ANN, GONE = "crm/User/ann", "crm/User/gone"


def checked(book: Book, plugin: ModuleType, settings: BaseModel) -> list[Finding]:
    """What a plugin finds after an evaluation."""
    book.save()
    desk = Desk(book.store, publisher_of(plugin, settings), firm=FIRM)
    desk.evaluate()
    found: list[Any] = desk.proposals(plugin.check, settings)
    assert all(isinstance(one, Finding) and one.remedy for one in found)
    return found


def told(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.where, one.message) for one in found]


def test_hook_check_of_playbooks_names_people_who_are_not_there(book: Book) -> None:
    team(book, "ann", "gone", gone=["gone"])
    book.client("a", owner_id=ANN)
    settings = PlaybookSettings.model_validate(
        {
            "roles": {"partner": [ANN, GONE]},
            "deputies": {ANN: "crm/User/typo"},
            "absences": [{"person": "crm/User/who", "first": date(2026, 6, 1), "last": date(2026, 6, 2)}],
            "fallback": GONE,
        }
    )
    said = " names nobody who works here"
    assert told(checked(book, playbooks, settings)) == [
        ("settings.roles.partner.1", GONE + said),
        (f"settings.deputies.{ANN}", "crm/User/typo" + said),
        ("settings.absences.0", "crm/User/who" + said),
        ("settings.fallback", GONE + said),
    ]


@pytest.mark.parametrize(("fallback", "lines"), [(None, 1), (ANN, 0)])
def test_clients_without_an_owner_are_told_of_unless_somebody_takes_their_steps(
    book: Book, fallback: str | None, lines: int
) -> None:
    team(book, "ann", "gone", gone=["gone"])
    book.client("a", owner_id=ANN)
    book.client("b", owner_id=GONE)
    book.client("c")
    found = checked(book, playbooks, PlaybookSettings(fallback=fallback))
    assert [one.message for one in found] == [
        "2 clients without an owner who works here: nobody takes the steps of their plays"
    ] * lines


def test_hook_check_of_revenue_tells_each_line_with_what_to_do(book: Book) -> None:
    client = book.client("Acme")
    book.add("invoice", "billing/invoices/1", client, number="I-1", status="open", issue_date="2026-05-01",
             due_date="2026-06-01", total={"amount": "-50", "currency": "GBP"})  # fmt: skip
    book.add("contract", "crm/Contract/1", client, number="C-1", status="active", start_date="2026-01-01",
             annual_contract_value={"amount": "100", "currency": "GBP"})  # fmt: skip
    book.add("deal", "crm/Opportunity/1", client, name="Audit", status="open",
             amount={"amount": "9", "currency": "CHF"})  # fmt: skip
    found = {one.message: one.remedy for one in checked(book, revenue, RevenueSettings())}
    remedies = {
        "Acme: contract C-1 has no end": "enter its end date",
        "Acme: invoice I-1 of GBP -50 is negative": "as a credit note",
        "Acme: deal Audit over CHF 9": "`plugins.revenue.rates`",
    }
    for begins, remedy in remedies.items():
        [line] = [one for one in found if one.startswith(begins)]
        assert remedy in found[line]


def test_many_findings_are_told_in_a_few_lines(book: Book) -> None:
    for number in range(25):
        client = book.client(f"c{number:02}")
        book.add("invoice", f"billing/invoices/{number}", client, number=str(number), status="open",
                 issue_date="2026-05-01", total={"amount": "-1", "currency": "GBP"})  # fmt: skip
    found = checked(book, revenue, RevenueSettings())
    assert len(found) == 21
    assert found[-1].message == "5 more clients with such findings"


def test_hook_check_of_renewals_names_what_cannot_be_watched(book: Book) -> None:
    client = book.client("Acme")
    book.add("contract", "crm/Contract/1", client, number="C-1", status="active", start_date="2026-01-01")
    book.add("contract", "crm/Contract/2", client, number="C-2", status="active", end_date="2027-01-01")
    book.add("contract", "crm/Contract/3", client, number="C-3", status="active", auto_renew=True)
    decision = {"contract": "crm/Contract/9", "decision": "renew", "reason": "they said so", "by": "Ann",
                "on": date(2026, 5, 1)}  # fmt: skip
    settings = RenewalSettings.model_validate({"decisions": [decision], "escalate_to": GONE})
    assert told(checked(book, renewals, settings)) == [
        (
            "settings.decisions.0",
            "the decision of 2026-05-01 is about crm/Contract/9, which is no contract that was read",
        ),
        ("settings.escalate_to", f"{GONE} names nobody who works here: escalations go to the client's owner"),
        ("crm/Contract/1", "contract C-1 has no end: no stage and no task will come"),
    ]


def test_hook_check_of_health_names_overrides_of_nobody_and_profiles_that_fit_no_client(book: Book) -> None:
    book.client("a", tier="Gold")
    kept = {"client": "crm/Account/a", "band": "Good", "reason": "settled now", "author": "Jo",
            "made_on": date(2026, 6, 1), "until": date(2026, 6, 30)}  # fmt: skip
    groups = HealthSettings().profiles[0].model_dump()["groups"]
    profiles = [
        {"name": "retainers", "when": {"tier": ["A"]}, "groups": groups},
        {"name": "others", "groups": groups},
    ]
    settings = HealthSettings.model_validate(
        {"overrides": [kept, kept | {"client": "crm/Account/zz"}], "profiles": profiles}
    )
    found = checked(book, health, settings)
    assert told(found) == [
        ("settings.overrides.1.client", "the override of crm/Account/zz counts for nobody: no client has this id"),
        ("settings.profiles.0.when", "no client is scored by the profile retainers"),
    ]
    assert found[1].remedy == "clients have as tier: Gold"


def test_hook_check_of_sla_and_kpi_name_strangers(book: Book) -> None:
    team(book, "ann")
    book.client("a")
    calendars = [{"zone": "America/New_York", "people": [ANN, GONE]}]
    [stranger] = checked(book, sla, SlaSettings.model_validate({"calendars": calendars}))
    assert stranger.where == "settings.calendars.0.people.1"
    [unknown] = checked(book, kpi, KpiSettings.model_validate({"fixed_tiers": {"crm/Account/a": "A", "x": "B"}}))
    assert unknown.where == "settings.fixed_tiers.x"
