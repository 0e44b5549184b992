"""Kills and power cuts: F01, F02, F03, F06, F08, F12, F74 as far as store and archive carry them."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tinydb import TinyDB

from mailagent.core.settings import Policy
from mailagent.edge.archive import Archive, Incoming
from mailagent.edge.store import open_store
from mailagent.edge.store.replaying import replay
from tests.edge.store.play import Play

# Commits reports for ever, writing the office beside them; prints each number after its commit.
WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
from mailagent.core.settings import Policy
from mailagent.edge.store import open_store
from mailagent.edge.store.projection import Projection
from tests.edge.store.play import Play

store = open_store(Path(sys.argv[1]), policy=Policy())
play = Play(store, mails=store.seq * 10)
play.now += timedelta(minutes=store.seq)
if not store.jobs():
    play.people()
while True:
    for _ in range(3):
        play.report(minutes=1)
    store.commit()
    print(store.seq, flush=True)
    store.write_office(force=store.seq % 4 == 0)
"""


def writing(state: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(state)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def acknowledged(process: subprocess.Popen[str], *, for_s: float) -> int:
    """Let it write for a while after its first commit, kill it, and give the last number it told."""
    assert process.stdout is not None
    told = [process.stdout.readline()]
    time.sleep(for_s)
    process.send_signal(signal.SIGKILL)
    told += process.stdout.read().splitlines()
    process.wait()
    return max(int(line) for line in told if line.strip())


def test_f06_f08_kill_9_at_any_moment_loses_nothing_acknowledged(tmp_path: Path) -> None:
    state, chance, last = tmp_path / "state", random.Random(6), 0
    for _ in range(12):
        last = max(last, acknowledged(writing(state), for_s=chance.uniform(0, 0.15)))
        if (state / "office.json").exists():
            with TinyDB(state / "office.json", access_mode="r") as stock:
                assert stock.table("meta").all()[0]["schema"] == 1

    store = open_store(state, policy=Policy())
    store.write_office(force=True)

    assert store.seq >= last
    assert store.effort("J1").reported == store.seq - 5
    assert replay(state).is_same
    store.close()
    (state / "office.json").unlink()
    assert open_store(state, policy=Policy(), write=False).seq >= last  # every line and the whole chain, one by one


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, for tests that sync thousands of times."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_f06_a_journal_cut_at_every_byte_of_its_last_line_starts(quick_path: Path) -> None:
    state = quick_path / "state"
    play = Play(open_store(state, policy=Policy()))
    play.people()
    play.report(minutes=45)
    play.store.commit()
    play.store.close()
    whole = (state / "journal" / "2026-11.jsonl").read_bytes()
    last_at = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    play.store = open_store(state, policy=Policy())
    play.store.close()

    for end in range(last_at, len(whole) + 1):
        shutil.rmtree(state / "journal")
        (state / "journal").mkdir(mode=0o700)
        (state / "journal" / "2026-11.jsonl").write_bytes(whole[:end])
        store = open_store(state, policy=Policy())
        complete = end >= len(whole) - 1  # all but its LF

        assert store.effort("J1").reported == (45 if complete else 0)
        assert bool(store.notes[1:]) == (last_at < end < len(whole) - 1)
        store.close()


def test_f08_a_projection_killed_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    state = tmp_path / "state"
    play = Play(open_store(state, policy=Policy()))
    play.people()
    play.store.write_office(force=True)
    play.report()
    play.store.commit()
    play.store.close()
    (state / "office.json.new").write_bytes(b'{\n"owners":{')  # what a kill leaves of the write that followed

    store = open_store(state, policy=Policy())
    store.write_office(force=True)

    assert replay(state).is_same
    assert not (state / "office.json.new").exists()
    store.close()


def test_f12_a_kill_between_two_segments_leaves_both_whole(tmp_path: Path) -> None:
    state = tmp_path / "state"
    play = Play(open_store(state, policy=Policy()))
    play.people()
    play.store.close()
    new = state / "journal" / "2026-12.jsonl"
    for left in (b"", b"0123abcd {", b"\0" * 100):  # made, torn, and never flushed
        new.write_bytes(left)

        store = open_store(state, policy=Policy())

        assert store.seq == 5
        store.close()


def test_f01_an_archive_cut_at_every_byte_of_its_last_append_starts(quick_path: Path) -> None:
    folder = quick_path / "archive"
    archive = Archive(folder)
    archive.append([_incoming(0)])
    archive.append([_incoming(1), _incoming(2)])
    archive.close()
    path = folder / "2026-11.mails"
    whole = path.read_bytes()
    first_ends = next(archive.records("2026-11")).end

    for end in range(first_ends, len(whole)):
        path.write_bytes(whole[:end])
        again = Archive(folder)

        found = [record.raw for record in again.recent_incoming()]
        assert found == [_incoming(number).raw for number in range(len(found))]
        assert len(found) in (1, 2)
        again.append([_incoming(9)])
        assert [record.raw for record in again.recent_incoming()] == [*found, _incoming(9).raw]
        again.close()


def test_f02_f03_a_mail_without_a_line_is_found_again_with_all_that_was_known_of_it(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    archive.append([_incoming(1), _incoming(2)])
    archive.bump(_incoming(1).mail_id)  # it was being read when the kill came
    archive.close()
    store = open_store(tmp_path / "state", policy=Policy())

    again = Archive(tmp_path / "archive")
    waiting = [record for record in again.recent_incoming() if store.mail(record.id) is None]

    assert [(record.id, record.uid, record.raw) for record in waiting] == [
        (_incoming(number).mail_id, number, _incoming(number).raw) for number in (1, 2)
    ]
    assert again.bump_all([record.id for record in waiting]) == (2, 1)
    store.close()


def test_f74_a_backup_put_back_starts_where_it_was(tmp_path: Path) -> None:
    state, backup = tmp_path / "state", tmp_path / "backup"
    play = Play(open_store(state, policy=Policy()))
    play.people()
    play.report(minutes=30)
    play.store.commit()
    play.store.write_office(force=True)
    shutil.copytree(state, backup)
    for _ in range(3):
        play.report(minutes=30)
    play.store.commit()
    play.store.close()

    shutil.rmtree(state)
    os.rename(backup, state)
    store = open_store(state, policy=Policy())

    assert (store.seq, store.effort("J1").reported, store.notes) == (6, 30, ())
    assert replay(state).is_same
    store.close()


def test_f74_an_old_office_beside_a_newer_journal_gets_the_lines_after_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    play = Play(open_store(state, policy=Policy()))
    play.people()
    play.store.write_office(force=True)
    old_office = (state / "office.json").read_bytes()
    play.report(minutes=30)
    play.store.commit()
    play.store.write_office(force=True)
    play.store.close()

    (state / "office.json").write_bytes(
        old_office
    )  # an old office beside a new journal: the lines after it are applied
    store = open_store(state, policy=Policy())

    assert (store.seq, store.effort("J1").reported) == (6, 30)
    store.close()


def _incoming(number: int) -> Incoming:
    raw = b"From: ana\r\n\r\nmail %d" % number
    at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    return Incoming(hashlib.sha256(raw).hexdigest()[:32], "INBOX", 7, number, None, at, raw)
