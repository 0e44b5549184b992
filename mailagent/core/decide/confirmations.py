"""Decisions about a worker's answer to the one confirmation: what waited counts, or was not his."""

from dataclasses import dataclass, replace
from datetime import datetime

from mailagent.core import effort
from mailagent.core import events as ev
from mailagent.core.decide.common import answer, mail_record, owner_name
from mailagent.core.decide.people import alert
from mailagent.core.decide.reports import job_after
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import AlertContents, Letter, SettledContents, WaitingLine
from mailagent.core.model import Fate, Job, LetterKind, Role, TimeEntry, Worker
from mailagent.core.slices import Effort, Slice, Waiting
from mailagent.errors import Refused


def confirmed(slice_: Slice, event: ev.Confirmed, now: datetime) -> Decision:
    """Settle all that waits of a worker: it counts, or it stays undecided and the owner learns that it was not he."""
    worker = slice_.worker
    if worker is None:
        raise Refused(f"There is no worker called {event.worker_id}.")
    if worker.confirm_asked_at is None:
        return Decision(
            mail_record(slice_, event.mail, Fate.PROCESSED, "the confirmation was answered before", None, now)
        )
    changes = list(mail_record(slice_, event.mail, Fate.PROCESSED, "confirmation", None, now))
    changes.append(Change(worker, replace(worker, confirm_asked_at=None)))
    if not event.was_him:
        changes += [Change(one.report, replace(one.report, waits=False)) for one in slice_.waiting]
        return Decision(tuple(changes), _denied(slice_, worker, event.mail, now))
    settlements = _settle(slice_, worker, now)
    contents = SettledContents(
        worker_name=worker.display_name,
        owner_name=owner_name(slice_),
        settled=tuple(_waiting_line(one) for one in slice_.waiting),
        payable=sum(entry.payable for entry in settlements.entries),
        over_cap=sum(entry.over_cap for entry in settlements.entries),
    )
    letter = answer(LetterKind.SETTLED, worker, None, event.mail.id, contents, event.mail, now)
    return Decision((*changes, *settlements.changes), (letter,) if slice_.waiting else ())


@dataclass(frozen=True, slots=True)
class _Settlements:
    changes: tuple[Change, ...]
    entries: tuple[TimeEntry, ...]


def _settle(slice_: Slice, worker: Worker, now: datetime) -> _Settlements:
    """Move the waiting minutes into the room there is, in order of receipt, by entries of their own."""
    jobs: dict[str, tuple[Job, Effort]] = {}
    stored: dict[str, Job] = {}
    days = dict(slice_.worker_days)
    reports: list[Change] = []
    entries: list[TimeEntry] = []
    for number, one in enumerate(slice_.waiting, start=1):
        stored.setdefault(one.job.id, one.job)
        job, sums = jobs.get(one.job.id, (one.job, one.effort))
        report = replace(one.report, waits=False)
        reports.append(Change(one.report, report))
        if one.entry is not None:
            week = effort.week_payable(days.items(), one.entry.worked_on)
            split = effort.split(
                one.entry.undecided,
                job_room=effort.room(job.brief.cap_minutes, sums.payable),
                week_room=effort.room(worker.week_cap_minutes, week),
            )
            entry = _settling(one.entry, split, f"E{slice_.seq}.{number}", now)
            entries.append(entry)
            sums = sums.plus(entry)
            days[entry.worked_on] = days.get(entry.worked_on, Effort()).plus(entry)
        jobs[job.id] = (job_after(job, report, None), sums)
    moved = [Change(stored[key], job) for key, (job, _) in jobs.items() if job != stored[key]]
    return _Settlements((*reports, *(Change(None, entry) for entry in entries), *moved), tuple(entries))


def _settling(entry: TimeEntry, split: effort.Split, entry_id: str, now: datetime) -> TimeEntry:
    return replace(
        entry,
        id=entry_id,
        recorded_at=now,
        minutes=0,
        payable=split.payable,
        over_cap=split.over_cap,
        undecided=-entry.undecided,
        why="confirmed by the worker",
        settles=entry.id,
        rev=0,
    )


def _waiting_line(one: Waiting) -> WaitingLine:
    return WaitingLine(one.job.id, one.job.brief.title, one.report.minutes or 0, one.report.received_at)


def _denied(slice_: Slice, worker: Worker, mail: ev.MailFacts, now: datetime) -> tuple[Letter, ...]:
    contents = AlertContents(
        owner_name(slice_),
        f"A mail in the name of {worker.display_name} was not from {worker.display_name}",
        tuple(
            f"{one.job.id} {one.job.brief.title}: reported {one.report.received_at:%d %b %H:%M} UTC, not counted"
            for one in slice_.waiting
        ),
        (f"{worker.display_name} answered that he did not write it. Nothing of it counts. Please talk to him.",),
    )
    owners = sorted({one.job.owner_id for one in slice_.waiting})
    return tuple(alert(owner_id, Role.OWNER, f"denied-{mail.id}", contents, now) for owner_id in owners)
