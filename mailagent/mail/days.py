"""Words for a day -> a date, by the writer's own calendar: `Thursday`, `8 Dec`, `12/8`, `2026-12-08`, `tomorrow`.

The writer's date is an argument: nothing here reads a clock. What may mean two days is told as both.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from mailagent.mail.languages import language
from mailagent.mail.languages.words import Language

_HALF_A_YEAR = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as found in a text, which it ends at `end`. `dates`: one, or the two it may mean, or none for a 31 June."""

    dates: tuple[date, ...]
    end: int
    is_weekday: bool = False  # only a weekday's name says which


def day_at(text: str, at: int, code: str, today: date, after: date) -> Day | None:
    """Read the day that stands at `at` of a lower-case text; a weekday is the first one behind `after`."""
    return _grammar(code).read(text, at, today, after)


def month_first(text: str, at: int, code: str) -> bool:
    """Tell whether a day stands at `at` with its month before it, as in `Dec 8`."""
    return _grammar(code).month_day.match(text, at) is not None


def in_month_of(day: date, number: int, end: int) -> Day:
    """The day of the same month with this number: `8` of `8-10 Dec`."""
    return Day(_dates([(day.year, day.month, number)]), end)


class _Grammar:
    """The patterns of one language, all anchored."""

    def __init__(self, one: Language) -> None:
        self._weekdays, self._months, self._near = dict(one.weekdays), dict(one.months), dict(one.near_days)
        weekday, month = _any(self._weekdays), _any(self._months)
        ahead = rf"(?:(?P<weekday>{weekday})[.,]{{0,2}}\s)?(?:the\s)?"
        year = r"(?:,?\s(?P<y>20[0-9]{2})(?![0-9]))?"
        day_month = re.compile(rf"{ahead}(?P<d>[0-3]?[0-9])(?:st|nd|rd|th|\.)?\s?(?:of\s)?(?P<m>{month})\b\.?{year}")
        self.month_day = re.compile(rf"{ahead}(?P<m>{month})\b\.?\s(?P<d>[0-3]?[0-9])(?:st|nd|rd|th)?(?![0-9]){year}")
        iso = re.compile(rf"{ahead}(?P<y>20[0-9]{{2}})-(?P<m>[01][0-9])-(?P<d>[0-3][0-9])\b")
        dotted = re.compile(rf"{ahead}(?P<d>[0-3]?[0-9])\.\s?(?P<m>[01]?[0-9])\.(?:\s?(?P<y>20[0-9]{{2}}))?(?![0-9])")
        slashed = re.compile(rf"{ahead}(?P<d>[0-3]?[0-9])/(?P<m>[0-3]?[0-9])(?:/(?P<y>20[0-9]{{2}}))?(?![0-9/])")
        self._dates = (day_month, self.month_day, iso, dotted, slashed)
        self._weekday = re.compile(rf"({weekday})\b\.?")
        self._near_day = re.compile(rf"({_any(self._near)})\b")

    def read(self, text: str, at: int, today: date, after: date) -> Day | None:
        for pattern in self._dates:
            match = pattern.match(text, at)
            if match:
                return self._dated(today, match)
        match = self._near_day.match(text, at)
        if match:
            return Day((today + timedelta(days=self._near[match[1]]),), match.end())
        match = self._weekday.match(text, at)
        if match:
            ahead = (self._weekdays[match[1]] - after.isoweekday() - 1) % 7 + 1
            return Day((after + timedelta(days=ahead),), match.end(), is_weekday=True)
        return None

    def _dated(self, today: date, match: "re.Match[str]") -> Day:
        """A date with or without its year: without one this year's, or the next one's where that is far behind."""
        number, month, year = int(match["d"]), match["m"], match["y"]
        ways = [(self._months[month], number)] if month in self._months else [(int(month), number)]
        if "/" in match[0]:
            ways.append((number, int(month)))
        found: list[date] = []
        for way in ways:
            years = (int(year),) if year else (today.year, today.year + 1)
            days = _dates((one, *way) for one in years)
            found += [day for day in days if year or day >= today - _HALF_A_YEAR][:1]
        weekday = self._weekdays.get(match["weekday"] or "")
        fitting = (day for day in found if weekday in (None, day.isoweekday()))
        return Day(tuple(dict.fromkeys(fitting)), match.end())


def _dates(parts: Iterable[tuple[int, int, int]]) -> tuple[date, ...]:
    found = []
    for year, month, number in parts:
        try:
            found.append(date(year, month, number))
        except ValueError:
            continue
    return tuple(found)


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@lru_cache(maxsize=16)
def _grammar(code: str) -> _Grammar:
    return _Grammar(language(code))
