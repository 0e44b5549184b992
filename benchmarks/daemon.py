"""`mailagent run` as its own process, watched from outside: readiness by sd_notify, log lines and when they came."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.office import Office, environment


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that the daemon wrote to stderr, and when it was read (monotonic seconds)."""

    at: float
    text: str


class Daemon:
    """A running daemon."""

    def __init__(self, process: subprocess.Popen[str], notices: socket.socket) -> None:
        self.process = process
        self._notices = notices
        self._lines: list[LogLine] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_ready(self, patience_s: float = 30.0) -> None:
        """Wait for READY=1 (sd_notify)."""
        self._notices.settimeout(patience_s)
        while b"READY=1" not in self._notices.recv(4096):
            pass

    def lines(self) -> tuple[LogLine, ...]:
        """Return what it has said so far."""
        with self._more:
            return tuple(self._lines)

    def wait_for(self, pattern: str, *, after: int = 0, patience_s: float = 30.0) -> LogLine:
        """Wait for a line that matches, behind the first `after` lines."""
        until = time.monotonic() + patience_s
        wanted = re.compile(pattern)
        with self._more:
            while True:
                for line in self._lines[after:]:
                    if wanted.search(line.text):
                        return line
                if not self._more.wait(max(0.0, until - time.monotonic())):
                    raise AssertionError(f"no line like {pattern!r}; the last: {self.tail()}")

    def tail(self) -> str:
        """Return its last words."""
        return "\n".join(line.text for line in self._lines[-20:])

    def pids(self) -> tuple[int, ...]:
        """Return its process and those it started."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        children = [one for task in tasks.iterdir() for one in (task / "children").read_text().split()]
        return (self.process.pid, *map(int, children))

    def stop(self, patience_s: float = 15.0) -> float:
        """Tell it to stop; return how many seconds that took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(patience_s)
        return time.monotonic() - started

    def _read(self) -> None:
        assert self.process.stderr is not None
        for text in self.process.stderr:
            with self._more:
                self._lines.append(LogLine(time.monotonic(), text.rstrip("\n")))
                self._more.notify_all()


@contextmanager
def running(office: Office) -> Iterator[Daemon]:
    """Run `mailagent run` on an office; kill it at the end if it still runs."""
    address = str(office.folder / "notify.sock")
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    Path(address).unlink(missing_ok=True)
    notices.bind(address)
    environ = {**environment(), "NOTIFY_SOCKET": address}
    process = subprocess.Popen(office.command("run"), env=environ, text=True, stderr=subprocess.PIPE)
    try:
        yield Daemon(process, notices)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        notices.close()


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process, in megabytes of a million bytes."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB$", rollup, re.MULTILINE)
    assert found is not None, rollup
    return int(found[1]) * 1024 / 1e6


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU that a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
