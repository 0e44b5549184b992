"""An office that lives: people write, orders come, time goes by, and every decision is held against the contract.

What is right is reckoned here anew, from SPEC and by the wall clock, and not by the code that decides. Letters go out
through the real writing, so each of them is rendered.
"""

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mailagent.core import events as ev
from mailagent.core.decision import Decision
from mailagent.core.letters import Letter, NudgeContents, OwnerNewsContents
from mailagent.core.model import (
    ArchivePlace,
    Job,
    LetterKind,
    LetterState,
    Phase,
    Proof,
    TimeEntry,
    Worker,
    WorkingHours,
)
from mailagent.core.slices import JobFacts
from mailagent.desk import Settled
from mailagent.edge import holidays
from mailagent.edge.store.replaying import replay
from mailagent.writing import Writing
from tests.factories import a_brief, a_mail
from tests.sending import Sending

WORKERS = {
    "ana": ev.WorkerAdded("ana", "Ana Cruz", ("ana@example.net",), WorkingHours("Asia/Manila"), holidays_of="PH"),
    "ivo": ev.WorkerAdded(
        "ivo", "Ivo Rus", ("ivo@example.net",), WorkingHours("America/New_York", (1, 2, 3, 4, 5, 6, 7)), 600
    ),
    "lou": ev.WorkerAdded("lou", "Lou Day", ("lou@example.net",), WorkingHours("Australia/Lord_Howe", opens_at=420)),
    "nat": ev.WorkerAdded(  # a night shift
        "nat", "Nat Noir", ("nat@example.net",), WorkingHours("Europe/Berlin", (1, 2, 3, 4, 5), 22 * 60, 6 * 60)
    ),
}
_ASKED_OF = (Phase.BRIEFED, Phase.WORKING, Phase.RETURNED)
_PLACE = ArchivePlace("2026-11", 0)
_MOST_BEFORE_SILENCE, _MORNINGS = 2, 3


class _Office(Sending):
    def _staff(self) -> None:
        """Whom the life brings in, at its own time."""


class Lives:
    """One office with its people, from `now` on."""

    def __init__(self, now: datetime) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lives-"))
        self.now = now
        self.mails = 0
        self.reported: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.nudges: dict[str, list[date]] = defaultdict(list)  # of each job, since its clock began: shifts
        self.told: Counter[str] = Counter()
        self.taken_back: set[str] = set()  # jobs that an undo set back onto their ladder
        self._open()
        owners = (
            ev.OwnerAdded("dana", "Dana Reed", ("dana@example.com",), WorkingHours("Europe/Berlin"), digest_at=450),
            ev.OwnerAdded("eve", "Eve Stone", ("eve@example.com",), WorkingHours("America/Santiago"), digest_at=1080),
        )
        self.settle(*owners, *WORKERS.values())

    def _open(self) -> None:
        self.office = _Office(self.folder, 1)
        self.store = self.office.store
        self.writing = Writing(
            self.office.settings, self.store, self.office.archive, self.office.keys, self.office.templates
        )

    def close(self) -> None:
        self.office.close()
        shutil.rmtree(self.folder)

    # --- what happens ---

    def settle(self, *events: ev.Event) -> tuple[Settled, ...]:
        """Settle; nothing may break, and what is refused changes nothing."""
        before = {job.id: job for job in self.store.jobs()}
        outcomes = self.office.desk.settle(events, self.now)
        broke = [(one.broke, one.event) for one in outcomes if one.broke]
        assert not broke, broke
        for one in outcomes:
            if one.decision is not None:
                self._look_at(one.event, one.decision, before)
        return outcomes

    def give(self, owner: str, worker: str, cap: int | None) -> None:
        self.settle(ev.JobAdded(owner, worker, a_brief(cap_minutes=cap)))
        self.send()

    def mail(self, person_id: str, proof: Proof) -> ev.MailFacts:
        """A mail that has just come."""
        self.mails += 1
        return replace(
            a_mail(),
            id=f"{self.mails:032x}",
            uid=self.mails,
            received_at=self.now,
            addr_spec=f"{person_id}@example.net",
            person_id=person_id,
            proof=proof,
            by_dmarc=True,
            message_id=f"<{self.mails}@phone.example>",
        )

    def report(self, said: ev.Reported) -> None:
        (outcome,) = self.settle(said)
        if outcome.decision is not None:
            self.reported[said.job_id] += said.minutes or 0

    def confirm(self, said: ev.Confirmed) -> None:
        """A no books out what was not his."""
        (outcome,) = self.settle(said)
        for change in outcome.decision.changes if outcome.decision is not None else ():
            if isinstance(change.after, TimeEntry):
                assert change.after.minutes == 0 or (said.was_him is False and change.after.minutes < 0)
                self.reported[change.after.job_id] += change.after.minutes

    def order(self, owner: str, *orders: ev.Order, proof: Proof = Proof.BOTH) -> Settled:
        (outcome,) = self.settle(ev.OwnerOrdered(self.mail(owner, proof), owner, orders))
        return outcome

    def bounce(self, letter: Letter) -> None:
        """The next letter to somebody is refused for good."""
        self.settle(ev.LetterClaimed(letter.id, f"<t.{self.store.seq}@example.com>", "a" * 28))
        self.settle(ev.LetterFailed(letter.id, "550 no such user", _PLACE))

    # --- time ---

    def tick(self) -> None:
        """Do all that is due now; it ends, and then nothing is due."""
        nudged: Counter[str] = Counter()
        for _ in range(20):
            due = self.store.due(self.now)
            if not due:
                break
            for one in self.settle(*due):
                letters = one.decision.letters if one.decision is not None else ()
                nudged.update(letter.recipient_id for letter in letters if letter.kind is LetterKind.NUDGE)
        assert self.store.due(self.now) == ()
        assert all(count == 1 for count in nudged.values()), nudged
        next_due = self.store.next_due_at()
        assert next_due is None or next_due > self.now
        self.send()

    def live_on(self, until: datetime, most: int = 60) -> None:
        """Let the time go by as a daemon lives it: from one due instant to the next."""
        for _ in range(most):
            instants = [one for one in (self.store.next_due_at(), self.store.next_letter_at()) if one is not None]
            at = min(instants, default=until)
            if at >= until:
                break
            self.now = max(self.now, at)
            self.tick()
        self.now = max(self.now, until)
        self.tick()

    def outage(self, length: timedelta) -> None:
        """Nobody is at home for so long; then what is due is due at once."""
        self.now += length
        self.tick()

    def send(self) -> None:
        """Write and send every letter whose time has come."""
        for letter in self.store.letters_due(self.now, 1000):
            if letter.state is LetterState.UNKNOWN:
                continue
            self.settle(self.writing.claim(letter, self.now))
            claimed = self.store.letter(letter.id)
            assert claimed is not None
            assert self.writing.write(claimed).envelope.raw
            self.settle(ev.LetterSent(letter.id, "250 ok", _PLACE))

    def restart(self, *, write: bool) -> None:
        """Stop and start again: the same office, from the journal."""
        if write:
            self.store.write_office(force=True)
        before = self._picture()
        self.office.close()
        report = replay(self.folder / "state")
        assert report.differences == () or not write, report.differences
        self._open()
        after = self._picture()
        assert after == before, [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]

    def _picture(self) -> list[object]:
        store = self.store
        people = [store.owners(), store.workers(), store.jobs(), store.letters_due(self.now, 999)]
        return [*people, store.due(self.now), store.next_due_at()]

    # --- what must hold ---

    def _look_at(self, event: ev.Event, decision: Decision, before: dict[str, Job]) -> None:
        for letter in decision.letters:
            assert letter.id not in self.keys, f"{letter.id} is written twice"
            self.keys.add(letter.id)
        for change in decision.changes:
            job = change.after
            if not isinstance(job, Job) or isinstance(event, ev.WorkerDue):
                continue
            if job.chased == 0:
                self.nudges.pop(job.id, None)
                self.told.pop(job.id, None)
                self.taken_back.discard(job.id)
            elif before[job.id].chased == 0:
                self.taken_back.add(job.id)
        if isinstance(event, ev.WorkerDue):
            self._look_at_tick(event.worker_id, decision.letters)
        else:
            assert not any(letter.kind is LetterKind.NUDGE for letter in decision.letters)

    def _look_at_tick(self, worker_id: str, letters: Iterable[Letter]) -> None:
        nudges = [letter for letter in letters if letter.kind is LetterKind.NUDGE]
        assert len(nudges) <= 1
        for letter in letters:
            assert self.works_now(worker_id), f"{letter.id} at {self.now} is outside the hours of {worker_id}"
            if isinstance(letter.contents, NudgeContents):
                for line in letter.contents.lines:
                    self._look_at_nudge(self.facts(line.job_id))
            if isinstance(letter.contents, OwnerNewsContents):
                job_id = letter.contents.job_id
                self.told[job_id] += 1
                assert self.told[job_id] == 1 or job_id in self.taken_back, f"{job_id} is told as silent twice"

    def _look_at_nudge(self, facts: JobFacts) -> None:
        job = facts.job
        assert job.phase in _ASKED_OF
        assert not facts.questions, f"{job.id}: the owner owes an answer"
        cap = job.brief.cap_minutes
        assert cap is None or facts.effort.payable < cap, f"{job.id} is at its cap"
        if job.id in self.taken_back:
            return
        shifts = self.nudges[job.id]
        shifts.append(self.shift(facts.worker))
        first_report = job.phase is not Phase.BRIEFED and job.first_report_at is None
        assert len(shifts) <= _MOST_BEFORE_SILENCE + _MORNINGS
        if len(shifts) > (1 if first_report else _MOST_BEFORE_SILENCE):
            assert self.told[job.id] == 1, f"{job.id}: nudged {len(shifts)} times, and the owner knows nothing"
        mornings = shifts[_MOST_BEFORE_SILENCE:]
        assert len(set(mornings)) == len(mornings), f"{job.id}: two nudges on one morning"

    def facts(self, job_id: str) -> JobFacts:
        worker_id = next(job.worker_id for job in self.store.jobs() if job.id == job_id)
        slice_ = self.store.load(ev.WorkerDue(worker_id), self.now)
        return next(one for one in slice_.facts if one.job.id == job_id)

    def shift(self, worker: Worker) -> date:
        """The local day on which the shift of now began, where there is one now."""
        hours = worker.hours
        wall = self.now.astimezone(ZoneInfo(hours.zone))
        is_after_midnight = hours.closes_at <= hours.opens_at and wall.hour * 60 + wall.minute < hours.closes_at
        return wall.date() - timedelta(days=is_after_midnight)

    def works_now(self, worker_id: str) -> bool:
        """By the wall clock: a shift on a working day that is no holiday, and not away."""
        worker = self.store.worker(worker_id)
        assert worker is not None
        away, back = worker.away_from, worker.away_until
        if away is not None and back is not None and away <= self.now < back:
            return False
        hours, day = worker.hours, self.shift(worker)
        wall = self.now.astimezone(ZoneInfo(hours.zone))
        minute = wall.hour * 60 + wall.minute
        is_open = hours.opens_at <= minute < hours.closes_at
        if hours.closes_at <= hours.opens_at:
            is_open = not hours.closes_at <= minute < hours.opens_at
        return (
            is_open
            and day.isoweekday() in hours.workdays
            and day not in holidays.days_off(worker.holidays_of, day.year)
        )

    def check_minutes(self) -> None:
        """Every reported minute is one of the three, and caps hold."""
        for job in self.store.jobs():
            effort, cap = self.store.effort(job.id), job.brief.cap_minutes
            assert effort.reported == effort.payable + effort.over_cap + effort.undecided
            assert effort.reported == self.reported[job.id], (job.id, effort, self.reported[job.id])
            assert min(effort.payable, effort.over_cap, effort.undecided) >= 0, (job.id, effort)
            assert cap is None or effort.payable <= cap, (job.id, effort, cap)
        for worker in self.store.workers():
            if worker.week_cap_minutes is not None:
                weeks: Counter[date] = Counter()
                slice_ = self.store.load(ev.WorkerDue(worker.id), self.now)
                for day, effort in slice_.worker_days:
                    weeks[day - timedelta(days=day.weekday())] += effort.payable
                assert all(used <= worker.week_cap_minutes for used in weeks.values()), (worker.id, weeks)
