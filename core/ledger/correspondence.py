"""A plugin's wish as the messages it comes to: one per person, addressed and worded, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from core.ledger.addressees import Addressees
from core.ledger.creates import Refusal
from core.ledger.operations import vendor_key
from core.ledger.policy import PlanRules
from core.messages.recipients import CHANNELS, Channel, Recipient
from core.messages.template import TemplateProblem, one_line
from core.proposals import SendMessage

ADDRESSED = ("contact", "user", "owner", "admin")
NAMED_BY = {"contact": "recipient_id", "user": "recipient_id", "owner": "client_id"}


@dataclass(frozen=True)
class Sending:
    """One message to one person, worded and addressed.

    A digest ``holds`` the keys of the messages it tells of. ``failed`` are the channels by which it did not arrive.
    """

    plugin: str
    wish: SendMessage
    key: str
    recipient: Recipient
    channel: Channel
    address: str
    subject: str
    text: str
    client_id: str | None
    holds: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def unless(self) -> str | None:
        """The key, as the CRM keeps it, of the message whose acknowledgement makes this one needless."""
        earlier = self.wish.unless_acknowledged
        return vendor_key(self.plugin, earlier) if earlier else None


@dataclass(frozen=True)
class Correspondence:
    """Words the messages of one plan; ``carriers`` name the connection that carries each channel.

    ``open_ways`` closes the ways to a person that are shut.
    """

    people: Addressees
    carriers: Mapping[Channel, str]
    rules: PlanRules
    now: datetime
    open_ways: Callable[[Recipient], Recipient]

    def of(self, plugin: str, wish: SendMessage) -> Iterator[Sending | Refusal]:
        """The messages that a wish comes to."""
        found = "the contact is another client's" if self.people.is_strange(wish) else self.people.of(wish)
        if isinstance(found, str):
            yield Refusal(plugin, wish.key, found)
            return
        for recipient in found:
            yield self._to(self.open_ways(recipient), plugin, wish)

    def again(self, one: Sending, failed: str) -> Sending | None:
        """The same message by the next way, after a channel that failed; None when there is none.

        It has a key of its own, and the link of the first: whoever acknowledges it has acknowledged the message.
        """
        tried = (*one.failed, failed)
        answer = self._to(one.recipient, one.plugin, one.wish, tried)
        return answer if isinstance(answer, Sending) else None

    def _to(
        self, recipient: Recipient, plugin: str, wish: SendMessage, failed: tuple[str, ...] = ()
    ) -> Sending | Refusal:
        route = recipient.route(wish.channels, tuple(one for one in self.carriers if one not in failed))
        if isinstance(route, str):
            return Refusal(plugin, wish.key, route)
        said = wish.key if wish.to != "admin" else f"{wish.key}\n{recipient.id}"
        key = vendor_key(plugin, "\n".join([said, *failed]))
        client_id, client = self.people.client_of(wish)
        try:
            subject, text = self._worded(wish, vendor_key(plugin, said), recipient, client)
            address = one_line(route[1], "address")
        except TemplateProblem as problem:
            return Refusal(plugin, wish.key, f"{wish.template or 'the text'}: {problem}")
        return Sending(plugin, wish, key, recipient, route[0], address, subject, text, client_id, failed=failed)

    def _worded(self, wish: SendMessage, key: str, recipient: Recipient, client: str) -> tuple[str, str]:
        """Subject and text; raises ``TemplateProblem``."""
        rules = self.rules.messages
        if not wish.template:
            return one_line(wish.subject, "subject"), wish.text
        template = rules.templates.get(wish.template)
        if template is None:
            raise TemplateProblem("inlay.yaml has no such template under `messages:`")
        known = {
            "recipient.name": recipient.name,
            "recipient.first_name": recipient.first_name,
            "firm.name": rules.firm,
        }
        values = {**wish.values, **known}
        if client:
            values["client.name"] = client
        if rules.acknowledgements:
            values["link"] = rules.acknowledgements.link(key, self._last_day() + timedelta(days=rules.link_days))
        return one_line(template.subject.render(values), "subject"), template.text.render(values)

    def _last_day(self) -> datetime:
        """The coming midnight: a link made an hour later is the same link."""
        tomorrow = self.now.astimezone(self.rules.zone) + timedelta(days=1)
        return tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)


def malformed(wish: Any) -> str | None:
    """Why a plugin's answer is no message; plugins are foreign code, whatever their annotations say."""
    texts = ("key", "reason", "template", "subject", "text", "purpose")
    wrong = next((name for name in texts if not isinstance(getattr(wish, name), str)), None)
    if wrong or not wish.key:
        return f"{wrong} must be a text" if wrong else "key is empty"
    if wish.to not in ADDRESSED:
        return f"to {str(wish.to)[:40]!r} is none of {', '.join(ADDRESSED)}"
    if bool(wish.template) == bool(wish.text.strip()):
        return "a message has either a template or a text"
    needed = NAMED_BY.get(wish.to)
    if needed and not (isinstance(getattr(wish, needed), str) and getattr(wish, needed)):
        return f"a message to the {wish.to} names its {needed}"
    return _malformed_parts(wish)


def _malformed_parts(wish: Any) -> str | None:
    if not isinstance(wish.channels, tuple) or not set(wish.channels) <= set(get_args(Channel)):
        return f"channels must be a tuple of {', '.join(CHANNELS)}"
    if not isinstance(wish.values, Mapping) or not all(isinstance(text, str) for text in wish.values.values()):
        return "values must be texts"
    is_text = isinstance(wish.inputs, tuple) and all(isinstance(one, str) for one in wish.inputs)
    return None if is_text else "inputs must be a tuple of texts"
