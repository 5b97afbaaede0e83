"""How a job gets on: every look at an unfinished one does a slice of its work, and so does the time that passed.

At the vendor time alone does; but a client that truly waits finds that the simulator's clock stood still meanwhile.
"""

from __future__ import annotations

from itertools import islice

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.jobs.job import FINISHED, BulkJobs, Job


def look(jobs: BulkJobs, job: Job) -> None:
    """Work on ``job`` as one look at it allows."""
    if job.state not in {"UploadComplete", "InProgress"}:
        return
    by_time = jobs.rows_since_last_look(job)
    jobs.move(job, "InProgress")
    step(jobs, job, by_time)
    if job.work is not None:
        return
    if job.polls_left:
        job.polls_left -= 1
        return
    jobs.move(job, "Failed" if job.error else "JobComplete")


def step(jobs: BulkJobs, job: Job, by_time: int = 0) -> None:
    """Do one slice of the work, and ``by_time`` rows more; a job that was told to fail stops after so many rows."""
    if job.work is None:
        return
    most = jobs.rows_per_look + by_time
    stops = job.fault is not None and job.fault.do == "fail"
    if job.fault is not None and stops:
        most = min(most, job.fault.after - job.processed)
    done = sum(1 for _ in islice(job.work, most))
    if job.fault is not None and stops and job.processed >= job.fault.after:
        job.error, job.work = job.fault.message, None
    elif done < most:
        job.work = None


def check_finished(job: Job) -> None:
    """Refuse results of a job that has none yet, or none any more."""
    if job.state not in FINISHED:
        raise Refusal("INVALIDJOBSTATE", f"Job is not in a finished state: {job.state}")
    if job.fault is not None and job.fault.do == "lose":
        raise Refusal("NOT_FOUND", "The results of this job are no longer available", status=404)
