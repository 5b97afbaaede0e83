"""Messages that plugins propose, planned as operations that are carried out at most once.

Nobody is written to who does not want it, nobody in their quiet hours, and nobody too often, whoever wrote before. What
is too much for one day of one person of the firm is told in a digest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.clock import iso
from core.ledger.addressees import Addressees
from core.ledger.belonging import foreign
from core.ledger.contacted import DIGEST, reached_by_others, sent_since
from core.ledger.correspondence import Correspondence, Sending, malformed
from core.ledger.creates import Refusal
from core.ledger.operations import Operation, operation_id, vendor_key
from core.ledger.policy import APPLY, BLOCKED, NEEDS_APPROVAL, ONCE, PlanRules, by_mode
from core.ledger.target import Target
from core.ledger.ways import Past, Shut, by_other_ways
from core.messages.acknowledge import acknowledged
from core.messages.recipients import Channel
from core.messages.rules import Carrier
from core.proposals import Proposal, SendMessage

Proposals = Mapping[str, Sequence[Proposal]]
LISTED = 30  # messages that a digest names


@dataclass
class Rulings:
    """Judges sendings one by one; what it lets pass counts against those that come later.

    ``today`` counts messages to people of the firm, ``recently`` those to contacts, by whatever tool.
    """

    rules: PlanRules
    now: datetime
    today: Counter[str]
    recently: Counter[str]
    past: Past
    held: dict[str, list[Sending]] = field(default_factory=dict)

    def verdict(self, one: Sending) -> str:
        """What becomes of a sending."""
        said = next((why for fence in FENCES if (why := fence(self, one))), None)
        if said:
            return f"{BLOCKED}{said}"
        verdict = by_mode(self.rules.of(one.plugin).mode, APPLY, None)
        if verdict.startswith((APPLY, NEEDS_APPROVAL)):
            (self.recently if one.recipient.is_contact else self.today)[one.recipient.id] += 1
        return verdict

    def was_refused(self, one: Sending) -> str | None:
        """What failed by every way, or of which nobody knows whether it went, is for a person to decide on."""
        failure = self.past.failed.get(one.key)
        return failure.said if failure else None

    def is_quiet(self, one: Sending) -> str | None:
        """The recipient's own night and weekend; people of the firm are woken for what is urgent."""
        if one.wish.urgent and not one.recipient.is_contact:
            return None
        opens = self.rules.messages.quiet.opens(self.now, one.recipient.zone)
        return f"quiet hours of the recipient until {iso(opens)}" if opens > self.now else None

    def is_too_often(self, one: Sending) -> str | None:
        """A contact who has heard from the firm often enough, by whatever tool."""
        rules, times = self.rules.messages, self.recently[one.recipient.id]
        if not one.recipient.is_contact or times < rules.per_contact:
            return None
        return f"written to {times} times within {rules.contact_days} days already"

    def is_over_budget(self, one: Sending) -> str | None:
        """Too much for one day of somebody at the firm: it goes into the digest."""
        most = self.rules.messages.per_person_and_day
        if one.recipient.is_contact or self.today[one.recipient.id] < most:
            return None
        self.held.setdefault(one.recipient.id, []).append(one)
        return f"more than {most} messages for one person on one day; see the digest"

    def make_room(self, waiting: Sequence[Sending]) -> None:
        """Keep a place of the day for the digest of everybody who is about to get too much."""
        most = self.rules.messages.per_person_and_day
        wanted = Counter(one.recipient.id for one in waiting if not one.recipient.is_contact)
        for recipient, count in wanted.items():
            if count > most - self.today[recipient] > 0:
                self.today[recipient] += 1

    def digests(self, conn: Connection, midnight: datetime) -> Iterator[tuple[Sending, str]]:
        """One message for all that a person would have got too much of: once a day, within the day's budget."""
        sent = sent_since(conn, midnight)
        made = [_digest(held, midnight) for held in self.held.values()]
        past = Past.read(conn, [one.key for one in made])
        for one in made:
            is_due = sent[one.recipient.id] < self.rules.messages.per_person_and_day
            if is_due and one.key not in past.done and one.key not in past.failed:
                held = self.held[one.recipient.id]
                asked = any(self.rules.of(inner.plugin).mode != "auto" for inner in held)
                yield one, NEEDS_APPROVAL if asked else APPLY


FENCES = (Rulings.was_refused, Rulings.is_quiet, Rulings.is_too_often, Rulings.is_over_budget)


def plan_messages(
    conn: Connection, targets: Mapping[str, Target], proposals: Proposals, rules: PlanRules, now: datetime
) -> tuple[list[Operation], list[Refusal]]:
    """Operations for all messages that were not sent yet, and what cannot be sent and why."""
    wishes, refused = _wishes(conn, proposals)
    if not wishes:
        return [], refused
    people = Addressees(conn, rules.messages, rules.zone, [wish for _, wish in wishes])
    carriers = _carriers(targets)
    letters = Correspondence(people, carriers, rules, now, Shut.read(conn).to)
    answers = [answer for plugin, wish in wishes for answer in letters.of(plugin, wish)]
    refused += [one for one in answers if isinstance(one, Refusal)]
    sendings, past = by_other_ways(conn, (one for one in answers if isinstance(one, Sending)), letters.again)
    waiting = _waiting(conn, sendings, past)
    midnight = now.astimezone(rules.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=rules.messages.contact_days)
    contacts = {one.recipient.id for one in waiting if one.recipient.is_contact}
    recently = sent_since(conn, since) + reached_by_others(conn, contacts, since)
    rulings = Rulings(rules, now, sent_since(conn, midnight), recently, past)
    rulings.make_room(waiting)
    judged = [(one, rulings.verdict(one)) for one in waiting]
    judged += rulings.digests(conn, midnight)
    return [_operation(one, carriers[one.channel], said, rules, now) for one, said in judged], refused


def _carriers(targets: Mapping[str, Target]) -> dict[Channel, str]:
    """For each channel the first connection that carries messages over it."""
    found: dict[Channel, str] = {}
    for name, target in targets.items():
        if isinstance(target.connector, Carrier):
            for channel in target.connector.channels():
                found.setdefault(channel, name)
    return found


def _wishes(conn: Connection, proposals: Proposals) -> tuple[list[tuple[str, SendMessage]], list[Refusal]]:
    """The messages among the proposals that are well-formed, and the others; the same key twice counts once."""
    found: dict[tuple[str, str], SendMessage] = {}
    refused: list[Refusal] = []
    for plugin in sorted(proposals):
        for wish in (one for one in proposals[plugin] if isinstance(one, SendMessage)):
            problem = malformed(wish)
            if problem is None and found.setdefault((plugin, wish.key), wish) != wish:
                problem = "another message of this plugin has the same key"
            if problem:
                refused.append(Refusal(plugin, str(wish.key)[:80], problem))
    strange = _foreign(conn, found)
    refused += [Refusal(*at, f"it rests on {record}, which is another client's") for at, record in strange.items()]
    return [(at[0], wish) for at, wish in found.items() if at not in strange], refused


def _foreign(conn: Connection, wishes: Mapping[tuple[str, str], SendMessage]) -> dict[tuple[str, str], str]:
    """Which messages about a client rest on another client's data, and on what."""
    about = [(at, _About(wish.client_id, wish.inputs)) for at, wish in wishes.items() if wish.client_id]
    return {about[number][0]: record for number, record in foreign(conn, [one for _, one in about]).items()}


@dataclass(frozen=True)
class _About:
    client_id: str
    inputs: tuple[str, ...]


def _waiting(conn: Connection, sendings: Sequence[Sending], past: Past) -> list[Sending]:
    """What was neither sent nor made needless by somebody's acknowledgement, the urgent first."""
    seen = acknowledged(conn, {one.unless for one in sendings if one.unless})
    waiting = [one for one in sendings if one.key not in past.done and one.unless not in seen]
    return sorted(waiting, key=lambda one: not one.wish.urgent)


def _digest(held: Sequence[Sending], midnight: datetime) -> Sending:
    first, count = held[0], len(held)
    lines = [f"- {one.subject or one.text.strip().splitlines()[0][:100]}" for one in held[:LISTED]]
    lines += [f"- and {count - LISTED} more"] if count > LISTED else []
    return replace(
        first,
        plugin=DIGEST,
        wish=replace(first.wish, reason=f"{count} messages beyond the day's budget", inputs=()),
        key=vendor_key(DIGEST, f"{first.recipient.id}\n{midnight.date()}"),
        subject=f"{count} more messages from Inlay",
        text="\n".join(lines),
        client_id=None,
        holds=tuple(one.key for one in held),
    )


def _operation(one: Sending, connection: str, verdict: str, rules: PlanRules, now: datetime) -> Operation:
    """``not_after``: when the recipient's quiet hours begin; what has not gone by then waits for their end."""
    is_held_back = one.recipient.is_contact or not one.wish.urgent
    closes = rules.messages.quiet.closes(now, one.recipient.zone)
    values = {
        "to": one.address,
        "subject": one.subject,
        "text": one.text,
        "recipient": one.recipient.id,
        "not_after": iso(closes) if is_held_back else None,
        "holds": list(one.holds),
    }
    after: dict[str, object] = {"values": values, "links": [], "key_field": "key", "owner": None}
    target = (connection, one.channel, one.key, "")
    return Operation(
        id=operation_id("create_record", target, None, after, None),
        kind="create_record",
        connection=connection,
        stream=one.channel,
        key=one.key,
        client_id=one.client_id,
        after=after,
        reason=one.wish.reason,
        plugin=one.plugin,
        inputs=one.wish.inputs,
        policy=ONCE,
        verdict=verdict,
    )
