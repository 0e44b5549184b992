"""A small mail world on loopback: IMAP by pymap, SMTP by aiosmtpd, in one event loop. For the demo and for tests.

    python world.py < config          the first line of stdin is JSON, see `Config`; EOF on stdin or SIGTERM ends it
    -> {"ready": true, "imap": ..., "smtp": ..., "smtp_unproven": ..., "smtp_inbound": ..., "authserv_id": ...}

Plus addressing, a Delivered-To line, 550 for unknown people, wrong passwords refused. Three SMTP ports: `smtp` and
`smtp_unproven` want AUTH, `smtp_inbound` takes mail for this world from anywhere. On `smtp` a mail gets our
Authentication-Results (RFC 8601): dmarc=pass where the login is the one address in From, else dmarc=fail. What came in
under our id is taken out first, on every port. All instants follow the clock file: seconds to add, as decimal text, or
`@` and the Unix time at which the clock stands still.
"""

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import warnings
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses
from pathlib import Path
from typing import Any, TextIO

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfo, SocketInfoLocal
from pymap.backend.dict import DictBackend, Identity
from pymap.backend.dict.mailbox import MailboxData
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

_STDIN = 0
_LARGEST_BYTES = 40 * 1024 * 1024
_FIELD = re.compile(rb"(?:[^\r\n]*\r?\n)(?:[ \t][^\r\n]*\r?\n)*")  # one header field with its folded lines
_COMMENT = re.compile(rb"\([^()]*\)")


@dataclass(frozen=True)
class Config:
    """The first line of stdin. `users` is address -> password; `log` gets one JSON line a mail and recipient."""

    users: dict[str, str]
    authserv_id: str = "world.example"
    clock_file: str = ""
    log: str = ""


@dataclass
class World:
    """The mailboxes, and what is done with a mail for one of them."""

    config: Config
    inboxes: dict[str, MailboxData] = field(default_factory=dict)
    log: TextIO | None = None

    def now(self) -> datetime:
        """Return the present instant of this world, aware."""
        if self.config.clock_file:
            with contextlib.suppress(OSError, ValueError):
                said = Path(self.config.clock_file).read_text("ascii").strip()
                if said.startswith("@"):
                    return datetime.fromtimestamp(float(said[1:]), UTC)
                return datetime.now(UTC) + timedelta(seconds=float(said))
        return datetime.now(UTC)

    def mailbox_of(self, address: str) -> str | None:
        """Return whose mailbox an address is, without its plus detail; None for nobody's."""
        local, _, domain = address.lower().rpartition("@")
        found = f"{local.partition('+')[0]}@{domain}"
        return found if found in self.inboxes else None

    async def deliver(self, envelope: Envelope, login: str, *, proves: bool) -> None:
        """Put a mail into the mailbox of each recipient, with the lines a server adds, and log it."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        head, body = split(content)
        own = self.config.authserv_id
        fields = [one for one in _FIELD.findall(head) if not is_result_of(one, own)]
        headers = BytesHeaderParser().parsebytes(b"".join(fields))
        verdict = judge(headers.get_all("From", []), login)
        now = self.now()
        if "Date" not in headers:
            fields.append(f"Date: {format_datetime(now)}\r\n".encode("ascii"))
        for forward_path in envelope.rcpt_tos:
            lines = [
                f"Return-Path: <{envelope.mail_from or ''}>",
                f"Delivered-To: {forward_path}",
                *([f"Authentication-Results: {own}; {verdict}"] if proves else []),
                f"Received: from people by {own} with ESMTP{'A' if login else ''} id {secrets.token_hex(5)};",
                f"\t{format_datetime(now)}",
            ]
            raw = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n" + b"".join(fields) + body
            inbox = self.inboxes[self.mailbox_of(forward_path) or ""]
            await inbox.append(AppendMessage(raw, now), recent=True)
            self.note(now, login, envelope, forward_path, headers.get("Message-ID", ""), verdict if proves else "")

    def note(
        self, now: datetime, login: str, envelope: Envelope, forward_path: str, message_id: str, verdict: str
    ) -> None:
        """Write down one mail taken for one recipient."""
        if self.log is not None:
            entry = {
                "at": now.isoformat(),
                "login": login,
                "reverse_path": envelope.mail_from or "",
                "forward_path": forward_path,
                "message_id": str(message_id).strip(),
                "verdict": verdict,
            }
            self.log.write(json.dumps(entry) + "\n")
            self.log.flush()


def split(content: bytes) -> tuple[bytes, bytes]:
    """Divide a mail into its header block and the rest, which begins with the empty line."""
    end = re.search(rb"(?:^|\n)(\r?\n)", content)
    return (content[: end.start(1)], content[end.start(1) :]) if end else (content + b"\r\n", b"\r\n")


def is_result_of(header_field: bytes, authserv_id: str) -> bool:
    """Say whether a header field is an Authentication-Results under this id, whoever wrote it."""
    name, _, value = header_field.partition(b":")
    if name.strip().lower() != b"authentication-results":
        return False
    while (plain := _COMMENT.sub(b" ", value)) != value:
        value = plain
    return value.replace(b'"', b"").strip().lower().startswith(authserv_id.lower().encode())


def judge(froms: list[str], login: str) -> str:
    """Say what we know of who wrote a mail: pass only where the login is the one address in the one From."""
    found = [address.lower() for _, address in getaddresses([str(one) for one in froms]) if address]
    if len(froms) != 1 or len(found) != 1:
        return "dmarc=none"
    domain = re.sub(r"[^a-z0-9.-]", "", found[0].rpartition("@")[2])
    return f"dmarc={'pass' if found[0] == login else 'fail'} header.from={domain}"


class Door:
    """What aiosmtpd asks about one port: who may come in, who is known, what to do with a mail."""

    def __init__(self, world: World, *, wants_login: bool, proves: bool) -> None:
        self._world = world
        self._wants_login = wants_login
        self._proves = proves

    def make(self) -> SMTP:
        """Make the protocol of one connection."""
        return SMTP(
            self,
            hostname=self._world.config.authserv_id,
            ident="world",
            data_size_limit=_LARGEST_BYTES,
            enable_SMTPUTF8=True,
            auth_required=self._wants_login,
            auth_require_tls=False,
            authenticator=self.authenticate,
        )

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Take a person's own password only; the login becomes the session's `auth_data`."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        login = data.login.decode("utf-8", "replace").lower()
        known = self._world.config.users.get(login)
        given = data.password.decode("utf-8", "replace")
        good = known is not None and secrets.compare_digest(known.encode(), given.encode())
        return AuthResult(success=good, handled=False, auth_data=login if good else None)

    async def handle_RCPT(  # aiosmtpd's name for the hook
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Know a recipient, or say that nobody does."""
        if self._world.mailbox_of(address) is None:
            return f"550 5.1.1 <{address}>: nobody here has this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # aiosmtpd's name
        """Take a mail."""
        authenticated: object = session.auth_data  # what `authenticate` gave, None without AUTH
        login = authenticated if isinstance(authenticated, str) else ""
        await self._world.deliver(envelope, login, proves=self._proves)
        return "250 2.0.0 OK, it lies in the mailbox"


class Writer:
    """A StreamWriter that sends on drain(): pymap writes a FETCH in thousands of pieces, each would be a packet."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> None:
        """Keep a piece for the next drain."""
        self._pieces.append(bytes(piece))

    async def drain(self) -> None:
        """Send what was kept."""
        pieces, self._pieces = self._pieces, []
        self._writer.write(b"".join(pieces))
        await self._writer.drain()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


async def imap_backend(world: World) -> DictBackend:
    """Make pymap's in-memory backend with a mailbox for each user."""
    args = Namespace(
        host="127.0.0.1",
        port=0,
        debug=False,
        cert=None,
        key=None,
        tls=False,
        passlib_cfg=None,
        proxy_protocol=None,
        demo_data=False,
        demo_user=secrets.token_hex(8),
        demo_password=secrets.token_hex(16),
    )
    backend, config = await DictBackend.init(
        args,
        hash_context=Cleartext(),  # its default takes 0.11 s a login
        cpu_subsystem=Subsystem.for_asyncio(),
        invalid_user_sleep=0.0,
    )
    for address, password in world.config.users.items():
        identity = Identity(address, backend.login, None, frozenset())
        await identity.set(UserMetadata(config, address, password=password))
        async with identity.new_session() as session:
            world.inboxes[address] = await session.mailbox_set.get_mailbox("INBOX")
    return backend


async def serve_imap(backend: DictBackend) -> asyncio.Server:
    """Listen for IMAP. Each connection's task is held: pymap lets go of it, and Python 3.13 then collects it."""
    server = IMAPServer(backend.login, backend.config)
    held: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        about: SocketInfo = SocketInfoLocal(writer, unique_id=secrets.token_bytes(8))
        task = asyncio.ensure_future(_serve_one(server, reader, writer, about))
        held.add(task)
        task.add_done_callback(held.discard)

    return await asyncio.start_server(accept, "127.0.0.1", 0, limit=_LARGEST_BYTES)


async def _serve_one(
    server: IMAPServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, about: SocketInfo
) -> None:
    with contextlib.suppress(ConnectionError, EOFError):
        await server(reader, Writer(writer), about)  # type: ignore[arg-type]  # it writes, drains and closes, no more


async def run(config: Config) -> None:
    """Serve until stdin ends or SIGTERM comes."""
    users = {address.lower(): password for address, password in config.users.items()}
    world = World(Config(users, config.authserv_id, config.clock_file, config.log))
    with contextlib.ExitStack() as stack:
        if config.log:
            world.log = stack.enter_context(open(config.log, "a", encoding="utf-8"))
        await _serve(world)


async def _serve(world: World) -> None:
    loop = asyncio.get_running_loop()
    imap = await serve_imap(await imap_backend(world))
    doors: dict[str, Callable[[], SMTP]] = {
        "smtp": Door(world, wants_login=True, proves=True).make,
        "smtp_unproven": Door(world, wants_login=True, proves=False).make,
        "smtp_inbound": Door(world, wants_login=False, proves=False).make,
    }
    ports = {"imap": _port(imap)}
    for name, make in doors.items():
        ports[name] = _port(await loop.create_server(make, "127.0.0.1", 0))
    over = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _finish, over)
    loop.add_reader(_STDIN, _read_on, over)
    print(json.dumps({"ready": True, **ports, "authserv_id": world.config.authserv_id}), flush=True)
    await over


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


def _finish(over: "asyncio.Future[None]") -> None:
    if not over.done():
        over.set_result(None)


def _read_on(over: "asyncio.Future[None]") -> None:
    """Whoever started us holds stdin open; when it ends, so do we."""
    if not os.read(_STDIN, 4096):
        _finish(over)


def main() -> None:
    """Read the config and serve."""
    warnings.simplefilter("ignore")  # aiosmtpd warns of AUTH without TLS; this world is loopback only
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(_STDIN, 1)):  # one by one: nothing after the line is swallowed
        line += byte
    asyncio.run(run(Config(**json.loads(line))))


if __name__ == "__main__":
    main()
