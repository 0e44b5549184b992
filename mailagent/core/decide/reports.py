"""Decisions about a worker's words on a job: booking a report, and asking back what could not be read.

What a mail may do at which level of proof is FAULTS section 3.2.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from mailagent.core import effort, moves, workday
from mailagent.core import events as ev
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
from mailagent.core.letters import ReceiptContents, UnclearContents, WaitingLine
from mailagent.core.model import Fate, Job, LetterKind, Phase, Report, TimeEntry, Worker
from mailagent.core.slices import Slice
from mailagent.errors import Refused


@dataclass(frozen=True, slots=True)
class _Booked:
    """One report as it is booked."""

    report: Report
    entry: TimeEntry | None
    split: effort.Split


def reported(slice_: Slice, event: ev.Reported, now: datetime) -> Decision:
    """Record a report and its minutes, move the job, answer with a receipt, or ask for a confirmation."""
    worker, job = _worker_and_job(slice_, event.worker_id, event.job_id)
    booked = _book(slice_, event, worker, job, now)
    fate = Fate.PARTLY if event.unclear else Fate.PROCESSED
    changes = [*mail_record(slice_, event.mail, fate, "", job.id, now), Change(None, booked.report)]
    if booked.entry is not None:
        changes.append(Change(None, booked.entry))
    moved = job_after(job, booked.report, event.mail.message_id)
    if moved != job:
        changes.append(Change(job, moved))
    if booked.report.waits:
        waiting = WaitingLine(job.id, job.brief.title, event.minutes or 0, event.mail.received_at)
        asked = confirmation(slice_, worker, (waiting,), event.mail, now)
        return Decision((*changes, *asked.changes), asked.letters)
    if worker.unreachable_since is not None:
        changes.append(Change(worker, replace(worker, unreachable_since=None, unreachable_why="")))
    contents = _receipt_contents(slice_, event, worker, job, booked)
    letter = answer(LetterKind.RECEIPT, worker, job, booked.report.id, contents, event.mail, now)
    return Decision(tuple(changes), (letter,))


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
    )
    if event.minutes is None:
        return _Booked(report, None, effort.Split())
    on = workday.worked_on(event.mail.received_at, worker.hours.zone)
    split = _split(slice_, event, worker, job, report)
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


def _split(slice_: Slice, event: ev.Reported, worker: Worker, job: Job, report: Report) -> effort.Split:
    minutes = event.minutes or 0
    if report.waits:
        return effort.undecided(minutes, effort.UNPROVEN)
    if not job.is_open:
        return effort.undecided(minutes, effort.JOB_CLOSED)
    if any(_same_words(report, earlier) for earlier in slice_.recent_reports):
        return effort.undecided(minutes, effort.SENT_AGAIN)
    on = workday.worked_on(event.mail.received_at, worker.hours.zone)
    within_day = max(0, slice_.policy.day_limit_minutes - effort.day_reported(slice_.worker_days, on))
    decided = effort.split(
        min(minutes, within_day),
        job_room=effort.room(job.brief.cap_minutes, slice_.job_effort.payable),
        week_room=effort.room(worker.week_cap_minutes, effort.week_payable(slice_.worker_days, on)),
    )
    if minutes > within_day:
        return replace(decided, undecided=minutes - within_day, why=effort.OVER_THE_DAY)
    return decided


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


def job_after(job: Job, report: Report, message_id: str | None) -> Job:
    """The job after a report; one that waits for confirmation or comes after the close moves nothing."""
    if report.waits or not job.is_open:
        return job
    phase = moves.phase_after(job.phase, report.status, worked=report.done is not None or bool(report.minutes))
    at = report.received_at
    newest = job.last_reported_at is None or at >= job.last_reported_at
    return replace(
        job,
        phase=phase,
        started_at=job.started_at or (None if phase is Phase.BRIEFED else at),
        done_at=at if phase is Phase.DONE else None,
        last_report_id=report.id if newest else job.last_report_id,
        last_reported_at=at if newest else job.last_reported_at,
        last_message_id=message_id or job.last_message_id,
    )


def _receipt_contents(slice_: Slice, event: ev.Reported, worker: Worker, job: Job, booked: _Booked) -> ReceiptContents:
    after = slice_.job_effort if booked.entry is None else slice_.job_effort.plus(booked.entry)
    return ReceiptContents(
        job_id=job.id,
        title=job.brief.title,
        worker_name=worker.display_name,
        owner_name=owner_name(slice_),
        received_at=event.mail.received_at,
        done=event.done,
        minutes=event.minutes,
        next=event.next,
        blocked=event.blocked,
        status=event.status,
        payable=booked.split.payable,
        over_cap=booked.split.over_cap,
        undecided=booked.split.undecided,
        undecided_why=booked.split.why,
        stand=effort.stand(job.brief.cap_minutes, after),
        job_guessed=event.job_guessed,
        unclear=event.unclear,
    )


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
