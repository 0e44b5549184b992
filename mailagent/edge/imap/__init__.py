"""The agent's mailbox on an IMAP server (RFC 9051, RFC 3501): list what is new, fetch, file, wait.

The only room with imapclient. It knows UIDs and bytes; what a mail means, who wrote it and what
becomes of it is decided elsewhere.

    answers.py  what the server said -> values       filing.py   moves mails, by whatever the server offers
    wire.py     one connection: TLS, login, bounds   mailbox.py  `Mailbox`, what the rest of the house uses
"""

from mailagent.edge.imap import lean as _lean  # noqa: F401  # before the first import of imapclient

# isort: split
from mailagent.edge.imap.mailbox import Mailbox
from mailagent.edge.imap.values import (
    Account,
    AuthenticationRefused,
    Facts,
    Fetched,
    Listed,
    MailboxRefused,
    MailboxUnreachable,
    Selected,
    Woken,
)

__all__ = [
    "Account",
    "AuthenticationRefused",
    "Facts",
    "Fetched",
    "Listed",
    "Mailbox",
    "MailboxRefused",
    "MailboxUnreachable",
    "Selected",
    "Woken",
]
