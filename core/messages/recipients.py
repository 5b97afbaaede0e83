"""Who a message is for: name, addresses by channel, zone, and what the person has agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Channel = Literal["mail", "sms", "chat"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
PREFERENCES: Mapping[str, Channel] = {"email": "mail", "sms": "sms"}
PURPOSES_OF: Mapping[Channel, frozenset[str]] = {
    "mail": frozenset({"mail", "email", "all"}),
    "sms": frozenset({"sms", "text", "all"}),
    "chat": frozenset({"chat", "all"}),
}


@dataclass(frozen=True)
class Recipient:
    """One person; ``closed`` says why a channel is closed to us, ``refusal`` why all of them are."""

    id: str
    name: str
    first_name: str
    zone: tzinfo
    is_contact: bool
    addresses: Mapping[Channel, str] = field(default_factory=dict)
    preferred: Channel | None = None
    closed: Mapping[Channel, str] = field(default_factory=dict)
    refusal: str | None = None

    def route(self, wanted: Sequence[Channel], available: Sequence[Channel]) -> tuple[Channel, str] | str:
        """The channel to take and the address there, or why there is none.

        The person's own preference goes first, then the message's wishes in their order; a channel closed to us never.
        """
        if self.refusal:
            return self.refusal
        order = dict.fromkeys([*([self.preferred] if self.preferred else []), *(wanted or CHANNELS)])
        open_ones = [one for one in order if one in self.addresses and one not in self.closed]
        usable = next((one for one in open_ones if one in available), None)
        if usable:
            return usable, self.addresses[usable]
        if open_ones:
            return f"no connection can send {' or '.join(open_ones)}"
        said = "; ".join(self.closed[one] for one in order if one in self.closed)
        return said or f"no address for {' or '.join(order)} is known"


def contact_of(golden_id: str, data: Mapping[str, Any], purpose: str, zone: tzinfo) -> Recipient:
    """A client's person, from the canonical record."""
    first, last = data.get("first_name") or "", data.get("last_name") or ""
    mails = [one for one in data.get("emails") or [] if one.get("address")]
    usable = sorted((one for one in mails if not one.get("opted_out")), key=lambda one: not one.get("is_primary"))
    phones = [one for one in data.get("phones") or [] if one.get("e164") and one.get("kind") != "fax"]
    phones.sort(key=lambda one: one.get("kind") != "mobile")
    addresses: dict[Channel, str] = {}
    if usable:
        addresses["mail"] = usable[0]["address"]
    if phones:
        addresses["sms"] = phones[0]["e164"]
    closed = _closed(data.get("consent") or [])
    if mails and not usable:
        closed["mail"] = "the contact takes no mail at any known address"
    name = f"{first} {last}".strip() or (mails[0]["address"] if mails else golden_id)
    preferred = PREFERENCES.get(data.get("preferred_channel") or "")
    return Recipient(
        golden_id, name, first or name, zone_of(data.get("time_zone"), zone), True, addresses, preferred, closed,
        _refusal(data, purpose),
    )  # fmt: skip


def person_of(
    golden_id: str, data: Mapping[str, Any], directory: Mapping[str, Mapping[str, str]], zone: tzinfo
) -> Recipient:
    """Somebody at the firm; ``directory`` holds what no CRM knows of them, by mail address: sms, chat, time_zone."""
    mail = (data.get("email") or "").lower()
    known = directory.get(mail, {})
    addresses: dict[Channel, str] = {"mail": mail} if mail else {}
    addresses.update({one: known[one] for one in ("sms", "chat") if known.get(one)})
    name = data.get("name") or mail or golden_id
    refusal = f"{name} no longer works at the firm" if data.get("is_active") is False else None
    where = zone_of(known.get("time_zone") or data.get("time_zone"), zone)
    return Recipient(golden_id, name, data.get("first_name") or name, where, False, addresses, refusal=refusal)


def zone_of(name: str | None, otherwise: tzinfo) -> tzinfo:
    """The zone of this IANA name; vendors also write names that are none."""
    try:
        return ZoneInfo(name) if name else otherwise
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise


def _refusal(data: Mapping[str, Any], purpose: str) -> str | None:
    if data.get("opted_out"):
        return "the contact does not want to be written to"
    given = {one["purpose"].lower(): one["status"] for one in data.get("consent") or []}
    if given.get(purpose) == "withdrawn":
        return f"the contact withdrew the consent to {purpose}"
    if purpose == "marketing" and given.get(purpose) != "given":
        return "the contact has not agreed to marketing"
    return None


def _closed(consents: Sequence[Mapping[str, Any]]) -> dict[Channel, str]:
    withdrawn = {one["purpose"].lower() for one in consents if one["status"] == "withdrawn"}
    return {one: f"the contact closed {one} to us" for one in CHANNELS if withdrawn & PURPOSES_OF[one]}
