"""What the daemon tells systemd: sd_notify(3), in a few lines of our own over a datagram socket.

Tolerant: outside systemd, and when the socket is gone or full, every call does nothing. It never blocks.
"""

import os
import socket
from dataclasses import dataclass

from mailagent.edge import clock
from mailagent.edge.config import environment


@dataclass(frozen=True, slots=True)
class Notifier:
    """`address` is the socket's path (a leading `@` means the abstract namespace), None outside systemd.

    `watchdog_s`, half of what systemd allows, is how often to call `alive`; None where no watchdog waits.
    """

    address: str | None = None
    watchdog_s: float | None = None

    @classmethod
    def from_environment(cls) -> "Notifier":
        """Take NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as systemd gave them to this process."""
        address = environment("NOTIFY_SOCKET") or None
        return cls(address, _watchdog_s(environment("WATCHDOG_USEC"), environment("WATCHDOG_PID")))

    def ready(self, status: str = "") -> bool:
        """Say that the start, or a reload, is over."""
        return self._send("READY=1", *_status(status))

    def reloading(self) -> bool:
        """Say that the configuration is being read again; `ready` ends it."""
        return self._send("RELOADING=1", f"MONOTONIC_USEC={int(clock.monotonic() * 1_000_000)}")

    def stopping(self, status: str = "") -> bool:
        """Say that the daemon is putting down what it holds."""
        return self._send("STOPPING=1", *_status(status))

    def status(self, text: str) -> bool:
        """Set the line that `systemctl status` shows."""
        return self._send(*_status(text))

    def alive(self) -> bool:
        """Feed the watchdog."""
        return self.watchdog_s is not None and self._send("WATCHDOG=1")

    def _send(self, *assignments: str) -> bool:
        """Return whether systemd was told."""
        if self.address is None or not assignments:
            return False
        name = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as door:
                door.sendto("\n".join(assignments).encode(), name)
        except OSError:
            return False
        return True


def _status(text: str) -> tuple[str, ...]:
    """One assignment a line is the protocol, so a status stays on its line."""
    return (f"STATUS={' '.join(text.split())}",) if text else ()


def _watchdog_s(usec: str | None, pid: str | None) -> float | None:
    """Half of the time after which systemd gives us up; None if that watchdog is for another process."""
    if not usec or not usec.isascii() or not usec.isdigit() or int(usec) == 0:
        return None
    if pid and pid != str(os.getpid()):
        return None
    return int(usec) / 2_000_000
