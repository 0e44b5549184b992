"""How a job's hours stand, and the owner's digest, as values; what other letters say is in core/letters.

Decided values only: minutes, instants in UTC, a person's words. Templates turn them into text.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mailagent.core.model import Status


@dataclass(frozen=True, slots=True)
class HoursStand:
    """How a job's hours stand: payable minutes used, the cap (None: no cap) and what is left of it."""

    cap: int | None
    payable: int
    over_cap: int
    undecided: int
    left: int | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a job stands where it does in a list; core/pulse.py has the words that `what` may be."""

    what: str
    words: str = ""  # a person's own
    minutes: int | None = None
    since: datetime | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts of one currency, never added to those of another: payable, promised by unused caps, over cap."""

    currency: str
    payable: Decimal
    promised: Decimal
    over_cap: Decimal


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One job in the owner's digest.

    `section` is "needs you", "at risk", "well", "away" or "closed". `answers` are what he may tap or type: what a
    button says, and the words of the order.
    """

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
    unproven: bool  # hours of this job wait for a worker's confirmation
    section: str = "well"
    reasons: tuple[Reason, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    called: str = ""  # the worker, as short as he can be told from the others

    @property
    def needs_you(self) -> bool:
        """Tell whether the owner is asked for something."""
        return self.section == "needs you"


@dataclass(frozen=True, slots=True)
class Candidacy:
    """One candidate of a trial; minutes, from the brief on in his own working time. None: not yet."""

    job_id: str
    worker_name: str
    phase: str
    started_after: int | None
    reported_after: int | None
    payable: int
    cap: int | None
    reports: int
    nudges: int
    questions: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """One brief given to several candidates, in the order they were named."""

    id: str
    title: str
    candidates: tuple[Candidacy, ...]


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
    expected: int = 0  # reports: those that came in, and those that are late
    used: int = 0  # payable minutes of the jobs that have a cap
    capped: int = 0  # the sum of their caps
    money: tuple[Money, ...] = ()
    quiet: bool = False  # nothing to tell: one line, and how to get more
    first: bool = False  # his first one
    digest_at: int = 0  # minutes after midnight, in his zone
    next_on: date | None = None  # when the next one comes, in his zone
    trials: tuple[Trial, ...] = ()  # those with an open job
