"""Duplicate rules: refused likenesses, and the header by which a call insists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.salesforce.orgs import Api

RULE = {"sobject": "Account", "fields": ["Name", "BillingCity"], "action": "alert", "name": "Twins"}
INSIST = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=true"}


@pytest.fixture
def strict(api: Api) -> Api:
    """An org with one account and a rule that wants no second one like it."""
    api.create("Account", Name="Acme", BillingCity="Leeds")
    api.options(duplicate_rules=[RULE])
    return api


def twin(api: Api, headers: dict[str, str] | None = None, **values: Any) -> tuple[int, Any]:
    """Try to save another account like the first."""
    return api.call("POST", "sobjects/Account", {"Name": "ACME", "BillingCity": "leeds", **values}, headers)


def test_a_likeness_is_refused_and_named(strict: Api) -> None:
    status, body = twin(strict)
    assert status == 400
    (error,) = body
    assert (error["errorCode"], error["message"]) == ("DUPLICATES_DETECTED", "Use one of these records?")
    found = error["duplicateResult"]
    assert (found["allowSave"], found["duplicateRule"], found["duplicateRuleEntityType"]) == (True, "Twins", "Account")
    (match,) = found["matchResults"]
    assert match["size"] == 1
    (known,) = strict.column("SELECT Id FROM Account")
    assert match["matchRecords"][0]["record"]["Id"] == known


def test_an_alert_gives_way_to_a_call_that_insists(strict: Api) -> None:
    assert twin(strict, INSIST)[0] == 201
    assert len(strict.column("SELECT Id FROM Account")) == 2


@pytest.mark.parametrize("header", ["allowSave=false", "includeRecordDetails=true", "nonsense", ""])
def test_only_the_right_words_insist(strict: Api, header: str) -> None:
    assert twin(strict, {"Sforce-Duplicate-Rule-Header": header})[0] == 400


def test_a_block_never_gives_way(strict: Api) -> None:
    strict.options(duplicate_rules=[{**RULE, "action": "block"}])
    status, body = twin(strict, INSIST)
    assert (status, body[0]["duplicateResult"]["allowSave"]) == (400, False)


@pytest.mark.parametrize("values", [{"Name": "Other"}, {"BillingCity": "York"}, {"BillingCity": None}])
def test_no_likeness_no_refusal(strict: Api, values: dict[str, Any]) -> None:
    assert twin(strict, None, **values)[0] == 201


def test_a_change_that_makes_a_twin_is_refused_and_any_other_is_not(strict: Api) -> None:
    other = strict.create("Account", Name="Acme", BillingCity="York")
    assert strict.refusal("PATCH", f"sobjects/Account/{other}", {"BillingCity": "Leeds"}) == (
        400,
        "DUPLICATES_DETECTED",
    )
    strict.update("Account", other, Site="x")


def test_a_deleted_record_is_no_twin(strict: Api) -> None:
    strict.delete("Account", strict.column("SELECT Id FROM Account")[0])
    assert twin(strict)[0] == 201


def test_rows_of_a_collection_are_refused_one_by_one(strict: Api) -> None:
    records = [{"attributes": {"type": "Account"}, "Name": name, "BillingCity": "Leeds"} for name in ("Acme", "Bolt")]
    status, body = strict.call("POST", "composite/sobjects", {"records": records})
    assert status == 200
    assert [one["success"] for one in body] == [False, True]
    assert body[0]["errors"][0]["statusCode"] == "DUPLICATES_DETECTED"
    _, body = strict.call("POST", "composite/sobjects", {"records": records[:1]}, INSIST)
    assert body[0]["success"] is True


def test_a_subrequest_insists_with_its_own_header(strict: Api) -> None:
    request = {
        "method": "POST",
        "url": "/services/data/v64.0/sobjects/Account",
        "referenceId": "a",
        "body": {"Name": "Acme", "BillingCity": "Leeds"},
    }
    _, plain = strict.call("POST", "composite", {"compositeRequest": [request]})
    assert plain["compositeResponse"][0]["httpStatusCode"] == 400
    _, insisting = strict.call("POST", "composite", {"compositeRequest": [{**request, "httpHeaders": INSIST}]})
    assert insisting["compositeResponse"][0]["httpStatusCode"] == 201


def test_a_unique_field_is_another_matter_that_no_header_softens(strict: Api) -> None:
    strict.add_field("Account.Key__c", unique=True, externalId=True)
    strict.create("Account", Name="b", Key__c="K")
    status, body = strict.call("POST", "sobjects/Account", {"Name": "c", "Key__c": "k"}, INSIST)
    assert (status, body[0]["errorCode"]) == (400, "DUPLICATE_VALUE")


def test_people_in_the_vendors_pages_are_not_held_up(strict: Api) -> None:
    status, _ = strict.control(
        "POST", "edit", {"object": "Account", "fields": {"Name": "Acme", "BillingCity": "Leeds"}}
    )
    assert status == 200
