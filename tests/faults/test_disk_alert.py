"""F15, F16: on a full disk nothing more is fetched, the alert gets out all the same, and room again ends it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailagent.core import events as ev
from mailagent.core.model import Role, WorkingHours
from mailagent.core.settings import Policy
from mailagent.desk import Desk
from mailagent.diskspace import DiskSpace
from mailagent.edge.store import DiskTrouble, open_store
from tests.conftest import needs
from tests.factories import NOW

HOURS = WorkingHours("Europe/Berlin")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", folder]
    if subprocess.run(command, capture_output=True, timeout=10).returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True, timeout=10)


@needs("root")
def test_the_reserve_carries_the_alert_out_and_room_again_ends_it(small_disk: Path) -> None:
    store = open_store(small_disk, policy=Policy(has_sysadmin=True))
    desk = Desk(store)
    desk.settle([ev.OwnerAdded("dana", "Dana", ("dana@example.com",), HOURS, 450)], NOW)
    disk = DiskSpace(store, desk)
    filler = small_disk / "filler"
    _fill(filler)

    problem = _until_refused(desk)
    disk.met(problem, NOW)

    told = {(letter.role, letter.recipient_id) for letter in store.letters_due(NOW, 10)}
    assert told == {(Role.SYSADMIN, "sysadmin"), (Role.OWNER, "dana")}
    _fill(filler)
    assert not disk.has_room()
    filler.unlink()
    assert disk.has_room()
    store.close()


def test_other_trouble_is_not_a_full_disk(tmp_path: Path) -> None:
    store = open_store(tmp_path / "state", policy=Policy(has_sysadmin=True))
    disk = DiskSpace(store, Desk(store))

    disk.met(DiskTrouble("reading", OSError(5, "Input/output error")), NOW)

    assert disk.has_room()
    assert store.letters_due(NOW, 10) == ()
    store.close()


def _fill(path: Path) -> None:
    """Take all the room that is left, to the last byte."""
    with path.open("ab", buffering=0) as file:
        size = 1 << 16
        while size:
            try:
                if file.write(b"x" * size) < size:
                    size //= 2
            except OSError:
                size //= 2


def _until_refused(desk: Desk) -> DiskTrouble:
    for number in range(1000):
        try:
            desk.settle([ev.WorkerAdded(f"w{number}", "W", (f"w{number}@example.com",), HOURS)], NOW)
        except DiskTrouble as problem:
            return problem
    raise AssertionError("the disk never was full")
