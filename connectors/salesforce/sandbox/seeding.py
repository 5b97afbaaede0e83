"""Made-up accounts by the million: each follows from its number, so that none needs to be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from connectors.salesforce.sandbox.ids import make_id, serial_of
from connectors.salesforce.sandbox.moments import write_instant
from connectors.salesforce.sandbox.objects.parties import INDUSTRIES
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rowstore import Row
from connectors.salesforce.sandbox.table import Table

CHUNK = 200
"""Rows that share a stamp, as those of one call do."""

_FIRST = ("Amber", "Birch", "Cedar", "Delta", "Elm", "Falcon", "Granite", "Harbour", "Iris", "Juniper", "Kestrel")
_SECOND = ("Bakery", "Builders", "Clinic", "Dental", "Energy", "Foods", "Garage", "Homes", "Imports", "Joinery")
_TOWNS = ("Bristol", "Cardiff", "Derby", "Exeter", "Leeds", "London", "Norwich", "Oxford", "York")
_TYPES = ("Prospect", "Customer", "Former Customer")


class AccountSeed:
    """``count`` accounts whose stamps rise by a second every 200 rows and end before ``newest``."""

    names = frozenset(
        {"Name", "Type", "Industry", "NumberOfEmployees", "AnnualRevenue", "Website", "Phone", "BillingCity"}
    ) | {"BillingCountry", "CurrencyIsoCode", "OwnerId", "AccountNumber"}

    def __init__(self, count: int, first_serial: int, owner_id: str, newest: datetime, salt: int = 0) -> None:
        self.count = count
        self._first_serial = first_serial
        self._salt = salt
        self._oldest = (newest - timedelta(seconds=count // CHUNK + 1)).replace(microsecond=0)
        self._common: Row = {
            "BillingCountry": "United Kingdom",
            "CurrencyIsoCode": "GBP",
            "OwnerId": owner_id,
            "IsDeleted": False,
            "CreatedById": owner_id,
            "LastModifiedById": owner_id,
        }
        self._stamp = lru_cache(maxsize=4)(self._stamp_of)

    def number_of(self, row_id: str) -> int | None:
        """Return the number of the account with this id, None when it is none of these."""
        serial = serial_of("001", row_id)
        number = None if serial is None else serial - self._first_serial
        return number if number is not None and 0 <= number < self.count else None

    def stamp(self, number: int) -> str:
        """Return when account ``number`` was made and last changed."""
        return self._stamp(number // CHUNK)

    def rows(self, start: int) -> Iterator[Row]:
        """Make the accounts from ``start`` on."""
        while start < self.count:
            end = min(self.count, start - start % CHUNK + CHUNK)
            stamp = self.stamp(start)
            for number in range(start, end):
                yield self._made(number, stamp)
            start = end

    def row(self, number: int) -> Row:
        """Make one account."""
        return self._made(number, self.stamp(number))

    def _made(self, number: int, stamp: str) -> Row:
        dice = ((number + self._salt) * 2654435761) & 0xFFFFFFFF
        digits = f"{number:07d}"
        return {
            **self._common,
            "Id": make_id("001", self._first_serial + number),
            "Name": f"{_FIRST[dice % 11]} {_SECOND[(dice >> 8) % 10]} {digits} Ltd",
            "Type": _TYPES[(dice >> 4) % 3],
            "Industry": INDUSTRIES[(dice >> 12) % len(INDUSTRIES)],
            "NumberOfEmployees": dice % 500 + 1,
            "AnnualRevenue": (dice >> 7) % 10_000 * 1000.0,
            "Website": f"https://www.c{digits}.example",
            "Phone": f"+44 20 7{digits}",
            "AccountNumber": f"A-{digits}",
            "BillingCity": _TOWNS[(dice >> 16) % 9],
            "CreatedDate": stamp,
            "LastModifiedDate": stamp,
            "SystemModstamp": stamp,
        }

    def _stamp_of(self, chunk: int) -> str:
        return write_instant(self._oldest + timedelta(seconds=chunk))


def sow_accounts(org: Org, table: Table, count: int, salt: int = 0) -> None:
    """Add ``count`` made-up accounts, owned by the first user, all changed before now."""
    owner_id = str(next(iter(org.tables["User"].rows)))
    now = org.clock.now()
    table.sow(lambda serial: AccountSeed(count, serial, owner_id, now, salt))


def touch_accounts(org: Org, every: int, offset: int = 0) -> int:
    """Change the rating of every ``every``-th made-up account, as one mass edit of 200 at a time; return how many."""
    table = org.tables["Account"]
    wanted = list(table.rows.sown_ids(every, offset))
    for start in range(0, len(wanted), CHUNK):
        actor = org.act(str(next(iter(org.tables["User"].rows))), sees_all=True)
        touched: Row = {"LastModifiedDate": actor.at, "LastModifiedById": actor.user_id, "SystemModstamp": actor.at}
        for row_id in wanted[start : start + CHUNK]:
            org.put("Account", {**table.rows[row_id], "Rating": "Warm", **touched})
    return len(wanted)
