"""The commands we give, one by one: each with its deadline, and with what its failure means.

After MailboxUnreachable the connection is closed and gone; after MailboxRefused, a plain NO, it is still good.
RFC 9051 section 6.
"""

import logging
import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from mailagent.edge import clock
from mailagent.edge.imap.answers import Answer, read_fetch, read_search, uid_set
from mailagent.edge.imap.filing import KEYWORD, Filing, place
from mailagent.edge.imap.values import Account, Facts, MailboxRefused, Selected
from mailagent.edge.imap.wire import Client, connect, refused, shut, trouble, unreachable

_log = logging.getLogger(__name__)

_GOODBYE_S = 2.0


class Session:
    """At most one connection to one account, and how it files."""

    def __init__(self, account: Account, longest_literal: int) -> None:
        self.account = account
        self.filing = Filing()
        self._longest_literal = longest_literal
        self._client: Client | None = None
        self._idle_works = account.idle

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._client is not None

    @property
    def client(self) -> Client:
        """The connection. Raises MailboxUnreachable where there is none."""
        if self._client is None:
            raise unreachable(self.account, "session", "is not connected")
        return self._client

    def open(self) -> None:
        """Connect, secure, log in, and ask where folders go."""
        self.close()
        self._client = connect(self.account, self._longest_literal)
        self.filing, self._idle_works = Filing(), self.account.idle
        with suppress(MailboxRefused), self.command("to say where its folders are") as client:
            self.filing.prefix, self.filing.separator = place(client)

    def close(self) -> None:
        """Log out if that goes quickly, and close; never raises."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            patience_s = min(_GOODBYE_S, self.account.read_timeout_s)
            client.wire.sock.settimeout(patience_s)
            client.wire.allow(patience_s)
            client.logout()
        except (OSError, IMAPClientError):
            shut(client)

    @contextmanager
    def command(self, doing: str) -> Iterator[Client]:
        """Run one command. Raises MailboxRefused for a NO, MailboxUnreachable for all else that goes wrong."""
        client = self.client
        client.wire.allow(self.account.read_timeout_s)
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
        return unreachable(self.account, "session", trouble(error))

    def facts(self, *, keywords: bool | None) -> Facts:
        """Tell what the server can do."""
        with self.command("to say what it can do") as client:
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
            keywords=keywords,
            namespace_prefix=self.filing.prefix,
            separator=self.filing.separator,
        )

    # --- reading ---

    def select(self, folder: str) -> Selected:
        """SELECT a folder; where it can only be read, EXAMINE it."""
        with self.command(f"to select the folder {folder}") as client:
            try:
                said = client.select_folder(folder)
                read_only = b"READ-ONLY" in said
            except IMAPClientReadOnlyError:
                said = client.select_folder(folder, readonly=True)
                read_only = True
            uidvalidity, exists = int(said.get(b"UIDVALIDITY", 0)), int(said.get(b"EXISTS", 0))
            uidnext = int(said.get(b"UIDNEXT", 0)) or _highest_uid(client, exists) + 1
            kept = said.get(b"PERMANENTFLAGS", ())
            keywords = not read_only and any(flag == rb"\*" or flag.startswith(KEYWORD.encode()) for flag in kept)
        if not uidvalidity:
            raise refused(f"to number the mails in {folder}", IMAPClientError("it gives no UIDVALIDITY"))
        self.filing.keywords, self.filing.read_only = keywords, read_only
        return Selected(uidvalidity, uidnext, exists, read_only, keywords)

    def search(self, uids: str) -> list[int]:
        """Find which of these UIDs are there, ascending."""
        with self.command("to search for new mail") as client:
            answer, lines = client.wire.uid("SEARCH", "UID", uids)
            if answer != "OK":
                raise IMAPClientError(lines[0] if lines else answer)
            return read_search(lines)

    def fetch(self, uids: Sequence[int], items: str) -> list[Answer]:
        """Fetch these items of each mail that is still there, by UID; one passed over is asked for once more, alone.

        What the server will not hand out even so comes back with nothing but its UID.
        """
        answers = self._ask(uids, items)
        for uid in self._still_there([uid for uid in uids if uid not in answers]):
            answers[uid] = self._ask((uid,), items).get(uid) or (uid, None, None, None)
        return [answers[uid] for uid in sorted(answers)]

    def _ask(self, uids: Sequence[int], items: str) -> dict[int, Answer]:
        """FETCH; a NO may come with a part of what was asked (RFC 9051 section 6.4.5), and that part counts."""
        asked = frozenset(uids)
        with self.command("to hand out mails") as client:
            answer, pieces = client.wire.uid("FETCH", uid_set(uids), f"(UID {items})")
            if answer != "OK":
                _log.warning("fetch=incomplete mails=%d", len(uids))
                pieces = client.wire.untagged_responses.pop("FETCH", [])
        return {found[0]: found for found in read_fetch(pieces) if found[0] in asked and found[3] is not None}

    def _still_there(self, uids: Sequence[int]) -> list[int]:
        if not uids:
            return []
        asked = frozenset(uids)
        return [uid for uid in self.search(uid_set(uids)) if uid in asked]

    # --- news ---

    def has_news(self) -> bool:
        """Whether the server has told of mails since then; perhaps in passing, in the answer to another command."""
        return self._client is not None and bool(self._client.wire.untagged_responses.get("EXISTS"))

    def forget_news(self) -> None:
        """Start anew: what is there will be looked at now."""
        self.client.wire.untagged_responses.pop("EXISTS", None)

    def doze(self, others: Sequence[int], until: float) -> tuple[int, ...]:
        """Wait once, in IDLE where the server has it, and say which of `others` can be read.

        Whatever the server says ends it: its lines may come in pieces, and only the answer to DONE is sure to be whole.
        """
        wire = self.client.wire
        own = wire.sock.fileno()
        tag = self._start_idle() if until > clock.monotonic() else None
        try:
            heard = wire.pending or self.has_news()
            ready = readable((own, *others), 0.0 if heard else until - clock.monotonic())
        finally:
            if tag is not None:
                self._end_idle(tag)
        if tag is None and own in ready:
            with self.command("to say what is new"):
                wire.noop()
        return tuple(descriptor for descriptor in ready if descriptor != own)

    def _start_idle(self) -> bytes | None:
        """Go into IDLE; None where the server will not, and then it is not asked again.

        Our own, because imapclient's raises when news comes before the `+`.
        """
        with self.command("to start IDLE") as client:
            if not (self._idle_works and client.wire.state == "SELECTED" and client.has_capability("IDLE")):
                return None
            tag: bytes = client.wire._command("IDLE")
            while client.wire._get_response() is not None:
                if client.wire.tagged_commands[tag]:
                    del client.wire.tagged_commands[tag]
                    self._idle_works = False
                    return None
            return tag

    def _end_idle(self, tag: bytes) -> None:
        with self.command("to end IDLE") as client:
            client.wire.send(b"DONE\r\n")
            client.wire._command_complete("IDLE", tag)


def _highest_uid(client: Client, exists: int) -> int:
    """Ask for the last mail's UID, where SELECT did not tell UIDNEXT."""
    if not exists:
        return 0
    _, pieces = client.wire.uid("FETCH", "*", "(UID)")
    return max((answer[0] for answer in read_fetch(pieces)), default=0)


def readable(descriptors: Sequence[int], timeout_s: float) -> tuple[int, ...]:
    """Wait until one of the descriptors can be read, or has hung up; empty when time is up."""
    poller = select.poll()
    for descriptor in descriptors:
        poller.register(descriptor, select.POLLIN)
    return tuple(descriptor for descriptor, _ in poller.poll(max(0.0, timeout_s) * 1000))
