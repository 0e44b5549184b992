"""The peer of the ingest benchmark: `manage.py get_email` of django-helpdesk, in the venv that `make bench` makes."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT
from benchmarks.clocked import Took, clocked

PYTHON = ROOT / ".venv-peer" / "bin" / "python"
PROJECT = ROOT / "benchmarks" / "peer"


@dataclass(frozen=True, slots=True)
class Peer:
    """A helpdesk with its database in `folder`. `kept` is the database as seeded, put back before each run."""

    folder: Path

    @property
    def kept(self) -> Path:
        return self.folder / "kept"

    @property
    def live(self) -> Path:
        return self.folder / "live"

    def environment(self) -> dict[str, str]:
        """Return what the project reads from its environment."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PEER_DIR": str(self.live)}

    def run(self, *words: str) -> str:
        """Run a script of the project and return what it printed."""
        done = subprocess.run(
            [str(PYTHON), *words],
            cwd=PROJECT,
            env=self.environment(),
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout

    def seed(self, *, imap_port: int, user: str, password: str, workers: int, tickets: int) -> None:
        """Make the database: one queue that reads this mailbox, and the tickets."""
        self.live.mkdir(parents=True)
        self.run("manage.py", "migrate", "-v0")
        who = ["--imap-port", str(imap_port), "--user", user, "--password", password]
        self.run("seed.py", *who, "--workers", str(workers), "--tickets", str(tickets))
        shutil.copytree(self.live, self.kept)

    def get_email(self) -> Took:
        """Put the database back, and time `manage.py get_email` as a whole process."""
        shutil.rmtree(self.live)
        shutil.copytree(self.kept, self.live)
        command = [str(PYTHON), str(PROJECT / "manage.py"), "get_email"]
        return clocked(command, self.folder / "took.json", env=self.environment(), log=self.folder / "peer.log")

    def followups(self) -> int:
        """Count the mails that it has booked on a ticket."""
        return int(self.run("count.py").split()[1])


def is_here() -> bool:
    """Tell whether the peer's venv was made."""
    return PYTHON.exists()
