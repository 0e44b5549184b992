"""`mailagent check`: connect to everything, say what works and how to mend what does not. Changes nothing."""

import argparse
import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailagent.cli.common import (
    add_json,
    ask_daemon,
    become_owner,
    load_config,
    print_json,
    see_interpreter,
    several,
)
from mailagent.cli.vouching import said_of
from mailagent.core import workday
from mailagent.core.letters import AlertContents
from mailagent.core.model import LetterKind
from mailagent.edge import clock
from mailagent.edge.config import Config, Login
from mailagent.edge.control import Ask, Do
from mailagent.edge.files import unusable
from mailagent.edge.imap import AuthenticationRefused, Mailbox, MailboxRefused, MailboxUnreachable
from mailagent.edge.keys import Keys
from mailagent.edge.logs import escape
from mailagent.edge.smtp import QueueStopped, Submission
from mailagent.edge.store import open_store
from mailagent.edge.templates import Frame, LetterBroken, Templates, shipped_folder
from mailagent.errors import EXIT_STATE, EXIT_UNREACHABLE, ConfigError, MailagentError, UserError

MEBIBYTE = 1024 * 1024
LEAST_FREE_MIB = 200
WRITTEN_AT = datetime(2026, 11, 1, tzinfo=UTC)  # no right clock shows less than the time of writing


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: whether all is well, the facts or how to mend it, and the exit code where it is not."""

    name: str
    ok: bool
    said: str
    exit_code: int = 0
    warns: bool = False  # it works, but something that people will miss does not


class _NotOk(Exception):
    """A check failed; the sentence says how to mend it."""

    def __init__(self, sentence: str, exit_code: int = EXIT_STATE) -> None:
        self.exit_code = exit_code
        super().__init__(sentence)


class _Doubtful(Exception):
    """A check passed, but the sentence says what will be missed, and how to mend it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Only the form of the answer."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Check all, print a line each; 78 where something is set up wrong, else 69 where a server is out of reach."""
    settings = load_config(args)
    become_owner(settings, may_make=False)
    see_interpreter()
    findings = []
    for name, check in CHECKS:
        findings.append(_find(name, check, settings))
        if not args.json:
            one = findings[-1]
            word = "warning" if one.warns else "ok" if one.ok else "not ok"
            print(f"{word:8}{name:12}{escape(one.said)}", flush=True)
    codes = {one.exit_code for one in findings}
    if args.json:
        print_json({"ok": codes == {0}, "checks": findings})
    return EXIT_STATE if EXIT_STATE in codes else EXIT_UNREACHABLE if EXIT_UNREACHABLE in codes else 0


def _find(name: str, check: Callable[[Config], str], settings: Config) -> Finding:
    try:
        return Finding(name, ok=True, said=check(settings))
    except _Doubtful as doubt:
        return Finding(name, ok=True, said=str(doubt), warns=True)
    except _NotOk as problem:
        return Finding(name, ok=False, said=str(problem), exit_code=problem.exit_code)
    except UserError as problem:
        return Finding(name, ok=False, said=str(problem), exit_code=problem.exit_code)
    except MailagentError as problem:
        return Finding(name, ok=False, said=str(problem), exit_code=EXIT_STATE)
    except OSError as problem:
        said = f"{problem.filename or 'the system'}: {problem.strerror or problem}"
        return Finding(name, ok=False, said=said, exit_code=EXIT_STATE)


def _clock(settings: Config) -> str:
    now = clock.now()
    if now < WRITTEN_AT:
        raise _NotOk(f"shows {now:%d %b %Y %H:%M} UTC, which is past; set it (`timedatectl set-ntp true`)")
    if not workday.is_zone("Europe/Berlin"):
        raise _NotOk("no time zones are known here; install tzdata (`pip install tzdata`)")
    return f"{now:%d %b %Y %H:%M} UTC"


def _secrets(settings: Config) -> str:
    told, amiss = [], []
    for name, server in (("imap", settings.imap), ("smtp", settings.smtp)):
        if not server.sources():
            told.append(f"{name}: none, as set")
            continue
        try:
            server.secret()
            _refuse_open_to_all(server)
        except (ConfigError, _NotOk) as problem:
            amiss.append(str(problem))
        told.append(f"{name}: from {server.sources()[0]}")
    if amiss:
        raise _NotOk("; ".join(dict.fromkeys(amiss)))
    return ", ".join(told)


def _refuse_open_to_all(server: Login) -> None:
    path = server.password_file
    if path is not None and path.exists() and path.stat().st_mode & stat.S_IROTH:
        raise _NotOk(f"{path} can be read by every user of this machine; `chmod 600 {path}`")


def _state(settings: Config) -> str:
    path = settings.agent.state_dir
    if not path.exists():
        return _nearest_folder(path)
    _refuse_read_only(path)
    store = open_store(path, policy=settings.policy(), write=False)
    try:
        free = os.statvfs(path)
        free_mib = free.f_bavail * free.f_frsize // MEBIBYTE
        if free_mib < LEAST_FREE_MIB:
            raise _NotOk(f"{path}: {free_mib} MiB are free; make room for at least {LEAST_FREE_MIB}")
        if not os.access(path, os.W_OK | os.X_OK):
            raise _NotOk(f"{path}: we may not write there; it must belong to the agent's user")
        return f"{path}, {several(store.seq, 'journal line')}, {free_mib} MiB free"
    finally:
        store.close()


def _refuse_read_only(path: Path) -> None:
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        raise unusable(path, OSError(errno.EROFS, "Read-only file system"))


def _nearest_folder(path: Path) -> str:
    parent = next(one for one in path.parents if one.exists())
    if not parent.is_dir():
        raise unusable(path, NotADirectoryError(errno.ENOTDIR, "Not a directory"))
    _refuse_read_only(parent)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise _NotOk(f"{path} is not there, and we may not make it; run this as root, or make it for the agent's user")
    return f"{path} will be made at the first start"


def _token_key(settings: Config) -> str:
    path, raw = settings.token_key_path(), settings.token_key()
    if raw is None:
        return f"{path} will be made at the first start"
    Keys.load(raw)
    return str(path)


def _templates(settings: Config) -> str:
    frame = Frame(settings.agent.name, settings.agent.address, "UTC")
    try:
        Templates().render(
            LetterKind.ALERT, AlertContents("You", "A check", ("Nothing happened.",), ("Nothing.",)), frame
        )
    except LetterBroken as problem:
        raise _NotOk(f"{problem}; install mailagent anew") from None
    return str(shipped_folder())


def _imap(settings: Config) -> str:
    cfg = settings.imap
    mailbox = Mailbox(cfg)
    try:
        mailbox.open()
        folders = [mailbox.select(folder) for folder in (cfg.mailbox, cfg.junk) if folder]
        facts = mailbox.facts()
    except MailboxUnreachable as problem:
        raise _NotOk(str(problem), EXIT_UNREACHABLE) from None
    except (AuthenticationRefused, MailboxRefused) as problem:
        raise _NotOk(str(problem)) from None
    finally:
        mailbox.close()
    told = [
        f"{cfg.host}:{cfg.port}",
        facts.tls or "no TLS, this machine only",
        f"{folders[0].exists} mails in {cfg.mailbox}",
    ]
    told.append("IDLE" if facts.idle and cfg.idle else f"no IDLE: looks every {cfg.poll_seconds} s")
    told.append("MOVE" if facts.move else "no MOVE: copies" if facts.uidplus else "cannot move: leaves mails in place")
    if folders[0].read_only:
        told.append("read-only: nothing will be filed")
    return ", ".join(told)


def _smtp(settings: Config) -> str:
    cfg = settings.smtp
    submission = Submission(cfg, settings.agent.domain)
    try:
        submission.open()
    except QueueStopped as trouble:
        raise _NotOk(str(trouble), EXIT_STATE if trouble.needs_person else EXIT_UNREACHABLE) from None
    finally:
        submission.close()
    login = f"logged in as {cfg.user}" if cfg.user else "no login, as set"
    return f"{cfg.host}:{cfg.port}, {cfg.security.value}, {login}"


def _identity(settings: Config) -> str:
    try:
        said, is_sure = said_of(settings)
    except UserError as problem:  # a password that is not there, which its own line tells
        return str(problem)
    if not is_sure:
        raise _Doubtful(said)
    return said


def _daemon(settings: Config) -> str:
    answer = ask_daemon(settings, Ask(Do.STATUS))
    if answer is None:
        return "does not run; `mailagent run` starts it here, `systemctl start mailagent` as a service"
    return "runs: " + ", ".join(f"{name} {value}" for name, value in answer.facts)


CHECKS: tuple[tuple[str, Callable[[Config], str]], ...] = (
    ("clock", _clock),
    ("secrets", _secrets),
    ("state", _state),
    ("token key", _token_key),
    ("templates", _templates),
    ("imap", _imap),
    ("smtp", _smtp),
    ("identity", _identity),
    ("daemon", _daemon),
)
