"""What `owner list`, `worker list` and `job list` print: aligned text, or JSON; also while the daemon runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from mailagent.cli.common import at_a_glance, become_owner, hours, print_json, print_table
from mailagent.cli.people import show_days, show_time
from mailagent.core.model import Job, Owner, Worker, WorkingHours
from mailagent.core.slices import Effort
from mailagent.edge import clock
from mailagent.edge.config import Config
from mailagent.edge.store import OfficeReader, read_office
from mailagent.errors import StateError


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job and its hours, as `job list --json` has it; minutes."""

    job: Job
    phase: str
    effort: Effort
    left: int | None


@contextmanager
def office(settings: Config) -> Iterator[OfficeReader]:
    """Open the office for looking. Raises StateError where there is none."""
    become_owner(settings, may_make=False)
    state_dir = settings.agent.state_dir
    try:
        os.stat(state_dir / "office.json")
    except PermissionError:
        raise StateError(f"{state_dir}: you may not look into it; be root, or the user it belongs to") from None
    except OSError:
        pass  # the reader says what is wrong with it
    with read_office(state_dir) as reader:
        yield reader


def as_of(reader: OfficeReader) -> str:
    """Say which journal line this is, and of when; UTC."""
    at = "an empty office" if reader.at is None else f"{at_a_glance(reader.at, clock.now())} UTC"
    return f"as of #{reader.seq}, {at}"


def list_owners(settings: Config, *, as_json: bool) -> int:
    """Print the owners."""
    with office(settings) as reader:
        owners = reader.owners()
        if as_json:
            print_json({"as_of": reader.seq, "at": reader.at, "owners": owners})
            return 0
        print_table(
            ("OWNER", "NAME", "ADDRESS", "ZONE", "DAYS", "HOURS", "DIGEST", ""), [_owner_row(owner) for owner in owners]
        )
        print(as_of(reader))
    return 0


def list_workers(settings: Config, *, as_json: bool) -> int:
    """Print the workers."""
    with office(settings) as reader:
        workers = reader.workers()
        if as_json:
            print_json({"as_of": reader.seq, "at": reader.at, "workers": workers})
            return 0
        headings = (
            "WORKER",
            "NAME",
            "ADDRESS",
            "ZONE",
            "DAYS",
            "HOURS",
            "HOLIDAYS",
            "WEEK CAP",
            "RATE",
            "STANDING",
            "",
        )
        print_table(headings, [_worker_row(worker) for worker in workers], right=("WEEK CAP",))
        print(as_of(reader))
    return 0


def list_jobs(settings: Config, *, as_json: bool) -> int:
    """Print the jobs with their hours."""
    with office(settings) as reader:
        efforts = dict(reader.efforts())
        lines = [job_line(job, efforts.get(job.id, Effort())) for job in reader.jobs()]
        if as_json:
            print_json({"as_of": reader.seq, "at": reader.at, "jobs": lines})
            return 0
        now = clock.now()
        headings = (
            "JOB",
            "OWNER",
            "WORKER",
            "TRIAL",
            "PHASE",
            "CAP",
            "PAYABLE",
            "OVER CAP",
            "UNDECIDED",
            "LAST REPORT",
            "TITLE",
        )
        print_table(headings, [_job_row(line, now) for line in lines], right=headings[5:9])
        print(as_of(reader))
    return 0


def job_line(job: Job, effort: Effort) -> JobLine:
    """Put a job beside what was booked on it."""
    cap = job.brief.cap_minutes
    return JobLine(job, job.phase.value, effort, None if cap is None else max(0, cap - effort.payable))


def _owner_row(owner: Owner) -> tuple[str, ...]:
    return (
        owner.id,
        owner.display_name,
        ", ".join(owner.addresses),
        *_hours_cells(owner.hours),
        show_time(owner.digest_at),
        _unreachable(owner),
    )


def _worker_row(worker: Worker) -> tuple[str, ...]:
    return (
        worker.id,
        worker.display_name,
        ", ".join(worker.addresses),
        *_hours_cells(worker.hours),
        worker.holidays_of or "-",
        hours(worker.week_cap_minutes),
        f"{worker.rate} {worker.currency}" if worker.rate is not None else "-",
        worker.standing.value,
        _unreachable(worker),
    )


def _job_row(line: JobLine, now: datetime) -> tuple[str, ...]:
    job, effort = line.job, line.effort
    return (
        job.id,
        job.owner_id,
        job.worker_id,
        job.trial_id or "-",
        line.phase,
        hours(job.brief.cap_minutes) if job.brief.cap_minutes is not None else "none",
        hours(effort.payable),
        hours(effort.over_cap),
        hours(effort.undecided),
        at_a_glance(job.last_reported_at, now),
        job.brief.title,
    )


def _hours_cells(working: WorkingHours) -> tuple[str, str, str]:
    span = f"{show_time(working.opens_at)}-{show_time(working.closes_at)}"
    return working.zone, show_days(working.workdays), span


def _unreachable(person: Owner | Worker) -> str:
    return f"mail bounces: {person.unreachable_why}" if person.unreachable_since is not None else ""
