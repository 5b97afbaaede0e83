"""Merging two records of one type: irreversible, and by default into a record with a new id."""

from __future__ import annotations

from itertools import chain

from connectors.hubspot.sandbox.crm import Crm, end_of
from connectors.hubspot.sandbox.links import End
from connectors.hubspot.sandbox.records import CALCULATED, Record
from connectors.hubspot.sandbox.refusals import Refusal, rejected
from connectors.hubspot.sandbox.writing import LIFECYCLE, Write

MOST_IDENTITIES = 250
# Identity stays the primary's; these are about the record itself and are never carried over.
_OWN = frozenset({"hs_object_id", "hs_merged_object_ids", "hs_createdate"})


def merge(crm: Crm, primary: Record, other: Record, write: Write) -> Record:
    """Merge ``other`` into ``primary``; returns the record that lives on, which may be a new one."""
    if primary.id == other.id:
        raise rejected("Cannot merge a record with itself")
    identities = list(dict.fromkeys(chain([primary.id], primary.merged_ids, [other.id], other.merged_ids)))
    if len(identities) > MOST_IDENTITIES:
        raise Refusal(414, f"Cannot have more than {MOST_IDENTITIES} identities on a profile")
    heir = _heir(crm, primary, write)
    _inherit_values(heir, [primary, other], write)
    heir.merged_ids = [each for each in identities if each != heir.id]
    heir.put("hs_merged_object_ids", ";".join(heir.merged_ids), write.at, CALCULATED)
    for loser in (primary, other):
        if loser is not heir:
            _move_links(crm, loser, heir)
            crm.shelf(loser.kind).bequeath(loser, heir)
    _claim_unique(crm, heir, [primary, other])
    crm.settle(heir, write.at)
    return heir


def _heir(crm: Crm, primary: Record, write: Write) -> Record:
    if not crm.behaviour.merge_makes_new_id:
        return primary
    heir = crm.shelf(primary.kind).new(write.at)
    crm.shelf(primary.kind).add(heir)
    heir.created_at = primary.created_at
    return heir


def _inherit_values(heir: Record, sources: list[Record], write: Write) -> None:
    """The newest value wins whichever record is primary, a newer clearing too; identity and age go by rule."""
    primary, other = sources
    for name in {**primary.history, **other.history}:
        prop = heir.kind.properties.get(name)
        if prop is None or prop.is_calculated or name in _OWN:
            continue
        versions = [(each.history[name][0], each) for each in sources if name in each.history]
        newest = max(versions, key=lambda pair: (pair[0].at, pair[1] is primary))
        chosen = primary.history[name][0] if prop.is_unique and name in primary.history else newest[0]
        heir.put(name, chosen.value, write.at, chosen.author)
    _keep_furthest_lifecycle(heir, sources, write)
    _keep_oldest(heir, sources)
    if heir.kind.name == "contacts":
        emails = [each.properties["email"] for each in sources if "email" in each.properties]
        heir.put("hs_additional_emails", ";".join(emails[1:]), write.at, CALCULATED)


def _keep_furthest_lifecycle(heir: Record, sources: list[Record], write: Write) -> None:
    stages = [each.properties[LIFECYCLE] for each in sources if LIFECYCLE in each.properties]
    if stages:
        order = list(heir.kind.properties[LIFECYCLE].options)
        heir.put(LIFECYCLE, max(stages, key=order.index), write.at, CALCULATED)


def _keep_oldest(heir: Record, sources: list[Record]) -> None:
    oldest = min(sources, key=lambda each: each.created_at)
    heir.created_at = oldest.created_at
    for name in ("hs_createdate", heir.kind.created):
        heir.properties[name] = oldest.properties[name]


def _move_links(crm: Crm, loser: Record, heir: Record) -> None:
    partners = crm.links.partners(end_of(loser))
    kept = [(partner, list(kinds)) for partner, kinds in partners]
    crm.links.detach(end_of(loser))
    for partner, kinds in kept:
        for kind in kinds:
            if partner != end_of(heir):
                crm.links.add(end_of(heir), End(*partner), kind)


def _claim_unique(crm: Crm, heir: Record, sources: list[Record]) -> None:
    for name in heir.kind.unique_names():
        for each in (*sources, heir):
            if name in each.properties:
                # A merged-away e-mail stays the contact's own, so that nobody else can take it.
                crm.unique[(heir.kind.name, name, each.properties[name].lower())] = heir.id
