"""Merges records: SOAP ``merge()``, the only door there is besides Apex. It cannot be taken back.

A merge whose answer was lost is never sent again blindly: a merged record says so itself (``MasterRecordId``).
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

from simple_salesforce.util import getUniqueElementValueFromXmlString

from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.outcomes import refused
from connectors.salesforce.refusals import OutOfQuota, VendorRefusal, as_promised, told_text
from core.sdk import Clock, Outcome, RetryLater, UnknownOutcome

LOSERS_PER_CALL = 2
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PARTNER = "urn:partner.soap.sforce.com"
OBJECT = "urn:sobject.partner.soap.sforce.com"


class Merger:
    """Merges records of one org."""

    def __init__(self, client: SalesforceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def merge(self, stream: str, survivor: str, losers: Sequence[str]) -> Outcome:
        """Merge records into ``survivor``, two at a time; those that were merged into it before are left alone."""
        try:
            for start in range(0, len(losers), LOSERS_PER_CALL):
                outcome = self._some(stream, survivor, losers[start : start + LOSERS_PER_CALL])
                if outcome.state != "applied":
                    return outcome
        except VendorRefusal as refusal:  # an object that knows no masters cannot be merged either
            return Outcome("rejected", survivor, code=refusal.code, message=refusal.words, fields=refusal.fields)
        except OutOfQuota:
            raise
        except RetryLater as busy:  # what was sent before is found merged next time
            return Outcome("retry", survivor, message=busy.what, retry_at=busy.retry_at)
        return Outcome("applied", survivor)

    def _some(self, stream: str, survivor: str, losers: Sequence[str]) -> Outcome:
        waiting = self._waiting(stream, survivor, losers)
        if not waiting:
            return Outcome("applied", survivor)
        try:
            answer = self._client.soap(_address(self._client.version), envelope(stream, survivor, waiting))
            outcome = self._read(answer, survivor)
        except UnknownOutcome as lost:
            outcome = Outcome("unknown", survivor, message=lost.what)
        if outcome.state != "applied" and not self._waiting(stream, survivor, losers):
            return Outcome("applied", survivor)
        return outcome

    def _waiting(self, stream: str, survivor: str, losers: Sequence[str]) -> list[str]:
        """Return those that are not merged into the survivor yet."""
        query = soql.select(["Id", "MasterRecordId"], stream, [soql.in_list("Id", losers)])
        found = self._client.query(query, with_deleted=True).records
        with as_promised("query"):
            merged = {told_text(record["Id"]) for record in found if record["MasterRecordId"] == survivor}
        return [one for one in losers if one not in merged]

    def _read(self, answer: bytes, survivor: str) -> Outcome:
        names = ("faultcode", "faultstring", "success", "statusCode", "message", "fields")
        try:
            said = {name: getUniqueElementValueFromXmlString(answer, name) for name in names}
        except ExpatError:
            return Outcome("unknown", survivor, message="the answer is no SOAP")
        fault = said["faultcode"]
        if fault is not None:
            error = {"statusCode": fault.rpartition(":")[2], "message": said["faultstring"] or ""}
            return refused([error], survivor, self._clock.now())
        if said["success"] is None:
            return Outcome("unknown", survivor, message="the answer does not say what became of the merge")
        if said["success"] == "true":
            return Outcome("applied", survivor)
        fields = [said["fields"]] if said["fields"] else []
        return refused([{**said, "fields": fields}], survivor, self._clock.now())


def envelope(stream: str, survivor: str, losers: Sequence[str]) -> str:
    """Return the call; ``{session}`` in it is put in by who sends it."""
    master = (
        f'<request><masterRecord xmlns:o="{OBJECT}"><o:type>{escape(stream)}</o:type><o:Id>{escape(survivor)}</o:Id>'
        "</masterRecord>"
    )
    names = "".join(f"<recordToMergeIds>{escape(one)}</recordToMergeIds>" for one in losers)
    header = f'<s:Header><SessionHeader xmlns="{PARTNER}"><sessionId>{{session}}</sessionId></SessionHeader></s:Header>'
    body = f'<s:Body><merge xmlns="{PARTNER}">{master}{names}</request></merge></s:Body>'
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}">{header}{body}</s:Envelope>'


def _address(version: str) -> str:
    return f"/services/Soap/u/{version}"
