"""How a job is, derived from what stands in the office and never stored: why it needs its owner, what it risks.

The words that `Reason.what` may be: "blocked", "question", "hours", "at cap", "silent", "done", "over cap", "over week"
(the job has room, its worker's week has not), "undecided", "unconfirmed" and "unreachable" need the owner; "late",
"overdue", "near cap", "steps" and "slow" are risks; "away" is neither. The news that goes to him at once has the same
words (core/answers.py).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from mailagent.core import effort, workday
from mailagent.core.letters import Reason
from mailagent.core.model import AskedFor, Job, Owner, Phase, Question, Status, WorkingHours
from mailagent.core.slices import JobPicture

UNDER_WAY = frozenset({Phase.BRIEFED, Phase.WORKING, Phase.RETURNED})
NEAR_CAP = 80  # per cent
WAITS_LONG = 2  # of the owner's working days that a result has waited: it stands first then

_WORST_FIRST = (
    "blocked",
    "question",
    "hours",
    "at cap",
    "silent",
    "done",
    "over cap",
    "over week",
    "undecided",
    "unconfirmed",
    "unreachable",
)
_RANKS = {what: rank for rank, what in enumerate(_WORST_FIRST, start=1)}
_BY_QUESTION = {AskedFor.WAY_ON: "blocked", AskedFor.ANSWER: "question", AskedFor.HOURS: "hours"}


def needs(picture: JobPicture) -> tuple[Reason, ...]:
    """Why this job needs its owner, the worst first; empty where it does not."""
    if not picture.job.is_open:
        return ()
    found = (*_asked(picture), *_stopped(picture), *_hours(picture), *_unreachable(picture))
    return tuple(sorted(found, key=lambda reason: _RANKS[reason.what]))


def risks(picture: JobPicture, now: datetime) -> tuple[Reason, ...]:
    """What may go wrong with this job before anybody asks for its owner."""
    if picture.job.phase not in UNDER_WAY:
        return ()
    return (*_late(picture, now), *_may_not_suffice(picture))


def absence(picture: JobPicture, now: datetime) -> tuple[Reason, ...]:
    """That its worker is away, where he is."""
    for first, until, why in picture.worker.absences:
        if first <= now < until:
            return (Reason("away", words=why, since=until),)
    return ()


def rank(reasons: tuple[Reason, ...], owner: Owner, now: datetime) -> tuple[int, datetime]:
    """Where a job that needs its owner stands: the worst first, of equals the one that waits longest."""
    worst = reasons[0]
    since = worst.since or now
    waits_long = any(
        reason.what == "done" and _working_days(owner.hours, reason.since or now, now) >= WAITS_LONG
        for reason in reasons
    )
    return (0 if waits_long else _RANKS[worst.what], since)


def _asked(picture: JobPicture) -> Iterator[Reason]:
    """What the worker waits for: one reason of each kind, that of the oldest question."""
    told = set()
    for question in picture.questions:
        what = _BY_QUESTION[question.asked_for]
        if what not in told:
            told.add(what)
            yield _reason_of(what, question)
    report = picture.last_report
    if "blocked" in told or report is None or _has_spoken_since(picture.job, report.received_at):
        return
    if report.blocked is not None or report.status is Status.BLOCKED:
        yield Reason("blocked", words=report.blocked or "", since=report.received_at)


def _reason_of(what: str, question: Question) -> Reason:
    return Reason(what, words=question.words, minutes=question.minutes, since=question.asked_at)


def _has_spoken_since(job: Job, at: datetime) -> bool:
    """Tell whether the owner has moved the job's clock since: his answer settles what was reported before it."""
    return job.clock_from is not None and job.clock_from > at


def _stopped(picture: JobPicture) -> Iterator[Reason]:
    job = picture.job
    if job.phase is Phase.DONE:
        yield Reason("done", since=job.done_at)
    if job.phase not in UNDER_WAY:
        return
    if effort.room(job.brief.cap_minutes, picture.effort.payable) == 0:
        yield Reason("at cap", minutes=job.brief.cap_minutes, since=job.last_reported_at)
    if job.silent_since is not None:
        yield Reason("silent", since=job.last_reported_at or job.briefed_at)


def _hours(picture: JobPicture) -> Iterator[Reason]:
    sums, report = picture.effort, picture.last_report
    if sums.over_cap > 0 and not (report and _has_spoken_since(picture.job, report.received_at)):
        has_room = effort.room(picture.job.brief.cap_minutes, sums.payable) != 0
        is_week = has_room and picture.worker.week_cap_minutes is not None
        yield Reason("over week" if is_week else "over cap", minutes=sums.over_cap)
    if sums.undecided > 0:
        yield Reason("unconfirmed" if report and report.waits else "undecided", minutes=sums.undecided)


def _unreachable(picture: JobPicture) -> Iterator[Reason]:
    worker = picture.worker
    if worker.unreachable_since is not None:
        yield Reason("unreachable", words=worker.unreachable_why, since=worker.unreachable_since)


def _late(picture: JobPicture, now: datetime) -> Iterator[Reason]:
    job = picture.job
    if job.chased > 0:
        yield Reason("late", since=job.last_reported_at)
    due_on = job.brief.due_on
    if due_on is not None and due_on < workday.local(now, picture.worker.hours.zone).date():
        yield Reason("overdue", on=due_on)


def _may_not_suffice(picture: JobPicture) -> Iterator[Reason]:
    brief, used = picture.job.brief, picture.effort.payable
    estimates = [step.estimate_minutes for step in brief.steps]
    planned = sum(minutes for minutes in estimates if minutes is not None)
    cap = brief.cap_minutes
    if cap and used < cap and used * 100 >= cap * NEAR_CAP:
        yield Reason("near cap", minutes=cap - used)
    if cap and planned > cap:
        yield Reason("steps", minutes=planned)
    elif estimates and None not in estimates and used > planned:
        yield Reason("slow", minutes=planned)


def _working_days(hours: WorkingHours, since: datetime, now: datetime) -> int:
    """How many of somebody's working days have begun after the day of `since`."""
    first, last = workday.local(since, hours.zone).date(), workday.local(now, hours.zone).date()
    days = (first + timedelta(days=ahead) for ahead in range(1, min((last - first).days, 14) + 1))
    return sum(workday.is_workday(day, hours) for day in days)
