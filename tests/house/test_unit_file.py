"""The systemd unit: as tight as it claims, clean for systemd, and with a reason beside each switch that is off."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import needs
from tests.house.tree import ROOT

UNIT = ROOT / "systemd" / "mailagent.service"
SYSUSERS = ROOT / "systemd" / "mailagent.sysusers"
EXPOSURE = 12  # tenths: 1.2 of 10


@pytest.fixture(scope="module")
def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@needs("systemd")
def test_systemd_finds_it_tight() -> None:
    done = _run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", UNIT)

    assert done.returncode == 0, done.stdout[-2000:]


@needs("systemd")
def test_systemd_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    # The daemon's own path is not on the machine that runs the tests; any program that is will do.
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text(encoding="utf-8").replace("/usr/bin/mailagent", sys.executable), encoding="utf-8")

    done = _run("systemd-analyze", "verify", copy)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs("systemd")
def test_systemd_would_make_its_user(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()

    done = _run("systemd-sysusers", "--dry-run", f"--root={tmp_path}", SYSUSERS)

    assert done.returncode == 0, done.stderr
    assert "Creating user 'mailagent'" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("User", "mailagent"),
        ("Group", "mailagent"),
        ("StateDirectory", "mailagent"),
        ("StateDirectoryMode", "0700"),
        ("RuntimeDirectory", "mailagent"),
        ("TimeoutStopSec", "10"),
        ("Restart", "on-failure"),
    ],
)
def test_the_unit_says(key: str, expected: str, settings: dict[str, list[str]]) -> None:
    assert settings[key] == [expected]


def test_secrets_come_as_credentials(settings: dict[str, list[str]]) -> None:
    names = {value.partition(":")[0] for value in settings["LoadCredential"]}

    assert names == {"imap-password", "smtp-password"}
    assert "Environment" not in settings
    assert "EnvironmentFile" not in settings


def test_what_only_a_person_can_mend_is_not_restarted(settings: dict[str, list[str]]) -> None:
    assert set(settings["RestartPreventExitStatus"][0].split()) >= {"75", "78"}


def test_each_switch_that_is_off_has_its_reason() -> None:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    off = [number for number, line in enumerate(lines) if line.endswith("=no")]

    assert off
    assert [lines[number] for number in off if not lines[number - 1].startswith("#")] == []


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=50)
