"""The shipped mapping on a whole demo org: every field exists, every record is understood, every write has a field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from connectors.sandbox.demo import demo_firm
from connectors.sandbox.server import serve
from core.mapping import Issue, Mapping
from core.sdk import WantedField, WriteRow
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api, open_org

MAPPING = Mapping.load("salesforce", "crm", None, currency="GBP", region="GB")
WANTED = [
    WantedField(one.stream, one.field, one.label, one.type, one.help, tuple(one.options)) for one in MAPPING.writes
]
KEYS = [
    WantedField(stream, field, "Inlay key", "key")
    for stream, field in sorted({(rule.stream, rule.key_field) for rule in MAPPING.creates.values()})
]


@pytest.fixture(scope="module")
def org() -> Api:
    """The demo org, with one client that has a team and one contact of two clients."""
    org = Api(open_org(demo_firm()))
    org.options(contacts_to_multiple_accounts=True)
    first, second = org.column("SELECT Id FROM Account ORDER BY Id LIMIT 2")
    person = org.column(f"SELECT Id FROM Contact WHERE AccountId = '{first}' LIMIT 1")[0]
    org.create("AccountContactRelation", AccountId=second, ContactId=person, Roles="Decision Maker")
    org.create("AccountTeamMember", AccountId=first, UserId=org.me(), TeamMemberRole="Partner")
    return org


@pytest.fixture(scope="module")
def link(org: Api) -> Iterator[Link]:
    """A connector on the demo org, with Inlay's fields in place."""
    with serve(org.app) as running:
        link = Link(running.base_url)
        link.provision(*WANTED, *KEYS)
        yield link


def test_every_mapped_stream_can_be_read(link: Link) -> None:
    assert set(MAPPING.streams) <= set(link.connector.streams())


@pytest.mark.parametrize("stream", MAPPING.streams)
def test_every_mapped_field_exists_in_the_org(link: Link, stream: str) -> None:
    link.pages(stream, *MAPPING.streams[stream].fields)
    assert [finding.where for finding in link.connector.findings()] == []


@pytest.mark.parametrize("stream", MAPPING.streams)
def test_every_record_is_understood_without_a_complaint(link: Link, stream: str) -> None:
    issues: list[Issue] = []
    counts: Counter[str] = Counter()
    for record in link.records(stream, *MAPPING.streams[stream].fields):
        counts.update(kind for kind, _ in MAPPING.streams[stream].normalise(record, issues))
    assert counts
    assert issues == []


def test_all_activity_of_the_firm_arrives(link: Link) -> None:
    firm = demo_firm()
    at_home = Counter(touch.channel for touch in firm.touches if touch.home == "salesforce")
    kinds: Counter[str] = Counter()
    for stream in ("Task", "Event"):
        for record in link.records(stream, *MAPPING.streams[stream].fields):
            kinds.update(
                str(data["kind"])
                for kind, data in MAPPING.streams[stream].normalise(record, [])
                if kind == "interaction"
            )
    assert kinds == at_home


def test_every_field_that_inlay_writes_is_there_and_can_be_written(link: Link) -> None:
    assert link.connector.plan_fields([*WANTED, *KEYS]) == []
    assert link.connector.findings() == []
    for write in MAPPING.writes:
        assert link.connector.describe(write.stream)[write.field].can_update


def test_a_created_task_lands_where_it_belongs(org: Api, link: Link) -> None:
    rule = MAPPING.creates["task"]
    account = org.column("SELECT Id FROM Account LIMIT 1")[0]
    owner = org.column("SELECT Id FROM User WHERE Username = 'laura.pennington@hartwell.example'")[0]
    record = {
        "subject": "Call them",
        "body": "Why",
        "status": "not_started",
        "priority": "high",
        "due_date": "2026-07-10",
    }
    values, links = rule.to_vendor(record, {"client_id": account, "assignee_id": owner})
    row = WriteRow(values, key=(rule.key_field, "demo|task|1"), links=links)
    outcome = link.connector.write(rule.stream, "upsert", [row])[0]
    assert (outcome.state, outcome.created) == ("applied", True)
    made = org.row("Task", str(outcome.external_id))
    assert (made["Subject"], made["AccountId"], made["OwnerId"]) == ("Call them", account, owner)
    assert (made["Priority"], made["Status"], made["ActivityDate"]) == ("High", "Not Started", "2026-07-10")
