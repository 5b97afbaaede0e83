"""Made-up account records: as many as wanted, the same ones for the same seed, in the shape of a CRM's accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson

SEED = 20261128
CHANGED_SHARE = 10  # one record in ten
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
TOWNS = ("Aarhus", "Bergen", "Coimbra", "Dresden", "Exeter", "Gent", "Lille", "Parma")
TRADES = ("Accounting", "Architecture", "Consulting", "Engineering", "Healthcare", "Legal", "Retail", "Software")
TAGS = ("audit", "cross-sell", "dormant", "late-payer", "new", "payroll", "referral", "renewal", "tax", "vip")
ABOUT = "Client of the advisory practice; reviewed every quarter by its partner. "


def accounts(count: int, *, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Yield ``count`` records: twenty flat fields, an address of six, up to five tags."""
    random = Random(seed)
    for number in range(count):
        yield _account(number, random, BEGIN + timedelta(seconds=random.randrange(40_000_000)))


def changed_accounts(count: int, *, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Yield a tenth of the same records, each changed in nearly every field, in no order of ids, as changes come."""
    random = Random(seed + 1)
    for number in random.sample(range(count), count // CHANGED_SHARE):
        yield _account(number, random, BEGIN + timedelta(seconds=80_000_000 + random.randrange(1_000_000)))


def write_lines(path: Path, records: Iterator[dict[str, Any]]) -> int:
    """Write records as lines of JSON; returns how many."""
    count = 0
    with path.open("wb") as lines:
        for record in records:
            lines.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _account(number: int, random: Random, created: datetime) -> dict[str, Any]:
    modified = (created + timedelta(seconds=random.randrange(20_000_000))).isoformat()
    return {
        "Id": f"001{number:015d}",
        "Name": f"{random.choice(TOWNS)} {random.choice(TRADES)} {number}",
        "Type": random.choice(("Prospect", "Customer", "Partner")),
        "Industry": random.choice(TRADES),
        "Website": f"www.firm{number}.example",
        "Phone": f"+44 20 {random.randrange(10**8):08d}",
        "Email": f"desk{number}@firm{number}.example",
        "NumberOfEmployees": random.randrange(1, 5000),
        "AnnualRevenue": round(random.random() * 1e7, 2),
        "CurrencyIsoCode": random.choice(("GBP", "EUR", "USD")),
        "OwnerId": f"005{random.randrange(200):015d}",
        "ParentId": None,
        "AccountSource": random.choice(("Web", "Referral", "Event", None)),
        "Rating": random.choice(("Hot", "Warm", "Cold", None)),
        "HealthScore": random.randrange(101),
        "Description": ABOUT * random.randrange(1, 4),
        "IsDeleted": random.random() < 0.01,
        "CreatedDate": created.isoformat(),
        "LastModifiedDate": modified,
        "SystemModstamp": modified,
        "BillingAddress": _address(random),
        "Tags": random.sample(TAGS, random.randrange(6)),
    }


def _address(random: Random) -> dict[str, str | None]:
    return {
        "street": f"{random.randrange(1, 400)} Station Road",
        "city": random.choice(TOWNS),
        "state": None,
        "postalCode": f"P{random.randrange(10**5):05d}",
        "country": "GB",
        "addressType": "billing",
    }
