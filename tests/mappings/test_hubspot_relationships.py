"""Labelled associations of HubSpot, as the connector reads them, and the relationships they become."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mappings.golden import Case, check, mapping


def _pair(near: tuple[str, str], far: tuple[str, str], label: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{near[1]}:{far[1]}",
        "from": {"type": near[0], "id": near[1]},
        "to": {"type": far[0], "id": far[1]},
        "labels": [label] if label else [],
        "label": label,
        "category": "USER_DEFINED",
        "isPrimary": False,
        "types": [],
        **more,
    }


PERSON, FIRM, PARENT = ("contacts", "501"), ("companies", "9951"), ("companies", "9952")

CASES: dict[str, Case] = {
    "a contact who decides": Case(
        stream="contacts_to_companies",
        id="501:9951",
        stamp=None,
        raw=_pair(PERSON, FIRM, "Decision maker", isPrimary=True),
        made=[
            (
                "relationship",
                {
                    "from_type": "contact",
                    "from_id": "crm/contacts/501",
                    "to_type": "client",
                    "to_id": "crm/companies/9951",
                    "role": "decision_maker",
                    "label": "Decision maker",
                    "category": "USER_DEFINED",
                    "is_primary": True,
                },
            ),
        ],
    ),
    "a parent company": Case(
        stream="companies_to_companies",
        id="9951:9952",
        stamp=None,
        raw=_pair(FIRM, PARENT, "Parent Company", category="HUBSPOT_DEFINED"),
        made=[
            (
                "relationship",
                {
                    "from_type": "client",
                    "from_id": "crm/companies/9951",
                    "to_type": "client",
                    "to_id": "crm/companies/9952",
                    "role": "subsidiary",
                    "label": "Parent Company",
                    "category": "HUBSPOT_DEFINED",
                    "is_primary": False,
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_becomes_what_it_is(name: str) -> None:
    check("hubspot", CASES[name])


@pytest.mark.parametrize(("label", "role"), [("Chief of staff", "other"), ("Champion", "champion"), ("Legal", "legal")])
def test_a_label_of_the_firms_own_keeps_its_words(label: str, role: str) -> None:
    ((_, made),) = mapping("hubspot").streams["contacts_to_companies"].normalise(_pair(PERSON, FIRM, label), [])
    assert (made["role"], made["label"]) == (role, label)


@pytest.mark.parametrize(("label", "role"), [("Child Company", "parent"), ("Sister firm", "other")])
def test_companies_tell_what_they_are_to_each_other(label: str, role: str) -> None:
    ((_, made),) = mapping("hubspot").streams["companies_to_companies"].normalise(_pair(FIRM, PARENT, label), [])
    assert made["role"] == role


@pytest.mark.parametrize("pair", [(PERSON, FIRM), (FIRM, PARENT)])
def test_associations_without_a_label_say_nothing_more(pair: tuple[tuple[str, str], tuple[str, str]]) -> None:
    stream = f"{pair[0][0]}_to_{pair[1][0]}"
    assert mapping("hubspot").streams[stream].normalise(_pair(*pair, None), []) == []
