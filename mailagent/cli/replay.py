"""`mailagent replay`: rebuild the office from the journal alone and compare it with the file; changes nothing."""

import argparse

from mailagent.cli.common import add_json, become_owner, load_config, print_json, several
from mailagent.edge.logs import escape
from mailagent.edge.store.replaying import replay
from mailagent.errors import EXIT_STATE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Only the form of the answer."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Compare, and name each difference; 78 where there is one."""
    settings = load_config(args)
    become_owner(settings, may_make=False)
    report = replay(settings.agent.state_dir)
    if args.json:
        print_json(report)
        return 0 if report.is_same else EXIT_STATE
    for difference in report.differences:
        print(escape(difference))
    stands = (
        "there is no file to compare with" if report.office_seq is None else f"the file stands at #{report.office_seq}"
    )
    verdict = "the same" if report.is_same else "NOT the same"
    print(f"{verdict}: {several(report.lines, 'journal line')}, {several(report.documents, 'document')}, {stands}")
    return 0 if report.is_same else EXIT_STATE
