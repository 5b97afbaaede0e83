"""Salesforce's bench: accounts of an org without clients, read and written with a refresh token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.sandbox.cursors import Cursors
from connectors.salesforce.sandbox.jobs.job import BulkJobs
from connectors.salesforce.sandbox.org import LONG_AGO
from connectors.salesforce.sandbox.quota import Quota
from connectors.salesforce.sandbox.sessions import Sessions
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.staff import CONSUMER_KEY, CONSUMER_SECRET, REFRESH_TOKEN
from connectors.salesforce.sandbox.table import Table
from connectors.salesforce.settings import SalesforceSettings
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.server import RunningSandbox, serve
from core.connector import Connector, WriteRow
from core.testing import BadRow, Bench, Skill
from tests.connectors.salesforce.orgs import AS_OF, Api, open_org
from tests.contract.simulated import SimulatedBench

AUTH = {
    "flow": "refresh_token",
    "client_id": CONSUMER_KEY,
    "client_secret": CONSUMER_SECRET,
    "refresh_token": REFRESH_TOKEN,
    "domain": "hartwell.my",
}
STAMPS = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp")


class SalesforceBench(SimulatedBench):
    """One org; its pages hold 200 rows."""

    skills: ClassVar[frozenset[Skill]] = frozenset(
        {"discovery", "incremental", "deletes", "merges", "writes", "keys", "renewal", "quota", "trouble", "conflicts"}
    )
    stream, text, key, page_size = "Account", "Name", "Inlay_Key__c", 200
    write_path = r"/composite/|/sobjects/Account/"
    app: SalesforceSandbox

    def __init__(self, app: SalesforceSandbox, running: RunningSandbox) -> None:
        super().__init__(app, running)
        self._arrange()

    def _arrange(self) -> None:
        api = Api(self.app)
        api.add_field(f"{self.stream}.{self.key}", externalId=True, unique=True)
        api.options(page_size=self.page_size)
        self.app.log.clear()

    def trim(self) -> None:
        """Names, stamps, what the org itself fills in, and the key."""
        account = self.app.site.org.schema[self.stream]
        touched = {"Id", self.text, "OwnerId", "IsDeleted", "MasterRecordId", self.key, *STAMPS}
        for name in account.fields.keys() - touched:
            account.remove(name)

    def begin_anew(self) -> None:
        """The same people, fields and rights an hour later without accounts; nobody has let Inlay in yet."""
        clock, old = SandboxClock(AS_OF + timedelta(hours=1)), self.app.site
        org = old.org
        org.clock, org.described_at = clock, LONG_AGO
        org.tables[self.stream] = Table(org.schema[self.stream])
        site = Site(org, Sessions(clock), Quota(clock), Cursors(clock), old.logins, BulkJobs(clock))
        site.cursors.most_rows_per_page = self.page_size
        self.app.start_anew(clock, site)
        self.forget()

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Bench]:
        """Serve an org that holds its users."""
        app = open_org()
        with serve(app) as running:
            yield cls(app, running)

    def connector(self) -> Connector:
        """Let in by a refresh token, so that sessions end."""
        settings = SalesforceSettings.model_validate({"auth": AUTH, "base_url": self.url})
        return SalesforceConnector(settings, self.context(redirect=self.url))

    def add(self, texts: Sequence[str], *, at_once: bool = False) -> list[str]:
        """Create accounts on the org's pages."""
        self.stand_still(at_once)
        made: list[Any] = [self.app.edit({"object": self.stream, "fields": {self.text: text}}) for text in texts]
        self.stand_still(False)
        return [str(one["Id"]) for one in made]

    def edit(self, record_id: str, text: str) -> None:
        """Change an account's name."""
        self.app.edit({"object": self.stream, "id": record_id, "fields": {self.text: text}})

    def delete(self, record_id: str) -> None:
        """Put an account into the recycle bin."""
        self.app.edit({"object": self.stream, "id": record_id, "action": "delete"})

    def merge(self, survivor: str, loser: str) -> str:
        """Merge two accounts."""
        self.app.edit({"object": self.stream, "id": loser, "action": "merge", "into": survivor})
        return survivor

    def truth(self) -> dict[str, str | None]:
        """The accounts that are not in the recycle bin."""
        rows: Any = self.app.state()[self.stream]
        return {row["Id"]: row.get(self.text) for row in rows if not row["IsDeleted"]}

    def bad_rows(self) -> Mapping[str, BadRow]:
        """A row of each kind that an org refuses."""
        odd, locked, checked, twin = self.add(["odd", "locked", "checked", "twin"])
        faults = (
            {"field": "Name", "value": "lock me", "code": "UNABLE_TO_LOCK_ROW", "times": None},
            {"field": "Name", "value": "check me", "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "times": None},
            {"field": "Name", "value": "double me", "code": "DUPLICATES_DETECTED", "times": None},
        )
        told = [{"sobject": self.stream, "message": "as an org says it", **one} for one in faults]
        self.app.configure({"row_faults": told})
        return {
            "no such record": BadRow(WriteRow({self.text: "x"}, "0015g00000ZZZZZAAA")),
            "no number": BadRow(WriteRow({"NumberOfEmployees": "many"}, odd)),
            "too long": BadRow(WriteRow({self.text: "x" * 256}, odd), field=self.text),
            "required": BadRow(WriteRow({self.text: None}, odd), field=self.text),
            "locked": BadRow(WriteRow({self.text: "lock me"}, locked), "retry"),
            "validation rule": BadRow(WriteRow({self.text: "check me"}, checked)),
            "duplicate rule": BadRow(WriteRow({self.text: "double me"}, twin)),
        }

    def revoke(self) -> None:
        """End all sessions, and the refresh token with them."""
        self.app.site.logins.refresh_tokens.clear()
        self.end_sessions()

    def use_up_quota(self) -> None:
        """Others have used the org's day up."""
        self.app.configure({"daily_limit": 0})

    def free_quota(self) -> None:
        """A day later they are forgotten."""
        self.app.configure({"daily_limit": 100_000})
        self.wait(86_400)

    def secrets(self) -> Sequence[str]:
        """Tokens and the app's secret."""
        return (CONSUMER_SECRET, REFRESH_TOKEN, "!SANDBOX")
