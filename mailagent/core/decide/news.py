"""The owner's news: one letter for all that one report tells him at once, named by the most urgent."""

from collections.abc import Sequence
from datetime import date, datetime

from mailagent.core import answers
from mailagent.core.letters import HoursStand, Letter, OwnerNewsContents
from mailagent.core.model import Job, LetterKind, Owner, Report, Role, Worker


def of_report(
    owner: Owner,
    worker: Worker,
    job: Job,
    report: Report,
    told: Sequence[tuple[str, str]],
    stand: HoursStand,
    now: datetime,
    *,
    asked_minutes: int | None = None,
    away: tuple[date | None, date | None] = (None, None),
) -> Letter:
    """Tell the owner what a report brought; `told` is the news with the worker's words, the most urgent first."""
    (news, words), *also = told
    contents = OwnerNewsContents(
        news=news,
        owner_name=owner.display_name,
        worker_name=worker.display_name,
        job_id=job.id,
        title=job.brief.title,
        stand=stand,
        words=words,
        done=report.done,
        minutes=report.minutes,
        next=report.next,
        blocked=report.blocked,
        accept=job.brief.accept if any(one == "done" for one, _ in told) else (),
        asked_minutes=asked_minutes,
        eaten=min(asked_minutes or 0, stand.over_cap),
        away_from=away[0],
        until=away[1],
        also=tuple(also),
        remark=report.remark,
        received_at=report.received_at,
        answers=answers.answers(job.id, *(one for one, _ in told), asked_minutes=asked_minutes),
    )
    return _letter(owner, job, f"{report.id}-{_slug(news)}", (report.mail_id, report.id), contents, now)


def of_absence(
    owner: Owner, worker: Worker, job: Job, stand: HoursStand, mail_id: str, until: date, now: datetime
) -> Letter:
    """Tell the owner that a worker's mail program says he is absent."""
    contents = OwnerNewsContents(
        news="away",
        owner_name=owner.display_name,
        worker_name=worker.display_name,
        job_id=job.id,
        title=job.brief.title,
        stand=stand,
        until=until,
        received_at=now,
        by_program=True,
        answers=answers.answers(job.id, "away"),
    )
    return _letter(owner, job, f"{mail_id}-away", (mail_id,), contents, now)


def _letter(
    owner: Owner, job: Job, about: str, causes: tuple[str, ...], contents: OwnerNewsContents, now: datetime
) -> Letter:
    return Letter(
        id=f"{owner.id}/owner-news/{about}",
        kind=LetterKind.OWNER_NEWS,
        role=Role.OWNER,
        recipient_id=owner.id,
        job_id=job.id,
        causes=causes,
        contents=contents,
        written_at=now,
        numbers=(job.id,),
    )


def _slug(news: str) -> str:
    return news.replace(" ", "-")
