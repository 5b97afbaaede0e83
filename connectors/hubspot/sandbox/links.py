"""Associations between records: which types exist between which object types, and who is linked to whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from connectors.hubspot.sandbox.refusals import rejected

HUBSPOT_DEFINED = "HUBSPOT_DEFINED"
USER_DEFINED = "USER_DEFINED"


class End(NamedTuple):
    """One end of an association: object type name and record id."""

    type: str
    id: str


@dataclass(frozen=True)
class LinkType:
    """One direction of an association type; ``is_exclusive`` where a record can have only one such partner."""

    category: str
    type_id: int
    from_type: str
    to_type: str
    label: str | None
    inverse_id: int
    name: str
    is_exclusive: bool = False

    def shown(self) -> dict[str, object]:
        """As the associations API lists it."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


# from, to, id, inverse id (as the vendor's own client library numbers them); unlabelled unless listed below.
_PLAIN = (
    ("contacts", "companies", 279, 280),
    ("deals", "companies", 341, 342),
    ("tickets", "companies", 339, 340),
    ("deals", "contacts", 3, 4),
    ("contacts", "tickets", 15, 16),
    ("deals", "tickets", 27, 28),
    ("deals", "line_items", 19, 20),
    ("calls", "companies", 182, 181),
    ("calls", "contacts", 194, 193),
    ("calls", "deals", 206, 205),
    ("calls", "tickets", 220, 219),
    ("emails", "companies", 186, 185),
    ("emails", "contacts", 198, 197),
    ("emails", "deals", 210, 209),
    ("emails", "tickets", 224, 223),
    ("meetings", "companies", 188, 187),
    ("meetings", "contacts", 200, 199),
    ("meetings", "deals", 212, 211),
    ("meetings", "tickets", 226, 225),
    ("notes", "companies", 190, 189),
    ("notes", "contacts", 202, 201),
    ("notes", "deals", 214, 213),
    ("notes", "tickets", 228, 227),
    ("tasks", "companies", 192, 191),
    ("tasks", "contacts", 204, 203),
    ("tasks", "deals", 216, 215),
    ("tasks", "tickets", 230, 229),
    ("communications", "companies", 87, 88),
    ("communications", "contacts", 81, 82),
    ("communications", "deals", 85, 86),
    ("quotes", "deals", 64, 63),
    ("quotes", "line_items", 67, 68),
    ("quotes", "contacts", 69, 70),
    ("quotes", "companies", 71, 72),
    ("feedback_submissions", "contacts", 98, 97),
    ("feedback_submissions", "tickets", 100, 99),
    ("contacts", "contacts", 449, 449),
    ("companies", "companies", 450, 450),
    ("deals", "deals", 451, 451),
    ("tickets", "tickets", 452, 452),
)
# A record has one primary company, a company one parent: those directions are exclusive.
_LABELLED = (
    ("contacts", "companies", 1, 2, "Primary", "Primary"),
    ("deals", "companies", 5, 6, "Primary", "Primary"),
    ("tickets", "companies", 26, 25, "Primary", "Primary"),
    ("companies", "companies", 14, 13, "Parent Company", "Child Company"),
)


@dataclass(frozen=True)
class _Definition:
    """Both directions of one association type; where exclusive, it is the first direction that is."""

    category: str
    types: tuple[str, str]
    ids: tuple[int, int]
    labels: tuple[str | None, str | None] = (None, None)
    suffix: str = ""
    is_exclusive: bool = False

    def direction(self, near: int) -> LinkType:
        """The type as seen from the first (0) or the second (1) end."""
        far = 1 - near
        return LinkType(
            category=self.category,
            type_id=self.ids[near],
            from_type=self.types[near],
            to_type=self.types[far],
            label=self.labels[near],
            inverse_id=self.ids[far],
            name=f"{_singular(self.types[near])}_to_{_singular(self.types[far])}{self.suffix}",
            is_exclusive=self.is_exclusive and near == 0,
        )


class Links:
    """Every association type, and every association in both directions."""

    def __init__(self) -> None:
        """Know HubSpot's own types; no record is linked yet."""
        self._types: dict[tuple[str, int], LinkType] = {}
        self._pairs: dict[End, dict[str, dict[str, list[LinkType]]]] = {}
        self._next_user_id = 1
        labelled = {row[:2] for row in _LABELLED}
        for source, target, *ids in _PLAIN:
            suffix = "_unlabeled" if (source, target) in labelled else ""
            self._define(_Definition(HUBSPOT_DEFINED, (source, target), (ids[0], ids[1]), suffix=suffix))
        for row in _LABELLED:
            self._define(_Definition(HUBSPOT_DEFINED, row[:2], row[2:4], row[4:6], is_exclusive=True))

    def _define(self, new: _Definition) -> list[LinkType]:
        directions = (0, 1) if new.ids[0] != new.ids[1] else (0,)
        made = [new.direction(each) for each in directions]
        self._types.update({(kind.category, kind.type_id): kind for kind in made})
        return made

    def define_label(self, source: str, target: str, label: str, inverse_label: str | None) -> list[LinkType]:
        """Create a label of the account's own, in both directions."""
        first, second = self._next_user_id, self._next_user_id + 1
        self._next_user_id += 2
        labels = (label, inverse_label or label)
        suffix = f"_{label.lower().replace(' ', '_')}"
        return self._define(_Definition(USER_DEFINED, (source, target), (first, second), labels, suffix))

    def connect(self, source: str, target: str) -> LinkType:
        """Let records of two types be associated, as for an object type of the account's own."""
        first, second = self._next_user_id, self._next_user_id + 1
        self._next_user_id += 2
        return self._define(_Definition(USER_DEFINED, (source, target), (first, second)))[0]

    def rename_label(self, kind: LinkType, label: str, inverse_label: str | None) -> None:
        """Give a label of the account's own another text, on every association that has it too."""
        inverse = self.inverse(kind)
        texts = {kind.type_id: label, inverse.type_id: inverse_label or label}
        for old in {kind.type_id: kind, inverse.type_id: inverse}.values():
            self._replace(old, replace(old, label=texts[old.type_id]))

    def _replace(self, old: LinkType, new: LinkType | None) -> None:
        """Put ``new`` in the place of a type everywhere, or take it away with None."""
        del self._types[old.category, old.type_id]
        if new is not None:
            self._types[new.category, new.type_id] = new
        for others in self._pairs.values():
            for kinds in others.get(old.to_type, {}).values():
                kinds[:] = [each for kind in kinds for each in ([new] if kind == old else [kind]) if each is not None]

    def delete_label(self, kind: LinkType) -> None:
        """Take a label of the account's own away in both directions; the associations stay, without it."""
        inverse = self.inverse(kind)
        for old in {kind.type_id: kind, inverse.type_id: inverse}.values():
            self._replace(old, None)

    def disconnect(self, type_name: str) -> None:
        """Forget an object type and everything that its records were associated with."""
        self._types = {
            key: kind for key, kind in self._types.items() if type_name not in (kind.from_type, kind.to_type)
        }
        self._pairs = {end: others for end, others in self._pairs.items() if end.type != type_name}
        for others in self._pairs.values():
            others.pop(type_name, None)

    def between(self, source: str, target: str) -> list[LinkType]:
        """The association types that lead from one object type to another."""
        return [kind for kind in self._types.values() if (kind.from_type, kind.to_type) == (source, target)]

    def plain(self, source: str, target: str) -> LinkType:
        """The unlabelled type between two object types; refuses where the two cannot be associated."""
        for kind in self.between(source, target):
            if kind.label is None:
                return kind
        raise rejected(f"No association type exists between {source} and {target}")

    def known(self, source: str, target: str, category: str, type_id: int) -> LinkType:
        """The named type; refuses one that does not lead from ``source`` to ``target``."""
        kind = self._types.get((category, type_id))
        if kind is None or (kind.from_type, kind.to_type) != (source, target):
            message = f"Association type id {type_id} of {category} does not exist between {source} and {target}"
            raise rejected(message, code="INVALID_ASSOCIATION_TYPE")
        return kind

    def inverse(self, kind: LinkType) -> LinkType:
        """The same association seen from the other end."""
        return self._types[(kind.category, kind.inverse_id)]

    def add(self, source: End, target: End, kind: LinkType) -> list[End]:
        """Associate two records; every labelled association is also an unlabelled one.

        Returns the records that lost an exclusive association by it, as a parent whose child went elsewhere.
        """
        displaced: list[End] = []
        plain = self.plain(source.type, target.type)
        for each in (plain, *self._first_primary(source, target), kind):
            displaced += self._make_room(source, each) + self._make_room(target, self.inverse(each))
            self._enter(source, target, each)
            self._enter(target, source, self.inverse(each))
        return [end for end in displaced if end not in (source, target)]

    def _first_primary(self, source: End, target: End) -> Iterator[LinkType]:
        """The first company that a record is associated with becomes its primary one."""
        for kind in self.between(source.type, target.type):
            if kind.label == "Primary":
                owner, other = (source, target.type) if kind.is_exclusive else (target, source.type)
                if not self.of(owner, other):
                    yield kind

    def _make_room(self, source: End, kind: LinkType) -> list[End]:
        if not kind.is_exclusive:
            return []
        present = self.of(source, kind.to_type).items()
        displaced = [End(kind.to_type, other) for other, kinds in present if kind in kinds]
        for other in displaced:
            self.remove_types(source, other, [kind])
        return displaced

    def _enter(self, source: End, target: End, kind: LinkType) -> None:
        kinds = self._pairs.setdefault(source, {}).setdefault(target.type, {}).setdefault(target.id, [])
        if kind not in kinds:
            kinds.append(kind)

    def relabel(self, source: End, target: End, kinds: Sequence[LinkType]) -> list[End]:
        """Associate with exactly these of the account's own labels; what HubSpot defined stays. Returns as ``add``."""
        present = self.of(source, target.type).get(target.id, [])
        own = [kind for kind in present if kind.category == USER_DEFINED and kind.label is not None]
        dropped = [kind for kind in own if kind not in kinds]
        self.remove_types(source, target, dropped)
        return [end for kind in kinds for end in self.add(source, target, kind)]

    def remove(self, source: End, target: End) -> bool:
        """End every association of the two; tells whether there was one."""
        self.of(target, source.type).pop(source.id, None)
        return self.of(source, target.type).pop(target.id, None) is not None

    def remove_types(self, source: End, target: End, kinds: Sequence[LinkType]) -> None:
        """End these types only; without the unlabelled one nothing of the pair remains."""
        if any(kind.label is None for kind in kinds):
            self.remove(source, target)
            return
        for kind in kinds:
            for near, far, each in ((source, target, kind), (target, source, self.inverse(kind))):
                present = self.of(near, far.type).get(far.id, [])
                if each in present:
                    present.remove(each)

    def of(self, source: End, target_type: str) -> dict[str, list[LinkType]]:
        """Ids of all records of a type linked to ``source``, with the types of each link."""
        return self._pairs.get(source, {}).get(target_type, {})

    def partners(self, source: End) -> list[tuple[End, list[LinkType]]]:
        """Every record linked to ``source``, whatever its type."""
        by_type = self._pairs.get(source, {})
        return [(End(name, other), kinds) for name, others in by_type.items() for other, kinds in others.items()]

    def detach(self, source: End) -> list[End]:
        """End all associations of a record; returns its former partners."""
        former = [partner for partner, _ in self.partners(source)]
        for partner in former:
            self.remove(source, partner)
        return former


def _singular(name: str) -> str:
    return {"companies": "company"}.get(name, name.removesuffix("s"))
