"""`mailagent once`: fetch, decide and send once, then exit."""

import argparse

from mailagent.cli.common import become_owner, load_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none of its own."""


def run(args: argparse.Namespace) -> int:
    """Do what waits, write the office, and exit."""
    become_owner(load_config(args))
    from mailagent import daemon

    return daemon.once(args.config)
