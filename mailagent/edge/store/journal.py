"""The journal on disk: monthly append-only segments, read whole and checked at the start, then only appended to.

A torn last line (a kill or a power cut while it was written) is cut off, kept beside as evidence and told. Whatever
else does not check stops us with one sentence that names the place: nothing is repaired by guessing and nothing
starts empty.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from mailagent.edge.files import AppendFile, DiskTrouble, replace_file, unusable
from mailagent.edge.store.documents import SCHEMA
from mailagent.edge.store.lines import NO_HEAD, Line, is_whole, read_line, schema_of, starts_well
from mailagent.errors import StateError

_SEGMENT = re.compile(r"\d{4}-\d\d\.jsonl")
_READ_AHEAD = 1 << 20
_LF = 10


def segments(folder: Path) -> tuple[Path, ...]:
    """The journal's segments, oldest first. Raises: StateError."""
    try:
        names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise unusable(folder, error) from error
    return tuple(folder / name for name in names if _SEGMENT.fullmatch(name))


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a segment was checked: its lines `first` to `last`, their bytes, and the CRC32 of all those bytes."""

    first: int
    last: int
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Position:
    """The journal up to one line, as the office file remembers it."""

    seq: int
    at: datetime | None
    head_hash: str
    stands: Mapping[str, Stand]


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of the last segment where it does not end in a whole line."""

    path: Path
    keep: int  # bytes that stand
    lacks_lf: bool  # the last line is whole but for its LF
    torn: bytes  # what is cut off
    seq: int  # the number that the torn line would have had


class Journal:
    """The journal as read so far: `seq`, `at` and `head_hash` are those of its last line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seq = 0
        self.at: datetime | None = None
        self.head_hash = NO_HEAD
        self.tail: Tail | None = None
        self._file: AppendFile | None = None
        self._stands: dict[str, Stand] = {}
        self._last: bytes = b""
        self._hashed = 0  # the number of the line that `head_hash` is of

    @property
    def position(self) -> Position:
        """Where the journal stands, for the office file to remember."""
        return Position(self.seq, self.at, self.head_hash, dict(self._stands))

    def scan(self, after: Position | None = None) -> Iterator[Line]:
        """Check every byte of every segment, and give the lines behind `after`. Changes nothing.

        Where a segment still has the bytes that were checked line by line before, one checksum over all of them does.
        Raises: StateError.
        """
        paths = segments(self.folder)
        for path in paths:
            try:
                yield from self._scan_segment(path, after, is_last=path == paths[-1])
            except OSError as error:
                raise unusable(path, error) from error
        if self._last:
            last = self._read(paths[-1], self._last)
            self.at, self.head_hash = last.at, last.head_hash

    def mend(self) -> str:
        """Cut off a torn tail, keeping it beside, or write the LF that is missing; say what was done.

        Raises: StateError.
        """
        tail, self.tail = self.tail, None
        if tail is None:
            return ""
        try:
            kept = self._keep_evidence(tail)
            with tail.path.open("r+b") as file:
                file.truncate(tail.keep)
            self._file = AppendFile(tail.path)
            if tail.lacks_lf:
                self._file.append(b"\n")
                self._grow(tail.path.name, b"\n", tail.seq)
        except OSError as error:
            raise unusable(tail.path, error) from error
        except DiskTrouble as error:
            raise StateError(f"{error}.") from error
        if not kept:
            return ""
        cut = f"{len(tail.torn)} bytes cut off, kept as {kept}"
        return f"the last line of {tail.path.name} (number {tail.seq}) was torn: {cut}"

    def append(self, raw: bytes, at: datetime, seq: int, head_hash: str) -> None:
        """Write lines in one append and sync; `seq`, `at` and `head_hash` are those of the last one.

        Raises: DiskTrouble, StateError.
        """
        file = self._file_of(at)
        file.append(raw)
        self._grow(file.path.name, raw, seq)
        self.seq, self.at, self.head_hash = seq, at, head_hash

    def close(self) -> None:
        """Let go of the segment."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # -- reading --

    def _scan_segment(self, path: Path, after: Position | None, *, is_last: bool) -> Iterator[Line]:
        with path.open("rb", buffering=_READ_AHEAD) as file:
            number, offset = self._skip(file, path.name, after)
            for raw in file:
                number += 1
                line = raw[:-1] if raw[-1] == _LF else self._end(path, number, offset, raw, is_last=is_last)
                if line is None:
                    return
                if not starts_well(line, self.seq + 1):
                    raise self._damage(path, number, line)
                if after is None or self.seq >= after.seq:
                    yield self._read_chained(path, line)
                self.seq += 1
                self._last = line
                self._grow(path.name, raw if raw[-1] == _LF else line, self.seq)
                offset += len(raw)

    def _skip(self, file: BinaryIO, name: str, after: Position | None) -> tuple[int, int]:
        """Step over what one checksum proves to be as it was; give how many lines and bytes that are."""
        stand = after.stands.get(name) if after else None
        if after is None or stand is None or stand.first != self.seq + 1 or _crc_of(file, stand.size) != stand.crc:
            file.seek(0)
            return 0, 0
        self._stands[name] = stand
        self._last, self.seq = b"", stand.last
        if self.seq == after.seq:
            self.at, self.head_hash, self._hashed = after.at, after.head_hash, after.seq
        return stand.last - stand.first + 1, stand.size

    def _grow(self, name: str, raw: bytes, seq: int) -> None:
        old = self._stands.get(name)
        if old is None:
            self._stands[name] = Stand(self.seq + 1 if seq > self.seq else seq, seq, len(raw), zlib.crc32(raw))
        else:
            self._stands[name] = Stand(old.first, seq, old.size + len(raw), zlib.crc32(raw, old.crc))

    def _end(self, path: Path, number: int, offset: int, raw: bytes, *, is_last: bool) -> bytes | None:
        """Judge a last line without its LF; give the line where it is whole all the same."""
        stripped = raw.rstrip(b"\0")
        if not is_last or (not is_whole(stripped) and is_whole(raw[:-1])):
            raise self._damage(path, number, raw)  # a whole line whose LF became another byte was not torn
        if is_whole(stripped):
            self.tail = Tail(path, offset + len(stripped), True, raw[len(stripped) :], self.seq + 1)
            return stripped
        self.tail = Tail(path, offset, False, raw, self.seq + 1)
        return None

    def _read_chained(self, path: Path, line: bytes) -> Line:
        found = self._read(path, line)
        before = self.head_hash
        if self._last and self._hashed != self.seq:
            before = self._read(path, self._last).head_hash
        self.head_hash, self._hashed = found.head_hash, found.seq
        if found.prev != before:
            raise StateError(
                f"The journal is damaged: number {found.seq} in {path} does not follow from the line before it. "
                "Nothing was changed. "
                f"Run `mailagent verify` to see all of it, and restore {path.parent} from a backup."
            )
        return found

    def _read(self, path: Path, line: bytes) -> Line:
        try:
            return read_line(line)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateError(
                f"A line of {path} cannot be read, though its checksum fits: {error}. Run `mailagent verify`."
            ) from error

    def _damage(self, path: Path, number: int, line: bytes) -> StateError:
        seq = self.seq + 1
        if not is_whole(line):
            return StateError(
                f"The journal is damaged: line {number} of {path} (number {seq}) does not fit its checksum. Nothing "
                "was changed. "
                f"Run `mailagent verify` to see it, and restore {path.name} from a backup."
            )
        schema = schema_of(line)
        if schema > SCHEMA:
            return StateError(
                f"{path} was written by a newer mailagent (line {number} has schema {schema}, this one reads up to "
                f"{SCHEMA}): "
                "install that version again."
            )
        return StateError(
            f"The journal is damaged: line {number} of {path} is not number {seq}, lines are missing or doubled. "
            "Nothing was changed. "
            f"Run `mailagent verify` to see it, and restore {path.parent} from a backup."
        )

    # -- writing --

    def _keep_evidence(self, tail: Tail) -> str:
        if not tail.torn:
            return ""
        name, number = f"torn-{tail.seq}", 1
        while (self.folder / name).exists():
            number += 1
            name = f"torn-{tail.seq}.{number}"
        replace_file(self.folder / name, [tail.torn])
        return name

    def _file_of(self, at: datetime) -> AppendFile:
        """The segment to write to: that of the month, but never an older one than the last (clocks go back)."""
        newest = self._file.path if self._file else next(iter(segments(self.folder)[-1:]), None)
        path = self.folder / f"{at:%Y-%m}.jsonl"
        if newest is not None and newest.name > path.name:
            path = newest
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


def _crc_of(file: BinaryIO, size: int) -> int | None:
    """The CRC32 of the first `size` bytes; None where there are fewer. The file stands behind them afterwards."""
    crc, left = 0, size
    while left > 0:
        chunk = file.read(min(left, _READ_AHEAD))
        if not chunk:
            return None
        crc = zlib.crc32(chunk, crc)
        left -= len(chunk)
    return crc
