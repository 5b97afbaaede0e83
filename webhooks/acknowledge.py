"""The page behind "I have seen it": a link shows one button, and the button's tap is kept.

The link alone changes nothing: mail systems open links before people do, to look what is behind them. Whoever holds the
link may tap; it is signed, for one message, and for some days.
"""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.messages.acknowledge import Acknowledgements, acknowledge, acknowledged
from core.store import Store

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>Inlay</title><h1>{title}</h1>{body}</html>
"""
BUTTON = '<form method="post"><button type="submit">I have seen it</button></form>'
THANKS = "<p>Nobody will be asked again about this message.</p>"
TOO_OLD = "<p>Links are good for some days only. Look into the CRM, or ask your admin.</p>"


def acknowledger(store: Store, clock: Clock, links: Acknowledgements) -> Blueprint:
    """The blueprint of ``/acknowledge/<token>``: GET shows the button, POST keeps that the message was seen.

    404 for a link that is forged, made for something else, or too old (all look the same); 503 when the store cannot
    keep it, so that the reader tries again. Tapping twice changes nothing.
    """
    blueprint = Blueprint("acknowledge", __name__)

    @blueprint.get("/acknowledge/<token>")
    def ask(token: str) -> Response:
        """Show the button, or since when the message counts as seen."""
        key = links.key_of(token, clock.now())
        if key is None:
            return _page(404, "This link is not valid", TOO_OLD)
        with store.read() as conn:
            is_seen = key in acknowledged(conn, {key})
        return _page(200, "Thank you", THANKS) if is_seen else _page(200, "Have you seen this message?", BUTTON)

    @blueprint.post("/acknowledge/<token>")
    def take(token: str) -> Response:
        """Keep that the message was seen."""
        now = clock.now()
        key = links.key_of(token, now)
        if key is None:
            return _page(404, "This link is not valid", TOO_OLD)
        try:
            with store.begin() as conn:
                acknowledge(conn, key, now)
        except SQLAlchemyError:
            return _page(503, "Please try again in a moment", "")
        return _page(200, "Thank you", THANKS)

    return blueprint


def _page(status: int, title: str, body: str) -> Response:
    return Response(PAGE.format(title=title, body=body), status, mimetype="text/html")
