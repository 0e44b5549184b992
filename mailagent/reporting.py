"""What a worker's words mean as events: a report, or an absence note. Nothing is looked up here."""

from mailagent.core import events as ev
from mailagent.core.model import Fate, Job, Status
from mailagent.mail import wire


def reported(facts: ev.MailFacts, job: Job, fields: wire.Fields, *, guessed: bool) -> ev.Reported:
    """A worker's words about one job of his."""
    return ev.Reported(
        mail=facts,
        worker_id=job.worker_id,
        job_id=job.id,
        job_guessed=guessed,
        done=fields.done,
        minutes=fields.minutes,
        next=fields.next,
        blocked=fields.blocked or None,
        status=None if fields.status is None else Status(fields.status),
        question=fields.question,
        need_minutes=fields.need_minutes,
        need_words=fields.need_words,
        away_until=fields.away_until,
        snooze_minutes=fields.snooze_minutes,
        gives_up=ev.GivingUp(fields.gives_up) if fields.gives_up else None,
        gives_up_why=fields.gives_up_why,
        unblocked=fields.blocked == "",
        away_from=fields.away_from,
        away_why=fields.away_why,
    )


def absence(facts: ev.MailFacts, worker_id: str, understood: wire.Understood, why: str) -> ev.Event:
    """An absence note: it sets him away where it states his return, and is only recorded where it does not."""
    back = understood.reports[0].away_until if understood.reports else None
    if back is None:
        return ev.MailSettled(facts, Fate.AUTOMATIC, why)
    return ev.SeemedAway(facts, worker_id, back)
