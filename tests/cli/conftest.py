"""An office of its own for each test, and the door to it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailagent.cli import main

CONFIG = """
[agent]
address = "agent@example.com"
state_dir = "state"
[imap]
host = "127.0.0.1"
port = 1
security = "none"
user = "agent@example.com"
password_env = "HOME"
[smtp]
host = "127.0.0.1"
port = 1
security = "none"
"""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Door = Callable[..., Said]


@pytest.fixture
def config_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    path = tmp_path / "mailagent.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def door(config_path: Path, capsys: pytest.CaptureFixture[str]) -> Door:
    """Run a command as it would be typed, in this process."""

    def run(*words: object) -> Said:
        try:
            code = main(["--config", str(config_path), *(str(word) for word in words)])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def brief_path(repository: Path) -> Path:
    return repository / "config" / "briefs" / "leads.md"


@pytest.fixture
def staffed(door: Door) -> Door:
    """The door to an office with one owner and one worker."""
    dana = door(
        "owner", "add", "dana", "--name", "Dana Reed", "--address", "dana@example.com", "--zone", "Europe/Berlin"
    )
    ana = door("worker", "add", "ana", "--name", "Ana Álvarez", "--address", "ana@example.com", "--zone", "Asia/Manila")
    assert (dana.code, ana.code) == (0, 0), (dana, ana)
    return door
