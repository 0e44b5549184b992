"""Faults on the way out (FAULTS F09 to F11, F56 to F66, F81, F82): nothing lost, nothing twice, a person is told."""

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mailagent.core import events as ev
from mailagent.core.letters import AlertContents
from mailagent.core.model import LetterKind, LetterState, Role
from mailagent.edge.files import DiskTrouble
from mailagent.edge.handover import Handover, Stage
from mailagent.edge.smtp import Outcome, QueueStopped, Receipt
from tests.factories import NOW
from tests.rooms import Rooms
from tests.sending import Sending
from tests.servers.fake_smtp import DROP_AFTER, RESET, SILENT, FakeSmtp

QUEUED, SENDING, SENT = LetterState.QUEUED, LetterState.SENDING, LetterState.SENT
DEFERRED, FAILED, UNKNOWN = LetterState.DEFERRED, LetterState.FAILED, LetterState.UNKNOWN


def alerts(rooms: Sending, person_id: str) -> list[AlertContents]:
    """What waits to be told to a person."""
    waiting = rooms.waiting(NOW + timedelta(days=30))
    found = [one.contents for one in waiting if one.kind is LetterKind.ALERT and one.recipient_id == person_id]
    return [one for one in found if isinstance(one, AlertContents)]


def numbers(server: FakeSmtp) -> list[str]:
    """The Message-IDs that came in, in order."""
    return [raw.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode() for raw in server.taken]


@contextmanager
def prepared(folder: Path, receipts: int = 0, **script: list[str]) -> Iterator[tuple[FakeSmtp, list[str]]]:
    """A server, and an office with letters that wait: a brief, or so many receipts of a job whose brief is sent."""
    with FakeSmtp() as server:
        with Sending(folder, server.port) as rooms:
            letters = [rooms.brief()]
            if receipts:
                rooms.send()
                letters = rooms.receipts(receipts)
        server.taken.clear()
        server.script.update({point: list(steps) for point, steps in script.items()})
        yield server, letters


# --- the server is not there, or does not want us ---


def test_f56_while_the_server_is_away_no_letter_is_touched(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Sending(tmp_path, port) as rooms:
        letter_id = rooms.brief()
        seq = rooms.store.seq

        with pytest.raises(QueueStopped):
            rooms.send()

        assert rooms.state(letter_id) is QUEUED
        assert rooms.store.seq == seq
        with FakeSmtp() as server:
            pass
    with FakeSmtp() as server, Sending(tmp_path, server.port) as rooms:
        rooms.send()
        assert rooms.state(letter_id) is SENT


def test_f56_after_an_hour_the_sysadmin_is_told_once(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Sending(tmp_path, port) as rooms:
        rooms.brief()
        for minutes in (0, 30, 59):
            with pytest.raises(QueueStopped):
                rooms.send(NOW + timedelta(minutes=minutes))
        assert alerts(rooms, "sysadmin") == []

        for minutes in (61, 90, 600):
            with pytest.raises(QueueStopped):
                rooms.send(NOW + timedelta(minutes=minutes))

        (alert,) = alerts(rooms, "sysadmin")
        assert alert.headline == "Letters could not be sent"
        assert "cannot be reached" in alert.happened[0]


def test_f57_a_greylisted_letter_goes_again_after_five_minutes_under_its_message_id(tmp_path: Path):
    with (
        prepared(tmp_path, RCPT=["450 4.2.0 greylisted"]) as (server, (letter_id,)),
        Sending(tmp_path, server.port) as rooms,
    ):
        rooms.send()
        waiting = rooms.letter(letter_id)
        assert waiting.state is DEFERRED
        assert waiting.next_try_at == NOW + timedelta(minutes=5)

        rooms.send(NOW + timedelta(minutes=5))

        assert rooms.state(letter_id) is SENT
        assert numbers(server) == [waiting.message_id]


def test_f57_waits_double_up_to_4000_seconds_and_end_after_five_days(tmp_path: Path):
    with (
        prepared(tmp_path, RCPT=["450 4.2.0 greylisted"] * 500) as (server, (letter_id,)),
        Sending(tmp_path, server.port) as rooms,
    ):
        now, waits = NOW, []
        while rooms.state(letter_id) is not FAILED:
            rooms.send(now)
            next_try_at = rooms.letter(letter_id).next_try_at
            waits.append((next_try_at - now).total_seconds() if next_try_at else 0)
            now = next_try_at or now

        assert waits[:5] == [300, 600, 1200, 2400, 4000]
        assert set(waits[4:-1]) == {4000}
        assert timedelta(days=5) < now - NOW < timedelta(days=5, hours=2)
        assert len(alerts(rooms, "dana")) == 1


def test_f58_an_unknown_user_fails_and_the_owner_is_told_once(tmp_path: Path):
    with (
        prepared(tmp_path, 3, RCPT=["550 5.1.1 no such user"] * 3) as (server, letters),
        Sending(tmp_path, server.port) as rooms,
    ):
        rooms.send()

        assert [rooms.state(one) for one in letters] == [FAILED] * 3
        worker = rooms.store.worker("ana")
        assert worker is not None
        assert worker.unreachable_since == NOW
        (alert,) = alerts(rooms, "dana")
        assert "no such user" in alert.happened[0]
        assert server.verbs().count("DATA") == 1, "only the brief, before"


@pytest.mark.parametrize("answer", ["552 5.3.4 too large", "554 5.7.1 looks like spam"])
def test_f59_refused_content_fails_and_is_not_tried_again(tmp_path: Path, answer: str):
    with prepared(tmp_path, DOT=[answer]) as (server, (letter_id,)), Sending(tmp_path, server.port) as rooms:
        rooms.send()

        assert rooms.state(letter_id) is FAILED
        assert rooms.letter(letter_id).answer == answer
        rooms.send(NOW + timedelta(days=1))
        assert len(alerts(rooms, "dana")) == 0
        assert len(server.taken) == 2, "the letter, and the alert to the owner"


def test_f60_a_refused_login_stops_the_queue_and_tells_the_sysadmin_at_once(tmp_path: Path):
    (tmp_path / "password").write_text("wrong\n")
    smtp = 'user = "desk"\npassword_file = "password"'
    with (
        prepared(tmp_path, AUTH=["535 5.7.8 no"] * 9) as (server, (letter_id,)),
        Sending(tmp_path, server.port, smtp=smtp) as rooms,
    ):
        for minutes in range(3):
            with pytest.raises(QueueStopped) as caught:
                rooms.send(NOW + timedelta(minutes=minutes))

        assert caught.value.needs_person
        assert rooms.state(letter_id) is QUEUED
        assert server.verbs().count("AUTH") == 3, "once a try"
        (alert,) = alerts(rooms, "sysadmin")
        assert "535" in alert.happened[0]
        assert "wrong" not in alert.happened[0]


def test_f61_each_recipient_has_a_mail_of_his_own(tmp_path: Path):
    with FakeSmtp({"RCPT": ["550 5.1.1 no such user"]}) as server, Sending(tmp_path, server.port) as rooms:
        to_ana, to_ben = rooms.brief("ana"), rooms.brief("ben")

        rooms.send()

        assert rooms.state(to_ana) is FAILED
        assert rooms.state(to_ben) is SENT
        assert server.verbs().count("RCPT") == 2


# --- the answer is lost ---


def test_f62_a_brief_whose_answer_was_lost_goes_once_more_under_its_message_id(tmp_path: Path):
    with prepared(tmp_path, DOT=[RESET, RESET]) as (server, (letter_id,)), Sending(tmp_path, server.port) as rooms:
        with pytest.raises(QueueStopped):
            rooms.send()
        assert rooms.state(letter_id) is UNKNOWN
        assert rooms.send(NOW + timedelta(minutes=14)) == 0

        with pytest.raises(QueueStopped):
            rooms.send(NOW + timedelta(minutes=15))

        assert rooms.state(letter_id) is UNKNOWN
        assert rooms.send(NOW + timedelta(days=2)) == 0
        assert len(server.taken) == 2
        assert server.taken[0] == server.taken[1]


def test_f62_a_receipt_whose_answer_was_lost_does_not_go_again(tmp_path: Path):
    with prepared(tmp_path, 2, DOT=[RESET]) as (server, letters), Sending(tmp_path, server.port) as rooms:
        with pytest.raises(QueueStopped):
            rooms.send()
        rooms.send()

        assert [rooms.state(one) for one in letters] == [UNKNOWN, SENT]
        assert len(server.taken) == 2
        assert rooms.send(NOW + timedelta(days=1)) == 0


def test_f63_what_was_answered_with_250_is_sent_whatever_happens_to_the_goodbye(tmp_path: Path):
    with prepared(tmp_path, QUIT=[RESET]) as (server, (letter_id,)):
        with Sending(tmp_path, server.port) as rooms:
            rooms.send()
        with Sending(tmp_path, server.port) as rooms:
            assert rooms.state(letter_id) is SENT


@pytest.mark.parametrize("answer", ["421 4.7.0 slow down", "454 4.7.0 too many", DROP_AFTER + "421 4.7.0 bye"])
def test_f64_a_rate_limit_slows_the_queue_and_keeps_the_order(tmp_path: Path, answer: str):
    with prepared(tmp_path, 5, RCPT=["250 ok", answer]) as (server, letters), Sending(tmp_path, server.port) as rooms:
        with pytest.raises(QueueStopped) as caught:
            rooms.send()
        assert not caught.value.needs_person
        assert [rooms.state(one) for one in letters] == [SENT, DEFERRED, SENDING, SENDING, SENDING]

        rooms.send(NOW + timedelta(seconds=30))
        assert [rooms.state(one) for one in letters] == [SENT, DEFERRED, SENT, SENT, SENT]
        rooms.send(NOW + timedelta(minutes=5))

        sent = [rooms.letter(one).message_id for one in letters]
        assert numbers(server) == [sent[0], *sent[2:], sent[1]]


def test_f65_a_server_that_changed_its_limits_is_asked_anew(tmp_path: Path):
    small = "250-fake.example\n250 SIZE 100"
    with prepared(tmp_path, EHLO=[small]) as (server, (letter_id,)):
        with Sending(tmp_path, server.port) as rooms:
            rooms.send()
            assert rooms.state(letter_id) is FAILED
        with Sending(tmp_path, server.port) as rooms:
            again = rooms.brief("ben")
            rooms.send()
            assert rooms.state(again) is SENT


# --- the agent is killed ---


def killed_while_sending(folder: Path, server: FakeSmtp, *, sure: bool = True) -> None:
    """Let a process of its own send, and kill it when the server has reached its silent point."""
    code = (
        "import sys; from pathlib import Path; from tests.sending import Sending\n"
        f"Sending(Path({str(folder)!r}), {server.port}).send()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parent.parent.parent)
    assert server.reached.wait(20) == sure
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
    server.script.clear()


def test_f09_killed_before_anything_was_handed_over_all_letters_go(tmp_path: Path):
    with prepared(tmp_path, 5, MAIL=[SILENT]) as (server, letters):
        killed_while_sending(tmp_path, server)

        with Sending(tmp_path, server.port) as rooms:
            assert [rooms.state(one) for one in letters] == [SENDING] * 5
            rooms.send()

            assert [rooms.state(one) for one in letters] == [SENT] * 5
            assert len(set(numbers(server))) == len(numbers(server)) == 5


@pytest.mark.parametrize("receipts", [0, 5], ids=["a brief", "receipts"])
def test_f10_killed_between_the_dot_and_its_answer_only_that_letter_is_unknown(tmp_path: Path, receipts: int):
    with prepared(tmp_path, receipts, DOT=[SILENT]) as (server, letters):
        killed_while_sending(tmp_path, server)

        with Sending(tmp_path, server.port) as rooms:
            rooms.send()
            assert [rooms.state(one) for one in letters] == [UNKNOWN] + [SENT] * (len(letters) - 1)
            rooms.send(NOW + timedelta(minutes=15))

            again = 0 if receipts else 1
            assert len(server.taken) == len(letters) + again
            assert len(set(numbers(server))) == len(letters)


def test_f11_killed_after_the_answer_and_before_it_was_committed_nothing_goes_twice(tmp_path: Path):
    with prepared(tmp_path, 5, MAIL=["250 ok", "250 ok", "250 ok", SILENT]) as (server, letters):
        killed_while_sending(tmp_path, server)

        with Sending(tmp_path, server.port) as rooms:
            assert [rooms.state(one) for one in letters] == [SENDING] * 5
            rooms.send()

            assert [rooms.state(one) for one in letters] == [SENT] * 5
            assert len(set(numbers(server))) == len(numbers(server)) == 5
            assert rooms.letter(letters[0]).answer.startswith("250")


def test_a_power_cut_loses_no_letter_of_the_kind_that_goes_again(tmp_path: Path):
    """After a power cut the notes are not believed: what lay in the archive may have been handed over."""
    with prepared(tmp_path, MAIL=[SILENT]) as (server, (letter_id,)):
        killed_while_sending(tmp_path, server)
        notes = tmp_path / "state" / "handover"
        notes.write_bytes(notes.read_bytes().replace(b'["boot","', b'["boot","another'))

        with Sending(tmp_path, server.port) as rooms:
            rooms.send()
            assert rooms.state(letter_id) is UNKNOWN
            rooms.send(NOW + timedelta(minutes=15))
            assert rooms.state(letter_id) is SENT
            assert len(server.taken) == 1


# --- templates, addresses, the disk ---


def test_f81_a_letter_with_a_broken_template_waits_and_the_sysadmin_is_told_once(tmp_path: Path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "brief.txt.j2").write_text("{{ c.nothing }}")
    with prepared(tmp_path) as (server, (letter_id,)):
        with Sending(tmp_path, server.port, templates=own) as rooms:
            another = rooms.brief("ben")
            rooms.send()
            assert [rooms.state(letter_id), rooms.state(another)] == [DEFERRED, DEFERRED]
            assert "nothing" in rooms.letter(letter_id).answer
            (alert,) = alerts(rooms, "sysadmin")
            assert "brief" in alert.happened[0]
        with Sending(tmp_path, server.port) as rooms:
            rooms.send(NOW + timedelta(minutes=5))
            assert rooms.state(letter_id) is SENT


def test_f81_an_alert_goes_out_without_its_template(tmp_path: Path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "alert.html.j2").write_text("{% broken")
    with FakeSmtp() as server, Sending(tmp_path, server.port, templates=own) as rooms:
        rooms.settle(ev.Alarmed(Role.SYSADMIN, "sysadmin", "x", "The disk is full", ("since ten",), ("make room",)))

        rooms.send()

        (raw,) = server.taken
        assert b"make room" in raw
        assert b"alert" in raw


def test_f82_a_letter_to_somebody_whose_address_changed_is_written_anew(tmp_path: Path):
    from dataclasses import replace

    from mailagent.core.decision import Change, Decision

    with (
        prepared(tmp_path, RCPT=["451 4.2.0 later"]) as (server, (letter_id,)),
        Sending(tmp_path, server.port) as rooms,
    ):
        rooms.send()
        ana = rooms.store.worker("ana")
        assert ana is not None
        moved = replace(ana, addresses=("ana@new.example", *ana.addresses))
        # No event changes an address yet; the office can hold it.
        rooms.store.stage(ev.OwnerDue("dana"), Decision((Change(ana, moved),)), NOW)
        rooms.store.commit()

        rooms.send(NOW + timedelta(minutes=5))

        assert rooms.state(letter_id) is SENT
        assert "RCPT TO:<ana@new.example>" in server.seen
        assert b"<ana@new.example>" in server.taken[0]
        assert numbers(server) == [rooms.letter(letter_id).message_id]


def test_what_cannot_be_committed_is_committed_later_and_not_sent_again(tmp_path: Path):
    """The journal may not grow from the moment on at which the server has the letter."""
    journal = tmp_path / "state" / "journal"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def hold_the_journal() -> bool:
        if server.taken:
            size = max(file.stat().st_size for file in journal.iterdir())
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        return False

    with prepared(tmp_path) as (server, (letter_id,)), Sending(tmp_path, server.port, stop=hold_the_journal) as rooms:
        second = rooms.brief("ben")
        try:
            with pytest.raises(DiskTrouble):
                rooms.send()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert [rooms.state(letter_id), rooms.state(second)] == [SENDING, SENDING]

        rooms.outbox.send_due(NOW)

        assert [rooms.state(letter_id), rooms.state(second)] == [SENT, SENT]
        assert len(server.taken) == 2


# --- the notes themselves ---


def test_notes_of_another_boot_are_not_believed_unless_they_were_sealed(tmp_path: Path):
    place = {"a": _place(1), "b": _place(2), "c": _place(3)}
    notes = Handover(tmp_path / "handover", "boot 1")
    notes.begin(place)
    notes.handing_over("a")
    notes.answered(Receipt("a", Outcome.SENT, "250 ok", 250))
    notes.handing_over("b")
    notes.close()

    same = Handover(tmp_path / "handover", "boot 1")
    assert [same.left(id_).stage for id_ in "abcd"] == [Stage.ANSWERED, Stage.HANDED_OVER, Stage.KEPT, Stage.KEPT]
    assert same.left("c").place == place["c"]
    other = Handover(tmp_path / "handover", "boot 2")
    assert {other.left(id_).stage for id_ in "abcd"} == {Stage.UNSURE}


def test_sealed_notes_are_believed_after_a_restart_of_the_machine(tmp_path: Path):
    notes = Handover(tmp_path / "handover", "boot 1")
    notes.begin({"a": _place(1)})
    notes.seal()
    notes.close()

    assert Handover(tmp_path / "handover", "boot 2").left("a").stage is Stage.KEPT


def test_notes_torn_at_any_byte_never_say_more_than_is_known(tmp_path: Path):
    path = tmp_path / "handover"
    notes = Handover(path, "boot 1")
    notes.begin({"a": _place(1)})
    notes.handing_over("a")
    notes.answered(Receipt("a", Outcome.SENT, "250 ok", 250))
    notes.close()
    whole = path.read_bytes()

    stages = []
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        stages.append(Handover(path, "boot 1").left("a").stage)

    order = [Stage.UNSURE, Stage.KEPT, Stage.HANDED_OVER, Stage.ANSWERED]
    assert [one for one in order if one in stages] == order
    assert stages == sorted(stages, key=order.index)


def test_notes_are_private(tmp_path: Path):
    notes = Handover(tmp_path / "handover")
    notes.begin({})

    assert os.stat(tmp_path / "handover").st_mode & 0o777 == 0o600
    notes.close()


def _place(offset: int):
    from mailagent.core.model import ArchivePlace

    return ArchivePlace("2026-11", offset)


# --- the server took it, and sends it back later ---


def test_f66_a_bounce_of_our_letter_marks_the_worker_tells_the_owner_and_is_not_answered(tmp_path: Path):
    with Rooms(tmp_path) as rooms:
        rooms.staff()
        brief = rooms.brief("ana")

        rooms.take_in(_bounce_of(brief.message_id))

        worker = rooms.store.worker("ana")
        assert worker is not None
        assert worker.unreachable_since is not None
        assert rooms.kinds() == [("dana", "alert")]

        rooms.take_in(_bounce_of(brief.message_id).replace(b"<bounce@", b"<bounce2@"))
        assert rooms.kinds() == [("dana", "alert")], "told once"


def _bounce_of(message_id: str) -> bytes:
    """A delivery status notification (RFC 3464) with the header of what came back."""
    lines = (
        "Return-Path: <>",
        "From: MAILER-DAEMON@mx.example.com",
        "To: agent@studio.example",
        "Subject: Undelivered Mail Returned to Sender",
        "Message-ID: <bounce@mx.example.com>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "Your mail could not be delivered.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.com",
        "",
        "Final-Recipient: rfc822; ana@example.com",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {message_id}",
        "From: agent@studio.example",
        "To: ana@example.com",
        "--b--",
        "",
    )
    return "\r\n".join(lines).encode()
