"""When somebody is due: computed from what is stored, never kept beside it."""

from dataclasses import replace
from datetime import datetime, timedelta

from mailagent.core import workday
from mailagent.core.model import Job, Owner


def owner_due_at(owner: Owner) -> datetime:
    """The instant of the owner's next digest: his digest time on his next working day that has had none.

    Before his first digest, the first digest time after he was added. One digest a local date, whatever the clocks do:
    after an outage the missed ones are this one.
    """
    zone = owner.hours.zone
    if owner.last_digest_on is not None:
        day = workday.next_workday(owner.last_digest_on + timedelta(days=1), owner.hours)
        return workday.instant_of(day, owner.digest_at, zone)
    day = workday.next_workday(workday.local(owner.added_at, zone).date(), owner.hours)
    first = workday.instant_of(day, owner.digest_at, zone)
    if first > owner.added_at:
        return first
    return workday.instant_of(workday.next_workday(day + timedelta(days=1), owner.hours), owner.digest_at, zone)


def restart(job: Job, at: datetime) -> Job:
    """The job with its clock begun anew at `at` (aware UTC): nothing is late any more, and the ladder starts below."""
    return replace(job, clock_from=at, chased=0, chased_at=None, silent_since=None)
