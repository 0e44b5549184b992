"""The owner's morning: one digest of 1,000 open jobs and 20,000 reports, decided and put into words.

    python -m benchmarks.digest [--jobs N] [--reports N] [--runs N]

The office is the real one, in a folder of its own; what is timed is the slice, the decision and the rendering.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import Figure, median, spread, table
from benchmarks.office import NOBODY, Office, furnish, settle, staff
from mailagent.core import events as ev
from mailagent.core.letters import Letter
from mailagent.core.model import ArchivePlace, LetterKind, Proof, Status
from mailagent.core.settings import Policy
from mailagent.desk import Desk
from mailagent.edge.store import open_store
from mailagent.edge.templates import Frame, Rendered, Templates
from tests.servers.world import Person

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WORKERS = 50


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one digest, and what came of it."""

    decided_s: float
    rendered_s: float
    letter: Letter
    rendered: Rendered


def measure(jobs: int = 1000, reports: int = 20_000, runs: int = 5) -> tuple[Figure, ...]:
    """Build the office once and write its digest `runs` times."""
    with tempfile.TemporaryDirectory(prefix="digest-") as name:
        office = build(Path(name), jobs, reports)
        took = [write(office) for _ in range(runs)]
    return tuple(_figures(took, jobs, reports))


def build(folder: Path, jobs: int, reports: int) -> Office:
    """Make an office with so many open jobs and reports; every tenth job is blocked."""
    agent = Person("agent", "agent@example.com", "secret")
    office = furnish(folder, agent, NOBODY, NOBODY)
    staff(office, WORKERS, jobs, AT)
    rounds = -(-reports // jobs)
    for turn in range(rounds):
        at = AT + timedelta(hours=turn)
        settle(office, [_report(turn * jobs + number, number, at) for number in range(1, jobs + 1)], at)
    return office


def write(office: Office) -> Took:
    """Decide and render the digest, and keep nothing of it."""
    now = AT + timedelta(days=3)
    templates = Templates()
    store = open_store(office.state, policy=Policy(), write=False)
    try:
        started = time.perf_counter()
        (settled,) = Desk(store).preview((ev.OwnerDue("dana"),), now)
        decided = time.perf_counter()
    finally:
        store.close()
    assert settled.decision is not None, settled
    (letter,) = settled.decision.letters
    assert letter.contents is not None
    frame = Frame("Studio work desk", "agent@example.com", "Europe/Berlin", reply_to="agent@example.com")
    rendering = time.perf_counter()
    rendered = templates.render(LetterKind.DIGEST, letter.contents, frame)
    return Took(decided - started, time.perf_counter() - rendering, letter, rendered)


def _report(serial: int, number: int, at: datetime) -> ev.Reported:
    worker = f"w{(number - 1) % WORKERS + 1}"
    mail = ev.MailFacts(
        id=f"{serial:032x}",
        mailbox="INBOX",
        uidvalidity=1,
        uid=serial,
        received_at=at,
        archived=ArchivePlace("2026-11", serial),
        addr_spec=f"{worker}@example.com",
        person_id=worker,
        proof=Proof.BOTH,
        proof_why="it answers our mail to him",
        message_id=f"<{serial}@example.com>",
        subject=f"Re: [J{number}]",
    )
    is_blocked = number % 10 == 0
    return ev.Reported(
        mail=mail,
        worker_id=worker,
        job_id=f"J{number}",
        job_guessed=False,
        done=f"page {serial} of the atlas",
        minutes=15,
        next="the page after it",
        blocked="the map of the north is missing" if is_blocked else None,
        status=Status.BLOCKED if is_blocked else Status.WORKING,
    )


def _figures(took: Sequence[Took], jobs: int, reports: int) -> list[Figure]:
    whole = [one.decided_s + one.rendered_s for one in took]
    size = f"{jobs:,} jobs, {reports:,} reports"
    return [
        Figure("digest", f"built and rendered, {size}", median(whole), "s", "<= 2", spread(whole)),
        Figure("digest", "of it, slice and decision", median([one.decided_s for one in took]), "s"),
        Figure("digest", "HTML", len(took[0].rendered.html.encode()) / 1000, "KB", "<= 80"),
    ]


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digest", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--reports", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args(argv)
    figures = measure(args.jobs, args.reports, args.runs)
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
