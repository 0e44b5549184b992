"""The demo's own mail world, demo/world.py, as a child process: no root, ready in a fifth of a second, always new."""

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.world import PATIENCE_S, Accepted, Endpoint, Person, World

AUTHSERV_ID = "world.example"
WORLD = Path(__file__).resolve().parents[2] / "mailagent" / "demo" / "world.py"
_PEOPLE = ("agent", "owner", "ana", "ben")


@dataclass(frozen=True)
class JsonLog:
    """Reads the world's log of every mail it took."""

    path: Path

    def accepted(self) -> tuple[Accepted, ...]:
        """Return what was taken so far, oldest first."""
        entries = [json.loads(line) for line in self.path.read_text("utf-8").splitlines()] if self.path.exists() else []
        return tuple(
            Accepted(entry["reverse_path"], entry["forward_path"], entry["message_id"], entry["login"])
            for entry in entries
        )


@contextmanager
def embedded(*, clock_file: Path | None = None, domain: str = "studio.example") -> Iterator[World]:
    """Run a world of its own, with four empty mailboxes."""
    folder = Path(tempfile.mkdtemp(prefix="mailworld-"))
    people = [Person(name.title(), f"{name}@{domain}", secrets.token_urlsafe(9)) for name in _PEOPLE]
    config = {
        "users": {person.address: person.password for person in people},
        "authserv_id": AUTHSERV_ID,
        "clock_file": str(clock_file or ""),
        "log": str(folder / "accepted.jsonl"),
    }
    with (folder / "errors.log").open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, str(WORLD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
    try:
        yield _world(child, config, people, folder)
    finally:
        _end(child)
        shutil.rmtree(folder, ignore_errors=True)


def _world(child: subprocess.Popen[bytes], config: dict[str, object], people: list[Person], folder: Path) -> World:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(config).encode() + b"\n")
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise AssertionError(f"the world did not start: {(folder / 'errors.log').read_text()}")
    said = json.loads(line)
    endpoints = {name: Endpoint("127.0.0.1", said[name], "none") for name in said if name.startswith(("imap", "smtp"))}
    return World(
        *people,
        **endpoints,
        authserv_id=said["authserv_id"],
        log=JsonLog(folder / "accepted.jsonl"),
        state=folder,
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    """End it as its own program promises: by the end of its stdin."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()
