"""Local days and hours: the only place that turns IANA zones into instants and back (and the only user of zoneinfo).

Local wall time is computed in the person's zone and turned into a UTC instant before anything is added to it, so that a
clock change never moves hours: in Europe/Berlin 28 March 2026 20:00 + 24 h by local arithmetic is 23 real hours.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from mailagent.core.model import WorkingHours

DAY_STARTS_AT = time(6)  # work before this hour belongs to the day before (SPEC section 4)


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
    return wall.date() - timedelta(days=1) if wall.time() < DAY_STARTS_AT else wall.date()


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
