"""`mailagent run`: the daemon."""

import argparse

from mailagent.cli.common import become_owner, load_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none of its own."""


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM."""
    become_owner(load_config(args))
    from mailagent import daemon

    return daemon.run(args.config)
