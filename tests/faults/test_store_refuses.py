"""What must stop the start with one clear sentence and change nothing: F20, F21, F24, F25, F71, F73."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from mailagent.core.settings import Policy
from mailagent.edge.store import open_store
from mailagent.errors import EXIT_BUSY, EXIT_STATE, Busy, StateError
from tests.conftest import needs
from tests.edge.store.play import Play

HOLDER = """
import sys, time
from pathlib import Path
from mailagent.core.settings import Policy
from mailagent.edge.store import open_store
store = open_store(Path(sys.argv[1]), policy=Policy())
print("open", flush=True)
time.sleep(60)
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with some history, closed."""
    folder = tmp_path / "state"
    play = Play(open_store(folder, policy=Policy()))
    play.people()
    for _ in range(5):
        play.report()
    play.store.commit()
    play.store.write_office(force=True)
    play.report()
    play.store.commit()
    play.store.close()
    return folder


def holding(state: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def contents(state: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in state.rglob("*") if path.is_file() and path.name != "lock"}


def test_f24_each_of_1000_flipped_bits_stops_the_start_and_names_the_place(state: Path) -> None:
    path, chance = state / "journal" / "2026-11.jsonl", random.Random(24)
    whole = path.read_bytes()
    office = (state / "office.json").read_bytes()

    for number in range(1000):
        bit = chance.randrange(8 * len(whole))
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        if number % 2:
            (state / "office.json").unlink(missing_ok=True)
        else:
            (state / "office.json").write_bytes(office)

        with pytest.raises(
            StateError, match=r"(does not fit its checksum|lines are missing or doubled).*mailagent verify"
        ):
            open_store(state, policy=Policy())
        assert path.read_bytes() == flipped


def test_f24_a_flipped_last_byte_is_damage_and_not_a_torn_line(state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    whole = path.read_bytes()

    for bit in range(8):
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1 << bit]))

        with pytest.raises(StateError, match=r"line 11 of .*2026-11.jsonl \(number 11\) does not fit its checksum"):
            open_store(state, policy=Policy())


def test_f24_a_flipped_bit_in_the_office_costs_nothing(state: Path) -> None:
    path, chance = state / "office.json", random.Random(24)
    whole = path.read_bytes()

    for _ in range(100):
        bit = chance.randrange(8 * len(whole))
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        store = open_store(state, policy=Policy())

        assert (store.seq, store.effort("J1").reported) == (11, 180)
        assert any("is not as mailagent wrote it" in note for note in store.notes)
        store.close()
        for aside in state.glob("office.json.set-aside-*"):
            aside.unlink()


def test_f25_a_journal_of_a_newer_mailagent_is_refused(state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines()
    newer = lines[-1][9:].replace(b'"schema":1', b'"schema":2', 1)
    lines[-1] = b"%08x %b" % (zlib.crc32(newer), newer)
    path.write_bytes(b"\n".join(lines) + b"\n")
    before = contents(state)

    with pytest.raises(
        StateError, match=r"was written by a newer mailagent \(line 11 has schema 2, this one reads up to 1\)"
    ):
        open_store(state, policy=Policy())
    assert before == contents(state)


def test_f71_the_second_of_two_is_told_who_has_it(state: Path) -> None:
    holder = holding(state)
    before = contents(state)
    try:
        with pytest.raises(Busy, match=rf"Another mailagent \(process {holder.pid}\) runs on {state}") as told:
            open_store(state, policy=Policy())
    finally:
        holder.kill()
        holder.wait()

    assert told.value.exit_code == EXIT_BUSY
    assert before == contents(state)


def test_f71_of_many_at_once_exactly_one_gets_it(state: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(state)]
    many = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[2]
        )
        for _ in range(6)
    ]
    ends_s = time.monotonic() + 30
    while sum(one.poll() is None for one in many) > 1 and time.monotonic() < ends_s:
        time.sleep(0.05)
    running = [one for one in many if one.poll() is None]
    for one in running:
        one.kill()
    for one in many:
        one.communicate()

    assert len(running) == 1


def test_f73_a_killed_holder_leaves_no_lock(state: Path) -> None:
    for _ in range(3):
        holder = holding(state)
        holder.send_signal(signal.SIGKILL)
        holder.wait()

        store = open_store(state, policy=Policy())
        store.close()


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o755, 0o710])
@pytest.mark.parametrize("inside", ["", "journal"])
def test_f21_a_folder_that_others_may_get_into_is_refused(state: Path, mode: int, inside: str) -> None:
    (state / inside).chmod(mode)
    before = contents(state)

    with pytest.raises(StateError, match=f"Others may get into .*{inside} .*run `chmod 700 .*{inside}`") as told:
        open_store(state, policy=Policy())
    assert told.value.exit_code == EXIT_STATE
    assert before == contents(state)


@needs("root")
def test_f21_a_folder_of_somebody_else_is_refused(state: Path) -> None:
    os.chown(state, 65534, 65534)

    with pytest.raises(
        StateError, match=r"belongs to nobody, but mailagent runs as root: run it as nobody, or .*`chown -R"
    ):
        open_store(state, policy=Policy())


def test_a_state_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")

    with pytest.raises(StateError, match="is not a folder; set `state_dir`"):
        open_store(tmp_path / "state", policy=Policy())
    with pytest.raises(StateError, match="above it is a file"):
        open_store(tmp_path / "state" / "inside", policy=Policy())


@needs("root")
def test_f20_a_read_only_file_system_is_refused(state: Path, tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", mounted], capture_output=True, timeout=10).returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        mounted.chmod(0o700)
        shutil.copytree(state, mounted / "state")
        subprocess.run(["mount", "-o", "remount,ro", mounted], check=True, timeout=10)
        with pytest.raises(StateError, match="its file system is read-only: mount it for writing") as told:
            open_store(mounted / "state", policy=Policy())
    finally:
        subprocess.run(["umount", mounted], check=True, timeout=10)

    assert told.value.exit_code == EXIT_STATE
