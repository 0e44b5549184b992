"""`mailagent verify`: prove that nothing in journal and archive is missing or changed; changes nothing."""

import argparse

from mailagent.cli.common import add_json, become_owner, load_config, print_json, several
from mailagent.edge.logs import escape
from mailagent.edge.store.verifying import verify
from mailagent.errors import EXIT_STATE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Only the form of the answer."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Walk the chain, and name each problem; 78 where there is one."""
    settings = load_config(args)
    become_owner(settings, may_make=False)
    report = verify(settings.agent.state_dir)
    if args.json:
        print_json(report)
        return 0 if report.is_sound else EXIT_STATE
    for problem in report.problems:
        print(escape(problem))
    verdict = "sound" if report.is_sound else "NOT sound"
    forgotten = f", {several(report.forgotten, 'payload')} forgotten" if report.forgotten else ""
    lines = f"{several(report.lines, 'line')} in {several(report.segments, 'segment')}"
    print(f"{verdict}: {lines}, {several(report.mails, 'archived mail')}{forgotten}")
    return 0 if report.is_sound else EXIT_STATE
