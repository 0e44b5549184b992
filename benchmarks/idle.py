"""Doing nothing: the daemon in IDLE with 1,000 jobs, against Dovecot over TLS.

    python -m benchmarks.idle [--minutes N] [--jobs N]

Memory is the proportional set size of daemon and child together, the greatest seen; the child has read a mail before.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import Figure, table
from benchmarks.daemon import Daemon, cpu_s, pss_mb, running
from benchmarks.office import Office, furnish, staff
from benchmarks.replies import Said, read_letter, reply
from benchmarks.servers import Servers, dovecot_postfix
from benchmarks.world import EMPTY, World

WORKERS = 50
SETTLE_S = 15.0  # after the last mail, before it counts as idle
SAMPLE_S = 5.0


def measure(minutes: float = 10.0, jobs: int = 1000) -> tuple[Figure, ...]:
    """Measure an idle daemon for some minutes."""
    folder = Path(tempfile.mkdtemp(prefix="idle-"))
    folder.chmod(0o755)
    try:
        with dovecot_postfix(folder / "servers") as servers:
            office, answer = _prepare(folder / "office", servers, jobs)
            with running(office) as daemon:
                daemon.wait_until_ready()
                servers.world.append(servers.world.agent, [answer])
                daemon.wait_for(r"fate=processed", patience_s=60)
                time.sleep(SETTLE_S)
                return _watch(daemon, minutes, jobs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path, servers: Servers, jobs: int) -> tuple[Office, bytes]:
    """Send all briefs, so that nothing is left to do; return the office, and one answer to let the child read."""
    agent = servers.world.agent
    with World() as world:
        world.put_back(EMPTY)
        office = furnish(folder, agent, servers.world.imap, world.smtp)
        staff(office, WORKERS, jobs, datetime.now(UTC))
        done = office.run("once", timeout_s=600)
        letters = world.letters()
    if done.returncode != 0 or len(letters) != jobs:
        raise RuntimeError(f"{len(letters)} briefs went out of {jobs}: {done.stderr[-2000:]}")
    furnish(folder, agent, servers.world.imap, servers.world.smtp)
    return office, reply(read_letter(letters[0][1]), Said(1, 15), at=datetime.now(UTC))


def _watch(daemon: Daemon, minutes: float, jobs: int) -> tuple[Figure, ...]:
    pids = daemon.pids()
    if len(pids) < 2:
        raise RuntimeError(f"the child is not there: {daemon.tail()}")
    started, used = time.monotonic(), _used(pids)
    sizes: list[float] = []
    while (elapsed := time.monotonic() - started) < minutes * 60:
        sizes.append(sum(map(pss_mb, pids)))
        time.sleep(min(SAMPLE_S, minutes * 60 - elapsed + 0.01))
    share = (_used(pids) - used) / (time.monotonic() - started) * 100
    note = f"{minutes:g} minutes in IDLE, {jobs} jobs, {len(pids)} processes"
    return (
        Figure("idle", "memory (PSS), daemon and child", max(sizes), "MB", "<= 48", note),
        Figure("idle", "CPU, daemon and child", share, "%", "<= 0.5"),
    )


def _used(pids: Sequence[int]) -> float:
    return sum(map(cpu_s, pids))


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--jobs", type=int, default=1000)
    args = parser.parse_args(argv)
    figures = measure(args.minutes, args.jobs)
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
