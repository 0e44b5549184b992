"""`mailagent once`: fetch, decide and send once, then exit."""

import argparse

from mailagent.cli.common import become_owner, load_config, see_interpreter
from mailagent.edge import memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none of its own."""


def run(args: argparse.Namespace) -> int:
    """Do what waits, write the office, and exit."""
    settings = load_config(args)
    with memory.loading():
        from mailagent import daemon
    become_owner(settings)
    see_interpreter()
    return daemon.once(settings, args.config)
