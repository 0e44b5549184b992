"""What happened in the demo, as the agent's own archive and office have it."""

import email
import email.policy
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from mailagent.core.model import Fate, LetterKind, LetterState
from mailagent.core.slices import Effort
from mailagent.edge.archive import Archive, Archived, Way
from mailagent.edge.config import Config
from mailagent.edge.store import read_office

_TAKEN = (Fate.PROCESSED, Fate.PARTLY)


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
    """The story in numbers; effort in minutes.

    `questions` is all that workers asked for. `mails_unplaced` are those that no job was found for, and those that were
    set aside or left alone. `digest_html` is a file.
    """

    briefs: int
    reports: int
    receipts: int
    nudges: int
    questions: int
    digests: int
    letters_sent: int
    mails_in: int
    mails_unplaced: int
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
        self.digest: bytes | None = None  # the last one
        self.digests = 0

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
            self.digests += 1
        mail = _parsed(raw)
        sender, recipient = (_who(str(mail[name] or "")) for name in ("From", "To"))
        return Seen(one.id, one.at, one.way is Way.OUT, sender, recipient, str(mail["Subject"] or ""))


def summary(settings: Config, record: Record) -> Summary:
    """Count what the office holds, and lay the last digest's HTML beside it."""
    state_dir = settings.agent.state_dir
    text, page = _digest(record)
    html = state_dir.parent / "digest.html"
    html.write_text(page, "utf-8")
    with read_office(state_dir) as office:
        sent = Counter(one.kind for one in office.letters() if one.state is LetterState.SENT)
        effort = Effort()
        for entry in office.entries():
            effort = effort.plus(entry)
        books, owners = office.books(), {owner.id for owner in office.owners()}
        lost = [one for one in office.mails() if one.fate not in _TAKEN or not (one.job_id or one.person_id in owners)]
        return Summary(
            briefs=sent[LetterKind.BRIEF],
            reports=sum(len(office.reports(job.id)) for job in office.jobs()),
            receipts=sent[LetterKind.RECEIPT],
            nudges=sent[LetterKind.NUDGE],
            questions=len(office.questions()),
            digests=sent[LetterKind.DIGEST],
            letters_sent=sent.total(),
            mails_in=books.seen,
            mails_unplaced=len(lost) + books.left_alone,
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


def _digest(record: Record) -> tuple[str, str]:
    """The digest as text and as HTML."""
    mail = _parsed(record.digest or b"")
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    text, page = ("" if part is None else str(part.get_content()).replace("\r\n", "\n") for part in parts)
    return f"Subject: {mail['Subject']}\n\n{text}", page


def _parsed(raw: bytes) -> EmailMessage:
    """Our own demo's mails are well formed; the strict way to read hostile ones is the reader's."""
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
