"""How the minutes of a report are booked: the same checks when it comes, and when its worker has confirmed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mailagent.core import effort
from mailagent.core.model import Job, Report, Worker
from mailagent.core.settings import Policy
from mailagent.core.slices import Effort


@dataclass(frozen=True, slots=True)
class Ground:
    """What stands before a report: its job and worker, what is booked, and what was sent shortly before."""

    job: Job
    worker: Worker
    sums: Effort  # of the job
    days: Mapping[date, Effort]  # of the worker
    earlier: Sequence[Report] = ()  # of the job


def split(report: Report, minutes: int, on: date, ground: Ground, policy: Policy) -> effort.Split:
    """Split the minutes of a report that counts, worked on the day `on`, as job, week and day have room."""
    job, worker = ground.job, ground.worker
    if not job.is_open:
        return effort.undecided(minutes, effort.JOB_CLOSED)
    if is_repeated(report, ground.earlier):
        return effort.undecided(minutes, effort.SENT_AGAIN)
    within_day = max(0, policy.day_limit_minutes - effort.day_reported(ground.days.items(), on))
    decided = effort.split(
        min(minutes, within_day),
        job_room=effort.room(job.brief.cap_minutes, ground.sums.payable),
        week_room=effort.room(worker.week_cap_minutes, effort.week_payable(ground.days.items(), on)),
    )
    if minutes > within_day:
        return replace(decided, undecided=minutes - within_day, why=effort.OVER_THE_DAY)
    return decided


def is_repeated(report: Report, earlier: Sequence[Report]) -> bool:
    """Tell whether one of the earlier reports says the same."""
    return any(_same_words(report, one) for one in earlier)


def _same_words(one: Report, other: Report) -> bool:
    """The same fields about the same job, with work or hours in them: sent twice, perhaps by mistake."""
    if one.done is None and not one.minutes:
        return False
    return (one.done, one.minutes, one.next, one.blocked, one.status) == (
        other.done,
        other.minutes,
        other.next,
        other.blocked,
        other.status,
    )
