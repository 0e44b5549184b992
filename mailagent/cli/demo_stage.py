"""The demo's stage: a folder with a configuration one could keep, and the three processes that play on it.

Each is started here and ended by its pid, whatever happens. Servers and people also end with their input: should this
process be killed, they go by themselves.
"""

import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import mailagent
from mailagent.cli import common
from mailagent.cli.job import load_brief
from mailagent.core import workday
from mailagent.core.events import JobAdded, OwnerAdded, WorkerAdded
from mailagent.core.model import WorkingHours
from mailagent.edge import clock, config
from mailagent.errors import StateError, Unreachable

OWNER = ("dana", "Dana Reed", "dana@demo.example", "Europe/Berlin")
WORKER = ("ana", "Ana Cruz", "ana@demo.example", "Asia/Manila")
AGENT = "desk@demo.example"
STARTS_AT = 9 * 60 + 30  # on the worker's clock, on his next Monday
_READY_S = 20.0
_END_S = 10.0
_PACKAGE = Path(mailagent.__file__).parent

_CONFIG = """# Made by `mailagent demo`. The servers it names are gone; everything else is as on a real machine.
[agent]
address = "{agent}"
name = "Work desk"
state_dir = "state"

[imap]
host = "127.0.0.1"
port = {imap}
security = "none"
user = "{agent}"
password_file = "password"

[smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"
user = "{agent}"
password_file = "password"

[identity]
authserv_id = "{authserv_id}"
plus_addressing = true

[demo]
clock_file = "clock"
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """The folder, and a password for everybody."""

    folder: Path
    passwords: tuple[tuple[str, str], ...]

    @property
    def clock_file(self) -> Path:
        """Seconds that all processes add to the system's clock."""
        return self.folder / "clock"

    @property
    def config_path(self) -> Path:
        """The daemon's configuration."""
        return self.folder / "mailagent.toml"


@dataclass(frozen=True, slots=True)
class World:
    """Where the mail world listens, and the name that its server proves senders by."""

    imap: int
    smtp: int
    authserv_id: str


class Child:
    """A process that we started. Lines that it prints are JSON; `is_idle` and `next_at` are what it said last."""

    def __init__(self, name: str, words: list[str], log: Path) -> None:
        self.name = name
        self.is_idle = False
        self.next_at: datetime | None = None
        self._log = log
        self._rest = b""
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, process_group=0
            )
        assert self._process.stdout is not None, "it was asked for"
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)

    def say(self, line: Mapping[str, object]) -> None:
        """Write a line of JSON to its input."""
        assert self._process.stdin is not None, "it was asked for"
        with suppress(BrokenPipeError):  # `check` tells what became of it
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()

    def hear(self, timeout_s: float = 0.0) -> tuple[Mapping[str, object], ...]:
        """Return the lines that it printed since the last time."""
        if self._selector.select(timeout_s):
            self._rest += self._output.read() or b""
        *lines, self._rest = self._rest.split(b"\n")
        return tuple(json.loads(line) for line in lines if line.strip())

    def wait_for_line(self) -> Mapping[str, object]:
        """Return its first line. Raises Unreachable where none comes."""
        until = clock.monotonic() + _READY_S
        while clock.monotonic() < until:
            for line in self.hear(0.1):
                return line
            self.check()
        raise Unreachable(f"the demo's {self.name} did not get ready; see {self._log}")

    def look(self) -> bool:
        """Have it look at clock and mailboxes now; returns whether it has nothing to do until `next_at`."""
        self.is_idle = False
        self.say({"do": "wake"})
        until = clock.monotonic() + _READY_S
        while not self.is_idle and clock.monotonic() < until:
            self.check(0.05)
        return self.is_idle

    def check(self, timeout_s: float = 0.0) -> None:
        """Take in what it says of itself. Raises StateError where it has ended."""
        for line in self.hear(timeout_s):
            if "idle" in line:
                self.is_idle = bool(line["idle"])
                following = line.get("next")
                self.next_at = datetime.fromisoformat(str(following)) if following else None
        if self._process.poll() is not None:
            raise StateError(f"the demo's {self.name} ended with {self._process.returncode}: {self._last_words()}")

    def end(self) -> None:
        """End it by its pid: kindly first."""
        self._selector.close()
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._output.close()

    def _last_words(self) -> str:
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def prepare(folder: Path) -> Stage:
    """Set the stage: passwords for everybody, and a clock that shows the worker's next Monday morning."""
    people = (AGENT, OWNER[2], WORKER[2])
    stage = Stage(folder, tuple((address, secrets.token_urlsafe(12)) for address in people))
    password = folder / "password"
    password.touch(0o600)
    password.write_text(dict(stage.passwords)[AGENT] + "\n", "ascii")
    now = clock.now()
    today = workday.local(now, WORKER[3]).date()
    monday = today + timedelta(days=7 - today.weekday())
    set_clock(stage, (workday.instant_of(monday, STARTS_AT, WORKER[3]) - now).total_seconds())
    return stage


def set_clock(stage: Stage, seconds: float) -> None:
    """Let all processes add `seconds` to the system's clock; replaced whole, so that nobody reads half a number."""
    unfinished = stage.clock_file.with_suffix(".new")
    unfinished.write_text(f"{seconds:.3f}", "ascii")
    unfinished.replace(stage.clock_file)


def offset_s(stage: Stage) -> float:
    """Seconds that are added to the system's clock now."""
    return float(stage.clock_file.read_text("ascii"))


@contextmanager
def started(name: str, words: list[str], log: Path) -> Iterator[Child]:
    """A child that is ended when the block is left, by Ctrl-C too."""
    child = Child(name, words, log)
    try:
        yield child
    finally:
        child.end()


@contextmanager
def start_world(stage: Stage) -> Iterator[World]:
    """The mail world: IMAP and SMTP on loopback. Raises StateError where the packages of the extra are missing."""
    with started("mail servers", [str(_PACKAGE / "demo" / "world.py")], stage.folder / "servers.log") as child:
        child.say(
            {"users": dict(stage.passwords), "authserv_id": "mail.demo.example", "clock_file": str(stage.clock_file)}
        )
        try:
            ready = child.wait_for_line()
        except StateError as problem:
            if "No module named" in str(problem):
                raise StateError("the demo's mail servers are an extra: pip install 'mailagent[demo]'") from None
            raise
        yield World(int(str(ready["imap"])), int(str(ready["smtp"])), str(ready["authserv_id"]))


def write_config(stage: Stage, world: World) -> config.Config:
    """Write the daemon's configuration for this world, and load it."""
    text = _CONFIG.format(agent=AGENT, imap=world.imap, smtp=world.smtp, authserv_id=world.authserv_id)
    stage.config_path.write_text(text, "utf-8")
    return config.load(stage.config_path)


def start_daemon(stage: Stage) -> AbstractContextManager[Child]:
    """`mailagent run`, as a process of its own."""
    words = ["-m", "mailagent", "run", "--config", str(stage.config_path)]
    return started("daemon", words, stage.folder / "daemon.log")


@contextmanager
def start_people(stage: Stage, world: World) -> Iterator[Child]:
    """The owner and the worker, who read and answer their mail."""
    passwords = dict(stage.passwords)
    cast = [
        {"role": role, "name": name, "address": address, "password": passwords[address]}
        for role, (_, name, address, _) in (("owner", OWNER), ("worker", WORKER))
    ]
    setting = {
        "host": "127.0.0.1",
        "imap": world.imap,
        "smtp": world.smtp,
        "agent": AGENT,
        "clock_file": str(stage.clock_file),
        "people": cast,
    }
    with started("people", [str(_PACKAGE / "demo" / "people.py")], stage.folder / "people.log") as child:
        child.say(setting)
        child.wait_for_line()
        yield child


def hire(settings: config.Config) -> tuple[str, ...]:
    """What a sysadmin types: the owner, the worker, the job; through the daemon. Returns what was said."""
    owner, worker = OWNER, WORKER
    brief = load_brief(sample("config/briefs/leads.md"))
    return (
        common.settle(settings, OwnerAdded(owner[0], owner[1], (owner[2],), WorkingHours(owner[3]), 7 * 60 + 30)),
        common.settle(settings, WorkerAdded(worker[0], worker[1], (worker[2],), WorkingHours(worker[3]), 20 * 60)),
        common.settle(settings, JobAdded(None, worker[0], brief)),
    )


def sample(name: str) -> Path:
    """A file that ships with mailagent: inside the package when installed, beside it in a checkout."""
    inside = _PACKAGE / "_data" / name
    return inside if inside.exists() else _PACKAGE.parent / name
