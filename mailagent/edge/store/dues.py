"""When each open job wants the agent: by core's rule, reckoned anew only for what has changed since it was last asked.

The indexes mark what a change touches, also one that is taken back. Nothing of this is kept: at the start all open
jobs are marked, and reckoned when somebody asks first.
"""

from datetime import date, datetime, timedelta

from mailagent.core import reminders, workday
from mailagent.core.model import Job, Worker
from mailagent.core.settings import Policy
from mailagent.core.slices import Effort
from mailagent.core.workday import Calendar
from mailagent.edge import holidays
from mailagent.edge.store.indexes import NOTHING, Touched, as_effort
from mailagent.edge.store.loading import facts_of
from mailagent.edge.store.office import Office
from mailagent.edge.store.timeindex import TimeIndex

AT_ONCE = 100  # workers in one answer: the rest is there at the next question


class JobDues:
    """The open jobs by the instant at which they are due.

    `until` remembers when it was asked: what was due outside somebody's hours then waits for the next of them, so that
    `first` is never an instant at which there was nothing to do.
    """

    def __init__(self, office: Office, policy: Policy) -> None:
        self._office = office
        self._policy = policy
        self._order = TimeIndex()
        self._asked_at: datetime | None = None
        self._year = 0  # whose public holidays, with those of the years beside it, the dues are reckoned by

    def follow(self, policy: Policy) -> None:
        """Reckon by other numbers from now on."""
        if policy != self._policy:
            self._policy = policy
            self._mark_all()

    def until(self, now: datetime) -> tuple[str, ...]:
        """The workers of whom something is due, in their hours, by name; `AT_ONCE` of the longest due ones."""
        if now.year != self._year or (self._asked_at is not None and now < self._asked_at):
            self._mark_all()
        self._year, self._asked_at = now.year, now
        self._catch_up()
        calendars: dict[str, Calendar] = {}
        due: set[str] = set()
        for job_id in self._order.until(now):
            job = self._office.jobs[job_id]
            at = workday.into_hours(now, self._calendar_of(job, calendars))
            self._order.put(job_id, at, job.number)
            if at == now:
                due.add(job.worker_id)
            if len(due) == AT_ONCE:
                break
        return tuple(sorted(due))

    def first(self) -> datetime | None:
        """When the next job is due; before anybody asked what is due, by the year of the last line."""
        if not self._year and self._office.at is not None:
            self._year = self._office.at.year
        self._catch_up()
        return self._order.first()

    def _mark_all(self) -> None:
        touched = self._office.index.touched
        for worker_id, jobs in self._office.index.open_jobs.items():
            if jobs:
                touched.workers[worker_id] = None

    def _catch_up(self) -> None:
        """Reckon what was touched."""
        touched = self._office.index.touched
        if not (touched.workers or touched.weeks or touched.jobs):
            return
        jobs = self._jobs_touched(touched)
        touched.clear()
        calendars: dict[str, Calendar] = {}
        for job_id in jobs:
            job = self._office.jobs.get(job_id)
            at = self._due_at(job, self._calendar_of(job, calendars)) if job is not None and job.is_open else None
            self._order.put(job_id, at, job.number if job is not None else 0)

    def _jobs_touched(self, touched: Touched) -> dict[str, None]:
        """The jobs to reckon: a week's hours matter to all of a worker's jobs, but only where it has a cap."""
        workers = dict(touched.workers)
        for worker_id in touched.weeks:
            worker = self._office.workers.get(worker_id)
            if worker is not None and worker.week_cap_minutes is not None:
                workers[worker_id] = None
        jobs = dict(touched.jobs)
        for worker_id in workers:
            jobs |= self._office.index.open_jobs.get(worker_id, {})
        return jobs

    def _due_at(self, job: Job, calendar: Calendar) -> datetime | None:
        due = reminders.job_due_at(facts_of(self._office, job), calendar, self._policy)
        if due is None or self._asked_at is None or due > self._asked_at:
            return due
        return workday.into_hours(self._asked_at, calendar)

    def _calendar_of(self, job: Job, known: dict[str, Calendar]) -> Calendar:
        calendar = known.get(job.worker_id)
        if calendar is None:
            worker = self._office.workers[job.worker_id]
            days_off = holidays.days_off(worker.holidays_of, self._year)
            calendar = reminders.calendar_of(worker, days_off, self._last_week(worker))
            known[job.worker_id] = calendar
        return calendar

    def _last_week(self, worker: Worker) -> tuple[tuple[date, Effort], ...]:
        """The days of the last week in which he has minutes; none for somebody without a cap for the week."""
        days = self._office.index.days.get(worker.id)
        if worker.week_cap_minutes is None or not days:
            return ()
        last = max((day for day, sums in days.items() if sums != NOTHING), default=None)
        if last is None:
            return ()
        monday = workday.week_of(date.fromisoformat(last))
        week = (monday + timedelta(days=ahead) for ahead in range(7))
        return tuple((day, as_effort(days[day.isoformat()])) for day in week if day.isoformat() in days)
