"""One connection to an IMAP server: verified TLS, login, and bounds that imapclient and imaplib lack.

imaplib waits for each packet, not for an answer, so a server that sends a byte a second holds it for ever; it takes any
literal a server announces; it gives up at a line it does not know; and nobody can tell what it has already read. So the
reading is ours, everything else is theirs. RFC 9051 sections 2.2, 6.2; RFC 8314.
"""

import imaplib
import logging
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from mailagent.edge import clock
from mailagent.edge.imap.answers import shown
from mailagent.edge.imap.values import Account, AuthenticationRefused, MailboxRefused, MailboxUnreachable
from mailagent.edge.tls import client_context, is_loopback, tls_problem
from mailagent.errors import ConfigError

# What an honest line carries at least; each byte that arrives buys its time, up to the longest a command may take.
_SLOWEST_BYTES_S = 64 * 1024
_LONGEST_S = 300.0
_LONGEST_LINE = 4 * 1024 * 1024
_RECEIVE = 64 * 1024  # below what malloc takes from the kernel anew each time
_STRAY_LINES = 100
# A dead peer is noticed after 2 minutes also while nothing is said (Linux names; others keep their own times).
_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 120_000}
# RFC 5530 and RFC 9051 section 7.1: answers to LOGIN that are about the moment and not about the password.
_FOR_NOW = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\b|too many|try again", re.IGNORECASE)
_PLAIN_USER = re.compile(r"[A-Za-z0-9.@_+-]+")

# At DEBUG it would write whole mails into the log.
logging.getLogger("imapclient").setLevel(logging.WARNING)


class Wire(imaplib.IMAP4):
    """imaplib's connection, with a deadline, bounds on what is read, and its read buffer in the open."""

    def __init__(self, account: Account, context: ssl.SSLContext | None, longest_literal: int) -> None:
        self.deadline = 0.0
        self._limit = 0.0
        self._context = context
        self._connect_timeout_s = account.connect_timeout_s
        self._read_timeout_s = account.read_timeout_s
        self._longest_literal = longest_literal
        self.welcome = b""
        self._received = bytearray()
        self._start = 0
        self.allow(account.connect_timeout_s + account.read_timeout_s)
        super().__init__(account.host, account.port)

    def allow(self, seconds: float) -> None:
        """Give what comes next this long, and what time its bytes need on top."""
        self.deadline = clock.monotonic() + seconds
        self._limit = self.deadline + _LONGEST_S

    @property
    def pending(self) -> bool:
        """Whether something was read, or decrypted, that no answer has used yet: poll() cannot see that."""
        if len(self._received) > self._start:
            return True
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0

    def read(self, size: int) -> bytes:
        """Read one literal whole; a longer one than was asked for ends the connection."""
        if size > self._longest_literal:
            raise self.abort(f"announces {size} bytes where at most {self._longest_literal} were asked for")
        while len(self._received) - self._start < size:
            if not self._receive():
                raise self.abort("socket error: EOF in the middle of a literal")
        return self._take(self._start + size)

    def readline(self) -> bytes:
        """Read one line with its end; empty when the server has closed, whatever it had begun to say."""
        searched = self._start
        while (end := self._received.find(b"\n", searched)) < 0:
            if len(self._received) - self._start > _LONGEST_LINE:
                raise self.abort(f"sent a line of more than {_LONGEST_LINE} bytes")
            unread = len(self._received) - self._start
            if not self._receive():
                return b""
            searched = self._start + unread
        return self._take(end + 1)

    def _take(self, end: int) -> bytes:
        with memoryview(self._received) as view:
            taken = bytes(view[self._start : end])
        self._start = end
        return taken

    def _receive(self) -> bool:
        """Read once from the socket; False when the server has closed. Raises TimeoutError at the deadline."""
        if self._start:
            del self._received[: self._start]
            self._start = 0
        if clock.monotonic() > self.deadline:
            raise TimeoutError("the answer takes too long")
        packet = self.sock.recv(_RECEIVE)
        self.deadline = min(self._limit, self.deadline + len(packet) / _SLOWEST_BYTES_S)
        self._received += packet
        return bool(packet)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:  # imaplib's own hook
        """Connect, and secure the connection where TLS comes first."""
        connected = socket.create_connection((self.host, self.port), self._connect_timeout_s)
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE.items():
                if hasattr(socket, name):
                    connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            if self._context is not None:
                connected = self._context.wrap_socket(connected, server_hostname=self.host)
            connected.settimeout(self._read_timeout_s)
        except BaseException:
            connected.close()
            raise
        return connected

    def _get_response(self) -> bytes | None:  # imaplib's own hook
        """Read one answer; after the greeting, lines that are none are passed over for a while."""
        for _ in range(_STRAY_LINES):
            try:
                answer: bytes | None = super()._get_response()  # type: ignore[misc]
                return answer
            except self.abort as error:
                if not self.welcome or not str(error).startswith("unexpected response"):
                    raise
        raise self.abort("keeps sending what is no IMAP")


class _Upgrade:
    """Stands for the SSL context while STARTTLS runs: what came before the handshake was injected (CVE-2011-0411)."""

    def __init__(self, account: Account, context: ssl.SSLContext, wire: Wire) -> None:
        self._account = account
        self._context = context
        self._wire = wire

    def wrap_socket(self, connected: socket.socket, server_hostname: str) -> ssl.SSLSocket:
        """Start TLS on the open connection."""
        if self._wire.pending:
            problem = "is not safe to talk to: clear text was injected before the handshake"
            raise unreachable(self._account, "tls", problem)
        return self._context.wrap_socket(connected, server_hostname=server_hostname)


class Client(IMAPClient):  # type: ignore[misc]  # imapclient ships no types
    """imapclient on our wire: quiet, and with instants left as the server wrote them."""

    def __init__(self, account: Account, context: ssl.SSLContext | None, longest_literal: int) -> None:
        from_start = account.security == "tls"
        self._make_wire: Callable[[], Wire] = partial(Wire, account, context if from_start else None, longest_literal)
        timeout = SocketTimeout(connect=account.connect_timeout_s, read=account.read_timeout_s)
        super().__init__(account.host, account.port, ssl=from_start, timeout=timeout)
        self.wire.debug = 0  # imapclient sets 5: 0.26 s of CPU for 30 MB instead of 0.01 s
        self.normalise_times = False

    def _create_IMAP4(self) -> Wire:
        return self._make_wire()

    @property
    def wire(self) -> Wire:
        """The connection below."""
        wire: Wire = self._imap
        return wire


def connect(account: Account, longest_literal: int) -> Client:
    """Connect, secure and log in. Raises MailboxUnreachable, AuthenticationRefused or ConfigError."""
    if account.security == "none" and not is_loopback(account.host):
        raise ConfigError((f'security = "none" would send the password to {account.host} in clear text; use "tls".',))
    context = None if account.security == "none" else client_context(account.ca_file)
    client = _reach(account, context, longest_literal)
    try:
        if account.security == "starttls" and context is not None:
            _start_tls(client, account, context)
        _log_in(client, account)
    except BaseException:
        shut(client)
        raise
    return client


def shut(client: Client) -> None:
    """Close the connection without a word; never raises."""
    with suppress(OSError, IMAPClientError):
        client.wire.shutdown()


def unreachable(account: Account, stage: str, problem: str) -> MailboxUnreachable:
    """Say what is wrong with the server in one sentence."""
    sentence = f"The IMAP server {account.host}:{account.port} {problem.rstrip(' .')}."
    return MailboxUnreachable(sentence, host=account.host, port=account.port, stage=stage)


def trouble(error: Exception) -> str:
    """Say what became of a connection, as the second half of a sentence about the server."""
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    if isinstance(error, ssl.SSLError):
        return f"broke the secure connection ({shown(getattr(error, 'reason', None) or error)})"
    if isinstance(error, OSError):
        return f"closed the connection ({error.strerror or error})"
    said = shown(re.sub(r"^command: \w+ => ", "", shown(error)))
    return "closed the connection" if "EOF" in said else f"ended the session: {said}"


def _reach(account: Account, context: ssl.SSLContext | None, longest_literal: int) -> Client:
    try:
        return Client(account, context, longest_literal)
    except ssl.SSLError as error:
        raise unreachable(account, "tls", f"is not safe to talk to: {tls_problem(error)}") from error
    except socket.gaierror as error:
        raise unreachable(account, "connect", f"cannot be found ({error.strerror}); check host") from error
    except TimeoutError as error:
        raise unreachable(account, "connect", "does not answer; check host, port and firewall") from error
    except ConnectionRefusedError as error:
        raise unreachable(
            account, "connect", "refuses connections; check host and port, or start the server"
        ) from error
    except OSError as error:
        raise unreachable(account, "connect", f"cannot be reached ({error.strerror or error})") from error
    except (IMAPClientError, ValueError, LookupError) as error:
        raise unreachable(account, "connect", f"does not greet as an IMAP server does: {shown(error)}") from error


def _start_tls(client: Client, account: Account, context: ssl.SSLContext) -> None:
    """Go over to TLS or give up: there is no going on in clear text."""
    client.wire.allow(account.connect_timeout_s)
    try:
        if not client.has_capability("STARTTLS"):
            raise unreachable(account, "tls", 'does not offer STARTTLS here; use security = "tls" with its TLS port')
        client.starttls(_Upgrade(account, context, client.wire))
    except ssl.SSLError as error:
        raise unreachable(account, "tls", f"is not safe to talk to: {tls_problem(error)}") from error
    except (OSError, IMAPClientError, ValueError, LookupError) as error:
        raise unreachable(account, "tls", f"did not start TLS: {trouble(error)}") from error


def _log_in(client: Client, account: Account) -> None:
    client.wire.allow(account.read_timeout_s)
    secret = account.secret()
    if any(character in "\r\n\0" for character in account.user + secret):
        raise AuthenticationRefused("The IMAP user or password holds a line break; write it as one line.", answer="")
    try:
        by_login = _PLAIN_USER.fullmatch(account.user) and secret.isascii()
        if by_login and not client.has_capability("LOGINDISABLED"):
            client.login(account.user, secret)
        else:
            client.plain_login(account.user, secret)
        client.capabilities()  # those of before the login do not count
    except LoginError as error:
        raise _login_problem(account, error) from error
    except (OSError, IMAPClientError, ValueError, LookupError) as error:
        raise unreachable(account, "login", f"{trouble(error)} at the login") from error


def _login_problem(account: Account, error: Exception) -> MailboxUnreachable | AuthenticationRefused:
    """Tell a wrong password from a server that has no time: imapclient raises the same, also for a lost connection."""
    if isinstance(error.__context__, IMAPClientAbortError):
        return unreachable(account, "login", f"{trouble(error.__context__)} at the login")
    answer = shown(error).rstrip(" .")
    if _FOR_NOW.search(answer):
        return unreachable(account, "login", f"takes no login just now: {answer}")
    return AuthenticationRefused(
        f"The IMAP server {account.host} refuses the login of {account.user}: {answer}. Check user and password.",
        answer=shown(error),
    )


def refused(doing: str, error: Exception) -> MailboxRefused:
    """Say what the server would not do."""
    answer = shown(error)
    return MailboxRefused(f"The IMAP server refused {doing}: {answer.rstrip(' .')}.", answer=answer)
