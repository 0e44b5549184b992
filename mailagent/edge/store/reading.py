"""Look at the office's TinyDB file, through TinyDB's own queries, while the daemon runs.

For `status`, `list` and their like.

What is read is one whole office, as of one line of the journal; the file is replaced, never written into.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import orjson
from tinydb import where
from tinydb.queries import QueryLike

from mailagent.core.letters import Letter
from mailagent.core.model import Cursor, Fate, Job, Mail, Owner, Question, Report, TimeEntry, Worker
from mailagent.core.slices import Books, Effort
from mailagent.edge.files import unusable
from mailagent.edge.store.documents import DocumentError, decode_entity
from mailagent.edge.store.journal import Journal, segments
from mailagent.edge.store.lines import is_whole, read_line
from mailagent.edge.store.tinydb_backend import META, NotOurs, instant_or_none, open_office
from mailagent.errors import StateError

_TAIL_BYTES = 64 << 10


class OfficeReader:
    """The office as of journal line `seq`, which was written at `at` (None in an office without a line)."""

    def __init__(self, path: Path) -> None:
        """Raises: StateError where there is no file, or it is not as mailagent wrote it."""
        if not path.exists():
            raise StateError(f"There is no {path} yet: run `mailagent once`, or wait for the daemon's first write.")
        try:
            self._database = open_office(path)
            meta = self._database.table(META).all()[0]
        except OSError as error:
            raise unusable(path, error) from error
        except NotOurs as error:
            raise StateError(
                f"{path} is not as mailagent wrote it: {error}. The next start of mailagent builds it anew from the "
                "journal."
            ) from error
        self.seq: int = meta["seq"]
        self.at: datetime | None = instant_or_none(meta["at"])

    def owners(self) -> tuple[Owner, ...]:
        """All owners."""
        return cast(tuple[Owner, ...], self._all("owners"))

    def workers(self) -> tuple[Worker, ...]:
        """All workers."""
        return cast(tuple[Worker, ...], self._all("workers"))

    def jobs(self, *, worker_id: str | None = None, owner_id: str | None = None) -> tuple[Job, ...]:
        """All jobs, or those of one worker, one owner, in order of their number."""
        found = self._find("jobs", *_of(worker_id=worker_id, owner_id=owner_id))
        return tuple(sorted(cast(tuple[Job, ...], found), key=lambda job: job.number))

    def reports(self, job_id: str) -> tuple[Report, ...]:
        """The job's reports in order of their line."""
        return cast(tuple[Report, ...], self._find("reports", where("job_id") == job_id))

    def entries(self, *, job_id: str | None = None, worker_id: str | None = None) -> tuple[TimeEntry, ...]:
        """Time entries in order of their line."""
        found = self._find("time_entries", *_of(job_id=job_id, worker_id=worker_id))
        return cast(tuple[TimeEntry, ...], found)

    def efforts(self) -> tuple[tuple[str, Effort], ...]:
        """The sums of each job that has entries: job id, effort."""
        sums: dict[str, Effort] = {}
        for entry in self.entries():
            sums[entry.job_id] = sums.get(entry.job_id, Effort()).plus(entry)
        return tuple(sums.items())

    def letters(self) -> tuple[Letter, ...]:
        """All letters that the office still keeps."""
        return cast(tuple[Letter, ...], self._all("outbox"))

    def questions(self) -> tuple[Question, ...]:
        """All that workers asked for, answered or not."""
        return cast(tuple[Question, ...], self._all("questions"))

    def mails(self) -> tuple[Mail, ...]:
        """All mails that were fetched and have their end."""
        return cast(tuple[Mail, ...], self._all("mails"))

    def unfinished_letters(self) -> tuple[Letter, ...]:
        """What waits in the outbox, oldest first."""
        found = cast(tuple[Letter, ...], self._find("outbox", where("finished_at") == None))  # noqa: E711
        return tuple(sorted(found, key=lambda letter: letter.written_at))

    def quarantined(self) -> tuple[Mail, ...]:
        """The mails that are set aside."""
        return cast(tuple[Mail, ...], self._find("mails", where("fate") == Fate.QUARANTINED.value))

    def cursors(self) -> tuple[Cursor, ...]:
        """How far each mailbox was read."""
        return cast(tuple[Cursor, ...], self._all("cursors"))

    def books(self) -> Books:
        """What became of all mails seen; what was settled is counted from the mails themselves."""
        cursors, mails = self.cursors(), self._database.table("mails")
        return Books(
            seen=sum(one.seen for one in cursors),
            left_alone=sum(one.left_alone for one in cursors),
            vanished=sum(one.vanished for one in cursors),
            duplicates=sum(one.duplicates for one in cursors),
            settled=len(mails),
            quarantined=mails.count(where("fate") == Fate.QUARANTINED.value),
        )

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> "OfficeReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _all(self, table: str) -> tuple[Any, ...]:
        return _values(table, self._database.table(table))

    def _find(self, table: str, *queries: QueryLike) -> tuple[Any, ...]:
        documents: Iterable[Any] = self._database.table(table)
        for query in queries[:1]:
            documents = self._database.table(table).search(query)
        return _values(table, (one for one in documents if all(query(one) for query in queries[1:])))


def read_office(state_dir: Path) -> OfficeReader:
    """Open the office's file for looking. Raises: StateError."""
    return OfficeReader(state_dir / "office.json")


def written_letters(state_dir: Path) -> Iterator[Letter]:
    """Every letter as it was written, oldest first, from the journal: the office lets go of what an old one says.

    Raises: StateError where the journal is damaged.
    """
    for line in Journal(state_dir / "journal").scan():
        payload = orjson.loads(line.payload) or {}  # one that was forgotten is `null`
        for document in payload.get("letters", ()):
            yield cast(Letter, decode_entity("outbox", document))


def journal_seq(state_dir: Path) -> int | None:
    """The number of the journal's last line, 0 without a line, None where it is damaged. Raises: StateError.

    Only that line is looked at; `verify` looks at all.
    """
    for path in reversed(segments(state_dir / "journal")):
        try:
            line = _last_line(path)
        except OSError as error:
            raise unusable(path, error) from error
        if line:
            return read_line(line).seq if is_whole(line) else None
    return 0


def _last_line(path: Path) -> bytes:
    """The last line that is ended: what comes after it is torn, or being written."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        length = _TAIL_BYTES
        while True:
            file.seek(max(0, size - length))
            ended = file.read(min(length, size)).rpartition(b"\n")[0]
            if b"\n" in ended or length >= size:
                return ended.rpartition(b"\n")[2]
            length *= 4


def _of(**fields: str | None) -> list[QueryLike]:
    return [where(name) == value for name, value in fields.items() if value is not None]


def _values(table: str, documents: Iterable[Any]) -> tuple[Any, ...]:
    try:
        return tuple(decode_entity(table, document) for document in documents)
    except DocumentError as error:
        raise StateError(f"The office's file cannot be read: {error}. Restart mailagent to build it anew.") from error
