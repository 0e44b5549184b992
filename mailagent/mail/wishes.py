"""What a worker may say beside his report, at any time: a question, more hours, days off, a pause, giving the job back.

Each is read, or asked about; none is guessed. What stands behind a label of the form and was not answered is nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from mailagent.mail.durations import read_length
from mailagent.mail.fields import ask, first_clause, is_hint, is_unanswered, show_minutes
from mailagent.mail.labels import Labelled, phrases
from mailagent.mail.languages import language
from mailagent.mail.languages.words import AWAY, DECLINE, NEED, QUESTION, QUIT, SNOOZE
from mailagent.mail.wire import Doubt, Fields

NAMES = (QUESTION, NEED, AWAY, SNOOZE, DECLINE, QUIT)
LONG = frozenset({QUESTION, NEED, DECLINE, QUIT})  # that may take several lines

_MOST_MINUTES = 1000 * 60
_FEW = 12  # a bare number above it may be minutes
_MOST_WORDS = 6  # of a length
_PUNCTUATION = re.compile(r"\s*[,;:.!(–—]|\s+-\s")
_OTHER_LENGTH = re.compile(r"\s*(?:or|to|/|-|–)\s*\+?[0-9]")
_REASON_MARKS = " \t,;:.!()–—-"
_ASKED_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Need:
    """More hours that are asked for: 0 where he did not say how many; or the doubt; both None where nothing is."""

    minutes: int | None = None
    words: str = ""
    doubt: Doubt | None = None


def read_wishes(
    said: Iterable[tuple[str, str]], fields: Fields, today: date | None, codes: tuple[str, ...]
) -> tuple[Fields, list[Doubt]]:
    """Add what the answers (label and value) wish for to the fields of the report that they stand in."""
    values: dict[str, list[str]] = {name: [] for name in NAMES}
    for name, value in said:
        if name in values:
            values[name].append(value)
    if not any(values.values()):
        return fields, []
    doubts: list[Doubt] = []
    fields = replace(fields, question=_joined(values[QUESTION], codes))
    fields = _with_need(fields, values[NEED], codes, doubts)
    fields = _with_away(fields, values[AWAY], today, codes, doubts)
    fields = _with_snooze(fields, values[SNOOZE], codes, doubts)
    return _with_giving_up(fields, values[DECLINE], values[QUIT], codes, doubts), doubts


def asks(remark: str, *, alone: bool) -> bool:
    """Tell whether words under no label ask something: then they are a question to the owner (SPEC section 5).

    Beside a report it must be one paragraph: more may be what a program quoted in a way that nobody knows.
    """
    is_question = remark.rstrip(" )\"'").endswith(("?", "？")) and len(remark) <= _ASKED_LIMIT
    return is_question and (alone or "\n\n" not in remark)


def giving_up(line: str, codes: tuple[str, ...]) -> Labelled | None:
    """Read `decline`, `I quit, because ...`: words that give a job back at the start of a line."""
    text = line.strip()
    low = " ".join(text.lower().replace("’", "'").split())
    for field, words in _giving_up_words(codes):
        for word in words:
            if not low.startswith(word):
                continue
            rest = low[len(word) :]
            if not rest.strip(" .!"):
                return Labelled(field, "")
            if _PUNCTUATION.match(rest) or _reason(rest, codes):
                return Labelled(field, text[len(word) :].lstrip(_REASON_MARKS))
    return None


def read_need(value: str, codes: tuple[str, ...]) -> Need:
    """Read `+2h because ...`: how many more hours, and the words that say why."""
    if is_unanswered(value, codes) or is_hint(value) or first_clause(value) in phrases(codes, "no"):
        return Need()
    text = value.strip().lstrip("+").strip()
    for code in dict.fromkeys((*codes, "en")):
        found = _needed(text, code)
        if found is not None:
            minutes, words = found
            if _is_bare(text) and minutes > 60 * _FEW:
                return Need(doubt=ask(value, "need-minutes", codes, minutes // 60, show_minutes(minutes // 60)))
            return Need(minutes, words) if minutes <= _MOST_MINUTES else Need(doubt=ask(value, "need", codes))
    if first_clause(_before_reason(text, codes)) in phrases(codes, "more_time"):
        return Need(0, value.strip())
    return Need(doubt=ask(value, "need", codes))


def _needed(text: str, code: str) -> tuple[int, str] | None:
    """The longest beginning that is a length, in minutes, and the reason behind it; 0 and no reason for no length."""
    more = set(language(code).more)
    words = text.split()
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        said = [word for word in words[:count] if word.lower().strip(".,;:") not in more]
        length = read_length(" ".join(said).rstrip(",;:"), code)
        if length.minutes is None or not said:
            continue
        rest = " ".join(words[count:])
        ended = words[count - 1].endswith((",", ";", ":")) or not rest
        is_reason = (
            ended or not _is_bare(" ".join(said)) or _PUNCTUATION.match(" " + rest) or _reason(" " + rest, (code,))
        )
        if not is_reason or _OTHER_LENGTH.match(rest) or not length.minutes:
            return None
        return length.minutes, _lines_behind(text, words[:count])
    return None


def _lines_behind(text: str, words: Sequence[str]) -> str:
    """What follows these words in the text, with its own line breaks."""
    at = 0
    for word in words:
        at = text.index(word, at) + len(word)
    return text[at:].strip(_REASON_MARKS + "\n")


def _is_bare(text: str) -> bool:
    """Tell whether it is a number without its unit."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    return first.rstrip(".,;:").isdigit() and not re.match(r"[0-9]+\s*[^\W\d_]", text)


def _before_reason(text: str, codes: tuple[str, ...]) -> str:
    for pattern in (_because(code) for code in dict.fromkeys((*codes, "en"))):
        text = pattern.split(text, maxsplit=1)[0]
    return text


def _reason(rest: str, codes: tuple[str, ...]) -> bool:
    return any(_because(code).match(rest) for code in dict.fromkeys((*codes, "en")))


@lru_cache(maxsize=16)
def _because(code: str) -> "re.Pattern[str]":
    return re.compile(rf"\s(?:{'|'.join(map(re.escape, language(code).because))})\s", re.IGNORECASE)


@lru_cache(maxsize=32)
def _giving_up_words(codes: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (field, tuple(sorted(words, key=len, reverse=True)))
        for code in dict.fromkeys((*codes, "en"))
        for field, words in language(code).gives_up
    )


def _joined(values: Iterable[str], codes: tuple[str, ...]) -> str | None:
    said = dict.fromkeys(
        value for value in values if not is_unanswered(value, codes) and first_clause(value) not in phrases(codes, "no")
    )
    return "\n".join(said) or None


def _with_need(fields: Fields, values: Iterable[str], codes: tuple[str, ...], doubts: list[Doubt]) -> Fields:
    needs = [need for need in (read_need(value, codes) for value in values) if need != Need()]
    doubts += [need.doubt for need in needs if need.doubt]
    said = [need for need in needs if not need.doubt]
    if len({need.minutes for need in said}) > 1:
        doubts.append(ask(" / ".join(values), "need", codes))
    elif said and said[0].minutes is not None:
        return replace(
            fields, need_minutes=said[0].minutes, need_words="\n".join(one.words for one in said if one.words)
        )
    return fields


def _with_away(
    fields: Fields, values: Iterable[str], today: date | None, codes: tuple[str, ...], doubts: list[Doubt]
) -> Fields:
    if not values:
        return fields
    from mailagent.mail.absences import read_away  # the words for days are loaded with the first absence

    absences = [read_away(value, today, codes) for value in values]
    doubts += [one.doubt for one in absences if one.doubt]
    said = [one for one in absences if one.back]
    if len({(one.first, one.back) for one in said}) > 1:
        doubts.append(ask(" / ".join(values), "away", codes))
    elif said:
        return replace(fields, away_from=said[0].first, away_until=said[0].back, away_why=said[0].why)
    return fields


def _with_snooze(fields: Fields, values: Iterable[str], codes: tuple[str, ...], doubts: list[Doubt]) -> Fields:
    said = [value for value in values if not is_unanswered(value, codes)]
    for value in said[:1]:
        found = (read_length(value, code).minutes for code in dict.fromkeys((*codes, "en")))
        minutes = next((one for one in found if one is not None), None)
        if len(set(said)) > 1 or not minutes or (_is_bare(value) and minutes > 60 * _FEW):
            doubts.append(ask(value, "snooze", codes))
        else:
            return replace(fields, snooze_minutes=minutes)
    return fields


def _with_giving_up(
    fields: Fields, declined: Sequence[str], quitted: Sequence[str], codes: tuple[str, ...], doubts: list[Doubt]
) -> Fields:
    if not declined and not quitted:
        return fields
    said = [value for value in (*declined, *quitted) if first_clause(value) in phrases(codes, "no")]
    if said or (declined and quitted):
        doubts += [ask(" / ".join((*declined, *quitted)), "give-up", codes)] if not said else []
        return fields
    why = _joined((*declined, *quitted), codes) or ""
    if declined and (fields.done is not None or fields.minutes):
        doubts.append(ask(f"decline {why}", "give-up-twice", codes))
        return fields
    return replace(fields, gives_up=DECLINE if declined else QUIT, gives_up_why=why)
