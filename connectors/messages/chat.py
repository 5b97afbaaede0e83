"""Slack, Teams and some 170 other services, by addresses such as slack://… that apprise knows."""

from __future__ import annotations

import warnings
from functools import cache

from apprise import Apprise


def is_address(url: str) -> bool:
    """Whether apprise knows where this leads."""
    _learn()
    return Apprise.instantiate(url) is not None


def say(url: str, title: str, text: str) -> bool:
    """Whether the service said yes; where it did not, something may have arrived all the same."""
    _learn()
    chat = Apprise()
    chat.add(url)
    return bool(chat.notify(body=text, title=title))


@cache
def _learn() -> None:
    """Let apprise load its services; one of them tries a module that Python 3.13 will not have (apprise 2.3.0)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'imghdr'", DeprecationWarning)
        Apprise.instantiate("json://localhost")
