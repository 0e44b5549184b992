"""The coming life of a job, played through the same desk on a store of its own: what would be written, and when.

The worker is an actor whose mails come as facts of the best proof; the owner answers nothing. The clock leaps from
instant to instant at which something is due. Nothing is sent, and the office itself is only read, by whoever calls.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mailagent.core import events as ev
from mailagent.core import reminders, workday
from mailagent.core.decision import Change, Decision, Entity
from mailagent.core.letters import Letter
from mailagent.core.model import (
    ArchivePlace,
    Brief,
    Job,
    LetterKind,
    Owner,
    Phase,
    Proof,
    Status,
    TimeEntry,
    Worker,
)
from mailagent.core.slices import JobFacts
from mailagent.core.workday import Calendar
from mailagent.desk import Desk
from mailagent.edge.store.port import Store
from mailagent.errors import StateError, UserError

LONGEST = timedelta(days=400)  # of a job without a cap, say
_NOWHERE = ArchivePlace("rehearsal", 0)
_EARLIER = "-"  # owns the jobs of before, which are nobody's concern here
_STARTS_AFTER, _EARLY, _AFTER_NUDGE = 30, 10, 20  # minutes: of work, of the clock, of work
_AT_LEAST = 15  # minutes of work told of in one report
_PLAN = 240  # minutes, where neither steps nor a cap tell how much work it is


class Manner(StrEnum):
    """How the worker behaves."""

    RELIABLE = "reliable"  # each word in time
    SLOW = "slow"  # each only after a reminder
    SILENT = "silent"  # none


@dataclass(frozen=True, slots=True)
class Cast:
    """Whom and what a rehearsal takes over from the office.

    `entries` are the worker's latest; `jobs` are his and the newest of all, whose number the next one follows.
    """

    owners: tuple[Owner, ...]
    worker: Worker | None
    jobs: tuple[Job, ...] = ()
    entries: tuple[TimeEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Coming:
    """A mail that would come: to whom, which kind, what it says in one line."""

    at: datetime
    sender: str
    to: str
    kind: str
    says: str


@dataclass(frozen=True, slots=True)
class Life:
    """All of it. `ended` is a sentence."""

    job: Job
    mails: tuple[Coming, ...]
    ended: str


class _Actor:
    """The worker: when he writes next, and what."""

    def __init__(self, manner: Manner, brief: Brief) -> None:
        self.next_at: datetime | None = None
        self._manner = manner
        self._steps = brief.steps
        estimates = [step.estimate_minutes for step in brief.steps]
        known = sum(one or 0 for one in estimates) if estimates and None not in estimates else 0
        plan = known or brief.cap_minutes or _PLAN
        self._plan = plan if brief.cap_minutes is None else min(plan, brief.cap_minutes)
        self._told = 0
        self._mails = 0

    def gets(self, letter: Letter, now: datetime, calendar: Calendar) -> None:
        """A letter to him has come."""
        if self._manner is Manner.RELIABLE and letter.kind is LetterKind.BRIEF:
            self.next_at = workday.add_working(now, _STARTS_AFTER, calendar)
        elif self._manner is Manner.SLOW and letter.kind is LetterKind.NUDGE:
            self.next_at = workday.add_working(now, _AFTER_NUDGE, calendar)

    def plans(self, due: datetime | None, now: datetime, calendar: Calendar) -> None:
        """What he wrote was answered: his next word is due then."""
        self.next_at = None
        if self._manner is not Manner.RELIABLE or due is None or self._told >= self._plan:
            return
        finished = workday.add_working(now, max(_AT_LEAST, self._plan - self._told), calendar)
        in_time = max(due - timedelta(minutes=_EARLY), now + timedelta(minutes=1))
        self.next_at = in_time if finished is None else min(finished, in_time)

    def writes(self, job: Job, worker: Worker, now: datetime, calendar: Calendar) -> ev.Reported:
        """His next mail: that he has started, or a report; with the last minute of his plan he is done."""
        self._mails += 1
        if job.phase is Phase.BRIEFED:
            return self._reported(job, worker, now, None, None, Status.STARTED)
        worked = workday.working_minutes(reminders.clock_of(job), now, calendar)
        left = self._plan - self._told
        minutes = left if left - worked < _AT_LEAST else max(_AT_LEAST, worked - worked % 5)
        done = f"Part {self._mails - 1}: {self._step()}"
        self._told += minutes
        status = Status.DONE if self._told >= self._plan else Status.WORKING
        return self._reported(job, worker, now, done, minutes, status)

    def _step(self) -> str:
        """The step that he was at."""
        reached = 0
        for step in self._steps:
            reached += step.estimate_minutes or 0
            if reached > self._told:
                return step.text
        return self._steps[-1].text if self._steps else "a part of the work"

    def _reported(
        self, job: Job, worker: Worker, now: datetime, done: str | None, minutes: int | None, status: Status
    ) -> ev.Reported:
        mail = ev.MailFacts(
            id=f"{self._mails:032x}",
            mailbox="INBOX",
            uidvalidity=1,
            uid=self._mails,
            received_at=now,
            archived=_NOWHERE,
            addr_spec=worker.addresses[0],
            person_id=worker.id,
            proof=Proof.BOTH,
            proof_why="it is played",
            message_id=f"<played.{self._mails}@example.invalid>",
        )
        return ev.Reported(mail, worker.id, job.id, False, done, minutes, None, None, status)


class Rehearsal:
    """Plays one job on `store`, which must be new and empty. `line_of` gives what a letter says, in one line."""

    def __init__(self, store: Store, cast: Cast, line_of: Callable[[Letter], str]) -> None:
        self._store = store
        self._desk = Desk(store)
        self._cast = cast
        self._line_of = line_of
        self._mails: list[Coming] = []

    def play(self, event: ev.JobAdded, manner: Manner, now: datetime) -> Life:
        """Give the job, and play until it is done, or nothing more will come, and the owner has had his next digest.

        Raises: UserError where the job would be refused.
        """
        self._take_over(now)
        actor, started = _Actor(manner, event.brief), now
        self._settle([event], now)
        over = False
        while now - started < LONGEST:
            sent = self._send(actor, now)
            if over and LetterKind.DIGEST in sent:
                break
            over = over or self._is_over(actor, now)
            now = self._leap(actor, now)
            if actor.next_at is not None and actor.next_at <= now:
                self._hear(actor, now)
            self._settle(self._store.due(now), now)
        return Life(self._facts(now)[0].job, tuple(self._mails), self._ended(now))

    def _take_over(self, now: datetime) -> None:
        """Bring people in as they stand, and earlier jobs as closed, so that only this one has a life."""
        cast = self._cast
        kept: list[Entity] = [replace(one, rev=1) for one in cast.owners]
        kept += [replace(cast.worker, rev=1)] if cast.worker is not None else []
        kept += [_closed(job, now) for job in cast.jobs]
        kept += [replace(one, rev=1) for one in cast.entries]
        decision = Decision(tuple(Change(None, one) for one in kept))
        self._store.stage(ev.HouseKept(()), decision, now)
        self._store.commit()

    def _settle(self, events: Iterable[ev.Event], now: datetime) -> None:
        for settled in self._desk.settle(events, now):
            if settled.refused:
                raise UserError(settled.refused)
            if settled.broke:
                raise StateError(f"The rehearsal broke at {now:%d %b %H:%M} UTC: {settled.broke}")

    def _send(self, actor: _Actor, now: datetime) -> frozenset[LetterKind]:
        """Let every letter arrive that may go now."""
        letters = self._store.letters_due(now, 1000)
        for letter in letters:
            number = len(self._mails) + 1
            self._mails.append(Coming(now, "mailagent", letter.recipient_id, letter.kind.value, self._line_of(letter)))
            claim = ev.LetterClaimed(letter.id, f"<rehearsed.{number}@example.invalid>", f"rehearsed-{number}")
            self._settle([claim, ev.LetterSent(letter.id, "rehearsed", _NOWHERE)], now)
            _, calendar = self._facts(now)
            actor.gets(letter, now, calendar)
        return frozenset(letter.kind for letter in letters)

    def _hear(self, actor: _Actor, now: datetime) -> None:
        facts, calendar = self._facts(now)
        report = actor.writes(facts.job, facts.worker, now, calendar)
        self._mails.append(Coming(now, facts.worker.id, "mailagent", "report", _said(report)))
        self._settle([report], now)
        after, calendar = self._facts(now)
        actor.plans(reminders.report_due_at(after.job, after.effort, calendar, self._store.policy), now, calendar)

    def _leap(self, actor: _Actor, now: datetime) -> datetime:
        """The next instant at which something happens."""
        instants = (self._store.next_due_at(), self._store.next_letter_at(), actor.next_at)
        ahead = min((one for one in instants if one is not None), default=now + LONGEST)
        return max(now, ahead)

    def _facts(self, now: datetime) -> tuple[JobFacts, Calendar]:
        assert self._cast.worker is not None, "without a worker the job is refused"
        slice_ = self._store.load(ev.WorkerDue(self._cast.worker.id), now)
        assert slice_.worker is not None, "he was taken over"
        return slice_.facts[0], reminders.calendar_of(slice_.worker, slice_.days_off, slice_.worker_days)

    def _is_over(self, actor: _Actor, now: datetime) -> bool:
        facts, calendar = self._facts(now)
        waits = self._store.next_letter_at() is not None or actor.next_at is not None
        return not waits and reminders.job_due_at(facts, calendar, self._store.policy) is None

    def _ended(self, now: datetime) -> str:
        facts, _ = self._facts(now)
        if facts.job.phase is Phase.DONE:
            return f"{facts.job.id} is done, and waits for its owner to judge it."
        if facts.job.silent_since is not None:
            return (
                f"Nothing more is asked of {facts.worker.id}: what becomes of {facts.job.id} is for its owner to say."
            )
        return f"Nothing more is due of {facts.job.id}."


def _closed(job: Job, now: datetime) -> Job:
    return replace(job, owner_id=_EARLIER, phase=Phase.ACCEPTED, closed_at=job.closed_at or now, trial_id=None, rev=1)


def _said(report: ev.Reported) -> str:
    if report.minutes is None:
        return f"Status: {report.status}"
    return f"{report.done}. {report.minutes // 60} h {report.minutes % 60:02}, status {report.status}"
