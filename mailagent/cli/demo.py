"""`mailagent demo`: two working days in seconds. Real servers, the real daemon, people who answer; the clock leaps.

Three processes beside this one: the mail world, the people, and `mailagent run`. Time stands still while one of them
is busy. They take turns: when the daemon says that it has nothing to do and the people have read their mail, the clock
is set to the earlier of their next instants, and only the one whose turn it is goes on. So no mail is on its way while
the clock leaps, no two things happen at once, and a slow machine changes nothing. All that was started is ended by pid.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from mailagent.cli import common, demo_connect, demo_record, demo_stage
from mailagent.cli.common import hours, print_json, several
from mailagent.cli.demo_record import Record, Summary
from mailagent.cli.demo_stage import PLAYERS, Child, Stage, World
from mailagent.cli.demo_timeline import WIDTH, Timeline, page
from mailagent.core import workday
from mailagent.edge import clock, config
from mailagent.edge.control import Ask, Do
from mailagent.edge.logs import escape
from mailagent.edge.store import journal_seq, read_office, written_letters
from mailagent.errors import StateError, Unreachable

LONGEST_S = 120.0  # real time, so that nobody waits for ever; it takes a tenth of that
LONGEST_STORY = timedelta(days=5)
DIGESTS = 3  # on the third morning the two days are told
_BREATH_S = 0.02  # between two looks at who is still busy
_LOOK_S = 0.5  # between two looks at what happened, at natural speed
_READ_S = 0.5  # somebody watches: between two instants of the story
_WATCHED_S = 35.0  # after that there is no more waiting for his sake
_TIE = timedelta(seconds=1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to keep what was made, how it goes on, and the form of the answer."""
    parser.add_argument(
        "--dir", type=Path, metavar="DIR", help="keep configuration, state and digest in this new folder"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="go on at natural speed after the story, until Ctrl-C, and tell how to join in with a mail program",
    )
    parser.add_argument(
        "--monday", type=_monday, metavar="DATE", help="when the story begins, as 2027-03-29; else next Monday"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object; the folder it names stays")


def _monday(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2027-03-29") from None
    if day.isoweekday() != 1:
        raise argparse.ArgumentTypeError(f"{text} is a {day:%A}; the story begins on a Monday")
    return day


def run(args: argparse.Namespace) -> int:
    """Play the story, tell it as it goes, and show the digest."""
    signal.signal(signal.SIGTERM, _end)
    with _folder(args.dir, stays=args.json) as folder, ExitStack() as children:
        stage = demo_stage.prepare(folder, args.monday)
        clock.configure(stage.clock_file)
        play = _Play.begin(stage, children, told=not args.json)
        play.conduct()
        if not args.keep:
            play.daemon.end()  # writes the office whole
        summary = play.summary()
        if args.json:
            print_json(asdict(summary))
        else:
            _show(summary, folder, kept=args.dir is not None, goes_on=args.keep)
        if args.keep:
            play.go_on()
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


@dataclass
class _Play:
    """All that plays together."""

    stage: Stage
    world: World
    settings: config.Config
    daemon: Child
    people: Child
    record: Record
    told: bool
    until: float
    timeline: Timeline

    @classmethod
    def begin(cls, stage: Stage, children: ExitStack, *, told: bool) -> "_Play":
        """Start everything, and give out the work."""
        until = clock.monotonic() + LONGEST_S
        if told:
            _welcome()
        world = children.enter_context(demo_stage.start_world(stage))
        settings = demo_stage.write_config(stage, world)
        daemon = children.enter_context(demo_stage.start_daemon(stage))
        while common.ask_daemon(settings, Ask(Do.STATUS)) is None:
            _still_well(until, daemon)
            time.sleep(_BREATH_S)
        people = children.enter_context(demo_stage.start_people(stage, world))
        for sentence in demo_stage.hire(settings):
            if told:
                print(f"  {escape(sentence)}", flush=True)
        record = Record(settings.agent.state_dir / "archive")
        return cls(stage, world, settings, daemon, people, record, told, until, Timeline())

    def conduct(self) -> None:
        """Let the clock leap from one instant at which something happens to the next, until the last digest is out."""
        begun_at = clock.now()
        while True:
            due = self._settled()
            self.people.ask("look")
            self._tell()
            if self.record.digests >= DIGESTS:
                return
            planned = self.people.next_at
            instants = [at for at in (due, planned) if at is not None]
            if not instants or min(instants) - begun_at > LONGEST_STORY:
                raise StateError("the demo has come to a stop: nobody has anything left to do, and digests are missing")
            if planned is not None and planned == min(instants):
                # Where both fall on one instant, whoever writes does so a moment before.
                self._leap(planned if due is None or due > planned else planned - _TIE)
                self.people.ask("act")
            else:
                self._leap(min(instants))
                common.ask_daemon(self.settings, Ask(Do.WAKE))

    def _settled(self) -> datetime | None:
        """Wait until the daemon has read, decided and sent all there is; give its next due instant."""
        while True:
            _still_well(self.until, self.daemon, self.people)
            answer = common.ask_daemon(self.settings, Ask(Do.IDLE))
            if answer is not None and answer.idle:
                return answer.next_due_at
            time.sleep(_BREATH_S)

    def _leap(self, to: datetime) -> None:
        """Set the clock of all processes to `to`, never back."""
        if to > clock.now():
            demo_stage.stop_clock(self.stage, to)

    def _tell(self) -> None:
        mails = self.record.new()
        if mails and self.told:
            for line in self.timeline.lines(mails, written_letters(self.settings.agent.state_dir)):
                print(line, flush=True)
            if sys.stdout.isatty() and clock.monotonic() < self.until - LONGEST_S + _WATCHED_S:
                time.sleep(_READ_S)

    def summary(self) -> Summary:
        """The story in numbers, once the office on the disk has all of it."""
        while not self._is_written():
            _still_well(self.until)
            time.sleep(_BREATH_S)
        return demo_record.summary(self.settings, self.record)

    def _is_written(self) -> bool:
        state_dir = self.settings.agent.state_dir
        if not (state_dir / "office.json").exists():
            return False
        with read_office(state_dir) as office:
            return office.seq == journal_seq(state_dir)

    def go_on(self) -> None:
        """Let time run at its natural speed, and tell what happens, until Ctrl-C."""
        demo_stage.start_clock(self.stage)
        self.people.ask("live")
        common.ask_daemon(self.settings, Ask(Do.WAKE))
        if self.told:
            for line in demo_connect.hints(self.stage, self.world):
                print(line, flush=True)
        try:
            while True:
                self.daemon.check()
                self.people.check()
                self._tell()
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            if self.told:
                print("\nended", flush=True)


def _welcome() -> None:
    now = clock.now()
    who = f"{PLAYERS[-1].name} in {PLAYERS[-1].city} has work for three people whom she has never met."
    print(page(f"{who} All of it goes by mail; `desk` is mailagent. Time leaps to whatever happens next."), end="\n\n")
    for one in PLAYERS:
        print(f"  {one.name:<12} {one.city:<8} {workday.local(now, one.zone):%a %d %b %Y %H:%M}")
    print()


def _still_well(until: float, *children: Child) -> None:
    for child in children:
        child.check()
    if clock.monotonic() > until:
        raise Unreachable(f"the demo did not end within {LONGEST_S:.0f} s; the machine is too slow, or something hangs")


def _show(summary: Summary, folder: Path, *, kept: bool, goes_on: bool) -> None:
    """Print the last digest and what it all took. Its HTML stays, whatever becomes of the folder."""
    line = "-" * WIDTH
    print(f"\n{line}\nThe daily mail of the last morning:\n\n{page(summary.digest_text.strip())}\n{line}")
    print(f"{several(summary.letters_sent, 'letter')} sent, {several(summary.mails_in, 'mail')} read;")
    print(
        f"{hours(summary.minutes_reported)} reported: {hours(summary.minutes_payable)} payable, "
        f"{hours(summary.minutes_over_cap)} over cap, {hours(summary.minutes_undecided)} undecided"
    )
    html = Path(summary.digest_html)
    if not kept:
        html = html.rename(folder.with_suffix(".html"))
    print(f"the digest as it looks in a mail program: {html}")
    if kept or goes_on:
        print(f"look around: mailagent --config {folder / 'mailagent.toml'} status", flush=True)
