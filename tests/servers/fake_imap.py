"""A scripted IMAP server of our own: honest as it stands, and then told where to misbehave.

    with FakeImap(mails=[b"..."]) as server:
        server.answer["UID FETCH"] = lambda line: line.connection.close()     # instead of the honest answer
        server.capabilities = ("IDLE",)                                       # what it can do
        assert "UID MOVE" in server.names()                                   # what it was asked

One thread a connection. It keeps one mailbox, INBOX, and folders that only count what they got.
"""

import base64
import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType

FULL = ("IDLE", "MOVE", "UIDPLUS", "NAMESPACE", "LITERAL+")
_TWO_WORDS = {"UID"}


@dataclass
class Mail:
    """One mail in INBOX."""

    uid: int
    raw: bytes
    internal_date: str | None = "23-Nov-2026 08:00:00 +0100"
    flags: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Line:
    """One command as it came in."""

    server: "FakeImap"
    connection: "Connection"
    tag: str
    name: str
    rest: str

    def ok(self, text: str = "done") -> None:
        """Say that it went well."""
        self.connection.say(f"{self.tag} OK {text}")

    def no(self, text: str) -> None:
        """Refuse."""
        self.connection.say(f"{self.tag} NO {text}")

    def bad(self, text: str = "what?") -> None:
        """Not understand."""
        self.connection.say(f"{self.tag} BAD {text}")

    def untagged(self, text: str | bytes) -> None:
        """Tell something in between."""
        self.connection.say(b"* " + (text if isinstance(text, bytes) else text.encode()))


class Connection:
    """One client."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.told = 0  # how many mails this client knows of
        self._received = b""

    def say(self, line: str | bytes) -> None:
        """Send a line."""
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def send(self, data: bytes) -> None:
        """Send bytes as they are; a client that has gone is no fault of ours."""
        with contextlib.suppress(OSError):
            self.sock.sendall(data)

    def line(self) -> bytes:
        """Read a line without its end; empty at the end of the connection."""
        while b"\n" not in self._received:
            packet = self.sock.recv(65536)
            if not packet:
                return b""
            self._received += packet
        line, _, self._received = self._received.partition(b"\n")
        return line.rstrip(b"\r") or self.line()

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class FakeImap:
    """The server. Whatever a test changes while it runs holds from the next command on."""

    def __init__(
        self,
        mails: Iterable[bytes] = (),
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        first_uid: int = 101,
    ) -> None:
        self.mails = [Mail(uid, raw) for uid, raw in enumerate(mails, first_uid)]
        self.uidvalidity = 7
        self.uidnext = first_uid + len(self.mails)
        self.capabilities: tuple[str, ...] = FULL
        self.permanent_flags = r"\Seen \Deleted \*"
        self.prefix, self.separator = "", "/"
        self.folders: dict[str, list[bytes]] = {}
        self.password = "secret"
        self.greeting = "* OK ready"
        self.read_only = False
        self.answer: dict[str, Callable[[Line], object]] = {}
        self.lines: list[Line] = []
        self.idling: list[Connection] = []
        self._tls = tls
        self._starttls = starttls
        self._open: list[Connection] = []
        self._changed = threading.Condition()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> "FakeImap":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
        self._listening.close()
        for connection in self._open:
            connection.close()

    # --- what tests do ---

    def names(self) -> list[str]:
        """Return the names of the commands that came in."""
        return [line.name for line in self.lines]

    def wait_for(self, name: str, count: int = 1) -> None:
        """Wait until so many commands of this name have come in."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.names().count(name) >= count, 10), f"no {name}: {self.names()}"

    def arrive(self, raw: bytes, *, tell: bool = True) -> int:
        """Let a mail arrive, and tell whoever is in IDLE."""
        mail = Mail(self.uidnext, raw)
        self.uidnext += 1
        self.mails.append(mail)
        for connection in list(self.idling) if tell else ():
            self._tell(connection)
        return mail.uid

    def _tell(self, connection: Connection) -> None:
        if connection.told < len(self.mails):
            connection.told = len(self.mails)
            connection.say(f"* {connection.told} EXISTS")

    def hang_up(self) -> None:
        """Close every connection."""
        for connection in self._open:
            connection.close()

    # --- the server ---

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            connection = Connection(self._tls.wrap_socket(sock, server_side=True) if self._tls else sock)
            self._open.append(connection)
            if self.greeting:
                connection.say(self.greeting)
            while line := connection.line():
                self._do(connection, line.decode("utf-8", "replace"))
        except (OSError, ValueError):
            sock.close()

    def _do(self, connection: Connection, text: str) -> None:
        tag, _, rest = text.partition(" ")
        name, _, rest = rest.partition(" ")
        if name.upper() in _TWO_WORDS:
            second, _, rest = rest.partition(" ")
            name = f"{name} {second}"
        line = Line(self, connection, tag, name.upper(), rest)
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()
        self.answer.get(line.name, self.honest)(line)

    def honest(self, line: Line) -> None:
        """Answer a command as a server should."""
        own = getattr(self, "_do_" + line.name.lower().replace(" ", "_"), None)
        if own is None:
            line.bad()
        else:
            own(line)

    def _do_capability(self, line: Line) -> None:
        offered = ["IMAP4rev1", "AUTH=PLAIN", *self.capabilities]
        if self._starttls is not None:
            offered.append("STARTTLS")
        line.untagged("CAPABILITY " + " ".join(offered))
        line.ok()

    def _do_starttls(self, line: Line) -> None:
        line.ok()
        assert self._starttls is not None
        line.connection.sock = self._starttls.wrap_socket(line.connection.sock, server_side=True)

    def _do_login(self, line: Line) -> None:
        line.ok() if line.rest.endswith(f'"{self.password}"') else line.no("[AUTHENTICATIONFAILED] no")

    def _do_authenticate(self, line: Line) -> None:
        line.connection.say("+ ")
        said = base64.b64decode(line.connection.line()).decode().split("\0")
        line.ok() if said[2] == self.password else line.no("[AUTHENTICATIONFAILED] no")

    def _do_logout(self, line: Line) -> None:
        line.untagged("BYE bye")
        line.ok()
        line.connection.close()

    def _do_namespace(self, line: Line) -> None:
        line.untagged(f'NAMESPACE (("{self.prefix}" "{self.separator}")) NIL NIL')
        line.ok()

    def _do_list(self, line: Line) -> None:
        line.untagged(f'LIST (\\Noselect) "{self.separator}" ""')
        line.ok()

    def _do_select(self, line: Line) -> None:
        folder = line.rest.strip('"')
        if folder != "INBOX" and folder not in self.folders:
            line.no("[NONEXISTENT] no such folder")
            return
        line.connection.told = len(self.mails)
        line.untagged(f"{line.connection.told} EXISTS")
        line.untagged("0 RECENT")
        line.untagged(r"FLAGS (\Seen \Deleted)")
        line.untagged(f"OK [PERMANENTFLAGS ({'' if self.read_only else self.permanent_flags})] kept")
        line.untagged(f"OK [UIDVALIDITY {self.uidvalidity}] valid")
        line.untagged(f"OK [UIDNEXT {self.uidnext}] next")
        line.ok("[READ-ONLY] selected" if self.read_only else "[READ-WRITE] selected")

    _do_examine = _do_select

    def _do_noop(self, line: Line) -> None:
        line.ok()

    _do_subscribe = _do_noop

    def _do_create(self, line: Line) -> None:
        self.folders.setdefault(line.rest.strip('"'), [])
        line.ok()

    def chosen(self, uids: str) -> Iterator[tuple[int, Mail]]:
        """Give the mails of a set of UIDs, with their sequence numbers; `n:*` always has the last one."""
        last = max((mail.uid for mail in self.mails), default=0)
        for number, mail in enumerate(list(self.mails), 1):
            for part in uids.split(","):
                low, _, high = part.partition(":")
                first, until = (last if end == "*" else int(end) for end in (low, high or low))
                if min(first, until) <= mail.uid <= max(first, until):
                    yield number, mail
                    break

    def _do_uid_search(self, line: Line) -> None:
        line.untagged("SEARCH " + " ".join(str(mail.uid) for _, mail in self.chosen(line.rest.removeprefix("UID "))))
        line.ok()

    def fetched(self, number: int, mail: Mail, items: str) -> bytes:
        """Write the answer about one mail."""
        parts = [f"UID {mail.uid}".encode()]
        if "RFC822.SIZE" in items:
            parts.append(f"RFC822.SIZE {len(mail.raw)}".encode())
        if "INTERNALDATE" in items and mail.internal_date is not None:
            parts.append(f'INTERNALDATE "{mail.internal_date}"'.encode())
        if asked := re.search(r"BODY\.PEEK\[(HEADER)?\](?:<0\.(\d+)>)?", items):
            part = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if asked[1] else mail.raw
            part = part[: int(asked[2])] if asked[2] else part
            name = f"BODY[{asked[1] or ''}]{'<0>' if asked[2] else ''} {{{len(part)}}}\r\n"
            parts.append(name.encode() + part)
        return f"{number} FETCH (".encode() + b" ".join(parts) + b")"

    def _do_uid_fetch(self, line: Line) -> None:
        uids, _, items = line.rest.partition(" ")
        for number, mail in self.chosen(uids):
            line.untagged(self.fetched(number, mail, items))
        line.ok()

    def _do_uid_store(self, line: Line) -> None:
        uids, _, rest = line.rest.partition(" ")
        for _, mail in self.chosen(uids):
            mail.flags.update(rest[rest.index("(") + 1 : -1].split())
        line.ok()

    def _do_uid_copy(self, line: Line) -> None:
        uids, _, folder = line.rest.partition(" ")
        folder = folder.strip('"')
        if folder not in self.folders:
            line.no("[TRYCREATE] no such folder")
            return
        self.folders[folder] += [mail.raw for _, mail in self.chosen(uids)]
        line.ok()

    def _do_uid_expunge(self, line: Line) -> None:
        gone = [mail for _, mail in self.chosen(line.rest) if r"\Deleted" in mail.flags]
        self.mails = [mail for mail in self.mails if mail not in gone]
        line.ok()

    def _do_uid_move(self, line: Line) -> None:
        uids, _, folder = line.rest.partition(" ")
        folder = folder.strip('"')
        if folder not in self.folders:
            line.no("[TRYCREATE] no such folder")
            return
        gone = [mail for _, mail in self.chosen(uids)]
        self.folders[folder] += [mail.raw for mail in gone]
        self.mails = [mail for mail in self.mails if mail not in gone]
        line.ok()

    def _do_idle(self, line: Line) -> None:
        line.connection.say("+ idling")
        self.idling.append(line.connection)
        self._tell(line.connection)
        try:
            done = line.connection.line()
        finally:
            self.idling.remove(line.connection)
        if done.upper() == b"DONE":
            line.ok()
