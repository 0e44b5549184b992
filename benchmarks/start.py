"""Opening an office of 100,000 reports: every byte of the journal checked, the TinyDB file read through TinyDB.

python -m benchmarks.start [--reports N] [--runs N]

Each run is a process of its own, timed whole: interpreter, imports, lock, checks, indexes. Beside it, an office of
1,000.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import ROOT, Figure, median, spread, table
from benchmarks.stream import build

_OPEN = (
    "import resource, sys; from pathlib import Path; from mailagent.core.settings import Policy; "
    "from mailagent.edge.store import open_store; store = open_store(Path(sys.argv[1]), policy=Policy()); "
    "print(store.seq, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); store.close()"
)


def measure(reports: int = 100_000, runs: int = 5) -> tuple[Figure, ...]:
    """Build both offices, then open them in turn."""
    folder = Path(tempfile.mkdtemp(prefix="start-"))
    sizes = (1_000, reports)
    took_s: dict[int, list[float]] = {size: [] for size in sizes}
    memory_mib: dict[int, float] = {}
    try:
        for size in sizes:
            build(folder / str(size), size)
        for _ in range(runs):
            for size in sizes:
                seconds, memory_mib[size] = _open(folder / str(size))
                took_s[size].append(seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return (
        Figure("start", "start with 1,000 reports", median(took_s[1_000]), "s", "", spread(took_s[1_000])),
        Figure(
            "start", f"start with {reports:,} reports", median(took_s[reports]), "s", "<= 3", spread(took_s[reports])
        ),
        Figure("start", f"most memory with {reports:,} reports", memory_mib[reports], "MiB"),
    )


def _open(state: Path) -> tuple[float, float]:
    started_s = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _OPEN, str(state)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return time.perf_counter() - started_s, int(done.stdout.split()[1]) / 1024


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args(argv)
    figures = measure(args.reports, args.runs)
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
