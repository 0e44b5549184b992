"""A stream of reports through the real decisions into the real store, without mail servers.

For what the store alone costs.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.model import ArchivePlace, Brief, Proof, Status, Step, WorkingHours
from mailagent.core.settings import Policy
from mailagent.edge.store import Store, open_store

FIRST_DAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
WORKERS = 50
JOBS = 200
BATCH = 500
_WORDS = "Went through rows {0} to {1}, marked what does not look right and wrote to two people who had asked. "
_POLICY = replace(Policy(), day_limit_minutes=10**9)


class Stream:
    """Reports one after the other, each at its own instant, each answered by a receipt that is sent and tidied away."""

    def __init__(self, store: Store, *, every: timedelta, done: int = 0) -> None:
        self.store = store
        self.now = FIRST_DAY + done * every
        self._every = every
        self._number = done

    def people(self) -> None:
        """Commit an owner, his workers and their jobs."""
        self._settle(ev.OwnerAdded("dana", "Dana Reed", ("dana@example.com",), WorkingHours("Europe/Berlin"), 450))
        for number in range(WORKERS):
            name = f"worker{number}"
            self._settle(ev.WorkerAdded(name, name.title(), (f"{name}@example.com",), WorkingHours("Asia/Manila")))
        for number in range(JOBS):
            steps = tuple(Step(f"step {step} of the work, said precisely", 60) for step in range(5))
            brief = Brief(
                f"Leads list {number}", "It goes out.", "Open the sheet. " * 20, ("no row lost",), steps, None
            )
            self._settle(ev.JobAdded("dana", f"worker{number % WORKERS}", brief))
        self.store.commit()

    def report(self) -> None:
        """Decide and stage the next report; its clock moves on."""
        self._number += 1
        self.now += self._every
        self._settle(self._reported(self._number))

    def receipts(self) -> None:
        """Claim, send and tidy away what waits in the outbox, and commit."""
        for letter in self.store.letters_due(self.now, 2 * BATCH):
            self._settle(ev.LetterClaimed(letter.id, f"<t.{self.store.seq:028d}.1@example.com>", "a" * 28))
            place = ArchivePlace(f"{self.now:%Y-%m}", self.store.seq)
            self._settle(ev.LetterSent(letter.id, "2.0.0 Ok: queued as 4Xyz", place))
        done = self.store.finished_letters_before(self.now + timedelta(days=1), 2 * BATCH)
        if done:
            self._settle(ev.HouseKept(done))
        self.store.commit()

    def _settle(self, event: ev.Event) -> None:
        self.store.stage(event, decide(self.store.load(event, self.now), event, self.now), self.now)

    def _reported(self, number: int) -> ev.Reported:
        job = number % JOBS
        worker = f"worker{job % WORKERS}"
        mail = ev.MailFacts(
            id=f"{number:032x}",
            mailbox="INBOX",
            uidvalidity=7,
            uid=number,
            received_at=self.now - timedelta(seconds=3),
            archived=ArchivePlace(f"{self.now:%Y-%m}", number * 3000),
            addr_spec=f"{worker}@example.com",
            person_id=worker,
            proof=Proof.TOKEN,
            proof_why="it answers our mail to him",
            message_id=f"<{number}.{worker}@mail.example.com>",
            subject=f"Re: [J{job + 1}] Leads list {job}",
        )
        words = _WORDS.format(number, number + 20) * 2
        return ev.Reported(mail, worker, f"J{job + 1}", False, words, 15, "the rest", None, Status.WORKING)


def build(state_dir: Path, reports: int) -> None:
    """Make an office with so many reports over ten months, and its TinyDB file."""
    store = open_store(state_dir, policy=_POLICY)
    stream = Stream(store, every=timedelta(days=300) / reports)
    stream.people()
    for size in batches(reports, BATCH):
        for _ in range(size):
            stream.report()
        store.commit()
        stream.receipts()
    store.write_office(force=True)
    store.close()


def resume(state_dir: Path, reports: int) -> Stream:
    """Open an office that `build` made, and go on with a report a minute."""
    store = open_store(state_dir, policy=_POLICY)
    stream = Stream(store, every=timedelta(minutes=1), done=reports)
    stream.now = FIRST_DAY + timedelta(days=300)
    return stream


def batches(count: int, size: int) -> Iterator[int]:
    """Cut a count into sizes."""
    while count > 0:
        yield min(count, size)
        count -= size
