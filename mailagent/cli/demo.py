"""`mailagent demo`: a working day in seconds. Real servers, the real daemon, people who answer; only the clock leaps.

Three processes beside this one: the mail world, the people, and `mailagent run`. When daemon and people both say that
they have nothing to do, the clock is set to the earlier of their next instants. All that was started is ended, by pid.
"""

import argparse
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from mailagent.cli import common, demo_record, demo_stage
from mailagent.cli.common import hours, print_json, several
from mailagent.cli.demo_record import Record, Seen, Summary
from mailagent.cli.demo_stage import Child, Stage
from mailagent.edge import clock, config
from mailagent.edge.control import Ask, Do
from mailagent.edge.logs import escape
from mailagent.errors import StateError, Unreachable

LONGEST_S = 60.0  # real time; it takes a third of that on a slow machine
LONGEST_STORY = timedelta(days=5)
_BREATH_S = 0.05  # between two looks at who is still busy
_QUIET_LOOKS = 2  # so many in a row: what one wrote last, the other may not have seen yet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to keep what was made, and the form of the answer."""
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep configuration, state and digest in this new folder"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object; the folder it names stays")


def run(args: argparse.Namespace) -> int:
    """Play the day, tell it as it goes, and show the digest."""
    signal.signal(signal.SIGTERM, _end)
    with _folder(args.keep, stays=args.json) as folder:
        stage = demo_stage.prepare(folder)
        clock.configure(stage.clock_file)
        with ExitStack() as children:
            summary = _play(stage, children, told=not args.json)
        if args.json:
            print_json(summary)
        else:
            _show(summary, folder, kept=args.keep is not None)
    return 0


def _end(number: int, frame: object) -> NoReturn:
    """Leave as after Ctrl-C, so that the children are ended too."""
    raise KeyboardInterrupt


@contextmanager
def _folder(keep: Path | None, *, stays: bool) -> Iterator[Path]:
    """A folder that goes again, or one to keep. Raises StateError where that one holds something already."""
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix="mailagent-demo-"))
        try:
            yield folder
        finally:
            if not stays:
                shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"{keep}: cannot be made: {error.strerror}") from None
    if any(keep.iterdir()):
        raise StateError(f"{keep}: is not empty; name a new folder")
    yield keep.absolute()


def _play(stage: Stage, children: ExitStack, *, told: bool) -> Summary:
    world = children.enter_context(demo_stage.start_world(stage))
    settings = demo_stage.write_config(stage, world)
    daemon = children.enter_context(demo_stage.start_daemon(stage))
    until = clock.monotonic() + LONGEST_S
    _wait_for(settings, daemon, until)
    record = Record(settings.agent.state_dir / "archive")
    if told:
        print(f"{clock.now():%a %d %b %Y, %H:%M} UTC: an owner gives a brief to a worker, from the command line")
    for sentence in demo_stage.hire(settings):
        if told:
            print(f"             {escape(sentence)}")
    people = children.enter_context(demo_stage.start_people(stage, world))
    _conduct(stage, settings, daemon, people, record, until, told=told)
    daemon.end()  # writes the office whole
    _tell(record.new(), told=told)
    return demo_record.summary(settings, record)


def _wait_for(settings: config.Config, daemon: Child, until: float) -> None:
    """Wait until the daemon listens."""
    while common.ask_daemon(settings, Ask(Do.STATUS)) is None:
        _still_well(until, daemon)
        time.sleep(_BREATH_S)


def _conduct(
    stage: Stage, settings: config.Config, daemon: Child, people: Child, record: Record, until: float, *, told: bool
) -> None:
    """Let the clock leap from one instant at which something happens to the next, until the digest is out."""
    begun_at, quiet = clock.now(), 0
    while True:
        _still_well(until, daemon, people)
        people_rest = people.look()
        answer = common.ask_daemon(settings, Ask(Do.IDLE))
        _tell(record.new(), told=told)
        quiet = quiet + 1 if people_rest and answer is not None and answer.idle else 0
        if answer is None or quiet < _QUIET_LOOKS:
            continue
        if record.has_digest:
            return
        instants = [at for at in (answer.next_due_at, people.next_at) if at is not None]
        if not instants or min(instants) - begun_at > LONGEST_STORY:
            raise StateError("the demo has come to a stop: nobody has anything left to do, and no digest was written")
        _leap(stage, min(instants))
        common.ask_daemon(settings, Ask(Do.WAKE))
        quiet = 0


def _leap(stage: Stage, to: datetime) -> None:
    """Set the clock of all processes to `to`, never back."""
    ahead = to - clock.now()
    if ahead > timedelta(0):
        demo_stage.set_clock(stage, demo_stage.offset_s(stage) + ahead.total_seconds())


def _still_well(until: float, *children: Child) -> None:
    for child in children:
        child.check()
    if clock.monotonic() > until:
        raise Unreachable(f"the demo did not end within {LONGEST_S:.0f} s; the machine is too slow, or something hangs")


def _tell(mails: tuple[Seen, ...], *, told: bool) -> None:
    for mail in mails if told else ():
        way = f"{escape(mail.sender):>20} -> {escape(mail.recipient):20}"
        print(f"{mail.at:%a %H:%M} UTC  {way}  {escape(mail.subject)}", flush=True)


def _show(summary: Summary, folder: Path, *, kept: bool) -> None:
    """Print the digest and what it cost in mails. Its HTML stays, whatever becomes of the folder."""
    print(f"\n{summary.digest_text.strip()}\n")
    print(
        f"{several(summary.letters_sent, 'letter')} sent, {several(summary.mails_in, 'mail')} read; "
        f"{hours(summary.minutes_reported)} reported: {hours(summary.minutes_payable)} payable, "
        f"{hours(summary.minutes_over_cap)} over cap, {hours(summary.minutes_undecided)} undecided"
    )
    page = Path(summary.digest_html)
    if not kept:
        page = page.rename(folder.with_suffix(".html"))
    print(f"the digest as it looks in a mail program: {page}")
    if kept:
        print(f"look around: mailagent --config {folder / 'mailagent.toml'} status")
