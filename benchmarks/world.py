"""A small mail world that can be put back to its beginning: a mailbox to read, and every letter handed over is kept.

pymap and aiosmtpd in one event loop of a thread. Unlike a real server it can give a mailbox the same UIDVALIDITY and
UIDs again, which is what a crash test needs that meets the same mails hundreds of times. One user, clear text.
"""

import asyncio
import threading
from argparse import Namespace
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, DictBackend
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pysasl.hashing import Cleartext

from tests.servers.world import Endpoint, Person

AGENT = Person("Agent", "agent@sweep.example", "bench")
UIDVALIDITY = 20261123
# What pymap's command line would have given: a server without TLS and one user.
_SETTINGS = Namespace(
    host=None,
    port="0",
    debug=False,
    cert=None,
    key=None,
    tls=False,
    proxy_protocol=None,
    passlib_cfg=None,
    inherited_sockets=None,
    demo_data=False,
    demo_user=AGENT.address,
    demo_password=AGENT.password,
)


@dataclass(frozen=True, slots=True)
class Folder:
    """A mailbox with its mails, as (UID, raw, INTERNALDATE)."""

    name: str
    uidvalidity: int
    last_uid: int
    mails: tuple[tuple[int, bytes, datetime], ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """The world as it was at one moment."""

    folders: tuple[Folder, ...]
    letters: tuple[tuple[str, bytes], ...]


EMPTY = Moment((Folder("INBOX", UIDVALIDITY, 100, ()),), ())


class World:
    """Runs from `with` to the end of it. Between runs of the agent `put_back` makes it as it was at some moment."""

    def __init__(self) -> None:
        self.imap = self.smtp = Endpoint("127.0.0.1", 0, "none")
        self._letters: list[tuple[str, bytes]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="mail-world")
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()
        self._config: Config | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def moment(self) -> Moment:
        """Remember how everything is now."""
        return Moment(self._call(self._folders()), self.letters())

    def put_back(self, moment: Moment) -> None:
        """Make everything as it was then, UIDs and UIDVALIDITY too."""
        self._call(self._put_back(moment))

    def deliver(self, raw: bytes, at: datetime) -> None:
        """Put one more mail into the INBOX."""
        self._call(self._append(raw, at))

    def letters(self) -> tuple[tuple[str, bytes], ...]:
        """Return all (recipient, raw) that were accepted so far, in order."""
        return tuple(self._letters)

    def folders(self) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
        """Return each folder with the raw mails in it; INBOX first."""
        found: tuple[Folder, ...] = self._call(self._folders())
        return tuple((one.name, tuple(raw for _, raw, _ in one.mails)) for one in found)

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _start(self) -> None:
        backend, self._config = await DictBackend.init(_SETTINGS, hash_context=Cleartext())
        self._config.apply_context()
        imap_server = IMAPServer(backend.login, self._config)
        imap = await asyncio.start_server(lambda r, w: self._serve(imap_server, r, w), "127.0.0.1", 0)
        smtp = await self._loop.create_server(self._smtp, "127.0.0.1", 0)
        self._servers = [imap, smtp]
        ports = [server.sockets[0].getsockname()[1] for server in self._servers]
        self.imap, self.smtp = (Endpoint("127.0.0.1", port, "none") for port in ports)

    def _smtp(self) -> SMTP:
        return SMTP(self, hostname="mx.example.test", loop=self._loop, data_size_limit=None)

    async def _serve(self, server: IMAPServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Somebody has to hold the task: Python 3.13 collected idle connections otherwise.
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            await server(reader, writer, SocketInfoLocal(writer))
        except (ConnectionError, asyncio.CancelledError):
            writer.close()

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _put_back(self, moment: Moment) -> None:
        assert self._config is not None
        mailboxes = MailboxSet()
        self._config.set_cache[AGENT.address] = (mailboxes, FilterSet())
        self._letters[:] = moment.letters
        for folder in moment.folders:
            if folder.name != "INBOX":
                await mailboxes.add_mailbox(folder.name)
            box = await mailboxes.get_mailbox(folder.name)
            box._uid_validity = folder.uidvalidity
            for uid, raw, at in folder.mails:
                box._max_uid = uid - 1
                await box.append(AppendMessage(raw, at, frozenset()))
            box._max_uid = folder.last_uid

    async def _append(self, raw: bytes, at: datetime) -> None:
        await self._mailboxes()._inbox.append(AppendMessage(raw, at, frozenset()))

    def _mailboxes(self) -> MailboxSet:
        assert self._config is not None
        return self._config.set_cache[AGENT.address][0]

    async def _folders(self) -> tuple[Folder, ...]:
        mailboxes = self._mailboxes()
        named = [("INBOX", mailboxes._inbox), *sorted(mailboxes._set.items())]
        return tuple([await _folder(name, box) for name, box in named])

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Accept a letter (aiosmtpd's hook)."""
        assert isinstance(envelope.content, bytes)
        self._letters += [(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        return "250 2.0.0 kept"


async def _folder(name: str, box: MailboxData) -> Folder:
    mails = [(one.uid, bytes(one._content), one.internal_date) async for one in box.messages()]
    return Folder(name, box.uid_validity, box._max_uid, tuple(mails))
