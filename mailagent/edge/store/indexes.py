"""What the office can be asked for without a scan, kept up to date by every change.

Each `add_*` has its exact opposite, so that what was staged can be taken back. What is told of a report, an entry, a
mail or a letter is a small row, which the start makes from a document without building the value.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from mailagent.core.letters import Letter
from mailagent.core.model import Fate, Job, Mail, Owner, Question, Worker
from mailagent.core.reminders import owner_due_at
from mailagent.core.slices import Effort
from mailagent.edge.store.timeindex import TimeIndex

Sums = tuple[
    int, int, int, int
]  # minutes, payable, over_cap, undecided: a plain tuple, which the garbage collector leaves alone
NOTHING: Sums = (0, 0, 0, 0)


class ReportRow(NamedTuple):
    """What the indexes need of a report."""

    number: int  # the document's
    id: str
    job_id: str
    worker_id: str
    received_at: str
    waits: bool


class EntryRow(NamedTuple):
    """What the indexes need of a time entry."""

    number: int
    id: str
    job_id: str
    worker_id: str
    report_id: str | None
    worked_on: str
    minutes: int
    payable: int
    over_cap: int
    undecided: int

    @property
    def sums(self) -> Sums:
        """Its minutes as sums."""
        return self.minutes, self.payable, self.over_cap, self.undecided


class DoneLetterRow(NamedTuple):
    """What the indexes need of a finished letter."""

    number: int
    id: str
    message_id: str | None
    finished_at: datetime


def plus(one: Sums, other: Sums, sign: int = 1) -> Sums:
    """Add the sums, or take them away with `sign` -1."""
    return one[0] + sign * other[0], one[1] + sign * other[1], one[2] + sign * other[2], one[3] + sign * other[3]


def as_effort(sums: Sums) -> Effort:
    """Give the sums as core's value."""
    return Effort(*sums)


@dataclass(slots=True)
class JobRecord:
    """What hangs on a job: its reports by instant of receipt, its entries in order of booking, and their sums."""

    reports: list[tuple[str, int]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    sums: Sums = NOTHING


@dataclass(slots=True)
class Touched:
    """What has changed since dues were reckoned: jobs, all open jobs of workers, and the weeks of workers."""

    jobs: dict[str, None] = field(default_factory=dict)
    workers: dict[str, None] = field(default_factory=dict)
    weeks: dict[str, None] = field(default_factory=dict)

    def clear(self) -> None:
        """All of it is reckoned."""
        self.jobs.clear()
        self.workers.clear()
        self.weeks.clear()


class Indexes:
    """All indexes of one office."""

    def __init__(self) -> None:
        self.by_address: dict[str, tuple[str, str]] = {}  # address in lower case -> table, id
        self.owner_dues = TimeIndex()
        self.open_jobs: dict[str, dict[str, None]] = defaultdict(dict)  # worker -> job ids
        self.jobs_of_worker: dict[str, int] = defaultdict(int)
        self.jobs_of_owner: dict[str, dict[str, None]] = defaultdict(dict)  # open ones
        self.closed_jobs: dict[str, TimeIndex] = defaultdict(TimeIndex)  # owner -> job ids by instant of their end
        self.answered: dict[str, dict[str, None]] = {}  # title -> ids of jobs in which something was answered
        self.trials: dict[str, dict[str, None]] = defaultdict(dict)  # trial -> job ids
        self.highest_job = 0
        self.of_job: dict[str, JobRecord] = defaultdict(JobRecord)
        self.days: dict[str, dict[str, Sums]] = defaultdict(dict)  # worker -> day -> sums
        self.waiting: dict[str, dict[str, None]] = defaultdict(dict)  # worker -> ids of reports that wait for him
        self.undecided_entry: dict[str, str] = {}  # report id -> id of its entry, where that is undecided
        self.quarantined: dict[str, int] = {}  # mail id -> number of its document
        self.ordered: dict[tuple[str | None, str], str] = {}  # person, Message-ID -> id of his mail with orders
        self.open_questions: dict[str, dict[int, None]] = defaultdict(dict)  # job -> numbers of their documents
        self.touched = Touched()
        self.due_letters = TimeIndex()
        self.done_letters = TimeIndex()
        self.by_message_id: dict[str, str] = {}

    # -- people and jobs --

    def person(self, table: str, before: Owner | Worker | None, after: Owner | Worker | None) -> None:
        """A person came, changed or went."""
        if before is not None:
            for address in before.addresses:
                self.by_address.pop(address.lower(), None)
        if after is not None:
            for address in after.addresses:
                self.by_address[address.lower()] = (table, after.id)
        one = after if after is not None else before
        if isinstance(one, Owner):
            self.owner_dues.put(one.id, owner_due_at(one) if after is not None else None)
        elif one is not None:
            self.touched.workers[one.id] = None

    def job(self, before: Job | None, after: Job | None) -> None:
        """A job came, changed or went."""
        self.touched.jobs[(after or before).id] = None  # type: ignore[union-attr]
        if before is not None:
            self.jobs_of_worker[before.worker_id] -= 1
            self.open_jobs[before.worker_id].pop(before.id, None)
            self.jobs_of_owner[before.owner_id].pop(before.id, None)
            self.closed_jobs[before.owner_id].put(before.id, None)
            if before.trial_id is not None:
                self.trials[before.trial_id].pop(before.id, None)
            if before.asked or before.brief.asked:
                self.answered.get(before.brief.title, {}).pop(before.id, None)
            if after is None and before.number == self.highest_job:
                self.highest_job -= 1  # taken back; job numbers have no gaps
        if after is not None:
            self.highest_job = max(self.highest_job, after.number)
            self.jobs_of_worker[after.worker_id] += 1
            if after.trial_id is not None:
                self.trials[after.trial_id][after.id] = None
            if after.asked or after.brief.asked:
                self.answered.setdefault(after.brief.title, {})[after.id] = None
            if after.is_open:
                self.open_jobs[after.worker_id][after.id] = None
                self.jobs_of_owner[after.owner_id][after.id] = None
            else:
                self.closed_jobs[after.owner_id].put(after.id, after.closed_at or after.briefed_at)

    # -- reports and entries --

    def add_report(self, row: ReportRow) -> None:
        """A report came."""
        place = (row.received_at, row.number)
        reports = self.of_job[row.job_id].reports
        if not reports or reports[-1] < place:
            reports.append(place)
        else:
            insort(reports, place)
        if row.waits:
            self.waiting[row.worker_id][row.id] = None

    def remove_report(self, row: ReportRow) -> None:
        """A report went."""
        reports = self.of_job[row.job_id].reports
        del reports[bisect_left(reports, (row.received_at, row.number))]
        self.waiting[row.worker_id].pop(row.id, None)

    def add_entry(self, row: EntryRow) -> None:
        """A time entry came."""
        record = self.of_job[row.job_id]
        record.entries.append(row.number)
        self._book(record, row, 1)
        if row.undecided > 0 and row.report_id is not None:
            self.undecided_entry[row.report_id] = row.id

    def remove_entry(self, row: EntryRow) -> None:
        """A time entry went."""
        record = self.of_job[row.job_id]
        record.entries.remove(row.number)
        self._book(record, row, -1)
        if row.report_id is not None and self.undecided_entry.get(row.report_id) == row.id:
            del self.undecided_entry[row.report_id]

    def _book(self, record: JobRecord, row: EntryRow, sign: int) -> None:
        record.sums = plus(record.sums, row.sums, sign)
        self.touched.jobs[row.job_id] = None
        self.touched.weeks[row.worker_id] = None
        days = self.days[row.worker_id]
        days[row.worked_on] = plus(days.get(row.worked_on, NOTHING), row.sums, sign)
        if sign < 0 and days[row.worked_on] == NOTHING:
            del days[row.worked_on]

    def question(self, number: int, before: Question | None, after: Question | None) -> None:
        """A question came, was answered or went."""
        self.touched.jobs[(after or before).job_id] = None  # type: ignore[union-attr]
        if before is not None:
            self.open_questions[before.job_id].pop(number, None)
        if after is not None and after.is_open:
            self.open_questions[after.job_id][number] = None

    # -- mails and letters --

    def mail(self, id_: str, number: int, before: Fate | None, after: Fate | None) -> None:
        """A mail came, changed its fate or went."""
        if before is Fate.QUARANTINED:
            self.quarantined.pop(id_, None)
        if after is Fate.QUARANTINED:
            self.quarantined[id_] = number

    def ordered_by(self, before: Mail | None, after: Mail | None) -> None:
        """A mail came, changed or went, and may have orders: it is known by its Message-ID."""
        if before is not None and before.message_id is not None:
            self.ordered.pop((before.person_id, before.message_id), None)
        if after is not None and after.message_id is not None:
            self.ordered[after.person_id, after.message_id] = after.id

    def letter(self, number: int, before: Letter | None, after: Letter | None) -> None:
        """A letter came, changed or went."""
        if before is not None:
            self._forget_letter(before.id, before.message_id)
        if after is None:
            return
        if after.message_id is not None:
            self.by_message_id[after.message_id] = after.id
        if is_done(after):
            self.done_letters.put(after.id, after.finished_at or after.written_at, number)
        else:
            self.due_letters.put(after.id, letter_due_at(after), number)

    def add_done_letter(self, row: DoneLetterRow) -> None:
        """A finished letter came from the file."""
        if row.message_id is not None:
            self.by_message_id[row.message_id] = row.id
        self.done_letters.put(row.id, row.finished_at, row.number)

    def _forget_letter(self, id_: str, message_id: str | None) -> None:
        self.due_letters.put(id_, None)
        self.done_letters.put(id_, None)
        if message_id is not None:
            self.by_message_id.pop(message_id, None)


def is_done(letter: Letter) -> bool:
    """Nothing more will be tried: sent, failed, or unknown and not of the kinds that go once more."""
    return letter.finished_at is not None


def letter_due_at(letter: Letter) -> datetime:
    """When the outbox may try it (again)."""
    return letter.next_try_at or letter.claimed_at or letter.written_at
