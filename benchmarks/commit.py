"""Committing a report under a steady stream, in an office of 1,000 reports and in one of 100,000, in turn.

python -m benchmarks.commit [--small N] [--large N] [--rounds N] [--seconds S] [--per-second N]

Each office has a process of its own. A commit is measured as the loop feels it: from the mail that was understood to
the durable line, with the call that keeps the TinyDB file up to date, while its thread writes that file whenever it
may.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT, Figure, median, table
from benchmarks.stream import Stream, build, resume

RECEIPTS_EVERY = 50


@dataclass(slots=True)
class Side:
    """One office and the process that has it open."""

    reports: int
    process: subprocess.Popen[str]
    took_ms: list[float]
    writes: int = 0

    def round(self, seconds: float, per_second: float) -> None:
        """Let reports come in for a while."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{seconds} {per_second}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.took_ms += answer["took_ms"]
        self.writes += answer["writes"]

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def measure(
    small: int = 1_000, large: int = 100_000, rounds: int = 5, seconds: float = 20, per_second: float = 40
) -> tuple[Figure, ...]:
    """Let both offices take reports in turn, and compare."""
    folder = Path(tempfile.mkdtemp(prefix="commit-"))
    try:
        sides = [_open(folder, reports) for reports in (small, large)]
        for _ in range(rounds):
            for side in sides:
                side.round(seconds, per_second)
        for side in sides:
            side.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _figures(*sides)


def _open(folder: Path, reports: int) -> Side:
    state = folder / str(reports)
    build(state, reports)
    command = [sys.executable, "-m", "benchmarks.commit", "--serve", str(state), "--small", str(reports)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return Side(reports, process, [])


def _figures(small: Side, large: Side) -> tuple[Figure, ...]:
    medians = [median(side.took_ms) for side in (small, large)]
    slow = [_p99(side.took_ms) for side in (small, large)]
    counted = [f"{len(side.took_ms)} commits, {side.writes} TinyDB writes" for side in (small, large)]
    return (
        Figure("commit", f"median with {small.reports:,} reports", medians[0], "ms", "", counted[0]),
        Figure("commit", f"median with {large.reports:,} reports", medians[1], "ms", "", counted[1]),
        Figure("commit", "median, large to small", medians[1] / medians[0], "times", "<= 1.3"),
        Figure("commit", f"p99 with {small.reports:,} reports", slow[0], "ms"),
        Figure("commit", f"p99 with {large.reports:,} reports", slow[1], "ms"),
        Figure("commit", "p99, large to small", slow[1] / slow[0], "times", "<= 2"),
    )


def _p99(took_ms: Sequence[float]) -> float:
    return statistics.quantiles(took_ms, n=100)[-1]


# -- the process of one office --


def serve(state: Path, reports: int) -> None:
    """Take rounds from stdin, one a line: seconds and reports a second."""
    stream = resume(state, reports)
    for line in sys.stdin:
        seconds, per_second = map(float, line.split())
        print(json.dumps(_round(stream, seconds, per_second, state / "office.json")), flush=True)
    stream.store.close()


def _round(stream: Stream, seconds: float, per_second: float, office: Path) -> dict[str, object]:
    took_ms: list[float] = []
    seen = {_written_at(office)}
    ends_s = time.monotonic() + seconds
    next_s = time.monotonic()
    while next_s < ends_s:
        time.sleep(max(0.0, next_s - time.monotonic()))
        next_s += 1 / per_second
        started_s = time.perf_counter()
        stream.report()
        stream.store.commit()
        stream.store.write_office()
        took_ms.append((time.perf_counter() - started_s) * 1000)
        seen.add(_written_at(office))
        if len(took_ms) % RECEIPTS_EVERY == 0:
            stream.receipts()
    stream.store.write_office(force=True)  # so that nothing is being written while the other one is measured
    return {"took_ms": took_ms, "writes": len(seen) - 1}


def _written_at(office: Path) -> tuple[int, int]:
    found = office.stat()
    return found.st_ino, found.st_mtime_ns


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commit", description=__doc__)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--per-second", type=float, default=40)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.serve is not None:
        serve(args.serve, args.small)
        return 0
    figures = measure(args.small, args.large, args.rounds, args.seconds, args.per_second)
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
