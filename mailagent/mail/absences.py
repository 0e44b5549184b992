"""Words for days off -> dates: `until Thursday`, `tomorrow`, `8 Dec`, `Mon-Wed`; and the return that a note states.

A day behind `until` is the first one back; a day that is named, and the last of a stretch, is off. What may mean two
days is asked about, never guessed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from mailagent.mail.days import Day, day_at, in_month_of, month_first
from mailagent.mail.fields import ask, first_clause, is_unanswered
from mailagent.mail.labels import phrases
from mailagent.mail.languages import language
from mailagent.mail.languages.words import Language
from mailagent.mail.wire import Doubt

_LIMIT = 200
_NOTE_LIMIT = 4000  # characters of an absence note that are looked at
_LONGEST = timedelta(days=365)
_ONE = timedelta(days=1)
_END = re.compile(r"\s*(?:[,;:.!(–—]|-\s|\Z)")  # behind a stretch: a reason, or nothing
_SHORT_START = re.compile(r"([0-3]?[0-9])(?:st|nd|rd|th|\.)?\s?(?:-|–|—|to)\s?(?=[0-3]?[0-9][^/.0-9])")
_SHORT_END = re.compile(r"\s?(?:-|–|—|to)\s?([0-3]?[0-9])(?:st|nd|rd|th)?(?![0-9])")


@dataclass(frozen=True, slots=True)
class Away:
    """An absence as read: `first` None: he is away already; `back` is his first day at work; or the doubt about it."""

    first: date | None = None
    back: date | None = None
    why: str = ""
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From one day (None: now) to another; `is_back`: the last one is the first at work again."""

    first: Day | None
    last: Day
    is_back: bool = False


def read_away(value: str, today: date | None, codes: tuple[str, ...]) -> Away:
    """Read what stands behind `Away:`; without the writer's own date nothing is read."""
    if is_unanswered(value, codes) or first_clause(value) in phrases(codes, "no"):
        return Away()
    text = " ".join(value.split())[:_LIMIT]
    for code in dict.fromkeys((*codes, "en")):
        found = _words(code).stretch(text.lower(), today) if today is not None else None
        if found is not None and today is not None:
            away = _settled(found, value, today, codes)
            return away if away.doubt else replace(away, why=text[found.last.end :].strip(" ,;:.!()–—-"))
    return Away(doubt=ask(value, "away", codes))


def stated_return(text: str, today: date | None, codes: tuple[str, ...]) -> date | None:
    """The one day on which an absence note says that its writer is back; None where it says none, or several."""
    if today is None:
        return None
    note = " ".join(text.lower().split())[:_NOTE_LIMIT]
    for code in dict.fromkeys((*codes, "en")):
        for days in _words(code).returns(note, today):
            if days:
                return days.pop() if len(days) == 1 else None
    return None


def _settled(found: _Stretch, value: str, today: date, codes: tuple[str, ...]) -> Away:
    for day in (found.first, found.last):
        if day is not None and len(day.dates) > 1:
            return Away(doubt=ask(value, "away-two-days", codes, *map(_shown, day.dates)))
    if not found.last.dates or (found.first is not None and not found.first.dates):
        return Away(doubt=ask(value, "away", codes))
    first = found.first.dates[0] if found.first else None
    back = found.last.dates[0] + (timedelta() if found.is_back else _ONE)
    if back <= today:
        return Away(doubt=ask(value, "away-passed", codes))
    if (first is not None and first >= back) or back > today + _LONGEST:
        return Away(doubt=ask(value, "away", codes))
    return Away(None if first is not None and first <= today else first, back)


def _shown(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


class _Words:
    """The patterns of one language."""

    def __init__(self, one: Language) -> None:
        self._code = one.code
        self._until = re.compile(rf"\s?(?:{_any(one.until)})\s")
        self._through = re.compile(rf"\s?(?:{_any(one.through)})\s?")
        self._from = re.compile(rf"(?:{_any(one.starting)})\s")
        self._on = re.compile(rf"(?:{_any(one.on)})\s")
        self._because = re.compile(rf"\s(?:{_any(one.because)})\s")
        self._back = re.compile(rf"\b(?:{_any(one.back)})\s")
        self._anywhere_until = re.compile(rf"\b(?:{_any(one.until)})\s")
        self._anywhere_through = re.compile(rf"\b(?:{_any(word for word in one.through if word.isalpha())})\s")

    def stretch(self, text: str, today: date) -> _Stretch | None:
        """Read a stretch of days; None where there is none, or where more than a reason follows it."""
        found = self._begun(text, today)
        if found is None:
            return None
        rest = text[found.last.end :]
        return found if _END.match(rest) or self._because.match(rest) else None

    def _begun(self, text: str, today: date) -> _Stretch | None:
        until = self._until.match(text)
        if until:
            return self._to(None, self._day(text, until.end(), today, today), today, is_back=True)
        start, on = self._from.match(text), self._on.match(text)
        at = start.end() if start else on.end() if on else 0
        short = self._short(text, at, today)
        if short is not None:
            return short
        first = self._day(text, at, today, today)
        if first is None:
            return None
        begins = replace(first, dates=(today,)) if first.is_weekday and _is_of(first, today) else first
        for pattern, is_back in ((self._until, True), (self._through, False)):
            joined = pattern.match(text, first.end)
            after = max(begins.dates, default=today)
            last = self._day(text, joined.end(), today, after) if joined else None
            if last is not None:
                return _Stretch(begins, last, is_back)
        return None if start else self._to(first, first, today)

    def _short(self, text: str, at: int, today: date) -> _Stretch | None:
        """`8-10 Dec` and `Dec 8-10`: the month stands once."""
        number = _SHORT_START.match(text, at)
        last = self._day(text, number.end(), today, today) if number else None
        if number and last is not None and len(last.dates) == 1:
            return _Stretch(in_month_of(last.dates[0], int(number[1]), number.end()), last)
        first = self._day(text, at, today, today) if month_first(text, at, self._code) else None
        number = _SHORT_END.match(text, first.end) if first is not None and len(first.dates) == 1 else None
        if first is None or number is None:
            return None
        return _Stretch(first, in_month_of(first.dates[0], int(number[1]), number.end()))

    def _to(self, first: Day | None, last: Day | None, today: date, *, is_back: bool = False) -> _Stretch | None:
        """A stretch with one day in it; the name of today's weekday may mean the next one's, too."""
        if last is None:
            return None
        if last.is_weekday and _is_of(last, today):
            last = replace(last, dates=(today, *last.dates))
        return _Stretch(last if first is not None else None, last, is_back)

    def returns(self, note: str, today: date) -> Iterator[set[date]]:
        """The days of return that a note states, by the clearest words first."""
        for pattern, later in ((self._back, timedelta()), (self._anywhere_until, timedelta())):
            yield self._stated(note, pattern, today, later)
        yield self._stated(note, self._anywhere_through, today, _ONE)

    def _stated(self, note: str, pattern: "re.Pattern[str]", today: date, later: timedelta) -> set[date]:
        said: set[date] = set()
        for found in pattern.finditer(note):
            day = self._day(note, found.end(), today, today)
            on = self._on.match(note, found.end()) if day is None else None
            day = self._day(note, on.end(), today, today) if on else day
            said |= {one + later for one in day.dates} if day is not None else set()
        return {day for day in said if today < day <= today + _LONGEST}

    def _day(self, text: str, at: int, today: date, after: date) -> Day | None:
        return day_at(text, at, self._code, today, after)


def _is_of(day: Day, today: date) -> bool:
    return all(one.isoweekday() == today.isoweekday() for one in day.dates)


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@lru_cache(maxsize=16)
def _words(code: str) -> _Words:
    return _Words(language(code))
