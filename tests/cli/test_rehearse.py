"""`rehearse` shows the life of a job before it is given, and leaves the office as it was."""

import hashlib
import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailagent.edge import clock
from tests.cli.conftest import Door

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Manila, 02:00 in Berlin
HEADINGS = "ana: Asia/Manila dana: Europe/Berlin FROM TO MAIL SAYS"


@pytest.fixture(autouse=True)
def on_a_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


def _bytes_of(folder: Path) -> dict[str, tuple[str, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files}


def _play(door: Door, brief: Path, manner: str) -> list[tuple[str, str, str]]:
    said = door("rehearse", brief, "--worker", "ana", "--as", manner, "--json")
    assert said.code == 0, said
    return [(mail["worker_time"][5:16], mail["kind"], mail["to"]) for mail in json.loads(said.out)["mails"]]


def test_a_reliable_worker_is_never_reminded(staffed: Door, brief_path: Path) -> None:
    mails = _play(staffed, brief_path, "reliable")

    assert mails == [
        ("11-23T09:00", "brief", "ana"),
        ("11-23T09:30", "report", "mailagent"),
        ("11-23T09:30", "receipt", "ana"),
        ("11-23T11:20", "report", "mailagent"),
        ("11-23T11:20", "receipt", "ana"),
        ("11-23T11:20", "owner-news", "dana"),
        ("11-23T14:30", "digest", "dana"),
        ("11-23T15:10", "report", "mailagent"),
        ("11-23T15:10", "receipt", "ana"),
        ("11-23T15:10", "owner-news", "dana"),
        ("11-24T14:30", "digest", "dana"),
    ]


def test_a_slow_worker_writes_after_each_reminder(staffed: Door, brief_path: Path) -> None:
    kinds = [kind for _, kind, _ in _play(staffed, brief_path, "slow") if kind in ("nudge", "report")]

    assert kinds == ["nudge", "report"] * 3


def test_a_silent_worker_is_followed_up_to_the_end_of_the_ladder(staffed: Door, brief_path: Path) -> None:
    mails = _play(staffed, brief_path, "silent")

    assert [(at, kind) for at, kind, _ in mails if kind != "digest"] == [
        ("11-23T09:00", "brief"),
        ("11-23T13:30", "nudge"),
        ("11-23T15:30", "nudge"),
        ("11-24T09:30", "owner-news"),
        ("11-25T09:00", "nudge"),
        ("11-26T09:00", "nudge"),
        ("11-27T09:00", "nudge"),
    ]
    assert mails[-1] == ("11-27T14:30", "digest", "dana")


def test_the_table_has_both_zones_and_says_how_it_ends(staffed: Door, brief_path: Path) -> None:
    lines = staffed("rehearse", brief_path, "--worker", "ana").out.splitlines()

    assert lines[0] == "J1, with ana reliable. Nothing is sent."
    assert " ".join(lines[1].split()) == HEADINGS
    first = "Mon 23 Nov 09:00 Mon 23 Nov 02:00 mailagent ana brief 40 leads for the spring fair: 5 steps, cap 6 h;"
    assert " ".join(lines[2].split()) == f"{first} his first mail from here"
    assert lines[-1] == "J1 is done, and waits for its owner to judge it."


@pytest.mark.parametrize("manner", ["reliable", "slow", "silent"])
def test_the_office_stays_as_it_is_and_nobody_is_called(
    manner: str, staffed: Door, brief_path: Path, config_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = config_path.parent / "state"
    before = _bytes_of(state)

    def refuse(*_: object) -> None:
        raise AssertionError("a rehearsal has nobody to call")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    _play(staffed, brief_path, manner)

    assert before
    assert _bytes_of(state) == before


def test_it_takes_over_what_the_worker_has_done_and_the_next_key(staffed: Door, brief_path: Path) -> None:
    staffed("worker", "add", "ben", "--name", "Ben", "--address", "ben@example.com", "--zone", "Asia/Manila")
    staffed("trial", "add", brief_path, "--workers", "ana,ben")

    said = staffed("rehearse", brief_path, "--worker", "ana")

    assert said.out.startswith("J3, with ana reliable.")
    assert "his first mail" not in said.out
    assert "J1" not in said.out
    assert "J2" not in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--worker", "raj"], "There is no worker called raj."),
        (["--worker", "ana", "--owner", "eva"], "There is no owner called eva."),
        (["--worker", "ana", "--as", "lazy"], "there is no 'lazy'"),
    ],
)
def test_what_job_add_would_refuse_is_refused(words: list[str], sentence: str, staffed: Door, brief_path: Path) -> None:
    said = staffed("rehearse", brief_path, *words)

    assert (said.code, said.out) == (2, "")
    assert sentence in said.err


def test_two_owners_must_be_told_apart(staffed: Door, brief_path: Path) -> None:
    staffed("owner", "add", "eva", "--name", "Eva", "--address", "eva@example.com", "--zone", "UTC")

    assert "There is more than one owner." in staffed("rehearse", brief_path, "--worker", "ana").err
    assert "eva: UTC" in staffed("rehearse", brief_path, "--worker", "ana", "--owner", "eva").out
