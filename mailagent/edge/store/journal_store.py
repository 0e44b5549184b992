"""The embedded backend: the journal is the truth, the office in memory answers, the TinyDB file follows."""

import heapq
import os
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from mailagent.core.decision import Change, Decision, Entity
from mailagent.core.events import Event, OwnerDue, WorkerDue
from mailagent.core.letters import Letter
from mailagent.core.model import Cursor, Job, LetterKind, Mail, Owner, TimeEntry, Worker
from mailagent.core.settings import Policy
from mailagent.core.slices import Books, Effort, Slice
from mailagent.edge.files import Lock, Reserve
from mailagent.edge.store import loading
from mailagent.edge.store.documents import SCHEMA, TABLE_OF, changed_fields, encode_entity, encode_event, event_kind
from mailagent.edge.store.dues import JobDues
from mailagent.edge.store.journal import Journal
from mailagent.edge.store.lines import write_line
from mailagent.edge.store.office import Effect, Office, Undo
from mailagent.edge.store.projection import Projection
from mailagent.errors import StateError

_SALT_BYTES = 16
_NAMED_IN_HEADS = frozenset({"jobs", "reports", "time_entries", "mails"})  # whose ids tell of no person


@dataclass(frozen=True, slots=True)
class _Staged:
    raw: bytes
    seq: int
    at: datetime
    head_hash: str
    undo: tuple[Undo, ...]
    before: tuple[int, datetime | None]


class JournalStore:
    """See port.Store. Made by opening.open_store."""

    def __init__(
        self,
        office: Office,
        journal: Journal,
        projection: Projection,
        policy: Policy,
        *,
        lock: Lock | None,
        reserve: Reserve,
        notes: tuple[str, ...],
    ) -> None:
        self.notes = notes
        self._policy = policy
        self._office = office
        self._dues = JobDues(office, policy)
        self._journal = journal
        self._projection = projection
        self._lock = lock
        self._reserve = reserve
        self._staged: list[_Staged] = []

    @property
    def policy(self) -> Policy:
        """The owner's numbers; set anew on reload."""
        return self._policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        """Reckon by these numbers from now on."""
        self._policy = policy
        self._dues.follow(policy)

    # -- deciding --

    def load(self, event: Event, now: datetime) -> Slice:
        """Give what deciding the event takes, with all that is staged."""
        return loading.load(self._office, self.policy, event, now)

    def stage(self, event: Event, decision: Decision, at: datetime) -> int:
        """Apply a decision in memory and make its line. Raises: ValueError."""
        office = self._office
        seq = office.seq + 1
        effects = [self._effect(change) for change in decision.changes]
        letters = [self._effect(Change(None, letter)) for letter in decision.letters]
        _refuse_doubles(effects + letters)
        prev = self._staged[-1].head_hash if self._staged else self._journal.head_hash
        payload = {
            "salt": os.urandom(_SALT_BYTES).hex(),
            "event": orjson.Fragment(encode_event(event)),
            "changes": [_change(effect) for effect in effects],
            "letters": [orjson.Fragment(effect.raw) for effect in letters],
        }
        written = write_line(seq, at, event_kind(event), _ids(effects), _minutes(effects), payload, prev)
        undo = tuple(office.put(effect) for effect in effects + letters)
        self._staged.append(_Staged(written.raw, seq, at, written.head_hash, undo, (office.seq, office.at)))
        office.seq, office.at = seq, at
        return seq

    def commit(self) -> None:
        """Append all staged lines and sync. Raises: DiskTrouble, StateError."""
        if not self._staged:
            return
        if self._lock is None:
            self.rollback()
            raise StateError("This office was opened for looking only: nothing was changed.")
        last = self._staged[-1]
        try:
            self._journal.append(b"".join(one.raw for one in self._staged), last.at, last.seq, last.head_hash)
        except BaseException:
            self.rollback()
            raise
        self._staged.clear()

    def rollback(self) -> None:
        """Take back what is staged, the last first."""
        while self._staged:
            staged = self._staged.pop()
            for undo in reversed(staged.undo):
                self._office.take_back(undo)
            self._office.seq, self._office.at = staged.before

    def _effect(self, change: Change) -> Effect:
        """Count the revision up and make the document. Raises: ValueError."""
        before, after, table = change.before, change.after, TABLE_OF[type(change.entity)]
        current = self._office.get(table, change.entity.id)
        if before is None:
            if current is not None:
                raise ValueError(f"{table} {change.entity.id} is there already")
        elif current is None or current.rev != before.rev:
            raise ValueError(f"{table} {before.id} was decided on at revision {before.rev}, which does not stand")
        if after is None:
            return Effect(table, current, None, b"")
        if before is not None and before.id != after.id:
            raise ValueError(f"{table} {before.id} cannot become {after.id}")
        rev = 1 if current is None else current.rev + 1
        counted: Entity = after if after.rev == rev else replace(after, rev=rev)
        return Effect(table, current, counted, encode_entity(counted))

    # -- asking --

    @property
    def seq(self) -> int:
        """The number of the last line, staged ones included."""
        return self._office.seq

    def owners(self) -> tuple[Owner, ...]:
        """All owners."""
        return tuple(self._office.owners.values())

    def workers(self) -> tuple[Worker, ...]:
        """All workers."""
        return tuple(self._office.workers.values())

    def jobs(self) -> tuple[Job, ...]:
        """All jobs."""
        return tuple(self._office.jobs.values())

    def owner(self, id_: str) -> Owner | None:
        """The owner of this short name."""
        return self._office.owners.get(id_)

    def worker(self, id_: str) -> Worker | None:
        """The worker of this short name."""
        return self._office.workers.get(id_)

    def job(self, id_: str) -> Job | None:
        """The job of this key."""
        return self._office.jobs.get(id_)

    def letter(self, id_: str) -> Letter | None:
        """The letter of this key, while the office keeps it."""
        return self._office.letter(id_)

    def mail(self, id_: str) -> Mail | None:
        """The mail of this id."""
        return self._office.mail(id_)

    def cursor(self, mailbox: str) -> Cursor | None:
        """How far the mailbox (folder) was read."""
        return self._office.cursors.get(mailbox)

    def person_by_address(self, addr_spec: str) -> Owner | Worker | None:
        """Who has the address, whatever its case."""
        return loading.person_by_address(self._office, addr_spec)

    def open_jobs(self, worker_id: str) -> tuple[Job, ...]:
        """The worker's open jobs, in order of their number."""
        return loading.open_jobs(self._office, worker_id)

    def effort(self, job_id: str) -> Effort:
        """The sums of all entries of the job."""
        return loading.effort(self._office, job_id)

    def books(self) -> Books:
        """What became of all mails seen."""
        return loading.books(self._office)

    @property
    def last_at(self) -> datetime | None:
        """The instant of the last line."""
        return self._office.at

    def recent_mails(self, mailbox: str, limit: int) -> tuple[Mail, ...]:
        """The newest mails of a mailbox, oldest first."""
        return loading.recent_mails(self._office, mailbox, limit)

    def letter_by_message_id(self, message_id: str) -> Letter | None:
        """Which of our letters has this Message-ID."""
        return self._office.letter(self._office.index.by_message_id.get(message_id))

    def letters_due(self, now: datetime, limit: int) -> tuple[Letter, ...]:
        """What the outbox may try now, digests last, else the oldest first."""
        due = (self._office.letters[id_] for id_ in self._office.index.due_letters.until(now))
        return tuple(heapq.nsmallest(limit, due, key=lambda letter: letter.kind is LetterKind.DIGEST))

    def next_letter_at(self) -> datetime | None:
        """When the next letter may be tried."""
        return self._office.index.due_letters.first()

    def finished_letters_before(self, instant: datetime, limit: int) -> tuple[str, ...]:
        """Ids of letters finished before the instant, oldest first."""
        return tuple(self._office.index.done_letters.before(instant, limit))

    def due(self, now: datetime) -> tuple[Event, ...]:
        """The events whose time has come: owners, then workers."""
        owners = tuple(OwnerDue(owner_id) for owner_id in self._office.index.owner_dues.until(now))
        return owners + tuple(WorkerDue(worker_id) for worker_id in self._dues.until(now))

    def next_due_at(self) -> datetime | None:
        """When the next person is due."""
        return min(filter(None, (self._office.index.owner_dues.first(), self._dues.first())), default=None)

    # -- the file that people read --

    @property
    def office_behind(self) -> bool:
        """The TinyDB file lacks something that is committed."""
        return self._projection.seq < self._journal.seq

    @property
    def office_stale(self) -> str:
        """Why the file could not be written."""
        return self._projection.stale

    def write_office(self, *, force: bool = False) -> None:
        """Bring the file up to date when its time has come, or now."""
        if self._lock is not None and not self._staged:  # what is not committed must not be seen
            self._projection.write(self._office, self._journal.position, force=force)

    def hold_reserve(self) -> bool:
        """Set disk space aside."""
        return self._reserve.hold()

    def release_reserve(self) -> None:
        """Give that space back."""
        self._reserve.release()

    def close(self) -> None:
        """Take back what is staged, wait for the file, let go of the folder."""
        self.rollback()
        self._projection.wait()
        self._journal.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _refuse_doubles(effects: list[Effect]) -> None:
    named = {(effect.table, (effect.after or effect.before).id) for effect in effects}  # type: ignore[union-attr]
    if len(named) != len(effects):
        raise ValueError("the decision changes one thing twice")


def _change(effect: Effect) -> dict[str, Any]:
    """The change as the journal keeps it: whole for what is new, else the fields that differ.

    What is gone has neither: what it was stands in the lines before.
    """
    before, after = effect.before, effect.after
    one = after if after is not None else before
    assert one is not None
    old: Any = None
    new: Any = None
    if before is None:
        new = orjson.Fragment(effect.raw)
    elif after is not None:
        old, new = changed_fields(before, after)
    rev = one.rev if after is not None else one.rev + 1
    return {"entity": effect.table, "id": one.id, "rev": rev, "before": old, "after": new, "schema": SCHEMA}


def _ids(effects: list[Effect]) -> list[str]:
    return [
        (effect.after or effect.before).id  # type: ignore[union-attr]
        for effect in effects
        if effect.table in _NAMED_IN_HEADS
    ]


def _minutes(effects: list[Effect]) -> dict[str, int]:
    entries = [effect.after for effect in effects if isinstance(effect.after, TimeEntry)]
    if not entries:
        return {}
    return {
        "reported": sum(entry.minutes for entry in entries),
        "payable": sum(entry.payable for entry in entries),
        "over_cap": sum(entry.over_cap for entry in entries),
        "undecided": sum(entry.undecided for entry in entries),
    }
