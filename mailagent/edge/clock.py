"""The only clock of the product: aware UTC from the system, or by the demo's clock file where the config has one.

That file holds either seconds to add to the system's clock, or `@` and the instant (Unix time) at which time stands
still: the demo's story leaps from instant to instant, however long the machine takes in between.

Nobody else reads a clock; `now` is taken once per batch, tick or letter and handed down.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path


class _ClockFile:
    """Seconds to add, or an instant to stand still at. Read anew only when the file was replaced or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._seconds = 0.0
        self._is_still = False

    def shown(self, seconds: float) -> float:
        """Return what the clock shows at `seconds` of the system's; the same while there is no file.

        A half written file changes nothing.
        """
        try:
            found = os.stat(self._path)
        except OSError:
            self._stamp, self._seconds, self._is_still = None, 0.0, False
            return seconds
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            try:
                text = self._path.read_text("ascii").strip()
                self._seconds, self._is_still = float(text.removeprefix("@")), text.startswith("@")
                self._stamp = stamp
            except (OSError, ValueError):
                pass
        return self._seconds if self._is_still else seconds + self._seconds


_file: _ClockFile | None = None


def configure(clock_file: Path | None) -> None:
    """Make `now` follow `clock_file`, for the demo; None goes back to the system's clock."""
    global _file
    _file = _ClockFile(clock_file) if clock_file is not None else None


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    seconds = time.time()
    return datetime.fromtimestamp(seconds if _file is None else _file.shown(seconds), UTC)


def monotonic() -> float:
    """Return seconds that only ever grow, for timeouts; real time also in the demo."""
    return time.monotonic()
