"""A tick over 10,000 open jobs of 1,000 workers: nothing due, all due at one instant, and all reckoned anew.

python -m benchmarks.tick [--workers N] [--jobs N]

A tick is what the loop does: ask who is due, decide, commit, and ask when the next one is due. A hundred workers are
the most that one tick takes, so what waits behind it is measured as the longest of all that it takes.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import Figure, table
from benchmarks.office import a_brief
from mailagent.core import events as ev
from mailagent.core.model import WorkingHours
from mailagent.core.settings import Policy
from mailagent.desk import Desk
from mailagent.edge.store import Store, open_store

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # a Monday, 9 o'clock in Manila
START_DUE = MORNING + timedelta(hours=4, minutes=30)
_HOURS = WorkingHours("Asia/Manila")


class Office:
    """An office whose jobs were all given this morning, and of which nothing was heard."""

    def __init__(self, folder: Path, workers: int, jobs: int) -> None:
        self.store: Store = open_store(folder, policy=Policy())
        self._desk = Desk(self.store)
        names = [f"w{number}" for number in range(workers)]
        owner = ev.OwnerAdded("dana", "Dana Owner", ("dana@example.com",), _HOURS, digest_at=23 * 60)
        hired = [ev.WorkerAdded(name, name, (f"{name}@example.com",), _HOURS, holidays_of="PH") for name in names]
        given = [ev.JobAdded("dana", names[number % workers], a_brief(number)) for number in range(jobs)]
        self._desk.settle([owner, *hired, *given], MORNING)
        briefs = self.store.letters_due(MORNING, jobs)
        self._desk.settle([ev.LetterClaimed(one.id, f"<{one.id}@example.com>", "a" * 28) for one in briefs], MORNING)

    def tick(self, now: datetime) -> int:
        """Do what the loop does; return how many workers were written to."""
        outcomes = self._desk.settle(self.store.due(now), now)
        self.store.next_due_at()
        return sum(len(one.decision.letters) for one in outcomes if one.decision is not None)


def measure(
    workers: int = 1_000, jobs: int = 10_000, *, clock: Callable[[], float] = time.perf_counter
) -> tuple[Figure, ...]:
    """Time the ticks of one office."""
    with tempfile.TemporaryDirectory(prefix="tick-") as folder:
        office = Office(Path(folder), workers, jobs)

        def timed(now: datetime) -> tuple[float, int]:
            started = clock()
            nudged = office.tick(now)
            return clock() - started, nudged

        first, _ = timed(MORNING)
        quiet, _ = timed(MORNING + timedelta(minutes=1))
        busy = [timed(START_DUE)]
        while busy[-1][1]:
            busy.append(timed(START_DUE))
        office.store.policy = Policy(grace_minutes=31)
        anew, _ = timed(START_DUE)
        office.store.close()
    what = f"{jobs:,} open jobs of {workers:,} workers"
    note = (
        f"{sum(nudged for _, nudged in busy):,} nudges in {len(busy) - 1} ticks, {sum(took for took, _ in busy):.2f} s"
    )
    return (
        Figure("tick", "all dues reckoned after a start", first, "s", "<= 1", what),
        Figure("tick", "nothing due", quiet * 1000, "ms"),
        Figure("tick", "all due at one instant, the longest tick", max(took for took, _ in busy), "s", "<= 1", note),
        Figure("tick", "all dues reckoned after a reload", anew, "s", "<= 1"),
    )


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tick", description=__doc__)
    parser.add_argument("--workers", type=int, default=1_000)
    parser.add_argument("--jobs", type=int, default=10_000)
    args = parser.parse_args(argv)
    figures = measure(args.workers, args.jobs)
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
