"""A letter and what it says, as values; the words are in templates/.

A letter's key starts with its recipient and is unique for ever, so nothing is queued twice.
Contents hold decided values only: minutes, instants in UTC, a person's words. Templates turn them into text.
"""

from dataclasses import dataclass
from datetime import date, datetime

from mailagent.core.model import ArchivePlace, LetterKind, LetterState, Role, Status, Step


@dataclass(frozen=True, slots=True)
class Unclear:
    """Words of a mail that could not be read, and the question that would settle them."""

    text: str
    question: str


@dataclass(frozen=True, slots=True)
class HoursStand:
    """How a job's hours stand: payable minutes used, the cap (None: no cap) and what is left of it."""

    cap: int | None
    payable: int
    over_cap: int
    undecided: int
    left: int | None


@dataclass(frozen=True, slots=True)
class BriefContents:
    job_id: str
    title: str
    worker_name: str
    owner_name: str
    why: str
    how: str
    accept: tuple[str, ...]
    steps: tuple[Step, ...]
    cap_minutes: int | None
    due_on: date | None
    version: int
    first_mail: bool  # the worker has had no mail from us before: say who writes and who reads


@dataclass(frozen=True, slots=True)
class ReceiptContents:
    job_id: str
    title: str
    worker_name: str
    owner_name: str
    received_at: datetime
    done: str | None
    minutes: int | None
    next: str | None
    blocked: str | None
    status: Status | None
    payable: int  # of this report
    over_cap: int
    undecided: int
    undecided_why: str
    stand: HoursStand
    job_guessed: bool  # placed as the worker's only open job
    unclear: tuple[Unclear, ...] = ()


@dataclass(frozen=True, slots=True)
class UnclearContents:
    """Nothing in the mail could be booked; `job_id` is None where the job itself is unclear."""

    worker_name: str
    owner_name: str
    job_id: str | None
    title: str | None
    reason: str
    unclear: tuple[Unclear, ...]
    open_jobs: tuple[tuple[str, str], ...]  # key, title


@dataclass(frozen=True, slots=True)
class WaitingLine:
    job_id: str
    title: str
    minutes: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ConfirmContents:
    """Asks the stored address whether an unproven mail was really from this person."""

    person_name: str
    owner_name: str
    waiting: tuple[WaitingLine, ...]
    number: int = 0  # goes into the code, which is good for this question alone
    again: bool = False  # the answer to the first question was neither yes nor no


@dataclass(frozen=True, slots=True)
class SettledContents:
    """Tells a worker that what waited for his confirmation counts; nothing `settled`: there was nothing to count."""

    worker_name: str
    owner_name: str
    settled: tuple[WaitingLine, ...]
    payable: int
    over_cap: int


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One job in the owner's digest."""

    number: int
    job_id: str
    title: str
    worker_name: str
    phase: str
    status: Status | None
    last_reported_at: datetime | None
    done: str | None
    next: str | None
    blocked: str | None
    minutes_since_last_digest: int
    stand: HoursStand
    needs_you: bool
    unproven: bool  # hours of this job wait for a worker's confirmation


@dataclass(frozen=True, slots=True)
class DigestContents:
    owner_name: str
    on: date  # in the owner's zone
    as_of: datetime
    lines: tuple[DigestLine, ...]
    reports: int  # since the last digest
    minutes: int
    over_cap: int
    undecided: int
    troubles: tuple[str, ...]  # bounced, quarantined: whole sentences
    seen: int  # mails seen since the first start
    left_alone: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class OwnerNoteContents:
    """Answers an owner's mail that asks for something the agent cannot do by mail."""

    owner_name: str
    subject: str
    jobs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AlertContents:
    """Something a person must know or mend: a headline, what happened, what to do."""

    person_name: str
    headline: str
    happened: tuple[str, ...]
    to_do: tuple[str, ...]


Contents = (
    BriefContents
    | ReceiptContents
    | UnclearContents
    | ConfirmContents
    | SettledContents
    | DigestContents
    | OwnerNoteContents
    | AlertContents
)

CONTENTS: dict[LetterKind, type[Contents]] = {
    LetterKind.BRIEF: BriefContents,
    LetterKind.RECEIPT: ReceiptContents,
    LetterKind.UNCLEAR: UnclearContents,
    LetterKind.CONFIRM: ConfirmContents,
    LetterKind.SETTLED: SettledContents,
    LetterKind.DIGEST: DigestContents,
    LetterKind.OWNER_NOTE: OwnerNoteContents,
    LetterKind.ALERT: AlertContents,
}

# Sent once more under the same Message-ID when it is not known whether the server took them (HOUSE, Letters).
RESENT_WHEN_UNKNOWN = frozenset({LetterKind.BRIEF, LetterKind.CONFIRM, LetterKind.ALERT, LetterKind.OWNER_NOTE})


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in the outbox.

    `token`, `message_id` are minted at the first claim; `archived` is where the rendered bytes lie.
    `in_reply_to` is the Message-ID it answers; `thread_root` the root of its thread (RFC 5322 section 3.6.4).
    `contents` is None once the letter is finished and tidied: its values stay in the journal, its bytes in the archive.
    """

    id: str  # the key, for example `ana/receipt/R31`
    kind: LetterKind
    role: Role
    recipient_id: str
    job_id: str | None
    causes: tuple[str, ...]  # ids of what it answers: mail, report, job
    contents: Contents | None
    written_at: datetime
    subject_topic: str = ""  # the fixed subject of a job's mails, `[J12] Title`; else empty
    in_reply_to: str | None = None
    thread_root: str | None = None
    state: LetterState = LetterState.QUEUED
    next_try_at: datetime | None = None
    tries: int = 0
    message_id: str | None = None
    token: str | None = None
    claimed_at: datetime | None = None
    finished_at: datetime | None = None
    answer: str = ""  # the server's last words
    archived: ArchivePlace | None = None
    resent: bool = False  # an `unknown` one that went once more
    rev: int = 1
