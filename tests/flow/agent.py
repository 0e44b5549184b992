"""The agent as a sysadmin runs it: a config file, the real commands as processes, and `mailagent run` as one more.

What it did is read as anybody can: from its log, with stock TinyDB, and from people's mailboxes.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinydb import TinyDB

from mailagent.core.events import JobAdded, OwnerAdded, WorkerAdded
from mailagent.core.model import Brief, WorkingHours
from mailagent.edge.store import event_to_document
from mailagent.mail.briefform import read_brief
from tests.servers.world import PATIENCE_S, Endpoint, World

ROOT = Path(__file__).resolve().parents[2]
BRIEF = """\
+++
title = "40 leads for the spring fair"
cap = "{cap}"
+++

## Why

We have a stand at the fair and want to invite 40 makers of wooden furniture to it in person.

## How

1. Open the exhibitors' list and filter by "Furniture" and "Wood".
2. Write each company as one row into the sheet "Leads spring fair".

## Accept

- 40 rows, each company once.
- Each row has name, town, country and phone number.

## Steps

1. The first 10 rows - 1h
2. The rest - 2h
"""


def environment() -> dict[str, str]:
    """This tree first, and nothing that systemd would set."""
    ours = ("NOTIFY_", "WATCHDOG_", "RUNTIME_", "CREDENTIALS_", "LISTEN_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONPATH": str(ROOT)}


class Daemon:
    """One `mailagent run`, and what it logs, line by line as it comes."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line.decode("utf-8", "replace").rstrip())
                self._changed.notify_all()

    def wait_for(self, pattern: str, *, count: int = 1, patience_s: float = PATIENCE_S) -> str:
        """Wait for the line of the log that fits, the `count`-th such; fails when patience ends."""
        with self._changed:
            found = self._changed.wait_for(lambda: self._fitting(pattern)[count - 1 :], patience_s)
            assert found, f"no {pattern!r} in the log:\n" + self.log()
            return found[0]

    def _fitting(self, pattern: str) -> list[str]:
        return [line for line in self.lines if re.search(pattern, line)]

    def log(self) -> str:
        """Everything it said so far."""
        return "\n".join(self.lines)

    def kill(self) -> None:
        """SIGKILL: no handler, no farewell."""
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)

    def stop(self) -> float:
        """SIGTERM; returns how many seconds it took to go."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)
        return time.monotonic() - started


class Agent:
    """An office in a folder of its own, for the agent of a world."""

    def __init__(self, world: World, folder: Path, *, plus_addressing: bool = True, **imap: object) -> None:
        self.world = world
        self.folder = folder
        self.state = folder / "state"
        self.config = folder / "mailagent.toml"
        self.clock_file = folder / "clock"
        self.imap, self.smtp = world.imap, world.smtp
        self._plus_addressing = plus_addressing
        self._imap_settings = {"poll_seconds": 1, **imap}
        (folder / "password").write_text(world.agent.password)
        (folder / "password").chmod(0o600)
        self.configure()

    def configure(self, *, more: str = "") -> None:
        """Write the config anew; `more` are tables that it does not have else."""
        who = self.world.agent
        results = self.world.authserv_id if self.world.with_results else ""
        lines = ["[agent]", f'address = "{who.address}"', 'name = "Studio work desk"']
        lines += [f'state_dir = "{self.state}"', f'control_socket = "{self.folder / "control.sock"}"']
        lines += ["[imap]", *_server(self.imap), *_login(who.address)]
        lines += [f"{name} = {json.dumps(value)}" for name, value in self._imap_settings.items()]
        lines += ["[smtp]", *_server(self.smtp), *_login(who.address), 'local_hostname = "agent.example.com"']
        lines += ["[identity]", f'authserv_id = "{results}"']
        lines += [f"plus_addressing = {str(self._plus_addressing).lower()}"]
        lines += ["[demo]", f'clock_file = "{self.clock_file}"', more]
        self.config.write_text("\n".join(lines) + "\n")

    # --- commands ---

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mailagent", "--config", str(self.config), *words]

    def run(self, *words: str, preexec: Callable[[], None] | None = None) -> "subprocess.CompletedProcess[str]":
        """Run `mailagent WORDS` to its end; `preexec` is done in the process before."""
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, env=environment(), timeout=60, preexec_fn=preexec
        )

    def do(self, *words: str) -> str:
        """Run what must go well, and give what it said."""
        done = self.run(*words)
        assert done.returncode == 0, f"mailagent {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def hire(self, *, cap: str = "4h") -> None:
        """Add Dana, Ana and Ana's first job."""
        if not (self.folder / "control.sock").exists():
            self.hire_at_the_terminal(cap=cap)
            return
        who = self.world
        brief = read_brief(BRIEF.format(cap=cap))
        assert isinstance(brief, Brief)
        always = WorkingHours("UTC", (1, 2, 3, 4, 5, 6, 7))
        for event in (
            OwnerAdded("dana", "Dana Reed", (who.owner.address,), always, digest_at=7 * 60 + 30),
            WorkerAdded("ana", "Ana Cruz", (who.ana.address,), always),
            JobAdded(None, "ana", brief),
        ):
            answer = self.ask(do="settle", event=event_to_document(event))
            assert answer["ok"], answer

    def hire_at_the_terminal(self, *, digest: str = "07:30", cap: str = "4h") -> None:
        """Add Dana, Ana and Ana's first job, as a person does."""
        world = self.world
        days = ("--zone", "UTC", "--days", "mon-sun")
        self.do("owner", "add", "dana", "--name", "Dana Reed", "--address", world.owner.address, *days,
                "--digest", digest)  # fmt: skip
        self.do("worker", "add", "ana", "--name", "Ana Cruz", "--address", world.ana.address, *days)
        self.give("ana", cap=cap)

    def give(self, worker: str, *, cap: str = "4h") -> None:
        """Give a worker a job."""
        path = self.folder / "brief.md"
        path.write_text(BRIEF.format(cap=cap))
        self.do("job", "add", str(path), "--worker", worker)

    # --- the daemon ---

    @contextmanager
    def running(self, *, until: str = "fate=started") -> Iterator[Daemon]:
        """Run the daemon, from the line in its log until the end of the block; then SIGTERM, if it still runs."""
        daemon = Daemon(self.command("run"))
        try:
            daemon.wait_for(until)
            yield daemon
            if daemon.process.poll() is None:
                daemon.stop()
            assert "Traceback" not in daemon.log(), daemon.log()
        finally:
            daemon.kill()

    def ask(self, **question: object) -> dict[str, Any]:
        """Ask the running daemon over its socket, one JSON object a line."""
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(PATIENCE_S)
            door.connect(str(self.folder / "control.sock"))
            door.sendall(json.dumps(question).encode() + b"\n")
            answer: dict[str, Any] = json.loads(door.makefile().readline())
            return answer

    def leap_to(self, moment: datetime) -> None:
        """Set the agent's clock, and wake the daemon."""
        self.set_clock(moment)
        self.ask(do="wake")

    def set_clock(self, moment: datetime) -> None:
        """Let the agent's clock show this moment now, and go on from there."""
        written = self.clock_file.with_suffix(".new")
        written.write_text(str(moment.timestamp() - datetime.now(UTC).timestamp()))
        written.rename(self.clock_file)

    # --- the office ---

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Read a table of the office with stock TinyDB; none where there is no office yet."""
        try:
            with TinyDB(self.state / "office.json", access_mode="r") as db:
                return [dict(row) for row in db.table(table)]
        except FileNotFoundError:
            return []

    def wait_for_rows(
        self, table: str, fits: Callable[[dict[str, Any]], bool] = lambda row: True, *, count: int = 1
    ) -> list[dict[str, Any]]:
        """Wait until so many rows fit, and give those."""
        until = time.monotonic() + PATIENCE_S
        while len(found := [row for row in self.rows(table) if fits(row)]) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} {table}: {self.rows(table)}"
            time.sleep(0.02)
        return found

    def minutes(self) -> tuple[int, int, int, int]:
        """Sum all time entries: reported, payable, over cap, undecided."""
        entries = self.rows("time_entries")
        reported, *split = (sum(row[name] for row in entries) for name in
                            ("minutes", "payable", "over_cap", "undecided"))  # fmt: skip
        assert reported == sum(split), entries
        return (reported, split[0], split[1], split[2])

    def prove(self) -> None:
        """Walk the journal's chain, and rebuild the office from it."""
        self.do("verify")
        self.do("replay")


@contextmanager
def an_agent(world: World, *, plus_addressing: bool = True, **imap: object) -> Iterator[Agent]:
    """Make an office; its folder has a short name, as sockets want it."""
    folder = Path(tempfile.mkdtemp(prefix="mailagent-"))
    try:
        yield Agent(world, folder, plus_addressing=plus_addressing, **imap)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server(endpoint: Endpoint) -> list[str]:
    trusted = [f'ca_file = "{endpoint.ca_file}"'] if endpoint.ca_file else []
    return [f'host = "{endpoint.host}"', f"port = {endpoint.port}", f'security = "{endpoint.security}"', *trusted]


def _login(address: str) -> list[str]:
    return [f'user = "{address}"', 'password_file = "password"']
