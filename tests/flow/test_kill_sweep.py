"""Kill the agent before every system call on its state, and let journal and archive fail: nothing lost, nothing twice.

The short sweep of `benchmarks.kill_sweep`; `make kill-sweep` does all of it.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kill_sweep import is_sound, report, sweep, workplace
from benchmarks.strace import Point, points_in
from tests.conftest import needs

TRACE = """\
10 openat(AT_FDCWD</tmp>, "/s/journal/a", O_WRONLY|O_APPEND|O_CLOEXEC) = 3</s/journal/a>
10 write(3</s/journal/a>, ""..., 100) = 100
10 write(5<socket:[77]>, ""..., 9) = 9
11 openat(4</s>, "office.tmp", O_WRONLY|O_CREAT, 0600) = 6</s/office.tmp>
10 write(3</s/journal/a>, ""..., 100 <unfinished ...>
11 write(6</s/office.tmp>, ""..., 5) = 5
10 <... write resumed>) = 100
11 rename("/s/office.tmp", "/s/office.json") = 0
12 openat(AT_FDCWD</tmp>, "/elsewhere", O_RDONLY) = 7</elsewhere>
12 openat(AT_FDCWD</tmp>, "/s/lock", O_RDONLY) = 7</s/lock>
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder in memory where there is some."""
    made = workplace()
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_points_are_counted_by_thread_and_path() -> None:
    points = points_in(TRACE.splitlines(), "/s")

    assert points == (
        Point("openat", "/s/journal/a", 1),
        Point("write", "/s/journal/a", 1),
        Point("openat", "office.tmp", 1, thread=2),
        Point("write", "/s/journal/a", 2),
        Point("write", "/s/office.tmp", 1, thread=2),
        Point("rename", "/s/office.tmp", 1, thread=2),
        Point("openat", "/s/lock", 1, thread=3, only_reads=True),
    )


@needs("strace")
@pytest.mark.timeout(900)  # a quarter of that on two idle cores
def test_no_kill_and_no_failing_disk_loses_or_doubles_anything(folder: Path) -> None:
    started = time.monotonic()

    results, planned = sweep(folder, everything=False, workers=2)

    said = report(results, planned, time.monotonic() - started)
    print(said)
    assert is_sound(results, planned), said
