"""`mailagent owner add|list`: those who give work."""

import argparse

from mailagent.cli import people
from mailagent.cli.common import add_json, load_config, settle
from mailagent.core.events import OwnerAdded
from mailagent.edge.logs import escape


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`add` with all that is known of an owner, or `list`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list")
    add = actions.add_parser("add", help="add an owner")
    people_arguments(add)
    add.add_argument(
        "--digest", type=people.read_time, default=7 * 60 + 30, metavar="07:30", help="when the digest is due"
    )
    add_json(actions.add_parser("list", help="list the owners"))


def people_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked about anybody."""
    parser.add_argument("id", type=people.read_short_name, metavar="NAME", help="a short name, for commands: dana")
    parser.add_argument("--name", required=True, type=people.read_display_name, help='as in mails: "Dana Reed"')
    parser.add_argument(
        "--address",
        required=True,
        type=people.read_address,
        action="append",
        help="may be given again; the first is written to",
    )
    parser.add_argument("--zone", required=True, type=people.read_zone, help="time zone: Europe/Berlin")
    parser.add_argument(
        "--days", type=people.read_days, default=(1, 2, 3, 4, 5), metavar="mon-fri", help="working days"
    )
    parser.add_argument(
        "--hours", type=people.read_hours, default=(9 * 60, 17 * 60), metavar="9-17", help="working hours"
    )


def run(args: argparse.Namespace) -> int:
    """Add an owner, or list them."""
    settings = load_config(args)
    if args.action == "list":
        from mailagent.cli.lists import list_owners

        return list_owners(settings, as_json=args.json)
    event = OwnerAdded(
        id=args.id,
        display_name=args.name,
        addresses=people.not_our_own(args.address, settings.agent.address),
        hours=people.working_hours(args.zone, args.days, args.hours),
        digest_at=args.digest,
    )
    print(escape(settle(settings, event)))
    return 0
