"""`Mailbox`: the agent's mailbox as the house uses it. Open, select, list what is new, fetch, file, wait.

Nothing here sets a flag on what it reads (BODY.PEEK), nothing counts on flags, and every command names its UIDs: people
may read, mark and move mail while we work. One thread owns a Mailbox. After MailboxUnreachable it is closed.
RFC 9051, RFC 3501, RFC 2177.
"""

from collections.abc import Iterator, Sequence

from mailagent.edge import clock
from mailagent.edge.imap.answers import read_internal_date
from mailagent.edge.imap.session import Session, readable
from mailagent.edge.imap.values import MEBIBYTE, Account, Facts, Fetched, Listed, Selected, Woken

_HEADER_BYTES = 100 * 1024
_LIST_ITEMS = f"RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]<0.{_HEADER_BYTES}>"
_LIST_STEP = 250  # mails a listing command asks for: 25 MiB of header blocks at worst
_LISTED_BYTES = 16 * MEBIBYTE  # header blocks held at once, after which a listing ends early
_FETCH_BYTES = 8 * MEBIBYTE  # whole mails one command fetches
_UNKNOWN_SIZE = 100 * 1024
_SEARCH_WINDOW = 50_000  # UIDs one SEARCH may answer: 150,000 in one line were too much for imaplib
_FRUITLESS_ROUNDS = 40  # IDLEs in one wait that ended without new mail, before it only sleeps


class Mailbox:
    """One account on one server; at most one connection, one selected folder."""

    def __init__(self, account: Account, *, largest_bytes: int = 25 * MEBIBYTE) -> None:
        """Take what `open` needs. Of a mail above `largest_bytes` only that much, and one byte, is ever fetched."""
        self._account = account
        self._largest = largest_bytes
        self._session = Session(account, max(largest_bytes + 1, _HEADER_BYTES) + 1024)
        self._folder = ""
        self._top = 0  # the highest UID the server has told of in the selected folder
        self._exists = 0
        self._keywords: bool | None = None
        self._looked_to: dict[str, int] = {}  # folder -> the highest UID that a search has looked at
        self._sizes: dict[int, int] = {}  # of what the last listing named

    # --- the connection ---

    def open(self) -> None:
        """Connect, secure, log in. Raises MailboxUnreachable, AuthenticationRefused or ConfigError."""
        self._folder, self._keywords = "", None
        self._looked_to.clear()
        self._session.open()

    def close(self) -> None:
        """Log out if that goes quickly, and close; never raises."""
        self._session.close()

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._session.is_open

    def facts(self) -> Facts:
        """Tell what the server can do. Raises MailboxUnreachable."""
        return self._session.facts(keywords=self._keywords)

    # --- reading ---

    def select(self, folder: str) -> Selected:
        """Select a folder, named as the server names it; again at each poll, as some servers only then show new mail.

        Raises MailboxRefused where there is no such folder, MailboxUnreachable.
        """
        selected = self._session.select(folder)
        self._folder, self._exists, self._keywords = folder, selected.exists, selected.keywords_kept
        self._top = selected.uidnext - 1
        self._sizes.clear()
        if self._looked_to.setdefault(folder, self._top) >= self._top:
            self._session.forget_news()  # every SELECT tells a count; this one is no news
        return selected

    def list_new(self, after_uid: int, limit: int) -> tuple[Listed, ...]:
        """List what lies in the selected folder above `after_uid`, by UID, `limit` at most; empty: there is no more.

        Every mail that is there is listed, if only as withheld; what vanished meanwhile is not.
        Raises MailboxUnreachable, MailboxRefused.
        """
        self._sizes.clear()
        uids = self._search_above(after_uid, limit)
        listed: list[Listed] = []
        held = 0
        for start in range(0, len(uids), _LIST_STEP):
            for uid, size, date, header in self._session.fetch(uids[start : start + _LIST_STEP], _LIST_ITEMS):
                block = (header or b"")[:_HEADER_BYTES]
                listed.append(Listed(uid, size or 0, read_internal_date(date), block, withheld=header is None))
                held += len(block)
                self._sizes[uid] = size or 0
            if held > _LISTED_BYTES:
                break
        return tuple(listed)

    def _search_above(self, after_uid: int, limit: int) -> list[int]:
        """Find the lowest UIDs above `after_uid`, `limit` at most, in windows that keep one answer small."""
        self._session.forget_news()
        found: list[int] = []
        start = after_uid + 1
        while len(found) < limit:
            end = start + _SEARCH_WINDOW - 1
            is_last = end >= self._top or self._exists <= _SEARCH_WINDOW
            # `n:*` is also answered with the last mail where that is below n (RFC 9051 section 9, seq-range).
            found += [uid for uid in self._session.search(f"{start}:{'*' if is_last else end}") if uid >= start]
            if is_last:
                self._top = max([self._top, *found[-1:]])
                break
            start = end + 1
        self._looked_to[self._folder] = self._top if len(found) <= limit else found[limit - 1]
        return found[:limit]

    def batches(self, uids: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Divide what is to be fetched, by the sizes the last listing told: as much as one command should bring"""
        batch: list[int] = []
        held = 0
        for uid in uids:
            size = min(self._sizes.get(uid, _UNKNOWN_SIZE), self._largest)
            if batch and (held + size > _FETCH_BYTES or len(batch) >= self._account.batch):
                yield tuple(batch)
                batch, held = [], 0
            batch.append(uid)
            held += size
        if batch:
            yield tuple(batch)

    def fetch(self, uids: Sequence[int]) -> tuple[Fetched, ...]:
        """Fetch whole mails without marking them as read, by UID; those that vanished are absent.

        Raises MailboxUnreachable, MailboxRefused; what came before is not handed out then: fetch again.
        """
        large = frozenset(uid for uid in uids if self._sizes.get(uid, 0) > self._largest)
        fetched: list[Fetched] = []
        for batch in self.batches([uid for uid in uids if uid not in large]):
            fetched += self._fetch(batch, "BODY.PEEK[]")
        for uid in sorted(large):
            fetched += self._fetch((uid,), f"BODY.PEEK[]<0.{self._largest + 1}>")
        return tuple(sorted(fetched, key=lambda mail: mail.uid))

    def _fetch(self, uids: Sequence[int], item: str) -> list[Fetched]:
        return [
            Fetched(uid, raw or b"", whole=raw is None or len(raw) <= self._largest, withheld=raw is None)
            for uid, _, _, raw in self._session.fetch(uids, item)
        ]

    # --- filing ---

    def file(self, moves: Sequence[tuple[str, Sequence[int]]]) -> None:
        """Move mails of the selected folder into folders of ours; an empty name leaves them.

        What cannot be moved stays, and is logged. Raises MailboxUnreachable only.
        """
        for folder, uids in moves:
            for start in range(0, len(uids) if folder else 0, self._account.batch):
                with self._session.command(f"to file into {folder}") as client:
                    self._session.filing.file(client, folder, uids[start : start + self._account.batch])

    # --- waiting ---

    def wait(self, others: Sequence[int], timeout_s: float) -> Woken:
        """Wait for new mail in the selected folder or for one of `others` to be readable, at most `timeout_s`.

        Uses IDLE where it can. Raises MailboxUnreachable when the server hangs up: open again, select and list.
        """
        session = self._session
        until = clock.monotonic() + min(timeout_s, self._account.idle_seconds)
        if session.has_news():
            return Woken(True, readable(others, 0.0))
        for _ in range(_FRUITLESS_ROUNDS):
            ready = session.doze(others, until)
            if ready or session.has_news() or clock.monotonic() >= until:
                return Woken(session.has_news(), ready)
        return Woken(False, readable(others, until - clock.monotonic()))
