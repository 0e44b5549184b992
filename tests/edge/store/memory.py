"""A store in memory that finds everything by scanning: the plainest thing that keeps the port's promises.

The contract suite runs on it too, and property tests hold the real backend against it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mailagent.core import effort, workday
from mailagent.core.decision import Change, Decision, Entity
from mailagent.core.events import Event, OwnerDue, WorkerDue
from mailagent.core.letters import Letter
from mailagent.core.model import (
    Cursor,
    Deed,
    Fate,
    Job,
    LetterKind,
    Mail,
    Owner,
    Question,
    Report,
    Role,
    TimeEntry,
    Worker,
)
from mailagent.core.reminders import calendar_of, job_due_at, owner_due_at
from mailagent.core.settings import Policy
from mailagent.core.slices import Books, Effort, JobFacts, JobPicture, Needs, OverCap, Slice, Waiting, needs
from mailagent.edge import holidays

Kept = dict[type[Any], dict[str, Any]]


class MemoryStore:
    """See edge.store.port.Store."""

    notes: tuple[str, ...] = ()
    office_behind = False
    office_stale = ""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._seq = 0
        self._last_at: datetime | None = None
        self._asked_at: datetime | None = None
        kinds = (Owner, Worker, Job, Report, TimeEntry, Question, Deed, Mail, Letter, Cursor)
        self._kept: Kept = {kind: {} for kind in kinds}
        self._digest_at_seq: dict[str, int] = {}
        self._made_at_seq: dict[Entity, int] = {}
        self._committed = self._copy()

    # -- deciding --

    def stage(self, event: Event, decision: Decision, at: datetime) -> int:
        changes = decision.changes + tuple(Change(None, letter) for letter in decision.letters)
        for change in changes:
            current = self._kept[type(change.entity)].get(change.entity.id)
            if (change.before is None) is not (current is None):
                raise ValueError("it is there already, or it is not there")
            if current is not None and change.before is not None and current.rev != change.before.rev:
                raise ValueError("an old revision")
        self._seq += 1
        self._last_at = at
        for change in changes:
            self._apply(change)
        return self._seq

    def _apply(self, change: Change) -> None:
        kept, after = self._kept[type(change.entity)], change.after
        if after is None:
            del kept[change.entity.id]
            return
        old = kept.get(after.id)
        counted = replace(after, rev=1 if old is None else old.rev + 1)
        kept[after.id] = counted
        if old is None:
            self._made_at_seq[counted] = self._seq
        if isinstance(old, Owner) and isinstance(after, Owner) and old.last_digest_at != after.last_digest_at:
            self._digest_at_seq[after.id] = self._seq

    def commit(self) -> None:
        self._committed = self._copy()

    def rollback(self) -> None:
        self._seq, self._last_at, self._kept, self._digest_at_seq, self._made_at_seq = self._committed
        self._committed = self._copy()

    def _copy(self) -> tuple[int, datetime | None, Kept, dict[str, int], dict[Entity, int]]:
        kept = {kind: dict(entities) for kind, entities in self._kept.items()}
        return self._seq, self._last_at, kept, dict(self._digest_at_seq), dict(self._made_at_seq)

    # -- asking --

    @property
    def seq(self) -> int:
        return self._seq

    def owners(self) -> tuple[Owner, ...]:
        return tuple(self._kept[Owner].values())

    def workers(self) -> tuple[Worker, ...]:
        return tuple(self._kept[Worker].values())

    def jobs(self) -> tuple[Job, ...]:
        return tuple(self._kept[Job].values())

    def owner(self, id_: str | None) -> Owner | None:
        return self._kept[Owner].get(id_)

    def worker(self, id_: str | None) -> Worker | None:
        return self._kept[Worker].get(id_)

    def job(self, id_: str | None) -> Job | None:
        return self._kept[Job].get(id_)

    def letter(self, id_: str | None) -> Letter | None:
        return self._kept[Letter].get(id_)

    def mail(self, id_: str | None) -> Mail | None:
        return self._kept[Mail].get(id_)

    def cursor(self, mailbox: str | None) -> Cursor | None:
        return self._kept[Cursor].get(mailbox)

    def person_by_address(self, addr_spec: str) -> Owner | Worker | None:
        for person in (*self.owners(), *self.workers()):
            if addr_spec.lower() in [address.lower() for address in person.addresses]:
                return person
        return None

    def open_jobs(self, worker_id: str) -> tuple[Job, ...]:
        return tuple(sorted((j for j in self.jobs() if j.worker_id == worker_id and j.is_open), key=lambda j: j.number))

    def effort(self, job_id: str) -> Effort:
        return _sum(entry for entry in self._entries() if entry.job_id == job_id)

    def books(self) -> Books:
        cursors: list[Cursor] = list(self._kept[Cursor].values())
        names = ("seen", "left_alone", "vanished", "duplicates")
        sums = {name: sum(getattr(cursor, name) for cursor in cursors) for name in names}
        mails = self._kept[Mail].values()
        return Books(**sums, settled=len(mails), quarantined=sum(mail.fate is Fate.QUARANTINED for mail in mails))

    def recent_mails(self, mailbox: str, limit: int) -> tuple[Mail, ...]:
        newest = list(self._kept[Mail].values())[-limit:]
        return tuple(mail for mail in newest if mail.mailbox == mailbox)

    @property
    def last_at(self) -> datetime | None:
        return self._last_at

    def letter_by_message_id(self, message_id: str) -> Letter | None:
        return next((one for one in self._kept[Letter].values() if one.message_id == message_id), None)

    def letters_due(self, now: datetime, limit: int) -> tuple[Letter, ...]:
        due = [one for one in self._waiting_letters() if _try_at(one) <= now]
        return tuple(sorted(due, key=lambda one: (one.kind is LetterKind.DIGEST, _try_at(one)))[:limit])

    def next_letter_at(self) -> datetime | None:
        return min((_try_at(one) for one in self._waiting_letters()), default=None)

    def finished_letters_before(self, instant: datetime, limit: int) -> tuple[str, ...]:
        done = [one for one in self._kept[Letter].values() if one.finished_at is not None and one.finished_at < instant]
        return tuple(one.id for one in sorted(done, key=lambda one: one.finished_at)[:limit])

    def due(self, now: datetime) -> tuple[Event, ...]:
        self._asked_at = now
        due = sorted((owner_due_at(owner), owner.id) for owner in self.owners())
        workers = sorted({job.worker_id for job, at in self._job_dues() if at <= now})
        return tuple(OwnerDue(owner_id) for at, owner_id in due if at <= now) + tuple(map(WorkerDue, workers))

    def next_due_at(self) -> datetime | None:
        dues = [owner_due_at(owner) for owner in self.owners()] + [at for _, at in self._job_dues()]
        return min(dues, default=None)

    def _job_dues(self) -> list[tuple[Job, datetime]]:
        """When each job is due; what was due outside somebody's hours when we were asked waits for them."""
        asked_at = self._asked_at or self._last_at
        if asked_at is None:
            return []
        found = []
        for job in self.jobs():
            worker = self._kept[Worker][job.worker_id]
            days_off = holidays.days_off(worker.holidays_of, asked_at.year)
            last = [one for one in self._entries() if one.worker_id == worker.id and _minutes(one)]
            monday = workday.week_of(max(one.worked_on for one in last)) if last else None
            week = [one for one in last if workday.week_of(one.worked_on) == monday]
            days = [(one.worked_on, Effort().plus(one)) for one in week]
            calendar = calendar_of(worker, days_off, days)
            at = job_due_at(self._facts_of(job), calendar, self.policy)
            if at is not None and self._asked_at is not None and at <= self._asked_at:
                at = workday.into_hours(self._asked_at, calendar)
            if at is not None:
                found.append((job, at))
        return found

    def _facts_of(self, job: Job) -> JobFacts:
        worker, owner = self._kept[Worker][job.worker_id], self._kept[Owner].get(job.owner_id)
        return JobFacts(job, worker, self.effort(job.id), self._open_questions(job), owner=owner)

    def _open_questions(self, job: Job) -> tuple[Question, ...]:
        return tuple(one for one in self._kept[Question].values() if one.job_id == job.id and one.is_open)

    def write_office(self, *, force: bool = False) -> None: ...

    def hold_reserve(self) -> bool:
        return True

    def release_reserve(self) -> None: ...

    def close(self) -> None:
        self.rollback()

    # -- slices --

    def load(self, event: Event, now: datetime) -> Slice:
        need = needs(event)
        letter = self.letter(need.letter_id)
        job = self.job(need.job_id or (letter.job_id if letter else None))
        worker = self._worker(need, job, letter)
        waiting = self._waiting(worker) if need.waiting and worker else ()
        owner = self._owner(need, job, letter, worker, waiting)
        since = now - timedelta(hours=self.policy.repeat_hours)
        deed = self._kept[Deed].get(need.deed_id)
        return Slice(
            seq=self._seq + 1,
            policy=self.policy,
            next_job_number=max((job.number for job in self.jobs()), default=0) + 1,
            owner=owner,
            owner_count=len(self.owners()),
            worker=worker,
            job=job,
            open_jobs=self.open_jobs(worker.id) if worker else (),
            job_effort=self.effort(job.id) if job else Effort(),
            worker_days=self._days(worker, now, waiting) if worker else (),
            recent_reports=self._reports(job, since) if need.job_id and job else (),
            waiting=waiting,
            letter=letter,
            letters=tuple(one for one in map(self.letter, deed.letters if deed else need.letter_ids) if one),
            mail=self.mail(need.mail_id),
            ordered=next(
                (one for one in self._kept[Mail].values() if (one.person_id, one.message_id) == need.ordered), None
            ),
            cursor=self.cursor(need.cursor_id),
            taken=self._taken(need) if need.addresses else (),
            has_had_mail=worker is not None and any(job.worker_id == worker.id for job in self.jobs()),
            pictures=self._pictures(owner) if need.digest and owner else (),
            books=self.books(),
            quarantined=self._quarantined(owner) if need.digest and owner else (),
            questions=self._open_questions(job) if job else (),
            facts=self._facts_of_orders(need, deed, now) if need.orders else self._facts(need, worker),
            days_off=holidays.days_off(worker.holidays_of, now.year) if worker else (),
            deed=deed,
            deed_entries=tuple(one for one in self._entries() if deed and one.id in deed.entries),
            deed_questions=tuple(self._kept[Question][one.id] for one in (deed.questions if deed else ())),
        )

    def _facts_of_orders(self, need: Needs, deed: Deed | None, now: datetime) -> tuple[JobFacts, ...]:
        letters = [one for one in map(self.letter, deed.letters if deed else ()) if one]
        named = [one.id for one in deed.jobs] + [one.job_id for one in deed.questions] if deed else []
        ids = dict.fromkeys((*need.job_ids, *named, *(one.job_id for one in letters)))
        return tuple(self._facts_of_order(job, now) for job in map(self.job, ids) if job is not None)

    def _facts_of_order(self, job: Job, now: datetime) -> JobFacts:
        facts, entries = self._facts_of(job), [one for one in self._entries() if one.job_id == job.id]
        over = []
        for root in (one for one in entries if one.settles is None):
            settling = [one for one in entries if one.settles == root.id]
            minutes = root.over_cap + sum(one.over_cap for one in settling)
            said = [one.why for one in settling if one.why in (effort.NOT_PAID, effort.TAKEN_BACK)]
            if minutes > 0 and said[-1:] != [effort.NOT_PAID]:
                over.append(OverCap(root, minutes))
        mondays = {workday.week_of(one.entry.worked_on) for one in over}
        mine = [one for one in self._entries() if one.worker_id == job.worker_id]
        days = sorted({one.worked_on for one in mine if workday.week_of(one.worked_on) in mondays})
        weeks = [(day, _sum(one for one in mine if one.worked_on == day)) for day in days]
        days_off = holidays.days_off(facts.worker.holidays_of, now.year)
        return replace(
            facts,
            over_cap=tuple(over),
            days=tuple({day: one for day, one in (*weeks, *self._days(facts.worker, now)) if one != Effort()}.items()),
            days_off=days_off,
            last_report=self._kept[Report].get(job.last_report_id),
        )

    def _facts(self, need: Needs, worker: Worker | None) -> tuple[JobFacts, ...]:
        jobs = [job for job in map(self.job, need.job_ids) if job is not None]
        if need.due and worker is not None:
            jobs += self.open_jobs(worker.id)
        return tuple(self._facts_of(job) for job in jobs)

    def _entries(self) -> list[TimeEntry]:
        return list(self._kept[TimeEntry].values())

    def _waiting_letters(self) -> list[Letter]:
        return [one for one in self._kept[Letter].values() if one.finished_at is None]

    def _worker(self, need: Needs, job: Job | None, letter: Letter | None) -> Worker | None:
        if need.worker_id is not None or job is not None:
            return self.worker(need.worker_id or (job.worker_id if job else None))
        if letter is not None and letter.role is Role.WORKER:
            return self.worker(letter.recipient_id)
        person = self.person_by_address(need.address) if need.address else None
        return person if isinstance(person, Worker) else None

    def _owner(
        self, need: Needs, job: Job | None, letter: Letter | None, worker: Worker | None, waiting: tuple[Waiting, ...]
    ) -> Owner | None:
        only = self.owners()[0] if len(self.owners()) == 1 else None
        person = self.person_by_address(need.address) if need.address else None
        if need.owner_id is not None or need.only_owner:
            return self.owner(need.owner_id) if need.owner_id is not None else only
        if job is not None:
            return self.owner(job.owner_id)
        if letter is not None and letter.role is Role.OWNER:
            return self.owner(letter.recipient_id)
        if isinstance(person, Owner):
            return person
        if waiting:
            return self.owner(waiting[0].job.owner_id)
        mine = [job for job in self.jobs() if worker and job.worker_id == worker.id and job.is_open]
        return self.owner(mine[0].owner_id) if mine else only

    def _days(self, worker: Worker, now: datetime, waiting: tuple[Waiting, ...] = ()) -> tuple[tuple[Any, Effort], ...]:
        first, last = now.date() - timedelta(days=15), now.date() + timedelta(days=1)
        mine = [one for one in self._entries() if one.worker_id == worker.id]
        weeks = {workday.week_of(one.entry.worked_on) for one in waiting if one.entry}
        worked = {one.worked_on for one in mine}
        days = sorted(day for day in worked if first <= day <= last or workday.week_of(day) in weeks)
        sums = [(day, _sum(one for one in mine if one.worked_on == day)) for day in days]
        return tuple((day, effort) for day, effort in sums if effort != Effort())

    def _reports(self, job: Job, since: datetime) -> tuple[Report, ...]:
        found = [one for one in self._kept[Report].values() if one.job_id == job.id and one.received_at >= since]
        return tuple(sorted(found, key=lambda one: one.received_at)[-50:])

    def _waiting(self, worker: Worker) -> tuple[Waiting, ...]:
        reports = [one for one in self._kept[Report].values() if one.worker_id == worker.id and one.waits]
        entries = {one.report_id: one for one in self._entries() if one.undecided > 0}
        return tuple(
            Waiting(
                one,
                entries.get(one.id),
                self._kept[Job][one.job_id],
                self.effort(one.job_id),
                owner=self.owner(self._kept[Job][one.job_id].owner_id),
                earlier=self._booked_before(one),
            )
            for one in sorted(reports, key=lambda one: one.received_at)
        )

    def _booked_before(self, report: Report) -> tuple[Report, ...]:
        recent = self._reports(
            self._kept[Job][report.job_id], report.received_at - timedelta(hours=self.policy.repeat_hours)
        )
        return tuple(one for one in recent if int(one.id[1:]) < int(report.id[1:]))

    def _taken(self, need: Needs) -> tuple[tuple[str, str], ...]:
        name = need.worker_id or ""
        names = [(name, name)] if self.owner(name) or self.worker(name) else []
        people = [(address, self.person_by_address(address)) for address in need.addresses]
        return tuple(names + [(address, person.id) for address, person in people if person is not None])

    def _pictures(self, owner: Owner) -> tuple[JobPicture, ...]:
        since = self._digest_at_seq.get(owner.id, 0)
        told_at = owner.last_digest_at
        jobs = [
            job
            for job in self.jobs()
            if job.owner_id == owner.id
            and (job.is_open or told_at is None or (job.closed_at or job.briefed_at) >= told_at)
        ]
        return tuple(self._picture(job, since) for job in sorted(jobs, key=lambda job: job.number))

    def _picture(self, job: Job, since: int) -> JobPicture:
        fresh = [one for one in self._entries() if one.job_id == job.id and self._made_at_seq[one] > since]
        ids = {one.id for one in fresh}
        entries = _sum(one for one in fresh if one.settles is None or one.settles in ids)
        made = {entity.id: seq for entity, seq in self._made_at_seq.items() if isinstance(entity, Report)}
        reports = [one for one in self._kept[Report].values() if one.job_id == job.id and made[one.id] > since]
        return JobPicture(
            job=job,
            worker=self._kept[Worker][job.worker_id],
            effort=self.effort(job.id),
            minutes_since=entries.reported,
            reports_since=len(reports),
            over_cap_since=entries.over_cap,
            undecided_since=entries.undecided,
            last_report=self._kept[Report].get(job.last_report_id),
            questions=self._open_questions(job),
        )

    def _quarantined(self, owner: Owner) -> tuple[Mail, ...]:
        since = self._digest_at_seq.get(owner.id, 0)
        mails = [one for one in self._kept[Mail].values() if one.fate is Fate.QUARANTINED]
        return tuple(one for one in mails if self._made_at_seq[one] > since)


def _sum(entries: Any) -> Effort:
    total = Effort()
    for entry in entries:
        total = total.plus(entry)
    return total


def _minutes(entry: TimeEntry) -> bool:
    return any((entry.minutes, entry.payable, entry.over_cap, entry.undecided))


def _try_at(letter: Letter) -> datetime:
    return letter.next_try_at or letter.claimed_at or letter.written_at
