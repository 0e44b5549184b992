"""Zones turn into instants in one place, and clock changes never move hours."""

from datetime import UTC, date, datetime

import pytest

from mailagent.core import workday
from mailagent.core.model import WorkingHours


@pytest.mark.parametrize(
    ("day", "minutes", "zone", "instant"),
    [
        (date(2026, 11, 23), 450, "Europe/Berlin", datetime(2026, 11, 23, 6, 30, tzinfo=UTC)),
        (date(2026, 3, 29), 150, "Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # 02:30 does not exist
        (date(2026, 10, 25), 150, "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # 02:30 comes twice
        (date(2026, 11, 1), 90, "America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        (date(2026, 11, 23), 540, "Asia/Kolkata", datetime(2026, 11, 23, 3, 30, tzinfo=UTC)),
        (date(2026, 12, 31), 1440, "UTC", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_one_instant(day: date, minutes: int, zone: str, instant: datetime) -> None:
    assert workday.instant_of(day, minutes, zone) == instant


@pytest.mark.parametrize(
    ("name", "known"),
    [("Asia/Manila", True), ("Asia/Manilla", False), ("", False), ("../../etc/passwd", False), ("Europe", False)],
)
def test_which_names_are_zones(name: str, known: bool) -> None:
    assert workday.is_zone(name) is known


def test_the_zones_are_there_for_suggestions() -> None:
    assert "Europe/Berlin" in workday.zones()


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 11, 29), date(2026, 11, 23)),
        (date(2027, 1, 1), date(2026, 12, 28)),
    ],
)
def test_weeks_begin_on_monday(day: date, monday: date) -> None:
    assert workday.week_of(day) == monday


@pytest.mark.parametrize(
    ("days", "start", "found"),
    [
        ((1, 2, 3, 4, 5), date(2026, 11, 28), date(2026, 11, 30)),
        ((6,), date(2026, 11, 23), date(2026, 11, 28)),
        ((), date(2026, 11, 23), date(2026, 11, 23)),
        ((1,), date(2026, 11, 24), date(2026, 11, 30)),
    ],
)
def test_the_next_working_day(days: tuple[int, ...], start: date, found: date) -> None:
    assert workday.next_workday(start, WorkingHours("UTC", workdays=days)) == found


def test_local_shows_the_wall_clock() -> None:
    assert workday.local(datetime(2026, 11, 23, 10, tzinfo=UTC), "Asia/Manila").strftime("%H:%M") == "18:00"
