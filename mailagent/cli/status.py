"""`mailagent status`: how the office stands; read while the daemon runs."""

import argparse
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from mailagent.cli.common import add_json, ask_daemon, hours, load_config, print_json, print_table, several
from mailagent.cli.lists import as_of, office
from mailagent.core.slices import Books, Effort
from mailagent.edge.config import Config
from mailagent.edge.control import Answer, Ask, Do
from mailagent.edge.store import OfficeReader, journal_seq
from mailagent.errors import EXIT_STATE, UserError


@dataclass(frozen=True, slots=True)
class Status:
    """The office in numbers; minutes. `letters` counts what waits, by state; `jobs` by phase."""

    as_of: int
    at: datetime | None
    journal: int | None  # the number of its last line; None where that line is damaged
    daemon: tuple[tuple[str, str], ...] | None  # what the daemon says of itself; None: none runs
    owners: int
    workers: int
    jobs: tuple[tuple[str, int], ...]
    letters: tuple[tuple[str, int], ...]
    books: Books
    effort: Effort


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Only the form of the answer."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the office in numbers."""
    settings = load_config(args)
    # Asked first, as whoever typed it; reading the office comes as its owner.
    daemon = _ask(settings)
    with office(settings) as reader:
        status = _status(reader, daemon, journal_seq(settings.agent.state_dir))
        if args.json:
            print_json(status)
        else:
            print_table((), _rows(status))
            print(as_of(reader))
    return EXIT_STATE if _journal_problem(status) else 0


def _ask(settings: Config) -> Answer | None:
    """What the daemon says; None where none runs, or where we may not ask it."""
    try:
        return ask_daemon(settings, Ask(Do.STATUS))
    except UserError as problem:
        return Answer(facts=(("trouble", str(problem)),))


def _status(reader: OfficeReader, daemon: Answer | None, journal: int | None) -> Status:
    phases = Counter(job.phase.value for job in reader.jobs())
    letters = Counter(letter.state.value for letter in reader.unfinished_letters())
    return Status(
        as_of=reader.seq,
        at=reader.at,
        journal=journal,
        daemon=None if daemon is None else daemon.facts,
        owners=len(reader.owners()),
        workers=len(reader.workers()),
        jobs=tuple(sorted(phases.items())),
        letters=tuple(sorted(letters.items())),
        books=reader.books(),
        effort=_sum(reader),
    )


def _sum(reader: OfficeReader) -> Effort:
    efforts = [effort for _, effort in reader.efforts()]
    return Effort(
        sum(one.reported for one in efforts),
        sum(one.payable for one in efforts),
        sum(one.over_cap for one in efforts),
        sum(one.undecided for one in efforts),
    )


def _rows(status: Status) -> list[tuple[str, str]]:
    effort, books = status.effort, status.books
    running = "does not run" if status.daemon is None else "runs; " + _counted(status.daemon, "nothing to say")
    parts = (effort.payable, "payable"), (effort.over_cap, "over cap"), (effort.undecided, "undecided")
    booked = ", ".join(f"{hours(minutes)} {what}" for minutes, what in parts)
    seen = ", ".join(f"{count} {what}" for count, what in _fates(books))
    return [
        ("daemon", running),
        ("people", f"{several(status.owners, 'owner')}, {several(status.workers, 'worker')}"),
        ("jobs", _counted(status.jobs, "none")),
        ("hours", f"{hours(effort.reported)} reported: {booked}"),
        ("letters", _counted(status.letters, "none wait")),
        ("mails", f"{books.seen} seen: {seen}; {books.quarantined} in quarantine"),
        *([("journal", problem)] if (problem := _journal_problem(status)) else []),
        *([] if books.balance else [("", "the books do NOT balance; run `mailagent verify`")]),
    ]


def _journal_problem(status: Status) -> str:
    """What the journal's end shows to be wrong; the rest of it is for `verify`."""
    if status.journal is None:
        return "its last line is DAMAGED; run `mailagent verify`"
    if status.journal < status.as_of:
        return f"lines are MISSING: it ends at #{status.journal}; run `mailagent verify`"
    return ""


def _fates(books: Books) -> tuple[tuple[int, str], ...]:
    """What became of the mails seen; the counts add up to `seen`."""
    return (
        (books.settled, "settled"),
        (books.duplicates, "duplicate"),
        (books.left_alone, "left alone"),
        (books.vanished, "vanished"),
    )


def _counted(pairs: tuple[tuple[str, object], ...], nothing: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in pairs) or nothing
