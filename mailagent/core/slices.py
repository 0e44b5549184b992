"""Which entities an event needs to be decided, and the slice that holds them.

`needs(event)` is what a store is asked to load; the `Slice` is all that core/decide ever sees of the office.
"""

from dataclasses import dataclass
from datetime import date

from mailagent.core import events as ev
from mailagent.core.letters import Letter
from mailagent.core.model import Cursor, Deed, Job, Mail, Owner, Proof, Question, Report, TimeEntry, Worker
from mailagent.core.settings import Policy


@dataclass(frozen=True, slots=True)
class Effort:
    """Sums of time entries, in minutes: payable + over_cap + undecided = reported."""

    reported: int = 0
    payable: int = 0
    over_cap: int = 0
    undecided: int = 0

    def plus(self, entry: TimeEntry) -> "Effort":
        """The sums with this entry."""
        return Effort(
            self.reported + entry.minutes,
            self.payable + entry.payable,
            self.over_cap + entry.over_cap,
            self.undecided + entry.undecided,
        )

    def minus(self, entry: TimeEntry) -> "Effort":
        """The sums without this entry."""
        return Effort(
            self.reported - entry.minutes,
            self.payable - entry.payable,
            self.over_cap - entry.over_cap,
            self.undecided - entry.undecided,
        )


@dataclass(frozen=True, slots=True)
class Needs:
    """What to load.

    With a job come its owner, its worker and its effort; with a worker his open jobs and last days; with a letter its
    job and, where that has none, its recipient.
    """

    owner_id: str | None = None
    only_owner: bool = False  # the owner, where there is exactly one and none is named
    worker_id: str | None = None
    worker_ids: tuple[str, ...] = ()  # these workers as `candidates`
    job_id: str | None = None
    mail_id: str | None = None
    letter_id: str | None = None
    address: str | None = None  # the person who has it, if anybody
    addresses: tuple[str, ...] = ()  # who of the office has one of these
    cursor_id: str | None = None
    letter_ids: tuple[str, ...] = ()
    title: str | None = None  # of a brief: the owner's jobs by that title in which something was answered
    digest: bool = False  # the owner's whole picture
    waiting: bool = False  # the worker's reports that wait for his confirmation
    due: bool = False  # the worker's open jobs as `facts`, and his calendar
    job_ids: tuple[str, ...] = ()  # these jobs as `facts`
    orders: bool = False  # with what an owner's orders about them take, and with the jobs of the deed
    deed_id: str | None = None
    ordered: tuple[str, str] | None = None  # person and Message-ID: his mail with orders that has it


@dataclass(frozen=True, slots=True)
class JobPicture:
    """A job as the digest shows it."""

    job: Job
    worker: Worker
    effort: Effort
    minutes_since: int  # reported since the owner's last digest
    reports_since: int
    over_cap_since: int
    undecided_since: int
    last_report: Report | None
    questions: tuple[Question, ...] = ()  # the open ones, oldest first


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker who is to get a job in a trial."""

    worker: Worker
    has_had_mail: bool  # he was written to before


@dataclass(frozen=True, slots=True)
class TrialJob:
    """A job of a trial with what it is compared by; `questions` are the open ones."""

    job: Job
    worker: Worker
    effort: Effort
    reports: int = 0
    questions: tuple[Question, ...] = ()
    days_off: tuple[date, ...] = ()  # the worker's public holidays


@dataclass(frozen=True, slots=True)
class OverCap:
    """Minutes of an entry that stand over the cap still, after all that settled it."""

    entry: TimeEntry
    minutes: int


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job with what deciding about it takes; `questions` are the open ones, oldest first.

    From `over_cap` on they are there for an owner's orders. `over_cap` leaves out what he said he would not pay; `days`
    are all days of his worker that have minutes in the weeks of that, and the last 15.
    """

    job: Job
    worker: Worker
    effort: Effort
    questions: tuple[Question, ...] = ()
    owner: Owner | None = None  # whose job it is
    over_cap: tuple[OverCap, ...] = ()  # oldest first
    days: tuple[tuple[date, Effort], ...] = ()
    days_off: tuple[date, ...] = ()  # the worker's public holidays
    last_report: Report | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report that waits for its worker's confirmation; `entry` is None where it gave no hours."""

    report: Report
    entry: TimeEntry | None
    job: Job
    effort: Effort  # of the job
    questions: tuple[Question, ...] = ()  # the job's open ones, oldest first
    owner: Owner | None = None  # of the job
    earlier: tuple[Report, ...] = ()  # of the job, booked before it and received since `policy.repeat_hours` before it


@dataclass(frozen=True, slots=True)
class Books:
    """What became of the mails seen since the first start, summed over the cursors.

    They balance when seen = left_alone + vanished + duplicates + settled; `settled` is counted from the mails
    themselves. `quarantined` counts the mails of that fate.
    """

    seen: int = 0
    left_alone: int = 0
    vanished: int = 0
    duplicates: int = 0
    settled: int = 0
    quarantined: int = 0

    @property
    def balance(self) -> bool:
        """Tell whether every mail seen has exactly one end."""
        return self.seen == self.left_alone + self.vanished + self.duplicates + self.settled


@dataclass(frozen=True, slots=True)
class Slice:
    """What the office knows that matters for one event; what was not asked for is empty."""

    seq: int  # the number of the journal line this event will get
    policy: Policy
    next_job_number: int = 1
    owner: Owner | None = None
    owner_count: int = 0
    worker: Worker | None = None
    job: Job | None = None
    open_jobs: tuple[Job, ...] = ()  # the worker's, in order of their number
    job_effort: Effort = Effort()
    worker_days: tuple[
        tuple[date, Effort], ...
    ] = ()  # the worker's last 15 days with entries, and the weeks of what waits
    recent_reports: tuple[Report, ...] = ()  # of the job, since `policy.repeat_hours`
    waiting: tuple[Waiting, ...] = ()  # the worker's reports with `waits`, oldest first
    letter: Letter | None = None
    letters: tuple[Letter, ...] = ()
    mail: Mail | None = None
    ordered: Mail | None = None  # the owner's earlier mail with orders that has the same Message-ID
    cursor: Cursor | None = None
    taken: tuple[tuple[str, str], ...] = ()  # address or short name already used, and by whom
    has_had_mail: bool = False  # the worker was written to before
    pictures: tuple[JobPicture, ...] = ()  # the owner's, open or closed since his last digest
    books: Books = Books()
    quarantined: tuple[Mail, ...] = ()  # since the owner's last digest
    same_title: tuple[Job, ...] = ()  # the owner's, with something asked and answered, by number
    candidates: tuple[Candidate, ...] = ()  # in the order they were named; who is unknown is left out
    trial_jobs: tuple[TrialJob, ...] = ()  # all jobs of the owner's trials that have an open one, by number
    questions: tuple[Question, ...] = ()  # the job's open ones, oldest first
    facts: tuple[JobFacts, ...] = ()
    days_off: tuple[date, ...] = ()  # the worker's public holidays, of last, this and next year
    deed: Deed | None = None
    deed_entries: tuple[TimeEntry, ...] = ()
    deed_questions: tuple[Question, ...] = ()  # those it changed, as they stand now


def needs(event: ev.Event) -> Needs:
    """Name what deciding `event` takes."""
    match event:
        case ev.OwnerAdded(id=person_id, addresses=addresses) | ev.WorkerAdded(id=person_id, addresses=addresses):
            return Needs(owner_id=person_id, worker_id=person_id, addresses=addresses)
        case ev.JobAdded(owner_id=owner_id, worker_id=worker_id, brief=brief):
            return Needs(owner_id=owner_id, only_owner=owner_id is None, worker_id=worker_id, title=brief.title)
        case ev.TrialAdded(owner_id=owner_id, worker_ids=worker_ids, brief=brief):
            return Needs(owner_id=owner_id, only_owner=owner_id is None, worker_ids=worker_ids, title=brief.title)
        case ev.Reported() | ev.NotUnderstood():
            return Needs(worker_id=event.worker_id, job_id=event.job_id, mail_id=event.mail.id)
        case ev.SeemedAway():
            return Needs(worker_id=event.worker_id, mail_id=event.mail.id, due=True)
        case ev.Confirmed():
            return Needs(worker_id=event.worker_id, mail_id=event.mail.id, waiting=True)
        case ev.Suspected():
            return Needs(worker_id=event.worker_id, mail_id=event.mail.id, letter_id=suspected_key(event))
        case ev.OwnerWrote():
            return Needs(owner_id=event.owner_id, mail_id=event.mail.id, digest=True, letter_id=unproven_key(event))
        case ev.MailSettled():
            return Needs(mail_id=event.mail.id)
        case ev.Bounced():
            return Needs(mail_id=event.mail.id, letter_id=event.letter_id, address=event.address)
        case ev.WorkerDue(worker_id=worker_id):
            return Needs(worker_id=worker_id, due=True)
        case ev.OwnerOrdered():
            return _needs_of_orders(event)
        case ev.OwnerDue(owner_id=owner_id):
            return Needs(owner_id=owner_id, digest=True)
        case ev.MailboxRead(mailbox=mailbox):
            return Needs(cursor_id=mailbox)
        case ev.Alarmed(role=role, person_id=person_id, topic=topic):
            return Needs(owner_id=person_id if role == "owner" else None, letter_id=alert_key(person_id, topic))
        case ev.HouseKept(letter_ids=letter_ids):
            return Needs(letter_ids=letter_ids)
        case _:
            return Needs(letter_id=event.letter_id)


def _needs_of_orders(event: ev.OwnerOrdered) -> Needs:
    if event.mail.proof < Proof.DOMAIN:
        return needs(ev.OwnerWrote(event.mail, event.owner_id))
    undone = next((order.number for order in event.orders if order.number is not None), None)
    mail = event.mail
    reads = any(order.verb in (ev.Verb.LIST, ev.Verb.DIGEST) for order in event.orders)
    return Needs(
        owner_id=event.owner_id,
        mail_id=event.mail.id,
        letter_id=event.confirms or None,
        job_ids=tuple(dict.fromkeys(order.job_id for order in event.orders if order.job_id is not None)),
        deed_id=None if undone is None else f"D{undone}",
        digest=reads,
        orders=True,
        ordered=(mail.person_id, mail.message_id) if mail.person_id and mail.message_id else None,
    )


def alert_key(person_id: str, topic: str) -> str:
    """The key of the alert about `topic`: one for each person and topic."""
    return f"{person_id}/alert/{topic}"


def unproven_key(event: ev.OwnerWrote) -> str:
    """The key of the one answer a day to mails in an owner's name that nothing proves."""
    return f"{event.owner_id}/owner-note/unproven-{event.mail.received_at:%Y-%m-%d}"


def suspected_key(event: ev.Suspected) -> str:
    """The key of the one question a day about mails from strange addresses in a worker's name."""
    return alert_key(event.worker_id, f"strange-{event.mail.received_at:%Y-%m-%d}")
