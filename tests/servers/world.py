"""What every mail world of the tests looks like, whichever servers are behind it, and people's hands in it.

People send and read by stdlib smtplib and imaplib, never by code of ours.
"""

import email.utils
import imaplib
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

# Long enough for a busy machine; a test that waits this long has failed.
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Person:
    """One mailbox of the world."""

    name: str
    address: str
    password: str


@dataclass(frozen=True)
class Endpoint:
    """Where a server listens. `security` is tls, starttls or none; `ca_file` has the authority of its certificate."""

    host: str
    port: int
    security: str
    ca_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Make a TLS context that trusts this server."""
        return ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)


@dataclass(frozen=True)
class Accepted:
    """One mail that the world took for one recipient."""

    reverse_path: str
    forward_path: str
    message_id: str
    login: str = ""


class Log(Protocol):
    """The server's own account of what it took, to reconcile counts with."""

    def accepted(self) -> tuple[Accepted, ...]:
        """Return what was taken so far, oldest first, one a recipient."""
        ...


@dataclass(frozen=True)
class World:
    """Four mailboxes, IMAP and SMTP. `authserv_id` is what the world signs Authentication-Results with."""

    agent: Person
    owner: Person
    ana: Person
    ben: Person
    imap: Endpoint
    smtp: Endpoint  # submission: AUTH needed; adds Authentication-Results
    smtp_unproven: Endpoint  # submission: AUTH needed; adds none
    smtp_inbound: Endpoint  # from anywhere, no AUTH, to people of this world only
    authserv_id: str
    log: Log
    state: Path  # a folder of the world's own: logs, certificates
    with_results: bool = True
    _kept: list[object] = field(default_factory=list, repr=False)

    def without_results(self) -> "World":
        """Give the same world where no Authentication-Results are written."""
        return replace(self, smtp=self.smtp_unproven, with_results=False)

    # --- sending ---

    def letter(self, sender: Person, to: str, subject: str, text: str, **headers: str) -> EmailMessage:
        """Write a mail as a person's client would; `In_Reply_To` stands for In-Reply-To."""
        message = EmailMessage()
        message["From"] = email.utils.formataddr((sender.name, sender.address))
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = email.utils.format_datetime(email.utils.localtime())
        message["Message-ID"] = email.utils.make_msgid(domain=sender.address.partition("@")[2])
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        return message

    def send(self, sender: Person, to: str, raw: bytes | EmailMessage) -> None:
        """Send as a person, logged in. Raises what smtplib raises."""
        with self.submission(sender) as connection:
            connection.sendmail(sender.address, [to], on_the_wire(raw))

    def send_all(self, sender: Person, mails: list[tuple[str, bytes | EmailMessage]]) -> None:
        """Send many mails (recipient, bytes) over one connection."""
        with self.submission(sender) as connection:
            for to, raw in mails:
                connection.sendmail(sender.address, [to], on_the_wire(raw))

    def send_from_outside(self, reverse_path: str, to: str, raw: bytes | EmailMessage) -> None:
        """Send as somebody unknown, over the port that takes mail for this world from anywhere."""
        with smtplib.SMTP(self.smtp_inbound.host, self.smtp_inbound.port, timeout=PATIENCE_S) as connection:
            connection.sendmail(reverse_path, [to], on_the_wire(raw))

    @contextmanager
    def submission(self, sender: Person) -> Iterator[smtplib.SMTP]:
        """Open a submission connection, logged in as a person."""
        with smtplib.SMTP(self.smtp.host, self.smtp.port, timeout=PATIENCE_S) as connection:
            if self.smtp.security == "starttls":
                connection.starttls(context=self.smtp.context())
            connection.login(sender.address, sender.password)
            yield connection

    # --- reading ---

    @contextmanager
    def session(self, person: Person, mailbox: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Open a person's mailbox, selected."""
        connection: imaplib.IMAP4
        if self.imap.security == "tls":
            connection = imaplib.IMAP4_SSL(self.imap.host, self.imap.port, ssl_context=self.imap.context())
        else:
            connection = imaplib.IMAP4(self.imap.host, self.imap.port)
            if self.imap.security == "starttls":
                connection.starttls(self.imap.context())
        with connection:
            connection.login(person.address, person.password)
            answer, said = connection.select(f'"{mailbox}"')
            if answer != "OK":
                raise LookupError(f"{mailbox}: {said!r}")
            yield connection

    def read(self, person: Person, mailbox: str = "INBOX") -> tuple[bytes, ...]:
        """Read every mail of a mailbox, oldest first; none where there is no such mailbox."""
        try:
            with self.session(person, mailbox) as connection:
                return _read_all(connection)
        except LookupError:
            return ()

    def wait_for(
        self,
        person: Person,
        is_it: Callable[[bytes], bool] = lambda raw: True,
        *,
        count: int = 1,
        mailbox: str = "INBOX",
        patience_s: float = PATIENCE_S,
    ) -> tuple[bytes, ...]:
        """Wait until so many mails of a mailbox fit, and give those; fails when patience ends."""
        until = time.monotonic() + patience_s
        while True:
            fitting = tuple(raw for raw in self.read(person, mailbox) if is_it(raw))
            if len(fitting) >= count:
                return fitting
            if time.monotonic() > until:
                raise AssertionError(
                    f"{person.address}: {len(fitting)} of {count} mails in {mailbox} after {patience_s} s"
                )
            time.sleep(0.05)

    def append(self, person: Person, raws: list[bytes], mailbox: str = "INBOX") -> None:
        """Put mails straight into a mailbox, past SMTP."""
        with self.session(person, mailbox) as connection:
            connection.sock.setsockopt(6, 1, 1)  # TCP_NODELAY: 45 ms a mail without it
            for raw in raws:
                connection.append(f'"{mailbox}"', "", imaplib.Time2Internaldate(time.time()), raw)


def on_the_wire(mail: bytes | EmailMessage) -> bytes:
    """Give a mail the line ends that SMTP wants; bytes that have some already stay as they are."""
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    return raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")


def _read_all(connection: imaplib.IMAP4) -> tuple[bytes, ...]:
    _, found = connection.uid("SEARCH", "ALL")
    if not found[0]:
        return ()
    _, pieces = connection.uid("FETCH", b",".join(found[0].split()).decode(), "(BODY.PEEK[])")
    return tuple(piece[1] for piece in pieces if isinstance(piece, tuple))
