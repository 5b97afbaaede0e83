"""The endpoints about the account itself: details, owners, currencies, use of the quota."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from connectors.hubspot.sandbox.calls import Answer, Call, paged
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.numbers import PORTAL_ID
from connectors.hubspot.sandbox.refusals import missing
from connectors.hubspot.sandbox.values import stamp

OWNERS_PAGE = 500


def account_details(crm: Crm, _call: Call) -> Answer:
    """Which portal this is, and the currency and time zone it counts in."""
    local = crm.clock.now().astimezone(ZoneInfo(crm.account.time_zone))
    body = {
        "portalId": PORTAL_ID,
        "accountType": "STANDARD",
        "timeZone": crm.account.time_zone,
        "companyCurrency": crm.account.currency,
        "additionalCurrencies": sorted(crm.account.rates),
        "utcOffset": local.isoformat()[-6:],
        "utcOffsetMilliseconds": (local.utcoffset() or timedelta(0)) // timedelta(milliseconds=1),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }
    return Answer(body, rows=1)


def company_currency(crm: Crm, _call: Call) -> Answer:
    """The currency in which the account counts."""
    return Answer({"currencyCode": crm.account.currency, "currencyName": crm.account.currency}, rows=1)


def current_rates(crm: Crm, _call: Call) -> Answer:
    """How much of the account's currency one unit of each other currency is worth."""
    rows = [
        {
            "id": str(number),
            "fromCurrencyCode": code,
            "toCurrencyCode": crm.account.currency,
            "conversionRate": float(rate),
            "visibleInUI": True,
            "effectiveAt": stamp(crm.account.at),
            "createdAt": stamp(crm.account.at),
            "updatedAt": stamp(crm.account.at),
        }
        for number, (code, rate) in enumerate(sorted(crm.account.rates.items()), start=1)
    ]
    return Answer({"results": rows}, rows=len(rows))


def list_owners(crm: Crm, call: Call) -> Answer:
    """One page of owners: the active ones, or with ``archived`` the others."""
    limit, email = call.limit(100, OWNERS_PAGE), call.text("email")
    found = [owner for owner in crm.account.owners.values() if owner.is_active is not call.flag("archived")]
    if email is not None:
        found = [owner for owner in found if owner.email == email.lower()]
    page = [owner for owner in found if int(owner.id) >= call.start()]
    following = page[limit].id if len(page) > limit else None
    return Answer(paged([owner.shown() for owner in page[:limit]], following, call), rows=len(page[:limit]))


def read_owner(crm: Crm, call: Call, owner_id: str) -> Answer:
    """One owner by id, or by user id with ``idProperty=userId``."""
    by_user, archived = call.text("idProperty") == "userId", call.flag("archived")
    for owner in crm.account.owners.values():
        if owner_id == (str(owner.user_id) if by_user else owner.id) and owner.is_active is not archived:
            return Answer(owner.shown(), rows=1)
    raise missing()


def daily_usage(crm: Crm, _call: Call) -> Answer:
    """How much of the day's quota the private apps have used."""
    row = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": crm.behaviour.daily_limit,
        "currentUsage": crm.limits.used_today(),
        "collectedAt": stamp(crm.clock.now()),
        "fetchStatus": "SUCCESS",
        "resetsAt": stamp(crm.limits.next_midnight()),
    }
    return Answer({"results": [row]}, rows=1)
