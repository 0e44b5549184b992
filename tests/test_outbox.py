"""Mail out: what is due is claimed, written once, archived, handed over, and its end recorded."""

import email
import email.policy
import re
import subprocess
import sys
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest

from mailagent.core import events as ev
from mailagent.core.model import LetterState, Role, Status
from mailagent.edge.keys import Purpose
from tests.factories import NOW, a_reported
from tests.sending import AGENT, Sending
from tests.servers.smtp_sink import Sink, sink_server


@pytest.fixture
def sink():
    with sink_server() as (sink, port):
        sink.port = port
        yield sink


@pytest.fixture
def rooms(tmp_path: Path, sink):
    with Sending(tmp_path, sink.port) as rooms:
        yield rooms


def mails(sink: Sink) -> list[EmailMessage]:
    return [email.message_from_bytes(one.content, policy=email.policy.default) for one in sink.envelopes]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return body.get_content()


def test_a_brief_goes_out_and_is_recorded(rooms: Sending, sink: Sink):
    letter_id = rooms.brief()

    assert rooms.send() == 1

    letter, (message,) = rooms.letter(letter_id), mails(sink)
    assert letter.state is LetterState.SENT
    assert letter.archived is not None
    assert rooms.archive.read(letter.archived).raw == sink.envelopes[0].content
    assert sink.envelopes[0].rcpt_tos == ["ana@example.net"]
    assert sink.envelopes[0].mail_from == AGENT
    assert message["Message-ID"] == letter.message_id
    assert message["Subject"] == "[J1] Clean the leads list"
    assert "Hello Ana Cruz" in text_of(message)
    assert "Status: working" in text_of(message)
    assert rooms.store.job("J1").root_message_id == letter.message_id


def test_a_brief_invites_absence_notes_and_nothing_else_does(rooms: Sending, sink: Sink):
    rooms.brief()
    rooms.send()
    rooms.receipts(1)
    rooms.send()

    brief, receipt = mails(sink)
    assert "Auto-Submitted" not in brief
    assert "X-Auto-Response-Suppress" not in brief
    assert receipt["Auto-Submitted"] == "auto-replied"
    assert receipt["X-Auto-Response-Suppress"] == "OOF, AutoReply"


def test_a_receipt_stands_in_the_thread_of_its_job(rooms: Sending, sink: Sink):
    rooms.brief()
    rooms.send()
    rooms.receipts(1)
    rooms.send()

    brief, receipt = mails(sink)
    assert receipt["Subject"] == f"Re: {brief['Subject']}"
    assert receipt["In-Reply-To"] == "<m0@phone.example>"
    assert receipt["References"].split() == [brief["Message-ID"], "<m0@phone.example>"]
    assert receipt["Message-ID"] != brief["Message-ID"]


def test_every_letter_carries_the_token_of_its_person_twice(rooms: Sending, sink: Sink):
    rooms.brief()
    rooms.send()

    (message,) = mails(sink)
    token = message["Message-ID"].split(".")[1]
    assert message["Reply-To"] == f"desk+{token}@example.com"
    verified = rooms.keys.verify(token, "ana", NOW.date())
    assert verified is not None
    assert (verified.purpose, verified.record) == (Purpose.JOB, 1)
    assert verified.expires_on == (NOW + timedelta(days=400)).date()
    assert rooms.keys.verify(token, "ben", NOW.date()) is None


def test_an_owners_and_the_sysadmins_letters_go_to_their_own_addresses(rooms: Sending, sink: Sink):
    rooms.settle(ev.OwnerDue("dana"), ev.Alarmed(Role.SYSADMIN, "sysadmin", "x", "It broke", ("so",), ("mend it",)))

    assert rooms.send() == 2

    alert, digest = mails(sink)
    assert digest["To"] == "Dana Reed <dana@example.com>"
    assert digest["Auto-Submitted"] == "auto-generated"
    assert "In-Reply-To" not in digest
    assert "10:00" not in text_of(digest), "the owner's clock, not UTC"
    assert alert["To"].endswith("<root@example.com>")
    assert alert["Subject"] == "It broke"


def test_the_buttons_of_a_digest_write_to_the_plain_address_and_carry_no_code(rooms: Sending, sink: Sink):
    rooms.brief()
    rooms.settle(a_reported(status=Status.BLOCKED))
    rooms.settle(ev.OwnerDue("dana"))
    rooms.send()

    (digest,) = (one for one in mails(sink) if one["X-Mailagent-Letter"] == "digest")
    page = digest.get_body(("html",))
    assert page is not None
    links = re.findall(r'href="mailto:([^?"]+)[?]subject=([^&"]+)&amp;body=([^"]+)"', page.get_content())
    assert {unquote(to) for to, _, _ in links} == {"desk@example.com"}
    assert [unquote(body) for _, _, body in links] == ["answer J1: ", "pause J1"]
    assert rooms.letter(f"dana/digest/{NOW:%Y-%m-%d}").numbers == ("J1",)


def test_a_thousand_letters_go_in_groups_over_one_connection(rooms: Sending, sink: Sink):
    rooms.brief()
    rooms.send()
    rooms.receipts(120)

    assert [rooms.send() for _ in range(4)] == [50, 50, 20, 0]
    assert len(sink.envelopes) == 121
    assert len(sink.sessions) == 1
    assert len({message["Message-ID"] for message in mails(sink)}) == 121


def test_nothing_is_sent_twice(rooms: Sending, sink: Sink):
    rooms.brief()
    rooms.send()

    assert rooms.send() == 0
    assert len(sink.envelopes) == 1


def test_the_next_start_has_nothing_left_to_send(tmp_path: Path, sink):
    with Sending(tmp_path, sink.port) as rooms:
        rooms.brief()
        rooms.send()
    with Sending(tmp_path, sink.port) as rooms:
        assert rooms.send() == 0
    assert len(sink.envelopes) == 1


def test_a_deferred_letter_is_sent_again_with_the_same_bytes(tmp_path: Path):
    from tests.servers.fake_smtp import FakeSmtp

    with FakeSmtp({"DOT": ["451 4.3.0 later"]}) as server, Sending(tmp_path, server.port) as rooms:
        letter_id = rooms.brief()
        rooms.send()
        assert rooms.state(letter_id) is LetterState.DEFERRED
        assert rooms.send(NOW + timedelta(minutes=4)) == 0

        rooms.send(NOW + timedelta(minutes=6))

        assert rooms.state(letter_id) is LetterState.SENT
        assert server.taken[0] == server.taken[1]
        assert len(list(rooms.archive.records(rooms.archive.segments()[-1]))) == 1


def test_changed_templates_touch_only_what_is_not_claimed(tmp_path: Path):
    from tests.servers.fake_smtp import FakeSmtp

    with FakeSmtp({"DOT": ["451 4.3.0 later"]}) as server:
        with Sending(tmp_path, server.port) as rooms:
            rooms.brief()
            rooms.send()
        own = tmp_path / "own"
        own.mkdir()
        (own / "brief.txt.j2").write_text("other words\n")
        with Sending(tmp_path, server.port, templates=own) as rooms:
            rooms.brief("ben", NOW + timedelta(minutes=6))
            rooms.send(NOW + timedelta(minutes=6))

        first, again, other = server.taken
        assert first == again
        assert b"other words" in other


def test_told_to_stop_it_leaves_the_rest_for_the_next_start(tmp_path: Path, sink):
    with Sending(tmp_path, sink.port) as rooms:
        rooms.brief()
        rooms.send()
        receipts = rooms.receipts(10)
    with Sending(tmp_path, sink.port, stop=lambda: len(sink.envelopes) >= 4) as rooms:
        rooms.send()
        assert [rooms.state(one) for one in receipts] == [LetterState.SENT] * 3 + [LetterState.SENDING] * 7
    with Sending(tmp_path, sink.port) as rooms:
        rooms.send()
        assert {rooms.state(one) for one in receipts} == {LetterState.SENT}
    assert len(sink.envelopes) == 11
    assert len({message["Message-ID"] for message in mails(sink)}) == 11


def test_a_group_of_fifty_takes_three_syncs(tmp_path: Path, needs):
    needs("strace")
    counted = tmp_path / "counted"
    code = (
        "import sys; from pathlib import Path; from tests.sending import Sending\n"
        "from tests.servers.smtp_sink import sink_server\n"
        "with sink_server() as (sink, port), Sending(Path(sys.argv[1]), port) as rooms:\n"
        "    rooms.brief(); rooms.send(); rooms.receipts(100); rooms.send()\n"
        "    open('/dev/full'); print(rooms.send())\n"
        "    open('/dev/full')\n"
    )
    subprocess.run(
        ["strace", "-f", "-o", counted, "-e", "trace=openat,fsync,fdatasync", sys.executable, "-c", code, tmp_path],
        cwd=Path(__file__).parent.parent,
        check=True,
        timeout=50,
    )

    between = counted.read_text().split("/dev/full")[1]
    assert between.count("sync(") == 3
