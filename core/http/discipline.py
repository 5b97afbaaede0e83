"""How one call is carried out: sent, looked at, repeated where that is safe, or given up with an error that helps.

Waiting goes through the injected clock. What an exchange takes on the wire is measured with the machine's own counter,
since sockets know no other time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from core.clock import Clock
from core.errors import RetryLater, UnknownOutcome
from core.http.calls import Call, CallLog
from core.http.deadline import Deadline
from core.http.safety import SafeCalls
from core.http.shape import misfit
from core.tracing import span

TOO_MANY = 429
NEVER_SENT = (ConnectTimeoutError, NewConnectionError, NameResolutionError)


@dataclass(frozen=True)
class HttpLimits:
    """The bounds of one call: seconds on the wire in all, seconds to connect, attempts, and the waits between them."""

    total: float = 60.0
    connect: float = 10.0
    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 30.0


@dataclass(frozen=True)
class Request:
    """What is about to be sent; ``path`` is without its query."""

    method: str
    host: str
    path: str


@dataclass(frozen=True)
class Answer:
    """A whole answer: status, headers, and the body as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Try:
    """One attempt: its number, the seconds left of the call's deadline, and whether the call only reads."""

    number: int
    seconds: float
    may_repeat: bool


@dataclass(frozen=True)
class Trouble:
    """Why an attempt did not do: ``sent`` is False when it surely never reached the vendor."""

    what: str
    sent: bool
    retry_at: datetime | None = None


class Discipline:
    """Deadline, retries, shape check and call log for all calls of one transport."""

    def __init__(self, clock: Clock, limits: HttpLimits, safe: SafeCalls, calls: CallLog) -> None:
        self.clock = clock
        self.limits = limits
        self.safe = safe
        self.calls = calls
        self.left_to_caller: set[int] = set()

    def carry_out(self, request: Request, send: Callable[[], Answer]) -> Answer:
        """Send until an answer can be believed, the attempts are spent, or a repetition would be a risk.

        Raises ``RetryLater`` when the vendor cannot be reached or asks us to wait longer than we may, and
        ``UnknownOutcome`` when a call that changes something was sent and no answer to trust came back.
        """
        may_repeat = self.safe.covers(request.method, request.path)
        left = self.limits.total
        for attempt in range(1, self.limits.attempts + 1):
            begun = time.monotonic()
            outcome = self._attempt(request, send, Try(attempt, left, may_repeat))
            if isinstance(outcome, Answer):
                return outcome
            if outcome.sent and not may_repeat:
                raise _unknown(request, outcome)
            left -= time.monotonic() - begun
            wait = self._wait_before(attempt, outcome)
            if attempt == self.limits.attempts or left <= 0 or wait > self.limits.longest_wait:
                raise _later(request, outcome, self.clock.now() + timedelta(seconds=wait))
            self.clock.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempt(self, request: Request, send: Callable[[], Answer], this: Try) -> Answer | Trouble:
        begun = time.monotonic()
        answer: Answer | None = None
        running = Deadline(this.seconds)
        try:
            with span("call", method=request.method, host=request.host, attempt=this.number) as note, running:
                answer = send()
                note("status", answer.status)
        except NEVER_SENT as error:
            return Trouble(f"no connection ({type(error).__name__})", sent=False)
        except (HTTPError, OSError) as error:
            late = f"no whole answer within {self.limits.total:g} s" if running.expired else type(error).__name__
            return Trouble(f"the exchange broke off ({late})", sent=True)
        finally:
            status = answer.status if answer is not None else 0
            spent = time.monotonic() - begun
            self.calls.add(Call(request.method, request.host, request.path, status, spent, this.number))
        return self._judge(request, answer, this.may_repeat)

    def _judge(self, request: Request, answer: Answer, may_repeat: bool) -> Answer | Trouble:
        if answer.status in self.left_to_caller:
            return answer
        if answer.status == TOO_MANY:
            return Trouble("too many requests (429)", sent=False, retry_at=retry_at(answer.headers, self.clock.now()))
        if answer.status >= 500 and not _is_soap_fault(answer) and (may_repeat or not _speaks_json(answer)):
            return Trouble(
                f"the server failed ({answer.status})", sent=True, retry_at=retry_at(answer.headers, self.clock.now())
            )
        wrong = misfit(request.method, answer.status, answer.headers, answer.body)
        return Trouble(wrong, sent=True) if wrong else answer

    def _wait_before(self, attempt: int, trouble: Trouble) -> float:
        planned = min(self.limits.first_wait * 2.0 ** (attempt - 1), self.limits.longest_wait)
        if trouble.retry_at is None:
            return planned
        return max(planned, (trouble.retry_at - self.clock.now()).total_seconds())


def retry_at(headers: dict[str, str], now: datetime) -> datetime | None:
    """The instant before which the vendor wants no other call, from ``Retry-After`` in seconds or as an HTTP date."""
    told = headers.get("Retry-After", "").strip()
    if told.isdigit():
        return now + timedelta(seconds=int(told))
    try:
        return parsedate_to_datetime(told).astimezone(UTC) if told else None
    except ValueError:
        return None


def _speaks_json(answer: Answer) -> bool:
    """A 5xx with the vendor's own error body is an answer: a row lock, not an outage."""
    return "json" in answer.headers.get("Content-Type", "").lower() and bool(answer.body)


def _is_soap_fault(answer: Answer) -> bool:
    """SOAP says every "no" with 500: a refused login is an answer, not an outage."""
    return "xml" in answer.headers.get("Content-Type", "").lower() and b"Fault" in answer.body


def _later(request: Request, trouble: Trouble, at: datetime) -> RetryLater:
    return RetryLater(
        f"{request.host} did not answer as it should: {trouble.what}",
        where=f"{request.method} {request.path}",
        remedy="check the address and the vendor's status page; Inlay goes on from here at the next run",
        facts={"host": request.host, "path": request.path},
        retry_at=trouble.retry_at or at,
    )


def _unknown(request: Request, trouble: Trouble) -> UnknownOutcome:
    return UnknownOutcome(
        f"{request.host} may or may not have carried out a write: {trouble.what}",
        where=f"{request.method} {request.path}",
        remedy="Inlay reads the records back before it sends anything again",
        facts={"host": request.host, "path": request.path},
        retry_at=trouble.retry_at,
    )
