"""When the TinyDB file is written.

Beside the loop, in a thread of its own, and never more than a twentieth of the time.
"""

import logging
import threading
import time
from pathlib import Path

from mailagent.edge import clock
from mailagent.edge.store.journal import Position
from mailagent.edge.store.office import Office
from mailagent.edge.store.tinydb_backend import OfficeStorage, RawTables, snapshot

_log = logging.getLogger(__name__)

SHARE = 20  # one part of so many of the time goes into writing
AT_LEAST_S = 1.0
AFTER_FAILURE_S = 30.0
SMALL_CPU_S = 0.05  # what writing an office of some 10,000 reports takes at most
SMALL_PAUSE_S = 3.0  # so that a report is in the file of such an office within 5 s, however slow the disk is


class Projection:
    """Writes the office to its file.

    `stale` says why the file lags behind where the disk refuses it, else it is empty.
    """

    def __init__(self, path: Path, *, seq: int) -> None:
        self.seq = seq  # the line the file stands at
        self.stale = ""
        self._storage = OfficeStorage(path)
        self._next_s = 0.0
        self._thread: threading.Thread | None = None

    def write(self, office: Office, position: Position, *, force: bool) -> None:
        """Write the office if the file is behind and it is time; `force` writes now and waits for it.

        Never raises for the disk.
        """
        if self._thread is not None and (force or not self._thread.is_alive()):
            self._thread.join()
            self._thread = None
        if self._thread is not None or self.seq >= office.seq:
            return
        if force:
            self._write(snapshot(office, position), office.seq)
        elif clock.monotonic() >= self._next_s:
            self._thread = threading.Thread(
                target=self._write, args=(snapshot(office, position), office.seq), name="office", daemon=True
            )
            self._thread.start()

    def wait(self) -> None:
        """Wait for a write that is under way."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _write(self, tables: RawTables, seq: int) -> None:
        """Runs in the thread; touches nothing of the office but the copy."""
        started_s, cpu_s = clock.monotonic(), time.thread_time()
        pause_s = AFTER_FAILURE_S
        try:
            self._storage.write(tables)
            self.seq, self.stale, pause_s = seq, "", AT_LEAST_S
        except OSError as error:
            self.stale = error.strerror or str(error)
            _log.warning("office=stale seq=%d behind=%d why=%s", self.seq, seq - self.seq, self.stale)
        finally:
            ended_s = clock.monotonic()
            share_s = (SHARE - 1) * (ended_s - started_s)
            if time.thread_time() - cpu_s < SMALL_CPU_S:
                share_s = min(share_s, SMALL_PAUSE_S)
            self._next_s = ended_s + max(pause_s, share_s)
