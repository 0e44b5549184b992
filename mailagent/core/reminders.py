"""When somebody is due: computed from what is stored, never kept beside it.

What is due of a worker comes by his own calendar; only then is grace added, which is no working time. What is missing
then is followed up step by step (the ladder), and each step counts from the one before it: after an outage the next
one is taken, never all that were missed.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from mailagent.core import workday
from mailagent.core.effort import room, week_payable
from mailagent.core.model import Job, Owner, Phase, Standing, Worker
from mailagent.core.settings import Policy
from mailagent.core.slices import Effort, JobFacts
from mailagent.core.workday import Calendar

_CHASED_PHASES = frozenset({Phase.BRIEFED, Phase.WORKING, Phase.RETURNED})
_WEEK = timedelta(days=7)
_ASKED_OF = frozenset({Standing.CANDIDATE, Standing.ACTIVE})


class Step(StrEnum):
    """What the agent does next about something that is missing."""

    NUDGE = "nudge"
    TELL_OWNER = "tell the owner"


def owner_due_at(owner: Owner) -> datetime:
    """The instant of the owner's next digest: his digest time on his next working day that has had none.

    Before his first digest, the first digest time after he was added. One digest a local date, whatever the clocks do:
    after an outage the missed ones are this one.
    """
    zone = owner.hours.zone
    if owner.last_digest_on is not None:
        day = workday.next_workday(owner.last_digest_on + timedelta(days=1), owner.hours)
        return workday.instant_of(day, owner.digest_at, zone)
    day = workday.next_workday(workday.local(owner.added_at, zone).date(), owner.hours)
    first = workday.instant_of(day, owner.digest_at, zone)
    if first > owner.added_at:
        return first
    return workday.instant_of(workday.next_workday(day + timedelta(days=1), owner.hours), owner.digest_at, zone)


def restart(job: Job, at: datetime) -> Job:
    """The job with its clock begun anew at `at` (aware UTC): nothing is late any more, and the ladder starts below."""
    return replace(job, **restarted(at))


def restarted(at: datetime) -> dict[str, Any]:
    """The fields of a job that `restart` sets, for who sets others with them."""
    return {"clock_from": at, "chased": 0, "chased_at": None, "silent_since": None}


def calendar_of(worker: Worker, days_off: Iterable[date] = (), days: Iterable[tuple[date, Effort]] = ()) -> Calendar:
    """When the worker works: without public holidays, his absence, and the rest of a week whose cap is used up.

    `days_off` and `days` (his last days with hours) are those of the slice.
    """
    absences = [(first, until) for first, until, _ in worker.absences]
    used_up = _week_used_up(worker, tuple(days))
    if used_up is not None:
        absences.append(used_up)
    return Calendar(worker.hours, frozenset(days_off), tuple(absences))


def _week_used_up(worker: Worker, days: tuple[tuple[date, Effort], ...]) -> tuple[datetime, datetime] | None:
    """The last week he worked in, where its cap is used up; it begins and ends as its days do, at six."""
    if worker.week_cap_minutes is None or not days:
        return None
    monday = workday.week_of(max(day for day, _ in days))
    if week_payable(days, monday) < worker.week_cap_minutes:
        return None
    zone = worker.hours.zone
    begins = workday.instant_of(monday, workday.DAY_STARTS, zone)
    return begins, workday.instant_of(monday + _WEEK, workday.DAY_STARTS, zone)


def report_due_at(job: Job, effort: Effort, calendar: Calendar, policy: Policy) -> datetime | None:
    """When his next word about the job is due; None where nothing is, or never will be.

    First that he has started; then the first report, after two hours or when half the cap would be used; then one
    after four hours; then one each working day. Never later than the hours that are left would last.
    """
    left = room(job.brief.cap_minutes, effort.payable)
    if job.phase not in _CHASED_PHASES or left == 0:
        return None
    began = clock_of(job)
    if job.phase is Phase.BRIEFED:
        due = workday.add_working(began, policy.start_minutes, calendar)
    elif job.ramp == 0:
        due = workday.add_working(began, first_report_minutes(job.brief.cap_minutes, policy), calendar)
    elif job.ramp == 1:
        due = workday.add_working(began, policy.next_report_minutes, calendar)
    else:
        due = workday.next_workday_at(began, policy.report_before_close, calendar)
    if due is None:
        return None
    if job.phase is not Phase.BRIEFED:
        due = used_up_at(job, left, calendar, due) or due
    return due if job.snoozed_until is None else max(due, job.snoozed_until)


def used_up_at(job: Job, left: int | None, calendar: Calendar, until: datetime) -> datetime | None:
    """When the minutes that are left are used, where that is not after `until`."""
    began = clock_of(job)
    if left is None or began + timedelta(minutes=left) > until:  # working time runs no faster than the clock
        return None
    used_up = workday.add_working(began, left, calendar)
    return used_up if used_up is not None and used_up <= until else None


def clock_of(job: Job) -> datetime:
    """What the next report is counted from."""
    return job.clock_from or job.last_reported_at or job.started_at or job.briefed_at


def first_report_minutes(cap: int | None, policy: Policy) -> int:
    """Working time from the start of a job with this cap to its first report."""
    if cap is None:
        return policy.first_report_minutes
    return min(policy.first_report_minutes, max(policy.first_report_at_least, cap // 2))


def waits_for(job: Job) -> str:
    """What is due of the job, as `NudgeLine.waits_for` names it."""
    if job.phase is Phase.BRIEFED:
        return "start"
    return "first report" if job.first_report_at is None else "report"


def job_due_at(facts: JobFacts, calendar: Calendar, policy: Policy) -> datetime | None:
    """When the agent must act for this job, always within the worker's hours; None: not before something changes.

    Nothing is due before the brief has gone out, while the owner owes an answer, while no mail reaches the worker, or
    once the ladder has ended.
    """
    job = facts.job
    if job.phase is Phase.BRIEFED and job.root_message_id is None:
        return None
    if facts.questions or facts.worker.standing not in _ASKED_OF or facts.worker.unreachable_since is not None:
        return None
    due = report_due_at(job, facts.effort, calendar, policy)
    if due is None:
        return None
    at: datetime | None = due + timedelta(minutes=policy.grace_minutes)
    if job.chased > 0:
        at = _next_step_at(job, due, calendar, policy)
    return None if at is None else workday.into_hours(at, calendar)


def next_step(job: Job, policy: Policy) -> Step | None:
    """What is done when the job is due; None: the ladder has ended."""
    if job.chased == (1 if waits_for(job) == "first report" else 2):
        return Step.TELL_OWNER
    return Step.NUDGE if job.chased < 3 + policy.morning_nudges else None


def nudges_before(job: Job) -> int:
    """How often he was reminded since the clock began."""
    return job.chased - (1 if job.silent_since is not None else 0)


def _next_step_at(job: Job, due: datetime, calendar: Calendar, policy: Policy) -> datetime | None:
    """When the step after the first is due; a snooze holds it back, too."""
    if next_step(job, policy) is None:
        return None
    last = job.chased_at or due
    if job.chased >= 3:
        at = workday.next_opening(last, calendar)
    else:
        at = workday.add_working(last, _minutes_to_step(job, policy), calendar)
    if at is None or job.snoozed_until is None:
        return at
    return max(at, job.snoozed_until + timedelta(minutes=policy.grace_minutes))


def _minutes_to_step(job: Job, policy: Policy) -> int:
    """Working time from the last step to the next; at least a minute, so that no two come at once."""
    if waits_for(job) != "first report":
        return policy.second_nudge_minutes if job.chased == 1 else policy.owner_told_minutes
    if job.chased == 1:
        return policy.first_owner_told_minutes
    return max(1, policy.second_nudge_minutes - policy.first_owner_told_minutes)


def taken(job: Job, step: Step, at: datetime) -> Job:
    """The job after a step of the ladder."""
    if step is Step.TELL_OWNER:
        return replace(job, chased=job.chased + 1, chased_at=at, silent_since=job.silent_since or at)
    return replace(job, chased=job.chased + 1, chased_at=at, nudges=job.nudges + 1)
