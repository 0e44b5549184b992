"""What became of each mail, as one line of the log: its fate, why, and by what a sysadmin would look for it.

Never its words and never a token: what looks like one is left out, wherever it stands.
"""

import logging
import re
from collections.abc import Sequence

from mailagent.core import events as ev
from mailagent.core.model import Fate, Mail
from mailagent.desk import Settled
from mailagent.edge.store.port import Store

log = logging.getLogger(__name__)

_WHY_LIMIT = 300
_ID_LIMIT = 200
_TOKEN = re.compile(r"(?<![A-Za-z2-7])[A-Za-z2-7]{28}(?![A-Za-z2-7])")


def tell(store: Store, outcomes: Sequence[Settled]) -> None:
    """Log a line for each mail in `outcomes` (several reports are one mail), and one for what was left alone."""
    told: dict[str, ev.MailFacts] = {}
    broken: set[str] = set()
    for one in outcomes:
        if isinstance(one.event, ev.MailboxRead):
            _tell_left_alone(one.event)
            continue
        mail: ev.MailFacts | None = getattr(one.event, "mail", None)
        if mail is not None:
            told.setdefault(mail.id, mail)
            if one.broke:
                broken.add(mail.id)
    for mail_id, facts in told.items():
        record = store.mail(mail_id)
        is_bad = record is None or record.fate is Fate.QUARANTINED or mail_id in broken
        log.log(logging.WARNING if is_bad else logging.INFO, "%s", line(facts, record))


def line(facts: ev.MailFacts, record: Mail | None) -> str:
    """The line of one mail; `record` is what the office keeps of it, None where even that could not be written."""
    fate = record.fate.value.replace(" ", "-") if record else "not-recorded"
    why = record.why if record and record.why else facts.proof_why
    return (
        f"fate={fate} why={_safe(why, _WHY_LIMIT)!r} job={(record and record.job_id) or '-'}"
        f" from={_safe(facts.addr_spec or '-', _ID_LIMIT)} mailbox={facts.mailbox} uid={facts.uid} mail={facts.id}"
        f" message_id={_safe(facts.message_id or '-', _ID_LIMIT)} proof={facts.proof.name.lower()}"
    )


def _tell_left_alone(read: ev.MailboxRead) -> None:
    if read.left_alone or read.vanished:
        count = sum(last - first + 1 for first, last in read.left_alone)
        log.info("fate=left-alone mailbox=%s mails=%d vanished=%d", read.mailbox, count, len(read.vanished))


def _safe(text: str, limit: int) -> str:
    return _TOKEN.sub("…", text)[:limit]
