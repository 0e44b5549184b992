"""Kill the agent before every system call that touches its state, and break every one by EIO and ENOSPC.

    python -m benchmarks.kill_sweep [--all] [--workers N] [--only TEXT]

One whole run of `mailagent once` (fetch, commit, file, send), and the start after a crash, are traced unbroken; each
call on the state folder in each thread is a point. Then, for each point, state folder and mailbox are put back, the run
is broken there and only there, and the agent is started again until all is quiet. After each: state readable, nothing
acknowledged lost, no minute twice, no letter twice but of the class that is resent, nothing filed before its commit.
Planned, executed and fired points must be as many. Without --all: SIGKILL everywhere, errors on journal and archive.
With it: errors everywhere, the start after three kinds of crash, and a daemon that has to go on after an error.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue

from benchmarks import sweep_office as so
from benchmarks.office import add_jobs, environment, furnish, staff
from benchmarks.servers import keep
from benchmarks.strace import Broken, IsDone, Point, break_at, enumerate_points
from benchmarks.world import AGENT, EMPTY, Moment, World
from mailagent.errors import MailagentError

ERRORS = ("EIO", "ENOSPC")
TRIES = 4  # of a point that a race kept from firing
LEAPS_S = (
    0,
    1000,
    6000,
    20000,
)  # the clock at each start after the break: past the wait of unknown and deferred letters
LINGER_S = 2.0  # after all is done: a daemon then writes the TinyDB file, in a thread
_STATE = "STATE"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a broken run starts from: a state folder kept aside, the mail world at that moment, and the command."""

    name: str
    state: Path
    moment: Moment
    word: str = "once"  # or "run": the daemon, which goes on after an error and is stopped when all is done


@dataclass(frozen=True, slots=True)
class Result:
    """One executed point: whether it fired, how often it had to be tried, and what was wrong afterwards."""

    scene: str
    point: Point
    fired: bool
    tries: int
    wrong: tuple[str, ...]


class Bench:
    """One worker: an office in a folder of its own with a mail world of its own."""

    def __init__(self, folder: Path, world: World) -> None:
        self._world = world
        self._clock_file = folder / "clock"
        self._log = folder / "strace.log"
        self.office = furnish(folder, AGENT, world.imap, world.smtp, clock_file=self._clock_file)

    def first_scene(self, aside: Path) -> Scene:
        """Play the time before: briefs are out, answers have come in, and one more brief waits."""
        self._world.put_back(EMPTY)
        self._leap(0)
        staff(self.office, workers=2, jobs=3, now=so.now())
        self._once()
        mails = so.write_mails(self.office, [raw for _, raw in self._world.letters()], so.now() + timedelta(seconds=1))
        add_jobs(self.office, workers=2, numbers=range(4, 5), now=so.now())
        for raw, at in mails:
            self._world.deliver(raw, at)
        return self.scene("the run", aside)

    def scene(self, name: str, aside: Path) -> Scene:
        """Keep what is now as a scene."""
        keep(self.office.state, aside)
        return Scene(name, aside, self._world.moment())

    def enumerate(self, scene: Scene) -> tuple[Point, ...]:
        """Run the scene unbroken and return its points, with STATE for the state folder."""
        self._put_back(scene)
        command, state, is_done = self.office.command(scene.word), self.office.state, self._is_done(scene)
        points = enumerate_points(command, state, self._log, environment(), is_done)
        return tuple(replace(point, path=point.path.replace(str(self.office.state), _STATE)) for point in points)

    def play(self, scene: Scene) -> so.Facts:
        """Run the scene unbroken to its end and return what it came to."""
        self._put_back(scene)
        self._once()
        wrong = self._run_until_quiet() + self._wrong()
        if wrong:
            raise RuntimeError(f"{scene.name} is not sound before anything was broken: {wrong}")
        return so.facts(self.office, self._world)

    def break_off(self, scene: Scene, point: Point) -> Broken:
        """Run the scene and break it at `point`; leave everything as it then is."""
        self._put_back(scene)
        here = replace(point, path=point.path.replace(_STATE, str(self.office.state)))
        return break_at(here, self.office.command(scene.word), self._log, environment(), self._is_done(scene))

    def attempt(self, scene: Scene, point: Point, expected: so.Facts) -> Result:
        """Break the scene at `point`, start again until all is quiet, and see what is wrong then."""
        tries = 1
        while not (broken := self.break_off(scene, point)).fired and tries < TRIES:
            tries += 1
        wrong = [f"stderr: {broken.stderr[-600:]}"] if "Traceback" in broken.stderr else []
        wrong += so.unjournaled(self.office, self._world)
        wrong += self._run_until_quiet()
        wrong += self._wrong() or so.differences(expected, so.facts(self.office, self._world))
        return Result(scene.name, point, broken.fired, tries, tuple(wrong))

    def _is_done(self, scene: Scene) -> IsDone:
        """How to know that a daemon has nothing left to do; None for a command that ends by itself."""
        if scene.word != "run":
            return None
        done_at: list[float] = []

        def is_done() -> bool:
            if not done_at and so.is_done(self._world):
                done_at.append(time.monotonic())
            return bool(done_at) and time.monotonic() > done_at[0] + LINGER_S

        return is_done

    def _put_back(self, scene: Scene) -> None:
        keep(scene.state, self.office.state)
        self._world.put_back(scene.moment)
        self._leap(0)

    def _wrong(self) -> list[str]:
        try:
            return so.broken_state(self.office) + so.wrong_deliveries(self.office, self._world)
        except (MailagentError, OSError, ValueError, KeyError) as problem:
            return [f"state is not readable: {problem!r}"]

    def _run_until_quiet(self) -> list[str]:
        """Start again, later each time, until no letter waits; return what went wrong with that."""
        for offset_s in LEAPS_S:
            self._leap(offset_s)
            done = self.office.run("once")
            if done.returncode != 0:
                return [f"the start after it ended with {done.returncode}: {done.stderr[-600:]}"]
            if so.is_quiet(self.office):
                return []
        return ["letters still wait after the last start"]

    def _once(self) -> None:
        done = self.office.run("once")
        if done.returncode != 0:
            raise RuntimeError(f"`once` ended with {done.returncode}: {done.stderr[-2000:]}")

    def _leap(self, offset_s: int) -> None:
        self._clock_file.write_text(f"{offset_s}\n")


def sweep(folder: Path, *, everything: bool, workers: int, only: str = "") -> tuple[list[Result], int]:
    """Break all points, in parallel; return the results and how many were planned."""
    with ExitStack() as stack:
        worlds = [stack.enter_context(World()) for _ in range(workers)]
        benches = [Bench(folder / f"worker{number}", world) for number, world in enumerate(worlds)]
        plan: list[tuple[Scene, Point, so.Facts]] = []
        for scene, points in scenes(benches[0], folder, everything=everything):
            expected = benches[0].play(scene)
            plan += [(scene, point, expected) for point in points if only in str(point)]
        return _work_off(plan, benches), len(plan)


def scenes(bench: Bench, folder: Path, *, everything: bool) -> Iterable[tuple[Scene, tuple[Point, ...]]]:
    """Yield the run and the starts after a crash, each with the points to break it at."""
    first = bench.first_scene(folder / "scene-run")
    points = bench.enumerate(first)
    yield first, breakings(points, everything=everything)
    crashes = crash_points(points)
    for number, point in enumerate(crashes if everything else crashes[:1]):
        broken = bench.break_off(first, point)
        if not broken.fired:
            raise RuntimeError(f"the crash to start after did not happen: {point}")
        scene = bench.scene(f"the start after {point}", folder / f"scene-start{number}")
        yield scene, breakings(bench.enumerate(scene), everything=everything)
    if everything:
        daemon = replace(first, name="the daemon", word="run")
        yield daemon, breakings(steady_points(bench, daemon), everything=True)


def steady_points(bench: Bench, scene: Scene) -> tuple[Point, ...]:
    """List the points that every run of a daemon reaches: how often it writes the TinyDB file depends on the moment."""
    others = [set(bench.enumerate(scene)) for _ in range(2)]
    return tuple(point for point in bench.enumerate(scene) if all(point in other for other in others))


def breakings(points: Iterable[Point], *, everything: bool) -> tuple[Point, ...]:
    """Say how each point is broken: killed always; by errors everywhere, or where journal and archive are written."""
    points = tuple(points)
    broken = [replace(point, how=error) for error in ERRORS for point in points]
    return points + tuple(point for point in broken if everything or _matters(point))


def _matters(point: Point) -> bool:
    """A full disk refuses nobody who only reads, so the short sweep does not ask."""
    kept = "/journal" in point.path or "/archive" in point.path
    return kept and not (point.only_reads and point.how == "ENOSPC")


def crash_points(points: Sequence[Point]) -> list[Point]:
    """Choose the crashes to start after: archived but not journaled, sent but not told, the office half written."""
    writes = [index for index, point in enumerate(points) if point.call == "write" and "/journal" in point.path]
    kept = [index for index, point in enumerate(points) if point.call == "write" and "/archive" in point.path]
    before_commit = next(index for index in writes if index > kept[0])
    renames = [point for point in points if point.call.startswith("rename")]
    return [points[before_commit], points[writes[-1]], *renames[-1:]]


def _work_off(plan: Sequence[tuple[Scene, Point, so.Facts]], benches: Sequence[Bench]) -> list[Result]:
    free: SimpleQueue[Bench] = SimpleQueue()
    for bench in benches:
        free.put(bench)

    def attempt(task: tuple[Scene, Point, so.Facts]) -> Result:
        bench = free.get()
        try:
            return bench.attempt(*task)
        finally:
            free.put(bench)

    with ThreadPoolExecutor(len(benches)) as pool:
        return list(pool.map(attempt, plan))


def report(results: Sequence[Result], planned: int, seconds: float) -> str:
    """Say how many points were planned, executed and fired, and all that went wrong."""
    fired = sum(result.fired for result in results)
    again = [result for result in results if result.tries > 1]
    lines = [f"planned {planned} = executed {len(results)} = fired {fired}, in {seconds:.0f} s"]
    lines += [f"tried {result.tries} times, for a race: {result.point} in {result.scene}" for result in again]
    for result in results:
        lines += [f"NEVER FIRED: {result.point} in {result.scene}"] if not result.fired else []
        lines += [f"WRONG after {result.point} in {result.scene}: {one}" for one in result.wrong]
    return "\n".join(lines)


def is_sound(results: Sequence[Result], planned: int) -> bool:
    """Tell whether every planned point was executed, fired, and did no harm."""
    return len(results) == planned > 0 and all(result.fired and not result.wrong for result in results)


def workplace() -> Path:
    """Make a folder to work in: in memory where there is some, as a kill does not ask what the disk is made of."""
    shared = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="sweep-", dir=shared if os.access(shared, os.W_OK) else None))


def main(argv: list[str] | None = None) -> int:
    """Sweep and report; returns 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill_sweep", description=__doc__)
    parser.add_argument("--all", action="store_true", help="errors everywhere, and the start after every kind of crash")
    parser.add_argument("--workers", type=int, default=2 * (os.cpu_count() or 1), help="how many at once")
    parser.add_argument("--only", default="", metavar="TEXT", help="only points whose description holds this")
    args = parser.parse_args(argv)
    folder = workplace()
    started = time.monotonic()
    try:
        results, planned = sweep(folder, everything=args.all, workers=args.workers, only=args.only)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(report(results, planned, time.monotonic() - started))
    return 0 if is_sound(results, planned) else 1


if __name__ == "__main__":
    sys.exit(main())
