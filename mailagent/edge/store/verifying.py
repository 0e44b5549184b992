"""Prove the journal.

Every checksum, the chain of heads over all segments, the payloads' hashes, and the archived bytes that lines name.
Whole lines that are missing at the end leave no gap: they are known by the number that the office stands at.

Unlike the start it does not stop at the first fault, so that a person sees all of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from mailagent.edge.archive import Archive
from mailagent.edge.files import check_owner, unusable
from mailagent.edge.store.documents import SCHEMA
from mailagent.edge.store.journal import segments
from mailagent.edge.store.lines import FORGOTTEN, NO_HEAD, Line, is_whole, read_line, schema_of
from mailagent.edge.store.port import VerifyReport
from mailagent.edge.store.tinydb_backend import NotOurs, OfficeStorage
from mailagent.errors import StateError

_TOLD_AT_MOST = 100


def verify(state_dir: Path) -> VerifyReport:
    """Walk everything; changes nothing and takes no lock. Raises: StateError where the folder cannot be read."""
    check_owner(state_dir)
    # First of all: what the office holds now, the journal holds when we come to its end.
    office_seq = _office_seq(state_dir / "office.json")
    archived, problems = _archived(state_dir / "archive")
    walk = _Walk(archived, problems)
    paths = segments(state_dir / "journal")
    for path in paths:
        walk.segment(path, is_last=path == paths[-1])
    if office_seq > walk.seq:
        walk.problems.append(
            f"The office stands at number {office_seq}, but the journal ends at {walk.seq}: lines of "
            f"{state_dir / 'journal'} are missing; restore it from a backup."
        )
    told = walk.problems[:_TOLD_AT_MOST]
    if len(walk.problems) > len(told):
        told.append(f"And {len(walk.problems) - len(told)} more.")
    return VerifyReport(
        segments=len(paths),
        lines=walk.lines,
        first_at=walk.first_at,
        last_at=walk.last_at,
        forgotten=walk.forgotten,
        mails=walk.mails,
        problems=tuple(told),
    )


def _office_seq(path: Path) -> int:
    """The number that the office stands at; 0 where its file tells none, and is built anew by the next start."""
    try:
        tables = OfficeStorage(path).read()
    except NotOurs:
        return 0
    except OSError as error:
        raise unusable(path, error) from error
    return 0 if tables is None else int(tables.meta["seq"])


def _archived(folder: Path) -> tuple[dict[tuple[str, int], str], list[str]]:
    """Whose bytes lie at which place, each checked against its SHA-256, and what is wrong with the rest."""
    archive = Archive(folder, write=False)
    found: dict[tuple[str, int], str] = {}
    problems: list[str] = []
    for segment in archive.segments():
        try:
            problems += _walk_archive(archive, segment, found)
        except StateError as error:
            problems.append(str(error))
    return found, problems


def _walk_archive(archive: Archive, segment: str, found: dict[tuple[str, int], str]) -> Iterator[str]:
    for record in archive.records(segment):
        if sha256(record.raw_unchecked).hexdigest() == record.sha256:
            found[segment, record.place.offset] = record.id
        else:
            yield f"{segment}.mails: the bytes of {record.id} do not fit their SHA-256."


@dataclass(slots=True)
class _Walk:
    """The chain as far as it was walked; `head_hash` None behind a line that could not be read."""

    archived: dict[tuple[str, int], str]
    problems: list[str]
    seq: int = 0
    lines: int = 0
    forgotten: int = 0
    mails: int = 0
    head_hash: str | None = NO_HEAD
    first_at: datetime | None = None
    last_at: datetime | None = None
    _named: set[tuple[str, int]] = field(default_factory=set)

    def segment(self, path: Path, *, is_last: bool) -> None:
        try:
            with path.open("rb") as file:
                for number, raw in enumerate(file, start=1):
                    self._line(f"{path.name} line {number}", raw, may_be_torn=is_last)
        except OSError as error:
            raise unusable(path, error) from error

    def _line(self, where: str, raw: bytes, *, may_be_torn: bool) -> None:
        line = raw.removesuffix(b"\n")
        ended = len(line) < len(raw)
        if not ended and may_be_torn and not is_whole(raw[:-1]) and not is_whole(raw.rstrip(b"\0")):
            return  # torn, or being written at this moment; the next start cuts it off
        self.seq += 1
        self.lines += 1
        if not ended:
            line = raw.rstrip(b"\0")
        for problem in self._faults(line):
            self.problems.append(f"{where} (number {self.seq}): {problem}.")

    def _faults(self, line: bytes) -> Iterator[str]:
        if not is_whole(line):
            self.head_hash = None
            yield "it does not fit its checksum"
            return
        if schema_of(line) > SCHEMA:
            yield f"it is of schema {schema_of(line)}, this mailagent reads up to {SCHEMA}"
        try:
            found = read_line(line)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.head_hash = None
            yield f"it cannot be read: {error}"
            return
        if found.seq != self.seq:
            yield f"it says it is number {found.seq}"
            self.seq = found.seq
        if self.head_hash is not None and found.prev != self.head_hash:
            yield "it does not follow from the line before it"
        self.head_hash = found.head_hash
        self.first_at = self.first_at or found.at
        self.last_at = found.at
        yield from self._payload_faults(found)

    def _payload_faults(self, line: Line) -> Iterator[str]:
        if line.payload == FORGOTTEN:
            self.forgotten += 1
            return
        if sha256(line.payload).hexdigest() != line.payload_hash:
            yield "its payload is not the one its head was written for"
            return
        event = orjson.loads(line.payload)["event"]
        mail = event.get("mail")
        if mail:
            yield from self._place_faults(mail.get("archived"), mail.get("id"))
        if "letter_id" in event and "archived" in event:
            yield from self._place_faults(event["archived"], event["letter_id"])

    def _place_faults(self, place: Any, id_: Any) -> Iterator[str]:
        if not place:
            return
        key = (place["segment"], place["offset"])
        if self.archived.get(key) != id_:
            yield f"the archive does not hold {id_} at {key[0]}:{key[1]}"
        elif key not in self._named:
            self._named.add(key)
            self.mails += 1
