"""MAIL IN. Read this first: how a mail comes in, is kept, understood, placed, decided on and filed.

    list -> sift -> concerns us? -> fetch -> archive -> glance -> place -> read -> settle (what counts) -> file

A crash can only fall between two of these steps, and each can be repeated: what was archived and not settled is read
again at the start (recovery.py), what was settled and not filed is filed at the next fetch. Nothing hangs on the flags
of a mail: people may read, mark and move mail as they like.
"""

import hashlib
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from mailagent import fates
from mailagent.core import events as ev
from mailagent.core.model import Cursor, Fate, Mail
from mailagent.desk import Desk
from mailagent.edge.archive import Archive, Incoming
from mailagent.edge.imap import Fetched, Listed, Mailbox, Selected
from mailagent.edge.store.port import Store
from mailagent.understanding import Kept, Understanding, received_at

log = logging.getLogger(__name__)

BATCH_BYTES = 32 * 1024 * 1024  # of mails held in memory at once
REFILED = 1000  # of the newest settled mails, looked at again for filing after a reconnect


@dataclass(frozen=True, slots=True)
class Folder:
    """A mailbox (IMAP folder) to read; `targets` says where mails with a given fate are filed ("": nowhere)."""

    name: str
    targets: tuple[tuple[Fate, str], ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call of `fetch` did: mails listed, and whether more may be waiting."""

    listed: int
    more: bool


class Intake:
    """Reads the mailboxes, batch by batch, into the office."""

    def __init__(self, store: Store, desk: Desk, archive: Archive, understanding: Understanding, batch: int) -> None:
        self._store = store
        self._desk = desk
        self._archive = archive
        self._understanding = understanding
        self._batch = batch
        self._to_file: deque[tuple[str, Mail]] = deque()

    def fetch(self, mailbox: Mailbox, folder: Folder, now: datetime) -> Batch:
        """Bring one batch of a folder to its end. Raises TransientError where server or disk fail; repeat then."""
        selected = mailbox.select(folder.name)
        cursor = self._cursor(folder.name, selected, now)
        batch = mailbox.list_new(cursor.settled_uid, self._batch)
        if not batch:
            self.file(mailbox, folder)
            return Batch(0, more=False)
        wanted, alone, listed = self._sift(batch, cursor, now)
        fetched = mailbox.fetch([one.uid for one in wanted])
        self._settle(folder.name, cursor, listed, alone, wanted, fetched, now)
        self.file(mailbox, folder)
        return Batch(len(listed), more=listed[-1].uid + 1 < (selected.uidnext or 0))

    def _cursor(self, name: str, selected: Selected, now: datetime) -> Cursor:
        """Where to go on. The first start takes the mailbox as it is and touches nothing older (SPEC section 9)."""
        cursor = self._store.cursor(name)
        if cursor is None:
            start = ev.MailboxRead(name, selected.uidvalidity, selected.uidnext - 1, selected.uidnext, seen=0)
            self._desk.settle([start], now)
            log.info("fate=first-start mailbox=%s uid=%d", name, selected.uidnext)
        elif cursor.uidvalidity != selected.uidvalidity or selected.uidnext <= cursor.settled_uid:
            again = ev.MailboxRead(name, selected.uidvalidity, 0, 0, seen=0, restarted=True)
            self._desk.settle([again], now)
            log.warning("fate=mailbox-renumbered mailbox=%s uidvalidity=%d", name, selected.uidvalidity)
        current = self._store.cursor(name)
        assert current is not None
        return current

    def _sift(
        self, listed: Sequence[Listed], cursor: Cursor, now: datetime
    ) -> tuple[list[Listed], list[int], list[Listed]]:
        """Part a batch into what is wanted and the UIDs left alone, and cut it where the wanted ones grow too large."""
        concerns = self._understanding.concern([one.header_block for one in listed], now)
        wanted: list[Listed] = []
        alone: list[int] = []
        taken: list[Listed] = []
        size = 0
        # IMAP knows whole seconds. What came in the second of the first start counts as older: a mail that came just
        # after it is handled within seconds, and a renumbering in between is next to impossible; one that lay there
        # before would be booked at each renumbering.
        started = cursor.first_started_at.replace(microsecond=0)
        for one, concerned in zip(listed, concerns, strict=True):
            older = one.internal_date is not None and one.internal_date <= started
            if not concerned or (older and cursor.first_uid == 0):
                alone.append(one.uid)
            elif wanted and size + one.size > BATCH_BYTES:
                break
            else:
                size += one.size
                wanted.append(one)
            taken.append(one)
        return wanted, alone, taken

    def _settle(
        self,
        name: str,
        cursor: Cursor,
        listed: Sequence[Listed],
        alone: Sequence[int],
        wanted: Sequence[Listed],
        fetched: Sequence[Fetched],
        now: datetime,
    ) -> None:
        """Keep, understand and commit a batch: one write to the archive, one to the journal."""
        kept, doubles, again = self._keep(name, cursor, wanted, fetched, now)
        arrived = {one.uid for one in fetched}
        read = ev.MailboxRead(
            mailbox=name,
            uidvalidity=cursor.uidvalidity,
            settled_uid=listed[-1].uid,
            first_uid=cursor.first_uid,
            seen=len(listed) - again,
            settled=len(kept),
            duplicates=len(doubles),
            left_alone=_ranges(alone),
            vanished=tuple(one.uid for one in wanted if one.uid not in arrived),
        )
        with closing(self._understanding.events(kept, now)) as events:
            outcomes = self._desk.settle(chain(events, (read,)), now)
        self._archive.settled(*(one.mail_id for one in kept))
        for one in kept:
            mail = self._store.mail(one.mail_id)
            if mail is not None:
                self._to_file.append((name, mail))
        for mail_id, uid in doubles:
            log.info("fate=duplicate mailbox=%s uid=%d mail=%s", name, uid, mail_id)
            mail = self._store.mail(mail_id)
            if mail is not None:
                double = replace(mail, fate=Fate.DUPLICATE, uid=uid, uidvalidity=cursor.uidvalidity)
                self._to_file.append((name, double))
        fates.tell(self._store, outcomes)
        books = self._store.books()
        if not books.balance:
            log.error("fate=unbalanced books=%s", books)

    def _keep(
        self, name: str, cursor: Cursor, wanted: Sequence[Listed], fetched: Sequence[Fetched], now: datetime
    ) -> tuple[list[Kept], list[tuple[str, int]], int]:
        """Archive what is new, with one fsync.

        Also returns duplicates (mail id, UID), and how many had their end here before a crash.
        """
        dates = {one.uid: one.internal_date for one in wanted}
        fresh: dict[str, Incoming] = {}
        doubles: list[tuple[str, int]] = []
        again = 0
        for one in fetched:
            mail_id = _id_of(one, name, cursor.uidvalidity)
            known = self._store.mail(mail_id)
            if known is not None and (known.mailbox, known.uidvalidity, known.uid) == (
                name,
                cursor.uidvalidity,
                one.uid,
            ):
                again += 1
                self._to_file.append((name, known))
            elif known is not None or mail_id in fresh:
                doubles.append((mail_id, one.uid))
            else:
                fresh[mail_id] = Incoming(mail_id, name, cursor.uidvalidity, one.uid, dates[one.uid], now, one.raw)
        places = self._archive.append(tuple(fresh.values()))
        kept = [
            Kept(
                one.mail_id,
                one.raw,
                place,
                name,
                one.uidvalidity,
                one.uid,
                received_at(one.internal_date, cursor.first_started_at, now),
            )
            for one, place in zip(fresh.values(), places, strict=True)
        ]
        return kept, doubles, again

    def refile(self, folder: Folder) -> None:
        """After a reconnect: look at the newest settled mails again, some may still lie where they came in."""
        self._to_file = deque(one for one in self._to_file if one[0] != folder.name)
        self._to_file.extend((folder.name, mail) for mail in self._store.recent_mails(folder.name, REFILED))

    def file(self, mailbox: Mailbox, folder: Folder) -> None:
        """File settled mails on the server, in batches; a UID that is gone does no harm."""
        targets = dict(folder.targets)
        cursor = self._store.cursor(folder.name)
        moves: dict[str, list[int]] = {}
        while self._to_file:
            name, mail = self._to_file.popleft()
            target = targets.get(mail.fate, "")
            if name == folder.name and target and cursor is not None and mail.uidvalidity == cursor.uidvalidity:
                moves.setdefault(target, []).append(mail.uid)
        if moves:
            mailbox.file([(target, tuple(sorted(uids))) for target, uids in moves.items()])


def _id_of(one: Fetched, name: str, uidvalidity: int) -> str:
    """The hash of a mail's bytes; of its place where the server withholds them, so that no two of those are one."""
    content = f"withheld {name} {uidvalidity} {one.uid}".encode() if one.withheld else one.raw
    return hashlib.sha256(content).hexdigest()[:32]


def _ranges(uids: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Ascending UIDs as inclusive ranges."""
    ranges: list[tuple[int, int]] = []
    for uid in uids:
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1] = (ranges[-1][0], uid)
        else:
            ranges.append((uid, uid))
    return tuple(ranges)
