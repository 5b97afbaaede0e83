"""The table of associations by itself: symmetry, exclusive types, labels."""

from __future__ import annotations

from random import Random

import pytest

from connectors.hubspot.sandbox.links import HUBSPOT_DEFINED, USER_DEFINED, End, Links
from connectors.hubspot.sandbox.refusals import Refusal

CONTACT, COMPANY, OTHER = End("contacts", "1"), End("companies", "1"), End("companies", "2")


@pytest.fixture
def links() -> Links:
    return Links()


def labels(links: Links, source: End, target: End) -> list[str | None]:
    return [kind.label for kind in links.of(source, target.type).get(target.id, [])]


def test_every_type_has_an_inverse_that_leads_back(links: Links) -> None:
    for kind in links._types.values():
        inverse = links.inverse(kind)
        assert (inverse.from_type, inverse.to_type) == (kind.to_type, kind.from_type)
        assert links.inverse(inverse) == kind


def test_every_pair_of_types_has_one_unlabelled_association(links: Links) -> None:
    pairs = {(kind.from_type, kind.to_type) for kind in links._types.values()}
    for pair in pairs:
        assert [kind.label for kind in links.between(*pair)].count(None) == 1


def test_the_vendors_library_agrees_on_the_numbers(links: Links) -> None:
    from hubspot.crm.association_type import AssociationType  # noqa: PLC0415 - takes long to import

    singular = {"companies": "COMPANY", "line_items": "LINE_ITEM"}
    for kind in links._types.values():
        names = [singular.get(name, name.removesuffix("s").upper()) for name in (kind.from_type, kind.to_type)]
        name = "_TO_".join(names)
        number = getattr(AssociationType, name if kind.label != "Primary" else f"PRIMARY_{name}", None)
        if number is not None and kind.category == HUBSPOT_DEFINED:
            assert number == kind.type_id, name


def test_a_type_of_another_direction_is_not_known(links: Links) -> None:
    assert links.known("contacts", "companies", HUBSPOT_DEFINED, 279).label is None
    for category, type_id in ((HUBSPOT_DEFINED, 280), (USER_DEFINED, 279), (HUBSPOT_DEFINED, 0)):
        with pytest.raises(Refusal):
            links.known("contacts", "companies", category, type_id)


def test_taking_the_primary_away_does_not_end_the_association(links: Links) -> None:
    links.add(CONTACT, COMPANY, links.plain("contacts", "companies"))
    links.remove_types(CONTACT, COMPANY, [links.known("contacts", "companies", HUBSPOT_DEFINED, 1)])
    assert labels(links, CONTACT, COMPANY) == labels(links, COMPANY, CONTACT) == [None]


def test_a_new_primary_tells_whom_it_displaced(links: Links) -> None:
    links.add(CONTACT, COMPANY, links.plain("contacts", "companies"))
    primary = links.known("contacts", "companies", HUBSPOT_DEFINED, 1)
    assert links.add(CONTACT, OTHER, primary) == [COMPANY]
    assert links.add(CONTACT, OTHER, primary) == [], "said twice it displaces nobody"


def test_the_company_may_say_it_as_well(links: Links) -> None:
    links.add(CONTACT, COMPANY, links.plain("contacts", "companies"))
    assert links.add(OTHER, CONTACT, links.known("companies", "contacts", HUBSPOT_DEFINED, 2)) == [COMPANY]
    assert labels(links, CONTACT, OTHER) == [None, "Primary"]
    assert labels(links, CONTACT, COMPANY) == [None]


def test_detaching_ends_everything(links: Links) -> None:
    for target in (COMPANY, OTHER, End("tickets", "5")):
        links.add(CONTACT, target, links.plain("contacts", target.type))
    assert links.detach(CONTACT) == [COMPANY, OTHER, End("tickets", "5")]
    assert links.partners(CONTACT) == links.partners(COMPANY) == []


def test_own_labels_count_their_own_numbers(links: Links) -> None:
    first = links.define_label("contacts", "companies", "Billing", None)
    second = links.define_label("deals", "contacts", "Buyer", "Bought by")
    assert [kind.type_id for kind in (*first, *second)] == [1, 2, 3, 4]
    assert [kind.label for kind in (*first, *second)] == ["Billing", "Billing", "Buyer", "Bought by"]
    assert {kind.category for kind in (*first, *second)} == {USER_DEFINED}


@pytest.mark.parametrize("seed", range(15))
def test_both_sides_always_tell_the_same(links: Links, seed: int) -> None:
    dice = Random(seed)
    ends = [End(name, str(number)) for name in ("contacts", "companies", "deals", "tickets") for number in range(4)]
    links.define_label("contacts", "companies", "Billing", "Billed by")
    for _ in range(80):
        source, target = dice.sample(ends, 2)
        kinds = links.between(source.type, target.type)
        if not kinds:
            continue
        deed = dice.randrange(6)
        if deed <= 3:
            links.add(source, target, dice.choice(kinds))
        elif deed == 4:
            links.remove_types(source, target, [dice.choice(kinds)])
        else:
            links.remove(source, target)
        _check(links, ends)


def _check(links: Links, ends: list[End]) -> None:
    for source in ends:
        exclusive: list[tuple[str, int]] = []
        for target, kinds in links.partners(source):
            back = links.of(target, source.type).get(source.id, [])
            assert {links.inverse(kind) for kind in kinds} == set(back)
            assert any(kind.label is None for kind in kinds), "whoever is associated is so without a label too"
            exclusive += [(kind.category, kind.type_id) for kind in kinds if kind.is_exclusive]
        assert len(exclusive) == len(set(exclusive)), "one primary, one parent"
