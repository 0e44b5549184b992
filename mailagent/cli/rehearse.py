"""`mailagent rehearse BRIEF.md --worker ana`: the whole coming life of a job, mail by mail, before it is given.

Sends nothing and changes nothing: it is played in a folder of its own that is thrown away, for a worker who is
reliable, slow or silent.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailagent.cli import people
from mailagent.cli.common import add_json, hours, load_config, print_json, print_table, several
from mailagent.cli.job import load_brief
from mailagent.cli.lists import office
from mailagent.core import workday
from mailagent.core.events import JobAdded
from mailagent.core.letters import BriefContents, Letter, NudgeContents, ReceiptContents
from mailagent.core.model import Job
from mailagent.edge import clock
from mailagent.edge.config import Config
from mailagent.edge.logs import escape
from mailagent.edge.store import OfficeReader, open_store
from mailagent.edge.templates import Frame, Templates
from mailagent.rehearsing import Cast, Coming, Life, Manner, Rehearsal

_WHEN = "%a %d %b %H:%M"
_DAYS_BACK = 15  # as far as hours matter to a week


@dataclass(frozen=True, slots=True)
class Line:
    """A mail of the rehearsal, as --json has it; `at` is UTC, the other times are local."""

    at: datetime
    worker_time: datetime
    owner_time: datetime
    sender: str
    to: str
    kind: str
    says: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The brief, who would do it, and how he behaves."""
    parser.add_argument("brief", type=Path, metavar="BRIEF.md", help="the brief; config/briefs has samples")
    parser.add_argument("--worker", required=True, type=people.read_short_name, metavar="NAME", help="who would do it")
    parser.add_argument(
        "--owner", type=people.read_short_name, metavar="NAME", help="whose job it is; not needed for one owner"
    )
    parser.add_argument(
        "--as",
        dest="manner",
        choices=[one.value for one in Manner],
        default=Manner.RELIABLE.value,
        help="how the worker behaves: reliable (as it is without this), slow or silent",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Play it, and print every mail."""
    settings = load_config(args)
    event = JobAdded(args.owner, args.worker, load_brief(args.brief))
    now = clock.now()
    with office(settings) as reader:
        cast = _cast(reader, args.owner, args.worker, now)
    life = _play(settings, cast, event, Manner(args.manner), now)
    owner = next(one for one in cast.owners if one.id == life.job.owner_id)
    assert cast.worker is not None, "without a worker the job is refused"
    lines = [_line(one, cast.worker.hours.zone, owner.hours.zone) for one in life.mails]
    if args.json:
        print_json({"job": life.job.id, "worker": args.worker, "as": args.manner, "mails": lines, "ended": life.ended})
        return 0
    print(f"{life.job.id}, with {args.worker} {args.manner}. Nothing is sent.")
    headings = (
        f"{args.worker}: {cast.worker.hours.zone}",
        f"{owner.id}: {owner.hours.zone}",
        "FROM",
        "TO",
        "MAIL",
        "SAYS",
    )
    print_table(headings, [_row(line) for line in lines])
    print(escape(life.ended))
    return 0


def _cast(reader: OfficeReader, owner_id: str | None, worker_id: str, now: datetime) -> Cast:
    """The people of the job, and what the worker's earlier jobs have to do with it: his hours, and the next key."""
    owners = tuple(one for one in reader.owners() if owner_id in (None, one.id))
    worker = next((one for one in reader.workers() if one.id == worker_id), None)
    jobs = reader.jobs()
    since = now.date() - timedelta(days=_DAYS_BACK)
    entries = tuple(one for one in reader.entries(worker_id=worker_id) if one.worked_on >= since)
    return Cast(owners, worker, _earlier(jobs, worker_id), entries)


def _earlier(jobs: tuple[Job, ...], worker_id: str) -> tuple[Job, ...]:
    """The worker's jobs and the newest of all, which may be somebody else's."""
    return tuple(job for job in jobs if job.worker_id == worker_id or job is jobs[-1])


def _play(settings: Config, cast: Cast, event: JobAdded, manner: Manner, now: datetime) -> Life:
    with tempfile.TemporaryDirectory(prefix="mailagent-rehearsal-") as folder:
        store = open_store(Path(folder), policy=settings.policy())
        try:
            return Rehearsal(store, cast, _line_of(settings, cast)).play(event, manner, now)
        finally:
            store.close()


def _line_of(settings: Config, cast: Cast) -> Callable[[Letter], str]:
    """What a letter says: to a worker by its figures, else by its subject, which is the news."""
    templates = Templates()
    zones = {owner.id: owner.hours.zone for owner in cast.owners}

    def line_of(letter: Letter) -> str:
        worker_zone = cast.worker.hours.zone if cast.worker is not None else "Etc/UTC"
        match letter.contents:
            case None:
                return ""
            case BriefContents():
                return _of_brief(letter.contents)
            case ReceiptContents():
                return _of_receipt(letter.contents, worker_zone)
            case NudgeContents(again=again, lines=lines):
                when = f"{workday.local(lines[0].due_at, worker_zone):{_WHEN}}"
                return f"reminder {again}: the {lines[0].waits_for} was due on {when}"
            case contents:
                zone = zones.get(letter.recipient_id, "Etc/UTC")
                frame = Frame(settings.agent.name, settings.agent.address, zone, topic=letter.subject_topic)
                return templates.render(letter.kind, contents, frame).subject

    return line_of


def _of_brief(contents: BriefContents) -> str:
    cap = "no cap" if contents.cap_minutes is None else f"cap {hours(contents.cap_minutes)}"
    first = "; his first mail from here" if contents.first_mail else ""
    return f"{contents.title}: {several(len(contents.steps), 'step')}, {cap}{first}"


def _of_receipt(contents: ReceiptContents, zone: str) -> str:
    due = contents.next_due_at
    said = [
        f"{hours(contents.minutes)} understood" if contents.minutes is not None else "understood",
        *([f"{hours(contents.stand.left)} left"] if contents.stand.left is not None else []),
        *([f"{contents.cap_passed} % of the cap is used"] if contents.cap_passed else []),
        f"next word by {workday.local(due, zone):{_WHEN}}" if due is not None else "nothing more is due",
    ]
    return ", ".join(said)


def _line(one: Coming, worker_zone: str, owner_zone: str) -> Line:
    worker_time, owner_time = workday.local(one.at, worker_zone), workday.local(one.at, owner_zone)
    return Line(one.at, worker_time, owner_time, one.sender, one.to, one.kind, one.says)


def _row(line: Line) -> tuple[str, ...]:
    when = (f"{line.worker_time:{_WHEN}}", f"{line.owner_time:{_WHEN}}")
    return (*when, line.sender, line.to, line.kind, line.says)
