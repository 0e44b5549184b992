"""What connections and servers do wrong (F33 to F44, F53), and that none of it hangs us, lies to us or ends us."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from mailagent.edge.imap import AuthenticationRefused, Mailbox, MailboxRefused, MailboxUnreachable
from tests.servers.accounts import AnAccount
from tests.servers.fake_imap import FakeImap, Line
from tests.servers.proxy import Proxy

RAWS = [f"Subject: {number}\r\n\r\n{'x' * 900}\r\n".encode() for number in range(4)]


@pytest.fixture
def server() -> Iterator[FakeImap]:
    with FakeImap(RAWS) as server:
        yield server


@pytest.fixture
def proxy(server: FakeImap) -> Iterator[Proxy]:
    with Proxy("127.0.0.1", server.port) as proxy:
        yield proxy


def impatient(port: int) -> Mailbox:
    return Mailbox(AnAccount(port, connect_timeout_s=0.2, read_timeout_s=0.2))


def patient(port: int) -> Mailbox:
    """For what a busy machine must not turn into a timeout."""
    return Mailbox(AnAccount(port, connect_timeout_s=5.0, read_timeout_s=5.0))


def open_mailbox(port: int, mailbox: Mailbox | None = None) -> Mailbox:
    mailbox = mailbox or impatient(port)
    mailbox.open()
    mailbox.select("INBOX")
    return mailbox


# --- F33, F34: no connection, or one that says nothing ---


def test_a_refused_connection_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(MailboxUnreachable, match="refuses connections; check host and port") as trouble:
        impatient(port).open()

    assert (trouble.value.stage, trouble.value.port) == ("connect", port)


def test_a_host_without_a_name_is_one_sentence() -> None:
    mailbox = Mailbox(AnAccount(993, host="no-such-host.invalid", security="tls"))

    with pytest.raises(MailboxUnreachable, match="cannot be found"):
        mailbox.open()


@pytest.mark.parametrize(
    ("greeting", "says"),
    [
        ("", "does not answer"),
        ("* BYE too many connections", "too many connections"),
        ("220 smtp.example.com ESMTP", "does not greet as an IMAP server does"),
        ("* OK", "does not"),
    ],
)
def test_a_greeting_that_is_none_is_one_sentence(server: FakeImap, greeting: str, says: str) -> None:
    server.greeting = greeting
    if greeting == "* OK":
        server.answer["CAPABILITY"] = lambda line: line.bad()

    with pytest.raises(MailboxUnreachable, match=says) as trouble:
        impatient(server.port).open()

    assert "\n" not in str(trouble.value)


def test_a_server_that_goes_silent_is_left_after_the_timeout(server: FakeImap, proxy: Proxy) -> None:
    mailbox = open_mailbox(proxy.port)
    proxy.silence()

    with pytest.raises(MailboxUnreachable, match="did not answer in time"):
        mailbox.list_new(0, 500)

    assert not mailbox.is_open


def test_a_silent_server_does_not_hold_up_the_goodbye(server: FakeImap, proxy: Proxy) -> None:
    mailbox = open_mailbox(proxy.port)
    proxy.silence()
    started = time.monotonic()

    mailbox.close()

    assert time.monotonic() - started < 3


# --- F35: one byte a second ---


def test_a_trickle_ends_with_the_command(server: FakeImap, proxy: Proxy) -> None:
    mailbox = open_mailbox(proxy.port)
    proxy.bytes_per_s = 50  # each packet comes well within the timeout, the whole answer would take 80 s
    started = time.monotonic()

    with pytest.raises(MailboxUnreachable, match="did not answer in time"):
        mailbox.fetch([101, 102, 103, 104])

    assert time.monotonic() - started < 1


def test_an_endless_answer_ends_too(server: FakeImap, monkeypatch: pytest.MonkeyPatch) -> None:
    def chatter(line: Line) -> None:
        while True:
            line.connection.sock.sendall(b"* OK " + b"x" * 60_000 + b"\r\n")

    server.answer["UID SEARCH"] = chatter
    monkeypatch.setattr("mailagent.edge.imap.wire._LONGEST_S", 0.3)
    mailbox = open_mailbox(server.port)

    with pytest.raises(MailboxUnreachable, match="did not answer in time"):
        mailbox.list_new(0, 500)


def test_a_slow_but_steady_answer_gets_its_time(server: FakeImap) -> None:
    mail = server.mails[0]
    mail.raw = b"Subject: long\r\n\r\n" + b"x" * 1_000_000
    whole = b"* " + server.fetched(1, mail, "BODY.PEEK[]") + b"\r\n"

    def steadily(line: Line) -> None:
        for start in range(0, len(whole), 50_000):
            line.connection.send(whole[start : start + 50_000])
            time.sleep(0.08)  # in all more than the timeout
        line.ok()

    server.answer["UID FETCH"] = steadily
    mailbox = open_mailbox(server.port, Mailbox(AnAccount(server.port, connect_timeout_s=1.0, read_timeout_s=1.0)))

    fetched = mailbox.fetch([101])

    assert [len(one.raw) for one in fetched] == [len(mail.raw)]


# --- F36, F37: literals that end early or never ---


def test_a_fetch_cut_at_any_kilobyte_gives_nothing_and_all_of_it_later(server: FakeImap) -> None:
    whole = b"".join(
        b"* " + server.fetched(number, mail, "BODY.PEEK[]") + b"\r\n" for number, mail in server.chosen("1:*")
    )
    mailbox = patient(server.port)

    for cut in [*range(1, len(whole), 1024), len(whole) - 1]:
        mailbox.open()
        mailbox.select("INBOX")
        server.answer["UID FETCH"] = lambda line, cut=cut: (line.connection.send(whole[:cut]), line.connection.close())
        with pytest.raises(MailboxUnreachable, match="closed the connection"):
            mailbox.fetch([101, 102, 103, 104])
        assert not mailbox.is_open

        server.answer.clear()
        mailbox.open()
        mailbox.select("INBOX")
        assert [mail.raw for mail in mailbox.fetch([101, 102, 103, 104])] == RAWS


def test_a_connection_that_is_cut_on_the_way_gives_nothing(server: FakeImap, proxy: Proxy) -> None:
    proxy.cut_after = 2000  # in the middle of the second mail
    mailbox = open_mailbox(proxy.port)

    with pytest.raises(MailboxUnreachable):
        mailbox.fetch([101, 102, 103, 104])


def test_a_literal_of_ten_gigabytes_is_not_waited_for(server: FakeImap) -> None:
    server.answer["UID FETCH"] = lambda line: line.untagged("1 FETCH (UID 101 BODY[] {10000000000}")
    mailbox = open_mailbox(server.port)

    with pytest.raises(MailboxUnreachable, match="announces 10000000000 bytes"):
        mailbox.fetch([101])


def test_a_line_without_end_is_not_kept(server: FakeImap) -> None:
    server.answer["UID SEARCH"] = lambda line: line.connection.send(b"* SEARCH" + b" 1" * 3_000_000)
    mailbox = Mailbox(AnAccount(server.port))
    mailbox.open()
    mailbox.select("INBOX")

    with pytest.raises(MailboxUnreachable, match="a line of more than"):
        mailbox.list_new(0, 500)


# --- F38: the server hangs up ---


def test_a_goodbye_is_told_and_a_new_session_goes_on(server: FakeImap) -> None:
    def bye(line: Line) -> None:
        line.untagged("BYE [UNAVAILABLE] shutting down")
        line.connection.close()

    server.answer["UID SEARCH"] = bye
    mailbox = open_mailbox(server.port)

    with pytest.raises(MailboxUnreachable, match="shutting down"):
        mailbox.list_new(0, 500)

    server.answer.clear()
    mailbox.open()
    mailbox.select("INBOX")
    assert len(mailbox.list_new(0, 500)) == 4


def test_a_server_that_hangs_up_in_idle_ends_the_wait(server: FakeImap) -> None:
    mailbox = open_mailbox(server.port)
    threading.Thread(target=lambda: (server.wait_for("IDLE"), server.hang_up()), daemon=True).start()

    with pytest.raises(MailboxUnreachable):
        mailbox.wait((), 10)

    assert not mailbox.is_open


def test_a_server_that_hangs_up_while_we_only_wait_ends_the_wait(server: FakeImap) -> None:
    server.capabilities = ()
    mailbox = open_mailbox(server.port)
    threading.Timer(0.05, server.hang_up).start()

    with pytest.raises(MailboxUnreachable):
        mailbox.wait((), 10)


def test_what_is_closed_says_so() -> None:
    with pytest.raises(MailboxUnreachable, match="is not connected"):
        impatient(1).list_new(0, 500)


# --- F39, F41: logins ---


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("[AUTHENTICATIONFAILED] no such user or password", AuthenticationRefused),
        ("[EXPIRED] that password", AuthenticationRefused),
        ("LOGIN failed", AuthenticationRefused),
        ("[UNAVAILABLE] temporary failure", MailboxUnreachable),
        ("[INUSE] locked by another session", MailboxUnreachable),
        ("[LIMIT] enough", MailboxUnreachable),
        ("[ALERT] Too many simultaneous connections. (Failure)", MailboxUnreachable),
    ],
)
def test_a_wrong_password_and_a_bad_moment_are_told_apart(server: FakeImap, answer: str, kind: type[Exception]) -> None:
    server.answer["LOGIN"] = lambda line: line.no(answer)

    with pytest.raises(kind) as trouble:
        impatient(server.port).open()

    assert answer.removesuffix(".") in str(trouble.value)
    assert "secret" not in str(trouble.value)


def test_what_a_server_said_ends_in_one_full_stop(server: FakeImap) -> None:
    server.answer["LOGIN"] = lambda line: line.no("[AUTHENTICATIONFAILED] Authentication failed.")

    with pytest.raises(AuthenticationRefused, match=r"Authentication failed\. Check user and password\.$"):
        impatient(server.port).open()


def test_a_server_that_hangs_up_at_the_login_has_not_refused_the_password(server: FakeImap) -> None:
    server.answer["LOGIN"] = lambda line: line.connection.close()

    with pytest.raises(MailboxUnreachable, match="closed the connection at the login"):
        impatient(server.port).open()


def test_a_login_in_clear_that_the_server_forbids_is_not_tried(server: FakeImap) -> None:
    server.capabilities = ("LOGINDISABLED",)
    server.answer["AUTHENTICATE"] = lambda line: line.no("[PRIVACYREQUIRED] use TLS")

    with pytest.raises(AuthenticationRefused, match="use TLS"):
        impatient(server.port).open()

    assert "LOGIN" not in server.names()


# --- F44, F53: what comes in between ---


def test_lines_that_nobody_asked_for_change_nothing(server: FakeImap) -> None:
    def noisy(line: Line) -> None:
        line.connection.send(b"\r\n* 9 EXISTS\r\n* 2 EXPUNGE\r\nwhat is this\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* \r\n")
        line.connection.send(b"* OK [ALERT] hello\r\n)\r\n* 7 FETCH (UID 999 BODY[] {2}\r\nhi)\r\n* LSUB\r\n")
        server.honest(line)

    server.answer["UID SEARCH"] = server.answer["UID FETCH"] = noisy
    mailbox = open_mailbox(server.port)

    assert [mail.uid for mail in mailbox.list_new(0, 500)] == [101, 102, 103, 104]
    assert [mail.raw for mail in mailbox.fetch([101, 102, 103, 104])] == RAWS


def test_a_server_that_speaks_no_imap_any_more_is_left(server: FakeImap) -> None:
    server.answer["UID SEARCH"] = lambda line: line.connection.send(b"what is this\r\n" * 200)
    mailbox = open_mailbox(server.port)

    with pytest.raises(MailboxUnreachable, match="no IMAP"):
        mailbox.list_new(0, 500)


@pytest.mark.parametrize("name", ["UID SEARCH", "UID FETCH", "SELECT"])
@pytest.mark.parametrize(
    "nonsense",
    [
        b"* SEARCH x y -1 99999999999999999999\r\n",
        b"* 1 FETCH\r\n* 1 FETCH ()\r\n* 1 FETCH (UID\r\n* 1 FETCH (UID x BODY[] {3}\r\nabc)\r\n",
        b"* OK [UIDVALIDITY x] y\r\n* x EXISTS\r\n* OK [PERMANENTFLAGS\r\n* OK [UIDNEXT 99999999999999999999999] z\r\n",
        b"* 1 FETCH (UID 101 BODY[] {3}\r\nabc BODY[HEADER] {2}\r\nxy {1}\r\n))\r\n",
        b"* \xff\xfe\x00\r\n* NO \xff\r\n* BAD\r\n* SEARCH \xff\r\n",
        b"* CAPABILITY\r\n* NAMESPACE (((\r\n* LIST ((\r\n",
    ],
)
def test_nonsense_is_survived(server: FakeImap, name: str, nonsense: bytes) -> None:
    def wild(line: Line) -> None:
        line.connection.send(nonsense)
        server.honest(line)

    server.answer[name] = wild
    mailbox = impatient(server.port)
    mailbox.open()

    with suppress(MailboxUnreachable, MailboxRefused):
        mailbox.select("INBOX")
        mailbox.list_new(0, 500)
        mailbox.fetch([101, 102])
    mailbox.close()


@pytest.mark.parametrize("name", ["CAPABILITY", "LOGIN", "NAMESPACE", "LIST"])
def test_nonsense_at_the_door_is_survived(server: FakeImap, name: str) -> None:
    def wild(line: Line) -> None:
        line.connection.send(b"* NAMESPACE ((\r\n* LIST x\r\n* CAPABILITY \xff\r\n* OK [CAPABILITY\r\n")
        server.honest(line)

    server.answer[name] = wild
    server.capabilities = ("NAMESPACE",) if name == "NAMESPACE" else ()
    mailbox = impatient(server.port)

    with suppress(MailboxUnreachable, MailboxRefused, AuthenticationRefused):
        mailbox.open()
    mailbox.close()


def test_a_refused_command_leaves_the_session_good(server: FakeImap) -> None:
    server.answer["UID SEARCH"] = lambda line: line.no("[SERVERBUG] not today")
    mailbox = open_mailbox(server.port)

    with pytest.raises(MailboxRefused, match="not today"):
        mailbox.list_new(0, 500)

    server.answer.clear()
    assert len(mailbox.list_new(0, 500)) == 4


# --- what all of it rests on ---


def test_the_connection_is_kept_alive_and_sends_at_once(server: FakeImap) -> None:
    mailbox = open_mailbox(server.port)
    sock = mailbox._session.client.wire.sock

    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sock.gettimeout() == 0.2
    assert mailbox._session.client.wire.debug == 0
    mailbox.close()


def test_a_line_in_many_packets_is_one_line(server: FakeImap) -> None:
    def by_bytes(line: Line) -> None:
        for byte in b"* SEARCH 101 104\r\n":
            line.connection.send(bytes([byte]))
        line.ok()

    server.answer["UID SEARCH"] = by_bytes
    mailbox = open_mailbox(server.port)

    assert [mail.uid for mail in mailbox.list_new(0, 500)] == [101, 104]
