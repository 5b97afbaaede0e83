"""HubSpot's bench: companies of an empty account, read and written by an installed app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.sandbox import TOKEN, HubSpotSandbox, account_of, sandbox
from connectors.hubspot.sandbox.access import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from connectors.hubspot.sandbox.merging import merge
from connectors.hubspot.sandbox.numbers import USER_ID
from connectors.hubspot.sandbox.records import Author
from connectors.hubspot.sandbox.writing import Write
from connectors.hubspot.settings import HubSpotSettings
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import RunningSandbox, serve
from core.connector import Connector, RawRecord, WriteRow
from core.testing import BadRow, Bench, Skill
from tests.connectors.hubspot.hub import Hub
from tests.contract.simulated import SimulatedBench

OAUTH = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
AUTHOR = Author("CRM_UI", f"userId:{USER_ID}", USER_ID)


class HubSpotBench(SimulatedBench):
    """One account."""

    skills: ClassVar[frozenset[Skill]] = frozenset(
        {"discovery", "incremental", "deletes", "merges", "writes", "keys", "renewal", "quota", "trouble"}
    )
    stream, text, key, page_size = "companies", "name", "inlay_key", 100
    write_path = r"/batch/(create|update|upsert)$"
    app: HubSpotSandbox
    counts_days = False

    def __init__(self, app: HubSpotSandbox, running: RunningSandbox) -> None:
        super().__init__(app, running)
        self.hub = Hub(app, running)
        self._add_key()

    def _add_key(self) -> None:
        text = {"type": "string", "fieldType": "text", "groupName": "companyinformation", "hasUniqueValue": True}
        self.hub.post("/crm/v3/properties/companies", {"name": self.key, "label": "Inlay key", **text}, 201)
        self.app.log.clear()

    def trim(self) -> None:
        """Names, stamps, what HubSpot itself fills in, and the key."""
        kind = self.app.crm.schema.types[self.stream]
        touched = {*kind.shown, *kind.needs_any, self.key, "hs_createdate", "hs_merged_object_ids"}
        for name in kind.properties.keys() - touched:
            del kind.properties[name]

    def begin_anew(self) -> None:
        """Another account with the same properties and no records; nobody has let Inlay in yet."""
        self.app.start_anew(account_of(empty_firm(), SandboxClock(AS_OF), self.app.crm.schema))
        self.forget()
        self.counts_days = False

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Bench]:
        """Serve an empty account."""
        app = sandbox(empty_firm(), SandboxClock(AS_OF))
        with serve(app) as running:
            yield cls(app, running)

    def connector(self) -> Connector:
        """Let in by OAuth, so that tokens end; where it is about the day, by a private app, which alone has one."""
        way_in = {"token": TOKEN} if self.counts_days else {"oauth": OAUTH}
        settings = HubSpotSettings.model_validate({"base_url": self.url, **way_in})
        return HubSpotConnector(settings, self.context())

    def add(self, texts: Sequence[str], *, at_once: bool = False) -> list[str]:
        """Create companies on the account's pages."""
        self.stand_still(at_once)
        made: list[Any] = [self.app.edit({"type": self.stream, "properties": {self.text: text}}) for text in texts]
        self.stand_still(False)
        return [str(one["id"]) for one in made]

    def edit(self, record_id: str, text: str) -> None:
        """Change a company's name."""
        self.app.edit({"type": self.stream, "id": record_id, "properties": {self.text: text}})

    def delete(self, record_id: str) -> None:
        """Archive a company."""
        self.app.edit({"type": self.stream, "id": record_id, "archive": True})

    def merge(self, survivor: str, loser: str) -> str:
        """Merge two companies; HubSpot gives the result a new id."""
        crm = self.app.crm
        shelf = crm.shelf(crm.schema.types[self.stream])
        primary, other = shelf.get(survivor), shelf.get(loser)
        assert primary is not None
        assert other is not None
        with self.app.lock:
            return merge(crm, primary, other, Write(self.app.clock.tick(), AUTHOR)).id

    def truth(self) -> dict[str, str | None]:
        """The companies that are not archived."""
        rows: Any = self.app.state()[self.stream]
        return {row["id"]: row["properties"].get(self.text) for row in rows if not row["archived"]}

    def text_of(self, record: RawRecord) -> str | None:
        """HubSpot keeps fields below ``properties``."""
        found = record["properties"].get(self.text)
        return None if found is None else str(found)

    def bad_rows(self) -> Mapping[str, BadRow]:
        """A row of each kind that HubSpot refuses."""
        odd, longest, locked = self.add(["odd", "long", "locked"])
        self.app.edit({"type": self.stream, "id": locked, "lock": 3600})
        return {
            "no such record": BadRow(WriteRow({self.text: "x"}, "999999999")),
            "no number": BadRow(WriteRow({"numberofemployees": "many"}, odd), field="numberofemployees"),
            "no such option": BadRow(WriteRow({"industry": "NO_SUCH_INDUSTRY"}, odd), field="industry"),
            "no such property": BadRow(WriteRow({"no_such_property": "x"}, odd)),
            "locked": BadRow(WriteRow({self.text: "x"}, locked), "retry"),
            "too long": BadRow(WriteRow({self.text: "x" * 65_537}, longest)),
        }

    def revoke(self) -> None:
        """Remove the app from the account."""
        self.app.access.uninstall()

    def use_up_quota(self) -> None:
        """Others have used the account's day up."""
        self.counts_days = True
        self.app.configure({"rate_limits": True, "quota_on_sandbox_clock": True, "daily_limit": 0})

    def free_quota(self) -> None:
        """The next day begins."""
        self.app.configure({"daily_limit": 625_000})
        self.wait(86_400)

    def secrets(self) -> Sequence[str]:
        """Tokens and the app's secret."""
        return (TOKEN, CLIENT_SECRET, REFRESH_TOKEN, "sandbox-access-token")
