"""The house as it stands: every room made from one configuration, and taken down in the right order.

The daemon runs in it, and the command line borrows it. Nothing is decided here.
"""

import logging
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from mailagent.core.model import Fate
from mailagent.desk import Desk
from mailagent.edge import memory
from mailagent.edge.archive import Archive
from mailagent.edge.config import Config
from mailagent.edge.control import ControlServer, Request
from mailagent.edge.imap import Mailbox
from mailagent.edge.keys import Keys
from mailagent.edge.sandbox import Bounds, Reader
from mailagent.edge.store import open_store
from mailagent.edge.store.port import Store
from mailagent.edge.templates import Templates
from mailagent.errors import StateError
from mailagent.intake import Folder, Intake
from mailagent.mail import wire
from mailagent.outbox import Outbox
from mailagent.placing import Placing
from mailagent.sent_texts import SentTexts
from mailagent.understanding import Understanding

if TYPE_CHECKING:
    from mailagent.edge.smtp import Submission

log = logging.getLogger(__name__)

MEBIBYTE = 1024 * 1024


class House:
    """All rooms. `close` is safe at any moment; what is not closed is found again at the next start."""

    def __init__(self, settings: Config, store: Store, archive: Archive, keys: Keys, stop: Callable[[], bool]) -> None:
        self.store = store
        self.archive = archive
        self.desk = Desk(store)
        self._keys = keys
        self._stop = stop
        self._control: ControlServer | None = None
        self._furnish(settings)

    @classmethod
    def open(cls, settings: Config, stop: Callable[[], bool] = lambda: False) -> "House":
        """Take the state folder and make all rooms; long work ends early once `stop` says so.

        Raises UserError (Busy, StateError, ConfigError) where it cannot.
        """
        store = open_store(settings.agent.state_dir, policy=settings.policy())
        try:
            archive = Archive(settings.agent.state_dir / "archive")
            house = cls(settings, store, archive, load_keys(settings), stop)
        except BaseException:
            store.close()
            raise
        memory.settle_down()
        return house

    def _furnish(self, settings: Config) -> None:
        """Make what a new configuration may change."""
        self.settings = settings
        self.store.policy = settings.policy()
        self.mailbox = Mailbox(settings.imap, largest_bytes=settings.reader.message_mib * MEBIBYTE)
        self.reader = make_reader(settings, self._stop)
        self.reader.start()
        self.understanding = make_understanding(settings, self.store, self.archive, self.reader, self._keys)
        self.intake = Intake(self.store, self.desk, self.archive, self.understanding, settings.imap.batch)
        self.folders = folders_of(settings)
        submission = partial(make_submission, settings)
        self.outbox = Outbox(
            settings, self.store, self.desk, self.archive, self._keys, submission, Templates(), self._stop
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What opening found and mended, in whole sentences."""
        return (*self.store.notes, *self.archive.notes)

    def reload(self, settings: Config) -> None:
        """Take a new configuration. Raises StateError where it wants another state folder, and changes nothing."""
        if settings.agent.state_dir != self.settings.agent.state_dir:
            raise StateError("agent.state_dir was changed; that takes a restart, not a reload")
        keys = load_keys(settings)
        self._unfurnish()
        self._keys = keys
        self._furnish(settings)

    def open_control(self) -> None:
        """Listen for commands. Raises StateError where the socket cannot be made."""
        self._control = ControlServer(self.settings.control_path())

    def control_filenos(self) -> tuple[int, ...]:
        """What to poll for commands."""
        return self._control.filenos() if self._control is not None else ()

    def requests(self) -> tuple[Request, ...]:
        """Return the commands that are waiting."""
        return self._control.ready() if self._control is not None else ()

    def _unfurnish(self) -> None:
        self.mailbox.close()
        self.outbox.close()
        self.reader.close()

    def close(self) -> None:
        """Let go of everything."""
        if self._control is not None:
            self._control.close()
        self._unfurnish()
        self.archive.close()
        self.store.close()

    def __enter__(self) -> "House":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def load_keys(settings: Config) -> Keys:
    """The keys of the reply tokens; made at the first start where the configuration names no other place for them."""
    found = settings.token_key()
    return Keys.load(found) if found is not None else Keys.create(settings.token_key_path())


def folders_of(settings: Config) -> tuple[Folder, ...]:
    """The mailboxes to read, the inbox last: it stays selected while we wait."""
    filed = settings.imap.filed
    targets = tuple((fate, filed.folder(fate)) for fate in Fate)
    names = [name for name in (settings.imap.junk, settings.imap.mailbox) if name]
    return tuple(Folder(name, targets) for name in names)


def make_reader(settings: Config, stop: Callable[[], bool] = lambda: False) -> Reader:
    """The child that reads mails, within the configured limits."""
    limits = settings.reader
    return Reader(Bounds(limits.cpu_s, limits.wall_s, limits.memory_mib), stop=stop)


def make_submission(settings: Config) -> "Submission":
    """The way to the submission server; asyncio and aiosmtplib are loaded here, when the first letter is due."""
    from mailagent.edge.smtp import Submission

    return Submission(settings.smtp, settings.agent.domain)


def make_understanding(settings: Config, store: Store, archive: Archive, reader: Reader, keys: Keys) -> Understanding:
    """What turns mails into events; the command line uses it for `explain`."""
    agent, limits = settings.agent, settings.reader
    ours = wire.Ours(agent.address.lower(), agent.domain, settings.identity.authserv_id)
    bounds = wire.Limits(message_bytes=limits.message_mib * MEBIBYTE, header_bytes=limits.header_kib * 1024)
    return Understanding(store, Placing(store, keys), reader, SentTexts(store, archive), ours, bounds)
