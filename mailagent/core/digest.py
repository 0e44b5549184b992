"""What the owner reads each day, as values; the words are in templates/digest.*."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from mailagent.core import effort, pulse, trials, workday
from mailagent.core.answers import answers
from mailagent.core.letters import DigestContents, DigestLine, HoursStand, Money, Reason
from mailagent.core.model import Job, Owner, Report, Worker
from mailagent.core.slices import JobPicture, Slice

SECTIONS = ("needs you", "at risk", "well", "away", "closed")

_CENT = Decimal("0.01")


def contents(slice_: Slice, owner: Owner, on: date, now: datetime, *, is_asked_for: bool = False) -> DigestContents:
    """Put the owner's picture into the order he reads it in. One that he asked for is whole on a quiet day, too."""
    rows = lines(slice_.pictures, owner, now)
    reports = sum(picture.reports_since for picture in slice_.pictures)
    capped = [line.stand for line in rows if line.stand.cap is not None and line.section != "closed"]
    troubles = _troubles(slice_)
    return DigestContents(
        owner_name=owner.display_name,
        on=on,
        as_of=now,
        lines=rows,
        reports=reports,
        minutes=sum(picture.minutes_since for picture in slice_.pictures),
        over_cap=sum(picture.over_cap_since for picture in slice_.pictures),
        undecided=sum(picture.undecided_since for picture in slice_.pictures),
        troubles=troubles,
        seen=slice_.books.seen,
        left_alone=slice_.books.left_alone,
        quarantined=slice_.books.quarantined,
        expected=reports + sum(_is_late(line) for line in rows),
        used=sum(stand.payable for stand in capped),
        capped=sum(stand.cap or 0 for stand in capped),
        money=_money(slice_.pictures),
        quiet=not is_asked_for and reports == 0 and not troubles and all(map(_is_quiet, rows)),
        first=not is_asked_for and owner.last_digest_on is None,
        digest_at=owner.digest_at,
        trials=trials.side_by_side(slice_.trial_jobs),
        next_on=workday.next_workday(on + timedelta(days=1), owner.hours),
    )


def told(owner: Owner, on: date, now: datetime) -> Owner:
    """The owner after his digest of the local date `on` was written."""
    return replace(owner, last_digest_on=on, last_digest_at=now)


def lines(pictures: Sequence[JobPicture], owner: Owner, now: datetime) -> tuple[DigestLine, ...]:
    """A line for each job, numbered through in the order he reads them: what needs him first, the worst before all."""
    names = _names(pictures)
    rows = [_line(picture, names[picture.worker.id], now) for picture in pictures]
    rows.sort(key=lambda line: _place(line, owner, now))
    return tuple(replace(line, number=number) for number, line in enumerate(rows, start=1))


def _line(picture: JobPicture, called: str, now: datetime) -> DigestLine:
    job, report = picture.job, picture.last_report
    section, reasons = _section(picture, now)
    return DigestLine(
        number=0,
        job_id=job.id,
        title=job.brief.title,
        worker_name=picture.worker.display_name,
        phase=job.phase.value,
        status=report.status if report else None,
        last_reported_at=job.last_reported_at,
        done=_said(report) if report and picture.reports_since else None,
        next=report.next if report and picture.reports_since else None,
        blocked=report.blocked if report else None,
        minutes_since_last_digest=picture.minutes_since,
        stand=effort.stand(job.brief.cap_minutes, picture.effort),
        unproven=bool(report and report.waits),
        section=section,
        reasons=reasons,
        answers=_answers(job, reasons) if section == "needs you" else (),
        called=called,
    )


def _section(picture: JobPicture, now: datetime) -> tuple[str, tuple[Reason, ...]]:
    if not picture.job.is_open:
        return "closed", ()
    needs, risks = pulse.needs(picture), pulse.risks(picture, now)
    absence = pulse.absence(picture, now)
    if needs:
        return "needs you", needs + absence
    if absence:
        return "away", absence
    return ("at risk", risks) if risks else ("well", ())


def _answers(job: Job, reasons: Sequence[Reason]) -> tuple[tuple[str, str], ...]:
    asked = next((reason.minutes for reason in reasons if reason.what == "hours"), None)
    return answers(job.id, *(reason.what for reason in reasons), asked_minutes=asked)


def _place(line: DigestLine, owner: Owner, now: datetime) -> tuple[int, tuple[int, datetime], bool, int]:
    worst = pulse.rank(line.reasons, owner, now) if line.needs_you else (0, now)
    return SECTIONS.index(line.section), worst, _has_no_news(line), int(line.job_id[1:])


def _has_no_news(line: DigestLine) -> bool:
    return line.done is None and line.minutes_since_last_digest == 0


def _is_quiet(line: DigestLine) -> bool:
    return line.section in ("well", "away")


def _is_late(line: DigestLine) -> bool:
    return any(reason.what in ("late", "silent") for reason in line.reasons)


def _names(pictures: Sequence[JobPicture]) -> dict[str, str]:
    """Each worker's first name, or the whole one where two of them share it."""
    workers: dict[str, Worker] = {picture.worker.id: picture.worker for picture in pictures}
    firsts = {id_: (worker.display_name.split() or [id_])[0] for id_, worker in workers.items()}
    counted = Counter(firsts.values())
    return {id_: first if counted[first] == 1 else workers[id_].display_name for id_, first in firsts.items()}


def _money(pictures: Sequence[JobPicture]) -> tuple[Money, ...]:
    """What the hours come to, for workers with a rate."""
    found: dict[str, Money] = {}
    for picture in pictures:
        rate, currency = picture.worker.rate, picture.worker.currency
        if rate is None or currency is None:
            continue
        stand = effort.stand(picture.job.brief.cap_minutes, picture.effort)
        before = found.get(currency) or Money(currency, Decimal(0), Decimal(0), Decimal(0))
        found[currency] = Money(
            currency,
            before.payable + rate * stand.payable / 60,
            before.promised + rate * _promised(picture, stand) / 60,
            before.over_cap + rate * stand.over_cap / 60,
        )
    return tuple(_rounded(found[currency]) for currency in sorted(found))


def _promised(picture: JobPicture, stand: HoursStand) -> int:
    """Minutes under the cap that may still be worked."""
    return (stand.left or 0) if picture.job.phase in pulse.UNDER_WAY else 0


def _rounded(money: Money) -> Money:
    amounts = (money.payable, money.promised, money.over_cap)
    return Money(money.currency, *(amount.quantize(_CENT, ROUND_HALF_UP) for amount in amounts))


def _troubles(slice_: Slice) -> tuple[str, ...]:
    """Whole sentences about mail that does not get through or could not be read."""
    unreachable = {p.worker.id: p.worker for p in slice_.pictures if p.worker.unreachable_since is not None}
    lost = [
        f"Mail to {worker.display_name} <{worker.addresses[0]}> does not arrive: {worker.unreachable_why}"
        for worker in unreachable.values()
    ]
    kept = [f"A mail of {mail.received_at:%d %b %H:%M} UTC is set aside: {mail.why}" for mail in slice_.quarantined]
    books = slice_.books
    ends = books.left_alone + books.vanished + books.duplicates + books.settled
    wrong = [] if books.balance else [f"My books do not balance: {books.seen} mails were seen, {ends} have an end"]
    return tuple(lost + kept + wrong)


def _said(report: Report) -> str | None:
    """What he did, and what he wrote besides: a remark has no other way to the owner."""
    return " - ".join(filter(None, (report.done, report.remark))) or None
