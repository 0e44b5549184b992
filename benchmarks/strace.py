"""Find the system calls by which a command touches a folder, and break one of them: kill, or an error instead of it.

`strace -e inject=...:when=N` counts for each thread and each call name by itself, and `-P path` lets only calls on that
path count. So a point is a call name, a path, and the N-th such call on that path within one thread; an enumerating run
lists them all. A point that does not fire proves nothing, so every breaking run is asked for the mark that strace
leaves. `--seccomp-bpf` spares the command a third of its time, but no signal is ever injected with it (strace 6.1).
"""

import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = (
    *("write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat", "renameat2"),
    *("ftruncate", "unlink", "unlinkat", "openat"),
)
KILL = "SIGKILL"
PATIENCE_S = 120.0

IsDone = Callable[[], bool] | None  # None: the command ends by itself

_CALL = re.compile(rf"^(?P<thread>\d+) +(?P<call>{'|'.join(CALLS)})\((?P<rest>.*)$")
_DESCRIPTOR = re.compile(r"^(?:\d+|AT_FDCWD)<(?P<path>[^>]*)>(?:\(deleted\))?")
_WRITING = re.compile(r"\bO_(?:WRONLY|RDWR|CREAT)\b")
_QUOTED = re.compile(r'"(?P<path>[^"]*)"')


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The `nth` `call` on `path` in one thread, and how it is broken: KILL before it, or an errno's name instead of it.

    `path` is as the call names it. `thread` counts from 1 in the order of appearance; it is told, and not part of what
    is injected: where two threads make the same call on the same path, the earlier one meets it. `only_reads` tells of
    an openat that could not use up space.
    """

    call: str
    path: str
    nth: int
    how: str = KILL
    thread: int = 1
    only_reads: bool = False

    def __str__(self) -> str:
        return f"{self.how} at {self.call} no. {self.nth} of {self.path} in thread {self.thread}"

    def arguments(self) -> list[str]:
        """Return strace's arguments for it."""
        quick, action = ([], f"signal={KILL}") if self.how == KILL else (["--seccomp-bpf"], f"error={self.how}")
        inject = f"inject={self.call}:{action}:when={self.nth}"
        return [*quick, "-P", self.path, "-e", f"trace={self.call}", "-e", inject]


@dataclass(frozen=True, slots=True)
class Broken:
    """A breaking run: whether the point fired, the exit code (-9: killed), and what the command said on stderr."""

    fired: bool
    exit_code: int
    stderr: str


def enumerate_points(
    command: Sequence[str], folder: Path, log: Path, env: dict[str, str], is_done: IsDone = None
) -> tuple[Point, ...]:
    """Run `command` unbroken and return every point on `folder` and what lies in it, in order."""
    tracing = ["strace", "-f", "--seccomp-bpf", "-y", "-s", "0", "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
    exit_code, stderr = _run([*tracing, *command], env, is_done)
    if exit_code != 0:
        raise RuntimeError(f"the unbroken run failed with {exit_code}: {stderr[-2000:]}")
    return points_in(log.read_text(errors="replace").splitlines(), str(folder))


def points_in(lines: Iterable[str], folder: str) -> tuple[Point, ...]:
    """Read the points on `folder` out of what `strace -f -y` wrote."""
    threads: dict[str, int] = {}
    seen: Counter[tuple[str, str, str]] = Counter()
    points: dict[Point, None] = {}
    for line in lines:
        match = _CALL.match(line)
        if match is None:
            continue
        path, *others = _paths(match["rest"])
        thread, call = match["thread"], match["call"]
        if not any(_is_under(one, folder) for one in (path, *others)):
            continue
        for one in {path, *others}:
            seen[thread, call, one] += 1
        number = threads.setdefault(thread, len(threads) + 1)
        only_reads = call == "openat" and not _WRITING.search(match["rest"])
        points[Point(call, path, seen[thread, call, path], thread=number, only_reads=only_reads)] = None
    return tuple(points)


def break_at(point: Point, command: Sequence[str], log: Path, env: dict[str, str], is_done: IsDone = None) -> Broken:
    """Run `command` with `point` broken; one that would go on for ever is stopped once `is_done`."""
    exit_code, stderr = _run(["strace", "-f", "-o", str(log), *point.arguments(), *command], env, is_done)
    said = log.read_text(errors="replace")
    if point.how == KILL:
        fired = exit_code == -signal.SIGKILL and f" {point.call}(" in said and "+++ killed by SIGKILL" in said
    else:
        fired = "(INJECTED)" in said
    return Broken(fired, exit_code, stderr)


def _run(traced: Sequence[str], env: dict[str, str], is_done: IsDone) -> tuple[int, str]:
    process = subprocess.Popen(traced, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
    try:
        if is_done is not None:
            _stop_when(is_done, process)
        stderr = process.communicate(timeout=PATIENCE_S)[1]
    finally:
        process.kill()
        process.wait()
    return process.returncode, stderr


def _stop_when(is_done: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until it is done or has ended, then send SIGTERM to what strace runs, not to strace."""
    until = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        if is_done():
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGTERM)
            return
        time.sleep(0.05)


def count_syncs(command: Sequence[str], folder: Path, log: Path, env: dict[str, str]) -> Counter[str]:
    """Run `command` and count its fsync and fdatasync calls by what was synced, as a path below `folder`."""
    tracing = ["strace", "-f", "--seccomp-bpf", "-y", "-s", "0", "-o", str(log), "-e", "trace=fsync,fdatasync"]
    subprocess.run([*tracing, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, timeout=600)
    found = (_CALL.match(line) for line in log.read_text(errors="replace").splitlines())
    paths = [_paths(match["rest"]) for match in found if match]
    under = (path[0] for path in paths if path and _is_under(path[0], str(folder)))
    return Counter(path.removeprefix(str(folder)).lstrip("/") or "." for path in under)


def of_the_mails(found: Counter[str]) -> int:
    """Count the syncs that mails and letters wait for.

    Not those of the TinyDB file, which is written beside (the folder's own is that of its rename), and of the tries.
    """
    return sum(
        count for path, count in found.items() if path != "." and not path.startswith(("office", "archive/tries"))
    )


def _paths(arguments: str) -> list[str]:
    """The paths a call names: quoted ones first, as it is them that `-P` is compared with, then its descriptor's."""
    quoted = [match["path"] for match in _QUOTED.finditer(arguments)]
    descriptor = _DESCRIPTOR.match(arguments)
    return [path for path in (*quoted, descriptor["path"] if descriptor else "") if path]


def _is_under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
