"""What happened, in the past tense. Each event concerns one person, job or letter; the desk settles them in order.

An event carries facts, never effects: what follows from it is decided in core/decide. All instants are aware UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mailagent.core.letters import Unclear
from mailagent.core.model import ArchivePlace, Brief, Fate, Proof, Role, Status, WorkingHours


@dataclass(frozen=True, slots=True)
class MailFacts:
    """A fetched mail as the office needs it. `received_at`: its INTERNALDATE where sane, else when it was fetched."""

    id: str  # first 32 hex digits of the SHA-256 of its bytes
    mailbox: str
    uidvalidity: int
    uid: int
    received_at: datetime
    archived: ArchivePlace
    addr_spec: str | None  # strict From; None where there is none
    person_id: str | None
    proof: Proof
    proof_why: str
    message_id: str | None = None
    subject: str = ""
    by_dmarc: bool = False  # the trusted server says so of the sender's domain (RFC 7489)


@dataclass(frozen=True, slots=True)
class OwnerAdded:
    id: str
    display_name: str
    addresses: tuple[str, ...]
    hours: WorkingHours
    digest_at: int
    language: str = "en"


@dataclass(frozen=True, slots=True)
class WorkerAdded:
    id: str
    display_name: str
    addresses: tuple[str, ...]
    hours: WorkingHours
    week_cap_minutes: int | None = None
    rate: str | None = None  # a decimal amount per hour, as text
    currency: str | None = None
    language: str = "en"
    holidays_of: str = ""  # ISO 3166 country, or country-region; empty: none


@dataclass(frozen=True, slots=True)
class JobAdded:
    """`owner_id` None: the only owner."""

    owner_id: str | None
    worker_id: str
    brief: Brief


@dataclass(frozen=True, slots=True)
class TrialAdded:
    """One brief to several candidates at once. `owner_id` None: the only owner."""

    owner_id: str | None
    worker_ids: tuple[str, ...]
    brief: Brief


class GivingUp(StrEnum):
    """How a worker gives a job back: `decline` before he began, `quit` at any time (SPEC section 2)."""

    DECLINE = "decline"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Reported:
    """A worker's own words about one of his jobs, read and placed. `minutes` None: hours were not given.

    `unblocked`: he says that nothing blocks him. `need_minutes` 0: he needs more time and did not say how much.
    `away_from` and `away_until`: his first day off (None: he is away already) and the day on which he is back, in his
    zone. `remark` are words that stand under no label.
    """

    mail: MailFacts
    worker_id: str
    job_id: str
    job_guessed: bool
    done: str | None
    minutes: int | None
    next: str | None
    blocked: str | None
    status: Status | None
    unclear: tuple[Unclear, ...] = ()
    question: str | None = None
    need_minutes: int | None = None
    need_words: str = ""
    away_until: date | None = None
    snooze_minutes: int | None = None
    gives_up: GivingUp | None = None
    gives_up_why: str = ""
    remark: str = ""
    unblocked: bool = False
    away_from: date | None = None
    away_why: str = ""


@dataclass(frozen=True, slots=True)
class SeemedAway:
    """A worker's mail program says that he is absent. `until`: the day on which he is back, in his zone."""

    mail: MailFacts
    worker_id: str
    until: date


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A person's mail from which nothing could be booked. `job_id` None: the job is unclear too."""

    mail: MailFacts
    worker_id: str
    job_id: str | None
    reason: str
    unclear: tuple[Unclear, ...] = ()


class Verb(StrEnum):
    """What an owner may order by mail (SPEC section 6)."""

    OK = "ok"
    BACK = "back"
    GO_ON = "go on"
    YES = "yes"
    NO = "no"
    CAP = "cap"
    TELL = "tell"
    ANSWER = "answer"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    LIST = "list"
    SHOW = "show"
    DIGEST = "digest"
    UNDO = "undo"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Order:
    """One line of an owner's mail. With a `problem` (a sentence that says what to do) nothing is done on it."""

    words: str  # as he typed them
    verb: Verb | None = None
    job_id: str | None = None  # named, by its digest line, or that of the mail he answers
    minutes: int | None = None  # CAP: the new cap, or with `is_more` what is added; YES: how much of it
    is_more: bool = False
    no_cap: bool = False  # CAP: `none`
    only_from_now: bool = False  # YES: what was worked over the cap before stays unpaid
    text: str = ""  # the words for the worker, or the reason
    number: int | None = None  # UNDO
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OwnerOrdered:
    """An owner's mail with orders, read, its lines and numbers resolved; one transcript answers all of them.

    `gave_up`: after too many lines that are no orders, the rest was not read. `confirms`: the transcript in which these
    orders waited for his yes.
    """

    mail: MailFacts
    owner_id: str
    orders: tuple[Order, ...]
    gave_up: bool = False
    confirms: str = ""


@dataclass(frozen=True, slots=True)
class OwnerWrote:
    """An owner's mail. It is kept and answered; nothing is done on it."""

    mail: MailFacts
    owner_id: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A worker answered a confirmation sent to his stored address: all that waits in his name is his, or is not.

    `number` is that of the confirmation whose code came back; `was_him` None: the answer is neither yes nor no.
    """

    mail: MailFacts
    worker_id: str
    number: int
    was_him: bool | None


@dataclass(frozen=True, slots=True)
class Suspected:
    """A mail from a strange address that bears a token of ours. `worker_id` is the person the token was made for."""

    mail: MailFacts
    worker_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MailSettled:
    """A mail that asks for nothing: automatic, a duplicate, quarantined, or small and unplaced."""

    mail: MailFacts
    fate: Fate
    why: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """A delivery status notification about one of our letters (RFC 3464)."""

    mail: MailFacts
    letter_id: str | None
    address: str | None
    permanent: bool
    diagnostic: str


@dataclass(frozen=True, slots=True)
class OwnerDue:
    """The owner's digest time has come."""

    owner_id: str


@dataclass(frozen=True, slots=True)
class WorkerDue:
    """Something of a worker's open jobs is due: a report, a start, or the next step of the ladder."""

    worker_id: str


@dataclass(frozen=True, slots=True)
class LetterClaimed:
    """The outbox is about to send it. At the first claim the Message-ID and token are new, later they stay."""

    letter_id: str
    message_id: str
    token: str


@dataclass(frozen=True, slots=True)
class LetterSent:
    letter_id: str
    answer: str
    archived: ArchivePlace


@dataclass(frozen=True, slots=True)
class LetterDeferred:
    letter_id: str
    answer: str
    archived: ArchivePlace | None


@dataclass(frozen=True, slots=True)
class LetterFailed:
    """Trying again will not help. `about_address`: the server refused the address, not what the letter holds."""

    letter_id: str
    answer: str
    archived: ArchivePlace | None
    about_address: bool = True


@dataclass(frozen=True, slots=True)
class LetterUnknown:
    """Handed over, but the answer was lost: it may or may not have arrived."""

    letter_id: str
    answer: str
    archived: ArchivePlace | None


@dataclass(frozen=True, slots=True)
class MailboxRead:
    """A batch of a mailbox has its fate: the cursor moves. `left_alone` are inclusive UID ranges.

    `restarted` tells that the UIDVALIDITY is new, so the mailbox is being read again from `first_uid`.
    """

    mailbox: str
    uidvalidity: int
    settled_uid: int
    first_uid: int
    seen: int
    settled: int = 0  # mails of this batch that got their fate in events of their own
    duplicates: int = 0  # bytes that had their fate before
    left_alone: tuple[tuple[int, int], ...] = ()
    vanished: tuple[int, ...] = ()
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class Alarmed:
    """Something a person must mend; said once per `topic`."""

    role: Role
    person_id: str
    topic: str
    headline: str
    happened: tuple[str, ...]
    to_do: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HouseKept:
    """Finished letters older than the office keeps them: their ids. Bytes and values stay in archive and journal."""

    letter_ids: tuple[str, ...]


MailEvent = (
    Reported | SeemedAway | NotUnderstood | OwnerOrdered | OwnerWrote | Confirmed | Suspected | MailSettled | Bounced
)
LetterEvent = LetterClaimed | LetterSent | LetterDeferred | LetterFailed | LetterUnknown
Event = (
    MailEvent
    | LetterEvent
    | OwnerAdded
    | WorkerAdded
    | JobAdded
    | TrialAdded
    | OwnerDue
    | WorkerDue
    | MailboxRead
    | Alarmed
    | HouseKept
)
