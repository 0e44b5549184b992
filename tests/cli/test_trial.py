"""Trials by the command line."""

import json
from pathlib import Path

import pytest

from mailagent.errors import EXIT_USAGE
from tests.cli.conftest import Door


@pytest.fixture
def two(staffed: Door) -> Door:
    """An office with a second worker."""
    staffed("worker", "add", "ben", "--name", "Ben O.", "--address", "ben@example.com", "--zone", "Africa/Nairobi")
    return staffed


def test_a_trial_goes_to_all_candidates_at_once(two: Door, brief_path: Path) -> None:
    said = two("trial", "add", brief_path, "--workers", "ana,ben")

    assert (said.code, said.out) == (
        0,
        "The trial is T1: J1 goes to Ana Álvarez, J2 goes to Ben O.. The mail goes out as soon as mailagent runs.\n",
    )
    rows = [" ".join(row.split()) for row in two("job", "list").out.splitlines()[1:3]]
    assert rows[0].startswith("J1 dana ana T1 briefed 6 h ")
    assert rows[1].startswith("J2 dana ben T1 briefed 6 h ")
    assert [job["job"]["trial_id"] for job in json.loads(two("job", "list", "--json").out)["jobs"]] == ["T1", "T1"]
    assert json.loads(two("status", "--json").out)["letters"] == [["queued", 2]]
    assert two("replay").out.startswith("the same: 4 journal lines")


def test_trials_have_names_of_their_own(two: Door, brief_path: Path) -> None:
    two("job", "add", brief_path, "--worker", "ana")

    first = two("trial", "add", brief_path, "--workers", "ana, ben")
    second = two("trial", "add", brief_path, "--workers", "ben,ana", "--owner", "dana")

    assert first.out.startswith("The trial is T2: J2 goes to Ana")
    assert second.out.startswith("The trial is T4: J4 goes to Ben")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("ana,ana", "ana is named twice; each candidate gets the brief once."),
        ("ana,raj", "There is no worker called raj. See `mailagent worker list`."),
        ("ana", "A trial takes two candidates or more; for one worker there is `mailagent job add`."),
        ("ana,", "'' is no short name"),
    ],
)
def test_all_of_it_or_nothing(names: str, sentence: str, two: Door, brief_path: Path) -> None:
    said = two("trial", "add", brief_path, "--workers", names)

    assert said.code == EXIT_USAGE
    assert sentence in said.err
    assert json.loads(two("job", "list", "--json").out)["jobs"] == []
