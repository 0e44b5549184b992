"""Local days and hours: the only place that turns IANA zones into instants and back (and the only user of zoneinfo).

Local wall time is computed in the person's zone and turned into a UTC instant before anything is added to it, so that a
clock change never moves hours: in Europe/Berlin 28 March 2026 20:00 + 24 h by local arithmetic is 23 real hours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from mailagent.core.model import WorkingHours

DAY_STARTS = 6 * 60  # minutes after local midnight: work before belongs to the day before (SPEC section 4)
_DAY_MINUTES = 24 * 60
_HORIZON_DAYS = 3_660  # nobody is waited for longer than ten years
_LAST_YEAR = 9_900  # the calendar ends soon after it


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody works: his hours, without the local days that are off and without his absences (aware UTC).

    A shift that closes at or before the time it opens ends on the next day. It belongs to the day it starts: it is
    worked where that is a working day, and is off where that is a day off.
    """

    hours: WorkingHours
    days_off: frozenset[date] = frozenset()
    absences: tuple[tuple[datetime, datetime], ...] = ()  # from, until; they may overlap


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_zone(name: str) -> bool:
    """Tell whether `name` is an IANA time zone of this machine's tz data."""
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def zones() -> frozenset[str]:
    """All IANA zone names known here, for suggestions."""
    return frozenset(available_timezones())


def local(instant: datetime, zone: str) -> datetime:
    """The same instant as local wall time in `zone`."""
    return instant.astimezone(_zone(zone))


def instant_of(day: date, minutes: int, zone: str) -> datetime:
    """The UTC instant at which a local day in `zone` is `minutes` after midnight by the wall clock.

    A wall time that a clock change skips becomes the instant just as far behind the gap's start; one that comes twice
    is the first of the two (PEP 495, fold=0).
    """
    wall = datetime.combine(day, time(minutes // 60 % 24, minutes % 60)) + timedelta(days=minutes // (24 * 60))
    return wall.replace(tzinfo=_zone(zone)).astimezone(UTC)


def worked_on(received_at: datetime, zone: str) -> date:
    """The local day a report's minutes belong to: its day of receipt, before 06:00 the day before."""
    wall = local(received_at, zone)
    return wall.date() - timedelta(days=1) if wall.hour * 60 + wall.minute < DAY_STARTS else wall.date()


def week_of(day: date) -> date:
    """The Monday of the week that `day` lies in; weeks run Monday to Sunday."""
    return day - timedelta(days=day.weekday())


def is_workday(day: date, hours: WorkingHours) -> bool:
    """Tell whether somebody with these hours works on this local day."""
    return day.isoweekday() in hours.workdays


def next_workday(day: date, hours: WorkingHours) -> date:
    """The first working day on or after `day`; `day` itself for somebody who has none."""
    for ahead in range(7):
        candidate = day + timedelta(days=ahead)
        if is_workday(candidate, hours):
            return candidate
    return day


# -- working time: shifts become instants first, durations are added to those --


def spans(instant: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of working time from `instant` on, from and until, in order, none overlapping.

    None at all for somebody who has no working days; they end after ten years.
    """
    at = instant
    for opens, closes in _shifts(instant, calendar):
        for start, end in _present(opens, closes, calendar.absences):
            start = max(start, at)
            if start < end:
                yield start, end
                at = end


def into_hours(instant: datetime, calendar: Calendar) -> datetime | None:
    """The first working instant at or after `instant`; the one at which a shift closes is none. None: there is none."""
    return next((start for start, _ in spans(instant, calendar)), None)


def add_working(instant: datetime, minutes: int, calendar: Calendar) -> datetime | None:
    """The instant at which so many minutes of working time have passed since `instant`; None: they never will.

    Where they fill a shift it is the instant at which that closes.
    """
    left = timedelta(minutes=minutes)
    for start, end in spans(instant, calendar):
        if start + left <= end:
            return start + left
        left -= end - start
    return None


def working_minutes(since: datetime, until: datetime, calendar: Calendar) -> int:
    """Whole minutes of working time between two instants."""
    worked = timedelta()
    for start, end in spans(since, calendar):
        if start >= until:
            break
        worked += min(end, until) - start
    return worked // timedelta(minutes=1)


def next_opening(instant: datetime, calendar: Calendar) -> datetime | None:
    """The first working instant of the first shift that begins after `instant` and is worked at all; None: never."""
    for opens, closes in _shifts(instant, calendar):
        if opens > instant:
            for start, _ in _present(opens, closes, calendar.absences):
                return start
    return None


def next_workday_at(instant: datetime, before_close: int, calendar: Calendar) -> datetime | None:
    """So many minutes before the end of the first shift that begins after `instant`; None: never.

    A shift that is shorter gives its beginning; one whose end he is away from is passed over.
    """
    for opens, closes in _shifts(instant, calendar):
        at = max(opens, closes - timedelta(minutes=before_close))
        if opens > instant and not any(away <= at < back for away, back in calendar.absences):
            return at
    return None


def _shifts(instant: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The shifts of his working days in order, none left out that ends after `instant`."""
    hours = calendar.hours
    if not hours.workdays or instant.year > _LAST_YEAR:
        return
    first = local(instant, hours.zone).date()
    if not hours.opens_at < hours.closes_at <= _DAY_MINUTES:  # an earlier day's shift may still be worked
        first -= timedelta(days=1 + hours.closes_at // _DAY_MINUTES)
    for ahead in range(_HORIZON_DAYS):
        day = first + timedelta(days=ahead)
        if day.isoweekday() in hours.workdays and day not in calendar.days_off:
            opens, closes = _shift(day, hours)
            if opens < closes:  # a clock change may swallow a short one
                yield opens, closes


@lru_cache(maxsize=512)
def _shift(day: date, hours: WorkingHours) -> tuple[datetime, datetime]:
    over_midnight = _DAY_MINUTES if hours.closes_at <= hours.opens_at else 0
    opens = instant_of(day, hours.opens_at, hours.zone)
    return opens, instant_of(day, hours.closes_at + over_midnight, hours.zone)


def _present(
    start: datetime, end: datetime, absences: tuple[tuple[datetime, datetime], ...]
) -> Iterable[tuple[datetime, datetime]]:
    """What is left of a shift without the absences."""
    return _cut(start, end, absences) if absences else ((start, end),)


def _cut(
    start: datetime, end: datetime, absences: tuple[tuple[datetime, datetime], ...]
) -> Iterator[tuple[datetime, datetime]]:
    for away, back in sorted(absences):
        if away >= back:
            continue
        if start < min(end, away):
            yield start, min(end, away)
        start = max(start, back)
    if start < end:
        yield start, end
