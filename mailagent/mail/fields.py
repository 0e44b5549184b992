"""The words behind a label -> a value, or the one question that would settle it. Never a guess."""

import re
from dataclasses import dataclass
from functools import lru_cache

from mailagent.mail.durations import read_length
from mailagent.mail.labels import phrases
from mailagent.mail.languages import language
from mailagent.mail.wire import Doubt

DAY_MINUTES = 24 * 60
_QUOTED_LIMIT = 200
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_REMARK = re.compile(r"\s*\([^()]*\)\s*$")
# the form's own list of choices, left standing: `(started, working, blocked, done)`
_HINT = re.compile(r"[(\[][^()\[\]]*(?:/| or |,)[^()\[\]]*[)\]]\Z")
_NEGATIVE = re.compile(r"[-−–]\s?[0-9.,½]")
_BARE_NUMBER = re.compile(r"[0-9]{1,4}\Z")
# `2h on the photos`: a length with its unit, then words without any further number
_LENGTH_FIRST = re.compile(
    r"([0-9]{1,3}(?:[.,:][0-9]{1,2})?\s?[^\W\d_]{1,7}\.?(?:\s?[0-9]{1,2}\s?[^\W\d_]{0,7})?)"
    r"\s+([^\W\d_]{1,12})\s[^0-9]{1,200}\Z"
)
_PERCENT = re.compile(r"(?:~|about )?([0-9]{1,3})\s?%(?: (?:done|complete|completed|finished))?\Z")
_CLAUSE_END = re.compile(r"\s*[,.;!–—(]|\s-\s")


@dataclass(frozen=True, slots=True)
class Minutes:
    """Whole minutes as read, or the doubt about them; both None where nothing was said."""

    minutes: int | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A status as read, or the doubt about it; both None where nothing was said."""

    status: str | None = None
    doubt: Doubt | None = None


def ask(text: str, question: str, codes: tuple[str, ...], *values: object) -> Doubt:
    """Name the words and the question in the writer's language."""
    questions = dict(language(codes[0] if codes else "en").questions)
    shown = " ".join(text.split())
    shown = shown if len(shown) <= _QUOTED_LIMIT else shown[: _QUOTED_LIMIT - 3] + "..."
    return Doubt(shown, questions[question].format(*values))


def is_unanswered(value: str, codes: tuple[str, ...]) -> bool:
    """Tell whether there is no answer behind a label: nothing, a dash, or the form's own hint in brackets."""
    text = value.strip()
    if not text.strip("_.…-–— ") or text.lower() in phrases(codes, "not_said"):
        return True
    return text[0] in "([" and text[1:].lower().startswith(_hint_starts(codes))


def is_hint(value: str) -> bool:
    """Tell whether a value is a form's own list of choices and nothing else."""
    return _HINT.match(value.strip()) is not None


def read_minutes(value: str, codes: tuple[str, ...]) -> Minutes:
    """Read hours worked: at most a day in one report (SPEC section 4)."""
    if is_unanswered(value, codes) or is_hint(value):
        return Minutes()
    text = value.split("\n", 1)[0].strip()
    if _NEGATIVE.match(text):
        return Minutes(doubt=ask(value, "hours-negative", codes))
    for code in dict.fromkeys((*codes, "en")):
        found = _length(text, code)
        if found is not None:
            return found if found.doubt is None else Minutes(doubt=_too_long_or(found.doubt, text, codes))
    if _REMARK.sub("", text).strip().lower() in phrases(codes, "not_said"):
        return Minutes()
    return Minutes(doubt=ask(value, "hours", codes))


def read_status(value: str, codes: tuple[str, ...]) -> Word:
    """Read a status word of any of the languages, with what may stand around it."""
    if is_unanswered(value, codes) or is_hint(value):
        return Word()
    text = _bare(_REMARK.sub("", value.split("\n", 1)[0]))
    known = status_words(codes)
    for words in (text, _bare(_CLAUSE_END.split(text, maxsplit=1)[0])):
        if words in known:
            return Word(known[words])
    percent = _PERCENT.match(value.strip(" .!").lower())
    if percent and int(percent[1]) <= 100:
        return Word("done" if int(percent[1]) == 100 else "working")
    for start in sorted(phrases(codes, "under_way"), key=len, reverse=True):
        if text.startswith(start + " "):
            return Word(_status_of(start, known))
    return Word(doubt=ask(value, "status", codes))


def read_blocked(value: str, codes: tuple[str, ...]) -> str | None:
    """Give the words that say what blocks; "" where nothing does, None where nothing was said."""
    if is_unanswered(value, codes):
        return None
    nothing = phrases(codes, "nothing_blocks")
    text = _bare(_REMARK.sub("", value))
    if text in nothing:
        return ""
    first = _CLAUSE_END.split(value, maxsplit=1)
    if len(first) == 2 and _bare(first[0]) in nothing and not _is_limited(first[1], codes):
        return ""
    return value.strip()


@lru_cache(maxsize=32)
def _hint_starts(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(phrases(codes, "hint_starts"))


def first_clause(text: str) -> str:
    """The words before the first comma, dash or end of a sentence, in lower case and bare."""
    return _bare(_CLAUSE_END.split(text, maxsplit=1)[0])


@lru_cache(maxsize=32)
def status_words(codes: tuple[str, ...]) -> dict[str, str]:
    """Every status word of these languages and of English, and the status it says."""
    return {word: status for code in (*codes, "en") for status, words in language(code).statuses for word in words}


def show_minutes(minutes: int) -> str:
    """`1 h 30`, as SPEC section 1 shows hours."""
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes % 60 else f"{minutes // 60} h"


def _length(text: str, code: str) -> Minutes | None:
    found = read_length(text, code)
    match = _LENGTH_FIRST.match(text) if found.minutes is None and not found.ways else None
    if match and match[2].lower() in language(code).goes_on:
        found = read_length(match[1], code)
    if found.ways:
        return Minutes(doubt=ask(text, "hours-two-ways", (code,), *map(show_minutes, found.ways)))
    if found.minutes is None:
        return None
    if found.minutes <= DAY_MINUTES:
        return Minutes(found.minutes)
    return Minutes(doubt=ask(text, "hours-too-long", (code,)))


def _too_long_or(doubt: Doubt, text: str, codes: tuple[str, ...]) -> Doubt:
    """`Hours: 90` was most likely meant as minutes: ask for just that."""
    if _BARE_NUMBER.match(text) and int(text) <= DAY_MINUTES:
        return ask(text, "hours-minutes", codes, text, show_minutes(int(text)))
    return doubt


def _status_of(start: str, known: dict[str, str]) -> str:
    """The status that an opening such as `waiting for` stands for: that of its longest known beginning."""
    words = start.split()
    while words and " ".join(words) not in known:
        words.pop()
    return known[" ".join(words)]


def _is_limited(text: str, codes: tuple[str, ...]) -> bool:
    """Tell whether `no, but ...` takes back what it said."""
    return any(word in phrases(codes, "buts") for word in _bare(text).split())


def _bare(text: str) -> str:
    return _EDGES.sub("", " ".join(text.lower().replace("’", "'").split()))
