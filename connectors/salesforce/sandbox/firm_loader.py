"""Fills an org with the Salesforce part of the demo firm."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from connectors.salesforce.sandbox.moments import read_instant, write_instant
from connectors.salesforce.sandbox.org import Actor
from connectors.salesforce.sandbox.saving import insert
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.staff import Staff
from connectors.salesforce.sandbox.table import Row
from connectors.sandbox.firm import Chore, Engagement, Firm, Opening, Party, Person, SupportCase, Touch

_TYPES = {"prospect": "Prospect", "active": "Customer", "former": "Former Customer"}
_STAGES = {
    "qualify": "Qualification",
    "proposal": "Proposal/Price Quote",
    "negotiation": "Negotiation/Review",
    "won": "Closed Won",
    "lost": "Closed Lost",
}
_CONTRACT_STATUSES = {"draft": "Draft", "active": "Activated", "expired": "Expired", "terminated": "Terminated"}
_CASE_STATUSES = {"new": "New", "open": "Working", "waiting": "Waiting on Customer", "closed": "Closed"}
_PRIORITIES = {"low": "Low", "normal": "Medium", "high": "High", "urgent": "Urgent"}
_COUNTRIES = {"GB": "United Kingdom", "IE": "Ireland", "FR": "France", "DE": "Germany", "US": "United States"}


def load_firm(site: Site, firm: Firm, staff: Staff) -> None:
    """Store every record of the firm whose home is Salesforce, each with the time at which it was made."""
    load = _Loader(site, firm, staff)
    for party in firm.parties:
        if "salesforce" in party.homes:
            load.party(party)
    load.parents(firm)
    for person in firm.people:
        if "salesforce" in person.homes and person.party_key in load.ids:
            load.person(person)
    for opening in firm.openings:
        if opening.home == "salesforce":
            load.opening(opening)
    for engagement in firm.engagements:
        if engagement.home == "salesforce":
            load.engagement(engagement)
    _load_service(load, firm)


def _load_service(load: _Loader, firm: Firm) -> None:
    for case in firm.cases:
        if case.home == "salesforce":
            load.case(case)
    for touch in firm.touches:
        if touch.home == "salesforce":
            load.touch(touch)
    for chore in firm.chores:
        if chore.home == "salesforce":
            load.chore(chore)


class _Loader:
    """Stores records one by one and remembers their ids by the firm's keys."""

    def __init__(self, site: Site, firm: Firm, staff: Staff) -> None:
        self._org = site.org
        self._as_of = firm.as_of
        self._owners = staff.by_key
        self._integration_id = staff.integration_id
        self._currencies = {party.key: party.currency for party in firm.parties}
        self._contacts: dict[str, list[Person]] = {}
        for person in firm.people:
            self._contacts.setdefault(person.party_key, []).append(person)
        self.ids: dict[str, str] = {}

    def _store(self, key: str, object_name: str, at: datetime, owner_key: str | None, values: Row) -> str:
        owner_id = self._owners.get(owner_key or "", self._integration_id)
        actor = Actor(owner_id, write_instant(min(at, self._as_of).replace(microsecond=0)), sees_all=True)
        kept: Row = {name: value for name, value in values.items() if value is not None}
        # Nobody could save for a colleague who has left, so such rows are stored first and handed over then.
        active = self._org.tables["User"].rows[owner_id].get("IsActive")
        if active and "OwnerId" in self._org.schema[object_name].fields:
            kept["OwnerId"] = owner_id
        elif "OwnerId" in self._org.schema[object_name].fields:
            kept["OwnerId"] = self._integration_id
        row_id = insert(self._org, actor, self._org.schema[object_name], kept)
        if not active and "OwnerId" in kept:
            self._org.tables[object_name].rows[row_id]["OwnerId"] = owner_id
        self.ids[key] = row_id
        return row_id

    def party(self, party: Party) -> None:
        """Store an account."""
        values: Row = {
            "Name": party.spelling.get("salesforce", party.name),
            "Type": _TYPES[party.status],
            "Industry": party.industry,
            "NumberOfEmployees": party.employees,
            "Website": f"https://www.{party.domain}" if party.domain else None,
            "Phone": party.phone,
            "BillingStreet": party.street,
            "BillingCity": party.city,
            "BillingPostalCode": party.postal_code,
            "BillingCountry": _COUNTRIES.get(party.country, party.country),
            "CurrencyIsoCode": party.currency,
            "VAT_Number__c": party.vat_number,
        }
        self._store(party.key, "Account", _morning(party.client_since), party.owner_key, values)

    def parents(self, firm: Firm) -> None:
        """Hang subsidiaries below their parents."""
        for party in firm.parties:
            parent_id = self.ids.get(party.parent_key or "")
            if parent_id and party.key in self.ids:
                self._org.tables["Account"].rows[self.ids[party.key]]["ParentId"] = parent_id

    def person(self, person: Person) -> None:
        """Store a contact."""
        account = self._org.tables["Account"].rows[self.ids[person.party_key]]
        values: Row = {
            "AccountId": account["Id"],
            "FirstName": person.first_name,
            "LastName": person.last_name,
            "Email": person.email or None,
            "Phone": person.phone or None,
            "Title": person.title or None,
            "HasOptedOutOfEmail": person.opted_out,
            "CurrencyIsoCode": account["CurrencyIsoCode"],
        }
        since = read_instant(str(account["CreatedDate"])) + timedelta(days=1)
        row_id = self._store(person.key, "Contact", since, None, values)
        self._org.tables["Contact"].rows[row_id]["OwnerId"] = account["OwnerId"]

    def opening(self, opening: Opening) -> None:
        """Store an opportunity, with the client's main contact in it."""
        values: Row = {
            "AccountId": self.ids[opening.party_key],
            "Name": opening.name[:120],
            "StageName": _STAGES[opening.stage],
            "Amount": float(opening.amount),
            "CloseDate": opening.close_date.isoformat(),
            "CurrencyIsoCode": opening.currency,
        }
        row_id = self._store(opening.key, "Opportunity", opening.created_at, opening.owner_key, values)
        main = [one for one in self._contacts.get(opening.party_key, ()) if one.is_primary and one.key in self.ids]
        for person in main:
            role: Row = {"OpportunityId": row_id, "ContactId": self.ids[person.key], "IsPrimary": True}
            role["Role"] = "Decision Maker"
            self._store(f"{opening.key}/{person.key}", "OpportunityContactRole", opening.created_at, None, role)

    def engagement(self, engagement: Engagement) -> None:
        """Store a contract under the firm's own number."""
        values: Row = {
            "AccountId": self.ids[engagement.party_key],
            "ContractNumber": engagement.number,
            "Status": _CONTRACT_STATUSES[engagement.status],
            "StartDate": engagement.start_date.isoformat(),
            "ContractTerm": engagement.term_months or None,  # 0: without an end
            "Notice_Period_Days__c": float(engagement.notice_period_days),
            "Auto_Renew__c": engagement.auto_renew,
            "Annual_Value__c": float(engagement.annual_value),
            "CurrencyIsoCode": engagement.currency,
        }
        self._store(engagement.key, "Contract", _morning(engagement.start_date), None, values)

    def case(self, case: SupportCase) -> None:
        """Store a case; its closing is its last change."""
        values: Row = {
            "AccountId": self.ids[case.party_key],
            "ContactId": self.ids.get(case.person_key or ""),
            "Subject": case.subject,
            "Priority": _PRIORITIES[case.priority],
            "Status": _CASE_STATUSES[case.status],
            "Origin": "Email",
            "CurrencyIsoCode": self._currencies[case.party_key],
        }
        row = self._org.tables["Case"].rows[self._store(case.key, "Case", case.opened_at, None, values)]
        if case.closed_at is not None:
            closed = write_instant(case.closed_at.replace(microsecond=0))
            row.update(ClosedDate=closed, LastModifiedDate=closed, SystemModstamp=closed)

    def touch(self, touch: Touch) -> None:
        """Store a meeting as an event, and a call, mail or note as a task that is done."""
        values: Row = {
            "WhatId": self.ids[touch.party_key],
            "WhoId": self.ids.get(touch.person_key or ""),
            "Subject": touch.subject,
            "CurrencyIsoCode": self._currencies[touch.party_key],
        }
        if touch.channel != "note":
            values["Direction__c"] = touch.direction.capitalize()
        if touch.channel == "meeting":
            starts = write_instant(touch.at.replace(microsecond=0))
            values.update(StartDateTime=starts, DurationInMinutes=touch.minutes, Type="Meeting")
            self._store(touch.key, "Event", touch.at, touch.owner_key, values)
        else:
            self._store(touch.key, "Task", touch.at, touch.owner_key, {**values, **_finished(touch)})

    def chore(self, chore: Chore) -> None:
        """Store a to-do made by hand."""
        values: Row = {
            "WhatId": self.ids[chore.party_key],
            "Subject": chore.subject,
            "ActivityDate": chore.due.isoformat(),
            "Status": "Completed" if chore.is_done else "Not Started",
            "CurrencyIsoCode": self._currencies[chore.party_key],
        }
        made = _morning(chore.due) - timedelta(days=14)
        self._store(chore.key, "Task", made, chore.owner_key, values)


def _finished(touch: Touch) -> Row:
    day = touch.at.date().isoformat()
    common: Row = {"Status": "Completed", "ActivityDate": day}
    if touch.channel == "call":
        seconds = touch.minutes * 60
        call_type = touch.direction.capitalize()
        return {
            **common,
            "TaskSubtype": "Call",
            "Type": "Call",
            "CallType": call_type,
            "CallDurationInSeconds": seconds,
        }
    return {**common, "TaskSubtype": "Email" if touch.channel == "email" else "Task", "Type": "Other"}


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=UTC)
