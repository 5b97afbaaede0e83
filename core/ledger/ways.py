"""What became of earlier messages, and what follows from it: which ways to a person are shut, and which way is next.

A mail address that bounced and a number whose owner answered STOP are not written to again. A message that surely did
not arrive takes the next channel that its recipient is open to; one of which nobody knows does not, for it may have
been read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson
from sqlalchemy import Connection, or_, select

from core.ledger.contacted import told_in_digests
from core.ledger.correspondence import Sending
from core.ledger.policy import ONCE
from core.ledger.readback import UNCERTAIN
from core.messages.recipients import Channel, Recipient
from core.store.among import among
from core.store.tables import operation

DISMISSED = "dismissed"
STOPPED = "the recipient answered STOP"
BOUNCED = "the address does not exist"
SHUT_BY: Mapping[str, str] = {
    # RFC 5321, section 4.2.3: mailbox unavailable, user not local, mailbox name not allowed
    **dict.fromkeys(("550", "551", "553"), BOUNCED),
    # Twilio: invalid number, no mobile number, unknown handset, landline; and who answered STOP
    **dict.fromkeys(("21211", "21614", "30005", "30006"), BOUNCED),
    "21610": STOPPED,
}
OWN_POLICY = " 5.7."  # RFC 3463: the server did not like the message or us, and says nothing of the mailbox
NO_FAULT_OF_THE_WAY = (UNCERTAIN, "HEADER")
OP = operation.c
MAY_GO_AGAIN = ("rejected", "skipped")
PAST = select(OP.key, OP.state, OP.run_id, OP.error, OP.id, OP.stream).where(
    OP.kind == "create_record", OP.state != "planned", among(OP.key, "keys")
)
REFUSED = select(OP.stream, OP.after, OP.error).where(
    OP.kind == "create_record",
    OP.policy == ONCE,
    or_(OP.state == "rejected", (OP.state == "skipped") & OP.error.startswith(DISMISSED)),
)


@dataclass(frozen=True)
class Failure:
    """A message that did not go, or of which nobody knows whether it did: why, what to do, and by which channel."""

    said: str
    channel: str
    may_go_another_way: bool


@dataclass(frozen=True)
class Past:
    """The keys of what was sent, is on its way or was given up by a person; and what failed."""

    done: frozenset[str]
    failed: Mapping[str, Failure] = field(default_factory=dict)

    @classmethod
    def read(cls, conn: Connection, keys: Sequence[str]) -> Past:
        """What became of the messages with these keys."""
        done, failed = told_in_digests(conn), dict[str, Failure]()
        for key, state, run_id, error, id_, channel in conn.execute(PAST, {"keys": keys}) if keys else ():
            if state not in MAY_GO_AGAIN or (error or "").startswith(DISMISSED):
                done.add(key)
            elif state == "rejected":
                said = f"rejected in {run_id}: {error}; replay or dismiss {id_}"
                failed[key] = Failure(said, channel, not str(error).startswith(NO_FAULT_OF_THE_WAY))
        return cls(frozenset(done), failed)

    def and_(self, other: Past) -> Past:
        """Both together."""
        return Past(self.done | other.done, {**self.failed, **other.failed})


@dataclass(frozen=True)
class Shut:
    """Addresses that are not written to any more, by channel, and why: until what they refused is replayed and goes."""

    ways: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def read(cls, conn: Connection) -> Shut:
        """From the messages that were refused for their address."""
        found = {}
        for channel, after, error in conn.execute(REFUSED):
            why = _why_shut((error or "").rpartition(" after: ")[2])
            if why:
                found[channel, orjson.loads(after)["values"]["to"]] = why
        return cls(found)

    def to(self, recipient: Recipient) -> Recipient:
        """The same person with the ways closed that are shut."""
        shut: dict[Channel, str] = {
            channel: f"{channel}: {self.ways[channel, address]}"
            for channel, address in recipient.addresses.items()
            if (channel, address) in self.ways
        }
        return replace(recipient, closed={**recipient.closed, **shut}) if shut else recipient


def _why_shut(error: str) -> str | None:
    code, _, words = error.partition(":")
    return None if OWN_POLICY in f" {words}" else SHUT_BY.get(code)


def by_other_ways(
    conn: Connection, sendings: Iterable[Sending], again: Callable[[Sending, str], Sending | None]
) -> tuple[list[Sending], Past]:
    """The messages, each by the first way that has not failed, and what became of all of them on the ways before.

    ``again`` words a message for the next way after one that failed; None when there is none.
    """
    found, waiting, past = list[Sending](), list(sendings), Past(frozenset())
    while waiting:
        past = past.and_(Past.read(conn, [one.key for one in waiting]))
        onward = list[Sending]()
        for one in waiting:
            failure = past.failed.get(one.key)
            other = again(one, failure.channel) if failure and failure.may_go_another_way else None
            (found if other is None else onward).append(other or one)
        waiting = onward
    return found, past
