"""What the owner reads each day, as values; the words are in templates/digest.*."""

from dataclasses import replace
from datetime import date, datetime

from mailagent.core import effort
from mailagent.core.letters import DigestContents, DigestLine
from mailagent.core.model import Owner, Phase, Status
from mailagent.core.slices import JobPicture, Slice


def contents(slice_: Slice, owner: Owner, on: date, now: datetime) -> DigestContents:
    """Put the owner's picture into the order he reads it in: what needs him first, then by job number."""
    pictures = sorted(slice_.pictures, key=lambda picture: (not _needs_owner(picture), picture.job.number))
    return DigestContents(
        owner_name=owner.display_name,
        on=on,
        as_of=now,
        lines=tuple(_line(number, picture) for number, picture in enumerate(pictures, start=1)),
        reports=sum(picture.reports_since for picture in pictures),
        minutes=sum(picture.minutes_since for picture in pictures),
        over_cap=sum(picture.over_cap_since for picture in pictures),
        undecided=sum(picture.undecided_since for picture in pictures),
        troubles=_troubles(slice_),
        seen=slice_.books.seen,
        left_alone=slice_.books.left_alone,
        quarantined=slice_.books.quarantined,
    )


def told(owner: Owner, on: date, now: datetime) -> Owner:
    """The owner after his digest of the local date `on` was written."""
    return replace(owner, last_digest_on=on, last_digest_at=now)


def _line(number: int, picture: JobPicture) -> DigestLine:
    job, report = picture.job, picture.last_report
    return DigestLine(
        number=number,
        job_id=job.id,
        title=job.brief.title,
        worker_name=picture.worker.display_name,
        phase=job.phase.value,
        status=report.status if report else None,
        last_reported_at=job.last_reported_at,
        done=report.done if report else None,
        next=report.next if report else None,
        blocked=report.blocked if report else None,
        minutes_since_last_digest=picture.minutes_since,
        stand=effort.stand(job.brief.cap_minutes, picture.effort),
        needs_you=_needs_owner(picture),
        unproven=bool(report and report.waits),
    )


def _needs_owner(picture: JobPicture) -> bool:
    """Blocked, done and not yet judged, hours over the cap or undecided, or a worker whom no mail reaches."""
    report = picture.last_report
    blocked = report is not None and (report.blocked is not None or report.status is Status.BLOCKED)
    return (
        blocked
        or picture.job.phase is Phase.DONE
        or picture.effort.over_cap > 0
        or picture.effort.undecided > 0
        or picture.worker.unreachable_since is not None
    )


def _troubles(slice_: Slice) -> tuple[str, ...]:
    """Whole sentences about mail that does not get through or could not be read."""
    unreachable = {p.worker.id: p.worker for p in slice_.pictures if p.worker.unreachable_since is not None}
    lost = [
        f"Mail to {worker.display_name} <{worker.addresses[0]}> does not arrive: {worker.unreachable_why}"
        for worker in unreachable.values()
    ]
    kept = [f"A mail of {mail.received_at:%d %b %H:%M} UTC is set aside: {mail.why}" for mail in slice_.quarantined]
    return tuple(lost + kept)
