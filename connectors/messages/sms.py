"""Text messages through Twilio's REST API 2010-04-01 (docs/messaging/api/message-resource), and what became of them.

Twilio's documentation knows no idempotency key for this call. So every text ends in a short reference made from the
ledger's key, by which a message whose answer was lost is found again among those sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from connectors.messages.settings import SmsSettings
from core.sdk import AuthError, Outcome, RetryLater, UnknownOutcome

API = "https://api.twilio.com"
PAGE_SIZE = 1000  # the largest that the list takes
LOOK_BACK = timedelta(days=7)
LONGEST = 1600  # characters of Body
REFERENCE = 10  # hexadecimal digits
FAILED = frozenset({"failed", "undelivered"})
Record = Mapping[str, Any]


def reference(key: str) -> str:
    """The short name of a message within its own text."""
    return f"Ref {key[-REFERENCE:]}"


class Sms:
    """The messages of one account."""

    def __init__(self, settings: SmsSettings, session: requests.Session, where: str) -> None:
        self._settings = settings
        self._session = session
        self._session.auth = (settings.account, settings.token.get_secret_value())
        self._where = where
        self._path = f"/2010-04-01/Accounts/{settings.account}"

    def send(self, to: str, subject: str, text: str, key: str) -> Outcome:
        """Send one text; raises ``UnknownOutcome`` when the answer was lost, ``RetryLater`` when it did not go."""
        body = "\n".join(part for part in (subject, text.strip(), reference(key)) if part)
        if len(body) > LONGEST:
            return Outcome("rejected", code="TOO_LONG", message=f"{len(body)} characters, {LONGEST} at most")
        form = {"To": to, "From": self._settings.sender, "Body": body}
        answer = self._session.post(f"{API}{self._path}/Messages.json", data=form)
        if answer.status_code >= 500:
            raise UnknownOutcome(f"Twilio failed ({answer.status_code})", where=self._where)
        told = self._told(answer)
        if answer.status_code >= 400:
            return Outcome("rejected", code=str(told.get("code", answer.status_code)), message=str(told.get("message")))
        return Outcome("applied", told["sid"], created=True)

    def find(self, keys: Collection[str], now: datetime) -> dict[str, str]:
        """The ids of the messages with these keys, among those of the last days."""
        wanted = {reference(key): key for key in keys}
        found: dict[str, str] = {}
        for message in self.listed(now - LOOK_BACK):
            key = wanted.get(str(message["body"]).rpartition("\n")[2])
            if key is not None:
                found.setdefault(key, message["sid"])
        return found

    def fetch(self, sid: str) -> Record | None:
        """One message with its present ``status``; None when there is none."""
        answer = self._session.get(f"{API}{self._path}/Messages/{sid}.json")
        return None if answer.status_code == 404 else self._right(answer)

    def listed(self, since: datetime) -> Iterator[Record]:
        """What our number sent since an instant, the newest first.

        Asked for without DateSent: a message that is still queued has none.
        """
        path = f"{self._path}/Messages.json"
        parameters: dict[str, str | int] = {"From": self._settings.sender, "PageSize": PAGE_SIZE}
        while path:
            told = self._right(self._session.get(f"{API}{path}", params=parameters))
            for message in told["messages"]:
                if parsedate_to_datetime(message["date_created"]) < since:
                    return
                yield message
            path, parameters = told.get("next_page_uri") or "", {}

    def undelivered(self, since: datetime) -> list[Record]:
        """The messages that did not arrive; ``error_code`` says why."""
        return [message for message in self.listed(since) if message["status"] in FAILED]

    def is_active(self) -> bool:
        """Whether the account lets us in and may send."""
        return bool(self._right(self._session.get(f"{API}{self._path}.json"))["status"] == "active")

    def _right(self, answer: requests.Response) -> Record:
        told = self._told(answer)
        if answer.status_code >= 400:
            raise RetryLater(f"Twilio refuses to tell ({answer.status_code}, {told.get('code')})", where=self._where)
        return told

    def _told(self, answer: requests.Response) -> Record:
        if answer.status_code in (401, 403):
            raise AuthError("Twilio refuses our token", where=self._where, remedy="correct account and token")
        told: Record = answer.json()
        return told
