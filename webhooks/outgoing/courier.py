"""Sending what waits: each subscriber by itself, so that a slow or dead one delays nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.clock import Clock, iso
from core.connector import Finding
from core.outbound.line import TOTAL_SECONDS, Line, Reply
from core.outbound.signing import sign
from core.store import Store, findings
from core.store.audit import append
from core.store.events import Attempt, Delivery, Standing, claim, enter, set_standing, settle, standing
from core.tracing import span
from webhooks.outgoing.catalogue import Ping
from webhooks.outgoing.schedule import is_given_up, next_attempt
from webhooks.outgoing.subscribers import Subscriber
from webhooks.outgoing.wording import event_of

AT_ONCE = 20
SIDE_BY_SIDE = 4
LEASE = timedelta(seconds=AT_ONCE * TOTAL_SECONDS + 60)  # longer than the slowest receiver can make a batch last
GONE = 410
FAILED, DISABLED = "webhook_failed", "webhook_disabled"


@dataclass(frozen=True)
class Courier:
    """Sends to all subscribers; ``line_to`` opens the way to one of them."""

    store: Store
    clock: Clock
    subscribers: Mapping[str, Subscriber]
    line_to: Callable[[Subscriber], Line]

    def send_due(self) -> int:
        """Send everything that is due, until nothing is; returns how many attempts were made."""
        if not self.subscribers:
            return 0
        with ThreadPoolExecutor(len(self.subscribers), "inlay-courier") as pool:
            return sum(pool.map(self._serve, self.subscribers.values()))

    def ping(self, name: str) -> Reply:
        """Send a test event at once, whatever the subscriber wants, and tell how it went."""
        at, one = self.clock.now(), self.subscribers[name]
        event = event_of("endpoint.test", f"{name}\0{iso(at)}", iso(at), Ping(subscriber=name))
        with self.store.begin() as conn:
            enter(conn, [event], lambda _: [name], iso(at))
            [mine] = claim(conn, name, at, at + LEASE, 1, only=event.id)
        line = self.line_to(one)
        try:
            return self._send(one, line, mine)
        finally:
            line.close()

    def _serve(self, one: Subscriber) -> int:
        line, sent = self.line_to(one), 0
        try:
            with ThreadPoolExecutor(1 if one.in_order else SIDE_BY_SIDE, "inlay-line") as pool:
                while batch := self._claimed(one):
                    list(pool.map(lambda each: self._send(one, line, each), batch))
                    sent += len(batch)
        finally:
            line.close()
        return sent

    def _claimed(self, one: Subscriber) -> list[Delivery]:
        now = self.clock.now()
        with self.store.begin() as conn:
            if standing(conn, one.name).disabled_at is not None:
                return []
            return claim(conn, one.name, now, now + LEASE, 1 if one.in_order else AT_ONCE, in_order=one.in_order)

    def _send(self, one: Subscriber, line: Line, this: Delivery) -> Reply:
        at = self.clock.now()
        with span("webhook", subscriber=one.name, event=this.event.id, type=this.event.type) as note:
            reply = line.post(sign(one.secrets, this.event.id, at, this.event.body), this.event.body)
            note("status", reply.status)
        due = None if reply.is_success else self._due(this, reply, self.clock.now())
        attempt = Attempt(
            one.name,
            this.seq,
            this.attempts + 1,
            iso(at),
            reply.status,
            round(reply.seconds * 1000),
            reply.trouble,
            reply.text.replace("\0", ""),
        )
        with self.store.begin() as conn:
            if settle(conn, this, attempt, due):
                self._judge(conn, one, reply, is_lost=due is None and not reply.is_success)
        return reply

    def _due(self, this: Delivery, reply: Reply, now: datetime) -> datetime | None:
        tried = this.attempts + 1 - this.base
        return next_attempt(this.event.id, tried, now, reply.status, reply.retry_after)

    def _judge(self, conn: Connection, one: Subscriber, reply: Reply, *, is_lost: bool) -> None:
        """What an attempt says of its subscriber: it does well, it fails, or it is to be left alone."""
        now, before = self.clock.now(), standing(conn, one.name)
        if reply.is_success:
            if before.failing_since is not None:
                set_standing(conn, one.name, Standing())
            return
        since = before.failing_since or iso(now)
        cause = reply.trouble or f"answered {reply.status}"
        if reply.status == GONE or is_given_up(datetime.fromisoformat(since), now):
            self._disable(conn, one, since, cause)
        elif before.failing_since is None:
            set_standing(conn, one.name, Standing(since, None, cause))
        if is_lost:
            findings.report(conn, [_lost(one, cause)], iso(now))

    def _disable(self, conn: Connection, one: Subscriber, since: str, cause: str) -> None:
        at = iso(self.clock.now())
        set_standing(conn, one.name, Standing(since, at, cause))
        append(conn, at, "inlay", "disable_subscriber", one.name, {"cause": cause, "failing_since": since})
        findings.report(conn, [_disabled(one, since, cause)], at)


def _lost(one: Subscriber, cause: str) -> Finding:
    remedy = f"mend it, then `inlay webhooks resend {one.name} --failed`"
    return Finding(FAILED, "warning", f"given up after all attempts: {cause}", f"subscribers/{one.name}", remedy)


def _disabled(one: Subscriber, since: str, cause: str) -> Finding:
    what = f"nothing is sent to it any more: {cause}, without a success since {since}"
    remedy = f"mend it, then `inlay webhooks enable {one.name}`; what waits is sent then"
    return Finding(DISABLED, "error", what, f"subscribers/{one.name}", remedy)
