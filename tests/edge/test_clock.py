"""The clock is the system's, and leaps with the demo's file."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailagent.edge import clock


@pytest.fixture
def clock_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "clock"
    clock.configure(path)
    yield path
    clock.configure(None)


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_missing_clock_file_adds_nothing(clock_file: Path) -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_clock_leaps_when_the_file_is_replaced(clock_file: Path) -> None:
    clock_file.write_text("3600")
    first = clock.now()
    _replace(clock_file, "7200.5")

    second = clock.now()

    assert timedelta(minutes=59) < first - datetime.now(UTC) < timedelta(minutes=61)
    assert timedelta(minutes=119) < second - datetime.now(UTC) < timedelta(minutes=121)


def test_time_stands_still_where_the_file_says_so(clock_file: Path) -> None:
    _replace(clock_file, "@1796088600.250")

    assert clock.now() == clock.now() == datetime(2026, 12, 1, 1, 30, 0, 250000, UTC)

    _replace(clock_file, "0")
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_half_written_file_keeps_the_last_offset(clock_file: Path) -> None:
    clock_file.write_text("3600")
    clock.now()
    _replace(clock_file, "72h")

    assert timedelta(minutes=59) < clock.now() - datetime.now(UTC) < timedelta(minutes=61)


def test_monotonic_time_does_not_leap(clock_file: Path) -> None:
    before = clock.monotonic()
    clock_file.write_text("86400")

    assert 0 <= clock.monotonic() - before < 60


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)
