"""What a supervisor asks: does the process live, and can it do its work?"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.console.hands import hands
from core.store import Store


def probes_blueprint(store: Store, clock: Clock, every: timedelta) -> Blueprint:
    """``/healthz`` and ``/readyz``, for anybody: they tell nothing but yes or no, and why not."""
    blueprint = Blueprint("probes", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """Say that the process lives."""
        return _answer(200, "alive")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        """Say whether work can be done, and why not."""
        lacking = whats_lacking(store, clock, every)
        return _answer(503, lacking) if lacking else _answer(200, "ready")

    return blueprint


def whats_lacking(store: Store, clock: Clock, every: timedelta) -> str | None:
    """Why no work can be done now; None when it can: the store answers, and some process has worked lately."""
    now = clock.now()
    try:
        with store.read() as conn:
            found = hands(conn, now)
    except SQLAlchemyError:
        return "the store does not answer"
    return None if found.are_there(now, every) else "no worker is at work"


def _answer(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")
