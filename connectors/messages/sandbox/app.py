"""The Messages resource of one Twilio account as a WSGI application."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import urlencode

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.web import Reply, Request, Rule, SandboxApp, json_response

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "-".join(("inlay", "sandbox", "token"))
NUMBER = "+441632960100"  # Ofcom keeps 01632 960xxx for stories
LONGEST = 1600
PAGE = 50  # what a list holds when nobody asks for a size
LARGEST_PAGE = 1000
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
Status = Literal["queued", "sending", "sent", "delivered", "undelivered", "failed"]
Record = dict[str, Any]


class TwilioSandbox(SandboxApp):
    """One account; ``stopped`` are the numbers whose owners answered STOP."""

    def __init__(self, clock: SandboxClock) -> None:
        super().__init__(clock)
        self.messages: list[Record] = []
        self.stopped: set[str] = set()

    def rules(self) -> Iterable[Rule]:
        """The account, and its messages."""
        root = f"/2010-04-01/Accounts/{ACCOUNT}"
        yield Rule(f"{root}.json", endpoint=_account, methods=["GET"])
        yield Rule(f"{root}/Messages.json", endpoint=self._create, methods=["POST"])
        yield Rule(f"{root}/Messages.json", endpoint=self._list, methods=["GET"])
        yield Rule(f"{root}/Messages/<sid>.json", endpoint=self._show, methods=["GET"])

    def admit(self, request: Request, /) -> Reply | None:
        """Basic authentication with account and token."""
        given = request.authorization
        if given is not None and (given.username, given.password) == (ACCOUNT, TOKEN):
            return None
        return _problem(20003, "Authenticate", 401)

    def state(self) -> dict[str, object]:
        """All messages, oldest first."""
        return {"messages": [dict(one) for one in self.messages]}

    def edit(self, change: Mapping[str, Any]) -> object:
        """What the carrier made of a message: ``{"sid", "status", "error_code"}``."""
        found = next(one for one in self.messages if one["sid"] == change["sid"])
        found.update(status=change["status"], error_code=change.get("error_code"), date_updated=self._now())
        return found

    def _create(self, request: Request) -> Reply:
        form = request.form
        refusal = self._refusal(form.get("To", ""), form.get("From", ""), form.get("Body", ""))
        if refusal is not None:
            return refusal
        self.clock.tick()
        made = self._message(form["To"], form["Body"])
        self.messages.append(made)
        return json_response(made, 201, rows=1)

    def _refusal(self, to: str, sender: str, body: str) -> Reply | None:
        checks = (
            (not to, 21604, "A 'To' phone number is required."),
            (not sender, 21603, "A 'From' phone number is required."),
            (not body, 21602, "Message body is required."),
            (E164.fullmatch(to) is None, 21211, f"The 'To' number {to} is not a valid phone number."),
            (sender != NUMBER, 21606, f"The From phone number {sender} is not a valid message-capable number."),
            (len(body) > LONGEST, 21617, "The concatenated message body exceeds the 1600 character limit."),
            (to in self.stopped, 21610, "Attempt to send to unsubscribed recipient"),
        )
        return next((_problem(code, said, 400) for is_wrong, code, said in checks if is_wrong), None)

    def _message(self, to: str, body: str) -> Record:
        sid = f"SM{len(self.messages):032x}"
        return {
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": body,
            "date_created": self._now(),
            "date_sent": None,
            "date_updated": self._now(),
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": NUMBER,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(1 + len(body) // 161),
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "queued",
            "to": to,
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
        }

    def _show(self, request: Request, sid: str) -> Reply:
        found = next((one for one in self.messages if one["sid"] == sid), None)
        return json_response(found, rows=1) if found else _problem(20404, f"{request.path} was not found", 404)

    def _list(self, request: Request) -> Reply:
        asked = request.args
        size = min(int(asked.get("PageSize", PAGE)), LARGEST_PAGE)
        page = int(asked.get("Page", 0))
        found = [one for one in reversed(self.messages) if _fits(one, asked)]
        shown = found[page * size : (page + 1) * size]
        more = len(found) > (page + 1) * size
        following = urlencode({**asked.to_dict(), "PageSize": size, "Page": page + 1, "PageToken": f"PA{page + 1}"})
        answer = {
            "messages": shown,
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "uri": request.full_path,
            "first_page_uri": f"{request.path}?PageSize={size}&Page=0",
            "next_page_uri": f"{request.path}?{following}" if more else None,
            "previous_page_uri": None,
        }
        return json_response(answer, rows=len(shown))

    def _now(self) -> str:
        return format_datetime(self.clock.now())


def _fits(message: Record, asked: Mapping[str, str]) -> bool:
    return all(asked.get(name, message[known]) == message[known] for name, known in (("From", "from"), ("To", "to")))


def _account(_request: Request) -> Reply:
    return json_response({"sid": ACCOUNT, "status": "active", "type": "Full", "friendly_name": "Hartwell & Co"}, rows=1)


def _problem(code: int, said: str, status: int) -> Reply:
    told = {"code": code, "message": said, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return json_response(told, status)
