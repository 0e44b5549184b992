"""What happened in the demo, as the agent's own archive and office have it."""

import email
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from mailagent.core.model import LetterKind, LetterState
from mailagent.core.slices import Effort
from mailagent.edge.archive import Archive, Archived, Way
from mailagent.edge.config import Config
from mailagent.edge.store import open_store
from mailagent.edge.store.port import Store


@dataclass(frozen=True, slots=True)
class Seen:
    """A mail as the timeline shows it; `at` in UTC."""

    id: str
    at: datetime
    is_ours: bool
    sender: str
    recipient: str
    subject: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The day in numbers. Minutes; `digest_html` is a file."""

    briefs: int
    receipts: int
    digests: int
    letters_sent: int
    mails_in: int
    minutes_reported: int
    minutes_payable: int
    minutes_over_cap: int
    minutes_undecided: int
    state_dir: str
    digest_text: str
    digest_html: str


class Record:
    """Follows the archive while the daemon writes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ends: dict[str, int] = {}
        self.mails: list[Seen] = []
        self.digest: bytes | None = None

    @property
    def has_digest(self) -> bool:
        """Whether a digest went out."""
        return self.digest is not None

    def new(self) -> tuple[Seen, ...]:
        """Return what came in or went out since the last call."""
        if not self._folder.exists():
            return ()
        archive, found = Archive(self._folder, write=False), []
        for segment in archive.segments():
            for one in archive.records(segment):
                if one.place.offset >= self._ends.get(segment, 0):
                    self._ends[segment] = one.end
                    found.append(self._seen(one))
        archive.close()
        self.mails += found
        return tuple(found)

    def _seen(self, one: Archived) -> Seen:
        raw = one.raw
        if one.way is Way.OUT and f"/{LetterKind.DIGEST.value}/" in one.id:
            self.digest = raw
        mail = _parsed(raw)
        sender, recipient = (_who(str(mail[name] or "")) for name in ("From", "To"))
        return Seen(one.id, one.at, one.way is Way.OUT, sender, recipient, str(mail["Subject"] or ""))


def summary(settings: Config, record: Record) -> Summary:
    """Count what the office holds, and lay the digest's HTML beside it."""
    state_dir = settings.agent.state_dir
    text, page = _digest(record)
    html = state_dir.parent / "digest.html"
    html.write_text(page, "utf-8")
    store = open_store(state_dir, policy=settings.policy(), write=False)
    try:
        kinds = _sent_kinds(store, record)
        effort = _effort(store)
    finally:
        store.close()
    return Summary(
        briefs=kinds.count(LetterKind.BRIEF),
        receipts=kinds.count(LetterKind.RECEIPT),
        digests=kinds.count(LetterKind.DIGEST),
        letters_sent=len(kinds),
        mails_in=sum(not mail.is_ours for mail in record.mails),
        minutes_reported=effort.reported,
        minutes_payable=effort.payable,
        minutes_over_cap=effort.over_cap,
        minutes_undecided=effort.undecided,
        state_dir=str(state_dir),
        digest_text=text,
        digest_html=str(html),
    )


def _who(header: str) -> str:
    """A name as a person would say it: without the reply code that stands in an address, which is nobody's business."""
    name, address = parseaddr(header)
    local_part, _, domain = address.rpartition("@")
    return name or f"{local_part.partition('+')[0]}@{domain}"


def _sent_kinds(store: Store, record: Record) -> list[LetterKind]:
    """The kinds of the letters that the server took; one that was tried twice lies in the archive once."""
    letters = [store.letter(mail.id) for mail in record.mails if mail.is_ours]
    return [letter.kind for letter in letters if letter is not None and letter.state is LetterState.SENT]


def _effort(store: Store) -> Effort:
    efforts = [store.effort(job.id) for job in store.jobs()]
    return Effort(
        sum(one.reported for one in efforts),
        sum(one.payable for one in efforts),
        sum(one.over_cap for one in efforts),
        sum(one.undecided for one in efforts),
    )


def _digest(record: Record) -> tuple[str, str]:
    """The digest as text and as HTML."""
    mail = _parsed(record.digest or b"")
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    text, page = ("" if part is None else str(part.get_content()).replace("\r\n", "\n") for part in parts)
    return f"Subject: {mail['Subject']}\n\n{text}", page


def _parsed(raw: bytes) -> EmailMessage:
    """Our own demo's mails are well formed; the strict way to read hostile ones is the reader's."""
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
