"""What the candidates of a trial are compared by: facts side by side, and no ranking (SPEC section 7).

Time is working time by each candidate's own calendar, so that nobody looks slow because of his night or his holiday.
"""

from collections.abc import Iterable
from datetime import datetime

from mailagent.core import reminders, workday
from mailagent.core.figures import Candidacy, Trial
from mailagent.core.model import AskedFor, Job, Phase, Question
from mailagent.core.slices import TrialJob
from mailagent.core.workday import Calendar


def side_by_side(jobs: Iterable[TrialJob]) -> tuple[Trial, ...]:
    """The trials, each with its candidates, in the order they were given."""
    found: dict[str, list[TrialJob]] = {}
    for one in jobs:
        found.setdefault(one.job.trial_id or one.job.id, []).append(one)
    return tuple(
        Trial(trial_id, members[0].job.brief.title, tuple(_candidacy(one) for one in members))
        for trial_id, members in found.items()
    )


def _candidacy(one: TrialJob) -> Candidacy:
    job, calendar = one.job, reminders.calendar_of(one.worker, one.days_off)
    return Candidacy(
        job_id=job.id,
        worker_name=one.worker.display_name,
        phase=job.phase.value,
        started_after=_minutes(job.briefed_at, job.started_at, calendar),
        reported_after=_minutes(job.briefed_at, job.first_report_at, calendar),
        payable=one.effort.payable,
        cap=job.brief.cap_minutes,
        reports=one.reports,
        nudges=job.nudges,
        questions=_asked(job, one.questions),
        is_done=job.phase in (Phase.DONE, Phase.ACCEPTED),
    )


def _asked(job: Job, still_open: Iterable[Question]) -> int:
    """What he asked: what is answered stands with the job; a wish for hours is no question."""
    return len(job.asked) + sum(one.asked_for is not AskedFor.HOURS for one in still_open)


def _minutes(since: datetime, until: datetime | None, calendar: Calendar) -> int | None:
    """The working time between two instants; None where the second has not come."""
    return None if until is None else workday.working_minutes(since, until, calendar)
