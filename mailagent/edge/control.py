"""The daemon's local socket: commands of the command line go through it, so that one process alone writes the office.

One JSON object a line, both ways. The kernel tells who knocks (SO_PEERCRED): root, the daemon's own user, and members
of the group `mailagent` where the socket belongs to it. The server is driven from the daemon's poll(): it never waits
for a client, and a slow, silent or hostile one costs a bounded piece of memory until its time is up.
"""

import errno
import grp
import os
import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path

import orjson
from cattrs import Converter
from cattrs.errors import BaseValidationError

from mailagent.core.events import Event, JobAdded, OwnerAdded, TrialAdded, WorkerAdded
from mailagent.edge import clock
from mailagent.edge.store.documents import event_from_document, event_to_document
from mailagent.errors import EXIT_STATE, EXIT_USAGE, StateError, Unreachable, UserError

GROUP = "mailagent"
LARGEST_REQUEST = 1024 * 1024
MOST_CLIENTS = 32
CLIENT_S = 30.0  # a client that has not finished by then makes room
ANSWER_WAIT_S = 60.0  # the daemon may be in the middle of a slice of work
_PIECE = 64 * 1024
_SO_PEERGROUPS = 59  # asm-generic/socket.h, Linux 4.13; Python has no name for it
_LONGEST_PATH = 100  # sockaddr_un holds 107 bytes

# What the command line may have settled. Mails and letters have other ways in, and a socket is none of them.
CommandEvent = OwnerAdded | WorkerAdded | JobAdded | TrialAdded


class Do(StrEnum):
    SETTLE = "settle"
    STATUS = "status"
    RELOAD = "reload"
    IDLE = "idle"  # has the daemon nothing to do, and until when? (the demo's clock leaps then)
    WAKE = "wake"  # look at the clock and the mailbox now


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client wants; `event` belongs to SETTLE alone."""

    do: Do
    event: CommandEvent | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon says. `said` is one sentence; where it is not `ok`, the reason, with the command's exit code.

    `idle` and `next_due_at` (UTC) answer IDLE; `facts`, names and values in order, answer STATUS.
    """

    ok: bool = True
    said: str = ""
    exit_code: int = 0
    seq: int | None = None
    idle: bool | None = None
    next_due_at: datetime | None = None
    facts: tuple[tuple[str, str], ...] = ()


@cache
def _converter() -> Converter:
    """Made for the first question: a run by cron has none."""
    from cattrs.preconf.orjson import make_converter

    return make_converter(forbid_extra_keys=True)


def encode(value: Ask | Answer) -> bytes:
    """Return `value` as a line of JSON."""
    document = _converter().unstructure(value)
    if isinstance(value, Ask) and value.event is not None:
        document["event"] = event_to_document(value.event)
    return orjson.dumps(document) + b"\n"


def decode_ask(line: bytes) -> Ask:
    """Read a request. Raises UserError with what is wrong with it."""
    try:
        document = orjson.loads(line)
        event = document.pop("event", None)
        ask = _converter().structure(document, Ask)
        if event is not None:
            ask = replace(ask, event=_command_event(event_from_document(event)))
    except (ValueError, TypeError, KeyError, AttributeError, BaseValidationError):
        raise UserError("the daemon does not understand this request; do both run the same version?") from None
    if (ask.event is None) is (ask.do is Do.SETTLE):
        raise UserError("an event belongs to settle, and settle to an event")
    return ask


def _command_event(event: Event) -> CommandEvent:
    if not isinstance(event, CommandEvent):
        raise TypeError(f"{type(event).__name__} is no event of the command line")
    return event


def decode_answer(line: bytes) -> Answer:
    """Read an answer. Raises UserError where it is none."""
    try:
        return _converter().structure(orjson.loads(line), Answer)
    except (ValueError, TypeError, KeyError, AttributeError, BaseValidationError):
        raise UserError("the daemon's answer makes no sense; do both run the same version?") from None


@dataclass(slots=True)
class _Client:
    """One connection: what came in and is no whole line yet, what still has to go out."""

    door: socket.socket
    until: float  # monotonic
    may_ask: bool
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    is_last: bool = False  # hang up once everything is out
    unanswered: int = 0  # requests the daemon has not replied to yet; they may take their time


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for; `reply` answers at once and never waits."""

    ask: Ask
    uid: int  # who asks
    _server: "ControlServer"
    _client: _Client

    def reply(self, answer: Answer) -> None:
        """Send the answer, at once or as fast as the client reads; never waits."""
        self._client.unanswered -= 1
        self._server._send(self._client, answer)


class ControlServer:
    """Listens at `path`. Call `ready` whenever one of `filenos` is readable, and now and then besides.

    Only the holder of the state folder's lock may make one: a socket that lies there already is dead and is replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clients: dict[int, _Client] = {}
        self._listener = _listen(path)
        self._group = _admitted_group(path)
        # One descriptor stands for all: an epoll can itself be polled, and knows whose answer could not go out whole.
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)

    def filenos(self) -> tuple[int, ...]:
        """Return what to poll for reading."""
        return (self._epoll.fileno(),)

    def ready(self) -> tuple[Request, ...]:
        """Return the requests that are complete. Never waits; clients whose time is up are hung up on."""
        requests: list[Request] = []
        for fileno, events in self._epoll.poll(0):
            if fileno == self._listener.fileno():
                self._admit()
            elif (client := self._clients.get(fileno)) is not None:
                requests += self._serve(client, events)
        moment = clock.monotonic()
        for client in [one for one in self._clients.values() if one.until < moment and not one.unanswered]:
            self._drop(client)
        return tuple(requests)

    def close(self) -> None:
        """Hang up on everybody and take the socket away."""
        for client in list(self._clients.values()):
            self._drop(client)
        self._epoll.close()
        self._listener.close()
        with suppress(OSError):
            self._path.unlink()

    def _admit(self) -> None:
        while True:
            try:
                door, _ = self._listener.accept()
            except OSError:  # nobody is left, or no descriptor is: the next round tries again
                return
            door.setblocking(False)
            client = _Client(door, clock.monotonic() + CLIENT_S, _may_ask(door, self._group))
            if len(self._clients) >= MOST_CLIENTS:
                self._drop(min(self._clients.values(), key=lambda one: one.until))
            self._clients[door.fileno()] = client
            self._epoll.register(door.fileno(), select.EPOLLIN)

    def _serve(self, client: _Client, events: int) -> Iterator[Request]:
        if events & select.EPOLLOUT:
            self._flush(client)
        if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            yield from self._hear(client)

    def _hear(self, client: _Client) -> Iterator[Request]:
        """Take what came in; one piece at a time, so that nobody keeps the loop busy."""
        try:
            piece = client.door.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(client)
        if not piece or client.is_last:
            return
        if not client.may_ask:
            sentence = f"you may not command this daemon; be root, or in the group {GROUP}"
            self._refuse(client, Answer(ok=False, said=sentence, exit_code=EXIT_STATE))
            return
        client.incoming += piece
        *lines, rest = client.incoming.split(b"\n")
        client.incoming = rest
        if len(rest) > LARGEST_REQUEST or any(len(line) > LARGEST_REQUEST for line in lines):
            self._refuse(client, Answer(ok=False, said="the request is too large", exit_code=EXIT_USAGE))
            return
        for line in lines:
            try:
                request = Request(decode_ask(bytes(line)), _peer(client.door)[1], self, client)
            except UserError as error:
                self._send(client, Answer(ok=False, said=str(error), exit_code=error.exit_code))
            else:
                client.unanswered += 1
                yield request

    def _send(self, client: _Client, answer: Answer) -> None:
        if client.door.fileno() in self._clients and len(client.outgoing) <= LARGEST_REQUEST:
            client.outgoing += encode(answer)
            self._flush(client)

    def _refuse(self, client: _Client, answer: Answer) -> None:
        """Answer, and hang up after it."""
        client.is_last = True
        self._send(client, answer)

    def _flush(self, client: _Client) -> None:
        try:
            while client.outgoing:
                del client.outgoing[: client.door.send(client.outgoing[:_PIECE])]
        except BlockingIOError:
            self._epoll.modify(client.door.fileno(), select.EPOLLIN | select.EPOLLOUT)
        except OSError:
            self._drop(client)
        else:
            self._epoll.modify(client.door.fileno(), select.EPOLLIN)
            if client.is_last:
                self._drop(client)

    def _drop(self, client: _Client) -> None:
        fileno = client.door.fileno()
        if self._clients.pop(fileno, None) is not None:
            self._epoll.unregister(fileno)
            client.door.close()


def ask(path: Path, question: Ask, *, timeout_s: float = ANSWER_WAIT_S) -> Answer | None:
    """Ask the daemon that listens at `path`; None where none does.

    Raises UserError where we may not talk to it, Unreachable where it does not answer in time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as door:
        door.settimeout(timeout_s)
        try:
            with _address(path) as address:
                door.connect(address)
            door.sendall(encode(question))
            line = _read_line(door)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except PermissionError:
            raise UserError(f"{path}: you may not talk to the daemon; be root, or in the group {GROUP}") from None
        except OSError as error:
            silent = isinstance(error, TimeoutError | BlockingIOError)
            reason = "has not answered" if silent else f"hung up ({error.strerror})"
            raise Unreachable(f"the daemon at {path} {reason}; see its log") from None
    if not line:
        raise Unreachable(f"the daemon at {path} hung up without an answer; see its log")
    return decode_answer(line)


def _read_line(door: socket.socket) -> bytes:
    """Read up to the first line break; empty where the other side hangs up before it."""
    read = bytearray()
    while not read.endswith(b"\n"):
        piece = door.recv(_PIECE)
        if not piece:
            return b""
        read += piece
    return bytes(read)


def _listen(path: Path) -> socket.socket:
    """Bind the socket, mode 0660 and, where we can, of the group. Raises StateError where the place is no good."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    before = os.umask(0o117)
    try:
        with suppress(FileNotFoundError):
            path.unlink()
        with _address(path) as address:
            listener.bind(address)
        listener.listen(4 * MOST_CLIENTS)  # with a full queue, connect() fails at once with EAGAIN
    except OSError as error:
        listener.close()
        raise StateError(f"{path}: the control socket cannot be made: {error.strerror}") from None
    finally:
        os.umask(before)
    with suppress(OSError, KeyError):
        os.chown(path, -1, grp.getgrnam(GROUP).gr_gid)
    return listener


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """Yield an address for `path` that fits into sockaddr_un: a long one goes by way of its folder's descriptor."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _admitted_group(path: Path) -> int | None:
    """The group whose members may ask: `mailagent`, where the socket belongs to it."""
    try:
        gid = grp.getgrnam(GROUP).gr_gid
        return gid if path.stat().st_gid == gid else None
    except (KeyError, OSError):
        return None


def _peer(door: socket.socket) -> tuple[int, int, int]:
    """Process, user and group of whoever connected, as the kernel saw them then (unix(7), SO_PEERCRED)."""
    pid, uid, gid = struct.unpack("3i", door.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return pid, uid, gid


def _may_ask(door: socket.socket, group: int | None) -> bool:
    try:
        _, uid, gid = _peer(door)
        if uid in (0, os.geteuid()):
            return True
        return group is not None and (gid == group or group in _peer_groups(door))
    except OSError:
        return False


def _peer_groups(door: socket.socket) -> tuple[int, ...]:
    """The peer's supplementary groups; none where the kernel does not tell."""
    try:
        raw = door.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 1024 * 4)
    except OSError as error:
        if error.errno in (errno.ENOPROTOOPT, errno.ERANGE):
            return ()
        raise
    return struct.unpack(f"{len(raw) // 4}I", raw)
