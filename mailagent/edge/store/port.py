"""The store's port: what the desk, the hallways and the loop may ask of any backend.

One process at a time opens a store for writing. `stage` applies a decision in memory at once, `commit` makes all that
is staged durable as one, or takes all of it back. No read scans the office.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailagent.core.decision import Decision
from mailagent.core.events import Event
from mailagent.core.letters import Letter
from mailagent.core.model import Cursor, Job, Mail, Owner, Worker
from mailagent.core.settings import Policy
from mailagent.core.slices import Books, Effort, Slice


class Store(Protocol):
    """The office and its journal."""

    policy: Policy  # set anew on reload

    # -- deciding --

    def load(self, event: Event, now: datetime) -> Slice:
        """Give what deciding the event takes, with all that is staged."""

    def stage(self, event: Event, decision: Decision, at: datetime) -> int:
        """Apply a decision in memory and line it up for the next commit; give its number. `at` is aware UTC.

        Raises: ValueError where the decision does not fit the office or cannot be kept; nothing is changed then.
        """

    def commit(self) -> None:
        """Make all that is staged durable by one append and one sync.

        Raises: DiskTrouble (a TransientError, with `errno`): nothing of it was kept, and memory is as before;
        StateError where the disk keeps failing.
        """

    def rollback(self) -> None:
        """Take back what is staged."""

    # -- asking --

    @property
    def seq(self) -> int:
        """The number of the last line, staged ones included."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What opening found and mended, in whole sentences."""

    def owners(self) -> tuple[Owner, ...]:
        """All owners."""

    def workers(self) -> tuple[Worker, ...]:
        """All workers."""

    def jobs(self) -> tuple[Job, ...]:
        """All jobs."""

    def owner(self, id_: str) -> Owner | None:
        """The owner of this short name."""

    def worker(self, id_: str) -> Worker | None:
        """The worker of this short name."""

    def job(self, id_: str) -> Job | None:
        """The job of this key."""

    def letter(self, id_: str) -> Letter | None:
        """The letter of this key, while the office keeps it."""

    def mail(self, id_: str) -> Mail | None:
        """The mail of this id."""

    def cursor(self, mailbox: str) -> Cursor | None:
        """How far the mailbox (folder) was read."""

    def person_by_address(self, addr_spec: str) -> Owner | Worker | None:
        """Who has the address, whatever its case."""

    def open_jobs(self, worker_id: str) -> tuple[Job, ...]:
        """The worker's open jobs, in order of their number."""

    def effort(self, job_id: str) -> Effort:
        """The sums of all entries of the job."""

    def books(self) -> Books:
        """What became of all mails seen."""

    @property
    def last_at(self) -> datetime | None:
        """The instant of the last line; None before the first."""

    def recent_mails(self, mailbox: str, limit: int) -> tuple[Mail, ...]:
        """The mails of this mailbox among the newest `limit` that have their end, oldest first."""

    def letter_by_message_id(self, message_id: str) -> Letter | None:
        """Which of our letters has this Message-ID."""

    def letters_due(self, now: datetime, limit: int) -> tuple[Letter, ...]:
        """What the outbox may try now, digests last, else the oldest first.

        `sending` ones were left by a crash or a lost server.
        """

    def next_letter_at(self) -> datetime | None:
        """When the next letter may be tried; None where none waits."""

    def finished_letters_before(self, instant: datetime, limit: int) -> tuple[str, ...]:
        """The ids of letters that were finished before the instant, oldest first."""

    def due(self, now: datetime) -> tuple[Event, ...]:
        """The events whose time has come, one a person: all owners, and up to a hundred workers."""

    def next_due_at(self) -> datetime | None:
        """When the next person is due."""

    # -- the file that people read --

    @property
    def office_behind(self) -> bool:
        """The TinyDB file lacks something that is committed."""

    @property
    def office_stale(self) -> str:
        """Why the file could not be written; empty where it could."""

    def write_office(self, *, force: bool = False) -> None:
        """Bring the file up to date when its time has come, beside the loop; `force`: now, before returning."""

    def hold_reserve(self) -> bool:
        """Set disk space aside for the alert that the disk is full; False where there is none to set aside."""

    def release_reserve(self) -> None:
        """Give that space back, to write the alert."""

    def close(self) -> None:
        """Finish what is being written and let go of the folder. Does not write the office."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The office rebuilt from the journal alone, beside the file: `differences` are whole sentences."""

    lines: int
    last_at: datetime | None
    office_seq: int | None  # None: there is no file, or it is not ours
    documents: int
    differences: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """The journal alone gives the office of the file."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The whole chain, the payloads and the archived mails they name: `problems` are whole sentences."""

    segments: int
    lines: int
    first_at: datetime | None
    last_at: datetime | None
    forgotten: int  # payloads that were blanked
    mails: int  # archived mails and letters that lines name and that were found whole
    problems: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Nothing is wrong."""
        return not self.problems
