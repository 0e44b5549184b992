"""The receipt: what was understood, how the hours stand, what was passed on, and when the next report is due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailagent.core import effort, reminders, workday
from mailagent.core import events as ev
from mailagent.core.decide.absences import Snoozed, first_day_back
from mailagent.core.decide.common import owner_name
from mailagent.core.decide.following import Followed
from mailagent.core.letters import ReceiptContents
from mailagent.core.model import Job, Phase, Report, Worker
from mailagent.core.slices import Effort, Slice
from mailagent.core.workday import Calendar


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a report led to: what was booked and what stands now; `job` and `worker` are as they are after it."""

    report: Report
    split: effort.Split
    sums: Effort  # of the job
    followed: Followed
    snooze: Snoozed
    job: Job
    worker: Worker
    calendar: Calendar  # the worker's


def contents(slice_: Slice, event: ev.Reported, before: Job, outcome: Outcome, now: datetime) -> ReceiptContents:
    """Fill the receipt of a report that counts."""
    job, split = outcome.job, outcome.split
    return ReceiptContents(
        job_id=job.id,
        title=job.brief.title,
        worker_name=outcome.worker.display_name,
        owner_name=owner_name(slice_),
        received_at=event.mail.received_at,
        done=event.done,
        minutes=event.minutes,
        next=event.next,
        blocked=event.blocked,
        status=event.status,
        payable=split.payable,
        over_cap=split.over_cap,
        undecided=split.undecided,
        undecided_why=split.why,
        stand=effort.stand(job.brief.cap_minutes, outcome.sums),
        job_guessed=event.job_guessed,
        unclear=event.unclear,
        question=event.question,
        need_minutes=event.need_minutes,
        remark=event.remark,
        **_what_follows(slice_, event, outcome, now) if before.is_open else {},
    )


def _what_follows(slice_: Slice, event: ev.Reported, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The fields about what was passed on and what comes next; nothing of that for a job that was closed."""
    followed = outcome.followed
    due, used_up = _due(outcome, slice_)
    told = {news for news, _ in followed.told}
    return {
        "answer_by": _answer_by(slice_, now) if followed.open else None,
        "unblocked": _is_unblocked(followed),
        "tells_owner_now": bool(told & {"first report", "done"}) and not followed.open,
        "cap_passed": followed.cap_passed,
        "week_cap": outcome.worker.week_cap_minutes if _week_binds(outcome) else None,
        "week_left": _week_left(outcome, slice_),
        "next_due_at": due,
        "used_up_at": used_up,
        "away_from": event.away_from,
        "away_until": first_day_back(event.away_until, outcome.worker),
        "snoozed_until": outcome.snooze.until,
        "snooze_was": outcome.snooze.was,
        "gave_up": followed.gave_up,
    }


def _due(outcome: Outcome, slice_: Slice) -> tuple[datetime | None, datetime | None]:
    """When the next report is due, and when the hours are used where that is why it is due then."""
    job = outcome.job
    if outcome.followed.open or job.phase in (Phase.BRIEFED, Phase.DONE):
        return None, None
    due = reminders.report_due_at(job, outcome.sums, outcome.calendar, slice_.policy)
    if due is None:
        return None, None
    rooms = (effort.room(job.brief.cap_minutes, outcome.sums.payable), _week_left(outcome, slice_) or None)
    first = min((room for room in rooms if room is not None), default=None)
    used_up = reminders.used_up_at(job, first, outcome.calendar, due)
    return (used_up, used_up) if used_up is not None else (due, None)


def _answer_by(slice_: Slice, now: datetime) -> datetime | None:
    """When the owner would be reminded: an answer is likely by then."""
    owner, within = slice_.owner, slice_.policy.answered_within_minutes
    return None if owner is None else workday.add_working(now, within, Calendar(owner.hours))


def _is_unblocked(followed: Followed) -> bool:
    """Tell whether this report closed a block that stood open."""
    return not followed.gave_up and any(
        change.before is not None and getattr(change.after, "answered_at", None) is not None
        for change in followed.changes
    )


def _week_left(outcome: Outcome, slice_: Slice) -> int | None:
    """What is left of the cap of his week after this report; None where his weeks have none."""
    on = workday.worked_on(outcome.report.received_at, outcome.worker.hours.zone)
    return effort.room(
        outcome.worker.week_cap_minutes,
        effort.week_payable(slice_.worker_days, on) + outcome.split.payable,
    )


def _week_binds(outcome: Outcome) -> bool:
    """Tell whether it is the week's cap, and not the job's, that made minutes over the cap."""
    left = effort.room(outcome.job.brief.cap_minutes, outcome.sums.payable)
    return outcome.split.over_cap > 0 and left != 0
