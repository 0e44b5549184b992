"""What an owner's orders take of the office beyond a job itself: what stands over its cap, and what a deed did."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import cast

from mailagent.core import effort, workday
from mailagent.core.letters import Letter
from mailagent.core.model import Deed, Question, TimeEntry
from mailagent.core.slices import Effort, OverCap
from mailagent.edge.store.indexes import NOTHING, as_effort
from mailagent.edge.store.office import Office


def over_cap(office: Office, job_id: str) -> tuple[OverCap, ...]:
    """The entries of the job with minutes over its cap, oldest first, but for those that he said he would not pay."""
    record = office.index.of_job.get(job_id)
    if record is None or record.sums[2] == 0:
        return ()
    entries: dict[str, TimeEntry] = {}
    over: dict[str, int] = {}
    declined: set[str] = set()
    for number in record.entries:
        entry = cast(TimeEntry, office.read("time_entries", number))
        settled = entry.settles or entry.id
        entries.setdefault(settled, entry)
        over[settled] = over.get(settled, 0) + entry.over_cap
        if entry.why == effort.NOT_PAID:
            declined.add(settled)
        elif entry.why == effort.TAKEN_BACK:
            declined.discard(settled)
    return tuple(OverCap(entries[id_], minutes) for id_, minutes in over.items() if minutes > 0 and id_ not in declined)


def days_of_weeks(office: Office, worker_id: str, days: Iterable[date]) -> tuple[tuple[date, Effort], ...]:
    """All days with minutes of the worker in the weeks of these days."""
    record = office.index.days.get(worker_id, {})
    mondays = sorted({workday.week_of(day) for day in days})
    weeks = (monday + timedelta(days=ahead) for monday in mondays for ahead in range(7))
    sums = ((day, record.get(day.isoformat(), NOTHING)) for day in weeks)
    return tuple((day, as_effort(one)) for day, one in sums if one != NOTHING)


def entries_of(office: Office, deed: Deed) -> tuple[TimeEntry, ...]:
    """The time entries that a deed booked."""
    return tuple(one for one in map(office.entry, deed.entries) if one is not None)


def letters_of(office: Office, deed: Deed) -> tuple[Letter, ...]:
    """The letters that a deed wrote to workers, as far as the office has them still."""
    return tuple(one for one in map(office.letter, deed.letters) if one is not None)


def questions_of(office: Office, deed: Deed) -> tuple[Question, ...]:
    """The questions that a deed changed, as they stand now."""
    found = (cast(Question | None, office.get("questions", one.id)) for one in deed.questions)
    return tuple(one for one in found if one is not None)
