"""An office to measure on: a configuration, workers and jobs, made by the product itself.

Made through the desk and not by hundreds of commands; what is measured afterwards is the whole process as it is run.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks import ROOT
from mailagent.core import events as ev
from mailagent.core.model import Brief, Step, WorkingHours
from mailagent.core.settings import Policy
from mailagent.desk import Desk
from mailagent.edge.store import open_store

DOMAIN = "example.test"
AGENT = f"agent@{DOMAIN}"
OWNER = f"dana@{DOMAIN}"
_HOURS = WorkingHours(zone="Europe/Berlin", workdays=(1, 2, 3, 4, 5, 6, 7))


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the agent finds its two servers; without `ca_file` in clear text.

    Port 1 for SMTP: nobody listens there, and letters wait.
    """

    imap_port: int
    smtp_port: int
    password: str
    ca_file: Path | None = None
    smtp_login: bool = False
    clock_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """A folder with a configuration and a state folder."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "mailagent.toml"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def command(self, *words: str) -> list[str]:
        """Return the command line of `mailagent WORDS` on this office."""
        return [str(Path(sys.executable).with_name("mailagent")), *words, "--config", str(self.config)]

    def run(self, *words: str, timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run `mailagent WORDS` to its end."""
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, env=environment(), timeout=timeout_s
        )


def environment() -> dict[str, str]:
    """Return the environment that the agent is started with: this tree first, nothing of systemd's."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("NOTIFY_", "WATCHDOG_", "RUNTIME_"))
    }
    return {**kept, "PYTHONPATH": str(ROOT)}


def furnish(folder: Path, servers: Servers) -> Office:
    """Write the configuration of an office in `folder`; its state folder is still missing."""
    folder.mkdir(parents=True, exist_ok=True)
    office = Office(folder)
    (folder / "password").write_text(servers.password)
    (folder / "password").chmod(0o600)
    office.config.write_text("\n".join(_lines(office, servers)) + "\n")
    return office


def staff(office: Office, workers: int, jobs: int, now: datetime) -> None:
    """Add an owner, workers `w1`, `w2` ... and jobs `J1`, `J2` ..., dealt out to the workers in turn; one commit."""
    # Half a day from now: no digest falls into a run.
    digest_at = (now + timedelta(hours=12)).hour * 60
    owner = ev.OwnerAdded("dana", "Dana Owner", (OWNER,), _HOURS, digest_at=digest_at)
    hired = [
        ev.WorkerAdded(f"w{number}", f"Worker {number}", (f"w{number}@{DOMAIN}",), _HOURS)
        for number in range(1, workers + 1)
    ]
    settle(office, [owner, *hired, *_jobs(workers, range(1, jobs + 1))], now)


def add_jobs(office: Office, workers: int, numbers: Iterable[int], now: datetime) -> None:
    """Add the jobs with these numbers, as `staff` would have."""
    settle(office, _jobs(workers, numbers), now)


def settle(office: Office, events: Iterable[ev.Event], now: datetime) -> None:
    """Settle events in this process, as one commit; none may be refused."""
    store = open_store(office.state, policy=Policy())
    try:
        settled = Desk(store).settle(tuple(events), now)
        refused = [one.refused or one.broke for one in settled if one.decision is None]
        assert not refused, refused[:3]
        store.write_office(force=True)
    finally:
        store.close()


def _jobs(workers: int, numbers: Iterable[int]) -> Iterable[ev.Event]:
    return [ev.JobAdded("dana", f"w{(number - 1) % workers + 1}", a_brief(number)) for number in numbers]


def a_brief(number: int) -> Brief:
    """Return a brief of ordinary length; `number` makes its title another one."""
    return Brief(
        title=f"Redraw the start page, part {number}",
        why="People leave the start page before they have seen what the studio makes.",
        how="Start from the sketches of last week; keep the colours; ask where a text is missing.",
        accept=("It fits a phone and a wide screen", "The three pictures load in under a second", "Dana has seen it"),
        steps=(Step("Sketch two ways", 120), Step("Draw the better one", 300), Step("Hand it over", 60)),
        cap_minutes=40 * 60,
    )


def _lines(office: Office, servers: Servers) -> Sequence[str]:
    security = "tls" if servers.ca_file else "none"
    ca_file = [f'ca_file = "{servers.ca_file}"'] if servers.ca_file else []
    login = [f'user = "{AGENT}"', f'password_file = "{office.folder}/password"']
    return [
        *("[agent]", f'address = "{AGENT}"', 'name = "Studio work desk"', f'state_dir = "{office.state}"'),
        *("[imap]", 'host = "localhost"', f"port = {servers.imap_port}", f'security = "{security}"', *ca_file, *login),
        *("[smtp]", 'host = "localhost"', f"port = {servers.smtp_port}", f'security = "{security}"', *ca_file),
        'local_hostname = "agent.example.test"',
        *(login if servers.smtp_login else []),
        *("[identity]", "plus_addressing = true"),
        *(["[demo]", f'clock_file = "{servers.clock_file}"'] if servers.clock_file else []),
    ]
