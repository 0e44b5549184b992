"""`mailagent trial add`: one brief to several candidates at once, each with a job of his own."""

import argparse
from pathlib import Path

from mailagent.cli import people
from mailagent.cli.common import load_config, settle
from mailagent.cli.job import load_brief
from mailagent.core.events import TrialAdded
from mailagent.edge.logs import escape


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`add` with a brief and the candidates."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add")
    add = actions.add_parser("add", help="give one brief to several candidates, unaware of each other")
    add.add_argument("brief", type=Path, metavar="BRIEF.md", help="the brief; config/briefs has samples")
    add.add_argument(
        "--workers", required=True, type=_names, metavar="NAME,NAME", help="who gets it, with commas between"
    )
    add.add_argument(
        "--owner", type=people.read_short_name, metavar="NAME", help="whose trial it is; not needed for one owner"
    )


def run(args: argparse.Namespace) -> int:
    """Give the brief to all of them, or to none."""
    settings = load_config(args)
    print(escape(settle(settings, TrialAdded(args.owner, args.workers, load_brief(args.brief)))))
    return 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(people.read_short_name(name.strip()) for name in text.split(","))
