"""Associates records that are written: together with new ones, or afterwards with those that were there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from connectors.hubspot.client import ASSOCIATIONS, HubSpotClient, Json
from connectors.hubspot.kinds import Kind
from connectors.hubspot.outcomes import refused, written_to
from connectors.hubspot.refusals import VendorRefusal
from connectors.hubspot.sending import NO_WORD, or_retry, send
from core.sdk import BugError, Link, Outcome, WriteRow

_HUBSPOTS = "HUBSPOT_DEFINED"


class Linker:
    """Knows the unlabelled association from one type to another, by the vendor's own table or by asking."""

    def __init__(self, client: HubSpotClient, kinds: Mapping[str, Kind]) -> None:
        self._client = client
        self._kinds = kinds
        self._asked: dict[tuple[str, str], tuple[str, int]] = {}

    def spec(self, kind: Kind, link: Link) -> Json:
        """An entry of ``associations`` of a new record."""
        category, type_id = self._type(kind, self._kinds[link.stream])
        types = [{"associationCategory": category, "associationTypeId": type_id}]
        return {"to": {"id": link.external_id}, "types": types}

    def link(self, kind: Kind, row: WriteRow, done: Outcome) -> Outcome:
        """Associate a record that was written; its outcome is the one of the first step that did not succeed."""
        if done.state != "applied":
            return done
        for link in row.links:
            path = f"{ASSOCIATIONS}/{kind.name}/{link.stream}/batch/associate/default"
            pair = {"from": {"id": written_to(done)}, "to": {"id": link.external_id}}
            (linked,) = or_retry(partial(self._pair, path, pair, done), 1)
            if linked.state != "applied":
                return linked
        return done

    def _pair(self, path: str, pair: Json, done: Outcome) -> list[Outcome]:
        try:
            answer = send(self._client, path, {"inputs": [pair]})
        except VendorRefusal as refusal:
            return [self._unlinked(refusal, done)]
        if isinstance(answer, Outcome):
            return [answer]
        if errors := answer.get("errors"):
            return [self._unlinked(VendorRefusal(400, errors[0], ""), done)]
        return [done if answer.get("results") else NO_WORD]

    def _unlinked(self, refusal: VendorRefusal, done: Outcome) -> Outcome:
        told = refused(refusal, done.external_id, self._client.now())
        return replace(told, message=f"not associated: {refusal.words}")

    def _type(self, kind: Kind, partner: Kind) -> tuple[str, int]:
        if kind.is_own or partner.is_own:
            return self._ask(kind, partner)
        from hubspot.crm.association_type import AssociationType  # noqa: PLC0415 - the library takes long to import

        found = getattr(AssociationType, f"{kind.singular}_to_{partner.singular}".upper(), None)
        return self._ask(kind, partner) if found is None else (_HUBSPOTS, int(found))

    def _ask(self, kind: Kind, partner: Kind) -> tuple[str, int]:
        """What the account itself has; ``BugError`` where the two types never meet."""
        pair = (kind.name, partner.name)
        if pair not in self._asked:
            rows = self._client.get(f"{ASSOCIATIONS}/{pair[0]}/{pair[1]}/labels").rows
            plain = [(str(row["category"]), int(row["typeId"])) for row in rows if not row.get("label")]
            if not plain:
                raise BugError(f"HubSpot has no association from {pair[0]} to {pair[1]}", where=kind.name)
            self._asked[pair] = plain[0]
        return self._asked[pair]
