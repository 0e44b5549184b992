"""The decision about a trial: one brief to several candidates, each with a job of his own."""

from datetime import datetime

from mailagent.core import events as ev
from mailagent.core.decide.people import brief_letter, fit_for, no_worker, owner_of, with_answers
from mailagent.core.decision import Change, Decision
from mailagent.core.model import Job, Phase
from mailagent.core.slices import Slice
from mailagent.errors import Refused

MOST_CANDIDATES = 20


def trial_added(slice_: Slice, event: ev.TrialAdded, now: datetime) -> Decision:
    """Make a job for each candidate, all or none; nobody's brief tells of the others.

    A trial is named for its first job: job numbers are never used twice, so its name needs no count of its own.
    """
    _refuse_names(event.worker_ids)
    owner = owner_of(slice_, event.owner_id)
    found = {one.worker.id: one for one in slice_.candidates}
    missing = next((name for name in event.worker_ids if name not in found), None)
    if missing is not None:
        raise Refused(no_worker(missing))
    candidates = [found[name] for name in event.worker_ids]
    workers = [fit_for(event.brief, one.worker, now) for one in candidates]
    first, brief = slice_.next_job_number, with_answers(event.brief, slice_)
    jobs = [
        Job(
            id=f"J{number}",
            owner_id=owner.id,
            worker_id=worker.id,
            phase=Phase.BRIEFED,
            brief=brief,
            briefed_at=now,
            trial_id=f"T{first}",
        )
        for number, worker in enumerate(workers, start=first)
    ]
    letters = tuple(
        brief_letter(job, owner, one.worker, now, first_mail=not one.has_had_mail)
        for job, one in zip(jobs, candidates, strict=True)
    )
    told = ", ".join(f"{job.id} goes to {one.display_name}" for job, one in zip(jobs, workers, strict=True))
    return Decision(tuple(Change(None, job) for job in jobs), letters, f"The trial is T{first}: {told}.")


def _refuse_names(names: tuple[str, ...]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Refused(f"{twice} is named twice; each candidate gets the brief once.")
    if len(names) < 2:
        raise Refused("A trial takes two candidates or more; for one worker there is `mailagent job add`.")
    if len(names) > MOST_CANDIDATES:
        raise Refused(f"A trial takes at most {MOST_CANDIDATES} candidates, and {len(names)} are named.")
