"""Logging: to stderr, one event a line, and never a wait for whoever reads it (a full pipe costs lines, not the loop).

Under journald each line starts with its priority, `<6>`; elsewhere with its level. journald adds the time.
"""

import logging
import os
import select
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress

from mailagent.edge.config import environment

# A write of at most PIPE_BUF bytes to a pipe is whole or not at all (pipe(7)).
LONGEST_LINE = 4000
_STDERR = 2
_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
# These say more than we may keep: whole mails at DEBUG, or what is our business at INFO.
_KEPT_QUIET = ("imapclient", "aiosmtplib", "asyncio", "mail.log", "schedule")


def set_up(level: str) -> None:
    """Send all logging of this process to stderr, from `level` (`debug`, `info`, `warning`, `error`) up."""
    logging.raiseExceptions = False
    # Our lines name no thread and no process: then they need not be found out for each (logging HOWTO, Optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(LineHandler(_STDERR, for_journal=_is_journal(_STDERR)))
    root.setLevel(level.upper())
    for name in _KEPT_QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def escape(text: str) -> str:
    """Return `text` safe for a line of a log or a terminal: whatever does not print shows as an escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class LineHandler(logging.Handler):
    """Writes records to a descriptor without ever waiting; what does not fit is dropped, counted and told later."""

    def __init__(self, fileno: int, *, for_journal: bool = False) -> None:
        super().__init__()
        self.dropped = 0
        self._for_journal = for_journal
        self._rest = b""  # of a line that a stream socket took in part
        self._socket = socket.socket(fileno=os.dup(fileno)) if stat.S_ISSOCK(os.fstat(fileno).st_mode) else None
        self._fileno = fileno if self._socket is not None else _own_description(fileno)
        self._poll = select.poll()
        self._poll.register(self._fileno, select.POLLOUT)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's lines, a traceback each line for itself."""
        if self.dropped and self._write(self._line(logging.WARNING, f"logs=dropped lines={self.dropped}")):
            self.dropped = 0
        for text in _lines(record):
            if not self._write(self._line(record.levelno, text)):
                self.dropped += 1

    def _line(self, level: int, text: str) -> bytes:
        start = f"<{_PRIORITIES.get(level, 6)}>" if self._for_journal else f"{logging.getLevelName(level)} "
        line = (start + escape(text)).encode("utf-8", "backslashreplace")
        return line[:LONGEST_LINE] + b"\n"

    def _write(self, line: bytes) -> bool:
        """Return whether the line went out, or at least began to."""
        with suppress(OSError):
            if self._rest:
                self._rest = self._rest[self._put(self._rest) :]
            if not self._rest:
                self._rest = line[self._put(line) :]
                return True
        return False

    def _put(self, piece: bytes) -> int:
        if self._socket is not None:
            return self._socket.send(piece, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        if not self._poll.poll(0):  # where it could not be opened anew, a write would wait
            raise BlockingIOError
        return os.write(self._fileno, piece)


def _lines(record: logging.LogRecord) -> Iterator[str]:
    yield record.getMessage()
    if record.exc_info:
        yield from logging.Formatter().formatException(record.exc_info).splitlines()


def _own_description(fileno: int) -> int:
    """Open the same pipe or terminal again, non-blocking: on stderr itself it would hit our parent too.

    A file never makes us wait, and has to stay as it is: whoever writes to it after us goes on from the shared offset.
    """
    if stat.S_ISREG(os.fstat(fileno).st_mode):
        return fileno
    try:
        return os.open(
            f"/proc/self/fd/{fileno}", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        )
    except OSError:
        return fileno


def _is_journal(fileno: int) -> bool:
    """Whether this descriptor is the one that systemd connected to the journal (systemd.exec(5), JOURNAL_STREAM)."""
    device, _, inode = (environment("JOURNAL_STREAM") or "").partition(":")
    found = os.fstat(fileno)
    return (device, inode) == (str(found.st_dev), str(found.st_ino))
