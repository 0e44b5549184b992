"""Decisions about a worker's words on a job: booking a report, and asking back what could not be read.

What a mail may do at which level of proof is FAULTS section 3.2.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from mailagent.core import effort, moves, reminders, workday
from mailagent.core import events as ev
from mailagent.core.decide import absences, booking, following, news, receipts
from mailagent.core.decide.common import (
    ANSWERED_FROM,
    COUNTS_FROM,
    answer,
    confirmation,
    mail_record,
    may_ask_back,
    owner_name,
)
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import Letter, UnclearContents, WaitingLine
from mailagent.core.model import Fate, Job, LetterKind, Phase, Report, Status, TimeEntry, Worker
from mailagent.core.slices import Effort, Slice
from mailagent.errors import Refused

LONGEST_RAMP = 2  # once each working day
Outcome = receipts.Outcome


@dataclass(frozen=True, slots=True)
class _Booked:
    """One report as it is booked."""

    report: Report
    entry: TimeEntry | None
    split: effort.Split


def reported(slice_: Slice, event: ev.Reported, now: datetime) -> Decision:
    """Record a report and its minutes, move the job, answer with a receipt, and tell the owner what is news to him.

    Without proof nothing moves and nothing is told: the stored address is asked whether it was he.
    """
    worker, job = _worker_and_job(slice_, event.worker_id, event.job_id)
    booked = _book(slice_, event, worker, job, now)
    fate = Fate.PARTLY if event.unclear else Fate.PROCESSED
    kept = (*mail_record(slice_, event.mail, fate, "", job.id, now), Change(None, booked.report))
    if booked.entry is not None:
        kept = (*kept, Change(None, booked.entry))
    if booked.report.waits:
        waiting = WaitingLine(job.id, job.brief.title, event.minutes or 0, event.mail.received_at)
        asked = confirmation(slice_, worker, (waiting,), event.mail, now)
        return Decision((*kept, *asked.changes), asked.letters)
    outcome = _outcome(slice_, event, worker, job, booked)
    changes = [*kept, *outcome.followed.changes]
    if outcome.job != job:
        changes.append(Change(job, outcome.job))
    if outcome.worker != worker:
        changes.append(Change(worker, outcome.worker))
    contents = receipts.contents(slice_, event, job, outcome, now)
    letter = answer(LetterKind.RECEIPT, worker, job, booked.report.id, contents, event.mail, now)
    return Decision(tuple(changes), (letter, *_owner_news(slice_, event, outcome, now)))


def _outcome(slice_: Slice, event: ev.Reported, worker: Worker, job: Job, booked: _Booked) -> Outcome:
    """What a report that counts leads to: the job, the worker, and what is asked and told."""
    sums = slice_.job_effort if booked.entry is None else slice_.job_effort.plus(booked.entry)
    said = following.Said(
        report=booked.report,
        need_minutes=event.need_minutes,
        need_words=event.need_words,
        unblocked=event.unblocked,
        gives_up=event.gives_up,
        gives_up_why=event.gives_up_why,
        is_repeated=booked.split.why == effort.SENT_AGAIN,
    )
    moved = job_after(job, booked.report, event.mail.message_id)
    followed = following.follow(said, job, moved, slice_.questions, sums, str(slice_.seq))
    after = absences.absent(worker, event)
    if after.unreachable_since is not None:
        after = replace(after, unreachable_since=None, unreachable_why="")
    days = dict(slice_.worker_days)
    if booked.entry is not None:
        on = booked.entry.worked_on
        days[on] = days.get(on, Effort()).plus(booked.entry)
    calendar = reminders.calendar_of(after, slice_.days_off, tuple(days.items()))
    snooze = absences.snoozed(followed.job, event.snooze_minutes, event.mail.received_at, calendar)
    return Outcome(booked.report, booked.split, sums, followed, snooze, snooze.job, after, calendar)


def _owner_news(slice_: Slice, event: ev.Reported, outcome: Outcome, now: datetime) -> tuple[Letter, ...]:
    """The one letter to the owner, where the report has news for him."""
    told = outcome.followed.told
    if event.away_until is not None:
        told = following.by_urgency((*told, ("away", event.away_why)))
    if slice_.owner is None or not told:
        return ()
    back = absences.first_day_back(event.away_until, outcome.worker)
    letter = news.of_report(
        slice_.owner,
        outcome.worker,
        outcome.job,
        outcome.report,
        told,
        effort.stand(outcome.job.brief.cap_minutes, outcome.sums),
        now,
        asked_minutes=event.need_minutes if any(one == "hours" for one, _ in told) else None,
        away=(event.away_from, back),
    )
    return (letter,)


def _book(slice_: Slice, event: ev.Reported, worker: Worker, job: Job, now: datetime) -> _Booked:
    waits = event.mail.proof < COUNTS_FROM
    report = Report(
        id=f"R{slice_.seq}",
        job_id=job.id,
        worker_id=worker.id,
        mail_id=event.mail.id,
        received_at=event.mail.received_at,
        proof=event.mail.proof,
        brief_version=job.brief.version,
        done=event.done,
        minutes=event.minutes,
        next=event.next,
        blocked=event.blocked,
        status=event.status,
        waits=waits,
        question=event.question,
        remark=event.remark,
        left_out=_left_out(event) if waits else (),
    )
    if event.minutes is None:
        return _Booked(report, None, effort.Split())
    on = workday.worked_on(event.mail.received_at, worker.hours.zone)
    split = _split(slice_, report, on, worker, job)
    entry = TimeEntry(
        id=f"E{slice_.seq}",
        job_id=job.id,
        worker_id=worker.id,
        report_id=report.id,
        recorded_at=now,
        worked_on=on,
        minutes=event.minutes,
        payable=split.payable,
        over_cap=split.over_cap,
        undecided=split.undecided,
        why=split.why,
    )
    return _Booked(report, entry, split)


def _left_out(event: ev.Reported) -> tuple[str, ...]:
    """What a report asks for beside the booking, by its label: nothing of it is kept while the report waits."""
    asked = (
        ("Need", event.need_minutes is not None),
        ("Away", event.away_until is not None),
        ("Snooze", event.snooze_minutes is not None),
        ("Blocked: no", event.unblocked),
        (event.gives_up.value if event.gives_up is not None else "", event.gives_up is not None),
    )
    return tuple(label for label, is_asked in asked if is_asked)


def _split(slice_: Slice, report: Report, on: date, worker: Worker, job: Job) -> effort.Split:
    minutes = report.minutes or 0
    if report.waits:
        return effort.undecided(minutes, effort.UNPROVEN)
    ground = booking.Ground(job, worker, slice_.job_effort, dict(slice_.worker_days), slice_.recent_reports)
    return booking.split(report, minutes, on, ground, slice_.policy)


def job_after(job: Job, report: Report, message_id: str | None, *, heard_at: datetime | None = None) -> Job:
    """The job after a report; one that waits for confirmation or comes after the close moves nothing.

    `heard_at` is when it began to count, where that is later than its receipt: what is due next is counted from there.
    """
    if report.waits or not job.is_open:
        return job
    at = report.received_at
    phase, done_at = job.phase, job.done_at
    if not _is_overtaken(job, report):
        worked = report.done is not None or bool(report.minutes)
        phase = moves.phase_after(job.phase, report.status, worked=worked)
        done_at = at if phase is Phase.DONE else None
    newest = job.last_reported_at is None or at >= job.last_reported_at
    return replace(
        job,
        phase=phase,
        started_at=job.started_at or (None if phase is Phase.BRIEFED else at),
        done_at=done_at,
        paused_from=job.paused_from if phase is Phase.PAUSED else None,
        last_report_id=report.id if newest else job.last_report_id,
        last_reported_at=at if newest else job.last_reported_at,
        last_message_id=message_id or job.last_message_id,
        **_clock_after(job, report, heard_at or at) if newest and report.status is not Status.NOT_STARTED else {},
    )


def _is_overtaken(job: Job, report: Report) -> bool:
    """Tell whether something newer says where the job stands: a later report of his, or that it was sent back.

    Work done starts a job that was not begun, however late it is heard of.
    """
    if job.phase is Phase.BRIEFED:
        return False
    if job.last_reported_at is not None and report.received_at < job.last_reported_at:
        return True
    return job.phase is Phase.RETURNED and job.clock_from is not None and report.received_at < job.clock_from


def _clock_after(job: Job, report: Report, at: datetime) -> dict[str, Any]:
    """Begin the clock anew, never earlier than it began; what tells of work moves the ramp, up where nobody asked.

    A mail without work or a status ends no row of pauses; after the last of them it does not put off the report either.
    """
    says_something = _tells_of_work(report) or report.status is not None
    is_older = job.clock_from is not None and at < job.clock_from
    if is_older or (job.snoozes >= absences.MOST_SNOOZES and not says_something):
        clock: dict[str, Any] = {}
    else:
        clock = reminders.restarted(at) | ({"snoozed_until": None, "snoozes": 0} if says_something else {})
    if not _tells_of_work(report):
        return clock
    ramp = min(LONGEST_RAMP, job.ramp + 1) if job.chased == 0 else max(0, job.ramp - 1)
    return {**clock, "ramp": ramp, "first_report_at": job.first_report_at or report.received_at}


def _tells_of_work(report: Report) -> bool:
    """`started`, a question or a plain `working` is a sign of life and no report yet."""
    return bool(report.done or report.minutes or report.next) or report.status is Status.DONE


def not_understood(slice_: Slice, event: ev.NotUnderstood, now: datetime) -> Decision:
    """Keep the mail and ask back, in one letter; without proof ask only whether it was he."""
    worker = slice_.worker
    if worker is None:
        raise Refused(f"There is no worker called {event.worker_id}.")
    kept = mail_record(slice_, event.mail, Fate.PARTLY, event.reason, event.job_id, now)
    if event.mail.proof < ANSWERED_FROM:
        asked = confirmation(slice_, worker, (), event.mail, now)
        return Decision((*kept, *asked.changes), asked.letters)
    job = slice_.job
    contents = UnclearContents(
        worker_name=worker.display_name,
        owner_name=owner_name(slice_),
        job_id=job.id if job else None,
        title=job.brief.title if job else None,
        reason=event.reason,
        unclear=event.unclear,
        open_jobs=tuple((one.id, one.brief.title) for one in slice_.open_jobs),
    )
    letter = answer(LetterKind.UNCLEAR, worker, job, event.mail.id, contents, event.mail, now)
    counted = may_ask_back(slice_, worker, now)
    return Decision(kept) if counted is None else Decision((*kept, Change(worker, counted)), (letter,))


def _worker_and_job(slice_: Slice, worker_id: str, job_id: str) -> tuple[Worker, Job]:
    if slice_.worker is None or slice_.job is None:
        raise Refused(f"{job_id} is not a job of {worker_id}.")
    if slice_.job.worker_id != worker_id:
        raise Refused(f"{job_id} is the job of somebody else than {worker_id}.")
    return slice_.worker, slice_.job
