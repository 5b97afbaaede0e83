"""Files on records: put there once, whatever happens on the way."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from connectors.salesforce.attach import MOST_BYTES
from connectors.salesforce.refusals import OutOfQuota
from connectors.salesforce.sandbox.ids import make_id
from core.sdk import Attachment
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api

LETTER = Attachment(
    "Engagement letter ü.pdf", b"%PDF-1.7 \x00\xff signed", "application/pdf", "envelope/17|certificate"
)


@pytest.fixture
def account(api: Api) -> str:
    return api.create("Account", Name="Acme")


def files(api: Api) -> list[Any]:
    return api.rows("SELECT Id, Title, FirstPublishLocationId, ContentDocumentId FROM ContentVersion")


def upset(api: Api, **fault: Any) -> None:
    assert api.control("POST", "faults", [{"path": "sobjects/ContentVersion", **fault}])[0] == 200


def test_a_file_is_put_on_its_record_as_it_is(api: Api, link: Link, account: str) -> None:
    outcome = link.connector.attach("Account", account, LETTER)
    assert (outcome.state, outcome.created) == ("applied", True)
    (version,) = files(api)
    assert version["Id"] == outcome.external_id
    assert (version["Title"], version["FirstPublishLocationId"]) == (LETTER.name, account)
    body = api.raw("GET", f"sobjects/ContentVersion/{version['Id']}/VersionData").get_data()
    assert body == LETTER.content
    assert api.column(f"SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = '{account}'") == [
        version["ContentDocumentId"]
    ]


def test_the_same_key_adds_nothing(api: Api, link: Link, account: str) -> None:
    first = link.connector.attach("Account", account, LETTER)
    again = link.connector.attach("Account", account, LETTER)
    assert (again.state, again.created, again.external_id) == ("applied", False, first.external_id)
    assert len(files(api)) == 1


def test_another_key_or_another_record_is_another_file(api: Api, link: Link, account: str) -> None:
    other = api.create("Account", Name="Other")
    link.connector.attach("Account", account, LETTER)
    link.connector.attach("Account", other, LETTER)
    link.connector.attach("Account", account, Attachment(LETTER.name, b"x", LETTER.media_type, "another"))
    assert len(files(api)) == 3


def test_a_lost_answer_is_unknown_and_the_next_try_finds_the_file(api: Api, link: Link, account: str) -> None:
    upset(api, do="apply_then_cut", method="POST")
    assert link.connector.attach("Account", account, LETTER).state == "unknown"
    assert link.connector.attach("Account", account, LETTER).state == "applied"
    assert len(files(api)) == 1


def test_a_file_for_no_record_is_refused(api: Api, link: Link) -> None:
    outcome = link.connector.attach("Account", make_id("001", 999), LETTER)
    assert outcome.state == "rejected"
    assert outcome.code
    assert files(api) == []


def test_a_lock_is_to_be_tried_again(api: Api, link: Link, account: str) -> None:
    body = '[{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "locked"}]'
    upset(api, do="status", status=400, body=body, method="POST")
    outcome = link.connector.attach("Account", account, LETTER)
    assert outcome.state == "retry"
    assert outcome.retry_at is not None


def test_what_does_not_fit_is_not_even_sent(link: Link, account: str) -> None:
    huge = Attachment("x.bin", bytes(MOST_BYTES + 1), "application/octet-stream", "k")
    outcome = link.connector.attach("Account", account, huge)
    assert (outcome.state, outcome.code) == ("rejected", "FILE_TOO_LARGE")
    assert link.calls() == []
    assert len(base64.b64encode(bytes(MOST_BYTES))) < 50 * 1024 * 1024


def test_a_used_up_day_stops_it(api: Api, link: Link, account: str) -> None:
    api.options(daily_limit=0)
    with pytest.raises(OutOfQuota):
        link.connector.attach("Account", account, LETTER)
