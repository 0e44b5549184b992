"""Moves mails into folders by what the server offers: MOVE, else COPY and UID EXPUNGE, else a keyword, else nothing.

RFC 6851, RFC 4315, RFC 2342. Never a bare EXPUNGE, and never CLOSE: they would remove what a person only marked.
A mail that cannot be moved stays where it lies: the journal knows what became of it, the folders are for people.
"""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from mailagent.edge.imap.answers import shown, uid_set
from mailagent.edge.imap.wire import Client

_log = logging.getLogger(__name__)

KEYWORD = "$Mailagent"


@dataclass(slots=True)
class Filing:
    """How this session files. `keywords`, `read_only`: whether the selected mailbox keeps any, can change at all."""

    prefix: str = ""
    separator: str = "/"
    keywords: bool = False
    read_only: bool = False
    _made: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    def name_on_server(self, folder: str) -> str:
        """Put a folder of ours, written with `/`, where this server lets people have folders."""
        if self.prefix and folder.startswith(self.prefix):
            return folder
        return self.prefix + folder.replace("/", self.separator or "-")

    def file(self, client: Client, folder: str, uids: Sequence[int]) -> None:
        """File these mails of the selected mailbox. Raises only where the connection is lost."""
        if self.read_only:
            self._tell(folder, "the mailbox is read-only")
            return
        target, these = self.name_on_server(folder), uid_set(uids).encode()
        try:
            self._move(client, target, these, folder)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            _log.warning("filed=no folder=%s mails=%d answer=%s", target, len(uids), shown(error))

    def _move(self, client: Client, target: str, these: bytes, folder: str) -> None:
        if client.has_capability("MOVE"):
            self._into(client, target, lambda: client.move(these, target))
        elif client.has_capability("UIDPLUS"):
            self._into(client, target, lambda: client.copy(these, target))
            client.add_flags(these, [rb"\Deleted"], silent=True)
            client.uid_expunge(these)
        elif self.keywords:
            client.add_flags(these, [keyword(folder)], silent=True)
        else:
            self._tell(folder, "the server has neither MOVE nor UIDPLUS nor keywords")

    def _into(self, client: Client, target: str, move: Callable[[], object]) -> None:
        """Move, and make the folder where the first try finds none: [TRYCREATE] is promised but not always said."""
        try:
            move()
            return
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            if target in self._made or "OVERQUOTA" in str(error):
                raise
        self._made.add(target)
        self._make(client, target)
        move()

    def _make(self, client: Client, target: str) -> None:
        try:
            client.create_folder(target)
            client.subscribe_folder(target)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            _log.debug("folder=%s answer=%s", target, shown(error))

    def _tell(self, folder: str, why: str) -> None:
        """Log once a session why mails stay where they are."""
        if folder not in self._told:
            self._told.add(folder)
            _log.warning("filed=no folder=%s why=%s", folder, why.replace(" ", "_"))


def keyword(folder: str) -> str:
    """Name the keyword that stands for a folder: `mailagent/Processed` is `$Mailagent-Processed`."""
    word = re.sub(r"[^A-Za-z0-9_-]", "", folder.rpartition("/")[2])
    return f"{KEYWORD}-{word}" if word else KEYWORD


def place(client: Client) -> tuple[str, str]:
    """Ask where people's folders live: the prefix of the personal namespace and the separator (RFC 2342)."""
    if client.has_capability("NAMESPACE"):
        personal = client.namespace().personal
        if personal:
            prefix, separator = personal[0]
            return str(prefix or ""), str(separator or "")
    for _, separator, _ in client.list_folders("", ""):
        return "", separator.decode("ascii", "replace") if separator else ""
    return "", "/"
