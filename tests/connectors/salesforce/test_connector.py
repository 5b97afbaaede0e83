"""The connector as a whole: entry point, checks, quota, outages."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import connectors.salesforce
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.refusals import OutOfQuota
from connectors.sandbox.server import RunningSandbox
from core.sdk import ConfigError, Page, RetryLater
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.test_read import fill


def test_the_package_names_its_connector() -> None:
    assert connectors.salesforce.register_connectors() == [SalesforceConnector]
    assert SalesforceConnector.kind == "salesforce"
    assert SalesforceConnector.writes is True


def test_importing_the_package_does_not_import_the_client_library() -> None:
    source = Path(str(connectors.salesforce.__file__)).read_text(encoding="utf-8")
    at_once = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {node.module for node in at_once if isinstance(node, ast.ImportFrom)} == {"__future__", "core.sdk"}
    assert not any(isinstance(node, ast.Import) for node in at_once)


def test_the_manifest_tells_what_the_code_does(link: Link) -> None:
    manifest = YAML(typ="safe").load(Path(connectors.salesforce.__path__[0]) / "manifest.yaml")
    assert manifest["name"] == SalesforceConnector.kind
    assert set(manifest["reads"]) == set(link.connector.streams())
    assert manifest["batch"] == link.connector.batch_size("Account", "update")


# check


def test_a_healthy_org_has_no_findings_and_costs_one_call(link: Link) -> None:
    assert link.connector.check() == []
    assert link.calls() == [("GET", "limits")]


def test_a_day_that_is_nearly_used_up_is_a_warning(api: Api, link: Link) -> None:
    api.options(daily_limit=4)
    for _ in range(2):
        assert link.connector.check() == []
    findings = link.connector.check()
    assert [(finding.code, finding.severity) for finding in findings] == [("quota", "warning")]
    assert "3 of the org's 4" in findings[0].message


def test_an_unreachable_org_is_a_finding() -> None:
    findings = Link("http://127.0.0.1:9").connector.check()
    assert [(finding.code, finding.severity) for finding in findings] == [("unreachable", "error")]


def test_an_ended_token_is_a_finding(api: Api, link: Link) -> None:
    api.options(expire_sessions=True)
    assert [finding.code for finding in link.connector.check()] == ["no_access"]


def test_a_maintenance_page_is_a_finding(api: Api, link: Link) -> None:
    api.control("POST", "faults", [{"do": "html", "times": None}])
    assert [finding.code for finding in link.connector.check()] == ["unreachable"]


def test_a_retired_version_is_a_mistake_of_the_configuration(api: Api, link: Link) -> None:
    api.control(
        "POST",
        "faults",
        [{"do": "status", "status": 410, "times": None, "body": '[{"errorCode": "GONE", "message": "x"}]'}],
    )
    with pytest.raises(ConfigError, match="retired"):
        link.records("Account", "Name")


@pytest.mark.parametrize(
    ("domain", "url"),
    [
        ("acme.my", "https://acme.my.salesforce.com/lightning/r/Account/001/view"),
        ("login", None),
        ("test", None),
    ],
)
def test_the_page_of_a_record(served: RunningSandbox, domain: str, url: str | None) -> None:
    link = Link(served.base_url, auth={"flow": "token", "token": "x", "domain": domain})
    assert link.connector.record_url("Account", "001") == url


# quota


def test_a_used_up_day_is_told_with_the_time_to_try_again(api: Api, link: Link) -> None:
    api.options(daily_limit=0)
    with pytest.raises(OutOfQuota) as caught:
        link.records("Account", "Name")
    assert caught.value.retry_at == link.clock.now() + timedelta(hours=1)
    assert len(link.calls()) == 1


# outages while reading


@pytest.mark.parametrize("deed", ["cut", "truncate", "html", "apply_then_cut"])
def test_a_broken_answer_to_a_read_is_asked_for_again(api: Api, link: Link, deed: str) -> None:
    fill(api, 30)
    api.options(page_size=10)
    api.control(
        "POST",
        "faults",
        [
            {"do": deed, "path": "queryAll|query/", "nth": 1, "times": 1},
            {"do": deed, "path": "query/01g", "nth": 1, "times": 1},
        ],
    )
    assert len(link.records("Account", "Name")) == 30


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_a_failing_server_is_asked_again_and_then_given_up(api: Api, link: Link, status: int) -> None:
    fill(api, 1)
    link.connector.describe("Account")
    api.control("POST", "faults", [{"do": "status", "status": status, "times": 2, "body": "down"}])
    assert len(link.records("Account", "Name")) == 1
    api.control("POST", "faults", [{"do": "status", "status": status, "times": None, "body": "down"}])
    with pytest.raises(RetryLater) as caught:
        link.records("Account", "Name")
    assert caught.value.retry_at is not None


def test_a_server_busy_with_its_own_words_is_not_hammered(api: Api, link: Link) -> None:
    link.connector.describe("Account")
    link.calls()
    body = '[{"errorCode": "QUERY_TIMEOUT", "message": "x"}]'
    api.control("POST", "faults", [{"do": "status", "status": 400, "times": None, "body": body}])
    with pytest.raises(RetryLater, match="QUERY_TIMEOUT"):
        link.records("Account", "Name")
    assert len(link.calls()) == 1


def test_what_was_read_before_an_outage_is_kept_by_its_cursor(api: Api, link: Link) -> None:
    ids = fill(api, 40)
    api.options(page_size=10)
    api.control(
        "POST", "faults", [{"do": "status", "status": 503, "path": "query/01g", "nth": 3, "times": 3, "body": "down"}]
    )
    pages: list[Page] = []
    with pytest.raises(RetryLater):
        pages.extend(iter(link.connector.read("Account", ["Name"], None)))
    seen = [record["Id"] for page in pages for record in page.records]
    cursor = pages[-1].cursor
    assert seen == ids[:30]
    assert cursor is not None
    rest = [record["Id"] for record in link.records("Account", "Name", since=cursor)]
    assert sorted({*seen, *rest}) == ids
