"""Decisions about days off and pauses: a worker's own word, his mail program's, and the report that ends them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from mailagent.core import effort, workday
from mailagent.core import events as ev
from mailagent.core.decide import news
from mailagent.core.decide.common import COUNTS_FROM, mail_record
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import Letter
from mailagent.core.model import Fate, Job, Worker, WorkingHours
from mailagent.core.slices import Slice
from mailagent.core.workday import Calendar
from mailagent.errors import Refused

MOST_SNOOZES = 2  # running, without a report between them
BY_PROGRAM = "his mail program says so"
_DAY_MINUTES = 24 * 60
_NONE = (None, None, "")


@dataclass(frozen=True, slots=True)
class Snoozed:
    """A job after a pause was asked for; `was` is "cut" where it was shortened, "twice" where it was not given."""

    job: Job
    until: datetime | None = None
    was: str = ""


def snoozed(job: Job, minutes: int | None, at: datetime, calendar: Calendar) -> Snoozed:
    """Give the pause that is asked for at `at`: a working day at most, and at most twice running."""
    if minutes is None or not job.is_open:
        return Snoozed(job)
    if job.snoozes >= MOST_SNOOZES:
        return Snoozed(job, was="twice")
    most = _day_of(calendar.hours)
    until = workday.add_working(at, min(minutes, most), calendar) or at + timedelta(minutes=min(minutes, most))
    after = replace(job, snoozed_until=until, snoozes=job.snoozes + 1)
    return Snoozed(after, until, "cut" if minutes > most else "")


def _day_of(hours: WorkingHours) -> int:
    """The minutes of a working day; one that closes when it opens, or before, goes on into the next."""
    return (hours.closes_at - hours.opens_at) % _DAY_MINUTES or _DAY_MINUTES


def absent(worker: Worker, event: ev.Reported) -> Worker:
    """The worker after his report: away by what he says, or back by having reported."""
    at = event.mail.received_at
    if event.away_until is not None:
        zone = worker.hours.zone
        first = at if event.away_from is None else max(at, workday.instant_of(event.away_from, 0, zone))
        back = workday.instant_of(event.away_until, 0, zone)
        return _away(worker, (first, back, event.away_why))
    begun = [one for one in worker.absences if one[0] < at]  # what the same mail named begins with it, and stays
    return _away(worker, *(one for one in worker.absences if one not in begun)) if begun else worker


def _away(worker: Worker, *absences: tuple[datetime, datetime, str]) -> Worker:
    """The worker with these absences, the first two of them at most."""
    (first, later, *_) = (*absences, _NONE, _NONE)
    return replace(
        worker,
        away_from=first[0],
        away_until=first[1],
        away_why=first[2],
        later_from=later[0],
        later_until=later[1],
        later_why=later[2],
    )


def first_day_back(until: date | None, worker: Worker) -> date | None:
    """The first working day on or after the day on which he is back."""
    return None if until is None else workday.next_workday(until, worker.hours)


def seemed_away(slice_: Slice, event: ev.SeemedAway, now: datetime) -> Decision:
    """Believe a proven absence note: nobody is reminded until then, and his owners are told. It is never a report."""
    worker = slice_.worker
    if worker is None:
        raise Refused(f"There is no worker called {event.worker_id}.")
    kept = mail_record(
        slice_, event.mail, Fate.AUTOMATIC, f"out-of-office: back on {event.until.isoformat()}", None, now
    )
    back = workday.instant_of(event.until, 0, worker.hours.zone)
    at = event.mail.received_at
    is_known = any(first <= at and until >= back for first, until, _ in worker.absences)
    if event.mail.proof < COUNTS_FROM or back <= at or is_known:
        return Decision(kept)
    away = _away(worker, (at, back, BY_PROGRAM), *(one for one in worker.absences if one[0] > at))
    return Decision((*kept, Change(worker, away)), _tell_owners(slice_, worker, event, now))


def _tell_owners(slice_: Slice, worker: Worker, event: ev.SeemedAway, now: datetime) -> tuple[Letter, ...]:
    """One letter for each owner of an open job of his, about the first of them."""
    until = first_day_back(event.until, worker) or event.until
    letters: dict[str, Letter] = {}
    for facts in slice_.facts:
        owner = facts.owner
        if owner is not None and owner.id not in letters:
            stand = effort.stand(facts.job.brief.cap_minutes, facts.effort)
            letters[owner.id] = news.of_absence(owner, worker, facts.job, stand, event.mail.id, until, now)
    return tuple(letters.values())
