"""Notes what a crash must not forget: which letters were handed to the server, and what it answered.

The journal commits whole groups; a kill in the midst of one leaves its letters `sending`. This little file beside it
tells them apart: kept (nothing of it was sent: send it), handed over (it may have arrived), answered (it is known).
Its lines are written without a sync: what a process wrote survives its kill. After a power cut it is not believed,
unless it was sealed.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from io import FileIO
from pathlib import Path

import orjson

from mailagent.core.model import ArchivePlace
from mailagent.edge.files import FILE_MODE, DiskTrouble, write_all
from mailagent.edge.smtp_answers import Outcome, Receipt

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Stage(StrEnum):
    """How far a letter had come. UNSURE: the notes are of another boot, and may lack their end."""

    KEPT = "kept"
    HANDED_OVER = "handed over"
    ANSWERED = "answered"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Noted:
    """What is known of a letter that was left `sending`."""

    stage: Stage
    place: ArchivePlace | None = None
    receipt: Receipt | None = None


class Handover:
    """The notes of the group that is being delivered; at the start, those of the one that was."""

    def __init__(self, path: Path, boot_id: str | None = None) -> None:
        """`boot_id` tells one start of the machine from another; the kernel's, unless given."""
        self._boot_id = _read_boot_id() if boot_id is None else boot_id
        self._path = path
        self._left, self._is_believed, self._is_sealed = _read(path, self._boot_id)
        self._file: FileIO | None = None

    def left(self, letter_id: str) -> Noted:
        """Tell how far a letter had come when the last process ended."""
        return self._left.get(letter_id, Noted(Stage.KEPT)) if self._is_believed else Noted(Stage.UNSURE)

    def begin(self, places: Mapping[str, ArchivePlace]) -> None:
        """Start the notes of a group whose bytes are in the archive. Raises: DiskTrouble."""
        lines = [["boot", self._boot_id], *(["kept", id_, at.segment, at.offset] for id_, at in places.items())]
        try:
            file = self._file = self._file or FileIO(self._path, "a", opener=_private)
            file.truncate(0)
            write_all(file.fileno(), b"".join(orjson.dumps(line) + b"\n" for line in lines))
            if self._is_sealed:
                os.fsync(file.fileno())  # what was sealed must not be there again after a power cut
                self._is_sealed = False
        except OSError as error:
            raise DiskTrouble(f"writing to {self._path}", error) from error

    def handing_over(self, letter_id: str) -> None:
        """Note that the server may have this letter from now on. Raises: DiskTrouble."""
        self._note(["handed over", letter_id])

    def answered(self, receipt: Receipt) -> None:
        """Note what the server said; where that fails, the letter counts as handed over."""
        with suppress(DiskTrouble):
            self._note(["answered", receipt.letter_id, receipt.outcome.value, receipt.answer])

    def seal(self) -> None:
        """Make the notes durable, so that they are believed after a restart of the machine too."""
        with suppress(DiskTrouble, OSError):
            self._note(["sealed"])
            if self._file is not None:
                self._is_sealed = True
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file; it stays for the next start."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _note(self, line: list[str]) -> None:
        if self._file is None:
            return
        try:
            write_all(self._file.fileno(), orjson.dumps(line) + b"\n")
        except OSError as error:
            raise DiskTrouble(f"writing to {self._path}", error) from error


def _read(path: Path, boot_id: str) -> tuple[dict[str, Noted], bool, bool]:
    """The notes, whether they are to be believed (of this boot, or sealed), and whether they are sealed."""
    try:
        raw = path.read_bytes()
    except OSError:
        return {}, False, False
    left: dict[str, Noted] = {}
    is_believed = is_sealed = False
    for line in raw.split(b"\n")[:-1]:
        try:
            match orjson.loads(line):
                case ["boot", str(boot)]:
                    is_believed = boot == boot_id
                case ["kept", str(id_), str(segment), int(offset)]:
                    left[id_] = Noted(Stage.KEPT, ArchivePlace(segment, offset))
                case ["handed over", str(id_)] if id_ in left:
                    left[id_] = Noted(Stage.HANDED_OVER, left[id_].place)
                case ["answered", str(id_), str(outcome), str(answer)] if id_ in left:
                    left[id_] = Noted(Stage.ANSWERED, left[id_].place, Receipt(id_, Outcome(outcome), answer))
                case ["sealed"]:
                    is_sealed = True
        except ValueError:
            return left, False, True  # damaged: what stands behind it is not known
    return left, is_believed or is_sealed, is_sealed


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, FILE_MODE)


def _read_boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return f"unknown, process {os.getpid()}"  # then no notes of another process are believed
