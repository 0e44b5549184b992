"""Decisions about owners, workers, new jobs and what is due."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from mailagent.core import briefs, workday
from mailagent.core import events as ev
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import AlertContents, BriefContents, Letter
from mailagent.core.model import Brief, Job, LetterKind, Owner, Phase, Role, Standing, Worker
from mailagent.core.slices import Slice, alert_key
from mailagent.errors import Refused


def owner_added(slice_: Slice, event: ev.OwnerAdded, now: datetime) -> Decision:
    """Take a new owner into the office."""
    _refuse_taken(slice_)
    owner = Owner(
        id=event.id,
        display_name=event.display_name,
        addresses=event.addresses,
        hours=event.hours,
        digest_at=event.digest_at,
        added_at=now,
        language=event.language,
    )
    return Decision((Change(None, owner),), said=f"{event.display_name} is an owner now, as {event.id}.")


def worker_added(slice_: Slice, event: ev.WorkerAdded, now: datetime) -> Decision:
    """Take a new worker into the office."""
    _refuse_taken(slice_)
    worker = Worker(
        id=event.id,
        display_name=event.display_name,
        addresses=event.addresses,
        hours=event.hours,
        added_at=now,
        week_cap_minutes=event.week_cap_minutes,
        rate=None if event.rate is None else Decimal(event.rate),
        currency=event.currency,
        language=event.language,
        holidays_of=event.holidays_of,
    )
    return Decision((Change(None, worker),), said=f"{event.display_name} is a worker now, as {event.id}.")


def _refuse_taken(slice_: Slice) -> None:
    if slice_.taken:
        what, whose = slice_.taken[0]
        raise Refused(f"{what} is already used by {whose}. Choose another one, or see `mailagent worker list`.")


def job_added(slice_: Slice, event: ev.JobAdded, now: datetime) -> Decision:
    """Make a job of a brief and write it to the worker."""
    owner = owner_of(slice_, event.owner_id)
    if slice_.worker is None:
        raise Refused(no_worker(event.worker_id))
    worker = fit_for(event.brief, slice_.worker, now)
    job = Job(
        id=f"J{slice_.next_job_number}",
        owner_id=owner.id,
        worker_id=worker.id,
        phase=Phase.BRIEFED,
        brief=with_answers(event.brief, slice_),
        briefed_at=now,
    )
    letter = brief_letter(job, owner, worker, now, first_mail=not slice_.has_had_mail)
    said = f"{job.id} goes to {worker.display_name} <{worker.addresses[0]}>."
    return Decision((Change(None, job),), (letter,), said)


def owner_of(slice_: Slice, owner_id: str | None) -> Owner:
    """Whose new job it is: the owner who was named, or the only one."""
    if slice_.owner is not None:
        return slice_.owner
    if owner_id is not None:
        raise Refused(f"There is no owner called {owner_id}. See `mailagent owner list`.")
    if slice_.owner_count == 0:
        raise Refused("There is no owner yet. Add one first: `mailagent owner add`.")
    raise Refused("There is more than one owner. Say whose job it is: `--owner NAME`.")


def with_answers(brief: Brief, slice_: Slice) -> Brief:
    """The brief with what was asked and answered where it was given before."""
    return replace(brief, asked=briefs.asked_before(brief, slice_.same_title))


def no_worker(worker_id: str) -> str:
    """The refusal of a name that nobody has."""
    return f"There is no worker called {worker_id}. See `mailagent worker list`."


def fit_for(brief: Brief, worker: Worker, now: datetime) -> Worker:
    """The worker, where he may get this brief now."""
    if worker.standing in (Standing.PAUSED, Standing.ENDED):
        raise Refused(f"{worker.display_name} is {worker.standing} and gets no new jobs.")
    _refuse_hopeless(brief, worker, now)
    return worker


def brief_letter(job: Job, owner: Owner, worker: Worker, now: datetime, *, first_mail: bool) -> Letter:
    """The brief of a new job, as it goes to its worker."""
    return Letter(
        id=f"{worker.id}/brief/{job.id}",
        kind=LetterKind.BRIEF,
        role=Role.WORKER,
        recipient_id=worker.id,
        job_id=job.id,
        causes=(job.id,),
        contents=_brief_contents(job, job.brief, owner, worker, first_mail=first_mail),
        written_at=now,
        subject_topic=topic(job),
    )


def _refuse_hopeless(brief: Brief, worker: Worker, now: datetime) -> None:
    today = workday.local(now, worker.hours.zone).date()
    if brief.due_on is not None and brief.due_on < today:
        raise Refused(
            f"due: {brief.due_on.isoformat()} has passed where {worker.display_name} lives; write a later day."
        )
    if brief.cap_minutes == 0:
        raise Refused('cap: 0 h allows no work at all; write the most hours that are paid, or cap = "none".')


def _brief_contents(job: Job, brief: Brief, owner: Owner, worker: Worker, *, first_mail: bool) -> BriefContents:
    return BriefContents(
        job_id=job.id,
        title=brief.title,
        worker_name=worker.display_name,
        owner_name=owner.display_name,
        why=brief.why,
        how=brief.how,
        accept=brief.accept,
        steps=brief.steps,
        cap_minutes=brief.cap_minutes,
        due_on=brief.due_on,
        version=brief.version,
        asked=brief.asked,
        week_cap=worker.week_cap_minutes,
        first_mail=first_mail,
    )


def topic(job: Job) -> str:
    """The fixed subject of all mails about a job, `[J12] Title`; mail programs thread by it."""
    return f"[{job.id}] {job.brief.title}"


def owner_due(slice_: Slice, event: ev.OwnerDue, now: datetime) -> Decision:
    """Write the owner's digest: one a local date, whatever was missed before."""
    owner = slice_.owner
    if owner is None:
        raise Refused(f"There is no owner called {event.owner_id}.")
    today = workday.local(now, owner.hours.zone).date()
    if owner.last_digest_on is not None and owner.last_digest_on >= today:
        raise Refused(f"The digest of {today.isoformat()} is already written.")
    from mailagent.core import digest  # loaded once a day, and not by what only reads mail

    contents = digest.contents(slice_, owner, today, now)
    letter = Letter(
        id=f"{owner.id}/digest/{today.isoformat()}",
        kind=LetterKind.DIGEST,
        role=Role.OWNER,
        recipient_id=owner.id,
        job_id=None,
        causes=(),
        contents=contents,
        written_at=now,
        numbers=tuple(line.job_id for line in contents.lines),
    )
    return Decision((Change(owner, digest.told(owner, today, now)),), (letter,))


def alarmed(slice_: Slice, event: ev.Alarmed, now: datetime) -> Decision:
    """Tell a person what he must mend, once for each topic."""
    if slice_.letter is not None or (event.role is Role.SYSADMIN and not slice_.policy.has_sysadmin):
        return Decision()
    name = slice_.owner.display_name if slice_.owner and event.role is Role.OWNER else "sysadmin"
    contents = AlertContents(name, event.headline, event.happened, event.to_do)
    return Decision(letters=(alert(event.person_id, event.role, event.topic, contents, now),))


def alert(person_id: str, role: Role, about: str, contents: AlertContents, now: datetime) -> Letter:
    """An alert letter; `about` makes its key unique."""
    return Letter(
        id=alert_key(person_id, about),
        kind=LetterKind.ALERT,
        role=role,
        recipient_id=person_id,
        job_id=None,
        causes=(),
        contents=contents,
        written_at=now,
    )
