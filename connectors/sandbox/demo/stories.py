"""Clients that are told by hand, so that the demo has somebody to point at for everything Inlay finds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from connectors.sandbox.demo.tempers import TEMPERS, Temper
from connectors.sandbox.firm import Home

_T = TEMPERS
_BOTH: tuple[Home, ...] = ("salesforce", "hubspot", "stripe")
_SALESFORCE: tuple[Home, ...] = ("salesforce", "stripe")
_HUBSPOT: tuple[Home, ...] = ("hubspot", "stripe")


@dataclass(frozen=True)
class Story:
    """One client told by hand; ``monthly`` is its fee in whole units of ``currency`` (0: none)."""

    name: str
    industry: str
    temper: Temper
    homes: tuple[Home, ...]
    monthly: int
    employees: int
    currency: str = "GBP"
    country: str = "GB"
    parent: str | None = None
    spelling: dict[Home, str] = field(default_factory=dict)
    without_end: bool = False
    overlapping: bool = False


STORIES: tuple[Story, ...] = (
    # The great client: talks often, pays early, long contract.
    Story("Marlow & Finch Architects LLP", "Property", replace(_T["champion"], end_in=(420, 420)), _BOTH, 2400, 64,
          spelling={"hubspot": "Marlow and Finch Architects", "stripe": "MARLOW & FINCH ARCHITECTS LLP"}),
    # The slow payer: always pays, always six weeks late.
    Story("Pemberton Haulage Ltd", "Transport", replace(_T["slow_payer"], days_late=(35, 48), end_in=(210, 210)),
          _SALESFORCE, 1450, 120),
    # Gone silent, and the contract ends in forty days.
    Story("Silverbeck Ceramics Ltd", "Manufacturing",
          replace(_T["fading"], silent_days=(122, 122), end_in=(40, 40), notice_days=(30,), auto_renew_share=0.0),
          _BOTH, 980, 38, spelling={"hubspot": "Silverbeck Ceramics Limited"}),
    # Many urgent tickets and a mood to match.
    Story("Northgate Dental Group", "Healthcare", replace(_T["unhappy"], open_urgent_cases=5, cases_a_year=11.0),
          _HUBSPOT, 1800, 85),
    # Signed last week: no history, so most factors must stay empty.
    Story("Juniper Lane Studio Ltd", "Media", replace(_T["newcomer"], tenure_days=(6, 6), silent_days=(2, 2)),
          ("hubspot",), 0, 6),
    # Owes since winter; one bill already given up.
    Story("Castlereach Brewing Co Ltd", "Hospitality", replace(_T["debtor"], end_in=(130, 130)), _BOTH, 760, 22,
          spelling={"stripe": "Castlereach Brewing Company Limited"}),
    # Two contracts for the same service overlap: somebody should look.
    Story("Ashdown Veterinary Centre Ltd", "Healthcare", _T["steady"], _SALESFORCE, 890, 31, overlapping=True),
    # A contract without an end.
    Story("Brindle & Sons Ltd", "Retail", _T["steady"], _SALESFORCE, 340, 9, without_end=True),
    # The notice deadline has passed, it renews by itself in twenty days.
    Story("Tamsin Roe Publishing Ltd", "Media",
          replace(_T["quiet"], end_in=(20, 20), notice_days=(60,), auto_renew_share=1.0), _HUBSPOT, 610, 14),
    # The notice deadline is next week.
    Story("Wexcombe Farms Ltd", "Agriculture",
          replace(_T["steady"], end_in=(67, 67), notice_days=(60,), auto_renew_share=1.0), _SALESFORCE, 1120, 47),
    # Left last autumn.
    Story("Oakhurst Print Works Ltd", "Media", _T["leaver"], _BOTH, 520, 12,
          spelling={"hubspot": "Oakhurst Printworks"}),
    # Other currencies.
    Story("Lindqvist Timber Ireland DAC", "Construction", _T["champion"], _BOTH, 3100, 210, currency="EUR",
          country="IE", spelling={"stripe": "Lindqvist Timber Ireland"}),
    Story("Rathcline Software DAC", "Technology", _T["steady"], _HUBSPOT, 1650, 58, currency="EUR", country="IE"),
    Story("Harbor & Pine Trading LLC", "Retail", _T["slow_payer"], _HUBSPOT, 2050, 73, currency="USD", country="US"),
    # A group whose members are clients of their own.
    Story("Calder Hospitality Group plc", "Hospitality", _T["champion"], _SALESFORCE, 5200, 640),
    Story("Calder Inns Ltd", "Hospitality", _T["steady"], _SALESFORCE, 1900, 310,
          parent="Calder Hospitality Group plc"),
    Story("Calder Catering Ltd", "Hospitality", _T["slow_payer"], _BOTH, 870, 95,
          parent="Calder Hospitality Group plc", spelling={"hubspot": "Calder Catering (Events) Ltd"}),
    Story("Fernhill Care Holdings Ltd", "Healthcare", _T["steady"], _HUBSPOT, 2700, 260),
    Story("Fernhill Home Care Ltd", "Healthcare", _T["quiet"], _HUBSPOT, 640, 120, parent="Fernhill Care Holdings Ltd"),
)  # fmt: skip
