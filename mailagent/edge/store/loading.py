"""Fill the slice that deciding an event takes, by the office's indexes: nothing here grows with the office."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import cast

from mailagent.core.events import Event
from mailagent.core.letters import Letter
from mailagent.core.model import Deed, Job, Mail, Owner, Question, Report, Role, TimeEntry, Worker
from mailagent.core.settings import Policy
from mailagent.core.slices import (
    Books,
    Candidate,
    Effort,
    JobFacts,
    JobPicture,
    Needs,
    Slice,
    TrialJob,
    Waiting,
    needs,
)
from mailagent.edge import holidays
from mailagent.edge.instants import instant_text
from mailagent.edge.store import ordering
from mailagent.edge.store.indexes import NOTHING, Sums, as_effort, plus
from mailagent.edge.store.office import Marks, Office

DAYS_BACK = 15
REPORTS_BACK = 50  # more than this of one job within `repeat_hours` are not compared with


def load(office: Office, policy: Policy, event: Event, now: datetime) -> Slice:
    """Load what `core.slices.needs` names for the event."""
    need = needs(event)
    letter = office.letter(need.letter_id)
    job = office.jobs.get(need.job_id or (letter.job_id if letter else None) or "")
    person = person_by_address(office, need.address) if need.address else None
    worker = _worker(office, need, job, letter, person)
    waiting = _waiting(office, worker, policy) if need.waiting and worker else ()
    owner = _owner(office, need, job, letter, person)
    if owner is None and need.owner_id is None and not need.only_owner:
        owner = _nearest_owner(office, worker, waiting)
    deed = cast(Deed | None, office.get("deeds", need.deed_id)) if need.deed_id else None
    return Slice(
        seq=office.seq + 1,
        policy=policy,
        next_job_number=office.index.highest_job + 1,
        owner=owner,
        owner_count=len(office.owners),
        worker=worker,
        job=job,
        open_jobs=open_jobs(office, worker.id) if worker else (),
        job_effort=effort(office, job.id) if job else Effort(),
        worker_days=_days_of_booking(office, worker.id, waiting, now) if worker else (),
        recent_reports=_recent_reports(office, job.id, now - timedelta(hours=policy.repeat_hours))
        if need.job_id and job
        else (),
        waiting=waiting,
        letter=letter,
        letters=ordering.letters_of(office, deed)
        if deed
        else tuple(one for one in map(office.letter, need.letter_ids) if one is not None),
        mail=office.mail(need.mail_id),
        ordered=office.mail(office.index.ordered.get(need.ordered)) if need.ordered else None,
        cursor=office.cursors.get(need.cursor_id or ""),
        taken=_taken(office, need) if need.addresses else (),
        has_had_mail=worker is not None and office.index.jobs_of_worker.get(worker.id, 0) > 0,
        pictures=_pictures(office, owner) if need.digest and owner else (),
        same_title=_same_title(office, need, owner),
        candidates=_candidates(office, need),
        trial_jobs=_trial_jobs(office, owner, now) if need.digest and owner else (),
        books=books(office),
        quarantined=_quarantined(office, owner) if need.digest and owner else (),
        questions=open_questions(office, job.id) if job else (),
        facts=_facts_of_orders(office, need, deed, now) if need.orders else _facts(office, need, worker),
        days_off=holidays.days_off(worker.holidays_of, now.year) if worker else (),
        deed=deed,
        deed_entries=ordering.entries_of(office, deed) if deed else (),
        deed_questions=ordering.questions_of(office, deed) if deed else (),
    )


def person_by_address(office: Office, addr_spec: str) -> Owner | Worker | None:
    """Who has this address, whatever its case."""
    table, id_ = office.index.by_address.get(addr_spec.lower(), ("", ""))
    return office.owners.get(id_) if table == "owners" else office.workers.get(id_)


def open_jobs(office: Office, worker_id: str) -> tuple[Job, ...]:
    """The worker's open jobs, in order of their number."""
    ids = office.index.open_jobs.get(worker_id, {})
    return tuple(sorted((office.jobs[id_] for id_ in ids), key=lambda job: job.number))


def open_questions(office: Office, job_id: str) -> tuple[Question, ...]:
    """What the owner owes an answer to, oldest first."""
    numbers = sorted(office.index.open_questions.get(job_id, ()))
    return tuple(cast(Question, office.read("questions", number)) for number in numbers)


def _facts(office: Office, need: Needs, worker: Worker | None) -> tuple[JobFacts, ...]:
    jobs = [office.jobs[id_] for id_ in need.job_ids if id_ in office.jobs]
    if need.due and worker is not None:
        jobs += open_jobs(office, worker.id)
    return tuple(facts_of(office, job) for job in jobs)


def _facts_of_orders(office: Office, need: Needs, deed: Deed | None, now: datetime) -> tuple[JobFacts, ...]:
    """The jobs that are ordered about, and those that a deed changed or wrote about."""
    ids = (
        (*need.job_ids, *(job.id for job in deed.jobs), *(one.job_id for one in deed.questions))
        if deed
        else need.job_ids
    )
    written = (one.job_id for one in ordering.letters_of(office, deed)) if deed else ()
    found = [office.jobs[id_] for id_ in dict.fromkeys((*ids, *written)) if id_ in office.jobs]
    return tuple(_facts_of_order(office, job, now) for job in found)


def _facts_of_order(office: Office, job: Job, now: datetime) -> JobFacts:
    facts = facts_of(office, job)
    over_cap = ordering.over_cap(office, job.id)
    weeks = ordering.days_of_weeks(office, job.worker_id, (one.entry.worked_on for one in over_cap))
    return replace(
        facts,
        over_cap=over_cap,
        days=tuple(dict((*weeks, *_worker_days(office, job.worker_id, now))).items()),
        days_off=holidays.days_off(facts.worker.holidays_of, now.year),
        last_report=office.report(job.last_report_id),
    )


def facts_of(office: Office, job: Job) -> JobFacts:
    """A job with what deciding about it takes."""
    return JobFacts(
        job=job,
        worker=office.workers[job.worker_id],
        effort=effort(office, job.id),
        questions=open_questions(office, job.id),
        owner=office.owners.get(job.owner_id),
    )


def effort(office: Office, job_id: str) -> Effort:
    """The sums of all entries of the job."""
    record = office.index.of_job.get(job_id)
    return as_effort(record.sums) if record else Effort()


def books(office: Office) -> Books:
    """What became of all mails seen, summed over the mailboxes.

    What was settled is counted from the mails themselves.
    """
    cursors = office.cursors.values()
    return Books(
        seen=sum(one.seen for one in cursors),
        left_alone=sum(one.left_alone for one in cursors),
        vanished=sum(one.vanished for one in cursors),
        duplicates=sum(one.duplicates for one in cursors),
        settled=len(office.tables["mails"].ids),
        quarantined=len(office.index.quarantined),
    )


def recent_mails(office: Office, mailbox: str, limit: int) -> tuple[Mail, ...]:
    """The mails of this mailbox among the newest `limit` that have their end, oldest first."""
    table = office.tables["mails"]
    numbers = range(max(1, table.next_number - limit), table.next_number)
    mails = (cast(Mail, office.read("mails", number)) for number in numbers if number in table.documents)
    return tuple(mail for mail in mails if mail.mailbox == mailbox)


def _worker(
    office: Office, need: Needs, job: Job | None, letter: Letter | None, person: Owner | Worker | None
) -> Worker | None:
    if need.worker_id is not None:
        return office.workers.get(need.worker_id)
    if job is not None:
        return office.workers.get(job.worker_id)
    if letter is not None and letter.role is Role.WORKER:
        return office.workers.get(letter.recipient_id)
    return person if isinstance(person, Worker) else None


def _owner(
    office: Office, need: Needs, job: Job | None, letter: Letter | None, person: Owner | Worker | None
) -> Owner | None:
    if need.owner_id is not None:
        return office.owners.get(need.owner_id)
    if need.only_owner:
        return next(iter(office.owners.values())) if len(office.owners) == 1 else None
    if job is not None:
        return office.owners.get(job.owner_id)
    if letter is not None and letter.role is Role.OWNER:
        return office.owners.get(letter.recipient_id)
    return person if isinstance(person, Owner) else None


def _nearest_owner(office: Office, worker: Worker | None, waiting: tuple[Waiting, ...]) -> Owner | None:
    """Whom a matter of this worker concerns where no job is named.

    The owner of what waits or is open, or the only one.
    """
    if waiting:
        return office.owners.get(waiting[0].job.owner_id)
    for job in open_jobs(office, worker.id) if worker else ():
        return office.owners.get(job.owner_id)
    return next(iter(office.owners.values())) if len(office.owners) == 1 else None


def _worker_days(office: Office, worker_id: str, now: datetime) -> tuple[tuple[date, Effort], ...]:
    """His days with minutes among the last 15 and, as zones go, the next one."""
    days = office.index.days.get(worker_id, {})
    return tuple(
        (day, as_effort(days[text])) for day, text in _days_around(now.date()) if days.get(text, NOTHING) != NOTHING
    )


def _days_of_booking(
    office: Office, worker_id: str, waiting: tuple[Waiting, ...], now: datetime
) -> tuple[tuple[date, Effort], ...]:
    """His last days, and those of the weeks in which he worked for what waits: their caps hold, however late he is."""
    last = _worker_days(office, worker_id, now)
    if not waiting:
        return last
    worked = (one.entry.worked_on for one in waiting if one.entry is not None)
    return tuple(sorted(dict((*ordering.days_of_weeks(office, worker_id, worked), *last)).items()))


@lru_cache(maxsize=4)
def _days_around(today: date) -> tuple[tuple[date, str], ...]:
    days = (today + timedelta(days=distance) for distance in range(-DAYS_BACK, 2))
    return tuple((day, day.isoformat()) for day in days)


def _recent_reports(office: Office, job_id: str, since: datetime) -> tuple[Report, ...]:
    record = office.index.of_job.get(job_id)
    if record is None:
        return ()
    earliest = instant_text(since)
    numbers = [number for received_at, number in record.reports[-REPORTS_BACK:] if received_at >= earliest]
    return tuple(cast(Report, office.read("reports", number)) for number in numbers)


def _waiting(office: Office, worker: Worker, policy: Policy) -> tuple[Waiting, ...]:
    """The worker's reports that wait for his confirmation, oldest first."""
    reports = (office.report(id_) for id_ in office.index.waiting.get(worker.id, {}))
    found = sorted((one for one in reports if one is not None), key=lambda one: (one.received_at, len(one.id), one.id))
    return tuple(
        Waiting(
            report=one,
            entry=office.entry(office.index.undecided_entry.get(one.id)),
            job=office.jobs[one.job_id],
            effort=effort(office, one.job_id),
            questions=open_questions(office, one.job_id),
            owner=office.owners.get(office.jobs[one.job_id].owner_id),
            earlier=_booked_before(office, one, policy),
        )
        for one in found
    )


def _booked_before(office: Office, report: Report, policy: Policy) -> tuple[Report, ...]:
    """What a report that waits would have been compared with, had it counted when it came."""
    recent = _recent_reports(office, report.job_id, report.received_at - timedelta(hours=policy.repeat_hours))
    return tuple(one for one in recent if _place(one) < _place(report))


def _place(report: Report) -> int:
    """The number of the journal line that booked it."""
    return int(report.id[1:])


def _taken(office: Office, need: Needs) -> tuple[tuple[str, str], ...]:
    name = need.worker_id or need.owner_id or ""
    taken = [(name, name)] if name in office.owners or name in office.workers else []
    for address in need.addresses:
        person = person_by_address(office, address)
        if person is not None:
            taken.append((address, person.id))
    return tuple(taken)


def _pictures(office: Office, owner: Owner) -> tuple[JobPicture, ...]:
    """The owner's jobs that are open or were closed since his last digest, in order of their number."""
    ids = list(office.index.jobs_of_owner.get(owner.id, {}))
    closed = office.index.closed_jobs.get(owner.id)
    if closed is not None:
        ids += closed.since(owner.last_digest_at)
    jobs = sorted((office.jobs[id_] for id_ in ids), key=lambda job: job.number)
    marks = office.marks.get(owner.id, (0, 0, 0))
    return tuple(_picture(office, job, marks) for job in jobs)


def _picture(office: Office, job: Job, marks: Marks) -> JobPicture:
    record = office.index.of_job.get(job.id)
    since: Sums = NOTHING
    reports = 0
    if record is not None:
        reports = sum(number >= marks[0] for _, number in record.reports)
        since = _booked_since(office, record.entries, marks[1])
    return JobPicture(
        job=job,
        worker=office.workers[job.worker_id],
        effort=effort(office, job.id),
        minutes_since=since[0],
        reports_since=reports,
        over_cap_since=since[2],
        undecided_since=since[3],
        last_report=office.report(job.last_report_id),
        questions=open_questions(office, job.id),
    )


def _same_title(office: Office, need: Needs, owner: Owner | None) -> tuple[Job, ...]:
    """The owner's jobs by the title in which something was asked and answered, in order of their number."""
    ids = office.index.answered.get(need.title, ()) if need.title is not None and owner else ()
    jobs = (office.jobs[id_] for id_ in ids)
    return tuple(sorted((job for job in jobs if owner and job.owner_id == owner.id), key=lambda job: job.number))


def _booked_since(office: Office, numbers: Sequence[int], mark: int) -> Sums:
    """The sums of what was booked from `mark` on. What settles an earlier entry is no news of the new ones."""
    fresh = takewhile(lambda number: number >= mark, reversed(numbers))
    entries = [cast(TimeEntry, office.read("time_entries", number)) for number in fresh]
    ids = {entry.id for entry in entries}
    since: Sums = NOTHING
    for entry in entries:
        if entry.settles is None or entry.settles in ids:
            since = plus(since, (entry.minutes, entry.payable, entry.over_cap, entry.undecided))
    return since


def _candidates(office: Office, need: Needs) -> tuple[Candidate, ...]:
    workers = (office.workers[id_] for id_ in dict.fromkeys(need.worker_ids) if id_ in office.workers)
    return tuple(Candidate(one, office.index.jobs_of_worker.get(one.id, 0) > 0) for one in workers)


def _trial_jobs(office: Office, owner: Owner, now: datetime) -> tuple[TrialJob, ...]:
    """All jobs, also the closed ones, of the owner's trials that have an open one, in order of their number."""
    mine = (office.jobs[id_].trial_id for id_ in office.index.jobs_of_owner.get(owner.id, {}))
    trials = {trial_id for trial_id in mine if trial_id is not None}
    jobs = (office.jobs[id_] for trial_id in trials for id_ in office.index.trials[trial_id])
    return tuple(_trial_job(office, job, now) for job in sorted(jobs, key=lambda job: job.number))


def _trial_job(office: Office, job: Job, now: datetime) -> TrialJob:
    facts, record = facts_of(office, job), office.index.of_job.get(job.id)
    return TrialJob(
        job=job,
        worker=facts.worker,
        effort=facts.effort,
        reports=len(record.reports) if record is not None else 0,
        questions=facts.questions,
        days_off=holidays.days_off(facts.worker.holidays_of, now.year),
    )


def _quarantined(office: Office, owner: Owner) -> tuple[Mail, ...]:
    """The mails set aside since the owner's last digest."""
    mark = office.marks.get(owner.id, (0, 0, 0))[2]
    numbers = sorted(number for number in office.index.quarantined.values() if number >= mark)
    return tuple(cast(Mail, office.read("mails", number)) for number in numbers)
