"""Who is told what: the ``subscribers:`` of the configuration, checked once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from core.config import LoadedConfig, SubscriberSettings
from core.errors import ConfigError, raise_all
from core.outbound.guard import Target, read_target
from core.outbound.signing import check_secret
from core.yamlfile import nearest
from webhooks.outgoing.catalogue import CATALOGUE

SIGNAL_CHANGED = "signal.changed"
Wants = Callable[..., bool]
"""Whether anybody wants events of a type, and of a signal where one is named."""


@dataclass(frozen=True)
class Subscriber:
    """One endpoint: where it is, what it wants, and the secrets its events are signed with."""

    name: str
    target: Target
    secrets: tuple[str, ...]
    events: tuple[str, ...] = ("*",)
    signals: tuple[str, ...] = ()
    in_order: bool = False

    def __repr__(self) -> str:
        return f"Subscriber({self.name!r}, {self.target.host!r})"

    def wants(self, event_type: str, signal: str = "") -> bool:
        """Whether it is told of events of this type; single signals are told only to who names them."""
        if event_type == SIGNAL_CHANGED:
            return _fits(event_type, self.events) and _fits(signal, self.signals)
        return _fits(event_type, self.events)


def subscribers_of(config: LoadedConfig) -> dict[str, Subscriber]:
    """All subscribers by name; ``ConfigError`` tells each mistake's place in the file."""
    mistakes: list[ConfigError] = []
    found: dict[str, Subscriber] = {}
    for name, wanted in config.settings.subscribers.items():
        try:
            found[name] = _subscriber(name, wanted)
        except ConfigError as mistake:
            mistakes.append(config.file.error(("subscribers", name, mistake.where), mistake.what, mistake.remedy))
    raise_all(mistakes)
    return found


def _subscriber(name: str, wanted: SubscriberSettings) -> Subscriber:
    secrets = tuple(secret.get_secret_value().strip() for secret in wanted.secrets)
    for secret in secrets:
        check_secret(secret)
    for pattern in wanted.events:
        if not any(fnmatchcase(known, pattern) for known in CATALOGUE):
            raise ConfigError(f"no event is called `{pattern}`", where="events", remedy=nearest(pattern, [*CATALOGUE]))
    target = read_target(wanted.url, may_be_private=wanted.private)
    return Subscriber(name, target, secrets, wanted.events, wanted.signals, wanted.in_order)


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
