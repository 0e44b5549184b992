"""`mailagent init DIR`: a folder with all that a first start takes, copied from the samples. Overwrites nothing."""

import argparse
import os
import shlex
import shutil
from pathlib import Path

from mailagent.edge.config import DEFAULT_STATE, SYSTEM_CONFIG
from mailagent.edge.templates import shipped_folder
from mailagent.errors import StateError, UserError

_STATE_LINE = f'# state_dir = "{DEFAULT_STATE}"'
_SECRETS = ("imap-password", "smtp-password")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Only the folder."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="made where it is missing: ~/desk, or /etc/mailagent")


def run(args: argparse.Namespace) -> int:
    """Write the folder, and say what comes next."""
    folder = args.folder.absolute()
    target = folder / SYSTEM_CONFIG.name
    if target.exists():
        raise UserError(f"{target} is there already, and nothing was changed; name another folder, or edit that file")
    is_service = target == SYSTEM_CONFIG
    try:
        _write(folder, target, is_service=is_service)
    except OSError as error:
        raise StateError(f"{error.filename or folder}: {error.strerror or error}") from None
    print("\n".join(_next_steps(folder, target, is_service=is_service)))
    return 0


def _write(folder: Path, target: Path, *, is_service: bool) -> None:
    """Copy the samples. What is not the service keeps its state beside its configuration."""
    samples = shipped_folder().parent
    folder.mkdir(parents=True, exist_ok=True)
    secrets = folder / "credentials"
    secrets.mkdir(mode=0o700, exist_ok=True)
    for name in _SECRETS:
        os.close(os.open(secrets / name, os.O_WRONLY | os.O_CREAT, 0o600))
    for source in (samples / "config" / "briefs", samples / "systemd"):
        shutil.copytree(source, folder / source.name, dirs_exist_ok=True)
    text = (samples / "config" / target.name).read_text("utf-8")
    target.write_text(text if is_service else text.replace(_STATE_LINE, 'state_dir = "state"', 1), "utf-8")


def _next_steps(folder: Path, target: Path, *, is_service: bool) -> list[str]:
    option = "" if is_service else f" --config {shlex.quote(str(target))}"
    return [
        f"{folder} is ready. Next:",
        f"1. Change what says example in {target}",
        f"2. Put the mailbox's password into {folder / 'credentials' / _SECRETS[0]} and {_SECRETS[1]}",
        f"3. mailagent{option} check",
    ]
