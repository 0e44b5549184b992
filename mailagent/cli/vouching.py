"""Which server vouches for senders in this mailbox, so that `check` can propose an authserv_id. Learns nothing itself.

A name in a mail is only a claim: who sets it has to know that it is his own server's (RFC 8601 section 5).
"""

import re
from collections import Counter

from mailagent.edge.config import Config
from mailagent.edge.imap import AuthenticationRefused, Mailbox, MailboxRefused, MailboxUnreachable
from mailagent.mail.authres import leading_id

NEWEST = 50  # mails that are looked at
_FIELD = re.compile(rb"(?im)^authentication-results:")
_WITHOUT = (
    "authserv_id is empty: by mail an owner cannot accept work, send it back, cancel it or allow hours, and hours in "
    "a mail that answers none of ours wait until their writer has confirmed them."
)


def said_of(settings: Config) -> tuple[str, bool]:
    """Tell whose Authentication-Results are believed and whose stand in the newest mails; False where that must change.

    Raises: UserError where a password is not there.
    """
    trusted = settings.identity.authserv_id
    names, mails = _in_the_newest(settings)
    if trusted:
        told = f"Authentication-Results of {trusted} are believed"
        if not names or trusted.lower() in names:
            return told, True
        return f"{told}, but the newest mails have {names.most_common(1)[0][0]}: see that authserv_id is right", False
    if not names:
        how = f"To learn the name, send a mail to {settings.agent.address} from elsewhere and check again"
        return f"{_WITHOUT} {how}", False
    name, count = names.most_common(1)[0]
    return (
        f"{_WITHOUT} {count} of the {mails} newest mails here have Authentication-Results of {name}: if that is your "
        f'own mail server, set authserv_id = "{name}" under [identity]'
    ), False


def _in_the_newest(settings: Config) -> tuple[Counter[str], int]:
    """Count the names in the topmost field of the newest mails of each folder of ours, and those mails."""
    cfg, names, mails = settings.imap, Counter[str](), 0
    mailbox = Mailbox(cfg)
    try:
        mailbox.open()
        for folder in dict.fromkeys((cfg.mailbox, cfg.filed.processed, cfg.filed.automatic, cfg.filed.unclear)):
            for block in _newest(mailbox, folder):
                mails += 1
                names[_topmost(block)] += 1
    except (MailboxUnreachable, AuthenticationRefused):
        pass  # the line about IMAP says why
    finally:
        mailbox.close()
    del names[""]
    return names, mails


def _newest(mailbox: Mailbox, folder: str) -> list[bytes]:
    """The header blocks of a folder's newest mails; none where there is no such folder."""
    try:
        uidnext = mailbox.select(folder).uidnext if folder else 1
        return (
            [one.header_block for one in mailbox.list_new(max(0, uidnext - 1 - NEWEST), NEWEST)] if uidnext > 1 else []
        )
    except MailboxRefused:
        return []


def _topmost(block: bytes) -> str:
    found = _FIELD.search(block)
    value = block[found.end() : found.end() + 300].replace(b"\r", b"") if found else b""
    return leading_id(value).decode("ascii", "replace")
