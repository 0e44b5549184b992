"""Run one command and tell what it took, with every process it started: wall and CPU seconds, and the largest of them.

    python -m benchmarks.clocked RESULT.json COMMAND...

It makes itself the reaper of orphans, so that a child which outlives its parent is waited for and counted, too.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Took:
    """What a command took; `largest_kib` is the peak of its largest process."""

    exit_code: int
    wall_s: float
    cpu_s: float
    largest_kib: int


def clocked(command: list[str], result: Path, *, env: dict[str, str] | None = None, log: Path | None = None) -> Took:
    """Run `command` in a process of its own kind and return what it took."""
    stderr = log.open("wb") if log else subprocess.DEVNULL
    runner = [sys.executable, "-m", "benchmarks.clocked", str(result), *command]
    subprocess.run(runner, check=True, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=stderr, timeout=1800)
    return Took(**json.loads(result.read_text()))


def main(argv: list[str]) -> int:
    """Measure argv[1:] and write what it took to the file argv[0]."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.monotonic()
    child = os.posix_spawnp(argv[1], argv[1:], os.environ)
    took = _reap(child, started)
    Path(argv[0]).write_text(json.dumps(took))
    return 0


def _reap(child: int, started: float) -> dict[str, float]:
    took = {"exit_code": -1, "wall_s": 0.0, "cpu_s": 0.0, "largest_kib": 0}
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return took
        took["cpu_s"] += usage.ru_utime + usage.ru_stime
        took["largest_kib"] = max(took["largest_kib"], usage.ru_maxrss)
        if pid == child:
            took["exit_code"] = os.waitstatus_to_exitcode(status)
            took["wall_s"] = time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
