"""What follows from a worker's words beside the booking: what he waits for, what the owner hears at once, giving up.

Each news is told once: a question that stands open is not asked again, and a threshold of the cap is passed once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailagent.core import caps
from mailagent.core.decision import Change
from mailagent.core.events import GivingUp
from mailagent.core.model import AskedFor, Job, Phase, Question, Report, Status
from mailagent.core.slices import Effort

URGENCY = ("quit", "declined", "blocked", "question", "hours", "done", "at cap", "first report", "away")
NEWS_OF = {AskedFor.ANSWER: "question", AskedFor.WAY_ON: "blocked", AskedFor.HOURS: "hours"}
NOT_BLOCKED = "he is no longer blocked, by his own word"
GAVE_UP = "he gave the job back"


@dataclass(frozen=True, slots=True)
class Said:
    """A worker's words as far as something follows from them."""

    report: Report
    need_minutes: int | None = None
    need_words: str = ""
    unblocked: bool = False
    gives_up: GivingUp | None = None
    gives_up_why: str = ""
    is_repeated: bool = False  # the same mail again: it asks for nothing new


@dataclass(frozen=True, slots=True)
class Followed:
    """What follows. `told` is the owner's news with the worker's words, the most urgent first.

    `open` is what the owner owes an answer to then. `gave_up`: "declined", "quit", or "begun" (too late to decline).
    """

    job: Job
    changes: tuple[Change, ...] = ()
    open: tuple[Question, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    cap_passed: int = 0
    gave_up: str = ""


@dataclass(frozen=True, slots=True)
class _Want:
    asked_for: AskedFor
    words: str
    minutes: int | None = None


def follow(said: Said, before: Job, moved: Job, standing: Sequence[Question], sums: Effort, number: str) -> Followed:
    """Tell what follows. `moved` is the job after the report, `number` that of its questions (`31` for `Q31`)."""
    if not before.is_open or said.report.waits:
        return Followed(moved, open=tuple(standing))
    cap_passed = caps.newly_passed(moved.brief.cap_minutes, sums.payable, moved.cap_told)
    if cap_passed:
        moved = replace(moved, cap_told=cap_passed)
    told = [("at cap", "")] if cap_passed == caps.USED_UP else []
    if _may_give_up(said, before):
        return _given_up(said, moved, standing, told, cap_passed)
    changes, still_open, asked = _asked(said, moved, standing, number)
    told += asked
    if moved.phase is Phase.DONE and before.phase is not Phase.DONE:
        told.append(("done", ""))
    elif before.first_report_at is None and moved.first_report_at is not None:
        told.append(("first report", ""))
    gave_up = "begun" if said.gives_up is GivingUp.DECLINE else ""
    return Followed(moved, changes, still_open, by_urgency(told), cap_passed, gave_up)


def by_urgency(told: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The news, the most urgent first."""
    return tuple(sorted(told, key=lambda one: URGENCY.index(one[0])))


def _may_give_up(said: Said, before: Job) -> bool:
    """He may quit at any time, and decline only what he has not begun."""
    if said.gives_up is GivingUp.DECLINE:
        return before.phase is Phase.BRIEFED
    return said.gives_up is GivingUp.QUIT


def _given_up(
    said: Said, moved: Job, standing: Sequence[Question], told: list[tuple[str, str]], cap_passed: int
) -> Followed:
    at = said.report.received_at
    job = replace(moved, phase=Phase.DECLINED, closed_at=at, done_at=None)
    news = "quit" if said.gives_up is GivingUp.QUIT else "declined"
    closed = tuple(_answered(one, at, GAVE_UP) for one in standing)
    return Followed(job, closed, (), by_urgency([(news, said.gives_up_why), *told]), cap_passed, news)


def _asked(
    said: Said, job: Job, standing: Sequence[Question], number: str
) -> tuple[tuple[Change, ...], tuple[Question, ...], list[tuple[str, str]]]:
    """The questions that are opened, changed or closed; what stands open then; and what is news to the owner."""
    at = said.report.received_at
    wants = () if said.is_repeated else tuple(_wants(said))
    changes: list[Change] = []
    still_open = {one.id: one for one in standing}
    if said.unblocked and all(want.asked_for is not AskedFor.WAY_ON for want in wants):
        for one in standing:
            if one.asked_for is AskedFor.WAY_ON:
                changes.append(_answered(one, at, NOT_BLOCKED))
                del still_open[one.id]
    told = []
    fresh = 0
    for want in wants:
        stands = [one for one in still_open.values() if one.asked_for is want.asked_for]
        if any(_is_the_same(one, want) for one in stands):
            continue
        older = stands[0] if stands and want.asked_for is not AskedFor.ANSWER else None
        question = _question(want, said.report, job, f"Q{number}{'' if not fresh else chr(97 + fresh)}", older)
        fresh += older is None
        changes.append(Change(older, question))
        still_open[question.id] = question
        told.append((NEWS_OF[want.asked_for], want.words))
    return tuple(changes), tuple(still_open.values()), told


def _wants(said: Said) -> Iterable[_Want]:
    """What he waits for; a block without words of its own beside a question is that question."""
    report = said.report
    if report.blocked is not None or (report.status is Status.BLOCKED and report.question is None):
        yield _Want(AskedFor.WAY_ON, report.blocked or "")
    if report.question is not None:
        yield _Want(AskedFor.ANSWER, report.question)
    if said.need_minutes is not None:
        yield _Want(AskedFor.HOURS, said.need_words, said.need_minutes or None)


def _is_the_same(one: Question, want: _Want) -> bool:
    """Tell whether what he asks stands open already: a block does whatever its words, once it has any."""
    if want.asked_for is AskedFor.WAY_ON:
        return bool(one.words) or not want.words
    if want.asked_for is AskedFor.HOURS:
        return want.minutes in (None, one.minutes)
    return one.words.split() == want.words.split()


def _question(want: _Want, report: Report, job: Job, fresh_id: str, older: Question | None) -> Question:
    """A new question, or the one that stands open with what he says now."""
    if older is not None:
        return replace(
            older,
            words=want.words or older.words,
            minutes=want.minutes,
            asked_at=report.received_at,
            report_id=report.id,
            reminded_at=None,
        )
    return Question(
        id=fresh_id,
        job_id=job.id,
        worker_id=job.worker_id,
        owner_id=job.owner_id,
        asked_for=want.asked_for,
        asked_at=report.received_at,
        report_id=report.id,
        words=want.words,
        minutes=want.minutes,
    )


def _answered(question: Question, at: datetime, answer: str) -> Change:
    return Change(question, replace(question, answered_at=at, answer=answer))
