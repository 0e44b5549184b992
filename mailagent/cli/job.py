"""`mailagent job add|list`: a brief given to a worker."""

import argparse
from pathlib import Path

from mailagent.cli import people
from mailagent.cli.common import add_json, load_config, settle
from mailagent.core.events import JobAdded
from mailagent.core.model import Brief
from mailagent.edge.logs import escape
from mailagent.errors import UserError
from mailagent.mail.briefform import LONGEST_BRIEF, Incomplete, read_brief


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`add` with a brief and a worker, or `list`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list")
    add = actions.add_parser("add", help="give a brief to a worker")
    add.add_argument("brief", type=Path, metavar="BRIEF.md", help="the brief; config/briefs has samples")
    add.add_argument("--worker", required=True, type=people.read_short_name, metavar="NAME", help="who does it")
    add.add_argument(
        "--owner", type=people.read_short_name, metavar="NAME", help="whose job it is; not needed for one owner"
    )
    add_json(actions.add_parser("list", help="list the jobs"))


def run(args: argparse.Namespace) -> int:
    """Give a brief to a worker, or list the jobs."""
    settings = load_config(args)
    if args.action == "list":
        from mailagent.cli.lists import list_jobs

        return list_jobs(settings, as_json=args.json)
    event = JobAdded(args.owner, args.worker, load_brief(args.brief))
    print(escape(settle(settings, event)))
    return 0


def load_brief(path: Path) -> Brief:
    """Read a brief file. Raises UserError with all that it lacks, a line each."""
    try:
        with path.open("rb") as file:
            text = file.read(4 * LONGEST_BRIEF + 1).decode("utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    read = read_brief(text)
    if isinstance(read, Incomplete):
        raise UserError("\n".join(f"{path}: {sentence}" for sentence in read.sentences))
    return read
