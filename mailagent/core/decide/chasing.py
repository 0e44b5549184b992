"""Decisions about what is missing: one reminder for all of it, and word to the owner where a job stays silent."""

from datetime import datetime

from mailagent.core import answers, effort, reminders, workday
from mailagent.core import events as ev
from mailagent.core.decide.people import topic
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import Letter, NudgeContents, NudgeLine, OwnerNewsContents
from mailagent.core.model import LetterKind, Owner, Role, Worker
from mailagent.core.reminders import Step
from mailagent.core.settings import Policy
from mailagent.core.slices import JobFacts, Slice
from mailagent.core.workday import Calendar
from mailagent.errors import Refused

MOST_IN_FULL = 12  # jobs in one nudge, each with its form: the mail stays within a screen or two and 15 KB


def worker_due(slice_: Slice, event: ev.WorkerDue, now: datetime) -> Decision:
    """Take the next step for each of his jobs that is due: at most one nudge, and news for each owner who must know.

    Nothing outside his hours. Each step is counted from now, so that what was missed is never made up for.
    """
    worker = slice_.worker
    if worker is None:
        raise Refused(f"There is no worker called {event.worker_id}.")
    calendar = reminders.calendar_of(worker, slice_.days_off, slice_.worker_days)
    if workday.into_hours(now, calendar) != now:
        return Decision()
    steps = _steps(slice_, calendar, now)
    nudged = tuple(facts for facts, step in steps if step is Step.NUDGE)
    told = tuple(facts for facts, step in steps if step is Step.TELL_OWNER)
    changes = tuple(Change(facts.job, reminders.taken(facts.job, step, now)) for facts, step in steps)
    letters = [_nudge(slice_, worker, nudged, calendar, now)] if nudged else []
    letters += [_silent(slice_, facts, facts.owner, calendar, now) for facts in told if isinstance(facts.owner, Owner)]
    return Decision(changes, tuple(letters))


def _steps(slice_: Slice, calendar: Calendar, now: datetime) -> tuple[tuple[JobFacts, Step], ...]:
    """The jobs that are due with the step that is taken; where he is written to, those within their grace, too."""
    steps = [(facts, _step(facts, calendar, slice_.policy, now)) for facts in slice_.facts]
    due = {facts.job.id: step for facts, step in steps if step is not None}
    if Step.NUDGE in due.values():
        others = [facts for facts, step in steps if step is None]
        due |= {one.job.id: Step.NUDGE for one in others if _is_in_grace(one, calendar, slice_.policy, now)}
    return tuple((facts, due[facts.job.id]) for facts in slice_.facts if facts.job.id in due)


def _step(facts: JobFacts, calendar: Calendar, policy: Policy, now: datetime) -> Step | None:
    at = reminders.job_due_at(facts, calendar, policy)
    return reminders.next_step(facts.job, policy) if at is not None and at <= now else None


def _is_in_grace(facts: JobFacts, calendar: Calendar, policy: Policy, now: datetime) -> bool:
    """Due, and to be reminded soon: better in the mail that is written anyway than in one of its own."""
    if facts.job.chased or reminders.job_due_at(facts, calendar, policy) is None:
        return False
    due = reminders.report_due_at(facts.job, facts.effort, calendar, policy)
    return due is not None and due <= now


def _nudge(slice_: Slice, worker: Worker, jobs: tuple[JobFacts, ...], calendar: Calendar, now: datetime) -> Letter:
    """One reminder; about one job in its thread, about several under a subject of its own."""
    only = jobs[0].job if len(jobs) == 1 else None
    contents = NudgeContents(
        worker_name=worker.display_name,
        owner_name=_names(jobs),
        again=max(reminders.nudges_before(facts.job) for facts in jobs) + 1,
        lines=tuple(_line(facts, calendar, slice_.policy, now) for facts in jobs[:MOST_IN_FULL]),
        owner_knows=any(facts.job.silent_since is not None for facts in jobs),
        others=tuple(facts.job.id for facts in jobs[MOST_IN_FULL:]),
    )
    return Letter(
        id=f"{worker.id}/nudge/{slice_.seq}",
        kind=LetterKind.NUDGE,
        role=Role.WORKER,
        recipient_id=worker.id,
        job_id=only.id if only else None,
        causes=tuple(facts.job.id for facts in jobs),
        contents=contents,
        written_at=now,
        subject_topic=topic(only) if only else "",
        thread_root=only.root_message_id if only else None,
    )


def _names(jobs: tuple[JobFacts, ...]) -> str:
    """Whom he works for, each named once."""
    return " and ".join(dict.fromkeys(facts.owner.display_name if facts.owner else "the owner" for facts in jobs))


def _line(facts: JobFacts, calendar: Calendar, policy: Policy, now: datetime) -> NudgeLine:
    job = facts.job
    return NudgeLine(
        job_id=job.id,
        title=job.brief.title,
        waits_for=reminders.waits_for(job),
        due_at=_due_at(facts, calendar, policy, now),
        stand=effort.stand(job.brief.cap_minutes, facts.effort),
    )


def _silent(slice_: Slice, facts: JobFacts, owner: Owner, calendar: Calendar, now: datetime) -> Letter:
    """Tell the owner that nothing comes."""
    job = facts.job
    contents = OwnerNewsContents(
        news="silent",
        owner_name=owner.display_name,
        worker_name=facts.worker.display_name,
        job_id=job.id,
        title=job.brief.title,
        stand=effort.stand(job.brief.cap_minutes, facts.effort),
        since=_due_at(facts, calendar, slice_.policy, now),
        answers=answers.answers(job.id, "silent"),
    )
    return Letter(
        id=f"{owner.id}/owner-news/{job.id}-silent-{slice_.seq}",
        kind=LetterKind.OWNER_NEWS,
        role=Role.OWNER,
        recipient_id=owner.id,
        job_id=job.id,
        causes=(job.id,),
        contents=contents,
        written_at=now,
        subject_topic=topic(job),
        numbers=(job.id,),
    )


def _due_at(facts: JobFacts, calendar: Calendar, policy: Policy, now: datetime) -> datetime:
    return reminders.report_due_at(facts.job, facts.effort, calendar, policy) or now
