"""Where an owner's mail is carried out: its jobs as they become, line by line, until all of it is one decision.

Nothing here leaves the bench but by `changes` and `letters`; every job is changed once, whatever was ordered of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from mailagent.core import effort, reminders
from mailagent.core import events as ev
from mailagent.core.decide.people import topic
from mailagent.core.decision import Change
from mailagent.core.letters import FromOwnerContents, FromOwnerPart, Letter
from mailagent.core.model import AskedFor, Deed, Job, LetterKind, Owner, Question, Role, TimeEntry
from mailagent.core.slices import Effort, JobFacts, OverCap, Slice


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line, as whole sentences. `part` is what the worker is told of it.

    `waits`: it is done once he has said yes to the transcript.
    """

    said: str
    done: bool = False
    waits: bool = False
    part: FromOwnerPart | None = None


@dataclass(slots=True)
class Work:
    """One job on the bench; `asked` are its questions as they stood, by id, `standing` the same as they stand now."""

    facts: JobFacts
    job: Job
    effort: Effort
    over_cap: tuple[OverCap, ...]
    days: dict[date, Effort]
    asked: dict[str, Question]
    standing: dict[str, Question]
    entries: list[TimeEntry] = field(default_factory=list)
    parts: list[FromOwnerPart] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The worker's."""
        return self.facts.worker.display_name

    @property
    def is_touched(self) -> bool:
        """Tell whether anything about it was ordered and done."""
        return self.job != self.facts.job or self.asked != self.standing or bool(self.entries or self.parts)

    def open_questions(self, *kinds: AskedFor) -> tuple[Question, ...]:
        """What the owner still owes an answer to, of these kinds, oldest first; of all without any."""
        return tuple(one for one in self.standing.values() if one.is_open and (not kinds or one.asked_for in kinds))

    def close(self, questions: Iterable[Question], answer: str, now: datetime) -> None:
        """The owner has answered these."""
        self.standing |= {one.id: replace(one, answered_at=now, answer=answer) for one in questions}

    def put_back(self, current: Question, before: Question) -> None:
        """A question stands again as it stood before."""
        self.asked[current.id] = current
        self.standing[current.id] = replace(before, rev=current.rev)


class Bench:
    """The jobs that one mail of an owner is about."""

    def __init__(self, slice_: Slice, owner: Owner, mail: ev.MailFacts, now: datetime) -> None:
        self.slice = slice_
        self.owner = owner
        self.mail = mail
        self.now = now
        self.deed_after: Deed | None = None  # the deed that was taken back
        self.letters_after: list[tuple[Letter, Letter]] = []  # letters that were stopped
        self._works = {facts.job.id: _work(facts) for facts in slice_.facts}
        self._booked = 0

    def work(self, job_id: str | None) -> Work | None:
        """The job of this key, if there is one."""
        return self._works.get(job_id or "")

    def touched(self) -> list[Work]:
        """The jobs that something was done about."""
        return [work for work in self._works.values() if work.is_touched]

    def book(self, work: Work, entry: TimeEntry) -> None:
        """Book an entry; its id and instant are given here."""
        self._booked += 1
        booked = replace(entry, id=f"E{self.slice.seq}.{self._booked}", recorded_at=self.now, rev=1)
        work.entries.append(booked)
        work.effort = work.effort.plus(booked)
        for other in self._works.values():
            if other.facts.worker.id == booked.worker_id:
                other.days[booked.worked_on] = other.days.get(booked.worked_on, Effort()).plus(booked)

    def changes(self) -> list[Change]:
        """All that the lines changed, each entity once."""
        changes: list[Change] = []
        for work in self.touched():
            if work.job != work.facts.job:
                changes.append(Change(work.facts.job, work.job))
            pairs = ((one, work.standing[one.id]) for one in work.asked.values())
            changes += [Change(before, after) for before, after in pairs if before != after]
            changes += [Change(None, entry) for entry in work.entries]
        if self.deed_after is not None:
            changes.append(Change(self.slice.deed, self.deed_after))
        changes += [Change(before, after) for before, after in self.letters_after]
        return changes

    def letters(self, held: timedelta) -> tuple[Letter, ...]:
        """One letter for each job whose worker has to know, held back so that `undo` can stop it."""
        return tuple(self._letter(work, held) for work in self.touched() if work.parts)

    def _letter(self, work: Work, held: timedelta) -> Letter:
        worker, job = work.facts.worker, work.job
        return Letter(
            id=f"{worker.id}/from-owner/D{self.slice.seq}-{job.id}",
            kind=LetterKind.FROM_OWNER,
            role=Role.WORKER,
            recipient_id=worker.id,
            job_id=job.id,
            causes=(self.mail.id,),
            contents=FromOwnerContents(
                worker_name=worker.display_name,
                owner_name=self.owner.display_name,
                job_id=job.id,
                title=job.brief.title,
                parts=tuple(work.parts),
                stand=effort.stand(job.brief.cap_minutes, work.effort),
                next_due_at=self._next_due_at(work),
                is_open=job.is_open,
            ),
            written_at=self.now,
            subject_topic=topic(job),
            in_reply_to=job.last_message_id or job.root_message_id,
            thread_root=job.root_message_id,
            next_try_at=self.now + held,
        )

    def _next_due_at(self, work: Work) -> datetime | None:
        if work.open_questions():
            return None
        days = tuple(sorted(work.days.items()))
        calendar = reminders.calendar_of(work.facts.worker, work.facts.days_off, days)
        return reminders.report_due_at(work.job, work.effort, calendar, self.slice.policy)


def _work(facts: JobFacts) -> Work:
    asked = {one.id: one for one in facts.questions}
    return Work(facts, facts.job, facts.effort, facts.over_cap, dict(facts.days), asked, dict(asked))
