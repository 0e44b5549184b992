"""SIGTERM at random moments of `mailagent run`, also while a server has gone silent (FAULTS F77).

MAILAGENT_SIGTERMS says how many moments, 20 without; MAILAGENT_SEED repeats a run that failed.
"""

import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from benchmarks import sweep_office as so
from benchmarks.kill_sweep import Bench, Scene
from benchmarks.office import environment, furnish
from benchmarks.world import AGENT, World
from tests.flow.silence import SilentProxy

MOMENTS = int(os.environ.get("MAILAGENT_SIGTERMS", "20"))
SEED = int(os.environ.get("MAILAGENT_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
AT_ONCE = 4
STOPS_WITHIN_S = 10.0
WORK_S = 2.5  # starting, reading all that waits, answering it, and falling idle takes about this long


@dataclass(frozen=True)
class Moment:
    """When to stop the daemon, and which server falls silent before that (0 to 1 of the time until then)."""

    after_s: float
    silent: str = ""
    silent_at: float = 0.0


@dataclass(frozen=True)
class Stopped:
    """How a stop went: seconds it took, and all that was wrong."""

    moment: Moment
    took_s: float
    wrong: tuple[str, ...]


def random_moments(count: int, seed: int) -> list[Moment]:
    """Draw moments; every second one with a silent server."""
    draw = random.Random(seed)
    kinds = ["", "imap", "", "smtp"]
    return [Moment(draw.uniform(0.0, WORK_S), kinds[number % 4], draw.random()) for number in range(count)]


class Stage(Bench):
    """A worker of the kill sweep whose agent reaches its servers through proxies that can fall silent."""

    def __init__(self, folder: Path, world: World, imap: SilentProxy, smtp: SilentProxy) -> None:
        super().__init__(folder, world)
        self._proxies = {"imap": imap, "smtp": smtp}
        through = replace(world.imap, port=imap.port), replace(world.smtp, port=smtp.port)
        self.office = furnish(folder, AGENT, *through)

    def stop_at(self, scene: Scene, moment: Moment) -> Stopped:
        """Run the daemon on a scene, stop it at a moment, and judge how that went."""
        self._put_back(scene)
        process = subprocess.Popen(self.office.command("run"), env=environment(), stderr=subprocess.PIPE, text=True)
        try:
            self._wait(moment)
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=3 * STOPS_WITHIN_S)[1]
            took_s = time.monotonic() - started
        finally:
            process.kill()
            process.wait()
            for proxy in self._proxies.values():
                proxy.speak()
        return Stopped(moment, took_s, self._wrong_after(took_s, process.returncode, said))

    def _wait(self, moment: Moment) -> None:
        """Sleep until the moment; that it is any moment at all is the point."""
        before_s = moment.after_s * moment.silent_at if moment.silent else moment.after_s
        time.sleep(before_s)
        if moment.silent:
            self._proxies[moment.silent].be_silent()
            time.sleep(moment.after_s - before_s)

    def _wrong_after(self, took_s: float, exit_code: int, said: str) -> tuple[str, ...]:
        wrong = so.broken_state(self.office) + so.unjournaled(self.office, self._world)
        if took_s > STOPS_WITHIN_S:
            wrong.append(f"it took {took_s:.1f} s to stop")
        # Before Python has set up its handlers, SIGTERM ends it as any process.
        if exit_code not in (0, -signal.SIGTERM) or "Traceback" in said:
            wrong.append(f"it ended with {exit_code}: {said[-800:]}")
        return tuple(wrong)


@pytest.mark.timeout(60 + 6 * MOMENTS)
def test_it_stops_within_ten_seconds_whatever_it_waits_for(tmp_path: Path) -> None:
    moments = random_moments(MOMENTS, SEED)

    stops = stop_at_all(moments, tmp_path)

    for silent in ("", "imap", "smtp"):
        longest_s = max((stop.took_s for stop in stops if stop.moment.silent == silent), default=0.0)
        print(f"silent: {silent or 'nobody'}: the longest of {MOMENTS} stops in all took {longest_s:.2f} s")
    assert [stop for stop in stops if stop.wrong] == [], f"repeat with MAILAGENT_SEED={SEED}"


def stop_at_all(moments: list[Moment], folder: Path) -> list[Stopped]:
    """Play all moments, some at once."""
    free: SimpleQueue[Stage] = SimpleQueue()
    with ExitStack() as stack:
        stages = [_stage(stack, folder / f"stage{number}") for number in range(AT_ONCE)]
        scene = stages[0].first_scene(folder / "scene")
        for stage in stages:
            free.put(stage)

        def play(moment: Moment) -> Stopped:
            stage = free.get()
            try:
                return stage.stop_at(scene, moment)
            finally:
                free.put(stage)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(play, moments))


def _stage(stack: ExitStack, folder: Path) -> Stage:
    world = stack.enter_context(World())
    imap = stack.enter_context(SilentProxy(world.imap.port))
    smtp = stack.enter_context(SilentProxy(world.smtp.port))
    return Stage(folder, world, imap, smtp)
