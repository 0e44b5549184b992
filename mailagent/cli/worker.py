"""`mailagent worker add|list`: those who do the work."""

import argparse

from mailagent.cli import people
from mailagent.cli.common import add_json, load_config, settle
from mailagent.cli.owner import people_arguments
from mailagent.core.events import WorkerAdded
from mailagent.edge.logs import escape


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`add` with all that is known of a worker, or `list`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list")
    add = actions.add_parser("add", help="add a worker")
    people_arguments(add)
    add.add_argument(
        "--week-cap", type=people.read_week_cap, metavar="20h", help="most hours a week that are paid, or none"
    )
    add.add_argument(
        "--rate", type=people.read_rate, metavar='"6 USD"', help="for an hour; shown, never paid by mailagent"
    )
    add.add_argument(
        "--holidays",
        type=people.read_holidays,
        default="",
        metavar="PH",
        help="whose public holidays are off: a country",
    )
    add_json(actions.add_parser("list", help="list the workers"))


def run(args: argparse.Namespace) -> int:
    """Add a worker, or list them."""
    settings = load_config(args)
    if args.action == "list":
        from mailagent.cli.lists import list_workers

        return list_workers(settings, as_json=args.json)
    event = WorkerAdded(
        id=args.id,
        display_name=args.name,
        addresses=people.not_our_own(args.address, settings.agent.address),
        hours=people.working_hours(args.zone, args.days, args.hours),
        week_cap_minutes=args.week_cap,
        rate=args.rate.amount if args.rate else None,
        currency=args.rate.currency if args.rate else None,
        holidays_of=args.holidays,
    )
    print(escape(settle(settings, event)))
    return 0
