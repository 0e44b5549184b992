"""What a bad answer, a lost answer or no answer means for a letter and for those behind it (FAULTS F56 to F65)."""

import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiosmtplib import SMTPConnectError

from mailagent.edge import smtp
from mailagent.edge.config import Security, Smtp
from mailagent.edge.smtp import Envelope, Outcome, QueueStopped, Receipt, Submission
from tests.servers.fake_smtp import CLOSE, DROP_AFTER, RESET, SILENT, FakeSmtp

SENT, DEFERRED, FAILED = Outcome.SENT, Outcome.DEFERRED, Outcome.FAILED
UNKNOWN, UNTRIED = Outcome.UNKNOWN, Outcome.UNTRIED


class NoTrace:
    def handing_over(self, letter_id: str) -> None:
        pass

    def answered(self, receipt: Receipt) -> None:
        pass


@contextmanager
def submission(port: int, timeout_s: int = 5, **options) -> Iterator[Submission]:
    one = Submission(
        Smtp(host="127.0.0.1", port=port, security=Security.NONE, timeout_s=timeout_s, **options), "agent.example"
    )
    yield one
    one.close()


def letters(count: int) -> list[Envelope]:
    return [
        Envelope(f"l{n}", "agent@example.com", f"ana{n}@example.net", b"Subject: %d\r\n\r\nx\r\n" % n)
        for n in range(count)
    ]


def deliver(server: FakeSmtp, count: int = 3, timeout_s: int = 5, stop=lambda: False):
    with submission(server.port, timeout_s) as one:
        receipts, trouble = one.deliver(letters(count), NoTrace(), stop)
    return [receipt.outcome for receipt in receipts], receipts, trouble


@pytest.mark.parametrize(
    ("script", "outcomes", "stops"),
    [
        pytest.param({"RCPT": ["450 4.2.0 greylisted"]}, [DEFERRED, SENT, SENT], False, id="F57 greylisted"),
        pytest.param({"RCPT": ["451 4.7.1 try later"]}, [DEFERRED, SENT, SENT], False, id="F57 451"),
        pytest.param({"DATA": ["451 4.3.0 no"]}, [DEFERRED, SENT, SENT], False, id="451 at DATA"),
        pytest.param({"DOT": ["451 4.3.0 no"]}, [DEFERRED, SENT, SENT], False, id="451 after the dot"),
        pytest.param({"RCPT": ["550 5.1.1 no such user"]}, [FAILED, SENT, SENT], False, id="F58 unknown user"),
        pytest.param({"RCPT": ["251 2.1.5 will forward"]}, [SENT, SENT, SENT], False, id="will forward"),
        pytest.param({"DOT": ["552 5.3.4 too large"]}, [FAILED, SENT, SENT], False, id="F59 too large"),
        pytest.param({"DOT": ["554 5.7.1 content refused"]}, [FAILED, SENT, SENT], False, id="F59 refused"),
        pytest.param({"RCPT": ["250 ok", "550 5.1.1 no"]}, [SENT, FAILED, SENT], False, id="F61 one of three"),
        pytest.param({"MAIL": ["250 ok", "421 4.7.0 slow down"]}, [SENT, DEFERRED, UNTRIED], True, id="F57 421"),
        pytest.param({"RCPT": [DROP_AFTER + "421 4.7.0 bye"]}, [DEFERRED, UNTRIED, UNTRIED], True, id="421 and gone"),
        pytest.param({"DOT": ["454 4.7.0 rate"]}, [DEFERRED, UNTRIED, UNTRIED], True, id="F64 rate limit"),
        pytest.param({"MAIL": ["452 4.3.1 disk full"]}, [DEFERRED, UNTRIED, UNTRIED], True, id="server's disk full"),
        pytest.param({"MAIL": ["550 5.1.8 bad sender"]}, [UNTRIED] * 3, True, id="our own address refused"),
        pytest.param({"MAIL": ["530 5.7.0 log in first"]}, [UNTRIED] * 3, True, id="login wanted"),
        pytest.param({"RCPT": ["554 5.7.1 Relay access denied"]}, [UNTRIED] * 3, True, id="no relaying without login"),
        pytest.param({"DOT": [RESET]}, [UNKNOWN, UNTRIED, UNTRIED], True, id="F62 reset after the dot"),
        pytest.param({"DOT": [CLOSE]}, [UNKNOWN, UNTRIED, UNTRIED], True, id="F62 closed after the dot"),
        pytest.param({"DOT": ["what?"]}, [UNKNOWN, UNTRIED, UNTRIED], True, id="F62 nonsense after the dot"),
        pytest.param({"QUIT": [RESET]}, [SENT, SENT, SENT], False, id="F63 reset at QUIT"),
        pytest.param({"QUIT": [CLOSE]}, [SENT, SENT, SENT], False, id="F63 closed at QUIT"),
        pytest.param({"DOT": [DROP_AFTER + "250 ok"]}, [SENT, SENT, SENT], False, id="one mail a connection"),
        pytest.param({"MAIL": [RESET]}, [SENT, SENT, SENT], False, id="lost once before the letter was in"),
        pytest.param({"DATA": [RESET, RESET]}, [DEFERRED, UNTRIED, UNTRIED], True, id="lost twice before it was in"),
    ],
)
def test_each_answer_has_its_meaning(script, outcomes, stops):
    with FakeSmtp(script) as server:
        found, _, trouble = deliver(server)

        assert found == outcomes
        assert (trouble is not None) == stops


@pytest.mark.parametrize(
    ("script", "needs_person"),
    [
        pytest.param({"MAIL": ["550 5.1.8 bad sender"]}, True, id="refused sender"),
        pytest.param({"MAIL": ["421 4.7.0 slow down"]}, False, id="come back later"),
        pytest.param({"DOT": [RESET]}, False, id="lost"),
    ],
)
def test_a_person_is_called_only_for_what_does_not_mend_itself(script, needs_person):
    with FakeSmtp(script) as server:
        _, _, trouble = deliver(server)

        assert trouble is not None
        assert trouble.needs_person == needs_person


def test_an_answer_is_kept_with_its_codes_on_one_line():
    with FakeSmtp({"RCPT": ["550-5.1.1 no such\n550 5.1.1 user \x1b[31mhere"]}) as server:
        _, receipts, _ = deliver(server, 1)

        assert receipts[0].answer == "550 5.1.1 no such 5.1.1 user [31mhere"
        assert (receipts[0].reply_code, receipts[0].enhanced_status) == (550, "5.1.1")


def test_nothing_is_taken_twice_when_a_connection_is_replaced():
    with FakeSmtp({"MAIL": [RESET], "DATA": ["354 go", RESET], "RSET": [CLOSE]}) as server:
        found, _, _ = deliver(server)

        assert found == [SENT, SENT, SENT]
        assert [message[:10] for message in server.taken] == [b"Subject: 0", b"Subject: 1", b"Subject: 2"]


def test_letters_put_off_in_a_row_slow_the_queue_down():
    with FakeSmtp({"RCPT": ["451 4.7.1 later"] * 20}) as server:
        found, _, trouble = deliver(server, 10)

        assert found == [DEFERRED] * 5 + [UNTRIED] * 5
        assert trouble is not None
        assert not trouble.needs_person


def test_limits_are_read_anew_in_each_session():
    small = "250-fake.example\n250 SIZE 10"
    with FakeSmtp({"EHLO": [small]}) as server:
        found, receipts, _ = deliver(server, 1)

        assert found == [FAILED]
        assert "larger than the 10 bytes" in receipts[0].answer
        assert deliver(server, 1)[0] == [SENT]


def test_a_server_without_any_extension_is_enough():
    with FakeSmtp({"EHLO": ["500 5.5.1 what is EHLO?"] * 5, "HELO": ["250 hello"] * 5}) as server:
        found, _, trouble = deliver(server)

        assert found == [SENT] * 3, trouble


@pytest.mark.parametrize(
    "script",
    [
        pytest.param({"CONNECT": ["554 5.7.1 go away"]}, id="refused at the greeting"),
        pytest.param({"CONNECT": ["421 4.3.2 busy"]}, id="busy"),
        pytest.param({"CONNECT": [RESET]}, id="reset at once"),
        pytest.param({"CONNECT": [SILENT]}, id="silent"),
        pytest.param({"EHLO": [SILENT]}, id="silent at EHLO"),
        pytest.param({"CONNECT": ["hello?"]}, id="not SMTP"),
    ],
)
def test_without_a_session_no_letter_is_tried(script):
    with FakeSmtp(script) as server:
        found, _, trouble = deliver(server, timeout_s=1)

        assert found == [UNTRIED] * 3
        assert trouble is not None
        assert not trouble.needs_person
        assert str(server.port) in trouble.why


def test_a_refused_connection_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with submission(port) as one, pytest.raises(QueueStopped, match=f"127.0.0.1 port {port} cannot be reached") as told:
        one.open()

    assert told.value.why.endswith("reached: it refuses connections; check host and port, or start the server")


def test_an_unknown_host_is_one_sentence():
    one = Submission(Smtp(host="nowhere.invalid", port=465), "agent.example")

    with pytest.raises(QueueStopped, match=r"cannot be reached: its name is not known .*; check host$"):
        one.open()
    one.close()


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] failed"), "it refuses connections"),
        (OSError(errno.EHOSTUNREACH, "Connect call failed ('192.0.2.1', 25)"), "No route to host; check host"),
        (TimeoutError(), "it does not answer; check host, port and firewall"),
    ],
)
def test_why_nobody_was_reached_is_said_in_words(cause, told):
    error = SMTPConnectError("Error connecting")
    error.__cause__ = cause

    assert smtp._unreached(error).startswith(told)


@pytest.mark.parametrize("code", ["535 5.7.8 wrong", "534 5.7.9 another way", "454 4.7.0 not now"])
def test_a_refused_login_is_tried_once_and_in_one_way(code, tmp_path):
    (tmp_path / "password").write_text("secret\n")
    with (
        FakeSmtp({"AUTH": [code] * 9}) as server,
        submission(server.port, user="agent", password_file=tmp_path / "password") as one,
    ):
        _, trouble = one.deliver(letters(2), NoTrace())

        assert trouble is not None
        assert trouble.needs_person == code.startswith("5")
        assert trouble.why.endswith("; check user and password") == trouble.needs_person
        assert server.verbs().count("AUTH") == 1
        assert "MAIL" not in server.verbs()


@pytest.mark.parametrize(
    ("point", "outcome"), [("MAIL", UNTRIED), ("RCPT", UNTRIED), ("DATA", UNTRIED), ("DOT", UNKNOWN)]
)
def test_told_to_stop_in_front_of_a_silent_server_it_ends_in_time(point, outcome):
    with FakeSmtp({point: [SILENT]}) as server:
        began = time.monotonic()
        found, _, _ = deliver(server, 2, timeout_s=60, stop=server.reached.is_set)

        assert found == [outcome, UNTRIED]
        assert time.monotonic() - began < 8


def test_told_to_stop_while_connecting_it_ends_in_time():
    stop = threading.Event()
    with FakeSmtp({"CONNECT": [SILENT]}) as server, submission(server.port, timeout_s=60) as one:
        began = time.monotonic()
        stop.set()
        with pytest.raises(QueueStopped):
            one.open(stop.is_set)

        assert time.monotonic() - began < 8


@pytest.mark.parametrize(("point", "outcome"), [("RCPT", DEFERRED), ("DOT", UNKNOWN)])
def test_a_silent_server_is_left_after_the_timeout(point, outcome):
    with FakeSmtp({point: [SILENT, SILENT]}) as server:
        found, _, trouble = deliver(server, 2, timeout_s=1)

        assert found == [outcome, UNTRIED]
        assert trouble is not None


def test_a_connection_that_died_while_it_rested_costs_no_letter():
    with FakeSmtp({"DOT": [DROP_AFTER + "250 ok"]}) as server, submission(server.port) as one:
        first, _ = one.deliver(letters(1), NoTrace())
        one.open()
        second, _ = one.deliver(letters(1), NoTrace())

        assert [first[0].outcome, second[0].outcome] == [SENT, SENT]
        assert server.connections == 2
