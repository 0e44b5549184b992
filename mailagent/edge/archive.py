"""Every mail in and every letter out, as bytes, in monthly append-only segments.

And how often reading a mail was tried.

A record is a header line (CRC32 SP JSON LF: way, id, instants, length, SHA-256), the raw bytes and an LF. There is no
index: places stand in the journal, and a scan of the headers finds the rest. Who opens it for writing must hold the
store's lock.
"""

import hashlib
import logging
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from mailagent.core.model import ArchivePlace
from mailagent.edge.files import AppendFile, DiskTrouble, own_folder, replace_file, unusable
from mailagent.edge.instants import instant_from_text, instant_text
from mailagent.errors import StateError

_log = logging.getLogger(__name__)

SCHEMA = 1

_SEGMENT = re.compile(r"(\d{4}-\d\d)\.mails")
_HEADER_BYTES = 1024  # more than nearly every header; longer ones are read again
_LONGEST_HEADER_BYTES = 1 << 20
_HEADER_AT = 9  # behind the CRC and the space
_TRIES = "tries.json"


class Way(StrEnum):
    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A fetched mail. `mail_id` is the first 32 hex digits of its SHA-256; instants are aware UTC."""

    mail_id: str
    mailbox: str
    uidvalidity: int
    uid: int
    internal_date: datetime | None
    fetched_at: datetime
    raw: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter as it was rendered."""

    letter_id: str
    raw: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Archived:
    """A record; `id` is the mail's or the letter's, `at` when it was fetched or rendered."""

    place: ArchivePlace
    way: Way
    id: str
    at: datetime
    mailbox: str
    uidvalidity: int
    uid: int
    internal_date: datetime | None
    length: int
    sha256: str
    raw_offset: int
    _load: Callable[["Archived"], bytes]

    @property
    def raw(self) -> bytes:
        """The bytes, read now and checked. Raises: StateError."""
        raw = self._load(self)
        if hashlib.sha256(raw).hexdigest() != self.sha256:
            raise StateError(
                f"The archive is damaged: {self.place.segment}.mails at byte {self.place.offset}: the bytes of "
                f"{self.id} "
                "do not fit their SHA-256. Run `mailagent verify` to see it, and restore that file from a backup."
            )
        return raw

    @property
    def raw_unchecked(self) -> bytes:
        """The bytes as they lie there. Raises: StateError."""
        return self._load(self)

    @property
    def end(self) -> int:
        """Where the next record starts."""
        return self.raw_offset + self.length + 1


class Archive:
    """The archive in a folder. `notes` says what opening mended."""

    def __init__(self, folder: Path, *, write: bool = True) -> None:
        """Open it, cutting off a torn last record when `write`. Raises: StateError."""
        self.folder = folder
        self.notes: tuple[str, ...] = ()
        self._file: AppendFile | None = None
        self._tries: dict[str, int] | None = None
        if write:
            own_folder(folder)
            self._mend()

    def append(self, items: Sequence[Incoming | Outgoing]) -> tuple[ArchivePlace, ...]:
        """Write all of them by one write and one sync; give their places. Raises: DiskTrouble, StateError."""
        if not items:
            return ()
        records = [_record(item) for item in items]
        file = self._file_of(_at(items[-1]))
        offset = file.append(b"".join(records))
        places = []
        for record in records:
            places.append(ArchivePlace(_segment_name(file.path), offset))
            offset += len(record)
        return tuple(places)

    def read(self, place: ArchivePlace) -> Archived:
        """Find one record by its place. Raises: StateError."""
        path = self._path(place.segment)
        try:
            with path.open("rb") as file:
                found = self._header(file.fileno(), place.segment, place.offset)
        except OSError as error:
            raise unusable(path, error) from error
        if found is None:
            raise _damaged(path, place.offset, "no record starts there")
        return found

    def records(self, segment: str) -> Iterator[Archived]:
        """Give all records of a segment in order, up to a torn one. Raises: StateError."""
        path = self._path(segment)
        try:
            with path.open("rb") as file:
                yield from self._walk(file.fileno(), segment)
        except OSError as error:
            raise unusable(path, error) from error

    def _walk(self, fd: int, segment: str) -> Iterator[Archived]:
        size, offset = os.fstat(fd).st_size, 0
        while offset < size:
            found = self._header(fd, segment, offset)
            if found is None or found.end > size:
                return
            yield found
            offset = found.end

    def recent_incoming(self) -> Iterator[Archived]:
        """Give the mails of this and the last month's segment, oldest first; their bytes only when asked for."""
        for segment in self.segments()[-2:]:
            yield from (record for record in self.records(segment) if record.way is Way.IN)

    def segments(self) -> tuple[str, ...]:
        """The names of the segments, oldest first."""
        names = sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []
        return tuple(found[1] for name in names if (found := _SEGMENT.fullmatch(name)))

    def close(self) -> None:
        """Let go of the segment."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # -- tries --

    def bump(self, mail_id: str) -> int:
        """Note durably that the mail is about to be read once more; give the number of this try. Raises: "
        "DiskTrouble."""
        return self.bump_all([mail_id])[0]

    def bump_all(self, mail_ids: Sequence[str]) -> tuple[int, ...]:
        """Note a try for each of them by one write. Raises: DiskTrouble."""
        tries = dict(self._read_tries())
        for mail_id in mail_ids:
            tries[mail_id] = tries.get(mail_id, 0) + 1
        self._write_tries(tries)
        return tuple(tries[mail_id] for mail_id in mail_ids)

    def settled(self, *mail_ids: str) -> None:
        """Forget the tries of mails that have their end. Raises: DiskTrouble."""
        known = self._read_tries()
        if any(mail_id in known for mail_id in mail_ids):
            self._write_tries({mail_id: count for mail_id, count in known.items() if mail_id not in mail_ids})

    def _read_tries(self) -> dict[str, int]:
        if self._tries is None:
            try:
                found = orjson.loads((self.folder / _TRIES).read_bytes())
                self._tries = {str(mail_id): int(count) for mail_id, count in found.items()}
            except FileNotFoundError:
                self._tries = {}
            except (OSError, ValueError, AttributeError, TypeError) as error:
                _log.warning("tries=unreadable why=%s counting=anew", error)
                self._tries = {}
        return self._tries

    def _write_tries(self, tries: dict[str, int]) -> None:
        path = self.folder / _TRIES
        try:
            replace_file(path, [orjson.dumps(tries)])
        except OSError as error:
            raise DiskTrouble(f"writing {path}", error) from error
        self._tries = tries

    # -- segments --

    def _path(self, segment: str) -> Path:
        return self.folder / f"{segment}.mails"

    def _file_of(self, at: datetime) -> AppendFile:
        """The segment to write to: that of the month, but never an older one than the last (clocks go back)."""
        segment = max((f"{at:%Y-%m}", *self.segments()[-1:]))
        path = self._path(segment)
        if self._file is not None and self._file.path == path:
            return self._file
        try:
            if self._file is not None:
                self._file.settle()
            fresh = AppendFile(path)
        except OSError as error:
            raise DiskTrouble(f"opening {path}", error) from error
        self.close()
        self._file = fresh
        return fresh

    def _header(self, fd: int, segment: str, offset: int) -> Archived | None:
        """Read the header at the offset; None where the file ends within it, or in nothing but NULs.

        Raises: StateError.
        """
        text = os.pread(fd, _HEADER_BYTES, offset)
        end = text.find(b"\n")
        if end < 0:
            text = os.pread(fd, _LONGEST_HEADER_BYTES, offset)
            end = text.find(b"\n")
        if end < 0 and len(text) == _LONGEST_HEADER_BYTES:
            raise _damaged(self._path(segment), offset, "no header ends there")
        if end < 0:
            return None
        line = text[:end]
        if not line.startswith(b"%08x " % zlib.crc32(line[_HEADER_AT:])):
            if not line.strip(b"\0"):
                return None
            raise _damaged(self._path(segment), offset, "the header does not fit its checksum")
        try:
            return self._archived(orjson.loads(line[_HEADER_AT:]), ArchivePlace(segment, offset), offset + end + 1)
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(self._path(segment), offset, f"the header cannot be read: {error}") from error

    def _archived(self, said: dict[str, Any], place: ArchivePlace, raw_offset: int) -> Archived:
        if said["schema"] > SCHEMA:
            raise StateError(
                f"The archive was written by a newer mailagent (schema {said['schema']}, this one reads up to "
                f"{SCHEMA}): "
                "install that version again."
            )
        date = said.get("internal_date")
        return Archived(
            place=place,
            way=Way(said["way"]),
            id=said["id"],
            at=instant_from_text(said["at"]),
            mailbox=said.get("mailbox", ""),
            uidvalidity=said.get("uidvalidity", 0),
            uid=said.get("uid", 0),
            internal_date=None if date is None else instant_from_text(date),
            length=said["length"],
            sha256=said["sha256"],
            raw_offset=raw_offset,
            _load=self._raw,
        )

    def _raw(self, record: Archived) -> bytes:
        path = self._path(record.place.segment)
        try:
            with path.open("rb") as file:
                return os.pread(file.fileno(), record.length, record.raw_offset)
        except OSError as error:
            raise unusable(path, error) from error

    def _mend(self) -> None:
        """Cut off what a kill or a power cut left behind the last whole record; keep it beside and tell."""
        for segment in self.segments()[-1:]:
            path = self._path(segment)
            keep = 0
            for record in self.records(segment):
                keep = record.end
            try:
                with path.open("rb") as file:
                    file.seek(keep)
                    torn = file.read()
                if torn:
                    self._cut(path, keep, torn)
            except OSError as error:
                raise unusable(path, error) from error

    def _cut(self, path: Path, keep: int, torn: bytes) -> None:
        beside = path.with_name(f"torn-{_segment_name(path)}-{keep}")
        replace_file(beside, [torn])
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.ftruncate(fd, keep)
            os.fsync(fd)
        finally:
            os.close(fd)
        note = f"the last record of {path} was torn: {len(torn)} bytes cut off, kept as {beside.name}"
        _log.warning("archive=%s note=%s", self.folder, note)
        self.notes += (note,)


def _at(item: Incoming | Outgoing) -> datetime:
    return item.fetched_at if isinstance(item, Incoming) else item.at


def _record(item: Incoming | Outgoing) -> bytes:
    said: dict[str, Any] = {"schema": SCHEMA}
    if isinstance(item, Incoming):
        said |= {
            "way": Way.IN.value,
            "id": item.mail_id,
            "at": item.fetched_at,
            "mailbox": item.mailbox,
            "uidvalidity": item.uidvalidity,
            "uid": item.uid,
            "internal_date": item.internal_date,
        }
    else:
        said |= {"way": Way.OUT.value, "id": item.letter_id, "at": item.at}
    said |= {"length": len(item.raw), "sha256": hashlib.sha256(item.raw).hexdigest()}
    header = orjson.dumps(said, default=instant_text, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return b"%08x %b\n%b\n" % (zlib.crc32(header), header, item.raw)


def _segment_name(path: Path) -> str:
    return path.name.removesuffix(".mails")


def _damaged(path: Path, offset: int, why: str) -> StateError:
    return StateError(
        f"The archive is damaged: {path} at byte {offset}: {why}. Nothing was changed. "
        f"Run `mailagent verify` to see it, and restore {path.name} from a backup."
    )
