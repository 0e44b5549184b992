"""What the commands share: the config, whose user we are, the way to the desk, and how answers are printed."""

import argparse
import dataclasses
import json
import os
import pwd
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import mailagent
from mailagent import lean
from mailagent.desk import Desk
from mailagent.edge import clock, config, control
from mailagent.edge.config import Config
from mailagent.edge.control import Answer, Ask, CommandEvent, Do
from mailagent.edge.files import unusable, user_name
from mailagent.edge.logs import escape
from mailagent.edge.store import open_store
from mailagent.errors import Busy, StateError, UserError

SERVICE_USER = "mailagent"
_STARTING_S = 5.0  # a daemon that holds the lock opens its socket within this
_LOOK_AGAIN_S = 0.1


def load_config(args: argparse.Namespace) -> Config:
    """Read the config that the command line names, and set the clock by it; `args.config` is its path from then on.

    Raises ConfigError.
    """
    args.config = args.config or config.default_path()
    settings = config.load(args.config)
    clock.configure(settings.demo.clock_file)
    return settings


def add_json(parser: argparse.ArgumentParser) -> None:
    """Let a script ask for its own form of the answer."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


# --- whose user we are ---


def become_owner(settings: Config, *, may_make: bool = True) -> None:
    """As root, become the user of the state folder, so that nothing in it ever belongs to root; else do nothing.

    The secrets are read before that. With `may_make`, a folder that is not there yet is made for the service's user,
    where there is one.
    """
    os.umask(0o077)
    if os.geteuid() != 0:
        return
    config.hold_secrets(settings)
    lean.end_waiting()
    uid, gid = _owner_of(settings.agent.state_dir, may_make=may_make)
    if uid == 0:
        return
    try:
        os.initgroups(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def see_interpreter() -> None:
    """See that the user we are may run what we run. Raises StateError.

    A program that root installed into its home is still open after `become_owner`, but what it imports or starts later
    is out of reach.
    """
    for path in (Path(sys.executable), Path(mailagent.__file__)):
        if not os.access(path, os.R_OK):
            user = user_name(os.geteuid())
            raise StateError(f"{path} cannot be read by {user}: install mailagent where {user} may read it, as in /opt")


def _owner_of(state_dir: Path, *, may_make: bool) -> tuple[int, int]:
    try:
        found = state_dir.stat()
        return found.st_uid, found.st_gid
    except FileNotFoundError:
        return _make_for_service(state_dir) if may_make else (0, 0)
    except OSError as error:
        raise unusable(state_dir, error) from None


def _make_for_service(state_dir: Path) -> tuple[int, int]:
    """Make the folder for the user that sysusers.d made; without such a user it will be root's."""
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return 0, 0
    try:
        state_dir.mkdir(mode=0o700, parents=True)
        os.chown(state_dir, user.pw_uid, user.pw_gid)
    except OSError as error:
        raise StateError(f"{state_dir} cannot be made: {error.strerror}") from None
    return user.pw_uid, user.pw_gid


# --- the way to the desk ---


def settle(settings: Config, event: CommandEvent) -> str:
    """Have `event` settled, by the daemon or, where none runs, by ourselves; returns what was said.

    Raises UserError with the reason where it is refused, Busy, StateError.
    """
    until = clock.monotonic() + _STARTING_S
    while True:
        answer = ask_daemon(settings, Ask(Do.SETTLE, event))
        if answer is not None:
            return _said(answer)
        try:
            return _settle_here(settings, event)
        except Busy:
            # Somebody holds the lock and does not listen yet: a daemon that starts, or another command.
            if clock.monotonic() > until:
                raise
            time.sleep(_LOOK_AGAIN_S)


def ask_daemon(settings: Config, question: Ask) -> Answer | None:
    """Ask the daemon of this config; None where none runs."""
    return control.ask(settings.control_path(), question)


def _said(answer: Answer) -> str:
    if not answer.ok:
        error = UserError(answer.said)
        error.exit_code = answer.exit_code or UserError.exit_code
        raise error
    return answer.said


def _settle_here(settings: Config, event: CommandEvent) -> str:
    become_owner(settings)
    store = open_store(settings.agent.state_dir, policy=settings.policy())
    try:
        (settled,) = Desk(store).settle([event], clock.now())
        if settled.decision is None:
            raise UserError(settled.refused or f"That broke the program: {settled.broke}")
        store.write_office(force=True)
        waits = " The mail goes out as soon as mailagent runs." if settled.decision.letters else ""
        return settled.decision.said + waits
    finally:
        store.close()


# --- printing ---


def print_json(value: object) -> None:
    """Print `value`, dataclasses and all, as JSON that is safe on a terminal too."""
    print(json.dumps(value, default=_plain, indent=2))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """Print aligned columns, those in `right` to the right. What would steer a terminal is escaped."""
    lines = [tuple(headings)] if headings else []
    lines += [tuple(escape(cell) for cell in row) for row in rows]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(lines[0]))] if lines else []
    for line in lines:
        cells = [
            _pad(cell, width, right=heading in right)
            for cell, width, heading in zip(line, widths, headings or line, strict=True)
        ]
        print("  ".join(cells).rstrip())


def several(count: int, word: str) -> str:
    """Count things: `1 owner`, `2 owners`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def hours(minutes: int | None) -> str:
    """Minutes as people read them: `1 h 30`, `45 min`; no number as a dash."""
    if minutes is None:
        return "-"
    sign, rest = ("-" if minutes < 0 else ""), abs(minutes)
    if rest == 0:
        return "0"
    if rest < 60:
        return f"{sign}{rest} min"
    return f"{sign}{rest // 60} h" + (f" {rest % 60:02}" if rest % 60 else "")


def at_a_glance(instant: datetime | None, now: datetime) -> str:
    """An instant for a table: `09:12` today, else with its day; in UTC, as everything the sysadmin sees."""
    if instant is None:
        return "-"
    return f"{instant:%H:%M}" if instant.date() == now.date() else f"{instant:%d %b %H:%M}"


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _width(text: str) -> int:
    """Columns that `text` takes on a terminal: Chinese and the like take two a character."""
    return sum(
        2 if unicodedata.east_asian_width(one) in "WF" else 0 if unicodedata.combining(one) else 1 for one in text
    )


def _pad(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
