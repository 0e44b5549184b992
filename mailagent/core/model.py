"""The things the office keeps, as frozen values.

Each kept thing (an *entity*) has an `id` that never changes and a `rev` that the store counts up at every change.
Instants are aware UTC; effort is whole minutes; a date is a day in the zone that the field's comment names.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum


class Phase(StrEnum):
    """Where a job stands (SPEC section 2); all else about it is derived."""

    DRAFT = "draft"
    BRIEFED = "briefed"
    WORKING = "working"
    DONE = "done"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    PAUSED = "paused"
    DECLINED = "declined"
    CANCELLED = "cancelled"


OPEN_PHASES = frozenset({Phase.BRIEFED, Phase.WORKING, Phase.DONE, Phase.RETURNED, Phase.PAUSED})


class Standing(StrEnum):
    CANDIDATE = "candidate"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Status(StrEnum):
    """The word a worker puts behind `Status:`."""

    NOT_STARTED = "not started"
    STARTED = "started"
    WORKING = "working"
    BLOCKED = "blocked"
    DONE = "done"


class Proof(IntEnum):
    """How well it is known who wrote a mail (FAULTS section 3.2)."""

    UNKNOWN = 0  # no strict From, or not a registered address
    CLAIMED = 1  # strict From equals a registered address, nothing else
    DOMAIN = 2  # claimed, and the trusted server authenticated the domain
    TOKEN = 3  # claimed, and a valid token for this person
    BOTH = 4  # domain and token
    CONFIRMED = 5  # token, and a fresh confirmation


class Fate(StrEnum):
    """What became of a mail that was seen; every mail ends in exactly one (SPEC section 9)."""

    PROCESSED = "processed"
    PARTLY = "partly understood"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    AUTOMATIC = "automatic"
    LEFT_ALONE = "left alone"
    VANISHED = "vanished"


class LetterState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"


FINISHED_STATES = frozenset({LetterState.SENT, LetterState.FAILED})


class LetterKind(StrEnum):
    """One letter, one template stem in templates/."""

    BRIEF = "brief"
    RECEIPT = "receipt"
    UNCLEAR = "unclear"
    CONFIRM = "confirm"
    SETTLED = "settled"
    DIGEST = "digest"
    OWNER_NOTE = "owner-note"
    ALERT = "alert"
    NUDGE = "nudge"
    OWNER_NEWS = "owner-news"
    FROM_OWNER = "from-owner"
    TRANSCRIPT = "transcript"


class AskedFor(StrEnum):
    """What a worker waits for from his owner."""

    ANSWER = "answer"  # he asked a question
    WAY_ON = "way on"  # he is blocked
    HOURS = "hours"  # he needs more than the cap


class Role(StrEnum):
    OWNER = "owner"
    WORKER = "worker"
    SYSADMIN = "sysadmin"


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """A person's working calendar: IANA zone, ISO weekdays (1 Monday to 7 Sunday), minutes after local midnight."""

    zone: str
    workdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    opens_at: int = 9 * 60
    closes_at: int = 17 * 60


@dataclass(frozen=True, slots=True)
class Owner:
    id: str  # unique short name
    display_name: str
    addresses: tuple[str, ...]  # the first one is written to
    hours: WorkingHours
    digest_at: int  # minutes after local midnight
    added_at: datetime
    language: str = "en"
    unreachable_since: datetime | None = None
    unreachable_why: str = ""
    last_digest_on: date | None = None  # in the owner's zone
    last_digest_at: datetime | None = None
    asked_back: int = 0  # letters that asked back or declined, since `asked_back_since`
    asked_back_since: datetime | None = None
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Worker:
    """Who does the work: how he is reached, when he works, and when he is away."""

    id: str  # unique short name
    display_name: str
    addresses: tuple[str, ...]  # the first one is written to
    hours: WorkingHours
    added_at: datetime
    week_cap_minutes: int | None = None  # None: no weekly cap
    rate: Decimal | None = None  # per hour
    currency: str | None = None  # ISO 4217
    language: str = "en"
    standing: Standing = Standing.ACTIVE
    unreachable_since: datetime | None = None
    unreachable_why: str = ""
    confirm_asked_at: datetime | None = None  # one confirmation for all that waits; None: none is open
    confirm_number: int = 0  # of the last one; its code is good for no other
    confirm_tries: int = 0  # answers to it that were neither yes nor no
    holidays_of: str = ""  # whose public holidays he has: ISO 3166 country, or country-region; empty: none
    away_from: datetime | None = None  # his absence, by his own word or his mail program's; both or none
    away_until: datetime | None = None
    away_why: str = ""
    later_from: datetime | None = None  # a later absence that he named before the one above; both or none
    later_until: datetime | None = None
    later_why: str = ""
    asked_back: int = 0  # letters that asked back or declined, since `asked_back_since`
    asked_back_since: datetime | None = None
    rev: int = 1

    @property
    def absences(self) -> tuple[tuple[datetime, datetime, str], ...]:
        """From when until when he is away, and why."""
        known = (
            (self.away_from, self.away_until, self.away_why),
            (self.later_from, self.later_until, self.later_why),
        )
        return tuple((first, until, why) for first, until, why in known if first is not None and until is not None)


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    estimate_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of a worker and its answer, as they become part of the brief."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Brief:
    """The text of a job (SPEC section 1)."""

    title: str
    why: str
    how: str
    accept: tuple[str, ...]
    steps: tuple[Step, ...]
    cap_minutes: int | None  # None: no cap
    due_on: date | None = None  # in the worker's zone
    kind: str = ""
    version: int = 1
    asked: tuple[Answered, ...] = ()  # by those who had the same brief before


@dataclass(frozen=True, slots=True)
class Job:
    """One brief given to one worker (SPEC section 2): its phase, and what the phase cannot tell."""

    id: str  # `J12`
    owner_id: str
    worker_id: str
    phase: Phase
    brief: Brief
    briefed_at: datetime
    started_at: datetime | None = None
    done_at: datetime | None = None
    closed_at: datetime | None = None
    last_report_id: str | None = None
    last_reported_at: datetime | None = None
    root_message_id: str | None = None  # of the brief, when it was claimed: the thread's root
    last_message_id: str | None = None  # of the worker's last mail: what we answer to
    first_report_at: datetime | None = None  # the first that told of work; `started` alone is none
    clock_from: datetime | None = None  # what is due next is counted from here; None: from the brief
    ramp: int = 0  # how far apart reports are by now: 0 the first, 1 after hours, 2 once a working day
    chased: int = 0  # steps of the ladder taken since the clock began
    chased_at: datetime | None = None  # when the last of them was
    silent_since: datetime | None = None  # the owner was told that nothing comes
    snoozed_until: datetime | None = None
    snoozes: int = 0  # running, without a report between them
    cap_told: int = 0  # the highest threshold that was told, in per cent of the cap
    paused_from: Phase | None = None  # where `resume` goes back to
    asked: tuple[Answered, ...] = ()  # what its worker asked, and the answers; who gets this brief next reads them
    trial_id: str | None = None  # `T12`: one of several jobs with the same brief, the first of which is J12
    nudges: int = 0  # reminders so far, over its whole life
    rev: int = 1

    @property
    def number(self) -> int:
        """The number in the key; what a reply token is bound to."""
        return int(self.id[1:])

    @property
    def is_open(self) -> bool:
        """Tell whether a report about it still counts."""
        return self.phase in OPEN_PHASES


@dataclass(frozen=True, slots=True)
class Question:
    """What a worker waits for; open until it is answered. While one is open, his clock stands still."""

    id: str  # `Q` and the number of its journal line, then a letter where one mail asks twice
    job_id: str
    worker_id: str
    owner_id: str
    asked_for: AskedFor
    asked_at: datetime
    report_id: str | None
    words: str
    minutes: int | None = None  # HOURS: how many more he needs; None: he did not say
    reminded_at: datetime | None = None
    answered_at: datetime | None = None
    answer: str = ""
    rev: int = 1

    @property
    def is_open(self) -> bool:
        """Tell whether the owner owes the answer."""
        return self.answered_at is None


@dataclass(frozen=True, slots=True)
class Deed:
    """What an owner's mail did, so that `undo` can put back what has not moved since."""

    id: str  # `D` and the number of its journal line; the number is what `undo 47` names
    owner_id: str
    done_at: datetime
    jobs: tuple[Job, ...] = ()  # as they were before
    jobs_after: tuple[Job, ...] = ()  # the same, as it left them
    questions: tuple[Question, ...] = ()  # as they were before
    revisions: tuple[tuple[str, int], ...] = ()  # id and rev of each question after it
    entries: tuple[str, ...] = ()  # ids of the time entries it booked
    letters: tuple[str, ...] = ()  # ids of the letters it wrote to workers
    orders: tuple[str, ...] = ()  # what was ordered, as core.events.Verb: to undo it takes the same proof
    undone_at: datetime | None = None
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """One status reply about one job; `None` means the worker did not say."""

    id: str  # `R` and the number of its journal line
    job_id: str
    worker_id: str
    mail_id: str
    received_at: datetime
    proof: Proof
    brief_version: int
    done: str | None = None
    minutes: int | None = None
    next: str | None = None
    blocked: str | None = None  # the worker's words; None where nothing blocks
    status: Status | None = None
    waits: bool = False  # unproven: counts for nothing until the worker has confirmed it
    question: str | None = None
    remark: str = ""  # his words that stand under no label
    left_out: tuple[str, ...] = ()  # what a report that `waits` asked for and does not keep, by its label
    rev: int = 1


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """One booking of effort; never edited.

    payable + over_cap + undecided = minutes, in every entry. An entry that settles an earlier one reports no minutes of
    its own and moves them between the three classes, so the sums over all entries are always what stands today.
    """

    id: str  # `E` and the number of its journal line
    job_id: str
    worker_id: str
    report_id: str | None
    recorded_at: datetime
    worked_on: date  # the worker's local day of receipt; before 06:00 the day before
    minutes: int
    payable: int
    over_cap: int
    undecided: int
    why: str = ""  # why undecided, or what settled it
    settles: str | None = None  # id of the entry whose minutes this one moves
    rev: int = 1


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """Where the bytes of a mail lie in the archive."""

    segment: str
    offset: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was fetched, and what became of it; `id` is the first 32 hex digits of its SHA-256."""

    id: str
    fate: Fate
    seen_at: datetime
    received_at: datetime
    mailbox: str
    uidvalidity: int
    uid: int
    person_id: str | None
    job_id: str | None
    proof: Proof
    archived: ArchivePlace | None
    why: str = ""
    message_id: str | None = None  # of an owner's mail with orders: another one with it orders nothing
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one mailbox has been read; `id` is the mailbox (folder) name.

    `first_uid` is the first UID that concerns us: what lay there before the first start is never touched. It is 0 after
    the server gave the mailbox a new UIDVALIDITY; INTERNALDATE tells then what is older.
    The counts are the books of this mailbox since the first start: seen = left_alone + vanished + duplicates + settled.
    """

    id: str
    uidvalidity: int
    settled_uid: int  # everything up to here has its fate
    first_uid: int
    first_started_at: datetime
    fetched_at: datetime
    seen: int = 0
    left_alone: int = 0
    vanished: int = 0
    duplicates: int = 0
    settled: int = 0
    rev: int = 1
