"""A disk that is full or fails: F15, F16, F17, F18, F19. Real file systems and real system calls.

Strace makes the errors.
"""

import errno
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailagent.core.settings import Policy
from mailagent.edge.archive import Archive, Incoming
from mailagent.edge.store import DiskTrouble, open_store
from mailagent.edge.store.replaying import replay
from tests.conftest import needs
from tests.edge.store.play import Play

# Commits ten reports, again and again where the disk refuses, and prints what became of each try.
COMMITS = """
import sys
from pathlib import Path
from mailagent.core.settings import Policy
from mailagent.edge.store import DiskTrouble, open_store
from mailagent.errors import StateError
from tests.edge.store.play import Play

play = Play(open_store(Path(sys.argv[1]), policy=Policy()))
print("open", flush=True)
for _ in range(10):
    play.report(minutes=1)
    try:
        play.store.commit()
        print("kept", flush=True)
    except DiskTrouble as error:
        print("refused", error.errno, flush=True)
    except StateError as error:
        sys.exit(f"stopped: {error}")
play.store.write_office(force=True)
print("stale", play.store.office_stale)
"""


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 2 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "none", folder], capture_output=True, timeout=10
    )
    if made.returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True, timeout=10)


def fill(folder: Path) -> Path:
    """Take all the space there is."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


@needs("root")
def test_f16_on_a_full_disk_nothing_is_half_applied_and_it_goes_on_afterwards(full_disk: Path) -> None:
    state = full_disk / "state"
    play = Play(open_store(state, policy=Policy()))
    play.people()
    size = (state / "journal" / "2026-11.jsonl").stat().st_size
    ballast = fill(full_disk)

    for _ in range(3):
        for _ in range(40):
            play.report(minutes=1)
        with pytest.raises(DiskTrouble) as told:
            play.store.commit()
        assert told.value.errno == errno.ENOSPC
        assert (play.store.seq, play.store.effort("J1").reported) == (5, 0)
        assert size == (state / "journal" / "2026-11.jsonl").stat().st_size

    ballast.unlink()
    play.report(minutes=7)
    play.store.commit()
    play.store.close()
    again = open_store(state, policy=Policy())
    assert again.effort("J1").reported == 7
    again.close()


@needs("root")
def test_f17_a_full_disk_only_leaves_the_office_file_behind(full_disk: Path) -> None:
    state = full_disk / "state"
    play = Play(open_store(state, policy=Policy()))
    play.people()
    play.store.write_office(force=True)
    before = (state / "office.json").read_bytes()
    for _ in range(60):
        play.report()
    play.store.commit()
    ballast = fill(full_disk)

    play.store.write_office(force=True)

    assert play.store.office_behind
    assert "No space left" in play.store.office_stale
    assert before == (state / "office.json").read_bytes()
    assert not (state / "office.json.new").exists()
    ballast.unlink()
    play.store.write_office(force=True)
    assert (play.store.office_behind, play.store.office_stale) == (False, "")
    assert replay(state).is_same
    play.store.close()


@needs("root")
def test_f15_on_a_full_disk_the_reserve_pays_for_the_alert(full_disk: Path) -> None:
    archive = Archive(full_disk / "archive")
    play = Play(open_store(full_disk / "state", policy=Policy()))
    play.people()
    assert play.store.hold_reserve()
    assert play.store.hold_reserve()
    fill(full_disk)
    with pytest.raises(DiskTrouble) as told:
        archive.append([_mail(20_000)])
    assert told.value.errno == errno.ENOSPC

    play.store.release_reserve()
    play.report()  # stands for the alert
    play.store.commit()
    place = archive.append([_mail(20_000)])[0]

    assert len(archive.read(place).raw) == 20_000
    archive.close()
    play.store.close()


@needs("root")
def test_f15_a_mail_that_did_not_fit_leaves_nothing_of_itself(full_disk: Path) -> None:
    archive = Archive(full_disk / "archive")
    kept = archive.append([_mail(1000)])[0]
    size = (full_disk / "archive" / "2026-11.mails").stat().st_size
    ballast = fill(full_disk)

    with pytest.raises(DiskTrouble):
        archive.append([_mail(100_000), _mail(200_000)])
    with pytest.raises(DiskTrouble):
        archive.bump_all([f"{number:032x}" for number in range(200)])

    assert size == (full_disk / "archive" / "2026-11.mails").stat().st_size
    ballast.unlink()
    assert len(archive.read(archive.append([_mail(2000)])[0]).raw) == 2000
    assert len(archive.read(kept).raw) == 1000
    archive.close()


def failing(state: Path, *injections: str) -> subprocess.CompletedProcess[str]:
    """Run COMMITS under strace, which makes the named system calls fail."""
    inject = [f"--inject={one}" for one in injections]
    traced = ",".join(one.partition(":")[0] for one in injections)
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(state / "journal" / "2026-11.jsonl")]
    command += ["-e", f"trace={traced}", *inject, sys.executable, "-c", COMMITS, str(state)]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, cwd=Path(__file__).parents[2])


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A state folder with Dana, Ana and Jun."""
    play = Play(open_store(tmp_path / "state", policy=Policy()))
    play.people()
    play.store.close()
    return tmp_path / "state"


@needs("strace")
@pytest.mark.parametrize("number", [1, 2, 10])
@pytest.mark.parametrize("call", ["fdatasync:error=EIO", "write:error=ENOSPC", "write:error=EIO"])
def test_f18_one_failure_is_as_if_it_had_not_been_written(begun: Path, call: str, number: int) -> None:
    done = failing(begun, f"{call}:when={number}")
    expected = ["kept"] * 10
    expected[number - 1] = f"refused {getattr(errno, call.partition('=')[2])}"

    assert ["open", *expected, "stale "] == done.stdout.splitlines(), done.stderr
    store = open_store(begun, policy=Policy())
    assert (store.seq, store.effort("J1").reported) == (14, 9)
    assert replay(begun).is_same
    store.close()


@needs("strace")
def test_f18_a_disk_that_keeps_failing_stops_it(begun: Path) -> None:
    done = failing(begun, "fdatasync:error=EIO:when=3+")

    assert ["open", "kept", "kept", f"refused {errno.EIO}"] == done.stdout.splitlines()
    assert "cannot be made durable" in done.stderr
    assert "check the disk" in done.stderr
    store = open_store(begun, policy=Policy())
    assert store.effort("J1").reported == 2
    store.close()


@needs("strace")
def test_f19_what_could_not_be_cut_off_is_cut_off_before_the_next_line(begun: Path) -> None:
    done = failing(begun, "fdatasync:error=EIO:when=2", "ftruncate:error=EIO:when=1")

    assert ["kept", f"refused {errno.EIO}", "kept"] == done.stdout.splitlines()[1:4], done.stderr
    store = open_store(begun, policy=Policy())
    assert (store.seq, store.effort("J1").reported) == (14, 9)
    store.close()


def _mail(size: int) -> Incoming:
    raw = bytes(size)
    at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    return Incoming(hashlib.sha256(raw).hexdigest()[:32], "INBOX", 7, 1, None, at, raw)
