"""Working time: shifts are instants first, durations are added to those; clock changes never move hours."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailagent.core import workday
from mailagent.core.model import WorkingHours
from mailagent.core.workday import Calendar

WEEK = (1, 2, 3, 4, 5, 6, 7)
ZONES = sorted(workday.zones())
MANILA = Calendar(WorkingHours("Asia/Manila"))  # UTC+8 the whole year: 09-17 there is 01-09 here


def at(text: str) -> datetime:
    """An instant written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str, fold: int = 0) -> datetime:
    """An instant written as local wall time."""
    naive = datetime.fromisoformat(text)
    day_start = workday.instant_of(naive.date(), 0, zone)
    found = [
        day_start + timedelta(minutes=minute)
        for minute in range(26 * 60)
        if workday.local(day_start + timedelta(minutes=minute), zone).replace(tzinfo=None) == naive
    ]
    return found[fold]


# 23 November 2026 is a Monday.
@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23 01:00", 0, "2026-11-23 01:00"),
        ("2026-11-23 01:00", 479, "2026-11-23 08:59"),
        ("2026-11-23 01:00", 480, "2026-11-23 09:00"),  # the shift is full: its end, not the next morning
        ("2026-11-23 01:00", 481, "2026-11-24 01:01"),
        ("2026-11-23 09:00", 0, "2026-11-24 01:00"),
        ("2026-11-23 09:00", 1, "2026-11-24 01:01"),
        ("2026-11-22 12:00", 30, "2026-11-23 01:30"),  # a Sunday
        ("2026-11-27 08:00", 120, "2026-11-30 02:00"),  # over the weekend
        ("2026-11-23 01:00", 5 * 480 + 1, "2026-11-30 01:01"),
    ],
)
def test_minutes_of_work_after_an_instant(start: str, minutes: int, end: str) -> None:
    assert workday.add_working(at(start), minutes, MANILA) == at(end)


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("2026-11-23 00:59", "2026-11-23 01:00"),
        ("2026-11-23 01:00", "2026-11-23 01:00"),
        ("2026-11-23 08:59", "2026-11-23 08:59"),
        ("2026-11-23 09:00", "2026-11-24 01:00"),
        ("2026-11-27 09:00", "2026-11-30 01:00"),
    ],
)
def test_the_next_working_instant(start: str, found: str) -> None:
    assert workday.into_hours(at(start), MANILA) == at(found)


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("2026-11-23 00:59", "2026-11-23 08:00"),  # before his day begins: on that day
        ("2026-11-23 01:00", "2026-11-24 08:00"),
        ("2026-11-23 08:30", "2026-11-24 08:00"),
        ("2026-11-27 05:00", "2026-11-30 08:00"),
    ],
)
def test_the_report_time_of_the_next_working_day(start: str, found: str) -> None:
    assert workday.next_workday_at(at(start), 60, MANILA) == at(found)


def test_the_report_time_of_a_short_day_is_its_beginning() -> None:
    short = Calendar(WorkingHours("UTC", WEEK, 9 * 60, 9 * 60 + 30))

    assert workday.next_workday_at(at("2026-11-23 10:00"), 60, short) == at("2026-11-24 09:00")


@pytest.mark.parametrize(
    ("zone", "night", "real_hours"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 7),
        ("Europe/Berlin", date(2026, 10, 24), 9),
        ("America/New_York", date(2026, 3, 7), 7),
        ("America/New_York", date(2026, 10, 31), 9),
        ("Australia/Lord_Howe", date(2026, 10, 3), 7.5),
        ("Australia/Lord_Howe", date(2026, 4, 4), 8.5),
    ],
)
def test_a_night_shift_over_a_clock_change_is_as_long_as_it_really_is(
    zone: str, night: date, real_hours: float
) -> None:
    calendar = Calendar(WorkingHours(zone, WEEK, 22 * 60, 6 * 60))
    opens = local(f"{night} 22:00", zone)
    closes = local(f"{night + timedelta(days=1)} 06:00", zone)
    minutes = int(real_hours * 60)

    assert closes - opens == timedelta(hours=real_hours)
    assert workday.add_working(opens, minutes, calendar) == closes
    assert workday.add_working(opens, minutes + 1, calendar) == local(f"{night + timedelta(days=1)} 22:01", zone)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 4), date(2026, 11, 1)])
def test_hours_by_day_stay_where_they_are_by_the_wall_clock(zone: str, day: date) -> None:
    calendar = Calendar(WorkingHours(zone, WEEK))

    for distance in range(-2, 3):
        on = day + timedelta(days=distance)
        opens = workday.into_hours(workday.instant_of(on, 6 * 60, zone), calendar)
        assert opens is not None
        assert f"{workday.local(opens, zone):%Y-%m-%d %H:%M}" == f"{on} 09:00"
        due = workday.add_working(opens, 480, calendar)
        assert due is not None
        assert f"{workday.local(due, zone):%Y-%m-%d %H:%M}" == f"{on} 17:00"


def test_a_shift_that_a_clock_change_swallows_is_none() -> None:
    calendar = Calendar(WorkingHours("Europe/Berlin", WEEK, 2 * 60, 3 * 60))

    assert workday.into_hours(at("2026-03-29 00:00"), calendar) == at("2026-03-30 00:00")


def test_a_day_that_a_zone_left_out_is_not_worked_twice() -> None:
    samoa = Calendar(WorkingHours("Pacific/Apia", WEEK))  # there was no 30 December 2011
    spans = [span for _, span in zip(range(4), workday.spans(at("2011-12-29 00:00"), samoa), strict=False)]

    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert [end - start for start, end in spans[1:]] == [timedelta(hours=8)] * 3


NIGHT = WorkingHours("UTC", (1, 2, 3, 4, 5), 22 * 60, 6 * 60)


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("2026-11-28 02:00", "2026-11-28 02:00"),  # Saturday, but Friday's shift
        ("2026-11-28 06:00", "2026-11-30 22:00"),
        ("2026-11-30 02:00", "2026-11-30 22:00"),  # Monday morning would be Sunday's
    ],
)
def test_a_night_shift_belongs_to_the_day_it_starts(start: str, found: str) -> None:
    assert workday.into_hours(at(start), Calendar(NIGHT)) == at(found)


def test_a_night_shift_is_off_with_the_day_it_starts() -> None:
    calendar = Calendar(NIGHT, days_off=frozenset({date(2026, 11, 24)}))

    assert workday.into_hours(at("2026-11-24 01:00"), calendar) == at("2026-11-24 01:00")
    assert workday.into_hours(at("2026-11-25 01:00"), calendar) == at("2026-11-25 22:00")


def test_hours_beyond_midnight_are_those_that_end_before_they_begin() -> None:
    beyond = WorkingHours("UTC", (1, 2, 3, 4, 5), 22 * 60, 30 * 60)

    for start in ("2026-11-28 02:00", "2026-11-28 06:00", "2026-11-30 02:00"):
        assert workday.into_hours(at(start), Calendar(beyond)) == workday.into_hours(at(start), Calendar(NIGHT))


def test_a_night_workers_report_time_is_at_the_end_of_his_next_shift() -> None:
    assert workday.next_workday_at(at("2026-11-24 02:00"), 60, Calendar(NIGHT)) == at("2026-11-25 05:00")
    assert workday.next_workday_at(at("2026-11-24 06:20"), 60, Calendar(NIGHT)) == at("2026-11-25 05:00")


def test_an_absence_is_no_working_time() -> None:
    away = Calendar(WorkingHours("UTC"), absences=((at("2026-11-23 11:00"), at("2026-11-24 10:00")),))

    assert workday.add_working(at("2026-11-23 10:00"), 60, away) == at("2026-11-23 11:00")
    assert workday.add_working(at("2026-11-23 10:00"), 61, away) == at("2026-11-24 10:01")
    assert workday.into_hours(at("2026-11-23 11:00"), away) == at("2026-11-24 10:00")
    assert workday.next_opening(at("2026-11-23 10:00"), away) == at("2026-11-24 10:00")
    assert workday.next_workday_at(at("2026-11-20 10:00"), 60, away) == at("2026-11-24 16:00")


def test_absences_may_overlap_and_one_that_ends_before_it_begins_is_none() -> None:
    absences = (
        (at("2026-11-23 12:00"), at("2026-11-23 14:00")),
        (at("2026-11-23 10:00"), at("2026-11-23 13:00")),
        (at("2026-11-23 09:30"), at("2026-11-23 09:00")),
    )

    spans = workday.spans(at("2026-11-23 09:00"), Calendar(WorkingHours("UTC"), absences=absences))

    assert [next(spans) for _ in range(2)] == [
        (at("2026-11-23 09:00"), at("2026-11-23 10:00")),
        (at("2026-11-23 14:00"), at("2026-11-23 17:00")),
    ]


@pytest.mark.parametrize("hours", [WorkingHours("UTC", ()), WorkingHours("Asia/Manila", (), 22 * 60, 6 * 60)])
def test_somebody_without_working_days_is_never_waited_for(hours: WorkingHours) -> None:
    calendar = Calendar(hours)

    assert workday.into_hours(at("2026-11-23 10:00"), calendar) is None
    assert workday.add_working(at("2026-11-23 10:00"), 1, calendar) is None
    assert workday.next_opening(at("2026-11-23 10:00"), calendar) is None
    assert workday.next_workday_at(at("2026-11-23 10:00"), 60, calendar) is None


def test_an_endless_wait_ends() -> None:
    off = frozenset(date(2026, 1, 1) + timedelta(days=day) for day in range(5000))
    one_minute = WorkingHours("UTC", (1,), 540, 541)
    for_ever = ((at("2026-01-01 00:00"), datetime(9999, 12, 31, tzinfo=UTC)),)

    assert workday.into_hours(at("2026-11-23 10:00"), Calendar(WorkingHours("UTC"), off)) is None
    assert workday.add_working(at("2026-11-23 10:00"), 10**6, Calendar(one_minute)) is None
    assert workday.into_hours(at("2026-11-23 10:00"), Calendar(WorkingHours("UTC"), absences=for_ever)) is None
    assert workday.into_hours(datetime(9999, 12, 31, tzinfo=UTC), MANILA) is None


def hours(zone: str, workdays: set[int], opens_at: int, length: int, *, beyond: bool) -> WorkingHours:
    """Working hours of some length, an hour at least; those over midnight written in one of two ways."""
    closes_at = opens_at + length
    over = closes_at > 24 * 60 and not beyond
    return WorkingHours(zone, tuple(sorted(workdays)), opens_at, closes_at - 24 * 60 * over)


_FIRST, _LAST = (at(f"2026-{day}").replace(tzinfo=None) for day in ("01-01", "12-31"))
instants = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))
calendars = st.builds(
    Calendar,
    hours=st.builds(
        hours,
        zone=st.sampled_from(ZONES),
        workdays=st.sets(st.integers(1, 7), min_size=1),
        opens_at=st.integers(0, 1439),
        length=st.integers(60, 1440),
        beyond=st.booleans(),
    ),
    days_off=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20),
    absences=st.lists(st.tuples(instants, instants), max_size=2).map(tuple),
)
_ASKED = settings(max_examples=300, deadline=None)


@given(calendar=calendars, instant=instants, one=st.integers(1, 3000), other=st.integers(1, 3000))
@_ASKED
def test_working_time_adds_up(calendar: Calendar, instant: datetime, one: int, other: int) -> None:
    first = workday.add_working(instant, one, calendar)
    assert first is not None

    assert first >= instant + timedelta(minutes=one)
    assert workday.add_working(first, other, calendar) == workday.add_working(instant, one + other, calendar)


@given(calendar=calendars, instant=instants, later=st.integers(0, 20_000))
@_ASKED
def test_who_begins_later_is_ready_no_sooner(calendar: Calendar, instant: datetime, later: int) -> None:
    one = workday.add_working(instant, 240, calendar)
    other = workday.add_working(instant + timedelta(minutes=later), 240, calendar)
    assert one is not None
    assert other is not None

    assert one <= other


@given(calendar=calendars, instant=instants)
@_ASKED
def test_a_working_instant_is_in_his_hours_by_the_wall_clock(calendar: Calendar, instant: datetime) -> None:
    found = workday.into_hours(instant, calendar)
    assert found is not None

    assert found >= instant
    assert workday.into_hours(found, calendar) == found
    assert not any(away <= found < back for away, back in calendar.absences)
    wall = workday.local(found, calendar.hours.zone)
    days = {wall.date() - timedelta(days=back) for back in (0, 1, 2)} - calendar.days_off
    assert any(day.isoweekday() in calendar.hours.workdays for day in days)


def test_working_minutes_leave_out_nights_and_days_off() -> None:
    manila = Calendar(WorkingHours("Asia/Manila"))
    nine = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    assert workday.working_minutes(nine, nine, manila) == 0
    assert workday.working_minutes(nine, nine + timedelta(minutes=90, seconds=59), manila) == 90
    assert workday.working_minutes(nine, nine + timedelta(days=1), manila) == 480
    assert workday.working_minutes(nine, nine + timedelta(days=7), manila) == 5 * 480
    assert workday.working_minutes(nine + timedelta(hours=1), nine, manila) == 0
