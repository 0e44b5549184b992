"""Signals as flags and a descriptor to poll: SIGTERM and SIGINT stop, SIGHUP reloads.

A process that is told to stop and still sits in somebody's silent socket after 8 s leaves by os._exit: that is safe,
because a kill at any instant is.
"""

import os
import select
import signal
import socket
import threading
from contextlib import suppress
from types import FrameType

LAST_MOMENT_S = 8.0
_STOP = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Installs handlers while entered. `fileno` becomes readable at every signal."""

    def __init__(self) -> None:
        self.stop = False
        self._reload = False
        self._read_end, self._write_end = socket.socketpair()

    @property
    def fileno(self) -> int:
        """What to poll for signals."""
        return self._read_end.fileno()

    def __enter__(self) -> "Signals":
        self._read_end.setblocking(False)
        self._write_end.setblocking(False)
        self._old_wakeup = signal.set_wakeup_fd(self._write_end.fileno(), warn_on_full_buffer=False)
        self._old = {one: signal.signal(one, self._asked_to_stop) for one in _STOP}
        self._old[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._asked_to_reload)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._old_wakeup)
        for one, handler in self._old.items():
            signal.signal(one, handler)
        self._read_end.close()
        self._write_end.close()

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        if not self.stop:
            self.stop = True
            leave = threading.Timer(LAST_MOMENT_S, _leave)
            leave.daemon = True
            leave.start()

    def _asked_to_reload(self, number: int, frame: FrameType | None) -> None:
        self._reload = True

    def take_reload(self) -> bool:
        """Tell whether a reload was asked for since the last call."""
        asked, self._reload = self._reload, False
        return asked

    def drain(self) -> None:
        """Empty the descriptor after a wake-up."""
        with suppress(BlockingIOError):
            while self._read_end.recv(512):
                pass


def _leave() -> None:
    """Say so past all buffers and locks, which somebody may hold, unless that would have to wait; and go."""
    with suppress(OSError):
        stderr = select.poll()
        stderr.register(2, select.POLLOUT)
        if stderr.poll(0):
            os.write(2, b"fate=stopped by=force\n")
    os._exit(0)
