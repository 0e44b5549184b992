"""What goes in and out of the mailbox: an account's settings, what the server holds, and how it can fail."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mailagent.errors import PermanentError, TransientError

MEBIBYTE = 1024 * 1024


class Account(Protocol):
    """Where the mailbox is and how to get in; the `[imap]` section of the config fits."""

    @property
    def host(self) -> str:
        """The server's name, as its certificate has it."""
        ...

    @property
    def port(self) -> int:
        """The TCP port."""
        ...

    @property
    def security(self) -> str:
        """`tls`, `starttls`, or `none` (to this machine itself only)."""
        ...

    @property
    def user(self) -> str:
        """The login name."""
        ...

    @property
    def ca_file(self) -> Path | None:
        """The only authorities to trust; None: the system's."""
        ...

    @property
    def batch(self) -> int:
        """How many mails one command fetches or moves at most."""
        ...

    @property
    def idle(self) -> bool:
        """Whether to use IDLE where the server offers it."""
        ...

    @property
    def idle_seconds(self) -> int:
        """The longest one IDLE may last (RFC 2177: under 29 minutes)."""
        ...

    @property
    def connect_timeout_s(self) -> float:
        """How long connecting may take."""
        ...

    @property
    def read_timeout_s(self) -> float:
        """How long the server may be silent, and how long one command may take beyond the time its bytes need."""
        ...

    def secret(self) -> str:
        """Return the password."""
        ...


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT said. `uidnext` is the lowest UID a new mail can get."""

    uidvalidity: int
    uidnext: int
    exists: int
    read_only: bool
    keywords_kept: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """One mail as the listing shows it. `withheld`: it is there, but the server will not hand it out: no header."""

    uid: int
    size: int
    internal_date: datetime | None  # aware, UTC; None where the server's is missing or no date
    header_block: bytes  # up to 100 KiB, ends with the empty line where it is whole
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail's bytes. Not `whole`: cut off one byte above the largest size, so that it shows as too large.

    `withheld`: it is still there, but the server will not hand it out; `raw` is empty.
    """

    uid: int
    raw: bytes
    whole: bool = True
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Woken:
    """Why a wait ended: `mail` - list again; `ready` - the other descriptors that can be read. Neither: time was up."""

    mail: bool
    ready: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server can do, for `check`. `keywords` is None before the first SELECT; `tls` is empty without TLS."""

    greeting: str
    tls: str
    capabilities: tuple[str, ...]
    move: bool
    uidplus: bool
    idle: bool
    keywords: bool | None
    namespace_prefix: str
    separator: str


class MailboxUnreachable(TransientError):
    """No connection, or it was lost; it is closed now. `stage`: connect, tls, login or session."""

    def __init__(self, sentence: str, *, host: str, port: int, stage: str) -> None:
        self.host = host
        self.port = port
        self.stage = stage
        super().__init__(sentence)


class MailboxRefused(TransientError):
    """The server said no to one command; the connection is still good. `answer` is what it said."""

    def __init__(self, sentence: str, *, answer: str) -> None:
        self.answer = answer
        super().__init__(sentence)


class AuthenticationRefused(PermanentError):
    """The server does not take this user and password. `answer` is what it said."""

    def __init__(self, sentence: str, *, answer: str) -> None:
        self.answer = answer
        super().__init__(sentence)
