"""Brings the demo firm's HubSpot half into the account, through the same doors as any write and in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from connectors.hubspot.sandbox.crm import Crm, end_of
from connectors.hubspot.sandbox.links import HUBSPOT_DEFINED
from connectors.hubspot.sandbox.numbers import USER_ID
from connectors.hubspot.sandbox.records import CALCULATED, Author, Record
from connectors.hubspot.sandbox.schema import Property
from connectors.hubspot.sandbox.values import milliseconds, stamp
from connectors.hubspot.sandbox.writing import NewLink, Write, carry_out, plan_create, plan_update
from connectors.sandbox.firm import Chore, Engagement, Firm, Home, Opening, Party, Person, SupportCase, Touch

HOME: Home = "hubspot"
_PERSON = Author("CRM_UI", f"userId:{USER_ID}", USER_ID)
_CHILD_TO_PARENT = 14

# The firm's own properties: type, name, label, data type, field type, group.
OWN_PROPERTIES = (
    ("companies", "vat_number", "VAT number", "string", "text"),
    ("deals", "contract_start_date", "Contract start date", "date", "date"),
    ("deals", "contract_end_date", "Contract end date", "date", "date"),
    ("deals", "notice_period_days", "Notice period (days)", "number", "number"),
    ("deals", "auto_renew", "Renews automatically", "bool", "booleancheckbox"),
    ("deals", "annual_value", "Annual value", "number", "number"),
)
_INDUSTRIES = {
    "Agriculture": "FARMING",
    "Charity": "NON_PROFIT_ORGANIZATION_MANAGEMENT",
    "Education": "EDUCATION_MANAGEMENT",
    "Healthcare": "HOSPITAL_HEALTH_CARE",
    "Manufacturing": "MACHINERY",
    "Media": "MEDIA_PRODUCTION",
    "Property": "REAL_ESTATE",
    "Technology": "INFORMATION_TECHNOLOGY_AND_SERVICES",
    "Transport": "TRANSPORTATION_TRUCKING_RAILROAD",
}
_COUNTRIES = {"GB": "United Kingdom", "IE": "Ireland", "US": "United States", "DE": "Germany", "FR": "France"}
_LIFECYCLE = {"prospect": "opportunity", "active": "customer", "former": "other"}
_DEAL_STAGES = {
    "qualify": "qualifiedtobuy",
    "proposal": "presentationscheduled",
    "negotiation": "decisionmakerboughtin",
    "won": "closedwon",
    "lost": "closedlost",
}
_TICKET_STAGES = {"new": "1", "waiting": "2", "open": "3", "closed": "4"}
_TICKET_PRIORITIES = {"low": "LOW", "normal": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}
_CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"


@dataclass(frozen=True)
class Entry:
    """One record to come: when it was made, its values, and the keys of what it belongs to.

    ``key`` names it for others; ``later`` is a change made to it afterwards.
    """

    at: datetime
    type: str
    key: str
    properties: Mapping[str, str]
    partners: Sequence[str]
    later: tuple[datetime, Mapping[str, str]] | None = None


class Loader:
    """Loads one firm into an empty account."""

    def __init__(self, crm: Crm, firm: Firm) -> None:
        self._crm = crm
        self._firm = firm
        self._owners: dict[str, str] = {}
        self._made: dict[str, Record] = {}

    def load(self) -> None:
        """Create owners, the firm's own properties, and every record in the order of time."""
        for colleague in self._firm.colleagues:
            names = (colleague.email.lower(), colleague.first_name, colleague.last_name)
            owner = self._crm.account.add_owner(*names, is_active=colleague.is_active, at=self._firm.as_of)
            self._owners[colleague.key] = owner.id
        for row in OWN_PROPERTIES:
            self._add_property(*row)
        with self._crm.all_at_once():
            self._enter_all(self._companies())
            self._enter_all(self._contacts())
            self._enter_all([*self._deals(), *self._tickets(), *self._activities()])
            self._link_parents()
        self._unsubscribe()

    def _add_property(self, type_name: str, name: str, label: str, data_type: str, field_type: str) -> None:
        kind = self._crm.schema.types[type_name]
        group = "hartwell"
        kind.groups.setdefault(group, self._firm.name)
        options = {"true": "Yes", "false": "No"} if data_type == "bool" else {}
        made = Property(name, label, data_type, field_type, group, options, is_hubspot_defined=False)
        made.created_at = made.updated_at = self._firm.as_of - timedelta(days=900)
        kind.properties[name] = made

    def _enter_all(self, entries: Sequence[Entry]) -> None:
        ordered = sorted(entries, key=lambda entry: (entry.at, entry.key))
        changes = []
        for number, entry in enumerate(ordered):
            at = entry.at + timedelta(milliseconds=number * 37 % 1000)  # as in life, hardly ever on a full second
            self._enter(entry, min(at, self._firm.as_of))
            if entry.later is not None:
                changes.append((entry.later[0], entry.key, entry.later[1]))
        for at, key, values in sorted(changes, key=lambda change: change[:2]):
            plan = plan_update(self._crm, self._made[key], values)
            carry_out(self._crm, plan, Write(at, _PERSON))

    def _enter(self, entry: Entry, at: datetime) -> None:
        kind = self._crm.schema.types[entry.type]
        partners = [end_of(self._made[key]) for key in entry.partners if key in self._made]
        links = [NewLink(end, [self._crm.links.plain(entry.type, end.type)]) for end in partners]
        plan = plan_create(self._crm, kind, entry.properties, links)
        self._made[entry.key] = carry_out(self._crm, plan, Write(at, _PERSON))

    def _companies(self) -> list[Entry]:
        return [
            Entry(_nine(party.client_since), "companies", party.key, self._company(party), ())
            for party in self._firm.parties
            if HOME in party.homes
        ]

    def _company(self, party: Party) -> dict[str, str]:
        industry = _INDUSTRIES.get(party.industry, party.industry.upper().replace(" ", "_"))
        known = industry in self._crm.schema.types["companies"].properties["industry"].options
        return {
            "name": party.spelling.get(HOME, party.name),
            "domain": party.domain,
            "website": f"https://www.{party.domain}",
            "industry": industry if known else "",
            "numberofemployees": str(party.employees),
            "lifecyclestage": _LIFECYCLE[party.status],
            "type": "PROSPECT" if party.status == "prospect" else "",
            "hubspot_owner_id": self._owners[party.owner_key],
            "phone": party.phone,
            "address": party.street,
            "city": party.city,
            "zip": party.postal_code,
            "country": _COUNTRIES.get(party.country, party.country),
            "vat_number": party.vat_number or "",
        }

    def _contacts(self) -> list[Entry]:
        since = {party.key: party.client_since for party in self._firm.parties}
        return [
            Entry(_nine(since[person.party_key]), "contacts", person.key, self._contact(person), [person.party_key])
            for person in self._firm.people
            if HOME in person.homes
        ]

    def _contact(self, person: Person) -> dict[str, str]:
        party = next(party for party in self._firm.parties if party.key == person.party_key)
        return {
            "email": person.email,
            "firstname": person.first_name,
            "lastname": person.last_name,
            "jobtitle": person.title,
            "phone": person.phone,
            "company": party.spelling.get(HOME, party.name),
            "lifecyclestage": _LIFECYCLE[party.status],
            "hubspot_owner_id": self._owners[party.owner_key],
        }

    def _deals(self) -> Iterator[Entry]:
        for opening in self._firm.openings:
            if opening.home == HOME:
                values = self._opening(opening)
                yield Entry(opening.created_at, "deals", opening.key, values, [opening.party_key])
        for engagement in self._firm.engagements:
            if engagement.home == HOME:
                signed = _nine(engagement.start_date) - timedelta(days=30)
                yield Entry(signed, "deals", engagement.key, self._engagement(engagement), [engagement.party_key])

    def _opening(self, opening: Opening) -> dict[str, str]:
        return {
            "dealname": opening.name,
            "dealstage": _DEAL_STAGES[opening.stage],
            "amount": str(opening.amount),
            "deal_currency_code": opening.currency,
            "closedate": stamp(_midnight(opening.close_date)),
            "createdate": stamp(opening.created_at),
            "dealtype": "newbusiness",
            "hubspot_owner_id": self._owners[opening.owner_key],
        }

    def _engagement(self, engagement: Engagement) -> dict[str, str]:
        """HubSpot has no contracts: this firm keeps a signed one as a won deal with dates."""
        party = next(party for party in self._firm.parties if party.key == engagement.party_key)
        end = _end(engagement)
        return {
            "dealname": f"{engagement.number} {party.spelling.get(HOME, party.name)}",
            "dealstage": "contractsent" if engagement.status == "draft" else "closedwon",
            "amount": str(engagement.annual_value),
            "deal_currency_code": engagement.currency,
            "closedate": stamp(_midnight(engagement.start_date)),
            "dealtype": "existingbusiness",
            "hubspot_owner_id": self._owners[party.owner_key],
            "contract_start_date": engagement.start_date.isoformat(),
            "contract_end_date": end.isoformat() if end else "",
            "notice_period_days": str(engagement.notice_period_days),
            "auto_renew": "true" if engagement.auto_renew else "false",
            "annual_value": str(engagement.annual_value),
        }

    def _tickets(self) -> Iterator[Entry]:
        for case in self._firm.cases:
            if case.home == HOME:
                partners = [case.party_key, *([case.person_key] if case.person_key else [])]
                values = self._ticket(case)
                closing = {"hs_pipeline_stage": _TICKET_STAGES["closed"]}
                later = (case.closed_at, {**closing, "closed_date": stamp(case.closed_at)}) if case.closed_at else None
                yield Entry(case.opened_at, "tickets", case.key, values, partners, later)

    def _ticket(self, case: SupportCase) -> dict[str, str]:
        return {
            "subject": case.subject,
            "hs_pipeline_stage": _TICKET_STAGES["open" if case.status == "closed" else case.status],
            "hs_ticket_priority": _TICKET_PRIORITIES[case.priority],
            "createdate": stamp(case.opened_at),
            "source_type": "EMAIL",
        }

    def _activities(self) -> Iterator[Entry]:
        for touch in self._firm.touches:
            if touch.home == HOME:
                partners = [touch.party_key, *([touch.person_key] if touch.person_key else [])]
                type_name, values = _touch(touch)
                values.update({"hs_timestamp": stamp(touch.at), "hubspot_owner_id": self._owners[touch.owner_key]})
                yield Entry(touch.at, type_name, touch.key, values, partners)
        for chore in self._firm.chores:
            if chore.home == HOME:
                made = _nine(chore.due) - timedelta(days=14)
                yield Entry(made, "tasks", chore.key, self._task(chore), [chore.party_key])

    def _task(self, chore: Chore) -> dict[str, str]:
        return {
            "hs_task_subject": chore.subject,
            "hs_task_status": "COMPLETED" if chore.is_done else "NOT_STARTED",
            "hs_timestamp": stamp(_nine(chore.due)),
            "hubspot_owner_id": self._owners[chore.owner_key],
        }

    def _link_parents(self) -> None:
        kind = self._crm.links.known("companies", "companies", HUBSPOT_DEFINED, _CHILD_TO_PARENT)
        for party in self._firm.parties:
            if party.key in self._made and party.parent_key in self._made:
                child, parent = self._made[party.key], self._made[party.parent_key]
                self._crm.links.add(end_of(child), end_of(parent), kind)
                for record in (child, parent):
                    self._crm.touch(record, record.updated_at)

    def _unsubscribe(self) -> None:
        """Only people themselves can unsubscribe, so no write through the API does this."""
        for person in self._firm.people:
            if person.opted_out and person.key in self._made:
                record = self._made[person.key]
                record.put("hs_email_optout", "true", record.updated_at, CALCULATED)


def _touch(touch: Touch) -> tuple[str, dict[str, str]]:
    inbound = touch.direction == "inbound"
    span = timedelta(minutes=touch.minutes)
    shapes = {
        "email": (
            "emails",
            {
                "hs_email_subject": touch.subject,
                "hs_email_text": f"{touch.subject}\n\nKind regards",
                "hs_email_direction": "INCOMING_EMAIL" if inbound else "EMAIL",
                "hs_email_status": "SENT",
            },
        ),
        "call": (
            "calls",
            {
                "hs_call_title": touch.subject,
                "hs_call_direction": "INBOUND" if inbound else "OUTBOUND",
                "hs_call_duration": str(span // timedelta(milliseconds=1)),
                "hs_call_status": "COMPLETED",
                "hs_call_disposition": _CONNECTED,
            },
        ),
        "meeting": (
            "meetings",
            {
                "hs_meeting_title": touch.subject,
                "hs_meeting_start_time": stamp(touch.at),
                "hs_meeting_end_time": str(milliseconds(touch.at + span)),
                "hs_meeting_outcome": "COMPLETED",
            },
        ),
        "note": ("notes", {"hs_note_body": f"<p>{touch.subject}</p>"}),
    }
    return shapes[touch.channel]


def _nine(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _end(engagement: Engagement) -> date | None:
    """The last day of a contract; None for one without an end."""
    if not engagement.term_months:
        return None
    months = engagement.start_date.month - 1 + engagement.term_months
    first = date(engagement.start_date.year + months // 12, months % 12 + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    last_of_month = (following - timedelta(days=1)).day
    return first.replace(day=min(engagement.start_date.day, last_of_month)) - timedelta(days=1)
