"""F68 to F70: where the connection is not safe there is no login, and one sentence says what to do."""

import socket
import ssl
from pathlib import Path

import pytest

from mailagent.edge.imap import Mailbox, MailboxUnreachable
from mailagent.edge.tls import is_loopback
from tests.servers.accounts import AnAccount
from tests.servers.certificates import make_certificate
from tests.servers.fake_imap import FakeImap, Line

WAYS = ["tls", "starttls"]


def serve(context: ssl.SSLContext, way: str) -> FakeImap:
    return FakeImap(tls=context) if way == "tls" else FakeImap(starttls=context)


def reach(server: FakeImap, way: str, ca_file: Path | None) -> Mailbox:
    mailbox = Mailbox(AnAccount(server.port, host="localhost", security=way, ca_file=ca_file))
    mailbox.open()
    return mailbox


@pytest.mark.parametrize("way", WAYS)
def test_a_good_certificate_is_taken(tmp_path: Path, way: str) -> None:
    good = make_certificate(tmp_path)

    with serve(good.server_context(), way) as server:
        mailbox = reach(server, way, good.ca_file)

        assert mailbox.facts().tls.startswith("TLSv1.")
        mailbox.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("expired", "has expired; renew it"),
        ("another name", "is for another name; use the name"),
        ("unknown authority", "unknown.* authority; name that authority's certificate in ca_file"),
        ("self-signed", "is self-signed; put that certificate into a file"),
    ],
)
def test_a_bad_certificate_ends_it_before_the_login(tmp_path: Path, way: str, bad: str, says: str) -> None:
    names = ("imap.example.com",) if bad == "another name" else ("localhost",)
    certificate = make_certificate(tmp_path, *names, expired=bad == "expired", self_signed=bad == "self-signed")
    other = make_certificate(tmp_path / "other")
    trusted = certificate.ca_file if bad in ("expired", "another name") else other.ca_file

    with serve(certificate.server_context(), way) as server:
        with pytest.raises(MailboxUnreachable, match=says) as trouble:
            reach(server, way, trusted)

        assert trouble.value.stage == "tls"
        assert "\n" not in str(trouble.value)
        assert not {"LOGIN", "AUTHENTICATE"} & set(server.names())


@pytest.mark.parametrize("way", WAYS)
def test_old_tls_is_refused(tmp_path: Path, way: str) -> None:
    old = make_certificate(tmp_path)

    with serve(old.server_context(newest=ssl.TLSVersion.TLSv1_1), way) as server:
        with pytest.raises(MailboxUnreachable, match=r"TLS 1\.1 or older") as trouble:
            reach(server, way, old.ca_file)

        assert trouble.value.stage == "tls"
        assert "LOGIN" not in server.names()


def test_tls_where_none_is_spoken_is_one_sentence() -> None:
    with FakeImap() as server, pytest.raises(MailboxUnreachable, match='security = "starttls"'):
        reach(server, "tls", None)


def test_a_stripped_starttls_is_refused() -> None:
    with FakeImap() as server:
        with pytest.raises(MailboxUnreachable, match="does not offer STARTTLS"):
            reach(server, "starttls", None)

        assert "LOGIN" not in server.names()


@pytest.mark.parametrize("refusal", ["NO not today", "BAD what?"])
def test_a_refused_starttls_is_refused(tmp_path: Path, refusal: str) -> None:
    with FakeImap(starttls=make_certificate(tmp_path).server_context()) as server:
        server.answer["STARTTLS"] = lambda line: line.connection.say(f"{line.tag} {refusal}")

        with pytest.raises(MailboxUnreachable, match="did not start TLS"):
            reach(server, "starttls", None)

        assert "LOGIN" not in server.names()


def test_clear_text_injected_before_the_handshake_is_refused(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)

    def inject(line: Line) -> None:
        line.connection.send(f"{line.tag} OK go\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n".encode())

    with FakeImap(starttls=certificate.server_context()) as server:
        server.answer["STARTTLS"] = inject

        with pytest.raises(MailboxUnreachable, match="injected before the handshake"):
            reach(server, "starttls", certificate.ca_file)

        assert "LOGIN" not in server.names()


def test_a_handshake_that_never_ends_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailbox = Mailbox(AnAccount(silent.getsockname()[1], security="tls", connect_timeout_s=0.2))

        with pytest.raises(MailboxUnreachable, match="does not answer"):
            mailbox.open()


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("LOCALHOST", True),
        ("localhost.example.com", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, is_it: bool) -> None:
    assert is_loopback(host) is is_it
