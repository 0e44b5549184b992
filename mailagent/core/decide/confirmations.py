"""Decisions about a worker's answer to the one confirmation: what waited counts, or was not his."""

from dataclasses import dataclass, replace
from datetime import datetime

from mailagent.core import effort
from mailagent.core import events as ev
from mailagent.core.decide import booking, news
from mailagent.core.decide.common import answer, confirm_letter, mail_record, owner_name
from mailagent.core.decide.following import Followed, Said, follow
from mailagent.core.decide.people import alert
from mailagent.core.decide.reports import job_after
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import AlertContents, ConfirmContents, Letter, SettledContents, WaitingLine
from mailagent.core.model import Fate, Job, LetterKind, Question, Report, Role, TimeEntry, Worker
from mailagent.core.slices import Effort, Slice, Waiting
from mailagent.errors import Refused

MOST_TRIES = 3  # answers to one question that are neither yes nor no


def confirmed(slice_: Slice, event: ev.Confirmed, now: datetime) -> Decision:
    """Settle all that waits of a worker: it counts, or it was not his and the owner is told. Each code counts once."""
    worker = slice_.worker
    if worker is None:
        raise Refused(f"There is no worker called {event.worker_id}.")
    is_open = worker.confirm_asked_at is not None and event.number == worker.confirm_number
    if event.was_him is None:
        return _asked_again(slice_, worker, event, now) if is_open else _kept(slice_, event, "an old question", now)
    if not event.was_him:
        return _denied(slice_, worker, event, now, is_open=is_open)
    if not is_open:
        return _kept(slice_, event, "the question was answered before", now)
    return _accepted(slice_, worker, event, now)


def _kept(slice_: Slice, event: ev.Confirmed, why: str, now: datetime) -> Decision:
    return Decision(mail_record(slice_, event.mail, Fate.PROCESSED, why, None, now))


def _accepted(slice_: Slice, worker: Worker, event: ev.Confirmed, now: datetime) -> Decision:
    settlements = _settle(slice_, worker, now)
    contents = SettledContents(
        worker_name=worker.display_name,
        owner_name=_owner_names(slice_),
        settled=tuple(_waiting_line(one) for one in slice_.waiting),
        payable=sum(entry.payable for entry in settlements.entries),
        over_cap=sum(entry.over_cap for entry in settlements.entries),
        undecided=settlements.undecided,
        undecided_why=settlements.undecided_why,
    )
    letter = answer(LetterKind.SETTLED, worker, None, event.mail.id, contents, event.mail, now)
    kept = mail_record(slice_, event.mail, Fate.PROCESSED, "confirmed", None, now)
    closed = Change(worker, replace(worker, confirm_asked_at=None))
    return Decision((*kept, closed, *settlements.changes), (letter, *_owner_news(worker, settlements, now)))


def _owner_names(slice_: Slice) -> str:
    """Whose jobs it is that waits, each named once."""
    names = dict.fromkeys(one.owner.display_name for one in slice_.waiting if one.owner is not None)
    return " and ".join(names) or owner_name(slice_)


def _owner_news(worker: Worker, settlements: "_Settlements", now: datetime) -> tuple[Letter, ...]:
    """What each owner would have heard at once, had the reports been proven: one letter a report."""
    return tuple(
        news.of_report(
            one.owner,
            worker,
            followed.job,
            report,
            followed.told,
            effort.stand(followed.job.brief.cap_minutes, sums),
            now,
        )
        for one, report, followed, sums in settlements.followed
        if followed.told and one.owner is not None
    )


def _asked_again(slice_: Slice, worker: Worker, event: ev.Confirmed, now: datetime) -> Decision:
    """The same question once more, with the same code; after three such answers it is left to the owner."""
    kept = mail_record(slice_, event.mail, Fate.PARTLY, "it is neither yes nor no", None, now)
    after = replace(worker, confirm_tries=worker.confirm_tries + 1)
    if after.confirm_tries >= MOST_TRIES:
        return Decision((*kept, Change(worker, after)))
    waiting = tuple(_waiting_line(one) for one in slice_.waiting)
    contents = ConfirmContents(worker.display_name, _owner_names(slice_), waiting, worker.confirm_number, again=True)
    return Decision((*kept, Change(worker, after)), (confirm_letter(worker, contents, event.mail, now),))


def _denied(slice_: Slice, worker: Worker, event: ev.Confirmed, now: datetime, *, is_open: bool) -> Decision:
    """What waited was not his and is booked out; the owner is told of every no, also of one that comes late."""
    changes = list(mail_record(slice_, event.mail, Fate.PROCESSED, "denied", None, now))
    if is_open:
        changes.append(Change(worker, replace(worker, confirm_asked_at=None)))
        changes += [Change(one.report, replace(one.report, waits=False)) for one in slice_.waiting]
        entries = [one.entry for one in slice_.waiting if one.entry is not None]
        changes += [
            Change(None, _booked_out(entry, f"E{slice_.seq}.{number}", now))
            for number, entry in enumerate(entries, start=1)
        ]
    return Decision(tuple(changes), _tell_owners(slice_, worker, event.mail, now, is_open=is_open))


def _booked_out(entry: TimeEntry, entry_id: str, now: datetime) -> TimeEntry:
    return replace(
        entry,
        id=entry_id,
        recorded_at=now,
        minutes=-entry.minutes,
        payable=-entry.payable,
        over_cap=-entry.over_cap,
        undecided=-entry.undecided,
        why=effort.NOT_HIS,
        settles=entry.id,
        rev=1,
    )


@dataclass(frozen=True, slots=True)
class _Settlements:
    changes: tuple[Change, ...]
    entries: tuple[TimeEntry, ...]
    followed: tuple[tuple[Waiting, Report, Followed, Effort], ...]
    undecided: int = 0  # minutes that stay so
    undecided_why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Standing:
    """A job and what belongs to it, after some of what waited."""

    job: Job
    sums: Effort
    questions: tuple[Question, ...]


def _settle(slice_: Slice, worker: Worker, now: datetime) -> _Settlements:
    """Move the waiting minutes into the room there is, in order of receipt, by entries of their own.

    Nothing becomes payable by it that would not be so in a report that is proven.
    """
    standing: dict[str, _Standing] = {}
    days = dict(slice_.worker_days)
    changes: list[Change] = []
    entries: list[TimeEntry] = []
    told: list[tuple[Waiting, Report, Followed, Effort]] = []
    left: list[effort.Split] = []
    for number, one in enumerate(slice_.waiting, start=1):
        before = standing.get(one.job.id) or _Standing(one.job, one.effort, one.questions)
        report = replace(one.report, waits=False)
        changes.append(Change(one.report, report))
        sums = before.sums
        if one.entry is not None:
            ground = booking.Ground(before.job, worker, sums, days, one.earlier)
            split = booking.split(report, one.entry.undecided, one.entry.worked_on, ground, slice_.policy)
            left += [split] if split.undecided else []
            entry = _settling(one.entry, split, f"E{slice_.seq}.{number}", now)
            entries.append(entry)
            sums = sums.plus(entry)
            days[entry.worked_on] = days.get(entry.worked_on, Effort()).plus(entry)
        moved = job_after(before.job, report, None, heard_at=now)
        said = Said(report, is_repeated=booking.is_repeated(report, one.earlier))
        followed = follow(said, before.job, moved, before.questions, sums, f"{slice_.seq}.{number}")
        changes += followed.changes
        told.append((one, report, followed, sums))
        standing[one.job.id] = _Standing(followed.job, sums, followed.open)
    stored = {one.job.id: one.job for one in slice_.waiting}
    moves = [Change(stored[key], one.job) for key, one in standing.items() if one.job != stored[key]]
    booked = (Change(None, entry) for entry in entries)
    return _Settlements(
        (*_once_each(changes), *booked, *moves),
        tuple(entries),
        tuple(told),
        undecided=sum(split.undecided for split in left),
        undecided_why=tuple(dict.fromkeys(split.why for split in left)),
    )


def _once_each(changes: list[Change]) -> tuple[Change, ...]:
    """Changes of one thing become one: a question of the first report may be changed by the second."""
    merged: dict[str, Change] = {}
    for change in changes:
        first = merged.get(change.entity.id)
        merged[change.entity.id] = change if first is None else Change(first.before, change.after)
    return tuple(merged.values())


def _settling(entry: TimeEntry, split: effort.Split, entry_id: str, now: datetime) -> TimeEntry:
    return replace(
        entry,
        id=entry_id,
        recorded_at=now,
        minutes=0,
        payable=split.payable,
        over_cap=split.over_cap,
        undecided=split.undecided - entry.undecided,
        why=split.why or "confirmed by the worker",
        settles=entry.id,
        rev=1,
    )


def _waiting_line(one: Waiting) -> WaitingLine:
    left_out = one.report.left_out if one.job.is_open else ()
    return WaitingLine(one.job.id, one.job.brief.title, one.report.minutes or 0, one.report.received_at, left_out)


def _tell_owners(
    slice_: Slice, worker: Worker, mail: ev.MailFacts, now: datetime, *, is_open: bool
) -> tuple[Letter, ...]:
    waiting = slice_.waiting if is_open else ()
    name = worker.display_name
    happened = [
        f"{one.job.id} {one.job.brief.title}: reported {one.report.received_at:%d %b %H:%M} UTC, not counted"
        for one in waiting
    ]
    if is_open:
        to_do = f"{name} answered that he did not write it. Nothing of it counts. Please talk to him."
    else:
        to_do = f"{name} said so of mail that had been confirmed before; it counts. Please talk to him."
    owners = {one.job.owner_id for one in waiting} or ({slice_.owner.id} if slice_.owner else set())
    headline = f"A mail in the name of {name} was not from {name}"
    contents = AlertContents(owner_name(slice_), headline, tuple(happened), (to_do,))
    return tuple(alert(owner_id, Role.OWNER, f"denied-{mail.id}", contents, now) for owner_id in sorted(owners))
