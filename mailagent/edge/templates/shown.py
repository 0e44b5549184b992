"""Values as a person reads them: hours, instants in his zone, words on one line. English, like the templates."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from mailagent.core import workday

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORDS = 200  # of somebody's words, where they stand among others'


def hours(minutes: int) -> str:
    """90 -> `1 h 30`, 30 -> `0 h 30`, 60 -> `1 h`."""
    whole, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else ""
    return f"{sign}{whole} h {rest:02d}" if rest else f"{sign}{whole} h"


def day(on: date) -> str:
    """`Tue 24 Nov`, whatever the locale."""
    return f"{_DAYS[on.weekday()]} {on.day} {_MONTHS[on.month - 1]}"


def local_clock(instant: datetime, zone: str) -> str:
    """`15:04`, in the reader's zone."""
    return f"{workday.local(instant, zone):%H:%M}"


def local_day(instant: datetime, zone: str) -> str:
    """`Tue 24 Nov`, in the reader's zone."""
    return day(workday.local(instant, zone).date())


def line(words: str, limit: int = _WORDS) -> str:
    """Somebody's words on one line, cut where there are too many."""
    flat = " ".join(words.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def quoted(words: str, limit: int = _WORDS) -> str:
    """Somebody's words on one line, in straight quotes (curly ones make some mail programs change the charset)."""
    return f'"{line(words, limit)}"'


def sentence(words: str) -> str:
    """A reason as a sentence of its own."""
    flat = line(words, 2 * _WORDS)
    if not flat:
        return ""
    ended = flat if flat.endswith((".", "!", "?", "…")) else f"{flat}."
    return ended[:1].upper() + ended[1:]


FILTERS: dict[str, Callable[..., Any]] = {
    "hours": hours,
    "day": day,
    "local_clock": local_clock,
    "local_day": local_day,
    "line": line,
    "quoted": quoted,
    "sentence": sentence,
}
