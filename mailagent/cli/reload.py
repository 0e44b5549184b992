"""`mailagent reload`: let the daemon read its configuration again."""

import argparse

from mailagent.cli.common import ask_daemon, load_config
from mailagent.edge.control import Ask, Do
from mailagent.edge.logs import escape
from mailagent.errors import EXIT_UNREACHABLE, ConfigError, UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none of its own."""


def run(args: argparse.Namespace) -> int:
    """Ask the daemon, and say what it said. A config with mistakes is refused before that."""
    try:
        settings = load_config(args)
    except ConfigError as broken:
        raise ConfigError((*broken.problems, "a daemon that runs keeps its old configuration")) from None
    answer = ask_daemon(settings, Ask(Do.RELOAD))
    if answer is None:
        error = UserError("no daemon runs that could reload its configuration; start it instead")
        error.exit_code = EXIT_UNREACHABLE
        raise error
    if not answer.ok:
        error = UserError(answer.said)
        error.exit_code = answer.exit_code
        raise error
    print(escape(answer.said))
    return 0
