"""Values as a person reads them: hours, instants in his zone, words on one line. English, like the templates."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from textwrap import wrap
from typing import Any
from urllib.parse import quote

from mailagent.core import workday
from mailagent.core.letters import HoursStand

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORDS = 200  # of somebody's words, where they stand among others'
_MAILTO = 1000  # characters; some programs cut longer ones off
_LONGEST_LINE = 900  # RFC 5322 section 2.1.1: 998
_MARKS = 10  # of a bar in text


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


def told(words: str, limit: int = _WORDS) -> str:
    """Somebody's words in quotes, as the end of a sentence."""
    flat = line(words, limit)
    return quoted(flat, limit) if flat.endswith((".", "!", "?", "…")) else f"{quoted(flat, limit)}."


def sentence(words: str) -> str:
    """A reason as a sentence of its own."""
    flat = line(words, 2 * _WORDS)
    if not flat:
        return ""
    ended = flat if flat.endswith((".", "!", "?", "…")) else f"{flat}."
    return ended[:1].upper() + ended[1:]


def clock(minutes: int) -> str:
    """Minutes after midnight as `07:30`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def percent(stand: HoursStand) -> int:
    """How much of its cap a job has used: 100 where the cap is 0."""
    return min(100, 100 * stand.payable // stand.cap) if stand.cap else 100


def bar(stand: HoursStand) -> str:
    """`[#####-----]`: full only where the cap is used up, empty only where nothing is used."""
    marks = percent(stand) * _MARKS // 100 or min(1, stand.payable)
    return f"[{'#' * marks}{'-' * (_MARKS - marks)}]"


def lines(text: str, limit: int = 4000) -> tuple[str, ...]:
    """Somebody's words line by line as he wrote them, none longer than mail allows; cut where there are too many."""
    kept = text.strip() if len(text.strip()) <= limit else text.strip()[: limit - 1].rstrip() + "…"
    rows = (" ".join(row.split()) for row in kept.splitlines())
    return tuple(piece for row in rows for piece in wrap(row, _LONGEST_LINE) or ("",))


def order(typed: str, blank: str) -> str:
    """An order as a person should type it; `blank` stands where he has words to add."""
    flat = line(typed)
    return f"{flat} {blank}" if flat.endswith(":") else flat


def amount(number: Decimal) -> str:
    """`1,234.50`."""
    return f"{number:,.2f}"


def mailto(typed: str, address: str, subject: str) -> str:
    """A link that opens a mail with these words (RFC 6068); encodes all but the plainest, and the `+` of an address."""
    start = f"mailto:{quote(address, safe='@')}?subject={quote(line(subject, 40), safe='')}&body="
    words = typed.replace("\r\n", "\n").replace("\n", "\r\n")
    while words and len(start + quote(words, safe="")) > _MAILTO:
        words = words[:-10]
    return start + quote(words, safe="")


FILTERS: dict[str, Callable[..., Any]] = {
    "hours": hours,
    "day": day,
    "local_clock": local_clock,
    "local_day": local_day,
    "line": line,
    "quoted": quoted,
    "told": told,
    "sentence": sentence,
    "clock": clock,
    "percent": percent,
    "bar": bar,
    "lines": lines,
    "order": order,
    "amount": amount,
    "mailto": mailto,
}
