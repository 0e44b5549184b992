"""How long a worker waits for his receipt: from the notice of his mail to the acceptance of the receipt.

    python -m benchmarks.latency [--mails N]

A second IDLE client on the agent's mailbox takes the instant of the server's notice; the agent's log line says when
Postfix has answered 250. Dovecot over TLS, Postfix by STARTTLS and AUTH, filing on, one mail at a time. Where the agent
has filed the mail before Dovecot looks for the second client, that client is told nothing and the mail does not count:
those are the quick ones, so what counts is rather too long than too short.
"""

import argparse
import re
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import Figure, median, spread, table
from benchmarks.daemon import Daemon, running
from benchmarks.office import Office, furnish, staff
from benchmarks.replies import Said, Sent, read_letter, reply
from benchmarks.servers import Servers, dovecot_postfix
from benchmarks.world import EMPTY, World
from tests.servers.world import Endpoint, Person

WORKERS = JOBS = 10
PATIENCE_S = 30.0
MOST_TRIES = 5
MISSED_S = 1.5  # Dovecot tells within 0.6 s, or not at all
PAUSE_S = 0.2  # let the agent file the mail and return to IDLE
RECEIPT_SENT = r"fate=sent .*receipt"


class Watcher:
    """An IMAP client of a few lines that sits in IDLE (RFC 2177) and says when the server tells of a new mail."""

    def __init__(self, imap: Endpoint, person: Person) -> None:
        plain = socket.create_connection((imap.host, imap.port), PATIENCE_S)
        self._socket = imap.context().wrap_socket(plain, server_hostname=imap.host)
        self._pending = b""
        self._until(rb"^\* OK")
        self._command(f'LOGIN "{person.address}" "{person.password}"')
        self._command("SELECT INBOX")

    def idle(self) -> None:
        """Enter IDLE."""
        self._socket.sendall(b"w IDLE\r\n")
        self._until(rb"^\+")

    def wait_for_mail(self) -> float | None:
        """Wait for EXISTS, leave IDLE, and return its instant (monotonic).

        None where it was never told of: the agent had filed the mail before the server looked for us.
        """
        at = None
        self._socket.settimeout(MISSED_S)
        with suppress(TimeoutError):
            self._until(rb"^\* \d+ EXISTS")
            at = time.monotonic()
        self._socket.settimeout(PATIENCE_S)
        self._socket.sendall(b"DONE\r\n")
        self._until(rb"^w OK")
        return at

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _command(self, text: str) -> None:
        self._socket.sendall(f"w {text}\r\n".encode())
        self._until(rb"^w OK")

    def _until(self, pattern: bytes) -> None:
        wanted = re.compile(pattern, re.MULTILINE)
        while not (found := wanted.search(self._pending)):
            more = self._socket.recv(65536)
            if not more:
                raise ConnectionError(f"the server hung up: {self._pending!r}")
            self._pending += more
        self._pending = self._pending[found.end() :]


def measure(mails: int = 60) -> tuple[Figure, ...]:
    """Send mails one by one and measure each."""
    folder = Path(tempfile.mkdtemp(prefix="latency-"))
    folder.chmod(0o755)
    try:
        with dovecot_postfix(folder / "servers") as servers:
            office, letters = _prepare(folder / "office", servers)
            with running(office) as daemon:
                daemon.wait_until_ready()
                waits_ms = _measure(servers, daemon, letters, mails)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    p90 = statistics.quantiles(waits_ms, n=10)[-1]
    note = f"{spread(waits_ms)}; IMAP by TLS, SMTP by STARTTLS and AUTH"
    return (
        Figure("latency", "notice to receipt accepted, median", median(waits_ms), "ms", "<= 60", note),
        Figure("latency", "notice to receipt accepted, 9 of 10 within", p90, "ms"),
    )


def _prepare(folder: Path, servers: Servers) -> tuple[Office, Sequence[Sent]]:
    agent = servers.world.agent
    with World() as world:
        world.put_back(EMPTY)
        office = furnish(folder, agent, servers.world.imap, world.smtp)
        staff(office, WORKERS, JOBS, datetime.now(UTC))
        done = office.run("once")
        letters = [read_letter(raw) for _, raw in world.letters()]
    if done.returncode != 0 or len(letters) != JOBS:
        raise RuntimeError(f"{len(letters)} briefs went out of {JOBS}: {done.stderr[-2000:]}")
    furnish(folder, agent, servers.world.imap, servers.world.smtp)
    return office, letters


def _measure(servers: Servers, daemon: Daemon, letters: Sequence[Sent], mails: int) -> list[float]:
    agent = servers.world.agent
    watcher = Watcher(servers.world.imap, agent)
    waits_ms: list[float] = []
    for number in range(MOST_TRIES * mails):
        if len(waits_ms) == mails:
            break
        raw = reply(letters[number % len(letters)], Said(number, 1), at=datetime.now(UTC))
        said = len(daemon.lines())
        watcher.idle()
        servers.world.append(agent, [raw])
        noticed_at = watcher.wait_for_mail()
        accepted_at = daemon.wait_for(RECEIPT_SENT, after=said, patience_s=PATIENCE_S).at
        if noticed_at is not None and number:  # the first one starts the child
            waits_ms.append((accepted_at - noticed_at) * 1000)
        time.sleep(PAUSE_S)
    watcher.close()
    return waits_ms


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--mails", type=int, default=60)
    figures = measure(parser.parse_args(argv).mails)
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
