"""The Dovecot and Postfix of the tests, durable as in real life, and hands on the maildirs below them.

The maildir of a user can be filled, kept aside and put back as plain files while nobody is logged in: UIDVALIDITY and
UIDs stay, so that every run of a benchmark meets the same mailbox.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.servers.dovecot_postfix import Stack
from tests.servers.world import Endpoint, World


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that lies in a mailbox; `received_at` becomes its INTERNALDATE."""

    raw: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Servers:
    """Running servers with the mailboxes of one world; `plain_imap` is its IMAP without implicit TLS."""

    stack: Stack
    world: World
    plain_imap: Endpoint

    def maildir(self, user: str) -> Path:
        """Return where the mail of `user`, a whole address, lies."""
        return self.stack.folder / "mail" / user

    def fill(self, user: str, mails: Iterable[Waiting]) -> None:
        """Put mails into the INBOX of `user` as a delivery would; nobody may be logged in."""
        new = self.maildir(user) / "new"
        for number, mail in enumerate(mails):
            at = mail.received_at.timestamp()
            path = new / f"{int(at)}.M{number:06d}P1.bench"
            path.write_bytes(mail.raw)
            os.utime(path, (at, at))
            shutil.chown(path, "mail", "mail")

    def empty(self, user: str) -> None:
        """Give `user` an empty mailbox, known to the server under a UIDVALIDITY that then stays."""
        shutil.rmtree(self.maildir(user), ignore_errors=True)
        self._status(user, "uidvalidity", "INBOX")

    def count(self, user: str, mailbox: str) -> int:
        """Return how many mails a mailbox of `user` holds."""
        return int(self._status(user, "messages", mailbox).rpartition("=")[2])

    def drain(self, patience_s: float = 120.0) -> None:
        """Wait until Postfix has delivered all that it took."""
        queues = [self.stack.folder / "queue" / name for name in ("maildrop", "incoming", "active")]
        until = time.monotonic() + patience_s
        while any(path.is_file() for queue in queues for path in queue.rglob("*")):
            if time.monotonic() > until:
                raise TimeoutError(f"Postfix still has mail after {patience_s} s; see {self.stack.folder}")
            time.sleep(0.1)

    def _status(self, user: str, what: str, mailbox: str) -> str:
        doveadm = ["doveadm", "-c", str(self.stack.folder / "dovecot.conf"), "-f", "flow"]
        command = [*doveadm, "mailbox", "status", "-u", user, what, mailbox]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


@contextmanager
def dovecot_postfix(folder: Path) -> Iterator[Servers]:
    """Run both servers in `folder`, which is made; a short path, for the sockets in it."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    stack = Stack(folder, durable=True)
    try:
        stack.start()
        yield Servers(stack, stack.world(), Endpoint("127.0.0.1", stack.ports.imap, "none"))
    finally:
        stack.stop()


def keep(source: Path, aside: Path) -> None:
    """Copy a folder whole, owners and times too; what was at `aside` goes."""
    shutil.rmtree(aside, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(aside)], check=True, timeout=60)
