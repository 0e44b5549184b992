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
from datetime import date, datetime, timedelta
from pathlib import Path

import mailagent
from mailagent.cli import common
from mailagent.cli.job import load_brief
from mailagent.core import workday
from mailagent.core.events import JobAdded, OwnerAdded, WorkerAdded
from mailagent.core.model import WorkingHours
from mailagent.edge import clock, config
from mailagent.errors import StateError, Unreachable

AGENT = "desk@demo.example"
AGENT_NAME = "Work desk"
STARTS_AT = 9 * 60 + 30  # on the first worker's clock
_READY_S = 20.0
_END_S = 10.0
_PACKAGE = Path(mailagent.__file__).parent


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody of the demo: his part is what demo/people.py makes of it, his brief the job that he is given."""

    id: str
    name: str
    zone: str
    part: str
    brief: str = ""
    rate: str | None = None

    @property
    def address(self) -> str:
        """His only one."""
        return f"{self.id}@demo.example"

    @property
    def city(self) -> str:
        """Where his clock hangs."""
        return self.zone.rpartition("/")[2]


OWNER = Player("dana", "Dana Reed", "Europe/Berlin", "owner")
WORKERS = (
    Player("ana", "Ana Cruz", "Asia/Manila", "reliable", "catalogue", "7"),
    Player("ben", "Ben Otieno", "Africa/Nairobi", "nudged", "addresses", "6"),
    Player("luz", "Luz Herrera", "America/Bogota", "asks", "parcels", "9"),
)
PLAYERS = (*WORKERS, OWNER)

_CONFIG = """# Made by `mailagent demo`. The servers it names are gone; everything else is as on a real machine.
[agent]
address = "{agent}"
name = "{name}"
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
        """What all processes take the time from."""
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

    def ask(self, what: str) -> None:
        """Have it do something, and wait until it says that it has. Raises StateError, Unreachable."""
        self.is_idle = False
        self.say({"do": what})
        until = clock.monotonic() + _READY_S
        while not self.is_idle:
            self.check(0.05)
            if clock.monotonic() > until:
                raise Unreachable(f"the demo's {self.name} did not answer; see {self._log}")

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


def prepare(folder: Path, monday: date | None) -> Stage:
    """Set the stage: passwords for everybody, and a clock that stands at the morning of `monday`, or of the next."""
    people = (AGENT, *(one.address for one in PLAYERS))
    stage = Stage(folder, tuple((address, secrets.token_urlsafe(12)) for address in people))
    password = folder / "password"
    password.touch(0o600)
    password.write_text(dict(stage.passwords)[AGENT] + "\n", "ascii")
    zone = WORKERS[0].zone
    today = workday.local(clock.now(), zone).date()
    stop_clock(stage, workday.instant_of(monday or today + timedelta(days=7 - today.weekday()), STARTS_AT, zone))
    return stage


def stop_clock(stage: Stage, at: datetime) -> None:
    """Let time stand still at an instant, for all processes: however long they take, nothing is late by that."""
    _write_clock(stage, f"@{at.timestamp():.6f}")


def start_clock(stage: Stage) -> None:
    """Let time go on at its natural speed from where it stands."""
    shown = clock.now()
    clock.configure(None)
    ahead = shown - clock.now()
    clock.configure(stage.clock_file)
    _write_clock(stage, f"{ahead.total_seconds():.3f}")


def _write_clock(stage: Stage, text: str) -> None:
    """Replaced whole, so that nobody reads half a number."""
    unfinished = stage.clock_file.with_suffix(".new")
    unfinished.write_text(text, "ascii")
    unfinished.replace(stage.clock_file)


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
        config = {"users": dict(stage.passwords), "authserv_id": "mail.demo.example"}
        child.say(config | {"clock_file": str(stage.clock_file), "log": str(stage.folder / "accepted.jsonl")})
        try:
            ready = child.wait_for_line()
        except StateError as problem:
            if "No module named" in str(problem):
                raise StateError("the demo's mail servers are an extra: pip install 'mailagent[demo]'") from None
            raise
        yield World(int(str(ready["imap"])), int(str(ready["smtp"])), str(ready["authserv_id"]))


def write_config(stage: Stage, world: World) -> config.Config:
    """Write the daemon's configuration for this world, and load it."""
    text = _CONFIG.format(agent=AGENT, name=AGENT_NAME, imap=world.imap, smtp=world.smtp, authserv_id=world.authserv_id)
    stage.config_path.write_text(text, "utf-8")
    return config.load(stage.config_path)


def start_daemon(stage: Stage) -> AbstractContextManager[Child]:
    """`mailagent run`, as a process of its own."""
    words = ["-m", "mailagent", "run", "--config", str(stage.config_path)]
    return started("daemon", words, stage.folder / "daemon.log")


@contextmanager
def start_people(stage: Stage, world: World) -> Iterator[Child]:
    """The owner and the workers, who read and answer their mail."""
    passwords = dict(stage.passwords)
    cast = [
        {
            "part": one.part,
            "name": one.name,
            "address": one.address,
            "password": passwords[one.address],
            "zone": one.zone,
        }
        for one in PLAYERS
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


def hire(settings: config.Config) -> Iterator[str]:
    """What a sysadmin types: the owner, the workers, their jobs; through the daemon. Yields what is said."""
    hours = WorkingHours(OWNER.zone)
    yield common.settle(settings, OwnerAdded(OWNER.id, OWNER.name, (OWNER.address,), hours, 7 * 60 + 30))
    for one in WORKERS:
        hours = WorkingHours(one.zone)
        added = WorkerAdded(one.id, one.name, (one.address,), hours, 20 * 60, one.rate, "USD")
        yield common.settle(settings, added)
    for one in WORKERS:
        brief = load_brief(sample(f"config/briefs/{one.brief}.md"))
        yield common.settle(settings, JobAdded(None, one.id, brief))


def sample(name: str) -> Path:
    """A file that ships with mailagent: inside the package when installed, beside it in a checkout."""
    inside = _PACKAGE / "_data" / name
    return inside if inside.exists() else _PACKAGE.parent / name
