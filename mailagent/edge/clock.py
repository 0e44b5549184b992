"""The only clock of the product: aware UTC from the system, plus the demo's offset where the config has one.

Nobody else reads a clock; `now` is taken once per batch, tick or letter and handed down.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path


class _OffsetFile:
    """The demo's clock file: seconds to add, as decimal text. Read anew only when the file was replaced or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._offset_s = 0.0

    def offset_s(self) -> float:
        """Return the seconds to add; 0 while there is no file. A half written file keeps the last offset."""
        try:
            found = os.stat(self._path)
        except OSError:
            self._stamp, self._offset_s = None, 0.0
            return 0.0
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            try:
                self._offset_s = float(self._path.read_text("ascii"))
                self._stamp = stamp
            except (OSError, ValueError):
                pass
        return self._offset_s


_leap: _OffsetFile | None = None


def configure(clock_file: Path | None) -> None:
    """Make `now` follow the offset in `clock_file`, for the demo; None goes back to the system's clock."""
    global _leap
    _leap = _OffsetFile(clock_file) if clock_file is not None else None


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    seconds = time.time()
    return datetime.fromtimestamp(seconds if _leap is None else seconds + _leap.offset_s(), UTC)


def monotonic() -> float:
    """Return seconds that only ever grow, for timeouts; real time also in the demo."""
    return time.monotonic()
