"""A letter and what it says, as values; the words are in templates/.

A letter's key starts with its recipient and is unique for ever, so nothing is queued twice.
Contents hold decided values only: minutes, instants in UTC, a person's words. Templates turn them into text.
"""

from dataclasses import dataclass
from datetime import date, datetime

from mailagent.core.figures import DigestContents as DigestContents
from mailagent.core.figures import DigestLine as DigestLine
from mailagent.core.figures import HoursStand as HoursStand
from mailagent.core.figures import Money as Money
from mailagent.core.figures import Reason as Reason
from mailagent.core.model import Answered, ArchivePlace, LetterKind, LetterState, Role, Status, Step


@dataclass(frozen=True, slots=True)
class Unclear:
    """Words of a mail that could not be read, and the question that would settle them."""

    text: str
    question: str


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
    asked: tuple[Answered, ...] = ()  # where the same brief was given before
    week_cap: int | None = None  # the worker's, over all his jobs


@dataclass(frozen=True, slots=True)
class ReceiptContents:
    """What a report was understood as, what became of its minutes, and what comes next."""

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
    question: str | None = None
    need_minutes: int | None = None  # 0: he did not say how many
    remark: str = ""
    answer_by: datetime | None = None  # what he asked was passed on, and the owner is reminded then
    unblocked: bool = False  # what blocked him does no more
    tells_owner_now: bool = False  # the owner has this report in a mail of his own; the worker need not wait
    cap_passed: int = 0  # 50, 80 or 100: the share of the cap that this report passed
    week_cap: int | None = None  # where the week's cap is what binds
    week_left: int | None = None  # of the cap of his week, after this report; None: his weeks have none
    next_due_at: datetime | None = None
    used_up_at: datetime | None = None  # when the hours are used, where that is what makes the report due
    away_from: date | None = None  # both in his zone
    away_until: date | None = None  # the day on which he is back
    snoozed_until: datetime | None = None
    snooze_was: str = ""  # "cut": a working day is the most, "twice": not a third time
    gave_up: str = ""  # "declined", "quit", or "begun": too late to decline

    @property
    def rests(self) -> bool:
        """Tell whether there is nothing that he could go on with: he is done, or has no hours left."""
        return self.status is Status.DONE or 0 in (self.stand.left, self.week_left)


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
    left_out: tuple[str, ...] = ()  # what he has to write again, by its label


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
    undecided: int = 0  # minutes that wait for the owner still
    undecided_why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnerNoteContents:
    """Answers an owner's mail without an order in it, or, where `unproven`, one that perhaps was not his."""

    owner_name: str
    subject: str
    jobs: tuple[tuple[str, str], ...]
    unproven: bool = False


@dataclass(frozen=True, slots=True)
class AlertContents:
    """Something a person must know or mend: a headline, what happened, what to do."""

    person_name: str
    headline: str
    happened: tuple[str, ...]
    to_do: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NudgeLine:
    """A job that something is missing of: `waits_for` is "start", "first report" or "report"."""

    job_id: str
    title: str
    waits_for: str
    due_at: datetime
    stand: HoursStand


@dataclass(frozen=True, slots=True)
class NudgeContents:
    """One reminder for all jobs of a worker that something is due of; `again` counts from 1."""

    worker_name: str
    owner_name: str
    again: int
    lines: tuple[NudgeLine, ...]
    owner_knows: bool = False  # he was told that nothing comes
    others: tuple[str, ...] = ()  # keys of further jobs that are due, too: they have no form of their own


@dataclass(frozen=True, slots=True)
class OwnerNewsContents:
    """What an owner hears at once about one job, with the answers he can type.

    `news` is "first report", "question", "blocked", "hours", "done", "silent", "declined", "quit", "away" or
    "at cap". `words` are the worker's: his question, his reason. `also` is what else this mail tells, less urgent, each
    with its words. `asked_minutes`: how many more hours he asks for (0: he did not say), `eaten` of them are worked
    already.
    """

    news: str
    owner_name: str
    worker_name: str
    job_id: str
    title: str
    stand: HoursStand
    words: str = ""
    done: str | None = None
    minutes: int | None = None
    next: str | None = None
    blocked: str | None = None
    accept: tuple[str, ...] = ()
    asked_minutes: int | None = None
    eaten: int = 0
    since: datetime | None = None  # silent: since when something is due
    until: date | None = None  # away: the day on which he is back
    away_from: date | None = None  # None: he is away already
    also: tuple[tuple[str, str], ...] = ()
    remark: str = ""
    received_at: datetime | None = None  # of the worker's mail
    by_program: bool = False  # away: his mail program said so, not he
    answers: tuple[tuple[str, str], ...] = ()  # what a button says, and the order it types (core/answers.py)

    @property
    def waits(self) -> bool:
        """Tell whether the work stands still: he is blocked, has asked something, or has no hours left."""
        halts = {"question", "blocked", "hours", "at cap", "declined", "quit", "away"}
        return self.stand.left == 0 or self.news in halts or any(news in halts for news, _ in self.also)


@dataclass(frozen=True, slots=True)
class FromOwnerPart:
    """One order's meaning for a worker, in the owner's own words where he gave some.

    `what` is "answer", "go on", "back", "accepted", "more hours", "no more hours", "cap", "paused", "resumed",
    "cancelled", "words" or "correction". `minutes`: what was added to the cap, or for "cap" the new one (None: none).
    """

    what: str
    words: str = ""
    question: str = ""
    minutes: int | None = None
    at: datetime | None = None  # correction: when the letter that is taken back was sent


@dataclass(frozen=True, slots=True)
class FromOwnerContents:
    """What one mail of an owner means for a worker's job; `is_open`: there is still something to report."""

    worker_name: str
    owner_name: str
    job_id: str
    title: str
    parts: tuple[FromOwnerPart, ...]
    stand: HoursStand
    next_due_at: datetime | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """An order and what became of it, as a whole sentence."""

    words: str
    result: str
    done: bool


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job in the answer to `list`; `waits_for_owner`: a question of its worker is open, or a result unjudged."""

    number: int
    job_id: str
    title: str
    worker_name: str
    phase: str
    stand: HoursStand
    waits_for_owner: bool


@dataclass(frozen=True, slots=True)
class TranscriptContents:
    """What became of an owner's mail, line by line. `lines_of_jobs` answers `list`, `shown` answers `show`."""

    owner_name: str
    subject: str  # of his mail
    lines: tuple[TranscriptLine, ...]
    undo_number: int | None  # None: nothing was done that could be undone
    held_minutes: int = 0  # what goes to workers waits so long; 0: nothing goes to them
    lines_of_jobs: tuple[JobLine, ...] = ()
    shown: tuple[tuple[str, str], ...] = ()  # name and value, in order
    with_help: bool = False
    gave_up: bool = False
    waiting: int = 0  # so many of the lines wait for his yes to this mail


Contents = (
    BriefContents
    | ReceiptContents
    | UnclearContents
    | ConfirmContents
    | SettledContents
    | DigestContents
    | OwnerNoteContents
    | AlertContents
    | NudgeContents
    | OwnerNewsContents
    | FromOwnerContents
    | TranscriptContents
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
    LetterKind.NUDGE: NudgeContents,
    LetterKind.OWNER_NEWS: OwnerNewsContents,
    LetterKind.FROM_OWNER: FromOwnerContents,
    LetterKind.TRANSCRIPT: TranscriptContents,
}

# Sent once more under the same Message-ID when it is not known whether the server took them (HOUSE, Letters).
RESENT_WHEN_UNKNOWN = frozenset(
    {
        LetterKind.BRIEF,
        LetterKind.CONFIRM,
        LetterKind.ALERT,
        LetterKind.OWNER_NOTE,
        LetterKind.OWNER_NEWS,
        LetterKind.FROM_OWNER,
        LetterKind.TRANSCRIPT,
    }
)


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
    waiting: tuple[str, ...] = ()  # of a transcript: orders that wait for his yes to it, as he would type them
    used_at: datetime | None = None  # when his yes carried them out: they wait no more, and a yes is good once
    numbers: tuple[str, ...] = ()  # of a digest, transcript or news: the job that each numbered line is about
    rev: int = 1
