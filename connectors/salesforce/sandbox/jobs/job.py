"""Bulk jobs as the org keeps them: what each is, its state, and how long it stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from connectors.salesforce.sandbox.errors import Refusal, not_found
from connectors.salesforce.sandbox.ids import make_id, to_18
from connectors.salesforce.sandbox.jobs.blocks import Blocks
from connectors.salesforce.sandbox.jobs.dialect import Dialect
from connectors.salesforce.sandbox.moments import write_instant
from connectors.sandbox.clock import SandboxClock

State = Literal["Open", "UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted"]
Kind = Literal["query", "ingest"]

FINISHED: frozenset[State] = frozenset({"JobComplete", "Failed", "Aborted"})
KEPT = timedelta(days=7)
LISTED = 1000
"""Jobs on one page of the list."""


@dataclass(frozen=True)
class JobFault:
    """What goes wrong with the next matching jobs: ``fail`` after ``after`` rows, or ``lose`` their results."""

    do: Literal["fail", "lose"]
    operation: str | None = None
    sobject: str | None = None
    after: int = 0
    message: str = "InternalServerError : the job could not be finished"

    def strikes(self, job: Job) -> bool:
        """Tell whether this fault is meant for ``job``."""
        return self.operation in {None, job.operation} and self.sobject in {None, job.sobject}


@dataclass
class Job:
    """One job; ``work`` goes on by one row at every step and is None once nothing is left to do."""

    id: str
    kind: Kind
    operation: str
    sobject: str
    created_by: str
    created_at: datetime
    version: float
    dialect: Dialect
    state: State
    changed_at: datetime
    soql: str = ""
    external_id_field: str | None = None
    error: str | None = None
    processed: int = 0
    failed: int = 0
    polls_left: int = 0
    fault: JobFault | None = None
    work: Iterator[None] | None = None
    header: list[str] = field(default_factory=list)
    upload: str | None = None
    results: Blocks = field(default_factory=Blocks)
    refused: Blocks = field(default_factory=Blocks)

    def describe(self) -> dict[str, object]:
        """Return the job as its resource shows it."""
        common: dict[str, object] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": self.created_by,
            "createdDate": write_instant(self.created_at),
            "systemModstamp": write_instant(self.changed_at),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": self.version,
            "lineEnding": self.dialect.line_end,
            "columnDelimiter": self.dialect.delimiter,
        }
        if self.external_id_field is not None:
            common["externalIdFieldName"] = self.external_id_field
        if self.kind == "ingest" and self.state == "Open":
            common["contentUrl"] = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
        return common

    def report(self) -> dict[str, object]:
        """Return ``describe`` and how far the job has come."""
        found = {
            **self.describe(),
            "jobType": "V2Query" if self.kind == "query" else "V2Ingest",
            "numberRecordsProcessed": self.processed,
            "retries": 0,
            "totalProcessingTime": self.processed // 10,
            "isPkChunkingSupported": True,
        }
        if self.kind == "ingest":
            found.update(numberRecordsFailed=self.failed, apiActiveProcessingTime=self.processed // 12)
            found["apexProcessingTime"] = 0
        if self.error is not None:
            found["errorMessage"] = self.error
        return found


class BulkJobs:
    """All jobs of the org, the switches of the tests, and the daily allocations they use."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._made = 0
        self._spent: dict[str, list[tuple[datetime, int]]] = {}
        self.faults: list[JobFault] = []
        self.extra_polls = 0
        self.rows_per_look = 100_000
        self.rows_per_second = 0
        self.most_upload_bytes = 150_000_000
        self.rows_per_page = 100_000
        self.daily_limits = {"DailyBulkV2QueryJobs": 10_000, "DailyBulkApiBatches": 15_000}

    def open(self, kind: Kind, operation: str, sobject: str, user_id: str, version: int, dialect: Dialect) -> Job:
        """Make a job; a waiting fault that is meant for it goes with it."""
        self._made += 1
        now = self._clock.tick()
        state: State = "UploadComplete" if kind == "query" else "Open"
        job_id = make_id("750", self._made)
        job = Job(job_id, kind, operation, sobject, user_id, now, float(version), dialect, state, now)
        job.polls_left = self.extra_polls
        job.fault = next((fault for fault in self.faults if fault.strikes(job)), None)
        if job.fault is not None:
            self.faults.remove(job.fault)
        self._jobs[job_id] = job
        return job

    def find(self, kind: Kind, text: str) -> Job:
        """Return a job; 404 when there is none, it was deleted, or it ended more than seven days ago."""
        self._forget_old()
        job = self._jobs.get(to_18(text) or "")
        if job is None or job.kind != kind:
            raise not_found("The requested resource does not exist")
        return job

    def listed(self) -> list[Job]:
        """Return every job, newest first."""
        self._forget_old()
        return list(reversed(self._jobs.values()))

    def move(self, job: Job, state: State) -> None:
        """Put a job into another state now."""
        job.state, job.changed_at = state, self._clock.now()

    def rows_since_last_look(self, job: Job) -> int:
        """Return how many rows the time since a job was last looked at was enough for."""
        return int((self._clock.now() - job.changed_at).total_seconds() * self.rows_per_second)

    def remove(self, job: Job) -> None:
        """Forget a job and its data; 400 while somebody could still be writing to it."""
        if job.state in {"Open", "InProgress"}:
            raise Refusal("INVALIDJOBSTATE", f"Deleting a job is not allowed in the state {job.state}")
        del self._jobs[job.id]

    def spend(self, allocation: str, count: int) -> None:
        """Use up some of a daily allocation; 400 LIMIT_EXCEEDED when it does not reach."""
        if self.remaining(allocation) < count:
            raise Refusal("LIMIT_EXCEEDED", f"{allocation} Limit exceeded.")
        self._spent.setdefault(allocation, []).append((self._clock.now(), count))

    def remaining(self, allocation: str) -> int:
        """Return what is left of an allocation over the last 24 hours."""
        since = self._clock.now() - timedelta(hours=24)
        used = sum(count for at, count in self._spent.get(allocation, ()) if at > since)
        return max(0, self.daily_limits[allocation] - used)

    def _forget_old(self) -> None:
        oldest = self._clock.now() - KEPT
        for job in [one for one in self._jobs.values() if one.changed_at <= oldest]:
            del self._jobs[job.id]
