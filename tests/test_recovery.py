"""What the archive has and the journal has not: read again at the start, counted once, set aside at the third strike.

FAULTS F02, F03, F04, F14.
"""

import hashlib
import logging
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from mailagent.core import events as ev
from mailagent.core.model import Fate
from mailagent.edge.archive import Incoming
from mailagent.edge.sandbox import Bounds, Reader
from mailagent.recovery import recover
from tests.factories import NOW
from tests.rooms import ANA, BEN, PROVEN, Rooms, a_mail


def a_report(number: int) -> bytes:
    return a_mail(ANA, f"Done: part {number}\nHours: 0:10\n", Authentication_Results=PROVEN)


def mail_id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:32]


def opened(rooms: Rooms) -> Rooms:
    """The first start is done; UIDs from 101 on concern us."""
    rooms.staff()
    rooms.brief()
    rooms.settle(ev.MailboxRead("INBOX", 7, 100, 101, seen=0))
    return rooms


def archive(rooms: Rooms, *raws: bytes) -> None:
    """Archive mails as a fetch does, and die before the journal line."""
    rooms.archive.append([Incoming(mail_id(raw), "INBOX", 7, uid, NOW, NOW, raw) for uid, raw in enumerate(raws, 101)])


def start(rooms: Rooms) -> int:
    now = NOW + timedelta(hours=1)
    return recover(rooms.store, rooms.desk, rooms.archive, rooms.understanding, now)


def test_what_was_archived_and_not_settled_is_counted_once(tmp_path: Path) -> None:
    raws = [a_report(number) for number in range(3)]
    with Rooms(tmp_path) as rooms:
        archive(opened(rooms), *raws)

    with Rooms(tmp_path) as rooms:
        assert [start(rooms), start(rooms)] == [3, 0]
    with Rooms(tmp_path) as rooms:
        assert start(rooms) == 0

        assert rooms.store.effort("J1").payable == 30
        assert [rooms.store.mail(mail_id(raw)).fate for raw in raws] == [Fate.PROCESSED] * 3
        assert sorted(kind for _, kind in rooms.kinds()) == ["owner-news", "receipt", "receipt", "receipt"]
        assert rooms.store.books().balance


def test_what_became_of_it_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    raw = a_report(1)
    with Rooms(tmp_path) as rooms:
        archive(opened(rooms), raw)
        start(rooms)

    lines = [one.getMessage() for one in caplog.records if mail_id(raw) in one.getMessage()]
    assert [line.split()[0] for line in lines] == ["fate=processed", "fate=recovered"]


def test_it_was_received_when_the_server_said(tmp_path: Path) -> None:
    raw = a_report(1)
    with Rooms(tmp_path) as rooms:
        archive(opened(rooms), raw)
        start(rooms)

        assert rooms.store.mail(mail_id(raw)).received_at == NOW


def test_a_quiet_start_changes_nothing(tmp_path: Path) -> None:
    with Rooms(tmp_path) as rooms:
        opened(rooms)
        before = rooms.store.seq

        assert (start(rooms), rooms.store.seq) == (0, before)
        assert not (rooms.state / "archive" / "tries.json").exists()


def test_a_mail_that_ends_the_program_is_set_aside_at_the_third_start(tmp_path: Path) -> None:
    bad, good = a_report(1), a_report(2)
    with Rooms(tmp_path) as rooms:
        archive(opened(rooms), bad, good)
        # Two starts noted that they were about to read both, and came no further.
        rooms.archive.bump_all([mail_id(bad), mail_id(good)])
        rooms.archive.bump_all([mail_id(bad)])

    with Rooms(tmp_path) as rooms:
        start(rooms)

        assert rooms.store.mail(mail_id(bad)).fate is Fate.QUARANTINED
        assert rooms.store.mail(mail_id(bad)).why == "it broke the program that reads mail three times"
        assert rooms.store.mail(mail_id(good)).fate is Fate.PROCESSED
        assert rooms.store.books().balance


def test_a_start_that_dies_while_it_reads_has_noted_the_try(tmp_path: Path) -> None:
    raw = a_report(1)
    with Rooms(tmp_path) as rooms:
        archive(opened(rooms), raw)

    child = os.fork()
    if child == 0:  # a start that is killed the moment it would ask the reader
        with Rooms(tmp_path, reader=Reader(Bounds(), stop=lambda: os.kill(os.getpid(), signal.SIGKILL))) as rooms:
            start(rooms)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL

    with Rooms(tmp_path) as rooms:
        assert rooms.archive.bump(mail_id(raw)) == 2


def test_the_tries_are_forgotten_once_a_mail_has_its_end(tmp_path: Path) -> None:
    raw = a_report(1)
    with Rooms(tmp_path) as rooms:
        archive(opened(rooms), raw)
        start(rooms)

        assert rooms.archive.bump(mail_id(raw)) == 1


def test_letters_in_the_archive_are_no_lost_mails(tmp_path: Path) -> None:
    with Rooms(tmp_path) as rooms:
        opened(rooms)
        rooms.brief("ben")

        assert start(rooms) == 0


@pytest.mark.parametrize("uidvalidity", [7, 8])
def test_a_recovered_mail_that_is_listed_again_balances_the_books(tmp_path: Path, uidvalidity: int) -> None:
    raw = a_mail(BEN, "Done: x\nHours: 1\n", Authentication_Results=PROVEN)
    with Rooms(tmp_path) as rooms:
        opened(rooms)
        rooms.brief("ben")
        archive(rooms, raw)
        start(rooms)

        again = uidvalidity == 7  # the fetch that follows finds it where it was, or in a mailbox numbered anew
        rooms.settle(
            ev.MailboxRead("INBOX", uidvalidity, 101, 101, seen=0 if again else 1, duplicates=0 if again else 1)
        )

        assert rooms.store.books().balance
        assert rooms.store.effort("J2").payable == 60
