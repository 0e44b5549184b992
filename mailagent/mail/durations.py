"""Words for a length of work -> whole minutes. Never a guess: what could mean two things is told as such.

Integer arithmetic only; floats read `1_000`, `1e400` and `nan` as numbers and cannot hold a tenth of an hour.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mailagent.mail.languages import language as by_code
from mailagent.mail.languages.words import Language

_LENGTH_LIMIT = 60  # characters; whatever is longer is a sentence
_FRACTIONS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}
_REMARK = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])\s*\Z")
_DECIMAL = re.compile(r"([0-9]{0,4})[.,]([0-9]{1,2})\Z")
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9])(?::00)?\Z")
_FRACTION = re.compile(r"(?:([0-9]{1,3})\s)?([1-3])/([2-4])\Z")
_RANGE = re.compile(r"([0-2]?[0-9])(?::([0-5][0-9]))?\s?(?:-|–|—|to|till|until)\s?([0-2]?[0-9])(?::([0-5][0-9]))?\Z")


@dataclass(frozen=True, slots=True)
class Length:
    """What the words say: `minutes`, or None; then `ways` holds the two lengths they might mean, or nothing."""

    minutes: int | None
    ways: tuple[int, ...] = ()


_UNREAD = Length(None)


def parse_duration(text: str) -> int | None:
    """Read a length such as `1.5`, `1h30`, `90m` as whole minutes; None where it is not exactly one length."""
    return read_length(text).minutes


def read_length(text: str, code: str = "en") -> Length:
    """Read a length of work, with what may stand around it (`about`, `today`, a remark in brackets)."""
    return _read(text[: 4 * _LENGTH_LIMIT], code)


@lru_cache(maxsize=256)
def _read(text: str, code: str) -> Length:
    language = by_code(code)
    words = _normal(text)
    if not words or len(words) > _LENGTH_LIMIT or words in language.articles:
        return _UNREAD
    grammar = _grammar(language.code)
    words = grammar.bare(words)
    if words in language.no_time:
        return Length(0)
    for phrase, minutes in language.parts_of_an_hour:
        if words == phrase:
            return Length(minutes)
    return grammar.read(words)


def _normal(text: str) -> str:
    """One spelling for all: fractions apart, full-width digits plain, remarks and end marks gone, lower case."""
    for sign, spelled in _FRACTIONS.items():
        text = text.replace(sign, f" {spelled} ")
    text = unicodedata.normalize("NFKC", text).lower().strip()
    text = _REMARK.sub("", text)
    return " ".join(text.rstrip(".;!, ").split())


class _Grammar:
    """The patterns of one language; all anchored, on at most _LENGTH_LIMIT characters."""

    def __init__(self, language: Language) -> None:
        hours, minutes = _any(language.hour_units), _any(language.minute_units)
        joins = _any(language.joins)
        self._numbers = re.compile(rf"(?<![\w-])({_any(word for word, _ in language.numbers)})(?![\w-])")
        self._number_of = dict(language.numbers)
        self._about = re.compile(rf"(?:[~≈]|(?:{_any(language.about)})\s)\s*")
        self._today = re.compile(rf"\s(?:{_any(language.today)})\Z")
        self._hours = re.compile(rf"(.+?)\s?(?:{hours})\Z")
        self._minutes = re.compile(rf"([0-9]{{1,4}})\s?(?:{minutes})\Z")
        self._both = re.compile(rf"([0-9]{{1,4}})\s?(?:{hours})\s?(?:(?:{joins})\s)?([0-9]{{1,2}})\s?(?:{minutes})?\Z")
        self._part_of = {phrase.replace(" ", "_"): minutes for phrase, minutes in language.halves}
        self._and_part = re.compile(rf"([0-9]{{1,3}})\s(?:(?:{hours})\s)?({_any(self._part_of)})(?:\s(?:{hours}))?\Z")

    def bare(self, words: str) -> str:
        """Take away what changes nothing."""
        words = self._today.sub("", words)
        about = self._about.match(words)
        return words[about.end() :] if about else words

    def read(self, words: str) -> Length:
        words = self._numbers.sub(lambda match: str(self._number_of[match[1]]), self._spared(words))
        for pattern in (self._and_part, self._both, self._minutes):
            match = pattern.match(words)
            if match:
                return self._units(pattern, match)
        match = self._hours.match(words)
        return _hours(match[1].strip(), is_plain=False) if match else _hours(words, is_plain=True)

    def _spared(self, words: str) -> str:
        """Keep `and a half` whole: its `a` is no number."""
        for phrase in self._part_of:
            words = words.replace(phrase.replace("_", " "), phrase)
        return words

    def _units(self, pattern: "re.Pattern[str]", match: "re.Match[str]") -> Length:
        if pattern is self._minutes:
            return Length(int(match[1]))
        if pattern is self._both:
            return Length(60 * int(match[1]) + int(match[2])) if int(match[2]) < 60 else _UNREAD
        return Length(60 * int(match[1]) + self._part_of[match[2]])


@lru_cache(maxsize=32)
def _grammar(code: str) -> _Grammar:
    return _Grammar(by_code(code))


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def _hours(number: str, *, is_plain: bool) -> Length:
    """Read a number of hours without its unit; `is_plain` where none stood there, so that clock times may be meant."""
    if number.isascii() and number.isdigit() and len(number) <= 4:
        return Length(60 * int(number))
    match = _CLOCK.match(number)
    if match:
        return Length(60 * int(match[1]) + int(match[2]))
    match = _DECIMAL.match(number)
    if match:
        return _decimal(int(match[1] or "0"), match[2])
    match = _FRACTION.match(number)
    if match and int(match[2]) < int(match[3]):
        return Length(60 * int(match[1] or "0") + 60 * int(match[2]) // int(match[3]))
    match = _RANGE.match(number)
    return _between(match) if match and is_plain else _UNREAD


def _decimal(whole: int, decimals: str) -> Length:
    """`1.5` and `1.25` are decimal; `1.30` and `1,45` are written for 1 h 30 and 1 h 45 as often as not: ask."""
    scale = 10 ** len(decimals)
    exact = 60 * whole + (120 * int(decimals) + scale) // (2 * scale)
    by_clock = 60 * whole + int(decimals)
    if len(decimals) == 2 and decimals not in ("00", "25", "50", "75") and decimals[1] in "05" and int(decimals) < 60:
        return Length(None, (by_clock, exact))
    return Length(exact)


def _between(match: "re.Match[str]") -> Length:
    """`9-11:30` is a stretch of the day; `1-2` might be one to two hours: a colon must show that clocks are meant."""
    if match[2] is None and match[4] is None:
        return _UNREAD
    start = 60 * int(match[1]) + int(match[2] or "0")
    end = 60 * int(match[3]) + int(match[4] or "0")
    return Length(end - start) if start < end <= 24 * 60 else _UNREAD
