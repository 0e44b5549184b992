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
from tests.servers.world import Endpoint, Person

NOBODY = Endpoint("127.0.0.1", 1, "none")  # a port where nobody listens: letters are written and wait
_HOURS = WorkingHours(zone="Europe/Berlin", workdays=(1, 2, 3, 4, 5, 6, 7))


@dataclass(frozen=True, slots=True)
class Office:
    """A folder with a configuration and a state folder, for the agent of one domain."""

    folder: Path
    domain: str

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

    def worker_address(self, number: int) -> str:
        """Return the address of worker `w1`, `w2` ...: all of them are in Ana's one mailbox."""
        return f"ana+w{number}@{self.domain}"


def environment() -> dict[str, str]:
    """Return the environment that the agent is started with: this tree first, nothing of systemd's.

    Byte code is written, as pip does for what it installs: without it every start would compile the sources anew.
    """
    foreign = ("NOTIFY_", "WATCHDOG_", "RUNTIME_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(ROOT)}


def furnish(folder: Path, agent: Person, imap: Endpoint, smtp: Endpoint, *, clock_file: Path | None = None) -> Office:
    """Write (anew) the configuration of an office in `folder`; the state folder is left as it is.

    The agent logs in to SMTP wherever its security is not "none".
    """
    folder.mkdir(parents=True, exist_ok=True)
    office = Office(folder, agent.address.partition("@")[2])
    (folder / "password").write_text(agent.password)
    (folder / "password").chmod(0o600)
    lines = ["[agent]", f'address = "{agent.address}"', 'name = "Studio work desk"', f'state_dir = "{office.state}"']
    lines += ["[imap]", *_server(imap), *_login(agent)]
    lines += ["[smtp]", *_server(smtp), *(_login(agent) if smtp.security != "none" else [])]
    lines += [f'local_hostname = "agent.{office.domain}"', "[identity]", "plus_addressing = true"]
    lines += ["[demo]", f'clock_file = "{clock_file}"'] if clock_file else []
    office.config.write_text("\n".join(lines) + "\n")
    return office


def _server(endpoint: Endpoint) -> Sequence[str]:
    trusted = [f'ca_file = "{endpoint.ca_file}"'] if endpoint.security != "none" and endpoint.ca_file else []
    return [f'host = "{endpoint.host}"', f"port = {endpoint.port}", f'security = "{endpoint.security}"', *trusted]


def _login(agent: Person) -> Sequence[str]:
    return [f'user = "{agent.address}"', 'password_file = "password"']


def staff(office: Office, workers: int, jobs: int, now: datetime) -> None:
    """Add an owner, workers `w1`, `w2` ... and jobs `J1`, `J2` ..., dealt out to the workers in turn; one commit."""
    # Half a day from now: no digest falls into a run.
    digest_at = (now + timedelta(hours=12)).hour * 60
    owner = ev.OwnerAdded("dana", "Dana Owner", (f"owner@{office.domain}",), _HOURS, digest_at=digest_at)
    hired = [
        ev.WorkerAdded(f"w{number}", f"Worker {number}", (office.worker_address(number),), _HOURS)
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


def _jobs(workers: int, numbers: Iterable[int]) -> Sequence[ev.Event]:
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
