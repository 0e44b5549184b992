"""What the archive has and the journal has not: a crash fell between the two, and these mails are read again.

The server may no longer have them, so the archive is asked and not the mailbox. A side file counts the tries: a mail
that ends the daemon itself is set aside at the third.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from mailagent import fates
from mailagent.core import events as ev
from mailagent.desk import Desk
from mailagent.edge.archive import Archive, Archived
from mailagent.edge.store.port import Store
from mailagent.understanding import Kept, Understanding, received_at

log = logging.getLogger(__name__)


def recover(store: Store, desk: Desk, archive: Archive, understanding: Understanding, now: datetime) -> int:
    """Bring every archived mail without an end to its end. Returns how many there were."""
    lost = {one.id: one for one in archive.recent_incoming() if store.mail(one.id) is None}
    tries = dict(zip(lost, archive.bump_all(tuple(lost)), strict=True)) if lost else {}
    kept = [_kept(store, one, tries[one.id], now) for one in lost.values()]
    # What was read at an earlier start and has no end may be what ended the daemon: each of those goes alone.
    first = [one for one in kept if one.tries == 1]
    for group in [first, *([one] for one in kept if one.tries > 1)]:
        if group:
            read = [_counted(store, one) for one in group]
            outcomes = desk.settle([*understanding.events(group, now), *read], now)
            archive.settled(*(one.mail_id for one in group))
            fates.tell(store, outcomes)
            _tell(group)
    return len(lost)


def _kept(store: Store, one: Archived, tries: int, now: datetime) -> Kept:
    cursor = store.cursor(one.mailbox)
    at = received_at(one.internal_date, cursor.first_started_at if cursor else one.at, now)
    return Kept(one.id, one.raw, one.place, one.mailbox, one.uidvalidity, one.uid, at, tries)


def _counted(store: Store, kept: Kept) -> ev.MailboxRead:
    """The books of a recovered mail; the cursor stays, and the mail is known when it is listed again."""
    cursor = store.cursor(kept.mailbox)
    if cursor is None:
        return ev.MailboxRead(kept.mailbox, kept.uidvalidity, kept.uid - 1, kept.uid, seen=1, settled=1)
    return ev.MailboxRead(kept.mailbox, cursor.uidvalidity, cursor.settled_uid, cursor.first_uid, seen=1, settled=1)


def _tell(group: Sequence[Kept]) -> None:
    for one in group:
        log.info("fate=recovered mail=%s uid=%d tries=%d", one.mail_id, one.uid, one.tries)
