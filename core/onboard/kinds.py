"""What exports are usually called: for each record type the words of its file, and words and shapes of its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.onboard.facts import Column, ExportFile
from core.onboard.shapes import ShapeKind

ANY: frozenset[ShapeKind] = frozenset({"text", "whole", "amount", "phone", "flag", "email", "web", "date"})
TEXT: frozenset[ShapeKind] = frozenset({"text"})
MONEY: frozenset[ShapeKind] = frozenset({"amount", "whole"})
DATE: frozenset[ShapeKind] = frozenset({"date"})
PHONE: frozenset[ShapeKind] = frozenset({"phone", "text", "whole"})
REFERENCE: frozenset[ShapeKind] = frozenset({"text", "whole", "phone"})


@dataclass(frozen=True)
class Part:
    """Something a record may have: by which words its column goes, and what its values must look like."""

    name: str
    words: re.Pattern[str]
    shapes: frozenset[ShapeKind] = ANY

    def fits(self, column: Column) -> bool:
        """Whether a column bears one of the names and holds such values."""
        return self.is_named_so(column) and column.shape.kind in self.shapes

    def is_named_so(self, column: Column) -> bool:
        """Whether a column bears one of the names, whatever it holds."""
        return bool(self.words.fullmatch(column.words))


@dataclass(frozen=True)
class Kind:
    """A record type as exports show it: of each group in ``needs`` one part must be there."""

    record_type: str
    file: re.Pattern[str]
    parts: tuple[Part, ...]
    needs: tuple[tuple[str, ...], ...]
    needs_file_name: bool = False
    has_address: bool = False


def _part(name: str, pattern: str, shapes: frozenset[ShapeKind] = ANY) -> Part:
    return Part(name, re.compile(pattern), shapes)


def _file(names: str) -> re.Pattern[str]:
    return re.compile(rf".*\b({names})\b.*")


_COMPANY = r"(company|customer|client|account|organi[sz]ation|business|firm|site|practice|school|agency)"
_ID = r"( (id|no|nr|number|code|key|ref|reference))"
_PLACE = r"((billing|mailing|postal|main|home|office) )?"
ADDRESS = (
    _part("street1", _PLACE + r"(address|street|street address|address line 1|address 1|strasse)", TEXT),
    _part("street2", _PLACE + r"(address line 2|address 2|suite)"),
    _part("city", _PLACE + r"(city|town|ort)", TEXT),
    _part("region", _PLACE + r"(region|state|county|province|state province)", TEXT),
    _part("postal_code", _PLACE + r"(postal code|postcode|post code|zip|zip code|zip postal code|plz)"),
    _part("country", _PLACE + r"(country|country code|land)", TEXT),
)
PHONES = (
    _part("work", r"((work|main|office|business) )?(phone|telephone|tel|phone number)", PHONE),
    _part("mobile", r"(mobile|cell)( phone| number)?", PHONE),
    _part("home", r"home (phone|telephone)", PHONE),
    _part("fax", r"(fax|fax number|telefax)", PHONE),
)
EMAIL = _part("email", r"((main|work|contact|billing) )?e ?mail( address)?", frozenset({"email"}))
CLIENT_REF = _part("client", rf"{_COMPANY}{_ID}?|(member|user|buyer|debtor){_ID}", REFERENCE)
STAFF_REF = _part(
    "owner",
    rf"((account|record|client) )?(owner|manager)( name)?{_ID}?"
    rf"|(employee|staff|sales ?person|sales rep|rep|consultant){_ID}?",
    REFERENCE,
)
_TOTAL = (
    r"((grand|invoice|order|sale|purchase|transaction|net|gross|dollar|line) )?"
    r"(total|amount|value|sum)( amount| price| value| due)?"
)

KINDS: tuple[Kind, ...] = (
    Kind(
        "user",
        _file("employees?|staff|users?|owners?|sales ?people|reps?|consultants?|team"),
        (
            _part("first_name", r"(first|given) name|forename", TEXT),
            _part("last_name", r"(last|family) name|surname", TEXT),
            _part("name", r"(full |employee |user |owner |staff )?name", TEXT),
            _part("email", EMAIL.words.pattern, EMAIL.shapes),
            _part("title", r"(job )?title|position|role", TEXT),
            _part("department", r"department|team", TEXT),
            _part("manager", rf"reports to{_ID}?|manager{_ID}?|supervisor{_ID}?", REFERENCE),
        ),
        (("name", "last_name", "email"),),
        needs_file_name=True,
    ),
    Kind(
        "client",
        _file("customers?|clients?|accounts?|compan(?:y|ies)|organi[sz]ations?|listings?|sites?|members?"),
        (
            _part("name", rf"{_COMPANY}( name)?|name", TEXT),
            _part("website", r"web ?site|url|homepage|web", frozenset({"web"})),
            EMAIL,
            _part("vat_number", r"vat( (id|no|number|reg|registration|registration number))?", ANY),
            _part("registration_number", r"(company|registration|register) (number|no)|crn"),
            _part("industry", r"industry|sector|branch", TEXT),
            _part("number_of_employees", r"(number of )?employees|headcount|staff count", frozenset({"whole"})),
            _part("currency", r"currency( code)?", TEXT),
            _part("tier", r"tier|segment|class", ANY),
            _part(
                "client_since",
                r"(customer|client|member) since|(joined|start|onboarding|sign ?up) date|date joined",
                DATE,
            ),
            _part("created_at", r"created( at| date| on)?|date created", DATE),
            STAFF_REF,
        ),
        (("name",),),
        has_address=True,
    ),
    Kind(
        "contact",
        _file("contacts?|people|persons?"),
        (
            _part("first_name", r"(first|given) name|forename", TEXT),
            _part("last_name", r"(last|family) name|surname|(full |contact )?name", TEXT),
            EMAIL,
            _part("title", r"(job |contact )?title|position|role", TEXT),
            _part("department", r"department", TEXT),
            CLIENT_REF,
        ),
        (("last_name", "email"), ("client",)),
    ),
    Kind(
        "contract",
        _file("contracts?|agreements?|engagements?|retainers?"),
        (
            _part(
                "end_date",
                r"((contract|agreement) )?(end|expiry|expiration|renewal)( date)?|valid until|expires( on)?",
                DATE,
            ),
            _part("start_date", r"((contract|agreement) )?(start|begin|effective)( date)?|valid from", DATE),
            _part("signed_at", r"signed( at| on| date)?|signature date", DATE),
            _part("notice_period_days", r"notice( period)?( days)?", frozenset({"whole"})),
            _part("annual_contract_value", r"annual( contract)?( fee| value| amount)|acv", MONEY),
            _part("total_contract_value", r"((total|contract) )?(value|amount)|tcv", MONEY),
            _part("name", r"((contract|agreement|engagement) )?(name|title|subject)", TEXT),
            CLIENT_REF,
            STAFF_REF,
        ),
        (("end_date", "start_date"), ("client",)),
        needs_file_name=True,
    ),
    Kind(
        "payment",
        _file("payments?|receipts?|remittances?"),
        (
            _part(
                "processed_at", r"((payment|receipt|paid|value|booking) )?date|paid( at| on)|received( at| on)", DATE
            ),
            _part("amount", rf"(payment|paid|received) amount|amount (paid|received)|{_TOTAL}", MONEY),
            _part("currency", r"currency( code)?", TEXT),
            _part("invoice", rf"(invoice|order|bill){_ID}?", REFERENCE),
            CLIENT_REF,
            _part("method", r"(payment )?method|type", TEXT),
        ),
        (("amount",), ("processed_at",)),
        needs_file_name=True,
    ),
    Kind(
        "line",
        _file("(?:order |invoice |bill )?(?:details?|lines?|items?|positions?)"),
        (
            _part("quantity", r"quantity|qty|units?|hours", MONEY),
            _part("price", r"(unit |item )?(price|rate)|unit cost", MONEY),
            _part("discount", r"discount( percent| rate| pct)?", MONEY),
            _part("amount", _TOTAL, MONEY),
            _part("invoice", rf"(invoice|order|bill|sale){_ID}", REFERENCE),
        ),
        (("price", "amount"), ("invoice",)),
        needs_file_name=True,
    ),
    Kind(
        "invoice",
        _file("invoices?|orders?|bills?|sales|transactions?|purchases?"),
        (
            _part(
                "issue_date",
                r"((order|invoice|bill|issue|sale|transaction|purchase|posting) )?date|issued( at| on)?",
                DATE,
            ),
            _part("due_date", r"(payment )?due( date| on)?|pay by", DATE),
            _part("paid_at", r"paid( at| on| date)?|payment date|date paid", DATE),
            _part("total", _TOTAL, MONEY),
            _part("amount_paid", r"(amount )?paid( amount)?", MONEY),
            _part("amount_due", r"((amount|balance) )?(due|outstanding|open)( amount| balance)?|balance", MONEY),
            _part("status", r"((invoice|payment) )?status|state", TEXT),
            _part("currency", r"currency( code)?", TEXT),
            _part(
                "extra",
                r"freight|shipping( cost| charge)?|postage|delivery (charge|cost)|(sales )?tax|vat( amount)?",
                MONEY,
            ),
            CLIENT_REF,
            STAFF_REF,
        ),
        (("issue_date",), ("client",)),
    ),
)

NOT_OURS = _file(
    "products?|categor(?:y|ies)|shippers?|suppliers?|vendors?|carriers?|regions?|territor(?:y|ies)|warehouses?|stock"
)


@dataclass(frozen=True)
class Match:
    """A file taken for a record type: which column is which part, and how sure that is (0 to 1)."""

    kind: Kind
    columns: Mapping[str, Column]
    confidence: float


def best_match(file: ExportFile) -> Match | None:
    """The record type a file most likely holds; None when it fits none."""
    matches = [match for kind in KINDS if (match := _match(file, kind)) is not None]
    return max(matches, key=lambda match: match.confidence, default=None)


def parts_found(file: ExportFile, parts: tuple[Part, ...]) -> dict[str, Column]:
    """For each part the first column that fits it; no column serves twice."""
    found: dict[str, Column] = {}
    taken: set[str] = set()
    for part in parts:
        column = next((one for one in file.columns.values() if one.name not in taken and part.fits(one)), None)
        if column is not None:
            found[part.name] = column
            taken.add(column.name)
    return found


def _match(file: ExportFile, kind: Kind) -> Match | None:
    is_named_so = bool(kind.file.fullmatch(file.words))
    columns = parts_found(file, kind.parts)
    if kind.needs_file_name and not is_named_so:
        return None
    if any(not set(group) & set(columns) for group in kind.needs):
        return None
    evidence = len(columns) + (len(parts_found(file, (*ADDRESS, *PHONES))) if kind.has_address else 0)
    confidence = 0.45 + 0.3 * is_named_so + min(0.25, 0.05 * evidence)
    return Match(kind, columns, confidence)
