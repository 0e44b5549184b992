"""The door: `mailagent COMMAND`. One small module a command, which says its arguments and returns its exit code.

Whoever made a mistake reads one clear sentence on stderr, never a traceback. Exit codes are those of mailagent/errors.
"""

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol

from mailagent import __version__
from mailagent.edge import memory
from mailagent.errors import EXIT_STATE, EXIT_USAGE, MailagentError, UserError

CONFIG_HELP = "default: what MAILAGENT_CONFIG names, else /etc/mailagent/mailagent.toml"
EXIT_INTERRUPTED = 130  # as a shell has it: 128 and the number of SIGINT
EXIT_PIPE = 141  # 128 and SIGPIPE: whoever read our output left

COMMANDS = {
    "run": "the daemon: reads the mailbox, keeps the hours, writes the mails",
    "once": "fetch, decide and send once, then exit",
    "init": "make a folder with a configuration, a place for the passwords and a sample brief",
    "check": "connect to everything, say what works and how to mend what does not",
    "status": "how the office stands",
    "owner": "add or list those who give work",
    "worker": "add or list those who do it",
    "job": "give a brief to a worker, or list the jobs",
    "trial": "give one brief to several candidates, to compare them",
    "rehearse": "the whole life of a job before it is given: every mail and when it comes; sends nothing",
    "explain": "how mails would be understood, and what would be done; changes nothing",
    "preview": "the letters as they will look, with values that are made up",
    "replay": "rebuild the office from the journal and compare",
    "verify": "prove that journal and archive are whole",
    "config": "show the settings in effect",
    "reload": "let the daemon read its configuration again",
    "demo": "two working days in seconds, on this machine, without accounts",
}


_CHOICE = re.compile(r"invalid choice: '(.*?)' \(choose from (.*)\)")


class Command(Protocol):
    """What each module of this folder offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say which arguments the command takes."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; returns the exit code, raises UserError with a sentence for whoever typed it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Argument mistakes end in SystemExit(2), as argparse has it."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser(words).parse_args(words)
    try:
        code: int = _module(args.command).run(args)
        sys.stdout.flush()
    except UserError as error:
        return _fail(str(error), error.exit_code)
    except MailagentError as error:
        return _fail(str(error), EXIT_STATE)
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        sys.stdout = None
        return EXIT_PIPE
    except OSError as error:
        return _fail(f"{error.filename or 'the system'}: {error.strerror or error}", EXIT_STATE)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser. Only the module of the command that was typed is imported: the others cost memory and time."""
    parser = _Parser(
        prog="mailagent",
        description="Briefs workers by mail, reads their reports, keeps their hours within the cap.",
        epilog="Exit codes: 0 fine, 2 wrong use, 69 a server cannot be reached, 75 another mailagent runs, "
        "78 something is wrong with the configuration or the state.",
    )
    _add_config(parser, None)
    parser.add_argument("--version", action="version", version=f"mailagent {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_CommandParser)
    for name, help_text in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        if name in words:
            _module(name).add_arguments(command)
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what was typed wrong in one sentence; the long usage is for --help."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        choice = _CHOICE.search(message)
        if choice:
            import difflib  # needed for mistakes alone, and a third of a megabyte

            right = difflib.get_close_matches(choice[1], re.findall(r"'(.*?)'", choice[2]), 1)
            message = f"there is no {choice[1]!r}" + (f"; did you mean {right[0]}?" if right else "")
        message = message.removeprefix("argument ").replace("the following arguments are required", "missing", 1)
        self.exit(EXIT_USAGE, f"mailagent: {_safe(message)} (`{self.prog} --help` tells more)\n")


class _CommandParser(_Parser):
    """A command, or an action of one: `--config` may stand behind it as well as before it."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        _add_config(self, argparse.SUPPRESS)  # a default here would come over what stands before


def _add_config(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument("--config", type=Path, metavar="PATH", default=default, help=CONFIG_HELP)


def _module(name: str) -> Command:
    if name == "run":  # it lasts, so the few cycles that loading leaves behind are worth collecting on the way
        return importlib.import_module("mailagent.cli.run")
    with memory.loading():
        return importlib.import_module(f"mailagent.cli.{name}")


def _fail(text: str, code: int) -> int:
    for line in text.split("\n"):
        print(f"mailagent: {_safe(line)}", file=sys.stderr)
    return code


def _safe(text: str) -> str:
    from mailagent.edge.logs import escape

    return escape(text)
