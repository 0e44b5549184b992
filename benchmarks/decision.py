"""One decision: a report, an owner's order, a worker who is due; and a report about a job with a long history.

    python -m benchmarks.decision [--reports N] [--rounds N]

What is timed is what it takes to decide an event: its slice is loaded, and what follows is worked out. Nothing is kept,
so every round finds the same office. In processor time, for others work on the machine, too; and as in the daemon what
was loaded at the start is left out of garbage collection.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import Figure, median, table
from benchmarks.office import a_brief
from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.model import ArchivePlace, Proof, Status, WorkingHours
from mailagent.core.settings import Policy
from mailagent.edge.store import Store, open_store

MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday
_HOURS = WorkingHours("Europe/Berlin")
_EVERY = timedelta(hours=4)  # as often as somebody is asked at most
_JOBS = 10  # of each worker
_BATCH = 500
SHORT, LONG, DUE = "J1", "J2", "J3"  # one report, many of them, none: the first jobs of ana, ben and carl
WORKER_OF = {SHORT: "ana", LONG: "ben", DUE: "carl"}


class Office:
    """Three workers with ten jobs each, whose briefs went out weeks ago; one job has a single report, one has many."""

    def __init__(self, folder: Path, reports: int) -> None:
        self.store: Store = open_store(folder, policy=Policy(day_limit_minutes=10**9))
        self._mails = 0
        begun = MORNING - (reports + 1) * _EVERY
        owner = ev.OwnerAdded("dana", "Dana Owner", ("dana@example.com",), _HOURS, digest_at=450)
        hired = [ev.WorkerAdded(name, name.title(), (f"{name}@example.com",), _HOURS) for name in WORKER_OF.values()]
        brief = replace(a_brief(1), cap_minutes=None)
        given = [ev.JobAdded("dana", worker, brief) for _ in range(_JOBS) for worker in WORKER_OF.values()]
        self._settle([owner, *hired, *given], begun)
        letters = self.store.letters_due(begun, len(given))
        self._settle([ev.LetterClaimed(one.id, f"<{one.id}@example.com>", "a" * 28) for one in letters], begun)
        for number in range(reports):
            at = begun + (number + 1) * _EVERY
            self._settle([self.report(LONG, at)], at, commit=number % _BATCH == 0)
        self._settle([self.report(SHORT, MORNING - _EVERY)], MORNING)

    def _settle(self, events: list[ev.Event], at: datetime, *, commit: bool = True) -> None:
        for event in events:
            self.store.stage(event, decide(self.store.load(event, at), event, at), at)
        if commit:
            self.store.commit()

    def took_us(self, event: ev.Event, now: datetime) -> float:
        """Decide one event; how long it took."""
        started = time.thread_time_ns()
        decision = decide(self.store.load(event, now), event, now)
        took = time.thread_time_ns() - started
        assert decision.letters, event
        return took / 1000

    def report(self, job: str, at: datetime) -> ev.Reported:
        """A report with other words than the one before it."""
        words = f"Went through rows {self._mails} to {self._mails + 20} and marked what does not look right."
        mail = self._mail(WORKER_OF[job], at)
        return ev.Reported(mail, WORKER_OF[job], job, False, words, 15, "the rest", None, Status.WORKING)

    def orders(self, at: datetime) -> Iterator[ev.OwnerOrdered]:
        """Orders of three kinds about one job."""
        for order in (
            ev.Order("tell J1: the blue one", ev.Verb.TELL, SHORT, text="the blue one"),
            ev.Order("cap J1 40h", ev.Verb.CAP, SHORT, minutes=40 * 60),
            ev.Order("pause J1", ev.Verb.PAUSE, SHORT),
        ):
            yield ev.OwnerOrdered(self._mail("dana", at), "dana", (order,))

    def _mail(self, person: str, at: datetime) -> ev.MailFacts:
        self._mails += 1
        return ev.MailFacts(
            id=f"{self._mails:032x}",
            mailbox="INBOX",
            uidvalidity=7,
            uid=self._mails,
            received_at=at,
            archived=ArchivePlace(f"{at:%Y-%m}", self._mails * 3000),
            addr_spec=f"{person}@example.com",
            person_id=person,
            proof=Proof.BOTH,
            proof_why="it answers our mail to him, and the server vouches for him",
            message_id=f"<{self._mails}@mail.example.com>",
            subject="Re: work",
        )


def measure(reports: int = 10_000, rounds: int = 2_000) -> tuple[Figure, ...]:
    """Measure each kind in turn on one office."""
    with tempfile.TemporaryDirectory(prefix="decision-") as folder:
        office = Office(Path(folder), reports)
        gc.freeze()
        now = MORNING + timedelta(minutes=1)
        kinds: dict[str, Callable[[], list[ev.Event]]] = {
            "a report": lambda: [office.report(SHORT, now)],
            f"a report about a job that had {reports:,}": lambda: [office.report(LONG, now)],
            "an owner's order": lambda: list(office.orders(now)),
            f"a worker of whom {_JOBS} jobs are due": lambda: [ev.WorkerDue(WORKER_OF[DUE])],
        }
        took: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind, events in kinds.items():
                took[kind] += [office.took_us(event, now) for event in events()]
        gc.unfreeze()
        office.store.close()
    figures = [_p99(kind, times) for kind, times in took.items()]
    short, long, *_ = (median(times) for times in took.values())
    return (*figures, Figure("decision", f"{reports:,} reports on a job, to one", long / short, "times", "<= 1.3"))


def _p99(kind: str, times: list[float]) -> Figure:
    ordered = sorted(times)
    note = f"median {median(ordered):.0f}, {len(ordered):,} of them"
    return Figure("decision", f"{kind}, p99", ordered[len(ordered) * 99 // 100], "us", "<= 500", note)


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decision", description=__doc__)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2_000)
    args = parser.parse_args(argv)
    figures = measure(args.reports, args.rounds)
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
