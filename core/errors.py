"""Every error Inlay raises, grouped by what its reader can do about it.

Facts travel as attributes (``facts``), so that logs and pages need not parse prose; the message tells the admin what
happened, ``where`` it happened and the ``remedy``. Neither secrets nor personal data belong in any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

Fact = str | int | float | bool | None
NO_FACTS: Mapping[str, Fact] = MappingProxyType({})


class InlayError(Exception):
    """Base of all errors of this house; never raised itself."""

    exit_code: ClassVar[int] = 1
    title: ClassVar[str] = "error"

    def __init__(self, what: str, *, where: str = "", remedy: str = "", facts: Mapping[str, Fact] = NO_FACTS) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy
        self.facts = MappingProxyType(dict(facts))

    def __str__(self) -> str:
        """One line: what, where, and what to do."""
        place = f" [{self.where}]" if self.where else ""
        advice = f" -> {self.remedy}" if self.remedy else ""
        return f"{self.what}{place}{advice}"


class ConfigError(InlayError):
    """The admin has to edit a file or the environment; nothing was read or written."""

    exit_code = 2
    title = "configuration"


class AuthError(InlayError):
    """A system refused our credentials; the admin has to reconnect it."""

    exit_code = 3
    title = "credentials"


class RetryLater(InlayError):
    """A system is unreachable, busy or out of quota; the same call may succeed at ``retry_at``."""

    exit_code = 4
    title = "not reachable now"

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        remedy: str = "",
        facts: Mapping[str, Fact] = NO_FACTS,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy, facts=facts)
        self.retry_at = retry_at


class UnknownOutcome(RetryLater):
    """A write was sent and its answer lost: it may or may not have happened, so it must be read back, not re-sent."""

    title = "outcome unknown"


class RejectedError(InlayError):
    """One record was refused, by a vendor or by its own content; it is parked and the run goes on."""

    exit_code = 5
    title = "rejected record"


class PluginError(InlayError):
    """A plugin failed or returned what it must not; its author has to mend it, the others go on."""

    exit_code = 6
    title = "plugin fault"


class BugError(InlayError):
    """Inlay itself broke a promise; please report it with these facts."""

    exit_code = 70
    title = "bug in Inlay"


class ConfigErrors(ConfigError):
    """Several mistakes found in one reading, so that the admin mends them in one go."""

    def __init__(self, errors: list[ConfigError]) -> None:
        super().__init__(f"{len(errors)} mistakes in the configuration")
        self.errors = tuple(errors)

    def __str__(self) -> str:
        """One line per mistake."""
        return "\n".join(str(error) for error in self.errors)


def raise_all(errors: list[ConfigError]) -> None:
    """Raise the mistakes collected, if any."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ConfigErrors(errors)
