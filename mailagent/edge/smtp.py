"""Hands letters to the submission server: one connection, one recipient a mail. The only room with asyncio.

It never sends in clear beyond this machine, verifies certificates, and tries a password once. Timeouts bound each
command; told to stop it ends between two mails, and cuts a connection that keeps silent. RFC 5321, 3207, 4954, 6409.
"""

import asyncio
import errno
import logging
import os
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPHeloError, SMTPResponseException

from mailagent.edge import clock
from mailagent.edge.config import Security, Smtp
from mailagent.edge.smtp_answers import (
    Envelope,
    Outcome,
    QueueRefused,
    QueueStopped,
    Receipt,
    Stage,
    queue_trouble,
    receipt,
    said,
)
from mailagent.edge.tls import client_context, is_loopback, tls_problem
from mailagent.errors import ConfigError, TransientError

__all__ = ["Envelope", "Outcome", "QueueRefused", "QueueStopped", "Receipt", "Submission", "Trace"]

log = logging.getLogger(__name__)

KEPT_S = 20.0  # an unused connection is closed after this
FRESH_S = 1.0  # so soon after its last answer a connection is not asked whether it still lives
SLICE_S = 10.0  # after this no further letter is begun; the daemon has other work
STOP_GRACE_S = 4.0  # what a letter under way gets when we are told to stop
REFUSALS_IN_A_ROW = 5  # so many letters put off one after the other mean: slow down
_LOOK_S = 0.2  # how often a waiting delivery looks whether it should stop
_QUIT_S = 2.0
_LOST = (SMTPException, OSError, EOFError)


class Trace(Protocol):
    """Told of the instants that decide what a crash means: a letter is about to be handed over, and was answered."""

    def handing_over(self, letter_id: str) -> None:
        """Raises TransientError where this cannot be noted; then the letter is not handed over."""
        ...

    def answered(self, receipt: Receipt) -> None:
        """The outcome of a letter is known."""
        ...


class Submission:
    """A connection to the submission server that is opened when needed and kept for some seconds."""

    def __init__(self, cfg: Smtp, hello: str, kept_s: float = KEPT_S) -> None:
        """`hello` is what we call ourselves where the configuration names nothing (RFC 5321 section 4.1.1.1)."""
        self._cfg = cfg
        self._kept_s = kept_s
        self._hello = cfg.local_hostname or hello
        self._loop = asyncio.new_event_loop()
        self._context: ssl.SSLContext | None = None
        self._client: SMTP | None = None
        self._used_at = 0.0

    def open(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Connect, secure and log in, unless a connection is still good. Raises: QueueStopped."""
        self.rest()
        self._run(self._ready(), stop)

    def deliver(
        self, envelopes: Sequence[Envelope], trace: Trace, stop: Callable[[], bool] = lambda: False
    ) -> tuple[tuple[Receipt, ...], QueueStopped | None]:
        """Send letters in order until one meets trouble that concerns them all; a receipt for each, and the trouble.

        The letters behind a trouble, a stop or the end of the time slice come back as untried.
        """
        group = _Group(tuple(envelopes), trace, stop)
        try:
            self._run(self._deliver(group), stop)
        except QueueStopped as trouble:
            group.trouble = trouble
        return group.receipts(), group.trouble

    def rest(self) -> None:
        """Close a connection that has not been used for a while."""
        if self._client is not None and clock.monotonic() - self._used_at > self._kept_s:
            self._loop.run_until_complete(self._quit())

    def close(self) -> None:
        """Say goodbye, if anybody listens, and give everything back."""
        if not self._loop.is_closed():
            self._loop.run_until_complete(self._quit())
            self._loop.close()

    # --- running and cutting short ---

    def _run(self, work: Coroutine[Any, Any, None], stop: Callable[[], bool]) -> None:
        self._loop.run_until_complete(self._guard(work, stop))

    async def _guard(self, work: Coroutine[Any, Any, None], stop: Callable[[], bool]) -> None:
        """Wait for `work`; cut it off when it goes on too long after a stop, or beyond all timeouts together."""
        task = asyncio.ensure_future(work)
        cut_at = clock.monotonic() + SLICE_S + 2 * self._cfg.timeout_s
        stopping = False
        while not (await asyncio.wait({task}, timeout=_LOOK_S))[0]:
            if stop() and not stopping:
                stopping, cut_at = True, clock.monotonic() + STOP_GRACE_S
            if clock.monotonic() > cut_at:
                self._abort()
                task.cancel()
        try:
            task.result()
        except asyncio.CancelledError:
            why = "told to stop" if stopping else "the server took too long"
            raise QueueStopped(why) from None

    def _abort(self) -> None:
        client, self._client = self._client, None
        if client is not None and isinstance(client.transport, asyncio.WriteTransport):
            client.transport.abort()

    async def _quit(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.quit(timeout=_QUIT_S)
            except _LOST:
                client.close()  # what was answered with 250 is sent, whatever happens to the goodbye
        await asyncio.sleep(0)  # what was cut off gives its socket back in the next round of the loop

    # --- connecting ---

    async def _ready(self) -> None:
        """Have a connection that answers: the kept one, or a new one."""
        if self._client is not None and clock.monotonic() - self._used_at < FRESH_S:
            return
        if self._client is not None:
            try:
                await self._client.rset(timeout=_QUIT_S)
                return
            except _LOST:
                self._abort()
        await self._connect()

    async def _connect(self) -> None:
        cfg = self._cfg
        client = SMTP(
            hostname=cfg.host,
            port=cfg.port,
            local_hostname=self._hello,
            timeout=cfg.timeout_s,
            use_tls=cfg.security is Security.TLS,
            start_tls=False,  # the library's own way would go on in clear where STARTTLS is not offered
            tls_context=self._tls(),
        )
        self._client = client
        try:
            await client.connect()
            await self._secure(client)
            await self._log_in(client)
        except QueueStopped:
            self._abort()
            raise
        except _LOST as error:
            self._abort()
            self._context = None  # read the authorities anew: a renewed file may be what was missing
            raise _not_connected(cfg, error) from error
        self._used_at = clock.monotonic()

    def _tls(self) -> ssl.SSLContext | None:
        if self._context is None and self._cfg.security is not Security.NONE:
            try:
                self._context = client_context(self._cfg.ca_file)
            except ConfigError as error:
                raise QueueRefused(str(error)) from error
        return self._context

    async def _secure(self, client: SMTP) -> None:
        if self._cfg.security is Security.STARTTLS:
            await _greet(client)
            if not client.supports_extension("starttls"):
                raise QueueRefused(
                    f"{_named(self._cfg)} does not offer STARTTLS, and nothing is sent in clear; "
                    'check the port, or write security = "tls"'
                )
            await client.starttls()
        elif self._cfg.security is Security.NONE:
            peer = client.get_transport_info("peername")
            if not (is_loopback(self._cfg.host) and is_loopback(str(peer[0]))):
                raise QueueRefused(f"{_named(self._cfg)} is not this machine, and nothing is sent in clear beyond it")
        await _greet(client)

    async def _log_in(self, client: SMTP) -> None:
        if not self._cfg.user:
            return
        methods = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
        method = next((methods[name] for name in methods if name in client.server_auth_methods), None)
        if method is None:
            raise QueueRefused(f"{_named(self._cfg)} offers no login that we know")
        try:
            # One method, once: trying them all with a wrong password is how accounts get locked.
            await method(self._cfg.user, self._cfg.secret())
        except ConfigError as error:
            raise QueueRefused(f"the password cannot be read: {error}") from error
        except SMTPAuthenticationError as error:
            answer = said(error.code, error.message).rstrip(" .")
            why = f"{_named(self._cfg)} refuses the login of {self._cfg.user}: {answer}"
            raise (
                QueueRefused(f"{why}; check user and password") if error.code >= 500 else QueueStopped(why)
            ) from error

    # --- delivering ---

    async def _deliver(self, group: "_Group") -> None:
        await self._ready()
        put_off = 0
        while (envelope := group.next()) is not None:
            one = await self._send(envelope, group)
            self._used_at = clock.monotonic()
            group.done(one)
            put_off = put_off + 1 if one.outcome is Outcome.DEFERRED else 0
            if group.trouble is None and put_off >= REFUSALS_IN_A_ROW:
                why = f"{put_off} letters in a row were put off: {one.answer}"
                group.trouble = QueueStopped(why)

    async def _send(self, envelope: Envelope, group: "_Group") -> Receipt:
        """One letter, to its outcome; a connection that was lost before the letter was in is replaced once."""
        for attempt in (1, 2):
            try:
                return await self._hand_over(envelope, group)
            except SMTPResponseException as error:
                self._abort()  # no answer of SMTP at all: what comes next could belong to anything
                lost = said(error.code, error.message)
            except _LOST as error:
                self._abort()
                lost = str(error) or type(error).__name__
            if group.handed_over or attempt == 2:
                break
            if group.stop():
                raise QueueStopped("told to stop")
            await self._connect()
        group.trouble = QueueStopped(f"the connection to {_named(self._cfg)} was lost: {lost}")
        outcome = Outcome.UNKNOWN if group.handed_over else Outcome.DEFERRED
        return Receipt(envelope.letter_id, outcome, f"connection lost: {lost}"[:300])

    async def _hand_over(self, envelope: Envelope, group: "_Group") -> Receipt:
        """MAIL, RCPT, DATA and the message; commands one by one, because which one was answered decides."""
        client = self._client
        if client is None or client.protocol is None:
            raise ConnectionError("not connected")
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(envelope.raw):
            return Receipt(envelope.letter_id, Outcome.FAILED, f"larger than the {limit} bytes that the server takes")
        commands = (
            (Stage.MAIL, 250, b"MAIL FROM:<" + envelope.reverse_path.encode("ascii") + b">"),
            (Stage.RCPT, 250, b"RCPT TO:<" + envelope.forward_path.encode("ascii") + b">"),
            (Stage.DATA, 354, b"DATA"),
        )
        for stage, good, command in commands:
            code, message = await client.execute_command(command)
            if code != good and not (stage is Stage.RCPT and code == 251):
                return await self._refused(envelope, stage, code, message, group)
        self._note(envelope, group)
        client.protocol.write(_dotted(envelope.raw))
        code, message = await client.protocol.read_response(timeout=self._cfg.timeout_s)
        one = receipt(envelope.letter_id, Stage.DOT, code, message)
        group.trouble = queue_trouble(Stage.DOT, code, message, logged_in=bool(self._cfg.user))
        if one.outcome is Outcome.UNKNOWN or code == 421:
            self._abort()
        return one

    def _note(self, envelope: Envelope, group: "_Group") -> None:
        try:
            group.trace.handing_over(envelope.letter_id)
        except TransientError as error:
            self._abort()  # the server waits for a message now; it shall get none
            raise QueueStopped(str(error)) from error
        group.handed_over = True

    async def _refused(self, envelope: Envelope, stage: Stage, code: int, message: str, group: "_Group") -> Receipt:
        """A letter that was not taken in: the session goes on with the next one, unless it concerns them all."""
        group.trouble = queue_trouble(stage, code, message, logged_in=bool(self._cfg.user))
        if self._client is not None and self._client.is_connected:
            await self._client.rset()
        if group.trouble is not None and group.trouble.needs_person:
            return Receipt(envelope.letter_id, Outcome.UNTRIED, said(code, message), code)
        return receipt(envelope.letter_id, stage, code, message)


@dataclass(slots=True)
class _Group:
    """The letters of one delivery, and how far it got."""

    envelopes: tuple[Envelope, ...]
    trace: Trace
    stop: Callable[[], bool]
    began_at: float = field(default_factory=clock.monotonic)
    done_so_far: list[Receipt] = field(default_factory=list)
    begun: bool = False  # the letter behind those done is under way
    handed_over: bool = False  # and the server may have it
    trouble: QueueStopped | None = None

    def next(self) -> Envelope | None:
        """Give the next letter to send; None when it is time to end."""
        place = len(self.done_so_far)
        over = self.trouble is not None or place == len(self.envelopes) or clock.monotonic() - self.began_at > SLICE_S
        if over or self.stop():
            return None
        self.begun, self.handed_over = True, False
        return self.envelopes[place]

    def done(self, one: Receipt) -> None:
        self.begun = False
        self.done_so_far.append(one)
        if one.outcome is not Outcome.UNTRIED:
            self.trace.answered(one)

    def receipts(self) -> tuple[Receipt, ...]:
        """One for each letter: also for one that was cut off, and for those behind it."""
        rest = self.envelopes[len(self.done_so_far) :]
        why = self.trouble.why if self.trouble is not None else "not begun"
        left = [Receipt(envelope.letter_id, Outcome.UNTRIED, why) for envelope in rest]
        if self.begun and self.handed_over:
            left[0] = Receipt(rest[0].letter_id, Outcome.UNKNOWN, f"no answer: {why}")
            self.trace.answered(left[0])
        return (*self.done_so_far, *left)


async def _greet(client: SMTP) -> None:
    """EHLO, or HELO where the server is so old: what it can do is read anew in each session."""
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


def _dotted(raw: bytes) -> bytes:
    """The message as DATA takes it: CRLF only, leading dots doubled, a dot at the end (RFC 5321 section 4.5.2)."""
    lines = raw.count(b"\n")
    if raw.count(b"\r\n") != lines or raw.count(b"\r") != lines or not raw.endswith(b"\r\n"):
        raw = b"\r\n".join(raw.splitlines()) + b"\r\n"
    dotted = raw.replace(b"\r\n.", b"\r\n..")
    return (b"." + dotted if dotted.startswith(b".") else dotted) + b".\r\n"


def _named(cfg: Smtp) -> str:
    return f"{cfg.host} port {cfg.port}"


def _not_connected(cfg: Smtp, error: BaseException) -> QueueStopped:
    """Say why there is no connection, and whether a person must mend it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLError):
        passing = isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
        why = f"{_named(cfg)} cannot be trusted: {tls_problem(cause)}"
        return QueueStopped(why) if passing else QueueRefused(why)
    if isinstance(error, SMTPResponseException):
        return QueueStopped(f"{_named(cfg)} says: {said(error.code, error.message)}")
    return QueueStopped(f"{_named(cfg)} cannot be reached: {_unreached(error)}")


def _unreached(error: BaseException) -> str:
    """Say what became of an attempt to connect and what to do, as the second half of a sentence."""
    cause: BaseException | None = error
    while isinstance(cause, SMTPException):  # the library's are OSErrors too, and say only that it did not work
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, socket.gaierror):
        return f"its name is not known ({cause.strerror}); check host"
    if isinstance(error, TimeoutError) or isinstance(cause, TimeoutError):
        return "it does not answer; check host, port and firewall"
    # A name with several addresses brings one error with all of them in its text.
    if isinstance(cause, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(cause):
        return "it refuses connections; check host and port, or start the server"
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return f"{os.strerror(cause.errno)}; check host, port and firewall"
    return str(error).rstrip(" .") or type(error).__name__
