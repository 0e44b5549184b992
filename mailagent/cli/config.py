"""`mailagent config show`: the settings in effect, with all defaults; no secret is among them."""

import argparse

from mailagent.cli.common import load_config
from mailagent.edge.config_text import as_toml


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`show` is all there is."""
    parser.add_argument("what", choices=["show"], help="show the settings in effect, as TOML")


def run(args: argparse.Namespace) -> int:
    """Print the settings."""
    print(as_toml(load_config(args)), end="")
    return 0
