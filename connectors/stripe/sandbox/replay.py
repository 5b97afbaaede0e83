"""The idempotency store: the same key gets the same answer again, whatever it was."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.web import Reply
from connectors.stripe.sandbox.problems import StripeProblemError

KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255


@dataclass(frozen=True)
class _Answer:
    request: tuple[str, bytes]
    status: int
    body: bytes
    at: int


class Replays:
    """Answers by idempotency key, each kept for a day."""

    def __init__(self) -> None:
        self._answers: dict[str, _Answer] = {}

    def recall(self, key: str, request: tuple[str, bytes], now: int) -> Reply | None:
        """The stored answer; 400 when the key came with other parameters; None when the key is new or has expired."""
        if len(key) > LONGEST_KEY:
            message = f"Idempotency keys can be at most {LONGEST_KEY} characters long."
            raise StripeProblemError(400, message, kind="idempotency_error")
        known = self._answers.get(key)
        if known is None or now - known.at >= KEPT_SECONDS:
            return None
        if known.request != request:
            message = f"Idempotency key '{key}' was first used with other parameters; use it with the same ones only."
            raise StripeProblemError(400, message, kind="idempotency_error")
        headers = {"Idempotent-Replayed": "true"}
        return Reply(known.body, known.status, headers, content_type="application/json;charset=utf-8")

    def keep(self, key: str, request: tuple[str, bytes], reply: Reply, now: int) -> None:
        """Store an answer whose work had begun."""
        self._answers[key] = _Answer(request, reply.status_code, reply.get_data(), now)
