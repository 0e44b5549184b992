"""`Mailbox`: the agent's mailbox as the house uses it. Open, select, list what is new, fetch, file, wait.

Nothing here sets a flag on what it reads (BODY.PEEK), nothing counts on flags, and every command names its UIDs: people
may read, mark and move mail while we work. One thread owns a Mailbox. After MailboxUnreachable it is closed.
RFC 9051, RFC 3501, RFC 2177.
"""

import logging
import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from mailagent.edge import clock
from mailagent.edge.imap.answers import Answer, read_fetch, read_internal_date, read_search, uid_set
from mailagent.edge.imap.filing import KEYWORD, Filing, place
from mailagent.edge.imap.values import MEBIBYTE, Account, Facts, Fetched, Listed, Selected, Woken
from mailagent.edge.imap.wire import Client, connect, refused, shut, trouble, unreachable

_log = logging.getLogger(__name__)

_HEADER_BYTES = 100 * 1024
_LIST_STEP = 250  # mails a listing command asks for: 25 MiB of header blocks at worst
_LISTED_BYTES = 16 * MEBIBYTE  # header blocks held at once, after which a listing ends early
_FETCH_BYTES = 8 * MEBIBYTE  # whole mails one command fetches
_UNKNOWN_SIZE = 100 * 1024
_SEARCH_WINDOW = 50_000  # UIDs one SEARCH may answer: 150,000 in one line was too much for imaplib
_EMPTY_ROUNDS = 40  # IDLEs in one wait that ended without new mail, before it only sleeps
_GOODBYE_S = 2.0


class Mailbox:
    """One account on one server; at most one connection, one selected folder."""

    def __init__(self, account: Account, *, largest_bytes: int = 25 * MEBIBYTE) -> None:
        """Take what `open` needs. Of a mail above `largest_bytes` only that much, and one byte, is ever fetched."""
        self._account = account
        self._largest = largest_bytes
        self._client: Client | None = None
        self._filing = Filing()
        self._folder = ""
        self._top = 0  # the highest UID the server has told of in the selected folder
        self._exists = 0
        self._listed_to: dict[str, int] = {}  # folder -> the highest UID that a search has looked at
        self._sizes: dict[int, int] = {}  # of what the last listing named
        self._idle_works = True

    # --- the connection ---

    def open(self) -> None:
        """Connect, secure, log in. Raises MailboxUnreachable, AuthenticationRefused or ConfigError."""
        self.close()
        self._client = connect(self._account, max(self._largest + 1, _HEADER_BYTES) + 1024)
        self._filing, self._folder, self._idle_works = Filing(), "", True
        self._listed_to.clear()
        with self._command("to say where its folders are") as client:
            self._filing.prefix, self._filing.separator = place(client)

    def close(self) -> None:
        """Log out if that goes quickly, and close; never raises."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.wire.sock.settimeout(_GOODBYE_S)
            client.wire.allow(_GOODBYE_S)
            client.logout()
        except (OSError, IMAPClientError):
            shut(client)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._client is not None

    def facts(self) -> Facts:
        """Tell what the server can do. Raises MailboxUnreachable."""
        with self._command("to say what it can do") as client:
            capabilities = tuple(name.decode("ascii", "replace") for name in client.capabilities())
            version = getattr(client.wire.sock, "version", None)
            greeting: bytes = client.wire.welcome or b""
        return Facts(
            greeting=greeting.decode("utf-8", "replace")[:200],
            tls=(version() or "") if version is not None else "",
            capabilities=capabilities,
            move="MOVE" in capabilities,
            uidplus="UIDPLUS" in capabilities,
            idle="IDLE" in capabilities,
            keywords=self._filing.keywords if self._folder else None,
            namespace_prefix=self._filing.prefix,
            separator=self._filing.separator,
        )

    # --- reading ---

    def select(self, folder: str) -> Selected:
        """Select a folder, named as the server names it; again at each poll, as some servers only then show new mail.

        Raises MailboxRefused where there is no such folder, MailboxUnreachable.
        """
        self._folder = ""
        with self._command(f"to select the folder {folder}") as client:
            try:
                said = client.select_folder(folder)
                read_only = b"READ-ONLY" in said
            except IMAPClientReadOnlyError:
                said = client.select_folder(folder, readonly=True)
                read_only = True
            uidvalidity, exists = int(said.get(b"UIDVALIDITY", 0)), int(said.get(b"EXISTS", 0))
            kept = said.get(b"PERMANENTFLAGS", ())
            uidnext = int(said.get(b"UIDNEXT", 0)) or self._highest_uid(client, exists) + 1
        if not uidvalidity:
            raise refused(f"to number the mails in {folder}", IMAPClientError("it gives no UIDVALIDITY"))
        self._folder, self._top, self._exists = folder, uidnext - 1, exists
        self._sizes.clear()
        keywords = not read_only and any(flag == rb"\*" or flag.startswith(KEYWORD.encode()) for flag in kept)
        self._filing.keywords, self._filing.read_only = keywords, read_only
        if self._listed_to.setdefault(folder, self._top) >= self._top:
            client.wire.untagged_responses.pop("EXISTS", None)  # this count is no news
        return Selected(uidvalidity, uidnext, exists, read_only, keywords)

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
            for mail in self._list(uids[start : start + _LIST_STEP]):
                listed.append(mail)
                held += len(mail.header_block)
                self._sizes[mail.uid] = mail.size
            if held > _LISTED_BYTES:
                break
        return tuple(listed)

    def batches(self, uids: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Divide what is to be fetched, by the sizes that the last listing told: so much as one command should bring"""
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
        large = [uid for uid in uids if self._sizes.get(uid, 0) > self._largest]
        fetched: list[Fetched] = []
        for batch in self.batches([uid for uid in uids if uid not in large]):
            fetched += self._fetch(batch, "BODY.PEEK[]")
        for uid in large:
            fetched += self._fetch((uid,), f"BODY.PEEK[]<0.{self._largest + 1}>")
        return tuple(sorted(fetched, key=lambda mail: mail.uid))

    # --- filing ---

    def file(self, moves: Sequence[tuple[str, Sequence[int]]]) -> None:
        """Move mails of the selected folder into folders of ours; an empty name leaves them.

        What cannot be moved stays, and is logged. Raises MailboxUnreachable only.
        """
        for folder, uids in moves:
            for start in range(0, len(uids) if folder else 0, self._account.batch):
                batch = uids[start : start + self._account.batch]
                with self._command(f"to file into {folder}") as client:
                    self._filing.file(client, folder, batch)

    # --- waiting ---

    def wait(self, others: Sequence[int], timeout_s: float) -> Woken:
        """Wait for new mail in the selected folder or for one of `others` to be readable, at most `timeout_s`.

        Uses IDLE where it can. Raises MailboxUnreachable when the server hangs up: open again and list.
        """
        until = clock.monotonic() + min(timeout_s, self._account.idle_seconds)
        if self._has_news():
            return Woken(True, _readable(others, 0.0))
        for _ in range(_EMPTY_ROUNDS):
            ready = self._sleep(others, until)
            if self._has_news() or ready or clock.monotonic() >= until:
                return Woken(self._has_news(), ready)
        return Woken(False, _readable(others, until - clock.monotonic()))

    def _has_news(self) -> bool:
        """Whether the server has told of mails since the last search, perhaps in passing in the answer to a command."""
        return self._client is not None and bool(self._client.wire.untagged_responses.get("EXISTS"))

    def _sleep(self, others: Sequence[int], until: float) -> tuple[int, ...]:
        """Sleep once, in IDLE where the server has it; anything it says ends that, for lines may come in pieces."""
        client = self._connected()
        if until <= clock.monotonic() or not self._idles(client):
            ready = self._poll(client, others, until)
            if client.wire.sock.fileno() in ready:
                with self._command("to say what is new"):
                    client.noop()
        else:
            with self._command("to start IDLE"):
                tag = self._start_idle(client)
            try:
                ready = self._poll(client, others, until) if tag else ()
            finally:
                if tag:
                    with self._command("to end IDLE"):
                        client.wire.send(b"DONE\r\n")
                        client.wire._command_complete("IDLE", tag)
        return tuple(fd for fd in ready if fd != client.wire.sock.fileno())

    def _idles(self, client: Client) -> bool:
        with self._command("to say what it can do"):
            return self._account.idle and self._idle_works and bool(self._folder) and client.has_capability("IDLE")

    def _start_idle(self, client: Client) -> bytes | None:
        """Go into IDLE; None where the server will not, and then it is not asked again.

        Our own, because imapclient's raises when news comes before the `+`.
        """
        tag: bytes = client.wire._command("IDLE")
        while client.wire._get_response() is not None:
            if client.wire.tagged_commands.get(tag):
                del client.wire.tagged_commands[tag]
                self._idle_works = False
                return None
        return tag

    def _poll(self, client: Client, others: Sequence[int], until: float) -> tuple[int, ...]:
        """Wait for the server or another descriptor; what is read but unused counts as the server."""
        own = client.wire.sock.fileno()
        if client.wire.pending or self._has_news():
            return (own, *_readable(others, 0.0))
        return _readable((own, *others), until - clock.monotonic())

    # --- commands ---

    def _connected(self) -> Client:
        if self._client is None:
            raise unreachable(self._account, "session", "is not connected")
        return self._client

    @contextmanager
    def _command(self, doing: str) -> Iterator[Client]:
        """Run one command: its deadline, and what its failure means. After all but a NO the connection is gone."""
        client = self._connected()
        client.wire.allow(self._account.read_timeout_s)
        try:
            yield client
        except IMAPClientAbortError as error:
            raise self._lost(error) from error
        except IMAPClientError as error:
            raise refused(doing, error) from error
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            # A broken connection, or an answer that imaplib and imapclient stumble over.
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> Exception:
        client, self._client = self._client, None
        if client is not None:
            shut(client)
        return unreachable(self._account, "session", trouble(error))

    def _highest_uid(self, client: Client, exists: int) -> int:
        """Ask for the last mail's UID, where SELECT did not tell UIDNEXT."""
        if not exists:
            return 0
        _, pieces = client.wire.uid("FETCH", "*", "(UID)")
        return max((answer[0] for answer in read_fetch(pieces)), default=0)

    def _search_above(self, after_uid: int, limit: int) -> list[int]:
        """Find the lowest UIDs above `after_uid`, `limit` at most, in windows that keep one answer small."""
        self._connected().wire.untagged_responses.pop("EXISTS", None)
        found: list[int] = []
        start = after_uid + 1
        while len(found) < limit:
            end = start + _SEARCH_WINDOW - 1
            is_last = end >= self._top or self._exists <= _SEARCH_WINDOW
            # `n:*` is also answered with the last mail where that is below n (RFC 9051 section 9, seq-range).
            found += [uid for uid in self._search(f"{start}:{'*' if is_last else end}") if uid >= start]
            if is_last:
                self._top = max(self._top, found[-1] if found else 0)
                break
            start = end + 1
        is_whole = len(found) <= limit
        self._listed_to[self._folder] = self._top if is_whole else found[limit - 1]
        return found[:limit]

    def _search(self, uids: str) -> list[int]:
        with self._command("to search for new mail") as client:
            answer, lines = client.wire.uid("SEARCH", "UID", uids)
            if answer != "OK":
                raise IMAPClientError(lines[0] if lines else answer)
            return read_search(lines)

    def _list(self, uids: Sequence[int]) -> list[Listed]:
        answers = self._answers(uids, f"RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]<0.{_HEADER_BYTES}>")
        return [
            Listed(
                uid,
                size or 0,
                read_internal_date(date),
                header[:_HEADER_BYTES] if header is not None else b"",
                header is None,
            )
            for uid, size, date, header in answers
        ]

    def _fetch(self, uids: Sequence[int], item: str) -> list[Fetched]:
        return [
            Fetched(uid, raw or b"", whole=raw is None or len(raw) <= self._largest, withheld=raw is None)
            for uid, _, _, raw in self._answers(uids, item)
        ]

    def _answers(self, uids: Sequence[int], items: str) -> list[Answer]:
        """Fetch these items of each mail that is still there; one that is passed over is asked for once more, alone."""
        answers = self._ask(uids, items)
        missing = [uid for uid in uids if uid not in answers]
        for uid in self._still_there(missing):
            answers[uid] = self._ask((uid,), items).get(uid) or (uid, None, None, None)
        return [answers[uid] for uid in sorted(answers)]

    def _ask(self, uids: Sequence[int], items: str) -> "dict[int, Answer]":
        """FETCH; a NO may come with a part of what was asked (RFC 9051 section 6.4.5), and that part counts."""
        asked = frozenset(uids)
        with self._command("to hand out mails") as client:
            answer, pieces = client.wire.uid("FETCH", uid_set(uids), f"(UID {items})")
            if answer != "OK":
                _log.warning("fetch=incomplete mails=%d", len(uids))
                pieces = client.wire.untagged_responses.pop("FETCH", [])
        return {found[0]: found for found in read_fetch(pieces) if found[0] in asked and found[3] is not None}

    def _still_there(self, uids: Sequence[int]) -> list[int]:
        if not uids:
            return []
        asked = frozenset(uids)
        return [uid for uid in self._search(uid_set(uids)) if uid in asked]


def _readable(descriptors: Sequence[int], timeout_s: float) -> tuple[int, ...]:
    """Wait until one of the descriptors can be read, or has hung up; empty when time is up."""
    poller = select.poll()
    for descriptor in descriptors:
        poller.register(descriptor, select.POLLIN)
    return tuple(descriptor for descriptor, _ in poller.poll(max(0.0, timeout_s) * 1000))
