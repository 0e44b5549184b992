"""Reading mail: 1,000 replies of 3 kB wait in Dovecot, `mailagent once` beside the peer's `get_email`, in turn.

    python -m benchmarks.ingest [--mails N] [--runs N] [--media disk,tmpfs]

Archive, fsync, child and filing are on. Nobody listens on the agent's SMTP port, so its receipts are decided and wait;
the peer renders its letters for a dummy backend. Both are whole processes, started anew, on equal mailboxes. Both use
TLS: the peer asks for STARTTLS by itself where the server has it.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tinydb import TinyDB

from benchmarks import Figure, median, spread, table
from benchmarks.clocked import Took, clocked
from benchmarks.office import NOBODY, Office, environment, furnish, staff
from benchmarks.peer_run import Peer
from benchmarks.peer_run import is_here as peer_is_here
from benchmarks.replies import Said, Sent, for_the_peer, read_letter, reply
from benchmarks.servers import Servers, Waiting, dovecot_postfix, keep
from benchmarks.strace import count_syncs, of_the_mails
from benchmarks.world import EMPTY, World

WORKERS, JOBS, BATCH = 50, 100, 500
MEDIA = {"disk": Path(tempfile.gettempdir()), "tmpfs": Path("/dev/shm")}


@dataclass(frozen=True, slots=True)
class Ours:
    """Our side as it stands before a run: an office whose briefs are out, a full mailbox, and both kept aside."""

    office: Office
    servers: Servers
    mails: int

    @property
    def user(self) -> str:
        return self.servers.world.agent.address

    def put_back(self) -> None:
        """Make office and mailbox as they were."""
        keep(self.office.folder / "kept-state", self.office.state)
        keep(self.office.folder / "kept-mail", self.servers.maildir(self.user))

    def run(self) -> Took:
        """Put everything back, time `mailagent once`, and see that it did the work."""
        self.put_back()
        log = self.office.folder / "once.log"
        took = clocked(self.office.command("once"), self.office.folder / "took.json", env=environment(), log=log)
        self.check()
        return took

    def check(self) -> None:
        """A run that left mails unread, unbooked or unfiled is no run."""
        with TinyDB(self.office.state / "office.json", access_mode="r") as db:
            reports = len(db.table("reports"))
        filed = self.servers.count(self.user, "mailagent/Processed")
        if not reports == filed == self.mails:
            raise RuntimeError(f"{self.mails} mails, but {reports} reports and {filed} filed")


def measure(mails: int = 1000, runs: int = 5, media: Sequence[str] = ("disk", "tmpfs")) -> tuple[Figure, ...]:
    """Measure on each medium; without the peer's venv only our side."""
    figures: list[Figure] = []
    for medium in media:
        folder = Path(tempfile.mkdtemp(prefix="ingest-", dir=MEDIA[medium]))
        folder.chmod(0o755)
        try:
            with dovecot_postfix(folder / "servers") as servers:
                figures += _measure_on(medium, folder, servers, mails, runs)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return tuple(figures)


def _measure_on(medium: str, folder: Path, servers: Servers, mails: int, runs: int) -> list[Figure]:
    ours, replies = prepare(folder / "office", servers, mails)
    peer = _prepare_peer(folder / "peer", servers) if peer_is_here() else None
    mine: list[Took] = []
    theirs: list[Took] = []
    for _ in range(runs):
        mine.append(ours.run())
        if peer is not None:
            theirs.append(_run_peer(peer, servers, replies))
    figures = _side(medium, "mailagent", mine, mails)
    if theirs:
        figures += _side(medium, "django-helpdesk", theirs, mails) + _ratios(medium, mine, theirs)
    return figures + (_syncs(ours) if medium == "disk" else [])


def prepare(folder: Path, servers: Servers, mails: int) -> tuple[Ours, list[Waiting]]:
    """Let the agent send its briefs into a small world of ours, and put the answers into its mailbox."""
    agent, imap = servers.world.agent, servers.world.imap
    servers.empty(agent.address)
    with World() as world:
        world.put_back(EMPTY)
        office = furnish(folder, agent, imap, world.smtp)
        staff(office, WORKERS, JOBS, datetime.now(UTC))
        done = office.run("once", timeout_s=300)
        letters = [read_letter(raw) for _, raw in world.letters()]
    if done.returncode != 0 or len(letters) != JOBS:
        raise RuntimeError(f"{len(letters)} briefs went out of {JOBS}: {done.stderr[-2000:]}")
    furnish(folder, agent, imap, NOBODY)
    replies = _replies(letters, mails)
    servers.fill(agent.address, replies)
    ours = Ours(office, servers, mails)
    keep(office.state, folder / "kept-state")
    keep(servers.maildir(agent.address), folder / "kept-mail")
    return ours, replies


def _replies(letters: Sequence[Sent], count: int) -> list[Waiting]:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    turns = [letters[number % len(letters)] for number in range(count)]
    return [Waiting(reply(sent, Said(number, 15), at=at), at) for number, sent in enumerate(turns)]


def _prepare_peer(folder: Path, servers: Servers) -> Peer:
    user, port = servers.world.ben, servers.plain_imap.port
    peer = Peer(folder)
    peer.seed(imap_port=port, user=user.address, password=user.password, workers=WORKERS, tickets=JOBS)
    return peer


def _run_peer(peer: Peer, servers: Servers, replies: Sequence[Waiting]) -> Took:
    user = servers.world.ben.address
    servers.empty(user)
    equal = [
        Waiting(for_the_peer(one.raw, ticket=number % JOBS + 1, address=user), one.received_at)
        for number, one in enumerate(replies)
    ]
    servers.fill(user, equal)
    took = peer.get_email()
    booked, left = peer.followups(), servers.count(user, "INBOX")
    if (booked, left) != (len(replies), 0):
        raise RuntimeError(f"the peer booked {booked} of {len(replies)} and left {left}")
    return took


def _side(medium: str, who: str, runs: Sequence[Took], mails: int) -> list[Figure]:
    speeds = [mails / took.wall_s for took in runs]
    costs = [took.cpu_s / mails * 1000 for took in runs]
    largest = max(took.largest_kib for took in runs) / 1024
    return [
        Figure("ingest", f"{who} on {medium}", median(speeds), "mails/s", note=spread(speeds)),
        Figure("ingest", f"{who} on {medium}, CPU", median(costs), "ms a mail", note=spread(costs)),
        Figure("ingest", f"{who} on {medium}, largest process", largest, "MiB"),
    ]


def _ratios(medium: str, mine: Sequence[Took], theirs: Sequence[Took]) -> list[Figure]:
    faster = median(took.wall_s for took in theirs) / median(took.wall_s for took in mine)
    dearer = median(took.cpu_s for took in mine) / median(took.cpu_s for took in theirs)
    promised = {"disk": ">= 12", "tmpfs": ">= 10"}[medium]
    return [
        Figure("ingest", f"mails/s on {medium}, ours to theirs", faster, "times", promised),
        Figure("ingest", f"CPU a mail on {medium}, ours to theirs", dearer, "", "<= 0.125", f"1/{1 / dearer:.1f}"),
    ]


def _syncs(ours: Ours) -> list[Figure]:
    """Count fsyncs in one more run, under strace; those of the TinyDB file and of the tries file do not count."""
    ours.put_back()
    office = ours.office
    found = count_syncs(office.command("once"), office.state, office.folder / "strace.log", environment())
    batches = -(-ours.mails // BATCH)
    note = ", ".join(f"{path} {count}" for path, count in found.most_common())
    return [Figure("ingest", f"fsyncs a batch of {BATCH}", of_the_mails(found) / batches, "", "<= 4", note)]


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--media", default=",".join(MEDIA))
    args = parser.parse_args(argv)
    figures = measure(args.mails, args.runs, args.media.split(","))
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
