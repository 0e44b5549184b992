"""Handing letters over, against aiosmtpd as it is: bytes, one recipient, one connection, TLS, login, stop."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from mailagent.edge.config import Security, Smtp
from mailagent.edge.smtp import Envelope, Outcome, QueueStopped, Receipt, Submission
from mailagent.errors import TransientError
from tests.servers.smtp_sink import Sink, sink_server

# aiosmtpd warns of a login without TLS, which is what some tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

RAW = b"Subject: x\r\n\r\nhello\r\n.\r\n..two\r\nend\r\n"


class Notes:
    """A trace that remembers, and can refuse."""

    def __init__(self, refuse: bool = False) -> None:
        self.lines: list[str] = []
        self._refuse = refuse

    def handing_over(self, letter_id: str) -> None:
        if self._refuse:
            raise TransientError("the disk is full")
        self.lines.append(f"> {letter_id}")

    def answered(self, receipt: Receipt) -> None:
        self.lines.append(f"< {receipt.letter_id} {receipt.outcome}")


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[Sink, int]]]:
    """Start aiosmtpd servers; they end with the test."""
    with ExitStack() as running:
        yield lambda **options: running.enter_context(sink_server(**options))


@pytest.fixture
def submission() -> Iterator[Callable[..., Submission]]:
    made: list[Submission] = []

    def make(port: int, **options) -> Submission:
        settings = {"host": "127.0.0.1", "security": Security.NONE, "timeout_s": 5} | options
        made.append(Submission(Smtp(port=port, **settings), "agent.example"))
        return made[-1]

    yield make
    for one in made:
        one.close()


def letters(count: int = 1, raw: bytes = RAW) -> list[Envelope]:
    return [Envelope(f"l{n}", "agent@example.com", f"ana{n}@example.net", raw) for n in range(count)]


def test_the_bytes_arrive_as_they_were_given(start, submission):
    sink, port = start()

    receipts, trouble = submission(port).deliver(letters(), Notes())

    assert trouble is None
    assert receipts == (Receipt("l0", Outcome.SENT, "250 2.0.0 taken", 250, "2.0.0"),)
    assert sink.envelopes[0].content == RAW
    assert sink.envelopes[0].mail_from == "agent@example.com"
    assert sink.envelopes[0].rcpt_tos == ["ana0@example.net"]


@pytest.mark.parametrize(
    ("given", "arrives"),
    [
        pytest.param(b".first\r\nx\r\n", b".first\r\nx\r\n", id="a dot at the very start"),
        pytest.param(b"a\nb\rc\r\nd", b"a\r\nb\r\nc\r\nd\r\n", id="mixed line ends"),
        pytest.param(b"a\n.\nMAIL FROM:<x@y>\n", b"a\r\n.\r\nMAIL FROM:<x@y>\r\n", id="a smuggled end"),
    ],
)
def test_nothing_in_a_message_ends_it_early(start, submission, given: bytes, arrives: bytes):
    sink, port = start()

    submission(port).deliver(letters(raw=given), Notes())

    assert [one.content for one in sink.envelopes] == [arrives]


def test_a_group_goes_over_one_connection_with_one_recipient_each(start, submission):
    sink, port = start()
    one = submission(port)

    first, _ = one.deliver(letters(20), Notes())
    second, _ = one.deliver(letters(5), Notes())

    assert {receipt.outcome for receipt in first + second} == {Outcome.SENT}
    assert len(sink.sessions) == 1
    assert all(len(envelope.rcpt_tos) == 1 for envelope in sink.envelopes)


def test_a_connection_that_rested_too_long_is_replaced(start):
    sink, port = start()
    one = Submission(Smtp(host="127.0.0.1", port=port, security=Security.NONE), "agent.example", kept_s=0.0)

    one.deliver(letters(), Notes())
    one.open()
    one.deliver(letters(), Notes())
    one.close()

    assert len(sink.sessions) == 2


def test_each_letter_is_noted_before_it_is_handed_over_and_after_it_was_answered(start, submission):
    _, port = start()
    notes = Notes()

    submission(port).deliver(letters(2), notes)

    assert notes.lines == ["> l0", "< l0 sent", "> l1", "< l1 sent"]


def test_a_letter_that_cannot_be_noted_is_not_handed_over(start, submission):
    sink, port = start()

    receipts, trouble = submission(port).deliver(letters(2), Notes(refuse=True))

    assert [one.outcome for one in receipts] == [Outcome.UNTRIED, Outcome.UNTRIED]
    assert trouble is not None
    assert trouble.why == "the disk is full"
    assert sink.envelopes == []


def test_told_to_stop_it_ends_between_two_mails(start, submission):
    sink, port = start()

    receipts, trouble = submission(port).deliver(letters(10), Notes(), lambda: len(sink.envelopes) >= 3)

    assert trouble is None
    assert [one.outcome for one in receipts] == [Outcome.SENT] * 3 + [Outcome.UNTRIED] * 7


# --- TLS ---


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_side(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_letter_goes_over_verified_tls_with_a_login(start, submission, authority, ca_file, tmp_path, security):
    context = server_side(authority, "localhost")
    options = (
        {"ssl_context": context, "auth_require_tls": False}
        if security is Security.TLS
        else {"tls_context": context, "require_starttls": True}
    )
    sink, port = start(login=True, **options)
    password = tmp_path / "password"
    password.write_text("right\n")

    one = submission(
        port, host="localhost", security=security, ca_file=ca_file, user="agent@example.com", password_file=password
    )
    receipts, _ = one.deliver(letters(2), Notes())

    assert [one.outcome for one in receipts] == [Outcome.SENT, Outcome.SENT]
    assert sink.logins == [("PLAIN", b"right")]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize(
    ("name", "trusted", "why"),
    [
        pytest.param("localhost", False, "ca_file", id="unknown authority"),
        pytest.param("other.example", True, "another name", id="wrong name"),
    ],
)
def test_a_server_that_cannot_prove_itself_gets_no_login(
    start, submission, authority, ca_file, tmp_path, security, name, trusted, why
):
    context = server_side(authority, name)
    sink, port = start(
        login=True, **({"ssl_context": context} if security is Security.TLS else {"tls_context": context})
    )
    password = tmp_path / "password"
    password.write_text("right\n")
    one = submission(
        port,
        host="localhost",
        security=security,
        ca_file=ca_file if trusted else None,
        user="agent@example.com",
        password_file=password,
    )

    with pytest.raises(QueueStopped, match=why) as caught:
        one.open()

    assert caught.value.needs_person
    assert sink.logins == []


def test_where_starttls_is_not_offered_nothing_is_sent_in_clear(start, submission):
    sink, port = start(login=True, auth_require_tls=False)

    with pytest.raises(QueueStopped, match="does not offer STARTTLS") as caught:
        submission(port, security=Security.STARTTLS, user="agent@example.com").open()

    assert caught.value.needs_person
    assert sink.logins == []


def test_no_clear_text_beyond_this_machine(submission):
    one = submission(25, host="192.0.2.1", timeout_s=1)

    with pytest.raises(QueueStopped):
        one.open()


# --- login ---


def test_a_wrong_password_is_tried_once_and_stops_the_queue(start, submission, tmp_path):
    sink, port = start(login=True, auth_require_tls=False)
    password = tmp_path / "password"
    password.write_text("wrong\n")

    receipts, trouble = submission(port, user="agent@example.com", password_file=password).deliver(letters(3), Notes())

    assert trouble is not None
    assert trouble.needs_person
    assert "535" in trouble.why
    assert "wrong" not in trouble.why
    assert len(sink.logins) == 1
    assert {one.outcome for one in receipts} == {Outcome.UNTRIED}


def test_a_password_that_cannot_be_read_stops_the_queue(start, submission, tmp_path):
    _, port = start(login=True, auth_require_tls=False)

    with pytest.raises(QueueStopped, match="no such file") as caught:
        submission(port, user="agent@example.com", password_file=tmp_path / "nowhere").open()

    assert caught.value.needs_person


def test_a_server_that_wants_a_login_we_do_not_have_stops_the_queue(start, submission):
    _, port = start(login=True, auth_require_tls=False)

    receipts, trouble = submission(port).deliver(letters(2), Notes())

    assert trouble is not None
    assert trouble.needs_person
    assert {one.outcome for one in receipts} == {Outcome.UNTRIED}


def test_it_can_be_closed_twice_and_from_no_thread_in_particular(start, submission):
    _, port = start()
    one = submission(port)
    one.deliver(letters(), Notes())

    worker = threading.Thread(target=one.close)
    worker.start()
    worker.join()
    one.close()
