"""`mailagent run`: the daemon."""

import argparse

from mailagent.cli.common import become_owner, load_config, see_interpreter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none of its own."""


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM."""
    settings = load_config(args)
    from mailagent import daemon

    become_owner(settings)
    see_interpreter()
    return daemon.run(settings, args.config)
